"""Bytes in, tables of text out, whatever a file is: the reader that fits its content, or a refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NoReturn

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.delimited import beyond_limits, read_csv
from clusterscore.raw.kinds import ZIP, is_encrypted, kind_of
from clusterscore.raw.limits import MAXIMUM_BYTES, MAXIMUM_CELL, MAXIMUM_COLUMNS, MAXIMUM_ROWS, check_size
from clusterscore.raw.origin import Origin
from clusterscore.raw.rawfile import Note, RawFile, RawRow
from clusterscore.raw.workbook import read_workbook

__all__ = [
    "MAXIMUM_BYTES",
    "MAXIMUM_CELL",
    "MAXIMUM_COLUMNS",
    "MAXIMUM_ROWS",
    "Note",
    "RawFile",
    "RawRow",
    "is_workbook",
    "read",
    "read_bytes",
    "read_csv",
    "read_workbook",
]

_WORKBOOKS: Final = {".xlsx", ".xlsm", ".xltx", ".xltm"}


def read_bytes(path: Path, name: str) -> bytes:
    """Return the content of a file whose size is within the limit; the size is looked up before anything is read.

    Raises
    ------
    InputRefused
        Where the file is too large; of a text, with what else is beyond limits in as much of it as would be read.
    """
    try:
        check_size(name, path.stat().st_size)
    except InputRefused as refused:
        with path.open("rb") as file:
            raise InputRefused([*refused.faults, *beyond_limits(name, file.read(MAXIMUM_BYTES))]) from None
    return path.read_bytes()


def is_workbook(name: str) -> bool:
    """Whether a file's name says that it is a workbook."""
    return Path(name).suffix.lower() in _WORKBOOKS


def read(path: Path, name: str, content: bytes, origin: Origin | None = None) -> list[RawFile]:
    """Read a file as canonical tables: one of a text file, one of each sheet of a workbook.

    Parameters
    ----------
    path
        The file.
    name
        How messages call it; its ending says what it should be, its content what it is.
    content
        Its bytes.
    origin
        What its sidecar says, already checked.

    Raises
    ------
    InputRefused
        With a stable code; whatever else a library says of a file means that the file is damaged.
    """
    try:
        if is_encrypted(content):
            _refuse(name, "E-XLS-ENCRYPTED", "a workbook behind a password", "a workbook without a password")
        if not is_workbook(name):
            return [read_csv(path, name, content, origin)]
        _check_is_workbook(name, content)
        return read_workbook(path, name, content, origin)
    except (InputRefused, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - no library promises which errors damaged files end in
        _refuse_as_damaged(name, error)


def _check_is_workbook(name: str, content: bytes) -> None:
    check_size(name, len(content))
    if not content:
        _refuse(name, "E-FILE-EMPTY", "no content", "a workbook")
    if content.startswith(ZIP):
        return
    kind = kind_of(content) or ("text" if _is_text(content) else "")
    if kind:
        _refuse(name, "E-FILE-TYPE", kind, "an Excel workbook (.xlsx), or CSV whose name ends in .csv")
    _refuse(name, "E-FILE-DAMAGED", "content of no known kind", "an Excel workbook (.xlsx); save it anew and send that")


def _is_text(content: bytes) -> bool:
    return b"\x00" not in content and sum(byte < ord(" ") and byte not in b"\t\r\n" for byte in content) == 0


def _refuse_as_damaged(name: str, error: Exception) -> NoReturn:
    got = f"{type(error).__name__}: {error}"
    _refuse(name, "E-FILE-DAMAGED", got, "a whole file; save it anew and send that")


def _refuse(name: str, code: str, got: str, expected: str) -> NoReturn:
    raise InputRefused([Fault(name, 0, "", code, got, expected)])
