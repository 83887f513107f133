"""Rows about a person taken out of received files: the one case in which a raw file changes, and it says so."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clusterscore.durable import fsync_folder, write_atomically
from clusterscore.raw.origin import Redaction, read_origin, sidecar_of, write_origin

Names = Callable[[str], bool]
"""Whether a cell names the person."""

_DELIMITERS: Final = ",;\t|"
_BINARY: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Redacted:
    """A file without the rows that name a person.

    Attributes
    ----------
    path
        Where the file with them lies.
    was, now
        SHA-256 before and after; ``now`` is None where nothing but the header would be left.
    content
        Bytes after.
    rows
        How many were taken out.
    """

    path: Path
    was: str
    now: str | None
    content: bytes
    rows: int

    @property
    def home(self) -> Path:
        """Where the file without them goes: beside the other, under a name with its digest."""
        stem = self.path.stem.partition("-redacted-")[0]
        return self.path.with_name(f"{stem}-redacted-{(self.now or '')[:8]}{self.path.suffix}")


def is_text(content: bytes) -> bool:
    """Whether rows can be taken out of a file: it is a table of text, not a workbook."""
    return not content.startswith(_BINARY) and b"\x00" not in content


def redacted(path: Path, content: bytes, names: Names) -> Redacted | None:
    """Return a table of text without the rows that name a person, or None where none does; every other byte stays.

    Parameters
    ----------
    path
        Where it lies.
    content
        Its bytes.
    names
        Whether a cell names the person.
    """
    text = content.decode("latin-1")  # every byte is a character, so that what stays, stays as it was
    physical = list(io.StringIO(text, newline=""))  # lines as the reader counts them
    head = physical[0] if physical else ""
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(physical, delimiter=delimiter)
    kept, rows, before = list[str](), 0, 0
    for number, cells in enumerate(reader):
        record = "".join(physical[before : reader.line_num])
        before = reader.line_num
        if number and any(names(_plain(cell)) for cell in cells):
            rows += 1
        else:
            kept.append(record)
    if not rows:
        return None
    after = "".join(kept).encode("latin-1")
    now = hashlib.sha256(after).hexdigest() if len(kept) > 1 else None
    return Redacted(path, hashlib.sha256(content).hexdigest(), now, after, rows)


def _plain(cell: str) -> str:
    return cell.encode("latin-1").decode("utf-8", errors="replace").strip(" \t\u00a0")


def replace_file(found: Redacted, redaction: Redaction) -> None:
    """Put the redacted file in the place of the other; a process that dies on the way leaves either, or both.

    The new file is durable with its sidecar before the old one goes, so that no record ever lacks its source.
    """
    if found.now is not None:
        origin = read_origin(found.path, found.path.read_bytes())
        told = origin.model_copy(update={"sha256": found.now, "redactions": (*origin.redactions, redaction)})
        write_origin(found.home, told)
        write_atomically(found.home, found.content)
    found.path.unlink()
    sidecar_of(found.path).unlink(missing_ok=True)
    fsync_folder(found.path.parent)
