"""Our own workbook, as it comes back: figures and members, or what was changed that should not have been."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from defusedxml.ElementTree import ParseError, fromstring

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.origin import Origin
from clusterscore.raw.readers import Note, RawFile, RawRow
from clusterscore.reading import layout
from clusterscore.reading.grids import Grid, Number, address
from clusterscore.reading.numbers import DECLARED, Contradiction, Unreadable, prove, read_number
from clusterscore.vocabulary import Kind, Table

_FIGURES: Final = ("unit", "year", "indicator", "value", "measure", "source")
_UNITS: Final = ("unit", "name", "kind", "parent", "region", "sector", "founded")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?")
_CHANGED: Final = "what the workbook was sent with; enter values in coloured cells only, or ask for it anew"


def is_ours(grids: Sequence[Grid]) -> bool:
    """Whether a workbook is one that was sent out: its sheet of figures says so in its first cell."""
    return any(grid.sheet == layout.FIGURES and _cell(grid, 1, 0).startswith("clusterscore ") for grid in grids)


def read(path: Path, name: str, content: bytes, grids: Sequence[Grid], origin: Origin | None = None) -> list[RawFile]:
    """Return the canonical tables in a workbook of ours: figures of the unit, new members, figures of members.

    Parameters
    ----------
    path, name
        Where it lies, and how messages call it.
    content
        Its bytes.
    grids
        Its sheets.
    origin
        What its sidecar says.

    Raises
    ------
    InputRefused
        With every fault: a cell that was not to be changed, a formula, an error, a date.
    """
    sheets = {grid.sheet: grid for grid in grids}
    book = _Book(sheets[layout.FIGURES], sheets.get(layout.MEMBERS), name)
    figures = list(book.figures())
    units, member_figures = book.members_and_figures()
    book.read_numbers([*figures, *member_figures], origin.locale if origin else None)
    book.check_whole(content)
    if not book.faults and not (figures or units or member_figures):
        book.faults.append(Fault(name, 0, "", "E-FILE-NOROWS", "no value", "at least one value in a coloured cell"))
    if book.faults:
        raise InputRefused(book.faults)
    digest = hashlib.sha256(content).hexdigest()
    tables = (
        (Table.FIGURES, _FIGURES, figures, layout.FIGURES),
        (Table.UNITS, _UNITS, units, layout.MEMBERS),
        (Table.FIGURES, _FIGURES, member_figures, layout.MEMBERS),
    )
    files = [
        RawFile(name, path, content, digest, header, tuple(rows), origin, table, sheet, canonical=True)
        for table, header, rows, sheet in tables
        if rows
    ]
    return [replace(files[0], notes=tuple(book.notes)), *files[1:]]


def _cell(grid: Grid, row: int, column: int) -> str:
    """Return a cell, row from 1 and column from 0, without what surrounds it."""
    if not 1 <= row <= len(grid.rows) or not 0 <= column < len(grid.rows[row - 1]):
        return ""
    return grid.rows[row - 1][column].strip()


class _Book:
    """One workbook being read."""

    def __init__(self, figures: Grid, members: Grid | None, name: str) -> None:
        self.sheet, self.members, self.faults = figures, members, list[Fault]()
        stamp = layout.stamp_of(_cell(figures, 1, 0))
        if layout.is_newer(_cell(figures, 1, 0)):
            expected = f"a workbook of format {layout.FORMAT}, or a newer clusterscore to read this one with"
            raise InputRefused([figures.fault(1, 0, ("E-SCHEMA-VERSION", _cell(figures, 1, 0), expected))])
        if stamp is None:
            expected = "the code with which the workbook was sent, such as `clusterscore 1 · CL-01 · year · digest`"
            found = ("E-TPL-CODE", _cell(figures, 1, 0), expected)
            raise InputRefused([figures.fault(1, 0, found)])
        self.name, self.stamp, self.tags = name, stamp, list[str]()
        self.notes: list[Note] = []
        self._written: list[tuple[Grid, int, int, str]] = []
        if members is not None and _cell(members, 1, 0) != str(stamp):
            self._fault(members, 1, 0, ("E-TPL-CODE", _cell(members, 1, 0), f"the code of the workbook, {stamp}"))

    def _fault(self, grid: Grid, row: int, column: int, found: tuple[str, str, str]) -> None:
        header = _cell(grid, layout.HEADER_ROW, column)
        self.faults.append(grid.fault(row, column, found, header))

    def _value(self, grid: Grid, row: int, column: int) -> str:
        """Return what was entered in a cell; a formula, an error or a date is a fault."""
        text, cell = _cell(grid, row, column), address(row, column)
        if cell in grid.formulas:
            self._fault(grid, row, column, ("E-XLS-FORMULA", text, "a value; paste the result, not the formula"))
        elif cell in grid.errors:
            self._fault(grid, row, column, ("E-XLS-ERRORCELL", text, "a value"))
        return text

    def _number(self, grid: Grid, row: int, column: int) -> str:
        """Return a number that was entered; one that was entered as text waits for its locale."""
        before = len(self.faults)
        text = self._value(grid, row, column)
        if _DATE.fullmatch(text):
            expected = "a number; the spreadsheet took it for a date, enter it again in a cell formatted as number"
            self._fault(grid, row, column, ("E-NUM-DATE", text, expected))
        if not text or len(self.faults) > before:
            return text
        if isinstance(grid.rows[row - 1][column], Number):
            return text
        self._written.append((grid, row, column, text))
        return text

    def _known(self, grid: Grid, row: int, column: int, shown: Sequence[str]) -> str:
        """Return the name in a tag, after checking that what is shown beside it is as it was sent."""
        text = _cell(grid, row, column)
        name = layout.name_in(text)
        if not name or layout.tag(self.stamp.unit, self.stamp.edition, name, *shown) != text:
            self._fault(grid, row, 0, ("E-TPL-CHANGED", " | ".join(filter(None, shown)) or text, _CHANGED))
            return ""
        self.tags.append(text)
        return name

    def figures(self) -> Iterator[RawRow]:
        """Yield the figures of the unit itself."""
        for row in range(layout.HEADER_ROW + 1, len(self.sheet.rows) + 1):
            text = _cell(self.sheet, row, layout.TAG)
            value = self._number(self.sheet, row, layout.VALUE) if text != layout.EXAMPLE else ""
            if not text and any(map(str.strip, self.sheet.rows[row - 1])):
                self._fault(self.sheet, row, 0, ("E-TPL-CHANGED", _cell(self.sheet, row, 0), _CHANGED))
            if not text or text == layout.EXAMPLE:
                continue
            shown = [_cell(self.sheet, row, at) for at in (layout.TITLE_EN, layout.TITLE_RO, layout.MEASURE)]
            name = self._known(self.sheet, row, layout.TAG, shown)
            source = self._value(self.sheet, row, layout.SOURCE)
            if value:
                cells = self._figure(self.stamp.unit, name, value, shown[2]) | {"source": source}
                places = {"value": layout.VALUE, "source": layout.SOURCE, "measure": layout.MEASURE}
                yield RawRow(row, cells, _places(row, places) | _places(row, {"indicator": layout.VALUE}))

    def _figure(self, unit: str, indicator: str, value: str, measure: str) -> dict[str, str]:
        year = str(self.stamp.edition)
        return {"unit": unit, "year": year, "indicator": indicator, "value": value, "measure": measure, "source": ""}

    def members_and_figures(self) -> tuple[list[RawRow], list[RawRow]]:
        """Return the members that are new, and the figures of all members."""
        grid = self.members
        if grid is None:
            return [], []
        indicators = self._indicators(grid)
        at_tag = layout.FIRST_INDICATOR + 2 * len(indicators)
        rows = [
            (row, text)
            for row in range(layout.HEADER_ROW + 1, len(grid.rows) + 1)
            if (text := _cell(grid, row, at_tag)) != layout.EXAMPLE
            and (text or any(map(str.strip, grid.rows[row - 1])))
        ]
        known = {row: self._member(grid, row, at_tag, text) for row, text in rows}
        numbers = _numbers(self.stamp.unit, known.values())
        units, figures = [], []
        for row, member in known.items():
            given = [(place, self._number(grid, row, place)) for place, _, _ in indicators]
            about: str = member
            if member == layout.NEW:
                unit = self._new_member(grid, row, numbers, entered=any(value for _, value in given))
                if unit is None:
                    continue
                units.append(unit)
                about = unit.cells["unit"]
            for (place, value), (_, indicator, measure) in zip(given, indicators, strict=True):
                if value:
                    cells = self._figure(about, indicator, value, measure)
                    figures.append(RawRow(row, cells, _places(row, dict.fromkeys(("value", "indicator"), place))))
        return units, figures

    def _indicators(self, grid: Grid) -> list[tuple[int, str, str]]:
        """Return column, id and measure of each indicator that is asked of members."""
        found = []
        place = layout.FIRST_INDICATOR + 1
        while text := _cell(grid, layout.TAGS_ROW, place):
            header = _cell(grid, layout.HEADER_ROW, place)
            name, _, measure = text.partition(" | ")
            if layout.tag(self.stamp.unit, self.stamp.edition, layout.name_in(name), header, measure) != name:
                self._fault(grid, layout.HEADER_ROW, place, ("E-TPL-CHANGED", header, _CHANGED))
            self.tags.append(name)
            found.append((place, layout.name_in(name), measure))
            place += 2
        return found

    def _member(self, grid: Grid, row: int, at_tag: int, text: str) -> str:
        """Return the id of the member of a row, or that it is a new one."""
        if text == layout.NEW:
            return layout.NEW
        shown = (_cell(grid, row, layout.MEMBER), _cell(grid, row, layout.NAME))
        return self._known(grid, row, at_tag, shown)

    def _new_member(self, grid: Grid, row: int, numbers: Iterator[int], *, entered: bool) -> RawRow | None:
        columns = {"name": layout.NAME, "region": layout.REGION, "sector": layout.SECTOR, "founded": layout.FOUNDED}
        cells = {column: self._value(grid, row, place) for column, place in columns.items()}
        if not cells["name"]:
            if entered or any(cells.values()):
                self._fault(grid, row, layout.NAME, ("E-EMPTY", "", "the name of the new member"))
            return None
        unit = {"unit": f"{self.stamp.unit}-M{next(numbers):03d}", "kind": Kind.MEMBER, "parent": self.stamp.unit}
        return RawRow(row, unit | cells, _places(row, columns))

    def read_numbers(self, rows: Iterable[RawRow], declared: str | None) -> None:
        """Turn numbers that were entered as text into canonical text, by the locale declared or proven."""
        written = self._written
        try:
            locale = DECLARED[declared] if declared else prove(text for *_, text in written)
        except Contradiction as contradiction:
            grid, row, column, text = written[contradiction.places[1]]
            self._fault(grid, row, column, (contradiction.code, text, contradiction.expected))
            return
        canonical: dict[str, str] = {}
        for grid, row, column, text in written:
            try:
                canonical[text] = read_number(text, locale)
            except Unreadable as unreadable:
                self._fault(grid, row, column, (unreadable.code, text, unreadable.expected))
                continue
            if canonical[text] != text:
                header = _cell(grid, layout.HEADER_ROW, column)
                self.notes.append(Note("N-NUM-LOCALE", self.name, row, header, text, canonical[text]))
        for raw in rows:
            raw.cells["value"] = canonical.get(raw.cells["value"], raw.cells["value"])

    def check_whole(self, content: bytes) -> None:
        """Record a fault where a row was taken away or added, or where the file's property is another workbook's."""
        if any(fault.code.startswith("E-TPL") for fault in self.faults):
            return
        if layout.digest_of_tags(self.stamp.unit, self.stamp.edition, self.tags) != self.stamp.digest:
            self._fault(self.sheet, 1, 0, ("E-TPL-CHANGED", f"{len(self.tags)} rows and columns", _CHANGED))
        recorded = _property(content)
        if recorded is not None and recorded != self.stamp.digest:
            self._fault(
                self.sheet, 1, 0, ("E-TPL-CHANGED", str(self.stamp), f"digest {recorded}, as in the file itself")
            )


def _places(row: int, columns: dict[str, int]) -> dict[str, str]:
    return {name: address(row, place) for name, place in columns.items()}


def _numbers(unit: str, members: Iterable[str]) -> Iterator[int]:
    """Yield the numbers of new members: those after the highest that a known member bears."""
    pattern = re.compile(re.escape(unit) + r"-M(\d{1,6})")
    highest = max((int(found[1]) for name in members if (found := pattern.fullmatch(name))), default=0)
    while True:
        highest += 1
        yield highest


def _property(content: bytes) -> str | None:
    """Return the digest among the workbook's own properties; a program that saved it may have dropped it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            root = fromstring(archive.read("docProps/custom.xml"))
    except (KeyError, zipfile.BadZipFile, ParseError):
        return None
    for entry in root:
        if entry.get("name") == layout.DIGEST_PROPERTY:
            return "".join(entry.itertext()).strip()
    return None
