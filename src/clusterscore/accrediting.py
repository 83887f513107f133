"""The verbs on the register: applications, decisions by named persons, certificates and their verification."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clusterscore import steps
from clusterscore.advice import register as book
from clusterscore.advice.conditions import conditions_of
from clusterscore.advice.register import Case, Entry, Register, Said, Standing, Step
from clusterscore.advice.standing import placed, said, thresholds_of
from clusterscore.advising import ground, levels_of
from clusterscore.chain import Head
from clusterscore.durable import digest_of, write_atomically
from clusterscore.errors import CheckFailed, RegisterRefused
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.state import State
from clusterscore.paths import Workspace
from clusterscore.scores.summaries import interval
from clusterscore.scores.tables import Artefact
from clusterscore.vocabulary import Table


def said_by(who: str, reason: str) -> Said:
    """Return who says something and why, now."""
    return Said(who.strip(), datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), reason.strip())


def apply(workspace: Workspace, unit: str, level: str, words: Said, origin: Mapping[str, str] | None = None) -> Entry:
    """Record an application; see :func:`clusterscore.advice.register.apply`."""
    levels = levels_of(workspace)
    known = State.of(Ledger(workspace.ledger).read()).find(Table.UNITS, unit)
    if known is None or known.data["kind"] != steps.function_of(workspace, levels.function).kind:
        raise RegisterRefused("E-REG-UNIT", unit, "a cluster that is recorded in the ledger")
    return book.apply(Register(workspace.register), unit, levels.level(level), words, origin)


def renew(workspace: Workspace, unit: str, words: Said) -> Entry:
    """Record an application for renewal; see :func:`clusterscore.advice.register.renew`."""
    return book.renew(Register(workspace.register), levels_of(workspace), unit, words)


def end(workspace: Workspace, decision: int, words: Said, to: str | None = None) -> Entry:
    """Record that a level is withdrawn, or that the cluster leaves; see :func:`clusterscore.advice.register.end`."""
    return book.end(Register(workspace.register), decision, words, to)


def case_of(workspace: Workspace, application: int, level: str | None = None, edition: int | None = None) -> Case:
    """Return what is known about an application: every condition, and what it was worked out from."""
    asked = book.application_of(Register(workspace.register).read(), application)
    levels = levels_of(workspace)
    held = ground(workspace, levels.function, edition)
    place = held.view.place(asked.unit)
    wanted = levels.level(level or asked.data["level"])
    score = held.view.score[:, place]
    waived = levels.transfer.conditions if asked.step is Step.TRANSFER else ()
    low, high = interval(score)
    found = placed(score, thresholds_of(levels), levels.probability.least)
    basis: dict[str, Any] = {
        "name": str(held.view.units["name"].iloc[place]),
        "issuer": {"en": levels.issuer.en, "ro": levels.issuer.ro},
        "title": {"en": wanted.title.en, "ro": wanted.title.ro},
        "edition": held.run.edition,
        "posterior": held.run.id,
        "head": held.run.head,
        "levels": levels.digest,
        "demonstration": held.run.demonstration,
        "mean": float(score.mean()),
        "low": float(low),
        "high": float(high),
        "said": {language: said(levels, found, language) for language in ("en", "ro")},
    }
    return Case(wanted, conditions_of(levels, wanted, score, held.facts()[asked.unit], waived), basis)


def decide(
    workspace: Workspace,
    application: int,
    words: Said,
    *,
    give: bool,
    level: str | None = None,
    override: str | None = None,
    edition: int | None = None,
) -> Entry:
    """Record a person's decision; see :func:`clusterscore.advice.register.decide`."""
    case = case_of(workspace, application, level, edition)
    return book.decide(Register(workspace.register), application, case, words, give=give, override=override)


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the register as people read it."""

    number: int
    step: str
    unit: str
    level: str
    about: int
    when: str
    who: str
    state: str
    reason: str


def listed(workspace: Workspace, head: Head | None = None) -> tuple[list[Listed], Head]:
    """Return the register, verified, and its head; where one is given it must lie on the chain.

    Raises
    ------
    LedgerBroken
        Where the chain is broken, or the head is not on it.
    """
    held = Register(workspace.register)
    if head is not None:
        held.verify(head)
    entries, now = held.history()
    today = datetime.datetime.now(datetime.UTC).date()
    rows = [
        Listed(
            entry.number,
            entry.step.value,
            entry.unit,
            str(entry.data.get("level", "")),
            entry.about,
            entry.when,
            entry.who,
            _state(entries, entry, today),
            entry.reason,
        )
        for entry in entries
    ]
    return rows, now


def _state(entries: tuple[Entry, ...], entry: Entry, today: datetime.date) -> str:
    if entry.step is Step.DECIDE:
        if not entry.data["given"]:
            return "refused"
        known = f"{book.standing(entries, entry, today).value} until {entry.data['until']}"
        return known + (", by way of exception" if entry.data["override"] else "")
    if entry.step in book.APPLICATIONS:
        decided = any(other.step is Step.DECIDE and other.about == entry.number for other in entries)
        return "decided" if decided else "waits"
    return ""


def certificate(workspace: Workspace, number: int, words: Said) -> tuple[list[Artefact], bool]:
    """Make the certificate of a decision in both languages, as pages and on paper, and record their digests.

    Returns
    -------
    the files, and whether there is a browser here that prints; without one there are pages only
    """
    from clusterscore.report import certificate as page  # noqa: PLC0415 - imports Jinja
    from clusterscore.report.paper import print_page  # noqa: PLC0415

    held = Register(workspace.register)
    folder, printed, files = workspace.register / "certificates", True, []
    for language in page.LANGUAGES:
        path = folder / page.file_of(number, language)
        write_atomically(path, _page(held, number, language))
        files.append(path)
        paper = path.with_suffix(".pdf")
        if paper.is_file():
            continue  # printed before: another printing would have another digest
        done = print_page(path, paper)
        printed &= done
        files += [paper] if done else []
    digests = {path.name: digest_of(path) for path in files}
    known = {
        name: digest
        for entry in held.read()
        if entry.step is Step.ISSUE
        for name, digest in entry.data["files"].items()
    }
    if not digests.items() <= known.items():
        book.issue(held, number, digests, words)
    return [Artefact(workspace.relative(path), 1, digests[path.name]) for path in files], printed


def _page(held: Register, number: int, language: str) -> bytes:
    from clusterscore.report.certificate import certificate as make  # noqa: PLC0415 - imports Jinja

    entries = held.read()
    decision = book.decision_of(entries, number)
    return make(decision, book.application_of(entries, decision.about), held.head_at(number), language)


@dataclass(frozen=True, slots=True)
class Verified:
    """What the register says about a file."""

    certificate: str
    unit: str
    level: str
    since: str
    until: str
    state: Standing
    issued: str
    recomputed: bool | None
    sha256: str


def verify(workspace: Workspace, path: Path) -> Verified:
    """Compare a certificate with the register: its digest must be recorded, and its page is made again and compared.

    Raises
    ------
    CheckFailed
        Where the register does not know the file, or the page says something else than the register.
    LedgerBroken
        Where the register itself was changed.
    """
    from clusterscore.report import certificate as page  # noqa: PLC0415 - imports Jinja

    held = Register(workspace.register)
    entries, _ = held.history()
    digest, content = digest_of(path), path.read_bytes()
    issued = next((e for e in entries if e.step is Step.ISSUE and digest in e.data["files"].values()), None)
    mark = page.mark_in(content)
    if issued is None:
        known = "" if mark is None else f"; it calls itself {mark.id}, of which the register knows another file"
        raise CheckFailed([f"E-CERT-UNKNOWN: {path.name}: SHA-256 {digest} is not in the register{known}"])
    recomputed = None
    if mark is not None:
        held.verify(mark.head)
        recomputed = _page(held, issued.about, mark.language) == content
    decision = book.decision_of(entries, issued.about)
    today = datetime.datetime.now(datetime.UTC).date()
    return Verified(
        certificate=page.id_of(decision.number),
        unit=decision.unit,
        level=str(decision.data["level"]),
        since=str(decision.data["since"]),
        until=str(decision.data["until"]),
        state=book.standing(entries, decision, today),
        issued=issued.when,
        recomputed=recomputed,
        sha256=digest,
    )
