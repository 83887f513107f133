"""What a file is by its content, whatever its name says."""

from __future__ import annotations

import re
from typing import Final

ZIP: Final = b"PK\x03\x04"
COMPOUND: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_HEAD: Final = 4096  # bytes that are looked at

_SIGNATURES: Final = (
    (ZIP, "ZIP (an Excel workbook?)"),
    (b"PK\x05\x06", "an empty ZIP"),
    (COMPOUND, "old Excel (.xls) or another file of old Office"),
    (b"%PDF", "PDF"),
    (b"PAR1", "Parquet"),
    (b"ARROW1", "Arrow or Feather"),
    (b"\x89HDF", "HDF5 or NetCDF"),
    (b"\x93NUMPY", "NumPy"),
    (b"SQLite format 3", "SQLite"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "RTF"),
    (b"ID;P", "SYLK"),
    (b"\x7fELF", "a program"),
)
_MARKUP: Final = re.compile(rb"\s*<(?:[!?]|/?(?:html|head|body|title|table|xml|script|meta)\b)", re.IGNORECASE)
_JSON: Final = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*[\[{])")
_PICKLE: Final = re.compile(rb"\x80[\x02-\x05]|\(?c[A-Za-z_][\w.]*\n\w+\n|\([dl]p?\d*\n")
_MAIL: Final = re.compile(rb"(?:MIME-Version|Received|Return-Path): ", re.IGNORECASE)


def kind_of(content: bytes) -> str:
    """Return what content is that is no text, in words; an empty string where it may be text."""
    head = content[:_HEAD].removeprefix(_BYTE_ORDER_MARK)
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if _MARKUP.match(head):
        return "HTML or XML"
    if _JSON.match(head):
        return "JSON"
    if _PICKLE.match(head) and content.rstrip(b"\n").endswith(b"."):
        return "pickle, which could run code"
    return "an e-mail or a web archive" if _MAIL.match(head) else ""


def is_encrypted(content: bytes) -> bool:
    """Whether content is a workbook behind a password."""
    return content.startswith(COMPOUND) and _ENCRYPTED in content
