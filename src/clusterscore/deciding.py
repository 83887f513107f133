"""The verbs on doubts: what waits, a person's decision on each doubt, and files taken in once all are decided."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from clusterscore import steps
from clusterscore.errors import AlreadyDecided, Fault, InputRefused, UnknownName
from clusterscore.observations.ingest import Taken
from clusterscore.observations.ledger import Head, Ledger, locked
from clusterscore.paths import Workspace
from clusterscore.raw.held import Parcel, parcels, sweep, whole
from clusterscore.raw.origin import Decision

Verdict = Literal["accept", "reject"]
_LONGEST: Final = {"--who": 200, "--reason": 1000}
_HELD_TOGETHER: Final = "W-HELD-TOGETHER"


@dataclass(frozen=True, slots=True)
class Decided:
    """What followed from a decision.

    Attributes
    ----------
    parcels
        What the doubt was about, with all decisions so far.
    taken
        What became of each file of those that waited for nothing else.
    head
        The ledger's head, or None where everything still waits.
    """

    parcels: tuple[Parcel, ...]
    taken: tuple[Taken, ...]
    head: Head | None


def held(workspace: Workspace) -> list[Parcel]:
    """Return what waits for decisions, oldest first."""
    return list(parcels(workspace))


def accept(workspace: Workspace, name: str, reason: str, who: str) -> Decided:
    """Dispel one doubt: the value is right as it is. Other doubts, also about the same value, stay.

    Raises
    ------
    UnknownName
        Where nothing that waits is in doubt under this id.
    AlreadyDecided
        Where somebody decided otherwise.
    InputRefused
        Where reason or name are missing; or, after the last decision, with every fault that the files now have.
    InputHeld
        Where the ledger has grown since so that something else is in doubt.
    """
    return _decide(workspace, name, _only, "accept", reason, who)


def reject(workspace: Workspace, name: str, reason: str, who: str) -> Decided:
    """Confirm one doubt: the file that it is about stays out. With the name of a parcel, all that waits in it does.

    Raises
    ------
    UnknownName
        Where nothing that waits is in doubt under this id, and no parcel is called so.
    AlreadyDecided
        Where somebody decided otherwise.
    InputRefused
        Where reason or name are missing; or, after the last decision, with every fault that other files now have.
    """
    return _decide(workspace, name, _everything, "reject", reason, who)


def _only(_: Parcel, name: str) -> list[str]:
    return [name]


def _everything(parcel: Parcel, name: str) -> list[str]:
    """Return the doubt, or of a whole parcel all that are open, and each file once more for those without any."""
    if name != parcel.name:
        return [name]
    return [*(doubt.id for doubt in parcel.open), *map(whole, parcel.files)]


def _decide(
    workspace: Workspace,
    name: str,
    meant: Callable[[Parcel, str], list[str]],
    verdict: Verdict,
    reason: str,
    who: str,
) -> Decided:
    check_words({"--reason": reason, "--who": who})
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    with locked(Ledger(workspace.ledger).lock()):
        sweep(workspace)
        waiting = held(workspace)
        found = [parcel for parcel in waiting if name in _names(parcel, verdict)]
        if not found:
            raise UnknownName("doubt", name, {known for parcel in waiting for known in _names(parcel, verdict)})
        decided = []
        for parcel in found:
            codes = {doubt.id: doubt.fault.code for _, doubt in parcel.doubts}
            decisions = [
                Decision(
                    doubt=one,
                    code=codes.get(one, _HELD_TOGETHER),
                    verdict=verdict,
                    who=who,
                    when=now,
                    reason=reason,
                )
                for one in meant(parcel, name)
            ]
            decided.append(_with(parcel, decisions))
    return _settled(workspace, decided, who)


def _names(parcel: Parcel, verdict: Verdict) -> set[str]:
    names = {doubt.id for _, doubt in parcel.doubts}
    return names | {parcel.name} if verdict == "reject" else names


def _with(parcel: Parcel, decisions: Iterable[Decision]) -> Parcel:
    """Return a parcel with decisions, durable; the first decision on a doubt stands."""
    new = []
    for decision in decisions:
        before = parcel.decisions.get(decision.doubt)
        if before is None:
            new.append(decision)
        elif before.verdict != decision.verdict:
            raise AlreadyDecided(before.doubt, before.verdict, before.who, before.reason)
    if new:
        parcel = parcel.decided(*new)
        parcel.write()
    return parcel


def _settled(workspace: Workspace, decided: list[Parcel], who: str) -> Decided:
    """Take in what waits for nothing else; a process that died half way is made up for by the same call again."""
    taken: list[Taken] = []
    head = None
    for parcel in decided:
        if parcel.open:
            continue
        with locked(Ledger(workspace.ledger).lock()):
            parcel.settle(workspace, datetime.datetime.now(datetime.UTC))
        new, head = steps.ingest(workspace, parcel.paths(workspace), who=who)
        taken += new
        with locked(Ledger(workspace.ledger).lock()):
            parcel.remove()
    return Decided(tuple(decided), tuple(taken), head)


def check_words(words: dict[str, str]) -> None:
    """Refuse a reason or name that is empty, too long or not printable."""
    faults = [
        Fault(option, 0, "", "E-WHO" if option == "--who" else "E-REASON", text, expected)
        for option, text in words.items()
        for expected in (f"1 to {_LONGEST[option]} printable characters",)
        if not (text.strip() and text.isprintable() and len(text) <= _LONGEST[option])
    ]
    if faults:
        raise InputRefused(faults)
