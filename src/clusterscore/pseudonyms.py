"""Raters by pseudonym: a keyed digest of who they are, with a key that lies outside every workspace and repository.

Without the key nobody can find out who a pseudonym is, not even by trying all names; with it the same person always
gets the same pseudonym, so that answers of several editions belong together. Nothing here prints or logs the key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import stat
import tempfile
import unicodedata
from pathlib import Path
from typing import Final

from clusterscore.durable import TEMPORARY_PREFIX, fsync_folder, make_folder
from clusterscore.errors import KeyUnsafe

KEY_VARIABLE: Final = "CLUSTERSCORE_KEY_FILE"

_PURPOSE: Final = b"clusterscore rater\x00"
_CHARACTERS: Final = 8  # of 5 bits each
_KEY_BYTES: Final = 32
_KEY_TEXT: Final = re.compile(rb"[0-9a-f]{64}\n?")
_SAME_LETTERS: Final = str.maketrans("şţ", "șț")


def pseudonym(identity: str, key: bytes) -> str:
    """Return the pseudonym of a person: ``R-`` and 8 characters of HMAC-SHA-256, an id that every table accepts.

    Parameters
    ----------
    identity
        E-mail address or name. Capital letters, spaces around or doubled, and cedillas for commas below make no
        difference.
    key
        From :func:`key_of`.

    Raises
    ------
    KeyUnsafe
        Where the key has not 256 bits.
    ValueError
        Where nothing is left of the identity: an empty cell is nobody's.
    """
    if len(key) != _KEY_BYTES:
        raise KeyUnsafe(f"a key of {8 * len(key)} bits; it must have {8 * _KEY_BYTES}")
    person = _folded(identity)
    if not person:
        raise ValueError("an empty identity has no pseudonym")
    digest = hmac.digest(key, _PURPOSE + person.encode(), hashlib.sha256)
    return f"R-{base64.b32encode(digest).decode()[:_CHARACTERS]}"


def key_of(place: Path | None = None) -> bytes:
    """Return the key, made at its first use.

    Parameters
    ----------
    place
        File that holds it; by default that of ``CLUSTERSCORE_KEY_FILE``, else ``~/.config/clusterscore/key``.

    Returns
    -------
    32 bytes

    Raises
    ------
    KeyUnsafe
        Where the file lies in a workspace or repository, others may read it, or it holds no key.
    """
    file = _place(place)
    _refuse_inside(file)
    if not file.exists():
        _make(file)
    return _read(file)


def has_key(place: Path | None = None) -> bool:
    """Whether there is a key already; nothing is made."""
    return _place(place).is_file()


def _place(place: Path | None) -> Path:
    named = place or os.environ.get(KEY_VARIABLE)
    return (Path(named) if named else Path("~/.config/clusterscore/key")).expanduser().resolve()


def _folded(identity: str) -> str:
    text = unicodedata.normalize("NFKC", identity).casefold().translate(_SAME_LETTERS)
    return " ".join(text.split())


def _refuse_inside(file: Path) -> None:
    """Refuse a key where it would be shared or published together with what it protects."""
    for folder in file.parents:
        if (folder / ".git").exists() or (folder / "functions").is_dir():
            raise KeyUnsafe(f"E-KEY-PLACE: {file} lies in {folder}; a key lies outside every workspace and repository")


def _make(file: Path) -> None:
    """Write a new key that only its owner may read, whole or not at all; whoever comes second keeps the first's."""
    make_folder(file.parent)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=TEMPORARY_PREFIX)  # mode 600 from the beginning
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(secrets.token_hex(_KEY_BYTES).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(name, file)
        except FileExistsError:
            return
    finally:
        Path(name).unlink(missing_ok=True)
    fsync_folder(file.parent)


def _read(file: Path) -> bytes:
    mode = file.stat().st_mode
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyUnsafe(f"E-KEY-MODE: others may read {file}; run: chmod 600 {file}")
    content = file.read_bytes()
    if not _KEY_TEXT.fullmatch(content):
        raise KeyUnsafe(f"E-KEY-FORMAT: {file} holds no key of 64 hexadecimal digits; restore it from its backup")
    return bytes.fromhex(content.decode())
