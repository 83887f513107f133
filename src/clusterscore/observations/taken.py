"""What became of a file, and what the ledger says of it besides its rows: description, notes, flags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from clusterscore.errors import Fault
from clusterscore.observations.arrivals import held_by
from clusterscore.observations.doubts import fault_at
from clusterscore.observations.ledger import Record
from clusterscore.observations.schema import columns
from clusterscore.observations.screening.remarks import Grade, Remark
from clusterscore.raw.readers import Note, RawFile
from clusterscore.vocabulary import Table


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file: how many rows were new and how many were known before, and what was noticed.

    ``flags`` are oddities that stop nothing, ``notes`` what was normalised or is left out by rule.
    """

    name: str
    table: Table
    sha256: str
    new: int
    known: int
    flags: tuple[Fault, ...] = ()
    notes: tuple[Note, ...] = ()


def with_remarks(taken: Taken, remarks: Iterable[Remark]) -> Taken:
    """Return what became of a file together with what was noticed about it."""
    mine = [remark for remark in remarks if remark.entry.raw.name == taken.name]
    flags = tuple(
        fault_of(remark) for remark in mine if remark.grade is Grade.FLAG and held_by(remark.entry.raw) == taken.table
    )
    notes = [
        Note(remark.code, taken.name, remark.entry.row.line, remark.column, remark.got, remark.expected)
        for remark in mine
        if remark.grade is Grade.NOTE
    ]
    return replace(taken, flags=flags, notes=(*taken.notes, *notes))


def ordered(raw: RawFile, table: Table) -> Iterator[Note]:
    """Yield that columns stand in another order than in the documents, where they do; they are read by name."""
    expected = [column for column in columns(table) if column in raw.header]
    if list(raw.header) != expected:
        was, became = ", ".join(raw.header), ", ".join(expected)
        yield Note("N-HDR-ORDER", raw.name, raw.header_line, was=was, became=became, sheet=raw.sheet)


def description(raw: RawFile) -> dict[str, Any]:
    """Return a file as the record that announces it describes it."""
    left_out = {"sha256", "mapping_document"}
    origin = raw.origin.model_dump(mode="json", exclude=left_out, exclude_none=True) if raw.origin else {}
    told = {name: value for name, value in origin.items() if value not in ([], ())}
    sheet = {"sheet": raw.sheet} if raw.sheet else {}
    return {"name": raw.name, "rows": len(raw.rows), "demonstration": False} | sheet | told


def fault_of(remark: Remark) -> Fault:
    """Return a remark at its place in the file."""
    entry = remark.entry
    return fault_at(entry.raw, entry.row, remark.column, remark.code, remark.got, remark.expected)


def flag_of(remark: Remark) -> dict[str, Any]:
    """Return a flag as the record that announces its file holds it."""
    return {"code": remark.code, "row": remark.entry.row.line, "column": remark.column, "got": remark.got}


def is_about(remark: Remark, record: Record) -> bool:
    """Whether a flag belongs to the file, and the sheet of it, that a record announces."""
    raw = remark.entry.raw
    place = raw.sha256, raw.sheet
    announced = record.file, record.data.get("sheet", "")
    return remark.grade is Grade.FLAG and place == announced and held_by(raw) is record.table


def as_recorded(note: Note) -> dict[str, Any]:
    """Return a note as the ledger keeps it: without the file, which the record describes."""
    return {name: getattr(note, name) for name in ("code", "row", "column", "was", "became") if getattr(note, name)}
