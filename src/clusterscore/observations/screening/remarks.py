"""What screening says: a row, a place in it, a code, how grave, and the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from clusterscore.raw.readers import RawFile, RawRow
from clusterscore.vocabulary import Table


class Grade(StrEnum):
    """What follows from a remark."""

    REFUSE = "refuse"  # a fault: nothing is taken in
    HOLD = "hold"  # a doubt: the file waits for a named person's decision
    FLAG = "flag"  # said and recorded; stops nothing
    NOTE = "note"  # what the package does with the row by itself


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that was just read: where it stands and what it says.

    Attributes
    ----------
    raw, row
        The file and the row in it; of a correction, the row that corrects.
    table
        Table of ``data``.
    data
        The validated columns.
    column
        Column in which the value of a correction stands; empty for other rows, whose columns are those of ``data``.
    """

    raw: RawFile
    row: RawRow
    table: Table
    data: Mapping[str, Any]
    column: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say about an entry.

    Attributes
    ----------
    grade
        What follows.
    entry
        About which row.
    column
        About which cell; empty for the whole row.
    code
        Stable code.
    got, expected
        As in :class:`clusterscore.errors.Fault`.
    evidence
        What speaks for it, by name, as plain values.
    """

    grade: Grade
    entry: Entry
    column: str
    code: str
    got: str
    expected: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
