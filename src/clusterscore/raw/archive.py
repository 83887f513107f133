"""The parts of a workbook, unpacked within limits: what comes out is counted, not what the archive says of itself."""

from __future__ import annotations

import io
import zipfile
from typing import Final, NoReturn

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.limits import MAXIMUM_PARTS, MAXIMUM_RATIO, MAXIMUM_UNPACKED, check_size

_CHUNK: Final = 1 << 16
_HARMLESS: Final = 200_000  # bytes that a part may unpack to at any ratio
_PACKINGS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED: Final = 1


def unpack(name: str, content: bytes) -> dict[str, bytes]:
    """Return every part of an archive by its name.

    Parameters
    ----------
    name
        How messages call the file.
    content
        Its bytes.

    Raises
    ------
    InputRefused
        Where it is damaged, encrypted, or would unpack to more than the limits.
    """
    check_size(name, len(content))
    parts: dict[str, bytes] = {}
    room = MAXIMUM_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check_entries(name, entries)
            for entry in entries:
                parts[entry.filename] = _unpacked(name, archive, entry, room)
                room -= len(parts[entry.filename])
    except InputRefused:
        raise
    except Exception as error:  # noqa: BLE001 - no library promises which errors damaged archives end in
        _refuse(name, "E-FILE-DAMAGED", f"{type(error).__name__}: {error}", "a whole workbook; save it anew")
    return parts


def _refuse(name: str, code: str, got: str, expected: str) -> NoReturn:
    raise InputRefused([Fault(name, 0, "", code, got, expected)])


def _check_entries(name: str, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAXIMUM_PARTS:
        _refuse(name, "E-ZIP-SIZE", f"{len(entries)} parts", f"a workbook of at most {MAXIMUM_PARTS} parts")
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        _refuse(name, "E-XLS-ENCRYPTED", "parts behind a password", "a workbook without a password")
    names = {entry.filename.lower() for entry in entries}
    if len(names) < len(entries) or any(entry.compress_type not in _PACKINGS for entry in entries):
        _refuse(name, "E-FILE-DAMAGED", "an archive that no spreadsheet writes", "a workbook; save it anew")


def _unpacked(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes:
    buffer = io.BytesIO()
    packed = max(1, entry.compress_size)
    with archive.open(entry) as part:
        while chunk := part.read(_CHUNK):
            buffer.write(chunk)
            size = buffer.tell()
            if size > _HARMLESS and size > MAXIMUM_RATIO * packed:
                _refuse_ratio(name, archive, entry)
            if size > room:
                expected = f"at most {MAXIMUM_UNPACKED} bytes in all parts; split the file"
                _refuse(name, "E-ZIP-SIZE", f"more than {MAXIMUM_UNPACKED} bytes unpacked", expected)
    return buffer.getvalue()


def _refuse_ratio(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NoReturn:
    """Say how far a part would unpack, as far as the limit goes."""
    size = 0
    with archive.open(entry) as part:
        while size <= MAXIMUM_UNPACKED and (chunk := part.read(_CHUNK)):
            size += len(chunk)
    ratio = f"{'more than ' if size > MAXIMUM_UNPACKED else ''}{size // max(1, entry.compress_size)}:1"
    expected = f"at most {MAXIMUM_RATIO}:1, as in a workbook that a spreadsheet saved"
    _refuse(name, "E-ZIP-RATIO", f"{ratio} in {entry.filename}", expected)
