"""Where the header of a table is, and whether it is one: the same rules for text files and sheets."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.limits import MAXIMUM_CELL, MAXIMUM_COLUMNS

COLUMNS: Final = frozenset(
    "unit name kind parent country region sector founded rater affiliation ties year indicator value measure source "
    "employed establishments item answer table action column expect reason".split()
)
"""Names of columns of canonical tables, by which a header is known that does not stand first."""

_SEARCHED: Final = 20  # lines among which the header is looked for
_ENOUGH: Final = 2  # known names that make a line a header
_NAME: Final = re.compile(r"[^\W\d_][^\d]*")
_NUMBER: Final = re.compile(r"[+-]?[\d.,\s\u00a0]*\d[\d.,\s\u00a0]*(?:[eE][+-]?\d+)?%?")
_UNIT: Final = re.compile(
    r"[(\[].*[)\]]|%|\u20ac|lei|ron|eur[oi]?|mdl|usd|mii|mil\.?|mii (?:de )?\w+|thousands?( \w+)?|millions?( \w+)?"
    r"|persoane|persons|people|angaja\S+|employees|headcount|fte|nr\.?|num\u0103r|number|share|percent|procente?|an|ani"
    r"|years?|yyyy|aaaa|id|cod|code|text",
    re.IGNORECASE,
)
_NO_UNIT: Final = {"", "-", "–", "—"}  # noqa: RUF001 - dashes of all lengths


@dataclass(frozen=True, slots=True)
class Grid:
    """Lines of a text file or sheet; which of them is the header is not known yet.

    Attributes
    ----------
    file
        Name of the file, for messages.
    lines
        Number and cells of each line that is not blank.
    sheet
        Name of the sheet; empty for a text file.
    """

    file: str
    lines: Sequence[tuple[int, Sequence[str]]]
    sheet: str = ""

    def fault(self, line: int, index: int | None, header: str, *about: str) -> Fault:
        """Return a fault of a cell, or of a whole line where there is no index; about it: code, got, expected."""
        cell = address(line, index) if self.sheet and index is not None and line else ""
        code, got, expected = about
        return Fault(self.file, line, header, code, got, expected, sheet=self.sheet, cell=cell)


@functools.cache
def letters(index: int) -> str:
    """Return the letters of a column of a sheet, the first being 0."""
    number, text = index + 1, ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def address(line: int, index: int) -> str:
    """Return the address of a cell of a sheet: line from 1, column from 0."""
    return f"{letters(index)}{line}"


def read_header(grid: Grid) -> tuple[str, ...]:
    """Return the names of the columns from the first line of a grid.

    Raises
    ------
    InputRefused
        Where the first line is no header, or one that leaves doubts about a column; or where units stand below it.
    """
    line, cells = grid.lines[0]
    _check_position(grid)
    header = tuple(cell.strip() for cell in cells)
    if len(header) > MAXIMUM_COLUMNS:
        _refuse(grid.fault(line, None, "", "E-FILE-COLUMNS", f"{len(header)} columns", f"at most {MAXIMUM_COLUMNS}"))
    faults = list(_faults_of_names(grid, line, header))
    if faults:
        raise InputRefused(faults)
    _check_units(grid)
    return header


def _refuse(fault: Fault) -> NoReturn:
    raise InputRefused([fault])


def _faults_of_names(grid: Grid, line: int, header: Sequence[str]) -> Iterator[Fault]:
    for index, column in enumerate(header):
        if not column:
            yield grid.fault(line, index, "", "E-HDR-BLANK", "a column without a name", "a name over each column")
        elif len(column) > MAXIMUM_CELL:
            yield grid.fault(line, index, "", "E-FILE-CELL", column, f"at most {MAXIMUM_CELL} characters")
        elif column in header[:index]:
            yield grid.fault(line, index, column, "E-HDR-DUPCOL", column, "each column once")


def _check_position(grid: Grid) -> None:
    """Refuse titles and comments above the header."""
    line, first = grid.lines[0]
    below = grid.lines[1:_SEARCHED]
    found = next((number for number, cells in below if _known(cells) >= _ENOUGH), 0) if not _known(first) else 0
    if not found and (first[0].lstrip().startswith("#") or _filled(first) <= 1):
        widest = max((_filled(cells) for _, cells in below), default=0)
        found = next((n for n, cells in below if 1 < _filled(cells) == widest and _is_names(cells)), 0)
    if found:
        expected = f"the header in the first line; here it seems to be line {found}; remove what is above it"
        _refuse(grid.fault(line, 0, "", "E-HDR-POSITION", ", ".join(filter(None, first)), expected))


def _known(cells: Sequence[str]) -> int:
    return len(COLUMNS.intersection(cell.strip().lower() for cell in cells))


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _is_names(cells: Sequence[str]) -> bool:
    names = [cell.strip() for cell in cells if cell.strip()]
    return len(set(names)) == len(names) and all(_NAME.fullmatch(name) for name in names)


def _check_units(grid: Grid) -> None:
    """Refuse a line of units right under the header: where all lines below hold numbers, it names what they count."""
    if len(grid.lines) <= _ENOUGH:
        return
    line, units = grid.lines[1]
    below = [cells for _, cells in grid.lines[_ENOUGH:]]
    numeric = [
        index
        for index in range(len(units))
        if (texts := [cells[index].strip() for cells in below if index < len(cells) and cells[index].strip()])
        and all(map(_NUMBER.fullmatch, texts))
    ]
    named = [units[index].strip() for index in numeric]
    if not any(map(_is_unit, named)) or any(map(_NUMBER.fullmatch, named)):
        return
    if all(_is_unit(name) or name in _NO_UNIT for name in named) and (len(named) > 1 or units[0].strip() in _NO_UNIT):
        expected = "a row of data; say units in the column measure, or nowhere"
        _refuse(grid.fault(line, 0, "", "E-HDR-UNITROW", ", ".join(filter(None, units)), expected))


def _is_unit(text: str) -> bool:
    return _UNIT.fullmatch(text) is not None
