"""Bytes in, table of text out: one reader for canonical CSV. It neither renames, converts nor sums."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.origin import Origin
from clusterscore.vocabulary import Table

MAXIMUM_BYTES: Final = 5_000_000
MAXIMUM_ROWS: Final = 10_000
MAXIMUM_COLUMNS: Final = 64
MAXIMUM_CELL: Final = 1_000

_SIGNATURES: Final = (
    (b"PK", "ZIP (an Excel file?)"),
    (b"\xd0\xcf\x11\xe0", "old Excel"),
    (b"%PDF", "PDF"),
    (b"<", "HTML or XML"),
)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


csv.field_size_limit(MAXIMUM_BYTES)  # so that a long cell is reported at its place, by our own limit


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was normalised on the way in: what stood there, what it became, by which rule.

    Attributes
    ----------
    code
        Stable code of the rule, such as ``N-BOM``.
    file, row, column
        Where, as in :class:`clusterscore.errors.Fault`.
    was, became
        Before and after, as text.
    """

    code: str
    file: str
    row: int = 0
    column: str = ""
    was: str = ""
    became: str = ""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One line of a raw file: its number, the header being line 1, and its cells by column.

    Attributes
    ----------
    line
        Line of a text file, row of a sheet.
    cells
        Text by column.
    places
        Address in a workbook, such as ``B7``, by column; empty for a text file.
    numbers
        Columns whose cell is a number for the workbook itself, so that no decimal mark is in doubt.
    """

    line: int
    cells: dict[str, str]
    places: Mapping[str, str] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file exactly as received, read as text.

    Attributes
    ----------
    name
        Path as the user knows it, for messages.
    path
        Where the file lies.
    content
        Its bytes.
    sha256
        Digest of the bytes.
    header
        Column names in the file's order.
    rows
        Cells as text, untouched.
    origin
        What its sidecar says, or will say once the file is kept.
    table
        Which canonical table the rows are of, where something else than the file's name says so.
    sheet
        Worksheet of a workbook; empty for a text file. Several sheets of one workbook share path, bytes and digest.
    notes
        What was normalised.
    doubts
        What reading itself leaves in doubt: a named person decides before anything is taken in.
    canonical
        Whether its numbers are canonical text already, however its sender writes numbers.
    """

    name: str
    path: Path
    content: bytes
    sha256: str
    header: tuple[str, ...]
    rows: tuple[RawRow, ...]
    origin: Origin | None = None
    table: Table | None = None
    sheet: str = ""
    notes: tuple[Note, ...] = ()
    doubts: tuple[Fault, ...] = ()
    canonical: bool = False


def read_bytes(path: Path, name: str) -> bytes:
    """Return the content of a file whose size is within the limit; the size is looked up before anything is read.

    Raises
    ------
    InputRefused
        Where the file is too large.
    """
    _check_size(name, path.stat().st_size)
    return path.read_bytes()


def read_csv(path: Path, name: str, content: bytes, origin: Origin | None = None) -> RawFile:
    """Read one canonical CSV file: UTF-8, comma, a header and at least one row.

    Parameters
    ----------
    path
        The file.
    name
        How messages call it.
    content
        Its bytes.
    origin
        What its sidecar says, already checked.

    Raises
    ------
    InputRefused
        With a stable code where the file is not such a CSV.
    """
    header, rows = _parse(name, _decode(name, content))
    return RawFile(name, path, content, hashlib.sha256(content).hexdigest(), header, rows, origin)


def _refuse(name: str, line: int, column: str, code: str, got: str, expected: str) -> NoReturn:
    raise InputRefused([Fault(name, line, column, code, got, expected)])


def _check_size(name: str, size: int) -> None:
    if size > MAXIMUM_BYTES:
        _refuse(name, 0, "", "E-FILE-SIZE", f"{size} bytes", f"at most {MAXIMUM_BYTES} bytes; split the file")


def _decode(name: str, content: bytes) -> str:
    data = content.removeprefix(_BYTE_ORDER_MARK)
    _check_size(name, len(data))
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            _refuse(name, 0, "", "E-FILE-TYPE", kind, "a CSV file; save it as CSV UTF-8")
    if data.startswith(_UTF16_MARKS):
        _refuse(name, 0, "", "E-ENC-UTF16", "UTF-16", "UTF-8; save it as CSV UTF-8")
    if b"\x00" in data:
        line = data[: data.index(b"\x00")].count(b"\n") + 1
        _refuse(name, line, "", "E-FILE-NUL", "a NUL byte", "text without NUL bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        _refuse(name, line, "", "E-ENC-NOTUTF8", f"byte 0x{data[error.start]:02X}", "UTF-8; save it as CSV UTF-8")
    if not text.strip():
        _refuse(name, 0, "", "E-FILE-EMPTY", "no content", "a header and at least one row")
    return text


def _parse(name: str, text: str) -> tuple[tuple[str, ...], tuple[RawRow, ...]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    faults: list[Fault] = []
    rows: list[RawRow] = []
    header: tuple[str, ...] = ()
    previous = 0
    try:
        for cells in reader:
            line, previous = previous + 1, reader.line_num
            if not header:
                header = _header(name, cells)
            elif cells:
                rows.append(RawRow(line, _row(name, line, header, cells, faults)))
            if len(rows) > MAXIMUM_ROWS:
                _refuse(name, line, "", "E-FILE-ROWS", f"more than {MAXIMUM_ROWS} rows", "a smaller file; split it")
    except csv.Error as error:
        _refuse(
            name,
            previous + 1,
            "",
            "E-CSV-QUOTE",
            str(error),
            "each quoted cell closed by a quote and followed by a comma",
        )
    if faults:
        raise InputRefused(faults)
    if not rows:
        _refuse(name, 0, "", "E-FILE-NOROWS", "a header only", "at least one row under the header")
    return header, tuple(rows)


def _header(name: str, cells: list[str]) -> tuple[str, ...]:
    header = tuple(cell.strip() for cell in cells)
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        _refuse(name, 1, "", "E-CSV-DELIM", header[0], "columns separated by commas")
    if len(header) > MAXIMUM_COLUMNS:
        _refuse(name, 1, "", "E-FILE-COLUMNS", f"{len(header)} columns", f"at most {MAXIMUM_COLUMNS}")
    if "" in header:
        _refuse(name, 1, "", "E-HDR-BLANK", "a column without a name", "a name over each column")
    if any(len(column) > MAXIMUM_CELL for column in header):
        _refuse(name, 1, "", "E-FILE-CELL", max(header, key=len), f"at most {MAXIMUM_CELL} characters")
    for column in header:
        if header.count(column) > 1:
            _refuse(name, 1, column, "E-HDR-DUPCOL", column, "each column once")
    return header


def _row(name: str, line: int, header: tuple[str, ...], cells: list[str], faults: list[Fault]) -> dict[str, str]:
    if len(cells) != len(header):
        expected = f"{len(header)} cells, as in the header"
        faults.append(Fault(name, line, "", "E-CSV-WIDTH", f"{len(cells)} cells", expected))
        return {}
    for column, cell in zip(header, cells, strict=True):
        if len(cell) > MAXIMUM_CELL:
            faults.append(Fault(name, line, column, "E-FILE-CELL", cell, f"at most {MAXIMUM_CELL} characters"))
    return dict(zip(header, cells, strict=True))
