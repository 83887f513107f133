"""One sheet as a canonical table: its header, its rows, and every cell that says something else than it should."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.cells import Cell, Holds, as_percent
from clusterscore.raw.header import Grid, address, letters, read_header
from clusterscore.raw.limits import MAXIMUM_CELL, MAXIMUM_COLUMNS, MAXIMUM_ROWS
from clusterscore.raw.rawfile import Note, RawRow
from clusterscore.raw.sheet import Sheet, column_index, too_far

_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_BLANK: Final = Cell("")
_RANGE: Final = re.compile(r"([A-Z]+)([0-9]+)(?::[A-Z]+[0-9]+)?")


class SheetTable:
    """A sheet read as a table.

    Attributes
    ----------
    header, header_line, header_places
        Names of the columns, the row where they stand, and their addresses.
    rows
        Rows with any content below the header.
    notes
        What was normalised, once for each rule and column.
    doubts
        Rows and columns that are hidden although they hold something.

    Raises
    ------
    InputRefused
        With every fault of the sheet.
    """

    def __init__(self, file: str, sheet: Sheet, dates: Collection[str] = ()) -> None:
        self._file, self._sheet, self._dates = file, sheet, dates
        self._lines = [
            number for number in sorted(sheet.rows) if any(c.text.strip() or c.formula for c in self._at(number))
        ]
        if not self._lines:
            raise InputRefused(
                [self._fault(0, None, "", "E-FILE-EMPTY", "no content", "a header and at least one row")]
            )
        self._check_dimension()
        width = self._width(self._lines[0])
        grid = Grid(file, tuple((number, self._texts(number, width)) for number in self._lines), sheet.name)
        faults = [*self._merged(), *self._broken_header()]
        if faults:
            raise InputRefused(faults)
        self.header = read_header(grid)
        self.header_line = self._lines[0]
        self.header_places = {name: address(self.header_line, index) for index, name in enumerate(self.header)}
        faults = [*self._headless(), *self._broken_cells()]
        if not faults and len(self._lines) == 1:
            expected = "at least one row under the header"
            faults = [self._fault(0, None, "", "E-FILE-NOROWS", "a header only", expected)]
        if faults:
            raise InputRefused(faults)
        self.rows = tuple(map(self._row, self._lines[1:]))
        self.notes = tuple(self._noted())
        self.doubts = tuple(self._hidden())

    def _check_dimension(self) -> None:
        widest = max(self._lines, key=lambda line: max(self._sheet.rows[line]))
        far = max(self._sheet.rows[widest])
        if far >= MAXIMUM_COLUMNS:
            raise InputRefused([too_far(self._file, self._sheet.name, widest, far)])
        if self._lines[-1] > MAXIMUM_ROWS + 1:
            raise InputRefused([too_far(self._file, self._sheet.name, self._lines[-1], 0)])

    def _at(self, line: int) -> Iterable[Cell]:
        return self._sheet.rows[line].values()

    def _texts(self, line: int, width: int) -> Sequence[str]:
        """Return the texts of a row: at least as many as in the header, none where nothing follows."""
        cells = self._sheet.rows[line]
        return [cells.get(index, _BLANK).text for index in range(max(width, self._width(line)))]

    def _width(self, line: int) -> int:
        """Return how far a row reaches that holds anything: to its last cell with content."""
        return 1 + max(index for index, cell in self._sheet.rows[line].items() if cell.text.strip() or cell.formula)

    def _fault(self, line: int, index: int | None, column: str, *about: str) -> Fault:
        return Grid(self._file, (), self._sheet.name).fault(line, index, column, *about)

    def _merged(self) -> Iterator[Fault]:
        for place in self._sheet.merged:
            found = _RANGE.match(place)
            line, index = (int(found[2]), column_index(found[1])) if found else (0, None)
            yield self._fault(line, index, "", "E-XLS-MERGED", place, "a value in each cell; unmerge the cells")

    def _broken_header(self) -> Iterator[Fault]:
        line = self._lines[0]
        for index, cell in sorted(self._sheet.rows[line].items()):
            yield from self._problems(line, index, "", cell)

    def _headless(self) -> Iterator[Fault]:
        """Yield columns that hold something and have no name."""
        seen: dict[int, int] = {}
        for line in self._lines[1:]:
            for index, cell in self._sheet.rows[line].items():
                if index >= len(self.header) and (cell.text.strip() or cell.formula):
                    seen.setdefault(index, line)
        for index, line in sorted(seen.items()):
            expected = f"a name over each column; cell {address(line, index)} holds something"
            yield self._fault(self.header_line, index, "", "E-HDR-BLANK", "a column without a name", expected)

    def _broken_cells(self) -> Iterator[Fault]:
        for line in self._lines[1:]:
            for index, cell in self._sheet.rows[line].items():
                if index < len(self.header):
                    yield from self._problems(line, index, self.header[index], cell)

    def _problems(self, line: int, index: int, column: str, cell: Cell) -> Iterator[Fault]:
        if cell.holds is Holds.ERROR:
            yield self._fault(line, index, column, "E-XLS-ERRORCELL", cell.text, "a value")
        elif not cell.computed:
            yield self._fault(
                line, index, column, "E-XLS-FORMULA", cell.formula, "a value, or a formula with its result"
            )
        elif cell.holds is Holds.DATE and column not in self._dates:
            expected = "a number or text; the spreadsheet holds a date here"
            yield self._fault(line, index, column, "E-NUM-DATE", cell.text, expected)
        elif cell.holds is Holds.NUMBER and column in self._dates:
            yield self._fault(
                line, index, column, "E-TIME-SERIAL", cell.text, "a date; the cell is formatted as a number"
            )
        elif len(cell.text) > MAXIMUM_CELL:
            yield self._fault(line, index, column, "E-FILE-CELL", cell.text, f"at most {MAXIMUM_CELL} characters")

    def _row(self, line: int) -> RawRow:
        cells = self._sheet.rows[line]
        texts, places, numbers = {}, {}, []
        for index, column in enumerate(self.header):
            cell = cells.get(index, _BLANK)
            texts[column] = cell.text
            places[column] = address(line, index)
            if cell.holds is Holds.NUMBER:
                numbers.append(column)
        return RawRow(line, texts, places, frozenset(numbers))

    def _noted(self) -> Iterator[Note]:
        found: dict[tuple[str, int], list[tuple[int, str, str]]] = {}
        for line in self._lines:
            for index, cell in self._sheet.rows[line].items():
                if cell.formula:
                    found.setdefault(("N-XLS-FORMULA", index), []).append((line, cell.formula, cell.text))
                if cell.percent:
                    found.setdefault(("N-XLS-PERCENT", index), []).append((line, as_percent(cell.text), cell.text))
                if cell.holds is Holds.TEXT and not cell.formula and _NUMBER.fullmatch(cell.text):
                    found.setdefault(("N-NUM-TEXT", index), []).append((line, f"text {cell.text}", cell.text))
        for (code, index), places in sorted(found.items()):
            line, was, became = places[0]
            more = f" (and {len(places) - 1} more in this column)" if len(places) > 1 else ""
            column = self.header[index] if index < len(self.header) else ""
            yield Note(code, self._file, line, column, was, became + more, self._sheet.name)

    def _hidden(self) -> Iterator[Fault]:
        expected = "nothing hidden; show it, then keep or delete it"
        for first, last in _runs(line for line in self._lines if line in self._sheet.hidden_rows):
            many = last - first + 1
            got = "1 hidden row" if many == 1 else f"{many} hidden rows, {first} to {last}"
            yield self._fault(first, None, "", "W-XLS-HIDDEN", got, expected)
        hidden = [index for index in range(len(self.header)) if index in self._sheet.hidden_columns]
        for index in hidden:
            got = f"1 hidden column, {letters(index)}"
            yield self._fault(self.header_line, index, self.header[index], "W-XLS-HIDDEN", got, expected)
        if not self._sheet.visible:
            yield self._fault(0, None, "", "W-XLS-HIDDEN", "a hidden sheet", expected)


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of neighbouring numbers."""
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run[0], run[-1]
            run = []
        run.append(number)
    if run:
        yield run[0], run[-1]
