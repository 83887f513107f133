"""One call at the door: rows are read, checked beside what is known, screened together, and made into records."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from clusterscore.errors import Doubt, Fault, InputRefused
from clusterscore.observations.arrivals import held_by
from clusterscore.observations.checks import Finding, check, on_another_scale
from clusterscore.observations.codebook import Codebook
from clusterscore.observations.doubts import doubt_of, doubts_from_reading, fault_at
from clusterscore.observations.harmonise import harmonise
from clusterscore.observations.ledger import KEY_COLUMNS, Action, Record
from clusterscore.observations.refusals import Refused, differences, has_two_names, header_faults, twice
from clusterscore.observations.revise import Reviser
from clusterscore.observations.schema import KINDS, NUMBERS, read_row
from clusterscore.observations.screening.remarks import Entry, Grade, Remark
from clusterscore.observations.screening.screen import screen
from clusterscore.observations.state import State
from clusterscore.observations.taken import (
    Taken,
    as_recorded,
    description,
    fault_of,
    flag_of,
    is_about,
    ordered,
    with_remarks,
)
from clusterscore.raw.readers import Note, RawFile, RawRow
from clusterscore.reading.cells import Reading
from clusterscore.vocabulary import Kind, Table


class Door:
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
        self._refused = Refused()
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
        return with_remarks(taken, self._remarks)

    def _screen(self) -> None:
        """Look at the delivery as a whole: what is impossible is a fault, what is unlikely a doubt or a flag."""
        new = {raw.sha256 for raw in self.new}
        for remark in screen(self._entries, self.state, self.codebook):
            if remark.grade is Grade.REFUSE:
                self.faults.append(fault_of(remark))
            elif remark.grade is Grade.HOLD:
                self.doubts.append((remark.entry.raw, doubt_of(remark)))
            else:
                self._remarks.append(remark)
        self._entries.clear()
        for place, record in enumerate(self.records):
            if record.action is Action.FILE and record.file in new and "flags" not in record.data:
                flags = [flag_of(remark) for remark in self._remarks if is_about(remark, record)]
                if flags:
                    self.records[place] = record._replace(data=record.data | {"flags": flags})
                    self.state.apply(self.records[place])

    def _keep_out(self, raw: RawFile, table: Table) -> Taken:
        """Record that a person rejected a file; who sends it again without that decision is told."""
        before = self.state.rejected.get(raw.sha256)
        if raw.origin and raw.origin.rejected:
            if before is None:
                self.new.append(raw)
                self._record(Action.REJECT, table, description(raw), raw, 0)
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
        faults = list(header_faults(raw, table))
        if faults:
            self.faults += faults
            self._refused.table(table)
            return Taken(raw.name, table, raw.sha256, 0, 0)
        self._parts.add(part)
        self.new.append(raw)
        self.doubts += [(raw, doubt) for doubt in doubts_from_reading(raw)]
        described = description(raw)
        self._record(Action.FILE, table, described, raw, 0)
        self._seen: dict[Any, Entry] = {}
        self._reading = Reading(raw, NUMBERS.get(table, ()), KINDS.get(table, ""), self._names)
        self.faults.extend(self._reading.faults)
        new = sum(self._take_row(raw, table, row) for row in raw.rows)
        notes = (*raw.notes, *ordered(raw, table), *self._reading.notes)
        if notes:  # a file in which nothing was normalised is described as ever
            described["notes"] = [as_recorded(note) for note in notes]
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
            self._fault(raw, row, *differences(raw, data, known))
            return False
        self._record(Action.ADD, table, data, raw, row.line)
        self._added.append(entry)
        return True

    def _repeated(self, entry: Entry, first: Entry) -> None:
        """Refuse a second row of one key; one unit under two names may be one unit, so that a person decides."""
        if has_two_names(entry, first.data):
            expected = (
                f"one name for each unit; row {first.row.line} says {first.data['name']!r}, which stays if accepted"
            )
            remark = Remark(Grade.HOLD, entry, "name", "W-NAME-CLASH", str(entry.data["name"]), expected)
            self.doubts.append((entry.raw, doubt_of(remark)))
        else:
            self._fault(entry.raw, entry.row, twice(entry, first))

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

    def _correct(self, raw: RawFile, row: RawRow, wish: dict[str, Any]) -> bool:
        table = Table(wish["table"])
        key = tuple(wish[column] for column in KEY_COLUMNS[table])
        known = self.state.find(table, *key)
        if known is None:
            expected = f"the key ({', '.join(KEY_COLUMNS[table])}) of a recorded row of {table}.csv"
            self._fault(raw, row, ("", "E-SUPERSEDE", " ".join(map(str, key)), expected))
            return False
        findings, data = Reviser(self.state, self.codebook, self._reading).corrected(table, wish, known)
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

    def _fault(self, raw: RawFile, row: RawRow, *findings: Finding) -> None:
        self.faults.extend(fault_at(raw, row, *finding) for finding in findings)

    def _record(self, action: Action, table: Table, data: dict[str, Any], raw: RawFile, row: int, **about: Any) -> None:
        number = self.count + len(self.records) + 1
        record = Record(number, action, table, data, raw.sha256, row, self.who, self.when, **about)
        self.records.append(record)
        self.state.apply(record)
