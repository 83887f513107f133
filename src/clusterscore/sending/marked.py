"""A copy of what somebody sent, with the faulty cells coloured and commented, to be sent back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from clusterscore.durable import make_folder
from clusterscore.errors import Fault
from clusterscore.messages.catalogue import message
from clusterscore.raw.readers import RawFile

_FAULTY: Final = PatternFill("solid", fgColor="FFF4B6A6")
_NO_LETTERS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_WIDEST: Final = 40
_SHEET_NAME: Final = 31
_TITLE: Final = {
    "en": "A copy for {name}: cells to look at are coloured and have a comment. Please mend them in your own file.",
    "ro": "Copie pentru {name}: celulele de verificat sunt colorate și comentate. Corectați-le în fișierul propriu.",
}
_PLACE: Final = {"en": "What concerns the whole file or sheet", "ro": "Ce privește întregul fișier sau întreaga foaie"}


def mark(files: Iterable[RawFile], faults: Iterable[Fault], folder: Path, language: str = "en") -> list[Path]:
    """Write a marked-up workbook for each file that has a fault; return their paths.

    Every cell is text: nothing in it runs, links or is computed. Rows of the copy stand two below those of the file.

    Parameters
    ----------
    files
        Files that could be read, a part for each sheet.
    faults
        Faults and doubts about them.
    folder
        Where the copies go, named after the files.
    language
        Of title and comments.
    """
    by_name: dict[str, list[RawFile]] = {}
    for raw in files:
        by_name.setdefault(raw.name, []).append(raw)
    about: dict[str, list[Fault]] = {}
    for fault in faults:
        about.setdefault(fault.file, []).append(fault)
    made = []
    for name, parts in by_name.items():
        if name not in about:
            continue
        book = Workbook()
        book.remove(book.worksheets[0])
        for raw in parts:
            mine = [fault for fault in about[name] if fault.sheet == raw.sheet]
            _sheet(book, raw, mine, language)
        make_folder(folder)
        made.append(folder / f"{Path(name).stem}-marked.xlsx")
        book.save(made[-1])
    return made


def _sheet(book: Workbook, raw: RawFile, faults: list[Fault], language: str) -> None:
    sheet = book.create_sheet(_plain(raw.sheet or Path(raw.name).stem)[:_SHEET_NAME])
    _text(sheet, 1, 1, _TITLE[language].format(name=Path(raw.name).name)).font = Font(bold=True)
    general = [fault for fault in faults if not fault.row]
    if general:
        _text(sheet, 2, 1, f"{_PLACE[language]}: " + " ".join(_told(fault, language) for fault in general))
    for place, column in enumerate(raw.header, start=1):
        _text(sheet, 3, place, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = min(_WIDEST, max(12, len(column) + 2))
    for row in raw.rows:
        for place, column in enumerate(raw.header, start=1):
            _text(sheet, row.line + 2, place, row.cells.get(column, ""))
    sheet.freeze_panes = "A4"
    _comments(sheet, raw, [fault for fault in faults if fault.row], language)


def _comments(sheet: Worksheet, raw: RawFile, faults: list[Fault], language: str) -> None:
    said: dict[tuple[int, int], list[str]] = {}
    columns: Mapping[str, int] = {name: place for place, name in enumerate(raw.header, start=1)}
    for fault in faults:
        said.setdefault((fault.row + 2, columns.get(fault.column, 1)), []).append(_told(fault, language))
    for (row, column), sentences in said.items():
        cell = sheet.cell(row, column)
        cell.fill = _FAULTY
        cell.comment = Comment("\n".join(sentences), "clusterscore", width=360, height=140)


def _told(fault: Fault, language: str) -> str:
    told = message(fault.code, language)
    return _plain(f"{fault.code}: {told.what} {told.fix}" if told else f"{fault.code}: {fault.expected}")


def _text(sheet: Worksheet, row: int, column: int, text: str) -> Any:
    """Write a cell as text, whatever it begins with."""
    cell = sheet.cell(row, column)
    cell.value = _plain(text)
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = True
    cell.alignment = Alignment(vertical="top")
    return cell


def _plain(text: str) -> str:
    return _NO_LETTERS.sub("\ufffd", text)
