"""Take files into the ledger: all files of one call, or none of them, with every fault found."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clusterscore.errors import Doubt, Fault, InputHeld, InputRefused, listed
from clusterscore.observations.checks import MEANT, Finding, check, nearest, on_another_scale
from clusterscore.observations.codebook import Codebook
from clusterscore.observations.doubts import doubt_of, doubts_from_reading, fault_at, undecided
from clusterscore.observations.harmonise import harmonise, is_repeated, told
from clusterscore.observations.ledger import KEY_COLUMNS, REFERENCES, Action, Head, Ledger, Record, locked
from clusterscore.observations.revise import Reviser, alike
from clusterscore.observations.schema import KINDS, NUMBERS, columns, read_row, required_columns
from clusterscore.observations.screening.remarks import Entry, Grade, Remark
from clusterscore.observations.screening.screen import screen
from clusterscore.observations.state import State
from clusterscore.raw.readers import Note, RawFile, RawRow
from clusterscore.reading.cells import Reading
from clusterscore.vocabulary import Kind, Table

Keeper = Callable[[RawFile], None]
"""Makes an accepted file durable in ``data/raw`` before its records are."""

Holder = Callable[[list[RawFile], list[tuple[RawFile, Doubt]]], tuple[str, list[Doubt]]]
"""Makes files durable that wait for a decision, with all doubts about them; returns where, and what is undecided."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file: how many rows were new and how many were known before, and what was noticed.

    ``flags`` are oddities that stop nothing, ``notes`` what was normalised or is left out by rule.
    """

    name: str
    table: Table
    sha256: str
    new: int
    known: int
    flags: tuple[Fault, ...] = ()
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


def held_by(raw: RawFile) -> Table:
    """Return which canonical table a file holds: what it says itself, else what its name says.

    Raises
    ------
    InputRefused
        Where neither says it.
    """
    return raw.table or table_of(raw.name)


def ingest(
    ledger: Ledger,
    files: Iterable[RawFile],
    codebook: Codebook,
    who: str,
    keep: Keeper,
    unreadable: Iterable[Fault] = (),
    hold: Holder | None = None,
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
    hold
        Called with the new files of the call where a doubt about any of them is undecided; without it they are kept
        nowhere.

    Returns
    -------
    what became of each file, and the new head

    Raises
    ------
    InputRefused
        With every fault of every file; the ledger is untouched.
    InputHeld
        With every undecided doubt, where there is no fault; the ledger is untouched.
    """
    lock = locked(ledger.lock())
    try:
        records, head = ledger.history()
        door = _Door(State.of(records), codebook, head.count, who, unreadable)
        taken = [result for delivery in _deliveries(door.recognised(files)) for result in door.take(delivery)]
        if door.faults:
            raise InputRefused(door.faults)
        open_doubts = [doubt for raw, doubt in door.doubts if undecided(raw, [doubt])]
        if open_doubts:
            where, left = hold(door.new, door.doubts) if hold else ("", open_doubts)
            raise InputHeld(left or open_doubts, where)
        for raw in door.new:
            keep(raw)
        return [door.noticed(result) for result in taken], ledger.append(door.records, head)
    finally:
        lock.release()


def examine(files: Iterable[RawFile], codebook: Codebook) -> list[tuple[RawFile, Doubt]]:
    """Return every doubt about files on an empty ledger, with the file it is about; nothing is written.

    Raises
    ------
    InputRefused
        With every fault.
    """
    door = _Door(State(), codebook, 0, "nobody", ())
    for delivery in _deliveries(door.recognised(files)):
        list(door.take(delivery))
    if door.faults:
        raise InputRefused(door.faults)
    return door.doubts


