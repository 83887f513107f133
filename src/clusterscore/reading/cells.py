"""How the cells of one file are read: by which locale, what was normalised on the way, and what is in doubt."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Self

from clusterscore.errors import Fault
from clusterscore.raw.readers import Note, RawFile, RawRow
from clusterscore.reading.measures import is_percent
from clusterscore.reading.numbers import (
    COMMA,
    DECLARED,
    POINT,
    Contradiction,
    Locale,
    Unreadable,
    is_grouped,
    proof,
    prove,
    read_number,
)
from clusterscore.reading.romanian import closest, has_lost_letters, mend

Doubt = tuple[str, str, str, str]
"""Something that may be meant otherwise: column, code, what stands there, what a person has to look at."""

_MINUS: Final = "\u2212"


class Reading:
    """One file on its way from what people wrote to canonical text.

    Parameters
    ----------
    raw
        The file; None for cells of no file, each of which is read for itself.
    columns
        Which of its columns hold numbers.
    kind
        The column that says what the number of a row counts, where one column holds many kinds.
    names
        Names that are known, for the nearest one to a name with lost letters.

    Attributes
    ----------
    faults
        What the file as a whole contradicts itself in.
    doubts
        What is in doubt about the row that is being read.
    """

    def __init__(
        self,
        raw: RawFile | None = None,
        columns: Sequence[str] = (),
        kind: str = "",
        names: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self.faults: list[Fault] = []
        self.doubts: list[Doubt] = []
        self._file, self._kind, self._names = raw.name if raw else "", kind, names
        self._row = RawRow(0, {})
        self._percent = False
        self._notes: dict[Note, tuple[int, int]] = {}
        self._comma: Locale | None = None
        self._pointed: set[tuple[str, str]] = set()
        declared = raw.origin.locale if raw and raw.origin else None
        self._declared = DECLARED[declared] if declared else None
        if raw is not None and raw.canonical:
            self._declared = POINT
        if raw is not None and self._declared is None:
            self._prove(raw, columns)

    @classmethod
    def canonical(cls) -> Self:
        """Return how cells are read that are canonical already: by the decimal point."""
        reading = cls()
        reading._declared = POINT
        return reading

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was normalised, each kind of change once, at the first row where it was made."""
        return tuple(
            replace(note, row=row, became=note.became if count == 1 else f"{note.became} ({count} times)")
            for note, (row, count) in self._notes.items()
        )

    def begin(self, row: RawRow) -> None:
        """Turn to the next row."""
        self._row, self._percent = row, is_percent(row.cells.get("measure", ""))
        self.doubts.clear()

    def number(self, text: str, column: str) -> str:
        """Return a number as canonical text; raises as :func:`clusterscore.reading.numbers.read_number`."""
        locale = self._locale(column)
        found = read_number(text, locale, percent=self._percent)
        if _MINUS in text:
            self.note("N-NUM-MINUS", column, text, found)
        if locale is not None and locale.decimal == "," and found != text:
            self.note("N-NUM-LOCALE", column, "decimal comma", f"read as {locale.name}")
        elif is_grouped(text):
            self.note("N-NUM-GROUPING", column, text, found)
        elif proof(text) is COMMA:
            self.note("N-NUM-LOCALE", column, "decimal comma", "read as ro")
        return found

    def writers(self, text: str, value: float) -> list[Locale]:
        """Return the locales in which a text is a number that is known."""
        found = []
        for locale in [self._declared] if self._declared else [POINT, COMMA]:
            with contextlib.suppress(Unreadable):
                if float(read_number(text, locale, percent=True)) == value:
                    found.append(locale)
        return found

    def revised(self, text: str, column: str, before: str, value: float) -> str:
        """Return a number that takes the place of another; how the other was written says how this one is.

        Raises
        ------
        Unreadable
            As :meth:`number`.
        """
        writers = self.writers(before, value)
        return read_number(text, writers[0]) if len(writers) == 1 else self.number(text, column)

    def text(self, text: str, column: str) -> str:
        """Return free text with everything mended that is certain; what has lost letters is in doubt."""
        found = mend(text)
        for code, was, became in found.steps:
            self.note(code, column, was, became)
        if has_lost_letters(found.text):
            near = closest(found.text, self._names())
            expected = "the letters that were lost on the way" + (f"; nearest known name is {near!r}" if near else "")
            self.doubts.append((column, "W-TXT-LOST", found.text, expected))
        return found.text

    def note(self, code: str, column: str, was: str, became: str) -> None:
        """Remember that something was normalised."""
        note = Note(code, self._file, 0, column, was, became)
        row, count = self._notes.get(note, (self._row.line, 0))
        self._notes[note] = (row, count + 1)

    def _locale(self, column: str) -> Locale | None:
        if column in self._row.numbers:  # a number for the workbook itself
            return POINT
        if self._declared or self._comma:
            return self._declared or self._comma
        return POINT if self._group(self._row.cells, column) in self._pointed else None

    def _group(self, cells: Mapping[str, str], column: str) -> tuple[str, str]:
        return column, cells.get(self._kind, "").strip()

    @staticmethod
    def _is_written(row: RawRow, column: str) -> bool:
        return bool(row.cells.get(column)) and column not in row.numbers

    def _prove(self, raw: RawFile, columns: Sequence[str]) -> None:
        """Find what the numbers of a file prove.

        A decimal comma anywhere shows how its author writes numbers. A decimal point shows it only of numbers of the
        same kind: shares come out of a program with a point beside thousands that a person has grouped with one.
        """
        cells = [(row, column) for row in raw.rows for column in columns if self._is_written(row, column)]
        try:
            proven = prove(row.cells[column] for row, column in cells)
        except Contradiction as contradiction:
            for place in contradiction.places:
                row, column = cells[place]
                address = row.places.get(column, "")
                got, expected = row.cells[column], contradiction.expected
                fault = Fault(raw.name, row.line, column, contradiction.code, got, expected, raw.sheet, address)
                self.faults.append(fault)
            return
        if proven is COMMA:
            self._comma = COMMA
        elif proven is POINT:
            self._pointed = {
                self._group(row.cells, column) for row, column in cells if proof(row.cells[column]) is POINT
            }
