"""One sheet of a workbook, cell by cell, within limits that hold from the first cell on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn, override

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.cells import Cell, Holds, Shown, date_text, number_text, unescaped
from clusterscore.raw.header import address, letters
from clusterscore.raw.limits import MAXIMUM_CELL, MAXIMUM_COLUMNS, MAXIMUM_ROWS, TITLE_ROWS, WIDEST
from clusterscore.raw.markup import Budget, Elements

_ADDRESS: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_TRUE: Final = {"1", "true", "on"}
_LONGEST: Final = MAXIMUM_CELL + 1  # characters of a text that are kept, so that one too many is seen
_LONGEST_FORMULA: Final = 200
_CALLS_OUT: Final = re.compile(r"\|\s*'?.*!|\b(?:DDE|RTD|WEBSERVICE|CALL|REGISTER(?:\.ID)?|EXEC)\s*\(", re.IGNORECASE)


@dataclass(slots=True)
class Sheet:
    """What a sheet holds.

    Attributes
    ----------
    name
        Its name.
    visible
        Whether it is shown.
    rows
        Cells by column index (from 0), by row (from 1); cells without content are left out.
    merged
        Ranges of merged cells.
    hidden_rows, hidden_columns
        Rows (from 1) and columns (from 0) that are not shown.
    live
        Cells whose formula would call something outside: row, column index, formula.
    """

    name: str
    visible: bool = True
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    live: list[tuple[int, int, str]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in any cell."""
        return not self.rows


@dataclass(frozen=True, slots=True)
class Book:
    """What the cells of all sheets refer to.

    Attributes
    ----------
    texts
        Shared texts by number.
    styles
        How the numbers of each style are shown.
    since_1904
        Whether days are counted from the first day of 1904.
    """

    texts: Sequence[str]
    styles: Sequence[Shown]
    since_1904: bool


def column_index(name: str) -> int:
    """Return the index, from 0, of a column given by its letters."""
    index = 0
    for letter in name:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


