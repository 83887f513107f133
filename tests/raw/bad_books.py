"""Workbooks with one thing wrong, and their good twins: built by openpyxl, as zips or byte by byte."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

HEADER = ("unit", "year", "indicator", "value")
ROWS = (
    ("CL-01", 2022, "turnover", 1000000),
    ("CL-02", 2022, "turnover", 2000000.5),
    ("CL-02", 2023, "turnover", 2100000),
)
Edit = Callable[[Workbook, Any], object]
Place = tuple[str, str, int, str]
"""Code, sheet, row, cell."""


def saved(book: Workbook) -> bytes:
    """Return a workbook as bytes."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def book(edit: Edit = lambda *_: None, header: tuple[Any, ...] = HEADER) -> bytes:
    """Return a workbook of figures, after an edit of the book and its only sheet."""
    made = Workbook()
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "figures"
    for row in (header, *ROWS):
        sheet.append(row)
    edit(made, sheet)
    return saved(made)


def put(**cells: Any) -> Edit:
    """Return an edit that puts values into cells."""

    def edit(_: Workbook, sheet: Any) -> None:
        for place, value in cells.items():
            sheet[place] = value

    return edit


def with_parts(content: bytes, parts: Mapping[str, bytes | Callable[[bytes], bytes]]) -> bytes:
    """Return a zip with parts added, or changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *parts]):
            data = old.read(name) if name in old.namelist() else b""
            part = parts.get(name, data)
            new.writestr(name, part(data) if callable(part) else part)
    return buffer.getvalue()


def swapped(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Return a change of a part; it must change something."""

    def change(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, 1)

    return change


def _second_sheet(made: Workbook, sheet: Any, title: str, state: str = "visible") -> None:
    other = made.create_sheet(title)
    other.append(["remarks"])
    other.append(["of no kind"])
    other.sheet_state = state  # type: ignore[assignment]
    assert sheet.title == "figures"


def _data_in_the_second(made: Workbook, sheet: Any) -> None:
    sheet.title = "first"
    made.create_sheet("second").append(["unit"])


def _as_text(_: Workbook, sheet: Any, text: str) -> None:
    sheet["D2"].value, sheet["D2"].data_type = text, "s"


def _no_value(_: Workbook, sheet: Any) -> None:
    sheet["D2"] = "=1+1"


def _titles(_: Workbook, sheet: Any) -> None:
    sheet.insert_rows(1, 2)
    sheet["A1"] = "Figures of our clusters"


def _units(_: Workbook, sheet: Any) -> None:
    sheet.insert_rows(2)
    sheet["B2"], sheet["D2"] = "year", "(EUR)"


def _hidden_row(_: Workbook, sheet: Any) -> None:
    sheet.row_dimensions[3].hidden = True


def _hidden_column(_: Workbook, sheet: Any) -> None:
    sheet.column_dimensions["D"].hidden = True


def _since_1904(made: Workbook, _: Any) -> None:
    made.epoch = CALENDAR_MAC_1904


SHEET = "xl/worksheets/sheet1.xml"
BOMB = swapped(b"<sheetData>", b"<!--" + b" " * 41_000_000 + b"--><sheetData>")
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<worksheet>&b;</worksheet>"
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>'
ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "Workbook".encode("utf-16-le") + bytes(500)


