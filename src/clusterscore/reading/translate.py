"""A file read by a mapping: canonical tables, and a copy to be kept that names no person."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.readers import Note, RawFile
from clusterscore.reading.grids import Grid, as_csv
from clusterscore.reading.headers import fits, match
from clusterscore.reading.mapped import MappedSheet, Pseudonym, Received, Tables, refuse_formulas
from clusterscore.reading.mapping import Mapping, Rows
from clusterscore.reading.surveys import respondents
from clusterscore.reading.tabular import records, units

_READERS: Final[dict[Rows, Callable[[MappedSheet], Tables]]] = {
    "respondents": respondents,
    "units": units,
    "records": records,
}


def translate(received: Received, mapping: Mapping, pseudonym: Pseudonym) -> list[RawFile]:
    """Return the canonical tables that a file holds; what will be kept of it names no person.

    Parameters
    ----------
    received
        The file.
    mapping
        What its columns hold.
    pseudonym
        Called for each respondent who is known by e-mail, name or token.

    Returns
    -------
    files that share one content: the file as received, or a copy without what tells who somebody is, and without
    columns that nothing is read from

    Raises
    ------
    InputRefused
        With every fault of the file.
    """
    grid = _chosen(received, mapping)
    matched = match(grid, mapping)
    faults = list(matched.faults)
    if faults:
        raise InputRefused(faults)
    reading = MappedSheet(grid, mapping, matched, pseudonym, received.kept is not None, received.origin.locale)
    refuse_formulas(reading)
    reading.notes.extend(
        Note("N-MAP-HEADER", grid.file, matched.row, reading.headers[index], reading.headers[index], column.name)
        for index in matched.cut
        if (column := matched.columns[index]) is not None
    )
    tables = _READERS[mapping.rows](reading)
    if not reading.faults and not any(rows for _, _, rows in tables):
        reading.fault(matched.row, -1, "E-FILE-NOROWS", "nothing to record", "at least one complete row")
    if reading.faults:
        raise InputRefused(reading.faults)
    return _files(received, reading, tables)


def recognised(received: Received, mappings: Sequence[Mapping]) -> list[Mapping]:
    """Return the mappings that a file was made for, by its headers alone."""
    return [
        mapping
        for mapping in mappings
        if any(fits(grid, mapping) for grid in received.grids if mapping.sheet in {None, grid.sheet})
    ]


def _chosen(received: Received, mapping: Mapping) -> Grid:
    """Return the sheet that a mapping is about: the one it names, else the only one in which its columns are found."""
    if mapping.sheet is not None and any(grid.sheet for grid in received.grids):
        named = [grid for grid in received.grids if grid.sheet == mapping.sheet]
        if not named:
            known = ", ".join(grid.sheet for grid in received.grids)
            raise InputRefused([Fault(received.name, 0, "", "E-XLS-SHEET", known, f"a sheet {mapping.sheet!r}")])
        return named[0]
    filled = [grid for grid in received.grids if grid.rows]
    if not filled:
        raise InputRefused([Fault(received.name, 0, "", "E-FILE-EMPTY", "no content", "headers and rows")])
    if len(filled) == 1:
        return filled[0]
    fitting = [grid for grid in filled if fits(grid, mapping)]
    if len(fitting) != 1:
        known = ", ".join(grid.sheet for grid in filled)
        raise InputRefused(
            [Fault(received.name, 0, "", "E-XLS-SHEET", known, "one sheet with answers; name it in the mapping")]
        )
    return fitting[0]


def _files(received: Received, reading: MappedSheet, tables: Tables) -> list[RawFile]:
    if received.kept is not None:
        path, content, origin = received.path, received.kept, received.origin
    else:
        content = _redacted(reading)
        path = received.path.with_suffix(".csv")
        origin = received.origin.model_copy(
            update={
                "sha256": hashlib.sha256(content).hexdigest(),
                "mapping": reading.mapping.mapping,
                "mapping_sha256": reading.mapping.digest,
                "mapping_document": reading.mapping.content(),
                "original_sha256": received.sha256,
                "encoding": None,
            }
        )
    notes = tuple(reading.notes)
    return [
        RawFile(
            received.name,
            path,
            content,
            origin.sha256,
            header,
            tuple(rows),
            origin,
            table,
            reading.grid.sheet,
            notes if number == 0 else (),
            canonical=True,
        )
        for number, (table, header, rows) in enumerate(tables)
        if rows
    ]


def _redacted(reading: MappedSheet) -> bytes:
    """Return the file as CSV, cell for cell where it was, but for what is not read and for who a person is.

    Read again by the same mapping, it gives the same records: rows keep their numbers, raters are pseudonyms.
    """
    read = {
        index: column.holds == "identity"
        for index, column in reading.columns
        if column is not None and column.holds not in {"ignored", "personal"}
    }
    header = reading.matched.row
    rows: list[list[str]] = [[] for _ in range(header - 1)]
    rows.append(list(reading.grid.rows[header - 1]))
    for number, row in enumerate(reading.grid.rows[header:], start=header + 1):
        rows.append(
            [
                (reading.people.get(cell.strip(), "") if read[index] else reading.numbers.get((number, index), cell))
                if index in read
                else ""
                for index, cell in enumerate(row)
            ]
        )
    return as_csv(rows)
