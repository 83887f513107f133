"""The workbook that is sent to a cluster or a team: written cell by cell, the same bytes for the same request.

Nothing in it is live: names are text whatever they begin with, and there is no formula. What is to be filled in is
coloured and unlocked; all else is locked, and carries a digest by which a change shows.
"""

from __future__ import annotations

import datetime
import io
import math
import re
import zipfile
from typing import Final

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from clusterscore.observations.codebook import FigureRule
from clusterscore.reading import layout
from clusterscore.sending import guide
from clusterscore.sending.asked import Asked, Request
from clusterscore.sending.guide import Both
from clusterscore.sending.sheet import GREY, INPUT, PALE, WHITE, Sheet

_NEW_MEMBERS: Final = 15
_SHARE: Final = re.compile(r"\bshare\b")


def write(request: Request) -> bytes:
    """Return the workbook as bytes."""
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):  # openpyxl makes one
        raise TypeError("a new workbook has no sheet")
    tags = [_figure_tag(request, asked) for asked in request.figures]
    tags += [_column_tag(request, asked) for asked in request.member_figures]
    tags += [
        layout.tag(request.unit, request.edition, member.unit, member.unit, member.name) for member in request.members
    ]
    digest = layout.digest_of_tags(request.unit, request.edition, tags)
    stamp = layout.Stamp(request.unit, request.edition, digest)
    _guide(Sheet(sheet, "read me", stamp), request)
    _figures(Sheet(book.create_sheet(), layout.FIGURES, stamp), request)
    if request.member_figures:
        _members(Sheet(book.create_sheet(), layout.MEMBERS, stamp), request)
    moment = datetime.datetime(request.edition, 1, 1)  # noqa: DTZ001 - openpyxl wants it so; the same for ever
    book.properties.creator = "clusterscore"
    book.properties.title = f"{request.unit} {request.edition}"
    book.properties.created = book.properties.modified = moment
    book.custom_doc_props.append(StringProperty(name=layout.DIGEST_PROPERTY, value=digest))
    book.security.lockStructure = True
    buffer = io.BytesIO()
    book.save(buffer)
    return _repeatable(buffer.getvalue(), moment)


def _figure_tag(request: Request, asked: Asked) -> str:
    title = asked.indicator.title
    return layout.tag(request.unit, request.edition, asked.indicator.id, title.en, title.ro, asked.indicator.measure)


def _column_tag(request: Request, asked: Asked) -> str:
    return layout.tag(
        request.unit,
        request.edition,
        asked.indicator.id,
        _column_header(asked, request.edition),
        asked.indicator.measure,
    )


def _column_header(asked: Asked, edition: int) -> str:
    title = asked.indicator.title
    return f"{title.en} / {title.ro} [{asked.indicator.measure}], {edition}"


def _guide(sheet: Sheet, request: Request) -> None:
    for column, width in enumerate((58, 58)):
        sheet.width(column, width)
    sheet.put(3, 0, f"{request.name}, {request.edition}", size=16, bold=True, wrap=False)
    sheet.sheet.row_dimensions[3].height = 26
    for row, text in enumerate(guide.lines(request.edition, has_members=bool(request.member_figures)), start=5):
        bold = row == 5  # noqa: PLR2004 - the heading of the guide
        sheet.put(row, 0, text.en, bold=bold, size=11)
        sheet.put(row, 1, text.ro, bold=bold, size=11)
        sheet.fit(row, {0: text.en, 1: text.ro})
    row += 2
    sheet.put(row, 0, "A cell to fill in / O celulă de completat", fill=INPUT)
    sheet.put(row + 1, 0, "An example, never read / Un exemplu, nu se citește", fill=PALE, italic=True, ink=GREY)
    _print(sheet, "portrait")


