"""Workbooks to tables: cells are read as they stand, and nothing in a workbook is computed, opened or run."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Collection
from pathlib import Path
from typing import Final, NoReturn

from clusterscore.errors import Fault, InputRefused, listed
from clusterscore.raw.archive import unpack
from clusterscore.raw.header import address
from clusterscore.raw.markup import follow
from clusterscore.raw.origin import Origin
from clusterscore.raw.package import Package
from clusterscore.raw.rawfile import Note, RawFile
from clusterscore.raw.sheet import Book, Sheet, SheetReader, TextReader
from clusterscore.raw.tabular import SheetTable
from clusterscore.vocabulary import Table

MARKS: Final = "clusterscore"
"""Name of the sheet that a marked-up copy explains itself in; it is never read."""


@functools.lru_cache(maxsize=1)
def open_workbook(name: str, content: bytes) -> tuple[list[Sheet], list[Fault], bool]:
    """Return what the cells of a workbook hold, whatever that means; the last one is remembered.

    Parameters
    ----------
    name
        How messages call the file.
    content
        Its bytes.

    Returns
    -------
    its sheets in their order, hidden ones too; what in it could act; whether it counts days from 1904

    Raises
    ------
    InputRefused
        Where it is no whole workbook within the limits; whatever else a library says means that it is damaged.
    """
    try:
        return _opened(name, content)
    except (InputRefused, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - no library promises which errors damaged workbooks end in
        return _refuse(name, "E-FILE-DAMAGED", f"{type(error).__name__}: {error}", "a whole workbook; save it anew")


def _opened(name: str, content: bytes) -> tuple[list[Sheet], list[Fault], bool]:
    package = Package(name, unpack(name, content))
    active = list(package.active())
    texts = TextReader(package.budget)
    shared = package.linked("sharedStrings")
    if shared is not None:
        follow(shared, texts, package.budget)
    book = Book(texts.texts, package.styles(), package.main.since_1904)
    sheets = []
    for sheet_name, state, link in package.main.sheets:
        part = package.sheet_part(link)
        if part is None:
            continue
        sheet = Sheet(sheet_name, visible=state.lower() == "visible")
        follow(part, SheetReader(package.budget, sheet, book), package.budget)
        sheets.append(sheet)
        active += [package.live(sheet_name, row, address(row, column), text) for row, column, text in sheet.live]
    return sheets, active, book.since_1904


def read_workbook(
    path: Path, name: str, content: bytes, origin: Origin | None = None, dates: Collection[str] = ()
) -> list[RawFile]:
    """Read a workbook as canonical tables, one of each sheet that holds one.

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
    dates
        Columns that hold dates; in any other one a date is a number that a spreadsheet took for a date.

    Raises
    ------
    InputRefused
        With a stable code where the file is no such workbook, and with every fault of its cells.
    """
    sheets, active, since_1904 = open_workbook(name, content)
    if active:
        raise InputRefused(active)
    faults: list[Fault] = []
    chosen, notes = _chosen(name, sheets)
    if since_1904:
        notes.append(Note("N-XLS-1904", name, was="days counted from 1904", became="dates as they are shown"))
    digest = hashlib.sha256(content).hexdigest()
    files: list[RawFile] = []
    for sheet, table in chosen:
        try:
            read = SheetTable(name, sheet, dates)
        except InputRefused as refused:
            faults.extend(refused.faults)
            continue
        files.append(
            RawFile(
                name,
                path,
                content,
                digest,
                read.header,
                read.rows,
                origin,
                table,
                sheet.name,
                (*notes, *read.notes),
                read.doubts,
                header_places=read.header_places,
                header_line=read.header_line,
            )
        )
        notes = []
    if faults:
        raise InputRefused(faults)
    return files


def _refuse(name: str, code: str, got: str, expected: str, sheet: str = "") -> NoReturn:
    raise InputRefused([Fault(name, 0, "", code, got, expected, sheet=sheet)])


def _chosen(name: str, sheets: list[Sheet]) -> tuple[list[tuple[Sheet, Table | None]], list[Note]]:
    """Return the sheets that hold tables: those whose name says so, else the first and only one with data."""
    sheets = [sheet for sheet in sheets if sheet.name != MARKS]
    filled = [sheet for sheet in sheets if not sheet.is_empty]
    named = [(sheet, table) for sheet in filled if (table := _table_named(sheet.name))]
    shown = [sheet for sheet in filled if sheet.visible]
    notes = [
        Note("N-XLS-SHEET", name, was="a hidden sheet", became="not read", sheet=sheet.name)
        for sheet in filled
        if not sheet.visible and not _table_named(sheet.name)
    ]
    if not filled:
        _refuse(name, "E-FILE-EMPTY", "no content", "a sheet with a header and at least one row")
    strangers = [sheet for sheet in shown if not _table_named(sheet.name)]
    if named and not strangers:
        _check_named(name, named)
        return [(sheet, table) for sheet, table in named], notes
    first = next((sheet for sheet in sheets if sheet.visible), None)
    if len(shown) == 1 and shown[0] is first and not named:
        return [(first, _table_named(Path(name).name))], notes
    expected = f"one sheet, or sheets each named after its table ({listed(Table)})"
    got = f"sheets with data: {', '.join(sheet.name for sheet in shown) or 'hidden ones only'}"
    return _refuse(name, "E-XLS-SHEET", got, expected, sheet=strangers[0].name if strangers else "")


def _check_named(name: str, named: list[tuple[Sheet, Table]]) -> None:
    tables = [table for _, table in named]
    for index, (sheet, table) in enumerate(named):
        if table in tables[:index]:
            _refuse(name, "E-XLS-SHEET", f"another sheet of {table}", "each table in one sheet", sheet=sheet.name)
    said = _table_named(Path(name).name)
    if said and len(named) == 1 and said is not tables[0]:
        got = f"a sheet named after {tables[0]} in a file named after {said}"
        _refuse(name, "E-XLS-SHEET", got, "one table by both names", sheet=named[0][0].name)


def _table_named(name: str) -> Table | None:
    word = re.split(r"[^a-z]", name.lower(), maxsplit=1)[0]
    return Table(word) if word in set(Table) else None
