"""Take files into the ledger: all files of one call, or none of them, with every fault found."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clusterscore.errors import Fault, InputRefused, listed
from clusterscore.observations.checks import Finding, check, nearest
from clusterscore.observations.codebook import Codebook
from clusterscore.observations.ledger import KEY_COLUMNS, REFERENCES, Action, Head, Ledger, Record, locked
from clusterscore.observations.schema import ROWS, columns, required_columns
from clusterscore.observations.state import State
from clusterscore.raw.readers import Note, RawFile, RawRow
from clusterscore.vocabulary import Table

Keeper = Callable[[RawFile], None]
"""Makes an accepted file durable in ``data/raw`` before its records are."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file or sheet: how many rows were new, how many were known before, what was normalised."""

    name: str
    table: Table
    sha256: str
    new: int
    known: int
    notes: tuple[Note, ...] = ()


def table_of(name: str) -> Table:
    """Return which canonical table a file holds, from the first word of its name.

    Raises
    ------
    InputRefused
        Where the name begins with none of the canonical names.
    """
    word = re.split(r"[^a-z]", Path(name).name.lower(), maxsplit=1)[0]
    if word not in set(Table):
        expected = f"a name that begins with one of {listed(Table)}, such as figures.csv"
        raise InputRefused([Fault(name, 0, "", "E-FILE-NAME", Path(name).name, expected)])
    return Table(word)


def _table(raw: RawFile) -> Table:
    return raw.table or table_of(raw.name)


def ingest(
    ledger: Ledger,
    files: Iterable[RawFile],
    codebook: Codebook,
    who: str,
    keep: Keeper,
    unreadable: Iterable[Fault] = (),
) -> tuple[list[Taken], Head]:
    """Validate files and append their new observations to the ledger.

    Parameters
    ----------
    ledger
        Where the records go.
    files
        Files as received, with their origins.
    codebook
        What may be recorded.
    who
        Who takes them in.
    keep
        Called for each accepted file that is new, before the records become durable.
    unreadable
        Faults of other files of the same call, which could not be read.

    Returns
    -------
    what became of each file, and the new head

    Raises
    ------
    InputRefused
        With every fault of every file; the ledger is untouched.
    """
    lock = locked(ledger.lock())
    try:
        records, head = ledger.history()
        door = _Door(State.of(records), codebook, head.count, who, unreadable)
        taken = [result for delivery in _deliveries(door.recognised(files)) for result in door.take(delivery)]
        if door.faults:
            raise InputRefused(door.faults)
        for raw in door.new:
            keep(raw)
        return taken, ledger.append(door.records, head)
    finally:
        lock.release()


def _deliveries(files: Iterable[RawFile]) -> list[list[RawFile]]:
    """Return files by the moment when they were received, the tables of each delivery in their order."""
    tables = list(Table)

    def received(raw: RawFile) -> str:
        return raw.origin.received.isoformat() if raw.origin else ""

    ordered = sorted(files, key=lambda raw: (received(raw), tables.index(_table(raw)), raw.name))
    return [list(delivery) for _, delivery in itertools.groupby(ordered, key=received)]


