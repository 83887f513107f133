"""What is wrong with a header, or with a row beside another; and what a refused file or row would have announced."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from clusterscore.errors import Fault, InputRefused
from clusterscore.observations.arrivals import table_of
from clusterscore.observations.checks import MEANT, Finding, nearest
from clusterscore.observations.harmonise import is_repeated, told
from clusterscore.observations.ledger import KEY_COLUMNS, REFERENCES, Record
from clusterscore.observations.revise import alike
from clusterscore.observations.schema import columns, required_columns
from clusterscore.observations.screening.remarks import Entry
from clusterscore.raw.readers import RawFile, RawRow
from clusterscore.vocabulary import Table


class Refused:
    """What a refused file or row would have announced, so that one fault is not reported again at each reference."""

    def __init__(self) -> None:
        self._tables: set[Table] = set()
        self._names: set[tuple[Table, str]] = set()

    def file(self, name: str) -> None:
        """Remember a file of which no row could be read."""
        with contextlib.suppress(InputRefused):
            self.table(table_of(name))

    def table(self, table: Table) -> None:
        """Remember a table of which no row could be read."""
        self._tables.add(table)

    def row(self, table: Table, row: RawRow) -> None:
        """Remember the unit or rater of a row that could not be read."""
        if table in REFERENCES:
            self._names.add((table, row.cells.get(KEY_COLUMNS[table][0], "").strip()))

    def explains(self, finding: Finding) -> bool:
        """Whether something is unknown only because what announces it was refused."""
        _, code, got, _ = finding
        table = {"E-ID-UNKNOWN": Table.UNITS, "E-RATER-UNKNOWN": Table.RATERS}.get(code)
        return table is not None and (table in self._tables or (table, got) in self._names)


def header_faults(raw: RawFile, table: Table) -> Iterator[Fault]:
    """Yield every column of a header that a table does not have, and every one that it must have and has not."""
    known = columns(table)
    for column in raw.header:
        if column not in known:
            meant = MEANT.get(column.lower())
            hint = f"did you mean {meant!r}?" if meant in known else nearest(column, list(known))
            expected = f"{hint}; columns of {table}.csv: {', '.join(known)}"
            cell = raw.header_places.get(column, "")
            yield Fault(raw.name, raw.header_line, column, "E-HDR-UNKNOWNCOL", column, expected, raw.sheet, cell)
    for column in required_columns(table):
        if column not in raw.header:
            expected = f"columns {', '.join(required_columns(table))}"
            yield Fault(raw.name, raw.header_line, column, "E-HDR-MISSINGCOL", "no such column", expected, raw.sheet)


def differences(raw: RawFile, data: Mapping[str, Any], known: Record) -> Iterator[Finding]:
    """Yield every column in which a row says something else than what is recorded under its key."""
    repeated = is_repeated(data, known.data)  # the same figure, perhaps by tables that have changed since
    for column, value in data.items():
        if column in raw.header and not (alike(value, known.data.get(column)) or (column == "value" and repeated)):
            change = "a change is a row of corrections.csv with its reason"
            expected = f"{told(known.data, column)} as in record {known.number}; {change}"
            got = told(data, column) if "given" in data else value
            yield column, "E-DUP-CONFLICT", got, expected


def twice(entry: Entry, first: Entry) -> Finding:
    """Return what is wrong with a second row of one key."""
    differ = [name for name in entry.data if entry.data[name] != first.data.get(name)]
    code = "E-DUP-CONFLICT" if differ else "E-DUP-ROW"
    column = differ[0] if differ else ""
    got = entry.data[column] if differ else " ".join(str(first.data[name]) for name in KEY_COLUMNS[entry.table])
    return column, code, got, f"each observation once; it stands in row {first.row.line}"


def has_two_names(entry: Entry, known: Mapping[str, Any]) -> bool:
    """Whether a row says of a unit what is known already, but for the name."""
    differ = {name for name in entry.raw.header if entry.data.get(name) != known.get(name)}
    return entry.table is Table.UNITS and differ == {"name"}
