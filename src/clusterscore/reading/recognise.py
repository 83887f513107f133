"""How a file is read: as our own workbook, by a mapping, or as a canonical table; never by a guess."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from pathlib import Path

from pydantic import ValidationError

from clusterscore.errors import Fault, FunctionInvalid, InputRefused, OriginBroken, UnknownName
from clusterscore.paths import Workspace
from clusterscore.pseudonyms import key_of, pseudonym
from clusterscore.raw.origin import Origin
from clusterscore.raw.readers import Note, RawFile
from clusterscore.raw.receive import Reader, canonical
from clusterscore.reading import workbooks
from clusterscore.reading.grids import is_workbook, rows_of
from clusterscore.reading.mapped import Received
from clusterscore.reading.mapping import Mapping, mapping_of, read_mappings
from clusterscore.reading.translate import recognised, translate


def reader_of(
    workspace: Workspace, named: str | None = None, known: frozenset[str] | None = None, otherwise: Reader = canonical
) -> Reader:
    """Return how the files of one call are read.

    Parameters
    ----------
    workspace
        Whose mappings there are.
    named
        The mapping by which files are read that have just come; without one, files are recognised by their headers.
    known
        Ids of all items and indicators; a mapping that names another is refused.
    otherwise
        Reads what is neither our own workbook nor any mapping's.

    Raises
    ------
    UnknownName
        Where there is no mapping of that name.
    FunctionInvalid
        Where a mapping is not what it must be.
    """
    door = _Door(workspace, known, otherwise)
    if named is not None:
        door.named = mapping_of(door.mappings, named)
        door.check(door.named)
    return door.read


class _Door:
    def __init__(self, workspace: Workspace, known: frozenset[str] | None, otherwise: Reader) -> None:
        self.workspace, self.known, self.otherwise = workspace, known, otherwise
        self.named: Mapping | None = None

    @functools.cached_property
    def mappings(self) -> dict[str, Mapping]:
        """Mappings of the workspace, read when first needed."""
        return read_mappings(self.workspace.mappings)

    @functools.cached_property
    def _key(self) -> bytes:
        """The key, read or made when the first person is named."""
        return key_of()

    def _pseudonym(self, identity: str) -> str:
        return pseudonym(identity, self._key)

    def check(self, mapping: Mapping) -> None:
        """Refuse a mapping that names items or indicators which no function has."""
        if self.known is None:
            return
        names = {name for column in mapping.columns for name in (column.item, column.indicator) if name is not None}
        problems = [str(UnknownName("item or indicator", name, self.known)) for name in sorted(names - self.known)]
        if problems:
            raise FunctionInvalid(self.workspace.mappings / f"{mapping.mapping}.yml", problems)

    def read(self, path: Path, name: str, content: bytes, origin: Origin) -> list[RawFile]:
        """Read one file."""
        if origin.mapping_document is not None:
            received = Received(path, name, rows_of(path, name, content), origin.sha256, origin, content)
            return translate(received, _kept_mapping(path, origin), str)
        if is_workbook(content):
            grids = rows_of(path, name, content)
            if workbooks.is_ours(grids):
                return workbooks.read(path, name, content, grids, origin)
        if self.named is not None:
            return self._translate(self._received(path, name, content, origin), self.named)
        return self._by_headers(path, name, content, origin)

    def _received(self, path: Path, name: str, content: bytes, origin: Origin) -> Received:
        return Received(
            path, name, rows_of(path, name, content, origin.encoding), hashlib.sha256(content).hexdigest(), origin
        )

    def _by_headers(self, path: Path, name: str, content: bytes, origin: Origin) -> list[RawFile]:
        if not self.mappings:
            return self.otherwise(path, name, content, origin)
        try:
            received = self._received(path, name, content, origin)
            found = recognised(received, list(self.mappings.values()))
        except InputRefused:  # it is no table at all; who reads canonical files says why
            found = []
        if not found:
            return self.otherwise(path, name, content, origin)
        if len(found) > 1:
            names = ", ".join(sorted(mapping.mapping for mapping in found))
            raise InputRefused([Fault(name, 0, "", "E-MAP-SEVERAL", names, "one mapping; say which by --mapping NAME")])
        mapping = found[0]
        self.check(mapping)
        first, *others = self._translate(received, mapping)
        note = Note("N-MAPPING", name, 0, "", Path(name).name, mapping.mapping)
        return [dataclasses.replace(first, notes=(note, *first.notes)), *others]

    def _translate(self, received: Received, mapping: Mapping) -> list[RawFile]:
        if received.path.resolve().is_relative_to(self.workspace.raw):
            expected = "a file outside data/raw: what is kept there is a copy that names no person"
            raise InputRefused([Fault(received.name, 0, "", "E-MAP-PLACE", received.name, expected)])
        return translate(received, mapping, self._pseudonym)


def _kept_mapping(path: Path, origin: Origin) -> Mapping:
    """Return the mapping by which a kept file was read, as it was then."""
    try:
        mapping = Mapping.model_validate(origin.mapping_document)
    except ValidationError as error:
        raise OriginBroken(f"{path}: the mapping in its sidecar is broken: {error.error_count()} problems") from None
    if mapping.digest != origin.mapping_sha256:
        raise OriginBroken(f"{path}: the mapping in its sidecar was changed")
    return mapping
