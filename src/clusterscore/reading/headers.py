"""Where the headers of a file are, and which column of a mapping each of them is: exactly, or a fault."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clusterscore.errors import Fault
from clusterscore.reading.grids import Grid
from clusterscore.reading.mapping import Column, Mapping
from clusterscore.reading.wording import begins, codes, folded, is_cut, parts, plain, unnumbered

_SEARCHED: Final = 20  # first rows among which the headers are
_SIMILAR: Final = 0.6


@dataclass(frozen=True)
class Matched:
    """The columns of a file.

    Attributes
    ----------
    row
        Row of the headers, from 1.
    columns
        What each column of the file holds; None where its header is empty.
    faults
        Headers that no column of the mapping knows, that several do, or that are missing.
    cut
        Columns whose header was recognised although it was cut short, by index.
    """

    row: int
    columns: tuple[Column | None, ...]
    faults: tuple[Fault, ...]
    cut: tuple[int, ...]

    def first(self, holds: str) -> int | None:
        """Return the index of the column that holds something, or None."""
        found = self.all(holds)
        return found[0] if found else None

    def all(self, holds: str) -> list[int]:
        """Return the indices of all columns that hold something."""
        return [index for index, column in enumerate(self.columns) if column is not None and column.holds == holds]


class Index:
    """The headers and codes of a mapping, folded, each with the columns that have it."""

    def __init__(self, mapping: Mapping) -> None:
        self.words: dict[str, list[Column]] = defaultdict(list)
        self.bare: dict[str, list[Column]] = defaultdict(list)
        self.codes: dict[str, list[Column]] = defaultdict(list)
        for column in mapping.columns:
            for words in dict.fromkeys(map(folded, column.header)):
                self.words[words].append(column)
                self.bare[unnumbered(words)].append(column)
            if column.code:  # LimeSurvey writes rows as Q1[SQ1] or as Q1_SQ1; EUSurvey's short names have no brackets
                code = column.code.casefold()
                for written in dict.fromkeys((code, code.replace("[", "_").removesuffix("]"))):
                    self.codes[written].append(column)

    def candidates(self, header: str) -> list[Column]:
        """Return the columns that a header may be: by its words, else its code, else a part of it, else cut short.

        Several only where the header does not tell them apart.
        """
        words = folded(header)
        if words in self.words:
            return self.words[words]
        for code in codes(header):
            if code in self.codes:
                return self.codes[code]
        for part in parts(header):
            if part in self.bare:
                return self.bare[part]
        if not is_cut(words):
            return []
        return [
            column for known, columns in self.bare.items() if begins(unnumbered(words), known) for column in columns
        ]


def match(grid: Grid, mapping: Mapping) -> Matched:
    """Return which column holds what.

    The header row is the one among the first rows that most columns of the mapping are found in.
    """
    known = Index(mapping)
    index = max(
        range(min(_SEARCHED, len(grid.rows))),
        key=lambda row: (sum(bool(known.candidates(cell)) for cell in grid.rows[row] if cell.strip()), -row),
        default=0,
    )
    headers = grid.rows[index] if grid.rows else ()
    columns: list[Column | None] = []
    faults: list[Fault] = []
    cut: list[int] = []
    taken: dict[int, int] = {}
    for place, header in enumerate(headers):
        found = known.candidates(header) if header.strip() else []
        column = found[0] if len(found) == 1 else None
        if header.strip() and column is None:
            faults.append(_unclear(grid, index + 1, place, header, found, mapping))
        if column is not None and id(column) in taken:
            expected = f"one column for {column.name}; {headers[taken[id(column)]]!r} is one already"
            faults.append(grid.fault(index + 1, place, ("E-MAP-TWICE", header, expected), plain(header)))
            column = None
        if column is not None:
            taken[id(column)] = place
            if folded(header) not in map(folded, column.header) and is_cut(folded(header)):
                cut.append(place)
        columns.append(column)
    faults += _absent(grid, index + 1, mapping, taken)
    faults += _nameless(grid, index + 1)
    return Matched(index + 1, tuple(columns), tuple(faults), tuple(cut))


def _unclear(grid: Grid, row: int, place: int, header: str, found: Sequence[Column], mapping: Mapping) -> Fault:
    if found:
        names = ", ".join(sorted(column.name for column in found))
        return grid.fault(row, place, ("E-MAP-AMBIGUOUS", header, f"one column of the mapping, not: {names}"), header)
    known = [name for column in mapping.columns for name in column.header or (column.name,)]
    close = difflib.get_close_matches(plain(header), known, n=1, cutoff=_SIMILAR)
    hint = f"nearest is {close[0]!r}; " if close else ""
    expected = f"a column that mapping {mapping.mapping} knows; {hint}add it there, to be ignored if need be"
    return grid.fault(row, place, ("E-MAP-UNKNOWNCOL", header, expected), plain(header))


def _absent(grid: Grid, row: int, mapping: Mapping, taken: dict[int, int]) -> list[Fault]:
    return [
        grid.fault(row, -1, ("E-MAP-MISSINGCOL", "no such column", f"a column {column.name!r}"), column.name)
        for column in mapping.columns
        if not column.optional and id(column) not in taken
    ]


def _nameless(grid: Grid, row: int) -> list[Fault]:
    """Return a fault for each column without a header that holds something below."""
    headers = grid.rows[row - 1] if grid.rows else ()
    widest = max((len(cells) for cells in grid.rows[row:]), default=0)
    nameless = {place for place in range(widest) if place >= len(headers) or not headers[place].strip()}
    faults = []
    for number, cells in enumerate(grid.rows[row:], start=row + 1):
        for place in [place for place in nameless if place < len(cells) and cells[place].strip()]:
            nameless.discard(place)
            faults.append(grid.fault(number, place, ("E-HDR-BLANK", cells[place], "a header over each column")))
        if not nameless:
            break
    return faults


def fits(grid: Grid, mapping: Mapping) -> bool:
    """Whether a file is one that a mapping was written for: all its columns are there and no others."""
    return bool(grid.rows) and not match(grid, mapping).faults
