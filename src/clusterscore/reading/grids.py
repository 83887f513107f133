"""Sheets and text files as grids of text, row by row from the first: where headers are is not known yet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.cells import Cell, Holds
from clusterscore.raw.header import letters
from clusterscore.raw.limits import MAXIMUM_ROWS, WIDEST, check_size
from clusterscore.raw.sheet import Sheet
from clusterscore.raw.text import decode
from clusterscore.raw.workbook import open_workbook

_TITLE_ROWS: Final = 20  # rows that a survey tool may put before its rows of answers
_DELIMITERS: Final = ",;\t"
_ZIP: Final = b"PK\x03\x04"


class Number(str):
    """Text of a cell that holds a number: no locale has a part in it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet, or a text file, as text.

    Attributes
    ----------
    file
        Name of the file, for messages.
    sheet
        Name of the sheet; empty for a text file.
    rows
        Cells as text by row, from the first row, blank ones too.
    formulas
        Addresses of cells that hold a formula; what they would show is not known here.
    errors
        Addresses of cells that hold an error such as ``#N/A``.
    """

    file: str
    sheet: str
    rows: tuple[tuple[str, ...], ...]
    formulas: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()

    def fault(self, row: int, column: int, found: tuple[str, str, str], header: str = "") -> Fault:
        """Return a fault at a place: row from 1, column from 0 (negative: none); found is code, got, expected."""
        cell = address(row, column) if row and column >= 0 else ""
        return Fault(self.file, row, header, *found, sheet=self.sheet, cell=cell)


def address(row: int, column: int) -> str:
    """Return the address of a cell: row from 1, column from 0."""
    return f"{letters(column)}{row}"


def is_workbook(content: bytes) -> bool:
    """Whether a file is a zip, as workbooks are."""
    return content.startswith(_ZIP)


def rows_of(path: Path, name: str, content: bytes, encoding: str | None = None) -> list[Grid]:
    """Return the visible sheets of a workbook, or a text file, as grids of text.

    Parameters
    ----------
    path
        The file; only its name is looked at.
    name
        How messages call it.
    content
        Its bytes.
    encoding
        What a text is written in that is not UTF-8, where somebody declared it.

    Raises
    ------
    InputRefused
        Where it is neither, larger than what is read, or holds what could act.
    """
    check_size(name, len(content))
    if is_workbook(content):
        sheets, active, _ = open_workbook(name, content)
        if active:
            raise InputRefused(active)
        return [_sheet(name, sheet) for sheet in sheets if sheet.visible]
    if path.suffix.lower() in {".xlsx", ".xlsm", ".xls", ".ods"}:
        raise _refused(name, "E-FILE-TYPE", path.suffix, "an .xlsx workbook or a CSV file")
    return [Grid(name, "", _text(name, decode(name, content, encoding)[0]))]


def _refused(name: str, code: str, got: str, expected: str, row: int = 0) -> InputRefused:
    return InputRefused([Fault(name, row, "", code, got, expected)])


def _sheet(name: str, sheet: Sheet) -> Grid:
    cells = [(address(row, column), cell) for row, line in sheet.rows.items() for column, cell in line.items()]
    last = max(sheet.rows, default=0)
    return Grid(
        name,
        sheet.name,
        tuple(_line(sheet.rows.get(row, {})) for row in range(1, last + 1)),
        frozenset(place for place, cell in cells if cell.formula),
        frozenset(place for place, cell in cells if cell.holds is Holds.ERROR and not cell.formula),
    )


def _line(cells: Mapping[int, Cell]) -> tuple[str, ...]:
    return tuple(_shown(cells[column]) if column in cells else "" for column in range(max(cells, default=-1) + 1))


def _shown(cell: Cell) -> str:
    if cell.formula:
        return cell.formula
    if cell.holds is Holds.NUMBER:
        return Number(cell.text)
    if cell.holds is Holds.DATE:
        return cell.text.replace("T", " ") if "T" in cell.text or ":" in cell.text else f"{cell.text} 00:00:00"
    return cell.text


def _text(name: str, text: str) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for cells in reader:
            if len(rows) > MAXIMUM_ROWS + _TITLE_ROWS:
                raise _refused(name, "E-FILE-ROWS", f"more than {MAXIMUM_ROWS} rows", "a smaller file; split it")
            if len(cells) > WIDEST:
                raise _refused(name, "E-FILE-COLUMNS", f"{len(cells)} columns", f"at most {WIDEST}", len(rows) + 1)
            rows.append(tuple(cells))
    except csv.Error as error:
        expected = "each quoted cell closed by a quote and followed by a delimiter"
        raise _refused(name, "E-CSV-QUOTE", str(error), expected, len(rows) + 1) from None
    while rows and not any(rows[-1]):
        rows.pop()
    return tuple(rows)


def _delimiter(text: str) -> str:
    """Return what stands between cells: the mark that cuts the middle one of the first rows into most cells."""
    beginning = "\n".join(text.splitlines()[:_TITLE_ROWS])

    def cells(mark: str) -> int:
        try:
            widths = sorted(len(row) for row in csv.reader(io.StringIO(beginning, newline=""), delimiter=mark) if row)
        except csv.Error:
            return 0
        return widths[len(widths) // 2] if widths else 0

    return max(_DELIMITERS, key=cells)


def as_csv(rows: Iterable[Iterable[str]]) -> bytes:
    """Return rows of text as CSV that :func:`rows_of` reads back cell by cell."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode()
