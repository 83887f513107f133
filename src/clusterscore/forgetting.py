"""The verb that forgets a rater: records withdrawn, rows taken out of every file, and what remains said openly."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clusterscore.deciding import check_words
from clusterscore.durable import TEMPORARY_PREFIX
from clusterscore.errors import OriginBroken, UnknownName
from clusterscore.observations.ledger import Action, Head, Ledger, Record, locked
from clusterscore.observations.state import State
from clusterscore.paths import Workspace
from clusterscore.pseudonyms import has_key, key_of, pseudonym
from clusterscore.raw.held import Parcel, parcels, sweep
from clusterscore.raw.origin import Redaction
from clusterscore.raw.receive import stored_files
from clusterscore.raw.redact import Names, Redacted, is_text, redacted, replace_file
from clusterscore.vocabulary import Table

NO_FILE: Final = "0" * 64
"""Stands for the source file in records that a verb made."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was done, and what was not.

    Attributes
    ----------
    rater
        The pseudonym.
    withdrawn
        How many records were withdrawn.
    redacted
        Files from which rows were taken out, with their number.
    removed
        Files that held nothing else, and files that waited in ``data/held`` together with the rater's.
    remains
        What is left, in words.
    head
        The ledger's head.
    """

    rater: str
    withdrawn: int
    redacted: tuple[tuple[str, int], ...]
    removed: tuple[str, ...]
    remains: tuple[str, ...]
    head: Head


def forget(workspace: Workspace, rater: str, reason: str, who: str) -> Forgotten:
    """Withdraw a rater's answers and take the rater out of the files received; the ledger's chain stays whole.

    Records come first: whoever dies after them only has to run it again. A cell names the rater where it is the
    pseudonym, or where its pseudonym under the key is.

    Raises
    ------
    UnknownName
        Where neither a record nor a file names the rater.
    InputRefused
        Where reason or name are missing.
    OriginBroken
        Where a file is not what its sidecar says.
    """
    check_words({"--reason": reason, "--who": who})
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    names = _naming(rater)
    ledger = Ledger(workspace.ledger)
    with locked(ledger.lock()):
        _sweep(workspace)
        records, head = ledger.history()
        state = State.of(records)
        mine = list(_records(rater, state))
        found, closed = _search(workspace, names)
        waiting = [parcel for parcel in parcels(workspace) if _is_in(workspace, parcel, names)]
        if not (mine or found or waiting):
            known = [key[0] for key in state.live(Table.RATERS)]
            raise UnknownName("rater", rater, known)
        made = _records_of_it(rater, mine, found, waiting, head, (who, now.isoformat(), reason))
        head = ledger.append(made, head)
        for one in found:
            replace_file(one, Redaction(was=one.was, rows=one.rows, who=who, when=now, reason=reason))
        for parcel in waiting:
            parcel.remove()
    return Forgotten(
        rater,
        len(mine),
        tuple((workspace.relative(one.home), one.rows) for one in found if one.now is not None),
        (
            *(workspace.relative(one.path) for one in found if one.now is None),
            *(name for parcel in waiting for name in parcel.files.values() if name.startswith("data/held/")),
        ),
        tuple(_remains(workspace, records, rater, closed)),
        head,
    )


def _sweep(workspace: Workspace) -> None:
    """Take away what commands that died left half written, for it may name the rater and nobody looks there."""
    sweep(workspace)
    for left in workspace.raw.rglob(f"{TEMPORARY_PREFIX}*"):
        left.unlink()


def _naming(rater: str) -> Names:
    """Return whether a cell names the rater; without a key only the pseudonym itself does."""
    key = key_of() if has_key() else None

    def names(cell: str) -> bool:
        return cell == rater or (key is not None and bool(cell.strip()) and pseudonym(cell, key) == rater)

    return names


def _records(rater: str, state: State) -> Iterator[Record]:
    """Yield the live answers of a rater, and the rater's own record after them."""
    answers = [record for record in state.live(Table.ANSWERS).values() if record.data["rater"] == rater]
    yield from sorted(answers, key=lambda record: record.number)
    own = state.find(Table.RATERS, rater)
    if own is not None:
        yield own


def _search(workspace: Workspace, names: Names) -> tuple[list[Redacted], list[Path]]:
    """Return the files of ``data/raw`` that name the rater, and those that are no text and were not looked into."""
    found, closed = [], []
    for path in stored_files(workspace):
        content = path.read_bytes()
        if not is_text(content):
            closed.append(path)
        elif (one := redacted(path, content, names)) is not None:
            found.append(one)
    return found, closed


def _is_in(workspace: Workspace, parcel: Parcel, names: Names) -> bool:
    for path in parcel.paths(workspace):
        if not path.is_file():
            raise OriginBroken(f"{path}: named by {parcel.folder}, but not there")
        content = path.read_bytes()
        if is_text(content) and redacted(path, content, names) is not None:
            return True
    return False


def _records_of_it(
    rater: str,
    mine: list[Record],
    found: list[Redacted],
    waiting: list[Parcel],
    head: Head,
    said: tuple[str, str, str],
) -> list[Record]:
    """Return the records: each of the rater's withdrawn, then a tombstone of every file that changes or goes."""
    who, when, reason = said
    made = [
        Record(head.count + place, Action.WITHDRAW, one.table, one.data, NO_FILE, 0, who, when, one.number, reason)
        for place, one in enumerate(mine, start=1)
    ]
    files: dict[str, str | None] = {one.was: one.now for one in found}
    for parcel in waiting:
        files |= {sha: None for sha, name in parcel.files.items() if name.startswith("data/held/")}
    data = {"rater": rater, "files": files}
    number = head.count + len(made) + 1
    return [*made, Record(number, Action.FORGET, Table.RATERS, data, NO_FILE, 0, who, when, None, reason)]


def _remains(workspace: Workspace, records: tuple[Record, ...], rater: str, closed: list[Path]) -> Iterator[str]:
    """Yield what forgetting does not reach."""
    answers = sum(record.table is Table.ANSWERS and record.data.get("rater") == rater for record in records)
    yield (
        f"the ledger keeps {answers} withdrawn answers under the pseudonym alone, because its chain proves what was "
        "published; a ledger made anew from data/raw has none of them, and other heads"
    )
    if any(workspace.posteriors.glob("*/*/*/run.json")):
        yield "posteriors drawn before hold a severity under the pseudonym, until data/processed/posterior is removed"
    if any(workspace.editions.glob("[!.]*")):
        yield "published editions stay as they are; publish anew"
    for path in closed:
        yield f"{workspace.relative(path)} is a workbook and was not looked into: look, and replace it by hand"
