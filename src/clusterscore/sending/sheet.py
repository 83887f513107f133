"""One sheet of a workbook being written: text stays text, each cell has its look, only cells to fill in are open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from clusterscore.reading import layout
from clusterscore.sending.guide import Both

INK: Final = "1F2933"
GREY: Final = "6B7280"
WHITE: Final = "FFFFFF"
DARK: Final = "1F4E5F"
INPUT: Final = "FFF4CC"
PALE: Final = "EEF0F2"

_RULE: Final = "C9CED4"
_FONT: Final = "Calibri"
_LINE: Final = 15  # points
_LONGEST: Final = 255  # characters of a list to choose from, or of a message, that Excel takes


@dataclass
class Sheet:
    """A sheet being written: text as text, each cell with its look."""

    sheet: Worksheet
    name: str
    stamp: layout.Stamp
    widths: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sheet.title = self.name
        self.sheet.sheet_view.showGridLines = False
        self.sheet.protection.enable()
        self.sheet.protection.formatColumns = False
        self.sheet.protection.formatRows = False
        self.put(1, 0, str(self.stamp), size=8, ink=GREY, wrap=False)

    def put(self, row: int, column: int, value: Any, **look: Any) -> Any:
        """Write a cell, row from 1 and column from 0; text is never taken for a formula."""
        cell = self.sheet.cell(row, column + 1)
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"
            cell.quotePrefix = value.startswith(("=", "+", "-", "@"))
        fill, bold = look.get("fill"), look.get("bold", False)
        cell.font = Font(
            name=_FONT,
            size=look.get("size", 10),
            bold=bold,
            italic=look.get("italic", False),
            color=look.get("ink", INK),
        )
        if fill:
            cell.fill = PatternFill("solid", start_color=fill)
            side = Side(style="thin", color=_RULE)
            cell.border = Border(left=side, right=side, top=side, bottom=side)
        cell.alignment = Alignment(horizontal=look.get("across"), vertical="center", wrap_text=look.get("wrap", True))
        cell.protection = Protection(locked=not look.get("open", False))
        if "format" in look:
            cell.number_format = look["format"]
        return cell

    def entry(self, row: int, column: int, form: str = "General") -> None:
        """Make a cell one to be filled in."""
        self.put(row, column, None, fill=INPUT, open=True, format=form)

    def heads(self, headers: Sequence[str], widths: Sequence[int], height: int) -> None:
        """Write the headers, and how wide their columns are, in characters."""
        for column, (header, width) in enumerate(zip(headers, widths, strict=True)):
            self.put(layout.HEADER_ROW, column, header, fill=DARK, ink=WHITE, bold=True)
            self.width(column, width)
        self.sheet.row_dimensions[layout.HEADER_ROW].height = height

    def width(self, column: int, width: int) -> None:
        """Set the width of a column, in characters."""
        self.widths[column] = width
        self.sheet.column_dimensions[get_column_letter(column + 1)].width = width

    def fit(self, row: int, texts: dict[int, str]) -> None:
        """Make a row as high as the longest of its texts asks for."""
        lines = [math.ceil(len(text) * 1.15 / self.widths[column]) for column, text in texts.items() if text]
        self.sheet.row_dimensions[row].height = _LINE * max(1, *lines) + 4 if lines else _LINE + 4

    def hide_column(self, column: int) -> None:
        """Hide a column."""
        self.sheet.column_dimensions[get_column_letter(column + 1)].hidden = True

    def valid(self, cells: str, kind: str, said: Both, **rule: Any) -> None:
        """Let a cell take only what a rule admits."""
        strict = rule.pop("strict", True)
        check = DataValidation(type=kind, allow_blank=True, showErrorMessage=strict, **rule)
        check.errorTitle = "Please check / Verificați"
        check.error = f"{said.en} / {said.ro}"[:_LONGEST]
        self.sheet.add_data_validation(check)
        check.add(cells)

    def choose(self, cells: str, choices: Sequence[str], said: Both, *, strict: bool) -> None:
        """Offer a list to choose from, where it is short enough for Excel; with ``strict`` nothing else is taken."""
        listed = ",".join(choices)
        if choices and len(listed) <= _LONGEST:
            self.valid(cells, "list", said, formula1=f'"{listed}"', strict=strict)
