"""Files that wait for a decision: kept aside whole, with their sidecars and everything that is in doubt about them.

What came in one call waits together in ``data/held/<digest>/``, named after the digests of its files: the bytes, a
sidecar each, and ``parcel.json`` with the doubts and the decisions so far. A folder is made under another name and
renamed, so it is there whole or not at all; a file that lies in ``data/raw`` already stays there and is named.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from clusterscore.durable import TEMPORARY_PREFIX, fsync_folder, make_folder, write_atomically
from clusterscore.errors import Doubt, Fault, OriginBroken
from clusterscore.paths import Workspace
from clusterscore.raw.origin import Decision, Origin, read_origin, sidecar_of, write_origin
from clusterscore.raw.readers import RawFile

PARCEL: Final = "parcel.json"
_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Parcel:
    """The files of one call that wait.

    Attributes
    ----------
    folder
        Where they are.
    files
        Path of each file within the workspace, as ``data/held/...`` or ``data/raw/...``, by SHA-256.
    doubts
        Every doubt, with the SHA-256 of the file that it is about.
    decisions
        What was decided so far, by id of the doubt.
    who, when
        Who sent them in, and when (UTC, ISO 8601).
    """

    folder: Path
    files: Mapping[str, str]
    doubts: tuple[tuple[str, Doubt], ...]
    decisions: Mapping[str, Decision]
    who: str
    when: str

    @property
    def name(self) -> str:
        """Name of the parcel, by which it is rejected as a whole."""
        return self.folder.name

    @property
    def open(self) -> list[Doubt]:
        """Doubts that nobody has decided yet."""
        return [doubt for _, doubt in self.doubts if doubt.id not in self.decisions]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a parcel.

        Raises
        ------
        OriginBroken
            Where the folder holds none.
        """
        try:
            content = json.loads((folder / PARCEL).read_text(encoding="utf-8"))
            doubts = [
                (row["file"], Doubt(row["id"], Fault(**row["fault"]), row["evidence"])) for row in content["doubts"]
            ]
            decisions = {row["doubt"]: Decision.model_validate(row) for row in content["decisions"]}
            return cls(folder, content["files"], tuple(doubts), decisions, content["who"], content["when"])
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise OriginBroken(f"{folder}: no parcel of held files: {error}") from None

    def write(self) -> None:
        """Make doubts and decisions durable; the files are there already."""
        content = {
            "files": dict(self.files),
            "who": self.who,
            "when": self.when,
            "doubts": [
                {"id": doubt.id, "file": file, "fault": asdict(doubt.fault), "evidence": dict(doubt.evidence)}
                for file, doubt in self.doubts
            ],
            "decisions": [decision.model_dump(mode="json") for decision in self.decisions.values()],
        }
        text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
        write_atomically(self.folder / PARCEL, text.encode())

    def decided(self, *decisions: Decision) -> Parcel:
        """Return the parcel with more decisions; nothing is written."""
        return replace(self, decisions={**self.decisions, **{one.doubt: one for one in decisions}})

    def paths(self, workspace: Workspace) -> list[Path]:
        """Return where the files lie."""
        return [workspace.root / name for name in self.files.values()]

    def settle(self, workspace: Workspace, now: datetime.datetime) -> None:
        """Write into each file's sidecar what was decided about it, and for all of them when the last decision fell.

        Raises
        ------
        OriginBroken
            Where a file is not what its sidecar says.
        """
        origins = {path: read_origin(path, path.read_bytes()) for path in self.paths(workspace)}
        about: dict[Path, tuple[Decision, ...]] = {}
        for path, origin in origins.items():
            ids = {doubt.id for file, doubt in self.doubts if file == origin.sha256} | {whole(origin.sha256)}
            known = {one.doubt for one in origin.decisions}
            about[path] = tuple(one for name, one in self.decisions.items() if name in ids and name not in known)
        if not any(about.values()) and all(origin.settled for origin in origins.values()):
            return  # a process that died had come so far
        for path, origin in origins.items():
            decisions = origin.decisions + about[path]
            write_origin(path, origin.model_copy(update={"decisions": decisions, "settled": now}))

    def remove(self) -> None:
        """Take the parcel away, whole: it is renamed first."""
        gone = self.folder.with_name(TEMPORARY_PREFIX + self.folder.name)
        self.folder.rename(gone)
        fsync_folder(gone.parent)
        shutil.rmtree(gone)


