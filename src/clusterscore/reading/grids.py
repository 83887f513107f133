"""Sheets and text files as grids of text, row by row from the first: where headers are is not known yet."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.readers import MAXIMUM_BYTES, MAXIMUM_CELL, MAXIMUM_ROWS

WIDEST: Final = 400
"""Columns of the widest questionnaire that is read; a canonical file is held to fewer."""

_TITLE_ROWS: Final = 20  # rows that a survey tool may put before its rows of answers
_UNPACKED: Final = 50_000_000
_RATIO: Final = 100
_DELIMITERS: Final = ",;\t"
_EXACT: Final = 1e15  # below this a float holds every whole number
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
    return f"{_letters(column)}{row}"


_LETTERS: Final[dict[int, str]] = {}


def _letters(column: int) -> str:
    if column not in _LETTERS:
        _LETTERS[column] = get_column_letter(column + 1)
    return _LETTERS[column]


def is_workbook(content: bytes) -> bool:
    """Whether a file is a zip, as workbooks are."""
    return content.startswith(_ZIP)


def rows_of(path: Path, name: str, content: bytes) -> list[Grid]:
    """Return the sheets of a workbook, or a text file, as grids of text.

    Parameters
    ----------
    path
        The file; only its name is looked at.
    name
        How messages call it.
    content
        Its bytes.

    Raises
    ------
    InputRefused
        Where it is neither, or larger than what is read.
    """
    if len(content) > MAXIMUM_BYTES:
        raise _refused(name, "E-FILE-SIZE", f"{len(content)} bytes", f"at most {MAXIMUM_BYTES} bytes; split the file")
    if is_workbook(content):
        return _workbook(name, content)
    if path.suffix.lower() in {".xlsx", ".xlsm", ".xls", ".ods"}:
        raise _refused(name, "E-FILE-TYPE", path.suffix, "an .xlsx workbook or a CSV file")
    return [Grid(name, "", _text(name, content))]


def _refused(name: str, code: str, got: str, expected: str, row: int = 0) -> InputRefused:
    return InputRefused([Fault(name, row, "", code, got, expected)])


def _workbook(name: str, content: bytes) -> list[Grid]:
    _check_zip(name, content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise _refused(name, "E-FILE-DAMAGED", type(error).__name__, "an .xlsx workbook that opens") from None
    try:
        return [_sheet(name, sheet) for sheet in book.worksheets if sheet.sheet_state == "visible"]
    finally:
        book.close()


def _check_zip(name: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile:
        raise _refused(name, "E-FILE-DAMAGED", "a damaged zip", "an .xlsx workbook that opens") from None
    if any("vbaproject" in entry.filename.lower() for entry in entries):
        raise _refused(name, "E-XLS-ACTIVE", "macros", "a workbook without macros; save it as .xlsx")
    if sum(entry.file_size for entry in entries) > _UNPACKED:
        raise _refused(name, "E-ZIP-SIZE", "an unpacked size above the limit", f"at most {_UNPACKED} bytes unpacked")
    for entry in entries:
        if entry.file_size > _RATIO * max(entry.compress_size, 1) and entry.file_size > MAXIMUM_CELL * _RATIO:
            raise _refused(name, "E-ZIP-RATIO", f"{entry.filename}", f"a zip that packs at most {_RATIO}:1")


def _sheet(name: str, sheet: Any) -> Grid:
    rows: list[tuple[str, ...]] = []
    formulas: set[str] = set()
    errors: set[str] = set()
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if number > MAXIMUM_ROWS + _TITLE_ROWS:
            raise _refused(name, "E-FILE-ROWS", f"more than {MAXIMUM_ROWS} rows", "a smaller file; split it", number)
        if len(cells) > WIDEST:
            raise _refused(name, "E-FILE-COLUMNS", f"{len(cells)} columns", f"at most {WIDEST}", number)
        texts = []
        for column, cell in enumerate(cells):
            kind = cell.data_type
            if kind == "f":
                formulas.add(address(number, column))
            elif kind == "e":
                errors.add(address(number, column))
            texts.append(_shown(cell.value))
        rows.append(tuple(texts))
    while rows and not any(rows[-1]):
        rows.pop()
    return Grid(name, sheet.title, tuple(rows), frozenset(formulas), frozenset(errors))


def _shown(value: Any) -> str:
    match value:
        case None | str():
            return value or ""
        case bool():
            return str(value).upper()
        case int():
            return Number(value)
        case float():
            return Number(int(value) if value.is_integer() and abs(value) < _EXACT else repr(value))
        case datetime.datetime():
            return value.isoformat(sep=" ", timespec="seconds")
    return str(value)


def _text(name: str, content: bytes) -> tuple[tuple[str, ...], ...]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        got = f"byte 0x{content[error.start]:02X}"
        raise _refused(name, "E-ENC-NOTUTF8", got, "UTF-8; save it as CSV UTF-8", row) from None
    if "\x00" in text:
        raise _refused(name, "E-FILE-NUL", "a NUL byte", "text without NUL bytes")
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
