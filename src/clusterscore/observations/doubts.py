"""Doubts by stable ids, and which of them a named person has decided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clusterscore.errors import Doubt, Fault
from clusterscore.observations.ledger import KEY_COLUMNS
from clusterscore.observations.screening.remarks import Remark
from clusterscore.raw.readers import RawFile, RawRow


def fault_at(raw: RawFile, row: RawRow, column: str, code: str, got: object, expected: str) -> Fault:
    """Return a fault at its place in a file or in a sheet of a workbook."""
    return Fault(raw.name, row.line, column, code, str(got), expected, raw.sheet, row.places.get(column, ""))


def doubt_of(remark: Remark) -> Doubt:
    """Return a remark as a doubt; its id says which rule doubts which value of which observation, wherever it stands.

    So it stays the same when a file is sent again with other rows, or when rows about a person are taken out of it.
    """
    entry = remark.entry
    value = entry.data.get(remark.column or "value", entry.data.get("value"))
    key = [str(entry.data[column]) for column in KEY_COLUMNS[entry.table]]
    fault = fault_at(entry.raw, entry.row, remark.column, remark.code, remark.got, remark.expected)
    return Doubt(_named(remark.code, entry.table, *key, remark.column, value), fault, _plain(remark.evidence))


def doubts_from_reading(raw: RawFile) -> Iterator[Doubt]:
    """Yield what reading a file left in doubt."""
    for fault in raw.doubts:
        where = (fault.sheet, fault.row, fault.column, fault.cell, fault.got)
        yield Doubt(_named(fault.code, raw.sha256, *where), fault, {})


def undecided(raw: RawFile, doubts: Iterable[Doubt]) -> list[Doubt]:
    """Return the doubts about a file that nobody has dispelled yet."""
    accepted = raw.origin.accepted if raw.origin else frozenset[str]()
    return [doubt for doubt in doubts if doubt.id not in accepted]


def _named(*parts: object) -> str:
    text = "\x1f".join(map(str, parts))
    return f"D-{hashlib.sha256(text.encode()).hexdigest()[:10].upper()}"


def _plain(evidence: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int | float | str) else str(value) for name, value in evidence.items()}
