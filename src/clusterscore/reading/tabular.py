"""Spreadsheets read by a mapping: a row a unit and a column an indicator, or a canonical table under other headers."""

from __future__ import annotations

from typing import Final

from clusterscore.raw.readers import RawRow
from clusterscore.reading.grids import address
from clusterscore.reading.mapped import MappedSheet, Tables, numbers_in
from clusterscore.reading.wording import folded
from clusterscore.vocabulary import Table

_FIGURES: Final = ("unit", "year", "indicator", "value", "measure")
_NUMERIC: Final = frozenset({"value", "employed", "establishments"})


def units(reading: MappedSheet) -> Tables:
    """Read a table of figures: a row a unit, a column an indicator."""
    unit_at, year_at = reading.matched.first("unit"), reading.matched.first("year")
    numbers = numbers_in(reading, reading.matched.all("figure"))
    rows = []
    for number, row in reading.rows:
        figures = [
            (index, column, numbers[number, index])
            for index, column in reading.columns
            if column is not None and column.holds == "figure" and (number, index) in numbers
        ]
        unit = "" if all(column.unit for _, column, _ in figures) else reading.unit(number, row, unit_at)
        for index, column, text in figures:
            cells = {
                "unit": column.unit or unit,
                "year": reading.year(row, year_at),
                "indicator": column.indicator or "",
                "value": text,
                "measure": column.measure or "",
            }
            place = address(number, index)
            places = {"value": place, "indicator": place, "unit": place, "measure": place}
            places |= {"unit": address(number, unit_at)} if unit_at is not None else {}
            rows.append(RawRow(number, cells, places))
    return [(Table.FIGURES, _FIGURES, rows)]


def records(reading: MappedSheet) -> Tables:
    """Read a canonical table under other headers, a row an observation."""
    table = reading.mapping.table
    if table is None:  # a document that passed its checks names it
        return []
    held = [
        (index, "rater" if column.holds == "identity" else column.column or "")
        for index, column in reading.columns
        if column is not None and column.holds in {"column", "identity"}
    ]
    numbers = numbers_in(reading, [index for index, name in held if name in _NUMERIC])
    rows = []
    for number, row in reading.rows:
        cells = {name: numbers.get((number, index), reading.cell(row, index)) for index, name in held}
        if "unit" in cells:
            cells["unit"] = reading.mapping.unit_of.get(folded(cells["unit"]), cells["unit"])
        if reading.matched.first("identity") is not None:
            cells["rater"] = reading.rater(number, row)
        rows.append(RawRow(number, cells, {name: address(number, index) for index, name in held}))
    return [(table, tuple(name for _, name in held), rows)]