def parcels(workspace: Workspace) -> Iterator[Parcel]:
    """Yield what waits, oldest first.

    Raises
    ------
    OriginBroken
        Where a folder holds no parcel.
    """
    if not workspace.held.is_dir():
        return
    folders = [path for path in workspace.held.iterdir() if path.is_dir() and not path.name.startswith(".")]
    yield from sorted(map(Parcel.read, folders), key=lambda parcel: (parcel.when, parcel.name))


def sweep(workspace: Workspace) -> None:
    """Take away what commands left of parcels that they were making or removing; hold the ledger's lock meanwhile.

    Nobody would find it again, and it may name a person.
    """
    if workspace.held.is_dir():
        for left in workspace.held.glob(f"{TEMPORARY_PREFIX}*"):
            shutil.rmtree(left)


def hold(workspace: Workspace, raws: Iterable[RawFile], doubts: Iterable[tuple[RawFile, Doubt]], who: str) -> Parcel:
    """Keep the files of a call aside, with what is in doubt; decisions made before, here or in a sidecar, stay.

    Returns
    -------
    the parcel, durable
    """
    sweep(workspace)
    files = {raw.sha256: raw for raw in raws}
    digest = hashlib.sha256("".join(sorted(files)).encode()).hexdigest()[:_DIGITS]
    folder = workspace.held / digest
    named = tuple((raw.sha256, doubt) for raw, doubt in doubts)
    if (folder / PARCEL).is_file():
        replace(Parcel.read(folder), doubts=named).write()
    else:
        when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        told = {one.doubt: one for raw in files.values() if raw.origin for one in raw.origin.decisions}
        _fill(workspace, list(files.values()), Parcel(folder, {}, named, told, who, when))
    return Parcel.read(folder)


def whole(sha256: str) -> str:
    """Return the id by which a file is rejected about which nothing is in doubt, together with its parcel."""
    return f"D-{sha256[:10].upper()}"


def _fill(workspace: Workspace, files: list[RawFile], parcel: Parcel) -> None:
    """Make a parcel under another name and rename it."""
    making = parcel.folder.with_name(TEMPORARY_PREFIX + parcel.name)
    if parcel.folder.exists():  # a folder without a list of what it holds
        shutil.rmtree(parcel.folder)
    make_folder(making)
    names = [raw.path.name for raw in files]
    places = {}
    for raw in files:
        if _lies_in(workspace.raw, raw):
            if not sidecar_of(raw.path).is_file():
                write_origin(raw.path, _origin(raw))
            places[raw.sha256] = raw.path.resolve().relative_to(workspace.root).as_posix()
            continue
        own = f"{raw.sha256[:8]}/" if names.count(raw.path.name) > 1 else ""
        write_atomically(making / f"{own}{raw.path.name}", raw.content)
        write_origin(making / f"{own}{raw.path.name}", _origin(raw))
        places[raw.sha256] = f"data/held/{parcel.name}/{own}{raw.path.name}"
    replace(parcel, folder=making, files=places).write()
    making.rename(parcel.folder)
    fsync_folder(parcel.folder.parent)


def _lies_in(folder: Path, raw: RawFile) -> bool:
    """Whether the very file lies in a folder: not one from which a copy without names was made."""
    return raw.path.resolve().is_relative_to(folder) and raw.path.is_file() and raw.path.read_bytes() == raw.content


def _origin(raw: RawFile) -> Origin:
    if raw.origin is None:
        raise OriginBroken(f"{raw.name}: nobody says where it comes from")
    return raw.origin


def as_record(parcel: Parcel) -> dict[str, Any]:
    """Return a parcel as plain data, for ``--json``."""
    return {
        "parcel": parcel.name,
        "files": list(parcel.files.values()),
        "who": parcel.who,
        "when": parcel.when,
        "doubts": [
            doubt.record()
            | {"about": parcel.files[file]}
            | {"decision": decision.model_dump(mode="json") if (decision := parcel.decisions.get(doubt.id)) else None}
            for file, doubt in parcel.doubts
        ],
    }
