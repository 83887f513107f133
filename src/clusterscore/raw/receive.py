"""Receive files: from ``data/raw`` with their sidecars, or from elsewhere, to be kept there once accepted."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from clusterscore.durable import write_atomically
from clusterscore.errors import Fault, InputRefused
from clusterscore.paths import Workspace
from clusterscore.raw.origin import SIDECAR_SUFFIX, Origin, read_origin, sidecar_of, write_origin
from clusterscore.raw.readers import RawFile, read, read_bytes
from clusterscore.raw.text import checked_encoding

Reader = Callable[[Path, str, bytes, Origin], list[RawFile]]
"""Turns a file's path, name, bytes and origin into tables of text."""

_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")


def stored_files(workspace: Workspace) -> list[Path]:
    """Return every raw file kept in the workspace: all that is neither a sidecar nor hidden."""
    return sorted(
        path
        for path in workspace.raw.rglob("*")
        if path.is_file() and not path.name.startswith(".") and not path.name.endswith(SIDECAR_SUFFIX)
    )


def canonical(path: Path, name: str, content: bytes, origin: Origin) -> list[RawFile]:
    """Read a canonical file: text, or a workbook."""
    return read(path, name, content, origin)


def receive(
    workspace: Workspace,
    paths: Iterable[Path],
    source: str,
    *,
    demonstration: bool,
    locale: Literal["ro", "en"] | None = None,
    encoding: str | None = None,
    reader: Reader = canonical,
) -> tuple[list[RawFile], list[Fault]]:
    """Read files as they are; nothing is written.

    Parameters
    ----------
    workspace
        Where they will be kept.
    paths
        Files. One inside ``data/raw`` that has a sidecar must be what the sidecar says.
    source
        Who sent the others: small letters, digits and hyphens.
    demonstration
        Whether the others are invented.
    locale
        How numbers are written in the others, where somebody says so.
    encoding
        What the others are written in where that is not UTF-8, as somebody declares; workbooks have no part in it.
    reader
        How files are read.

    Returns
    -------
    files, one of each sheet of a workbook, and the faults of those that are no canonical tables

    Raises
    ------
    InputRefused
        Where the source is not a name, or the encoding is none that may be declared.
    OriginBroken
        Where a stored file is not what its sidecar says.
    """
    if not _SOURCE.fullmatch(source):
        raise InputRefused([Fault("--source", 0, "", "E-SOURCE", source, "small letters, digits and hyphens")])
    declared = checked_encoding(encoding)
    now = datetime.datetime.now(datetime.UTC)
    files: list[RawFile] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            name = workspace.relative(path)
            content = _content(path, name)
            origin = _recorded_origin(workspace, path, content) or Origin(
                sha256=hashlib.sha256(content).hexdigest(),
                source=source,
                received=now,
                demonstration=demonstration,
                locale=locale,
                encoding=declared,
            )
            files.extend(map(_as_read, reader(path, name, content, origin)))
        except InputRefused as refused:
            faults.extend(refused.faults)
    return files, faults


def keep(workspace: Workspace, raw: RawFile) -> None:
    """Make an accepted file and its sidecar durable in ``data/raw``; what is there already stays untouched.

    The sidecar comes first: where a process dies between the two, it describes a file that is not there, which misleads
    nobody and is written anew, while a file without a sidecar could be anybody's.
    """
    home = _home(workspace, raw)
    if raw.origin is None or (home.exists() and sidecar_of(home).exists()):
        return
    write_origin(home, raw.origin)
    if not home.exists():
        write_atomically(home, raw.content)


def _as_read(raw: RawFile) -> RawFile:
    """Return a file whose origin names an encoding only where reading needed it."""
    if raw.origin is None or raw.origin.encoding is None or any(note.code == "N-ENC" for note in raw.notes):
        return raw
    return replace(raw, origin=raw.origin.model_copy(update={"encoding": None}))


def _content(path: Path, name: str) -> bytes:
    if not name.isprintable():
        raise InputRefused([Fault(name, 0, "", "E-FILE-NAME", name, "a name of printable characters")])
    if not path.is_file():
        raise InputRefused([Fault(str(path), 0, "", "E-FILE-ABSENT", str(path), "an existing file")])
    return read_bytes(path, name)


def _recorded_origin(workspace: Workspace, path: Path, content: bytes) -> Origin | None:
    return read_origin(path, content) if _is_stored(workspace, path) and sidecar_of(path).is_file() else None


def _is_stored(workspace: Workspace, path: Path) -> bool:
    return any(path.resolve().is_relative_to(folder) for folder in (workspace.raw, workspace.held))


def _home(workspace: Workspace, raw: RawFile) -> Path:
    """Return where a file is kept; two different files of one name and day are told apart by their digest."""
    if raw.origin is None or raw.path.resolve().is_relative_to(workspace.raw):
        return raw.path
    path = workspace.raw / raw.origin.source / raw.origin.received.date().isoformat() / raw.path.name
    taken = path.exists() and path.read_bytes() != raw.content
    return path.with_name(f"{path.stem}-{raw.sha256[:8]}{path.suffix}") if taken else path
