"""Bytes to text: UTF-8, or an encoding that was declared; another one is recognised and refused, never guessed."""

from __future__ import annotations

import re
from typing import Final, Literal, NoReturn

from clusterscore.errors import Fault, InputRefused, listed, quoted
from clusterscore.raw.kinds import kind_of
from clusterscore.raw.limits import check_size
from clusterscore.raw.rawfile import Note

Encoding = Literal["cp1250", "iso-8859-16", "iso-8859-2", "cp1252"]

ENCODINGS: Final[tuple[Encoding, ...]] = ("cp1250", "iso-8859-16", "iso-8859-2", "cp1252")
"""What may be declared instead of UTF-8; of those that fit equally well, the first is named."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_PLAUSIBLE: Final = frozenset("ăâîșțşţĂÂÎȘȚŞŢáéíóöőúüűÁÉÍÓÖŐÚÜŰäÄß„”“’‘–—«»…€§ \u00a0")  # noqa: RUF001 - quotes and dashes as they are
"""What is found beyond ASCII in the writing of Romania and its neighbours."""
_CONTROLS: Final = re.compile("[\x80-\x9f]")
_SHOWN: Final = 20  # characters around the first one that is not UTF-8
_QUOTED: Final = re.compile(r'"[^"]*"')
_LINE_ENDS: Final = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}
_SEARCHED: Final = 2000  # bytes in which UTF-16 without a mark is looked for


def checked_encoding(encoding: str | None) -> Encoding | None:
    """Return an encoding as somebody declared it, None for UTF-8.

    Raises
    ------
    InputRefused
        Where it is none of :data:`ENCODINGS`.
    """
    if encoding is None or encoding.lower() in {"utf-8", "utf8"}:
        return None
    known = next((known for known in ENCODINGS if known == encoding.lower()), None)
    if known is None:
        _refuse("--encoding", 0, "E-ENC-DECLARED", encoding, f"one of {listed(['utf-8', *ENCODINGS])}")
    return known


def decode(name: str, content: bytes, encoding: str | None = None) -> tuple[str, list[Note]]:
    """Return the text of a file, and what was normalised.

    Parameters
    ----------
    name
        How messages call the file.
    content
        Its bytes.
    encoding
        One of :data:`ENCODINGS`, where somebody said so.

    Raises
    ------
    InputRefused
        Where it is no text, or not in that encoding; the message names line, byte and what it looks like.
    """
    data = content.removeprefix(_BYTE_ORDER_MARK)
    notes = [Note("N-BOM", name, was="a byte order mark", became="none")] if len(data) < len(content) else []
    check_size(name, len(data))
    if kind := kind_of(content):
        _refuse(name, 0, "E-FILE-TYPE", kind, "text (CSV), or an Excel workbook whose name ends in .xlsx")
    _check_utf16_and_nul(name, data)
    text = _decoded(name, data, encoding, notes)
    if not text.strip():
        _refuse(name, 0, "E-FILE-EMPTY", "no content", "a header and at least one row")
    ends = [end for end in _LINE_ENDS if end in _ends(text)]
    if len(ends) > 1 or ends == ["\r"]:
        notes.append(Note("N-EOL", name, was=" and ".join(map(_LINE_ENDS.__getitem__, ends)), became="LF"))
    return text, notes


def _refuse(name: str, line: int, code: str, got: str, expected: str) -> NoReturn:
    raise InputRefused([Fault(name, line, "", code, got, expected)])


def _check_utf16_and_nul(name: str, data: bytes) -> None:
    head = data[:_SEARCHED]
    halves = (head[::2].count(0), head[1::2].count(0))
    if data.startswith(_UTF16_MARKS) or (max(halves) * 4 >= len(head) > 1 and 0 in halves):
        _refuse(name, 0, "E-ENC-UTF16", "UTF-16", "UTF-8; save it as CSV UTF-8")
    if b"\x00" in data:
        line = _line(data, data.index(b"\x00"))
        _refuse(name, line, "E-FILE-NUL", "a NUL byte", "text without NUL bytes")


def _line(data: bytes, position: int) -> int:
    before = data[:position]
    return before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n") + 1


def _decoded(name: str, data: bytes, encoding: str | None, notes: list[Note]) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        if encoding is None:
            likely = likeliest_encoding(data)
            words = _around(data.decode(likely, "replace"), error.start)
            expected = f"UTF-8; this looks like {likely}, where it reads {quoted(words)}"
            advice = f"{expected}; convert it, or pass --encoding {likely}"
            _refuse(name, _line(data, error.start), "E-ENC-NOTUTF8", f"byte 0x{data[error.start]:02X}", advice)
    else:
        if encoding is not None and not text.isascii():
            first = next(mark for mark in text if not mark.isascii())
            line = _line(data, data.index(first.encode()))
            _refuse(name, line, "E-ENC-DECLARED", quoted(first), f"{encoding}, as declared; it is UTF-8 already")
        return text
    return _as_declared(name, data, encoding, notes)


def _around(text: str, position: int) -> str:
    start = max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1
    return text[max(start, position - _SHOWN) : position + _SHOWN].splitlines()[0]


def _as_declared(name: str, data: bytes, encoding: str, notes: list[Note]) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        got = f"byte 0x{data[error.start]:02X}"
        _refuse(name, _line(data, error.start), "E-ENC-DECLARED", got, f"{encoding}, as declared")
    control = _CONTROLS.search(text)
    if control:
        got = f"byte 0x{ord(control[0]):02X}"
        _refuse(name, _line(data, control.start()), "E-ENC-DECLARED", got, f"{encoding}, as declared, where it is none")
    notes.append(Note("N-ENC", name, was=encoding, became="UTF-8"))
    return text


def likeliest_encoding(data: bytes) -> str:
    """Return which of :data:`ENCODINGS` bytes that are not UTF-8 are most likely in."""

    def share(encoding: str) -> float:
        text = data.decode(encoding, "replace")
        marks = [mark for mark in text if not mark.isascii()]
        return sum((mark in _PLAUSIBLE) - 2 * (bool(_CONTROLS.match(mark)) or mark == "\ufffd") for mark in marks)

    return max(ENCODINGS, key=share)  # the first of equals


def _ends(text: str) -> set[str]:
    bare = _QUOTED.sub("", text)
    return {match[0] for match in re.finditer(r"\r\n|\r|\n", bare)}
