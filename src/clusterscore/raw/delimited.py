"""Text with commas to a table; it neither renames, converts nor sums."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.header import Grid, read_header
from clusterscore.raw.kinds import kind_of
from clusterscore.raw.limits import MAXIMUM_BYTES, MAXIMUM_CELL, MAXIMUM_ROWS
from clusterscore.raw.origin import Origin
from clusterscore.raw.rawfile import RawFile, RawRow
from clusterscore.raw.text import decode

_DELIMITERS: Final = {";": "semicolons", "\t": "tabulators", "|": "bars"}
_LOOKED_AT: Final = 20 * MAXIMUM_ROWS  # lines of a file that is too large

csv.field_size_limit(MAXIMUM_BYTES)  # so that a long cell is reported at its place, by our own limit


def read_csv(path: Path, name: str, content: bytes, origin: Origin | None = None) -> RawFile:
    """Read one canonical CSV file: text, comma, a header and at least one row.

    Parameters
    ----------
    path
        The file.
    name
        How messages call it.
    content
        Its bytes.
    origin
        What its sidecar says, already checked; without an encoding in it, the file is UTF-8.

    Raises
    ------
    InputRefused
        With a stable code where the file is not such a CSV.
    """
    text, notes = decode(name, content, origin.encoding if origin else None)
    grid = Grid(name, tuple(_lines(name, text)))
    header, rows = _table(grid)
    digest = hashlib.sha256(content).hexdigest()
    line = grid.lines[0][0]
    return RawFile(name, path, content, digest, header, rows, origin, notes=tuple(notes), header_line=line)


def beyond_limits(name: str, beginning: bytes) -> Iterator[Fault]:
    """Yield what is beyond limits in the beginning of a text that is too large: rows, and the first cell that is.

    So who splits the file learns at once how small its parts must be.
    """
    if kind_of(beginning) or b"\x00" in beginning:
        return
    lines = csv.reader(io.StringIO(beginning.decode(errors="replace"), newline=""))
    header: list[str] = []
    count, longest = 0, False
    with contextlib.suppress(csv.Error):
        for cells in lines:
            header = header or cells
            count += bool(cells)
            place = next((place for place, cell in enumerate(cells) if len(cell) > MAXIMUM_CELL), None)
            if place is not None and not longest:
                longest = True
                column = header[place].strip() if place < len(header) and cells is not header else ""
                expected = f"at most {MAXIMUM_CELL} characters"
                yield Fault(name, lines.line_num, column, "E-FILE-CELL", cells[place], expected)
            if count == MAXIMUM_ROWS + 2:
                yield _too_many(name, lines.line_num)
            if (longest and count >= MAXIMUM_ROWS + 2) or lines.line_num > _LOOKED_AT:
                return


def _too_many(name: str, line: int) -> Fault:
    got, expected = f"more than {MAXIMUM_ROWS} rows", f"at most {MAXIMUM_ROWS} rows; split the file"
    return Fault(name, line, "", "E-FILE-ROWS", got, expected)


def _refuse(name: str, line: int, code: str, got: str, expected: str) -> NoReturn:
    raise InputRefused([Fault(name, line, "", code, got, expected)])


def _lines(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    previous = count = 0
    try:
        for cells in reader:
            line, previous = previous + 1, reader.line_num
            if cells:
                count += 1
                yield line, cells
            if count > MAXIMUM_ROWS + 1:
                raise InputRefused([_too_many(name, line)])
    except csv.Error as error:
        got = "a quote that is opened and not closed" if "end of data" in str(error) else str(error)
        expected = "each quoted cell closed by a quote and followed by a comma"
        _refuse(name, previous + 1, "E-CSV-QUOTE", got, expected)


def _table(grid: Grid) -> tuple[tuple[str, ...], tuple[RawRow, ...]]:
    line, first = grid.lines[0]
    mark = next((mark for mark in _DELIMITERS if len(first) == 1 and mark in first[0]), "")
    if mark:
        _refuse(grid.file, line, "E-CSV-DELIM", mark, f"columns separated by commas; found {_DELIMITERS[mark]}")
    header = read_header(grid)
    faults: list[Fault] = []
    rows = tuple(RawRow(line, _row(grid, line, header, cells, faults)) for line, cells in grid.lines[1:])
    if faults:
        raise InputRefused(faults)
    if not rows:
        _refuse(grid.file, 0, "E-FILE-NOROWS", "a header only", "at least one row under the header")
    return header, rows


def _row(grid: Grid, line: int, header: tuple[str, ...], cells: Sequence[str], faults: list[Fault]) -> dict[str, str]:
    if len(cells) != len(header):
        expected = f"{len(header)} cells, as in the header"
        faults.append(grid.fault(line, None, "", "E-CSV-WIDTH", f"{len(cells)} cells", expected))
        return {}
    for column, cell in zip(header, cells, strict=True):
        if len(cell) > MAXIMUM_CELL:
            faults.append(grid.fault(line, None, column, "E-FILE-CELL", cell, f"at most {MAXIMUM_CELL} characters"))
    return dict(zip(header, cells, strict=True))
