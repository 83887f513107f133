"""A sheet whose columns a mapping knows, being read: its cells, what was found wrong, what was normalised."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from clusterscore.errors import Fault
from clusterscore.raw.origin import Origin
from clusterscore.raw.readers import Note, RawRow
from clusterscore.reading.grids import Grid, Number, address
from clusterscore.reading.headers import Matched
from clusterscore.reading.mapping import Mapping
from clusterscore.reading.measures import is_percent
from clusterscore.reading.numbers import DECLARED, Contradiction, Unreadable, prove, read_number
from clusterscore.reading.wording import folded, plain
from clusterscore.vocabulary import Table

Pseudonym = Callable[[str], str]
"""Turns an e-mail, a name or a token into a rater's id that does not tell who it is."""

Tables = list[tuple[Table, tuple[str, ...], list[RawRow]]]
"""What a sheet holds: canonical tables, each with its columns and rows."""

_NOBODY: Final = frozenset({"anonymous", "anonim", "anonymous user", "utilizator anonim", "n/a", "-"})


@dataclass(frozen=True)
class Received:
    """A file to be read by a mapping.

    Attributes
    ----------
    path, name
        Where it lies, and how messages call it.
    grids
        Its sheets.
    sha256
        Digest of its bytes.
    origin
        What its sidecar says, or will say.
    kept
        Its bytes, where it is a copy from ``data/raw`` in which raters have pseudonyms already; None where it has just
        come.
    """

    path: Path
    name: str
    grids: Sequence[Grid]
    sha256: str
    origin: Origin
    kept: bytes | None = None


@dataclass
class MappedSheet:
    """One file being read: what it holds so far, and what was found wrong."""

    grid: Grid
    mapping: Mapping
    matched: Matched
    pseudonym: Pseudonym
    kept: bool
    locale: str | None = None
    faults: list[Fault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.columns = list(enumerate(self.matched.columns))
        self.headers = [plain(header) for header in self.grid.rows[self.matched.row - 1]]
        self.zone = zoneinfo.ZoneInfo(self.mapping.time_zone)
        self.people: dict[str, str] = {}
        self.numbers: dict[tuple[int, int], str] = {}

    @property
    def rows(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Rows below the headers that hold anything, with their numbers."""
        first = self.matched.row + 1
        return ((number, row) for number, row in enumerate(self.grid.rows[first - 1 :], start=first) if any(row))

    def cell(self, row: tuple[str, ...], index: int | None) -> str:
        """Return a cell without what surrounds it; empty where the row is short or there is no such column."""
        return row[index].strip() if index is not None and index < len(row) else ""

    def fault(self, number: int, index: int, code: str, got: str, expected: str) -> None:
        """Record what is wrong with a cell."""
        header = self.headers[index] if 0 <= index < len(self.headers) else ""
        self.faults.append(self.grid.fault(number, index, (code, got, expected), header))

    def note(self, code: str, number: int, was: str, became: str, column: str = "") -> None:
        """Record what was normalised."""
        self.notes.append(Note(code, self.grid.file, number, column, was, became))

    def unit(self, number: int, row: tuple[str, ...], index: int | None) -> str:
        """Return the unit that a row is about: the id for a known name, else what stands there."""
        text = self.cell(row, index)
        if index is None:
            return self.mapping.unit or ""
        if not text:
            self.fault(number, index, "E-EMPTY", "", "the name or id of a unit")
        return self.mapping.unit_of.get(folded(text), text)

    def year(self, row: tuple[str, ...], index: int | None) -> str:
        """Return the year of a row as text."""
        return self.cell(row, index) if index is not None else str(self.mapping.year)

    def rater(self, number: int, row: tuple[str, ...]) -> str:
        """Return the rater of a row: the id as given, or the pseudonym of whoever it names."""
        index = self.matched.first("rater")
        if index is not None:
            text = self.cell(row, index)
            if not text:
                self.fault(number, index, "E-EMPTY", "", "the rater's id, from the invitation")
            return text
        index = self.matched.first("identity")
        text = self.cell(row, index)
        if index is None or not text or folded(text) in _NOBODY:
            expected = "an e-mail, name or token that tells this respondent from others"
            self.fault(number, -1 if index is None else index, "E-SURVEY-ANONYMOUS", text, expected)
            return ""
        if text not in self.people:
            self.people[text] = text if self.kept else self.pseudonym(text)
        return self.people[text]


def refuse_formulas(reading: MappedSheet) -> None:
    """Record a fault for each cell read that holds a formula or an error; ignored columns may hold anything."""
    grid = reading.grid
    if not grid.formulas and not grid.errors:
        return
    for number, row in reading.rows:
        for index, column in reading.columns:
            if column is None or column.holds in {"ignored", "personal"} or index >= len(row):
                continue
            cell = address(number, index)
            if cell in grid.formulas:
                reading.fault(number, index, "E-XLS-FORMULA", row[index], "a value; paste the result, not the formula")
            elif cell in grid.errors:
                reading.fault(number, index, "E-XLS-ERRORCELL", row[index], "a value")


def numbers_in(reading: MappedSheet, columns: Sequence[int]) -> dict[tuple[int, int], str]:
    """Return the numbers in some columns as canonical text, by row and column; what is none is a fault.

    The locale is the one that the mapping declares, else the one that the numbers prove.
    """
    texts = [
        (number, index, row[index])
        for number, row in reading.rows
        for index in columns
        if index < len(row) and row[index].strip()
    ]
    written = [(number, index, text) for number, index, text in texts if not isinstance(text, Number)]
    found = {(number, index): text for number, index, text in texts}
    if reading.kept:
        return found
    percent = {index: is_percent(column.measure or "") for index, column in reading.columns if column is not None}
    declared = reading.mapping.locale or reading.locale
    locale = DECLARED[declared] if declared else None
    try:
        locale = locale or prove(text for *_, text in written)
    except Contradiction as contradiction:
        number, index, text = written[contradiction.places[1]]
        reading.fault(number, index, contradiction.code, text, contradiction.expected)
        return {}
    for number, index, text in written:
        try:
            found[number, index] = canonical = read_number(text, locale, percent=percent.get(index, False))
        except Unreadable as unreadable:
            reading.fault(number, index, unreadable.code, text, unreadable.expected)
            continue
        if canonical != text.strip():
            reading.note("N-NUM-LOCALE", number, text, canonical, reading.headers[index])
    reading.numbers.update(found)
    return found