def _figures(sheet: Sheet, request: Request) -> None:
    edition = request.edition
    sheet.put(2, 0, f"{request.name}: figures for {edition}", size=14, bold=True, wrap=False)
    sheet.put(3, 0, f"Cifre pentru {edition}", size=11, ink=GREY, wrap=False)
    headers = ["Figure", "Cifra", "Measure / Unitate", "Last known / Ultima cunoscută", "Year / Anul"]
    headers += [f"{edition}: your value / valoarea dvs.", "Source / Sursa", "Why it is asked (en)", "id"]
    sheet.heads(headers, (34, 34, 18, 15, 9, 18, 24, 60, 4), 34)
    _example_figure(sheet)
    for row, asked in enumerate(request.figures, start=layout.HEADER_ROW + 2):
        part, last = asked.indicator, asked.last.get(request.unit)
        texts = {layout.TITLE_EN: part.title.en, layout.TITLE_RO: part.title.ro, layout.MEASURE: part.measure}
        for column, text in texts.items():
            sheet.put(row, column, text, fill=WHITE)
        form = _format(part.measure, asked.rule)
        sheet.put(row, layout.LAST, last.value if last else None, fill=PALE, ink=GREY, format=form)
        sheet.put(row, layout.LAST_YEAR, last.year if last else None, fill=PALE, ink=GREY, format="0")
        sheet.entry(row, layout.VALUE, form)
        sheet.entry(row, layout.SOURCE)
        sheet.put(row, layout.WHY, part.why, size=8, ink=GREY)
        sheet.put(row, layout.TAG, _figure_tag(request, asked), size=8, ink=GREY, wrap=False)
        sheet.fit(row, texts | {layout.WHY: part.why[: len(part.why) * 3 // 5]})
        _bounds(sheet, f"{get_column_letter(layout.VALUE + 1)}{row}", asked.rule)
    letter = get_column_letter(layout.SOURCE + 1)
    first, last_row = layout.HEADER_ROW + 2, layout.HEADER_ROW + 1 + len(request.figures)
    sheet.choose(f"{letter}{first}:{letter}{last_row}", guide.SOURCES, Both("any text", "orice text"), strict=False)
    sheet.hide_column(layout.TAG)
    sheet.sheet.freeze_panes = f"A{layout.HEADER_ROW + 1}"
    _print(sheet, "landscape")


def _example_figure(sheet: Sheet) -> None:
    row = layout.HEADER_ROW + 1
    example = [*guide.EXAMPLE_FIGURE, layout.EXAMPLE]
    for column, value in enumerate(example):
        sheet.put(row, column, value, fill=PALE, italic=True, ink=GREY)
    sheet.fit(row, {column: str(value) for column, value in enumerate(example[: layout.VALUE])})


def _members(sheet: Sheet, request: Request) -> None:
    edition = request.edition
    sheet.put(2, 0, f"{request.name}: members and their figures for {edition}", size=14, bold=True, wrap=False)
    sheet.put(3, 0, f"Membrii și cifrele lor pentru {edition}", size=11, ink=GREY, wrap=False)
    headers = ["Id", "Name / Nume", "Region (NUTS) / Regiunea", "Sector / Sectorul", "Founded / Înființat"]
    for asked in request.member_figures:
        headers += ["Last known / Ultima cunoscută", _column_header(asked, edition)]
    at_tag = layout.FIRST_INDICATOR + 2 * len(request.member_figures)
    sheet.heads([*headers, "id"], (15, 34, 12, 15, 11, *[13, 26] * len(request.member_figures), 4), 96)
    sheet.sheet.row_dimensions[layout.TAGS_ROW].hidden = True
    for number, asked in enumerate(request.member_figures):
        tag = f"{_column_tag(request, asked)} | {asked.indicator.measure}"
        sheet.put(layout.TAGS_ROW, layout.FIRST_INDICATOR + 2 * number + 1, tag, size=8, ink=GREY, wrap=False)
    first = layout.HEADER_ROW + 1
    for column in range(at_tag):
        value = guide.EXAMPLE_MEMBER[column] if column < len(guide.EXAMPLE_MEMBER) else None
        sheet.put(first, column, value, fill=PALE, italic=True, ink=GREY)
    sheet.put(first, at_tag, layout.EXAMPLE, size=8, ink=GREY)
    for row, member in enumerate(request.members, start=first + 1):
        shown = (member.unit, member.name, member.region, member.sector, member.founded)
        for column, text in enumerate(shown):
            sheet.put(row, column, text or None, fill=WHITE)
        sheet.put(row, at_tag, layout.tag(request.unit, edition, member.unit, member.unit, member.name), wrap=False)
        _member_figures(sheet, row, request, member.unit)
    after = first + 1 + len(request.members)
    for row in range(after, after + _NEW_MEMBERS):
        sheet.put(row, layout.MEMBER, "new / nou", fill=WHITE, ink=GREY, italic=True)
        for column in (layout.NAME, layout.REGION, layout.SECTOR, layout.FOUNDED):
            sheet.entry(row, column)
        sheet.put(row, at_tag, layout.NEW, wrap=False)
        _member_figures(sheet, row, request, "")
    _member_rules(sheet, request, after)
    sheet.hide_column(at_tag)
    sheet.sheet.freeze_panes = f"C{layout.HEADER_ROW + 1}"
    _print(sheet, "landscape")


def _member_figures(sheet: Sheet, row: int, request: Request, member: str) -> None:
    for number, asked in enumerate(request.member_figures):
        place, last = layout.FIRST_INDICATOR + 2 * number, asked.last.get(member)
        form = _format(asked.indicator.measure, asked.rule)
        sheet.put(row, place, last.value if last else None, fill=PALE, ink=GREY, format=form)
        sheet.entry(row, place + 1, form)


def _member_rules(sheet: Sheet, request: Request, after: int) -> None:
    def cells(column: int, first: int) -> str:
        letter = get_column_letter(column + 1)
        return f"{letter}{first}:{letter}{after + _NEW_MEMBERS - 1}"

    for number, asked in enumerate(request.member_figures):
        _bounds(sheet, cells(layout.FIRST_INDICATOR + 2 * number + 1, layout.HEADER_ROW + 2), asked.rule)
    region = Both("a NUTS code such as RO11", "un cod NUTS precum RO11")
    sheet.choose(cells(layout.REGION, after), request.regions, region, strict=False)
    sector = Both("small letters, digits and _", "litere mici, cifre și _")
    sheet.choose(cells(layout.SECTOR, after), request.sectors, sector, strict=False)
    year = Both(f"a year up to {request.edition}", f"un an până la {request.edition}")
    sheet.valid(
        cells(layout.FOUNDED, after), "whole", year, operator="between", formula1="1800", formula2=str(request.edition)
    )


def _bounds(sheet: Sheet, cells: str, rule: FigureRule) -> None:
    """Let a cell take only numbers that the door admits."""
    kind = "whole" if rule.whole else "decimal"
    low = -1e300 if math.isinf(rule.minimum) else rule.minimum
    high = 1e300 if math.isinf(rule.maximum) else rule.maximum
    said = guide.bounds(rule)
    if not rule.closed and math.isinf(rule.maximum):
        sheet.valid(cells, kind, said, operator="greaterThan", formula1=f"{low:g}")
    elif math.isinf(rule.maximum):
        sheet.valid(cells, kind, said, operator="greaterThanOrEqual", formula1=f"{low:g}")
    else:
        sheet.valid(cells, kind, said, operator="between", formula1=f"{low:g}", formula2=f"{high:g}")


def _format(measure: str, rule: FigureRule) -> str:
    if rule.whole:
        return "#,##0"
    return "0.0###" if _SHARE.search(measure) else "#,##0.####"


def _print(sheet: Sheet, orientation: str) -> None:
    page = sheet.sheet.page_setup
    page.orientation, page.paperSize, page.fitToWidth, page.fitToHeight = orientation, 9, 1, 0
    sheet.sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.sheet.print_title_rows = f"{layout.HEADER_ROW}:{layout.HEADER_ROW}" if sheet.name != "read me" else None


def _repeatable(content: bytes, moment: datetime.datetime) -> bytes:
    """Return the same zip with the time of writing taken out of it."""
    buffer = io.BytesIO()
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(entry, data)
    return buffer.getvalue()
