"""Where a raw file comes from: a sidecar ``x.csv.origin.yml`` with its digest; a raw file is never alone."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints

from clusterscore.documents import Document, dump_yaml
from clusterscore.durable import write_atomically
from clusterscore.errors import OriginBroken

SIDECAR_SUFFIX = ".origin.yml"


def _in_utc(moment: datetime.datetime) -> datetime.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


class Origin(Document):
    """What a sidecar says of its file; a date without a time stands for its first moment, UTC.

    ``encoding`` is what somebody declared when the file was taken in, so that it reads alike ever after.
    """

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    source: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    received: Annotated[datetime.datetime, AfterValidator(_in_utc)]
    demonstration: bool = False
    licence: str | None = None
    note: str | None = None
    encoding: Literal["cp1250", "cp1252", "iso-8859-2", "iso-8859-16"] | None = None


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