class _Door:
    """One call at the door: what is known, what was found wrong, what will be recorded.

    Attributes
    ----------
    state
        What is known, the rows taken so far included.
    faults
        Everything found wrong.
    records
        What will be recorded.
    new
        The files that were not known before.
    """

    def __init__(self, state: State, codebook: Codebook, count: int, who: str, unreadable: Iterable[Fault]) -> None:
        self.state, self.codebook, self.count, self.who = state, codebook, count, who
        self.when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.faults = list(unreadable)
        self.records: list[Record] = []
        self.new: list[RawFile] = []
        self._added: list[tuple[RawFile, RawRow, Table, dict[str, Any]]] = []
        self._refused = _Refused()
        self._known = frozenset(state.files)
        self._read_now: set[tuple[str, str]] = set()
        for fault in self.faults:
            self._refused.file(fault.file)
        if not (who and who.isprintable()):
            self.faults.append(Fault("--who", 0, "", "E-WHO", who, "a name of printable characters"))

    def recognised(self, files: Iterable[RawFile]) -> Iterator[RawFile]:
        """Yield the files whose name says what they hold; the others are faults."""
        for raw in files:
            try:
                _table(raw)
            except InputRefused as refused:
                self.faults.extend(refused.faults)
            else:
                yield raw

    def take(self, delivery: Iterable[RawFile]) -> Iterator[Taken]:
        """Take files that came together: all rows, then the rules between them, then corrections of what is known."""
        for table, files in itertools.groupby(delivery, key=_table):
            if table is Table.CORRECTIONS:
                self._check_added()
            for raw in files:
                yield self._take_file(raw, table)
        self._check_added()

    def _take_file(self, raw: RawFile, table: Table) -> Taken:
        if raw.sha256 in self._known or (raw.sha256, raw.sheet) in self._read_now:
            return Taken(raw.name, table, raw.sha256, 0, len(raw.rows), (self._known_already(raw),))
        before = len(self.faults)
        self._check_header(raw, table)
        if len(self.faults) > before:
            self._refused.table(table)
            return Taken(raw.name, table, raw.sha256, 0, 0)
        self.faults += raw.doubts
        self._read_now.add((raw.sha256, raw.sheet))
        self.new.append(raw)
        notes = (*raw.notes, *_order(raw, table))
        self._record(Action.FILE, table, _description(raw, notes), raw, 0)
        self._seen: dict[Any, int] = {}
        new = sum(self._take_row(raw, table, row) for row in raw.rows)
        return Taken(raw.name, table, raw.sha256, new, len(raw.rows) - new, notes)

    def _known_already(self, raw: RawFile) -> Note:
        number = self.state.files[raw.sha256].number
        return Note(
            "N-DUPLICATE-FILE", raw.name, was=f"SHA-256 of record {number}", became="nothing added", sheet=raw.sheet
        )

    def _check_added(self) -> None:
        """Check the rows taken since the last time against everything that is known by now, whatever their order."""
        for raw, row, table, data in self._added:
            findings = check(table, data, self.state, self.codebook)
            self._fault(raw, row, *(finding for finding in findings if not self._refused.explains(finding)))
        self._added.clear()

    def _check_header(self, raw: RawFile, table: Table) -> None:
        known = columns(table)
        for column in raw.header:
            if column not in known:
                meant = MEANT.get(column.lower())
                hint = f"did you mean {meant!r}?" if meant in known else nearest(column, list(known))
                expected = f"{hint}; columns of {table}.csv: {', '.join(known)}"
                cell = raw.header_places.get(column, "")
                self.faults.append(
                    Fault(raw.name, raw.header_line, column, "E-HDR-UNKNOWNCOL", column, expected, raw.sheet, cell)
                )
        for column in required_columns(table):
            if column not in raw.header:
                expected = f"columns {', '.join(required_columns(table))}"
                self.faults.append(
                    Fault(raw.name, raw.header_line, column, "E-HDR-MISSINGCOL", "no such column", expected, raw.sheet)
                )

    def _take_row(self, raw: RawFile, table: Table, row: RawRow) -> bool:
        data = self._read(raw, table, row)
        if data is None:
            return False
        if table is Table.CORRECTIONS:
            return self._correct(raw, row, data)
        key = tuple(data[column] for column in KEY_COLUMNS[table])
        if key in self._seen:
            self._fault(
                raw,
                row,
                (
                    "",
                    "E-DUP-ROW",
                    " ".join(map(str, key)),
                    f"each observation once; it stands in row {self._seen[key]}",
                ),
            )
            return False
        self._seen[key] = row.line
        known = self.state.find(table, *key)
        if known is not None:
            return self._compare(raw, row, data, known)
        self._record(Action.ADD, table, data, raw, row.line)
        self._added.append((raw, row, table, data))
        return True

    def _read(self, raw: RawFile, table: Table, row: RawRow) -> dict[str, Any] | None:
        try:
            return ROWS[table].model_validate(row.cells).model_dump(mode="json")
        except ValidationError as error:
            self._refused.row(table, row)
            for problem in error.errors():
                column = str(problem["loc"][0])
                self._fault(raw, row, (column, problem["type"], row.cells.get(column, ""), problem["msg"]))
            return None

    def _compare(self, raw: RawFile, row: RawRow, data: dict[str, Any], known: Record) -> bool:
        for column, value in data.items():
            if column in raw.header and value != known.data[column]:
                change = "a change is a row of corrections.csv with its reason"
                expected = f"{known.data[column]!r} as in record {known.number}; {change}"
                self._fault(raw, row, (column, "E-DUP-CONFLICT", value, expected))
        return False

    def _correct(self, raw: RawFile, row: RawRow, wish: dict[str, Any]) -> bool:
        table = Table(wish["table"])
        key = tuple(wish[column] for column in KEY_COLUMNS[table])
        known = self.state.find(table, *key)
        if known is None:
            self._fault(
                raw,
                row,
                (
                    "",
                    "E-SUPERSEDE",
                    " ".join(map(str, key)),
                    f"the key ({', '.join(KEY_COLUMNS[table])}) of a recorded row of {table}.csv",
                ),
            )
            return False
        findings, data = self._corrected(table, wish, known)
        self._fault(raw, row, *findings)
        if findings:
            return False
        action = Action.CORRECT if wish["action"] == "correct" else Action.WITHDRAW
        self._record(action, table, data, raw, row.line, supersedes=known.number, reason=wish["reason"])
        return True

    def _corrected(self, table: Table, wish: dict[str, Any], known: Record) -> tuple[list[Finding], dict[str, Any]]:
        if wish["action"] == "withdraw":
            return list(self._still_needed(table, known, KEY_COLUMNS[table][0])), known.data
        column = wish["column"] or {Table.FIGURES: "value", Table.ANSWERS: "answer"}.get(table)
        correctable = [name for name in columns(table) if name not in KEY_COLUMNS[table]]
        if column not in correctable:
            return [("column", "E-COLUMN", column or "", f"one of {', '.join(correctable)}")], {}
        old = known.data[column]
        if not _same(wish["expect"] or "", old):
            return [
                ("expect", "E-EXPECT", wish["expect"] or "", f"what record {known.number} holds, {_cell(old)!r}")
            ], {}
        cells = {name: _cell(value) for name, value in known.data.items()} | {column: wish["value"] or ""}
        try:
            data = ROWS[table].model_validate(cells).model_dump(mode="json")
        except ValidationError as error:
            return [("value", problem["type"], wish["value"] or "", problem["msg"]) for problem in error.errors()], {}
        findings = [
            ("value", code, got, expected) for _, code, got, expected in check(table, data, self.state, self.codebook)
        ]
        if column == "kind":  # other indicators and items belong to another kind
            findings += self._still_needed(table, known, "value")
        return findings, data

    def _still_needed(self, table: Table, known: Record, column: str) -> Iterator[Finding]:
        name = known.key[0]
        for other, count in self.state.references(table, name):
            expected = f"no {other} left that name it, but {count} are recorded; correct or withdraw them first"
            yield column, "E-SUPERSEDE", name, expected

    def _fault(self, raw: RawFile, row: RawRow, *findings: Finding) -> None:
        self.faults.extend(
            Fault(raw.name, row.line, column, code, str(got), expected, raw.sheet, row.places.get(column, ""))
            for column, code, got, expected in findings
        )

    def _record(self, action: Action, table: Table, data: dict[str, Any], raw: RawFile, row: int, **about: Any) -> None:
        number = self.count + len(self.records) + 1
        record = Record(number, action, table, data, raw.sha256, row, self.who, self.when, **about)
        self.records.append(record)
        self.state.apply(record)


