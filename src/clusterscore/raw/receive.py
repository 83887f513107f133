"""Receive files: from ``data/raw`` with their sidecars, or from elsewhere, to be kept there once accepted."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from clusterscore.durable import write_atomically
from clusterscore.errors import Fault, InputRefused
from clusterscore.paths import Workspace
from clusterscore.raw.origin import SIDECAR_SUFFIX, Origin, read_origin, sidecar_of, write_origin
from clusterscore.raw.readers import RawFile, read_csv

_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")


def stored_files(workspace: Workspace) -> list[Path]:
    """Return every raw file kept in the workspace."""
    return sorted(path for path in workspace.raw.rglob("*.csv") if not path.name.endswith(SIDECAR_SUFFIX))


def receive(workspace: Workspace, paths: Iterable[Path], source: str, *, demonstration: bool) -> list[RawFile]:
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

    Raises
    ------
    InputRefused
        With the faults of every file that is not canonical CSV.
    OriginBroken
        Where a stored file is not what its sidecar says.
    """
    if not _SOURCE.fullmatch(source):
        raise InputRefused([Fault("--source", 0, "", "E-SOURCE", source, "small letters, digits and hyphens")])
    files: list[RawFile] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            files.append(_receive_one(workspace, path, source, demonstration=demonstration))
        except InputRefused as refused:
            faults.extend(refused.faults)
    if faults:
        raise InputRefused(faults)
    return files


def keep(raw: RawFile) -> None:
    """Make an accepted file and its sidecar durable in ``data/raw``; a file that is there already stays untouched."""
    if raw.origin is None or sidecar_of(raw.path).exists():
        return
    if not raw.path.exists():
        write_atomically(raw.path, raw.content)
    write_origin(raw.path, raw.origin)


def _receive_one(workspace: Workspace, path: Path, source: str, *, demonstration: bool) -> RawFile:
    if not path.is_file():
        raise InputRefused([Fault(str(path), 0, "", "E-FILE-ABSENT", str(path), "an existing file")])
    content, name = path.read_bytes(), workspace.relative(path)
    inside = path.resolve().is_relative_to(workspace.raw)
    if inside and sidecar_of(path).is_file():
        return read_csv(path, name, read_origin(path, content), content)
    raw = read_csv(path, name, content=content)
    today = datetime.datetime.now(datetime.UTC).date()
    origin = Origin(sha256=raw.sha256, source=source, received=today, demonstration=demonstration)
    home = path if inside else _place(workspace.raw / source / today.isoformat(), path.name, raw.sha256)
    return replace(raw, path=home, origin=origin)


def _place(folder: Path, name: str, sha256: str) -> Path:
    """Return a free place for a file; two different files of one name and day are told apart by their digest."""
    path = folder / name
    return path if not path.exists() else path.with_name(f"{path.stem}-{sha256[:8]}{path.suffix}")
