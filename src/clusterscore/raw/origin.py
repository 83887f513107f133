"""Where a raw file comes from: a sidecar ``x.csv.origin.yml`` with its digest; a raw file is never alone."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from clusterscore.documents import Document, dump_yaml
from clusterscore.durable import write_atomically
from clusterscore.errors import OriginBroken

SIDECAR_SUFFIX = ".origin.yml"

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _in_utc(moment: datetime.datetime) -> datetime.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


class Decision(Document):
    """What a named person decided on one doubt about a file, when and why."""

    doubt: Annotated[str, StringConstraints(pattern=r"^D-[0-9A-F]{10}$")]
    code: Annotated[str, StringConstraints(pattern=r"^W-[A-Z0-9-]{1,40}$")]
    verdict: Literal["accept", "reject"]
    who: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    when: Annotated[datetime.datetime, AfterValidator(_in_utc)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class Redaction(Document):
    """That rows about a person were taken out of a file: what its digest was, who asked for it, when and why."""

    was: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    rows: Annotated[int, Field(ge=0)]
    who: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    when: Annotated[datetime.datetime, AfterValidator(_in_utc)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class Origin(Document):
    """What a sidecar says of its file; a date without a time stands for its first moment, UTC.

    ``locale`` is how its numbers are written, where somebody said so: ``ro`` for 1.234,5 and ``en`` for 1,234.5.
    ``encoding`` is what its text is written in, where somebody declared it because it is not UTF-8.
    ``decisions`` are those on doubts about it; with one rejection the file stays out for good. ``settled`` is when the
    last of them was made: then it came in, after what had come in meanwhile. ``redactions`` say what was taken out.

    A file that was read by a mapping is kept as a copy that names no person. Its sidecar holds the mapping as it was
    then, so that the copy says the same for ever, and the digest of what had come.
    """

    sha256: Digest
    source: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    received: Annotated[datetime.datetime, AfterValidator(_in_utc)]
    demonstration: bool = False
    locale: Literal["ro", "en"] | None = None
    encoding: Literal["cp1250", "cp1252", "iso-8859-2", "iso-8859-16"] | None = None
    licence: str | None = None
    note: str | None = None
    mapping: str | None = None
    mapping_sha256: Digest | None = None
    mapping_document: dict[str, Any] | None = None
    original_sha256: Digest | None = None
    decisions: tuple[Decision, ...] = ()
    settled: Annotated[datetime.datetime, AfterValidator(_in_utc)] | None = None
    redactions: tuple[Redaction, ...] = ()

    @property
    def arrived(self) -> datetime.datetime:
        """When the file came in: when it was received, or when the last doubt about it was decided."""
        return self.settled or self.received

    @property
    def rejected(self) -> tuple[Decision, ...]:
        """The decisions that keep the file out."""
        return tuple(decision for decision in self.decisions if decision.verdict == "reject")

    @property
    def accepted(self) -> frozenset[str]:
        """Ids of the doubts that a named person dispelled."""
        return frozenset(decision.doubt for decision in self.decisions if decision.verdict == "accept")


def sidecar_of(path: Path) -> Path:
    """Return the path of a raw file's sidecar."""
    return path.with_name(path.name + SIDECAR_SUFFIX)


def read_origin(path: Path, content: bytes) -> Origin:
    """Return the origin of a raw file after checking that ``content`` is what the sidecar describes.

    Raises
    ------
    OriginBroken
        Where the sidecar is missing or its digest differs.
    """
    sidecar = sidecar_of(path)
    if not sidecar.is_file():
        raise OriginBroken(f"{path}: no sidecar {sidecar.name}; a raw file needs one")
    origin = Origin.read(sidecar)
    found = hashlib.sha256(content).hexdigest()
    if found != origin.sha256:
        raise OriginBroken(f"{path}: SHA-256 is {found}, but {sidecar.name} says {origin.sha256}; the file was changed")
    return origin


def write_origin(path: Path, origin: Origin) -> None:
    """Write the sidecar of a raw file."""
    text = dump_yaml(origin.model_dump(mode="json", exclude_none=True, exclude_defaults=True))
    write_atomically(sidecar_of(path), text.encode())