def _deliveries(files: Iterable[RawFile]) -> list[list[RawFile]]:
    """Return files by the moment when they came in, the tables of each delivery in their order."""
    tables = list(Table)

    def received(raw: RawFile) -> str:
        return raw.origin.arrived.isoformat() if raw.origin else ""

    ordered = sorted(files, key=lambda raw: (received(raw), tables.index(held_by(raw)), raw.name, raw.sheet))
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
    doubts
        What is unlikely about the new rows, with the file it stands in, whether decided or not.
    """

    def __init__(self, state: State, codebook: Codebook, count: int, who: str, unreadable: Iterable[Fault]) -> None:
        self.state, self.codebook, self.count, self.who = state, codebook, count, who
        self.when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.faults = list(unreadable)
        self.records: list[Record] = []
        self.new: list[RawFile] = []
        self.doubts: list[tuple[RawFile, Doubt]] = []
        self._added: list[Entry] = []
        self._entries: list[Entry] = []
        self._remarks: list[Remark] = []
        self._scales: dict[str, bool] = {}
        self._known = frozenset(state.files)
        self._parts: set[tuple[str, str, Table]] = set()
        self._refused = _Refused()
        for fault in self.faults:
            self._refused.file(fault.file)
        if not (who and who.isprintable()):
            self.faults.append(Fault("--who", 0, "", "E-WHO", who, "a name of printable characters"))

    def recognised(self, files: Iterable[RawFile]) -> Iterator[RawFile]:
        """Yield the files whose name says what they hold; the others are faults."""
        for raw in files:
            try:
                held_by(raw)
            except InputRefused as refused:
                self.faults.extend(refused.faults)
            else:
                yield raw

    def take(self, delivery: Iterable[RawFile]) -> Iterator[Taken]:
        """Take files that came together: all rows, then the rules between them, then corrections of what is known."""
        for table, files in itertools.groupby(delivery, key=held_by):
            if table is Table.CORRECTIONS:
                self._check_added()
            for raw in files:
                yield self._take_file(raw, table)
        self._check_added()
        self._screen()

    def noticed(self, taken: Taken) -> Taken:
        """Return what became of a file together with what was noticed about it."""
        mine = [remark for remark in self._remarks if remark.entry.raw.name == taken.name]
        flags = tuple(
            _fault(remark) for remark in mine if remark.grade is Grade.FLAG and held_by(remark.entry.raw) == taken.table
        )
        notes = [
            Note(remark.code, taken.name, remark.entry.row.line, remark.column, remark.got, remark.expected)
            for remark in mine
            if remark.grade is Grade.NOTE
        ]
        return replace(taken, flags=flags, notes=(*taken.notes, *notes))

    def _screen(self) -> None:
        """Look at the delivery as a whole: what is impossible is a fault, what is unlikely a doubt or a flag."""
        new = {raw.sha256 for raw in self.new}
        for remark in screen(self._entries, self.state, self.codebook):
            if remark.grade is Grade.REFUSE:
                self.faults.append(_fault(remark))
            elif remark.grade is Grade.HOLD:
                self.doubts.append((remark.entry.raw, doubt_of(remark)))
            else:
                self._remarks.append(remark)
        self._entries.clear()
        for place, record in enumerate(self.records):
            if record.action is Action.FILE and record.file in new and "flags" not in record.data:
                flags = [_flag(remark) for remark in self._remarks if _is_about(remark, record)]
                if flags:
                    self.records[place] = replace(record, data=record.data | {"flags": flags})
                    self.state.apply(self.records[place])

    def _keep_out(self, raw: RawFile, table: Table) -> Taken:
        """Record that a person rejected a file; who sends it again without that decision is told."""
        before = self.state.rejected.get(raw.sha256)
        if raw.origin and raw.origin.rejected:
            if before is None:
                self.new.append(raw)
                self._record(Action.REJECT, table, _description(raw), raw, 0)
        elif before is not None:
            decided = next(one for one in before.data["decisions"] if one["verdict"] == "reject")
            expected = f"another file; {decided['who']} rejected this one: {decided['reason']}"
            self.faults.append(Fault(raw.name, 0, "", "E-FILE-REJECTED", raw.sha256[:12], expected, raw.sheet))
        return Taken(raw.name, table, raw.sha256, 0, 0)

    def _take_file(self, raw: RawFile, table: Table) -> Taken:
        if (raw.origin and raw.origin.rejected) or raw.sha256 in self.state.rejected:
            return self._keep_out(raw, table)
        part = (raw.sha256, raw.sheet, table)
        if raw.sha256 in self._known or part in self._parts:
            return Taken(raw.name, table, raw.sha256, 0, len(raw.rows), notes=(self._known_already(raw),))
        before = len(self.faults)
        self._check_header(raw, table)
        if len(self.faults) > before:
            self._refused.table(table)
            return Taken(raw.name, table, raw.sha256, 0, 0)
        self._parts.add(part)
        self.new.append(raw)
        self.doubts += [(raw, doubt) for doubt in doubts_from_reading(raw)]
        description = _description(raw)
        self._record(Action.FILE, table, description, raw, 0)
        self._seen: dict[Any, Entry] = {}
        self._reading = Reading(raw, NUMBERS.get(table, ()), KINDS.get(table, ""), self._names)
        self.faults.extend(self._reading.faults)
        new = sum(self._take_row(raw, table, row) for row in raw.rows)
        notes = (*raw.notes, *_order(raw, table), *self._reading.notes)
        if notes:  # a file in which nothing was normalised is described as ever
            description["notes"] = [_noted(note) for note in notes]
        return Taken(raw.name, table, raw.sha256, new, len(raw.rows) - new, notes=notes)

    def _known_already(self, raw: RawFile) -> Note:
        was, became = f"SHA-256 of record {self.state.files[raw.sha256].number}", "nothing added"
        return Note("N-DUPLICATE-FILE", raw.name, was=was, became=became, sheet=raw.sheet)

    def _names(self) -> list[str]:
        return [str(record.data["name"]) for record in self.state.live(Table.UNITS).values()]

    def _check_added(self) -> None:
        """Check the rows taken since the last time against everything that is known by now, whatever their order."""
        for entry in self._added:
            findings = check(entry.table, entry.data, self.state, self.codebook)
            kept = (finding for finding in findings if not self._refused.explains(finding))
            self._fault(entry.raw, entry.row, *map(self._scaled(entry.raw), kept))
        self._entries += self._added
        self._added.clear()

    def _scaled(self, raw: RawFile) -> Callable[[Finding], Finding]:
        """Return what calls answers out of range by their cause, where a file's answers are on another scale."""
        if raw.sha256 not in self._scales:
            given = [
                (entry.data["answer"], highest)
                for entry in self._added
                if entry.raw is raw and entry.table is Table.ANSWERS and (highest := self._highest(entry)) is not None
            ]
            self._scales[raw.sha256] = on_another_scale(given)
        other = self._scales[raw.sha256]

        def called(finding: Finding) -> Finding:
            column, code, got, expected = finding
            if not other or code != "E-RAT-RANGE":
                return finding
            return (
                column,
                "E-RAT-SCALE",
                got,
                f"{expected}; the file seems to be on a longer scale: declare it",
            )

        return called

    def _highest(self, entry: Entry) -> int | None:
        unit = self.state.find(Table.UNITS, entry.data["unit"])
        return self.codebook.answers[Kind(unit.data["kind"])].get(entry.data["item"]) if unit else None

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
        if table is Table.FIGURES:
            data, findings = harmonise(data, self.state, self.codebook, self._reading)
            if findings:
                self._fault(raw, row, *findings)
                return False
        entry = Entry(raw, row, table, data)
        for doubt in self._reading.doubts:
            self.doubts.append((raw, doubt_of(Remark(Grade.HOLD, entry, *doubt))))
        key = tuple(data[column] for column in KEY_COLUMNS[table])
        if key in self._seen:
            self._repeated(entry, self._seen[key])
            return False
        self._seen[key] = entry
        known = self.state.find(table, *key)
        if known is not None:
            return self._compare(raw, row, data, known)
        self._record(Action.ADD, table, data, raw, row.line)
        self._added.append(entry)
        return True

    def _repeated(self, entry: Entry, first: Entry) -> None:
        """Refuse a second row of one key; one unit under two names may be one unit, so that a person decides."""
        if _has_two_names(entry, first.data):
            expected = (
                f"one name for each unit; row {first.row.line} says {first.data['name']!r}, which stays if accepted"
            )
            remark = Remark(Grade.HOLD, entry, "name", "W-NAME-CLASH", str(entry.data["name"]), expected)
            self.doubts.append((entry.raw, doubt_of(remark)))
            return
        differ = [name for name in entry.data if entry.data[name] != first.data.get(name)]
        code = "E-DUP-CONFLICT" if differ else "E-DUP-ROW"
        column = differ[0] if differ else ""
        got = entry.data[column] if differ else " ".join(str(first.data[name]) for name in KEY_COLUMNS[entry.table])
        expected = f"each observation once; it stands in row {first.row.line}"
        self._fault(entry.raw, entry.row, (column, code, got, expected))

    def _read(self, raw: RawFile, table: Table, row: RawRow) -> dict[str, Any] | None:
        self._reading.begin(row)
        try:
            return read_row(table, row.cells, self._reading)
        except ValidationError as error:
            self._refused.row(table, row)
            for problem in error.errors():
                column = str(problem["loc"][0])
                self._fault(raw, row, (column, problem["type"], row.cells.get(column, ""), problem["msg"]))
            return None

    def _compare(self, raw: RawFile, row: RawRow, data: dict[str, Any], known: Record) -> bool:
        repeated = is_repeated(data, known.data)  # the same figure, perhaps by tables that have changed since
        for column, value in data.items():
            if column in raw.header and not (alike(value, known.data.get(column)) or (column == "value" and repeated)):
                change = "a change is a row of corrections.csv with its reason"
                expected = f"{told(known.data, column)} as in record {known.number}; {change}"
                got = told(data, column) if "given" in data else value
                self._fault(raw, row, (column, "E-DUP-CONFLICT", got, expected))
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
        entry = Entry(raw, row, table, data, "value")
        for doubt in self._reading.doubts:
            if doubt[0] != "expect":
                self.doubts.append((raw, doubt_of(Remark(Grade.HOLD, entry, *doubt))))
        action = Action.CORRECT if wish["action"] == "correct" else Action.WITHDRAW
        self._record(action, table, data, raw, row.line, supersedes=known.number, reason=wish["reason"])
        if action is Action.CORRECT:
            self._entries.append(entry)
        return True

    def _corrected(self, table: Table, wish: dict[str, Any], known: Record) -> tuple[list[Finding], dict[str, Any]]:
        if wish["action"] == "withdraw":
            return list(self._still_needed(table, known, KEY_COLUMNS[table][0])), known.data
        column = wish["column"] or {Table.FIGURES: "value", Table.ANSWERS: "answer"}.get(table)
        correctable = [name for name in columns(table) if name not in KEY_COLUMNS[table]]
        if column not in correctable:
            return [("column", "E-COLUMN", column or "", f"one of {', '.join(correctable)}")], {}
        reviser = Reviser(self.state, self.codebook, self._reading)
        findings, data = reviser.revised(known, column, wish["expect"] or "", wish["value"] or "")
        if findings:
            return findings, {}
        findings += [
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
        self.faults.extend(fault_at(raw, row, *finding) for finding in findings)

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
    """Yield that columns stand in another order than in the documents, where they do; they are read by name."""
    expected = [column for column in columns(table) if column in raw.header]
    if list(raw.header) != expected:
        was, became = ", ".join(raw.header), ", ".join(expected)
        yield Note("N-HDR-ORDER", raw.name, raw.header_line, was=was, became=became, sheet=raw.sheet)


def _has_two_names(entry: Entry, known: Mapping[str, Any]) -> bool:
    """Whether a row says of a unit what is known already, but for the name."""
    differ = {name for name in entry.raw.header if entry.data.get(name) != known.get(name)}
    return entry.table is Table.UNITS and differ == {"name"}


def _description(raw: RawFile) -> dict[str, Any]:
    left_out = {"sha256", "mapping_document"}
    origin = raw.origin.model_dump(mode="json", exclude=left_out, exclude_none=True) if raw.origin else {}
    told = {name: value for name, value in origin.items() if value not in ([], ())}
    sheet = {"sheet": raw.sheet} if raw.sheet else {}
    return {"name": raw.name, "rows": len(raw.rows), "demonstration": False} | sheet | told


def _fault(remark: Remark) -> Fault:
    entry = remark.entry
    return fault_at(entry.raw, entry.row, remark.column, remark.code, remark.got, remark.expected)


def _flag(remark: Remark) -> dict[str, Any]:
    return {"code": remark.code, "row": remark.entry.row.line, "column": remark.column, "got": remark.got}


def _is_about(remark: Remark, record: Record) -> bool:
    """Whether a flag belongs to the file, and the sheet of it, that a record announces."""
    raw = remark.entry.raw
    place = raw.sha256, raw.sheet
    announced = record.file, record.data.get("sheet", "")
    return remark.grade is Grade.FLAG and place == announced and held_by(raw) is record.table


def _noted(note: Note) -> dict[str, Any]:
    """Return a note as the ledger keeps it: without the file, which the record describes."""
    return {name: getattr(note, name) for name in ("code", "row", "column", "was", "became") if getattr(note, name)}