class _Refused:
    """What a refused file or row would have announced, so that one fault is not reported again at each reference."""

    def __init__(self) -> None:
        self._tables: set[Table] = set()
        self._names: set[tuple[Table, str]] = set()

    def file(self, name: str) -> None:
        """Remember a file of which no row could be read."""
        with contextlib.suppress(InputRefused):
            self.table(table_of(name))

    def table(self, table: Table) -> None:
        """Remember a table of which no row could be read."""
        self._tables.add(table)

    def row(self, table: Table, row: RawRow) -> None:
        """Remember the unit or rater of a row that could not be read."""
        if table in REFERENCES:
            self._names.add((table, row.cells.get(KEY_COLUMNS[table][0], "").strip()))

    def explains(self, finding: Finding) -> bool:
        """Whether something is unknown only because what announces it was refused."""
        _, code, got, _ = finding
        table = {"E-ID-UNKNOWN": Table.UNITS, "E-RATER-UNKNOWN": Table.RATERS}.get(code)
        return table is not None and (table in self._tables or (table, got) in self._names)


def _order(raw: RawFile, table: Table) -> Iterator[Note]:
    expected = [column for column in columns(table) if column in raw.header]
    if list(raw.header) != expected:
        was, became = ", ".join(raw.header), ", ".join(expected)
        yield Note("N-HDR-ORDER", raw.name, raw.header_line, was=was, became=became, sheet=raw.sheet)


def _description(raw: RawFile, notes: Iterable[Note]) -> dict[str, Any]:
    origin = raw.origin.model_dump(mode="json", exclude={"sha256"}, exclude_none=True) if raw.origin else {}
    about: dict[str, Any] = {"name": raw.name, "rows": len(raw.rows), "demonstration": False} | origin
    if raw.sheet:
        about["sheet"] = raw.sheet
    said = [{key: value for key, value in asdict(note).items() if value and key != "file"} for note in notes]
    return about | {"notes": said} if said else about


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return ";".join(value) if isinstance(value, list) else str(value)


def _same(expected: str, recorded: Any) -> bool:
    if isinstance(recorded, int | float):
        try:
            return float(expected) == float(recorded)
        except ValueError:
            return False
    return expected == _cell(recorded)