def ods() -> bytes:
    """Return the beginnings of an OpenDocument sheet."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("content.xml", "<office/>")
    return buffer.getvalue()


def far_cell() -> bytes:
    """Return a workbook with one cell in the last corner."""
    return book(put(XFD1048576=1))


def many_rows() -> bytes:
    """Return a workbook of more rows than are read."""
    made = Workbook(write_only=True)
    sheet = made.create_sheet("figures")
    sheet.append(HEADER)
    for _ in range(10_030):
        sheet.append(ROWS[0])
    return saved(made)


WHOLE = ("", 0, "")
REFUSED: dict[str, tuple[Callable[[], bytes], list[Place]]] = {
    "X02 division by zero": (lambda: book(put(D2="#DIV/0!")), [("E-XLS-ERRORCELL", "figures", 2, "D2")]),
    "X02 no such value": (lambda: book(put(D4="#N/A")), [("E-XLS-ERRORCELL", "figures", 4, "D4")]),
    "X02 two errors": (
        lambda: book(put(D2="#VALUE!", D3="#REF!")),
        [("E-XLS-ERRORCELL", "figures", 2, "D2"), ("E-XLS-ERRORCELL", "figures", 3, "D3")],
    ),
    "X06 a number that became a date": (
        lambda: book(put(D2=datetime.date(2023, 5, 1))),
        [("E-NUM-DATE", "figures", 2, "D2")],
    ),
    "X06 a year that became a moment": (
        lambda: book(put(B3=datetime.datetime(2023, 5, 1, 12))),  # noqa: DTZ001 - a spreadsheet knows no zones
        [("E-NUM-DATE", "figures", 3, "B3")],
    ),
    "X07 a serial number for a year": (lambda: book(put(B2=45292)), [("E-TIME-SERIAL", "figures", 2, "B2")]),
    "X08 a serial number since 1904": (
        lambda: book(lambda made, sheet: (_since_1904(made, sheet), put(B2=43830)(made, sheet))),
        [("E-TIME-SERIAL", "figures", 2, "B2")],
    ),
    "X09 merged ids": (lambda: book(lambda _, s: s.merge_cells("A2:A4")), [("E-XLS-MERGED", "figures", 2, "A2")]),
    "X09 two merged ranges": (
        lambda: book(lambda _, s: (s.merge_cells("A2:A3"), s.merge_cells("D2:D3"))),
        [("E-XLS-MERGED", "figures", 2, "A2"), ("E-XLS-MERGED", "figures", 2, "D2")],
    ),
    "X11 data in the second sheet": (
        lambda: book(lambda m, s: _second_sheet(m, s, "remarks")),
        [("E-XLS-SHEET", "remarks", 0, "")],
    ),
    "X11 sheets that no table is named after": (lambda: book(_data_in_the_second), [("E-XLS-SHEET", "first", 0, "")]),
    "X12 a very hidden sheet": (
        lambda: book(lambda m, s: _second_sheet(m, s, "secret", "veryHidden")),
        [("E-XLS-ACTIVE", "secret", 0, "")],
    ),
    "X12 macros": (lambda: with_parts(book(), {"xl/vbaProject.bin": OLD}), [("E-XLS-ACTIVE", *WHOLE)]),
    "X12 a link to another file": (
        lambda: with_parts(book(), {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}),
        [("E-XLS-ACTIVE", *WHOLE)],
    ),
    "X12 a connection": (lambda: with_parts(book(), {"xl/connections.xml": b"<c/>"}), [("E-XLS-ACTIVE", *WHOLE)]),
    "X12 a command in a formula": (
        lambda: book(put(D2="=cmd|' /C calc'!A0")),
        [("E-XLS-ACTIVE", "figures", 2, "D2")],
    ),
    "X12 a call to the web": (
        lambda: book(put(D3='=WEBSERVICE("https://example.org")')),
        [("E-XLS-ACTIVE", "figures", 3, "D3")],
    ),
    "X13 text that could be two numbers": (
        lambda: book(lambda m, s: _as_text(m, s, "1.234")),
        [("E-NUM-AMBIGUOUS", "figures", 2, "D2")],
    ),
    "X15 a password": (lambda: ENCRYPTED, [("E-XLS-ENCRYPTED", *WHOLE)]),
    "X16 a zip bomb": (lambda: with_parts(book(), {SHEET: BOMB}), [("E-ZIP-RATIO", *WHOLE)]),
    "X16 a bomb of entities": (lambda: with_parts(book(), {SHEET: LAUGHS}), [("E-XML-DTD", *WHOLE)]),
    "X16 an entity from outside": (lambda: with_parts(book(), {SHEET: OUTSIDE}), [("E-XML-DTD", *WHOLE)]),
    "X17 the last cell": (far_cell, [("E-XLS-DIM", "figures", 1048576, "XFD1048576")]),
    "X17 one column too many": (lambda: book(put(BM2=1)), [("E-XLS-DIM", "figures", 2, "BM2")]),
    "X17 too many rows": (many_rows, [("E-XLS-DIM", "figures", 10_021, "A10021")]),
    "X19 cut in half": (lambda: book()[: len(book()) // 2], [("E-FILE-DAMAGED", *WHOLE)]),
    "X19 no XML in the sheet": (lambda: with_parts(book(), {SHEET: b"<worksheet><"}), [("E-FILE-DAMAGED", *WHOLE)]),
    "X19 a text that is not there": (
        lambda: with_parts(book(), {SHEET: swapped(b't="inlineStr"><is><t>CL-01</t></is>', b't="s"><v>4</v>')}),
        [("E-FILE-DAMAGED", *WHOLE)],
    ),
    "X19 no workbook in it": (lambda: with_parts(book(), {"_rels/.rels": b"<r/>"}), [("E-FILE-DAMAGED", *WHOLE)]),
    "X20 an old workbook": (lambda: OLD, [("E-FILE-TYPE", *WHOLE)]),
    "X20 an OpenDocument sheet": (ods, [("E-FILE-TYPE", *WHOLE)]),
    "F01 no bytes": (lambda: b"", [("E-FILE-EMPTY", *WHOLE)]),
    "F02 an empty workbook": (lambda: saved(Workbook()), [("E-FILE-EMPTY", *WHOLE)]),
    "F03 a header only": (lambda: book(lambda _, s: s.delete_rows(2, 3)), [("E-FILE-NOROWS", "figures", 0, "")]),
    "F24 a long cell": (lambda: book(put(A2="x" * 1001)), [("E-FILE-CELL", "figures", 2, "A2")]),
    "F25 text": (lambda: b"unit,year\nCL-01,1\n", [("E-FILE-TYPE", *WHOLE)]),
    "F25 a page": (lambda: b"<html><body>log in</body></html>", [("E-FILE-TYPE", *WHOLE)]),
    "F25 a PDF": (lambda: b"%PDF-1.7\n", [("E-FILE-TYPE", *WHOLE)]),
    "a formula that was never computed": (lambda: book(_no_value), [("E-XLS-FORMULA", "figures", 2, "D2")]),
    "F21 titles above the header": (lambda: book(_titles), [("E-HDR-POSITION", "figures", 1, "A1")]),
    "H01 no column of years": (
        lambda: book(lambda _, s: s.delete_cols(2)),
        [("E-HDR-MISSINGCOL", "figures", 1, "")],
    ),
    "H02 a column under another name": (
        lambda: book(header=("unit", "An", "indicator", "value")),
        [("E-HDR-MISSINGCOL", "figures", 1, ""), ("E-HDR-UNKNOWNCOL", "figures", 1, "B1")],
    ),
    "H03 a column twice": (
        lambda: book(header=("unit", "year", "value", "value")),
        [("E-HDR-DUPCOL", "figures", 1, "D1")],
    ),
    "H07 a column without a name": (lambda: book(put(E2="EUR")), [("E-HDR-BLANK", "figures", 1, "E1")]),
    "H07 a column without a name between others": (lambda: book(put(C1=None)), [("E-HDR-BLANK", "figures", 1, "C1")]),
    "H09 units under the header": (lambda: book(_units), [("E-HDR-UNITROW", "figures", 2, "A2")]),
}

HELD: dict[str, tuple[Callable[[], bytes], list[Place]]] = {
    "X10 a hidden row": (lambda: book(_hidden_row), [("W-XLS-HIDDEN", "figures", 3, "")]),
    "X10 a hidden column": (lambda: book(_hidden_column), [("W-XLS-HIDDEN", "figures", 1, "D1")]),
    "X10 both": (
        lambda: book(lambda m, s: (_hidden_row(m, s), _hidden_column(m, s))),
        [("W-XLS-HIDDEN", "figures", 1, "D1"), ("W-XLS-HIDDEN", "figures", 3, "")],
    ),
}


def _percent(_: Workbook, sheet: Any) -> None:
    sheet["C2"], sheet["D2"] = "export_share", 0.31
    sheet["D2"].number_format = "0%"


def _noisy() -> bytes:
    shares = book(put(C2="export_share", D2=0.25))
    return with_parts(shares, {SHEET: swapped(b"<v>0.25</v>", b"<v>0.30000000000000004</v>")})


def _formats(_: Workbook, sheet: Any) -> None:
    sheet["D2"].number_format = '#,##0.00 "lei"'
    sheet["A1"].font = Font(bold=True)
    for row in range(5, 50):
        sheet[f"A{row}"].font = Font(bold=True)


def _hidden_blank(_: Workbook, sheet: Any) -> None:
    sheet.row_dimensions[9].hidden = True
    sheet.column_dimensions["J"].hidden = True


def _blank_row(_: Workbook, sheet: Any) -> None:
    sheet.insert_rows(3)


def _computed() -> bytes:
    return with_parts(book(put(D2="=500000*2")), {SHEET: swapped(b"</f><v />", b"</f><v>1000000</v>")})


def _unit_sheet(made: Workbook, _: Any) -> None:
    sheet = made.create_sheet("units")
    for row in (("unit", "name", "kind"), ("CL-07", "Seventh", "cluster")):
        sheet.append(row)


GOOD: dict[str, tuple[Callable[[], bytes], set[str], tuple[str, object]]] = {
    "X02 a plain number": (book, set(), ("D2", 1000000.0)),
    "X06 a number shown with a unit of money": (lambda: book(_formats), set(), ("D2", 1000000.0)),
    "X07 a year": (lambda: book(put(B2=2021)), set(), ("B2", 2021)),
    "X08 since 1904, without dates": (lambda: book(_since_1904), {"N-XLS-1904"}, ("D2", 1000000.0)),
    "X09 ids in each cell": (lambda: book(put(A4="CL-01")), set(), ("A4", "CL-01")),
    "X10 hidden, and nothing in it": (lambda: book(_hidden_blank), set(), ("D2", 1000000.0)),
    "X11 a second sheet without content": (lambda: book(lambda m, _: m.create_sheet("x")), set(), ("D2", 1000000.0)),
    "X11 a table each": (lambda: book(_unit_sheet), set(), ("D2", 1000000.0)),
    "X12 a hidden sheet": (
        lambda: book(lambda m, s: _second_sheet(m, s, "remarks", "hidden")),
        {"N-XLS-SHEET"},
        ("D2", 1000000.0),
    ),
    "X12 a bar in a text": (lambda: book(put(C2="turnover ", A2="CL-01")), set(), ("D2", 1000000.0)),
    "X13 a whole number as text": (
        lambda: book(lambda m, s: _as_text(m, s, "1000001")),
        {"N-NUM-TEXT"},
        ("D2", 1000001.0),
    ),
    "a formula with what it came to": (_computed, {"N-XLS-FORMULA"}, ("D2", 1000000.0)),
    "a number in percent": (lambda: book(_percent), {"N-XLS-PERCENT"}, ("D2", 0.31)),
    "a sum that binary cannot hold": (_noisy, set(), ("D2", 0.1 + 0.2)),
    "a blank row": (lambda: book(_blank_row), set(), ("D2", 1000000.0)),
    "H05 columns in another order": (
        lambda: book(put(A1="year", B1="unit", A2=2022, B2="CL-01", A3=2022, B3="CL-02", A4=2023, B4="CL-02")),
        {"N-HDR-ORDER"},
        ("B2", "CL-01"),
    ),
    "H07 no name and no content": (lambda: book(put(F1=" ")), set(), ("D2", 1000000.0)),
    "H09 words where words stand": (book, set(), ("C2", "turnover")),
    "a workbook of inline texts": (
        lambda: with_parts(
            book(), {SHEET: swapped(b"<is><t>CL-01</t></is>", b"<is><r><t>CL-</t></r><r><t>01</t></r></is>")}
        ),
        set(),
        ("A2", "CL-01"),
    ),
}