class SheetReader(Elements):
    """Fills a sheet from its XML."""

    def __init__(self, budget: Budget, sheet: Sheet, book: Book) -> None:
        super().__init__(budget)
        self._sheet, self._book = sheet, book
        self._row = self._column = 0
        self._cells: dict[int, Cell] = {}
        self._kind = ""
        self._style = 0
        self._value: list[str] = []
        self._has_value = self._has_formula = False
        self._formula: list[str] = []
        self._into: list[str] | None = None
        self._room = 0
        self._phonetic = 0

    @override
    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        match name:
            case "c":
                self._open_cell(attributes)
            case "v" | "t" if not self._phonetic:
                self._into, self._room, self._has_value = self._value, _LONGEST, True
            case "f":
                self._into, self._room, self._has_formula = self._formula, _LONGEST_FORMULA, True
            case "row":
                self._open_row(attributes)
            case "rPh":
                self._phonetic += 1
            case "col":
                self._hide_columns(attributes)
            case "mergeCell":
                self._sheet.merged.append(attributes.get("ref", ""))

    @override
    def characters(self, content: str) -> None:
        if self._into is not None and self._room > 0:
            self._into.append(content[: self._room])
            self._room -= len(content)

    @override
    def closed(self, name: str) -> None:
        match name:
            case "v" | "t" | "f":
                self._into = None
            case "c":
                self._close_cell()
            case "rPh":
                self._phonetic -= 1

    def _open_row(self, attributes: Mapping[str, str]) -> None:
        row = int(attributes.get("r", self._row + 1))
        if row <= self._row:
            self._damaged(f"row {row} after row {self._row}")
        self._row, self._column = row, -1
        self._cells = {}
        if attributes.get("hidden", "") in _TRUE or _is_zero(attributes, "ht"):
            self._sheet.hidden_rows.add(row)

    def _open_cell(self, attributes: Mapping[str, str]) -> None:
        place = attributes.get("r")
        column = self._column + 1
        if place is not None:
            found = _ADDRESS.fullmatch(place)
            if found is None or int(found[2]) != self._row:
                self._damaged(f"a cell {place[:20]!r} in row {self._row}")
            column = column_index(found[1])
        if column <= self._column:
            self._damaged(f"cell {address(self._row, column)} after {address(self._row, self._column)}")
        self._column = column
        self._kind = attributes.get("t", "n")
        self._style = int(attributes.get("s", 0))
        self._value, self._formula = [], []
        self._has_value = self._has_formula = False

    def _close_cell(self) -> None:
        if not (self._has_value or self._has_formula):
            return
        cell = self._cell("".join(self._value), "".join(self._formula).strip())
        if not (cell.text or cell.formula):
            return
        if self._column >= WIDEST or self._row > MAXIMUM_ROWS + TITLE_ROWS:
            raise InputRefused([too_far(self._budget.name, self._sheet.name, self._row, self._column)])
        if not self._cells:
            self._sheet.rows[self._row] = self._cells
        self._cells[self._column] = cell
        if cell.formula and _CALLS_OUT.search(cell.formula):
            self._sheet.live.append((self._row, self._column, cell.formula))

    def _cell(self, value: str, formula: str) -> Cell:
        formula = f"={formula or '...'}" if self._has_formula else ""
        match self._kind:
            case "s":
                return Cell(self._book.texts[int(value)] if value else "", Holds.TEXT, formula)
            case "inlineStr" | "str":
                return Cell(unescaped(value), Holds.TEXT, formula)
            case "b":
                return Cell({"1": "TRUE", "0": "FALSE"}.get(value, value), Holds.TEXT, formula, computed=value != "")
            case "e" | "d":
                return Cell(value, Holds.ERROR if self._kind == "e" else Holds.DATE, formula)
        return self._number(value, formula)

    def _number(self, value: str, formula: str) -> Cell:
        if not value:
            return Cell("", Holds.NUMBER, formula, computed=False)
        shown = self._book.styles[self._style] if self._style < len(self._book.styles) else Shown.PLAIN
        if shown is Shown.DATE:
            return Cell(date_text(float(value), since_1904=self._book.since_1904), Holds.DATE, formula)
        return Cell(number_text(value), Holds.NUMBER, formula, percent=shown is Shown.PERCENT)

    def _hide_columns(self, attributes: Mapping[str, str]) -> None:
        if attributes.get("hidden", "") in _TRUE or _is_zero(attributes, "width"):
            first, last = (int(attributes.get(name, 1)) for name in ("min", "max"))
            self._sheet.hidden_columns.update(range(first - 1, min(last, WIDEST)))

    def _damaged(self, got: str) -> NoReturn:
        expected = "each cell once, in order; save the workbook anew"
        raise InputRefused([Fault(self._budget.name, 0, "", "E-FILE-DAMAGED", got, expected, self._sheet.name)])


def too_far(file: str, sheet: str, row: int, column: int) -> Fault:
    """Return the fault of a cell, row from 1 and column from 0, that lies beyond what is read."""
    if column >= MAXIMUM_COLUMNS:
        got = f"column {letters(column)}, over {MAXIMUM_COLUMNS}"
    else:
        got = f"row {row}, over {MAXIMUM_ROWS + 1}"
    expected = f"at most {MAXIMUM_ROWS} rows under the header and {MAXIMUM_COLUMNS} columns"
    return Fault(file, row, "", "E-XLS-DIM", got, expected, sheet, address(row, column))


def _is_zero(attributes: Mapping[str, str], name: str) -> bool:
    return name in attributes and float(attributes[name]) == 0


class TextReader(Elements):
    """Reads the shared texts of a workbook."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.texts: list[str] = []
        self._parts: list[str] = []
        self._room = 0
        self._open = False
        self._phonetic = 0

    @override
    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        match name:
            case "si":
                self._parts, self._room = [], _LONGEST
            case "t":
                self._open = not self._phonetic
            case "rPh":
                self._phonetic += 1

    @override
    def characters(self, content: str) -> None:
        if self._open and self._room > 0:
            self._parts.append(content[: self._room])
            self._room -= len(content)

    @override
    def closed(self, name: str) -> None:
        match name:
            case "si":
                self.texts.append(unescaped("".join(self._parts)))
            case "t":
                self._open = False
            case "rPh":
                self._phonetic -= 1
