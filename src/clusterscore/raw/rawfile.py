"""What a file is once it is read: a table of text, exactly as received, with what was noted on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clusterscore.errors import Fault
from clusterscore.raw.origin import Origin
from clusterscore.vocabulary import Table


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was normalised on the way in: what stood there, what it became, by which rule.

    Attributes
    ----------
    code
        Stable code of the rule, such as ``N-BOM``.
    file, row, column
        Where, as in :class:`clusterscore.errors.Fault`; the first place where it was met more than once.
    was, became
        Before and after, as text.
    sheet
        Worksheet of a workbook; empty for a text file.
    """

    code: str
    file: str
    row: int = 0
    column: str = ""
    was: str = ""
    became: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One line of a raw file: its number, the header being line 1, and its cells by column.

    Attributes
    ----------
    line
        Line of a text file, row of a sheet.
    cells
        Text by column.
    places
        Address in a workbook, such as ``B7``, by column; empty for a text file.
    numbers
        Columns whose cell is a number for the workbook itself, so that no decimal mark is in doubt.
    """

    line: int
    cells: dict[str, str]
    places: Mapping[str, str] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file exactly as received, read as text.

    Attributes
    ----------
    name
        Path as the user knows it, for messages.
    path
        Where the file lies.
    content
        Its bytes.
    sha256
        Digest of the bytes.
    header
        Column names in the file's order.
    rows
        Cells as text, untouched.
    origin
        What its sidecar says, or will say once the file is kept.
    table
        Which canonical table the rows are of, where something else than the file's name says so.
    sheet
        Worksheet of a workbook; empty for a text file. Several sheets of one workbook share path, bytes and digest.
    notes
        What was normalised.
    doubts
        What reading itself leaves in doubt, such as hidden rows: a named person decides before anything is taken in.
    canonical
        Whether its numbers are canonical text already, however its sender writes numbers.
    header_places
        Address of each column's header in a workbook; empty for a text file.
    header_line
        Line of the header.
    """

    name: str
    path: Path
    content: bytes
    sha256: str
    header: tuple[str, ...]
    rows: tuple[RawRow, ...]
    origin: Origin | None = None
    table: Table | None = None
    sheet: str = ""
    notes: tuple[Note, ...] = ()
    doubts: tuple[Fault, ...] = ()
    canonical: bool = False
    header_places: Mapping[str, str] = field(default_factory=dict)
    header_line: int = 1
