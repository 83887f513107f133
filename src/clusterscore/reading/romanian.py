"""Romanian text as it arrives: cedillas for commas, letters in two parts, wrong encodings, marks that cannot be seen.

What is certain is mended and noted; where a letter is lost, nobody but the sender can say which it was.
"""

from __future__ import annotations

import contextlib
import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

_CEDILLA: Final = str.maketrans("şţŞŢ", "șțȘȚ")
_TURKISH: Final = re.compile(r"[ğĞıİ]")  # whose words keep their own ş
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SPACES: Final = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_LETTERS: Final = frozenset(
    "ăâîșțşţĂÂÎȘȚŞŢáéíóöőúüűÁÉÍÓÖŐÚÜŰäßÄàèùçÀÈÙÇëïêôûñ°“”„«»…€ \u00a0"
    "\N{EN DASH}\N{EM DASH}\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
)
"""What text mended from a wrong encoding may hold beyond ASCII: letters of Romania and its neighbours, quotes."""

_QUOTED: Final = re.compile(  # Ă before a quote or dash: together they are UTF-8 in code page 1250
    "Ă[„“”\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{EN DASH}\N{EM DASH}…«»\u00a0]"
)
_AS_1250: Final = str.maketrans("ºªþÞãÃ", "șȘțȚăĂ")
"""Bytes of code page 1250 (or ISO 8859-2) that were read as 1252 (or ISO 8859-1)."""

_WORD: Final = re.compile(r"[^\W\d_]+(?:[ºª]+[^\W\d_]*)*|[ºª]+[^\W\d_]+(?:[ºª]+[^\W\d_]*)*")
_ROMANIAN_WORD: Final = re.compile(r"[A-Za-zâîÂÎăĂșțȘȚºªþÞãÃ]+")
_CERTAIN: Final = re.compile(
    r"(?<=[A-Za-zâîÂÎ]{2})º|º(?=[A-Za-zâîÂÎ]{2})|ª(?=[A-Za-zâîÂÎ]{2})|(?<=[a-zâîã])þ(?!o)|[þÞ].*[ãÃ]|[ãÃ].*[þÞ]"
)
_LOST: Final = re.compile(r"\ufffd|(?<=[^\W\d_])\?(?=[^\W\d_])")
_ADDRESS: Final = re.compile(r"\S*(?://|@|=|www\.)\S*")
_MOST_STEPS: Final = 24
_LEGAL_FORMS: Final = {"srl", "sa", "sc", "srld", "pfa", "snc", "scs", "ra"}
_QUOTES: Final = re.compile(
    r"[\"'`\u00b4\N{LEFT SINGLE QUOTATION MARK}-\u201f«»\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}\u203a<>(){}\[\]]"
)
_JOINERS: Final = {"si", "and", "&", "und", "et"}


@cache
def _codecs() -> tuple[str, ...]:
    """Return the code pages that text may have been read by; sloppy ones know the bytes that others leave undefined."""
    from ftfy import bad_codecs  # noqa: PLC0415 - most text is as it should be

    bad_codecs.ok()
    return "sloppy-windows-1252", "sloppy-windows-1250", "latin-1"


@dataclass(frozen=True, slots=True)
class Mended:
    """A text after it was mended.

    Attributes
    ----------
    text
        As it is kept.
    steps
        What was done to it, in order: code, before, after.
    """

    text: str
    steps: tuple[tuple[str, str, str], ...]


def mend(text: str) -> Mended:
    """Return a text with everything mended that is certain; the same text mended twice does not change again."""
    steps: list[tuple[str, str, str]] = []
    before = None
    while text != before and len(steps) < _MOST_STEPS:  # what one rule mends may make another one certain
        before = text
        for code, rule in _RULES:
            after = rule(text)
            if after != text:
                steps.append((code, text, after))
                text = after
    return Mended(text, tuple(steps))


def has_lost_letters(text: str) -> bool:
    """Whether letters were replaced by a question mark or by U+FFFD on the way."""
    return _LOST.search(_ADDRESS.sub("", text)) is not None


def fold(name: str) -> str:
    """Return the key by which two spellings of one name are compared.

    Case, diacritics, quotes, punctuation, spaces, the legal form (SRL, S.R.L., SC ... SA) and the word for "and" do not
    count. A name of nothing else keeps its words.
    """
    text = unicodedata.normalize("NFKD", mend(name).text).casefold()
    text = "".join(mark for mark in text if not unicodedata.combining(mark))
    text = re.sub(r"(?<=\b\w)\.(?=\w\b|\s|$)", "", _QUOTES.sub("", text))
    words = ["&" if word in _JOINERS else word for word in re.sub(r"[^\w&]+", " ", text).split()]
    return " ".join([word for word in words if word not in _LEGAL_FORMS] or words)


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a name with lost letters most likely is, or None where none is near."""
    pattern = re.compile(re.sub(r"\\\?|\ufffd", ".", re.escape(name.casefold())))
    names = list(known)
    exact = [other for other in names if pattern.fullmatch(other.casefold())]
    if exact:
        return exact[0]
    folded = {fold(other): other for other in names}
    near = difflib.get_close_matches(fold(_LOST.sub("", name)), folded, n=1, cutoff=0.7)
    return folded[near[0]] if near else None


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _visible(text: str) -> str:
    return _INVISIBLE.sub("", text)


def _spaced(text: str) -> str:
    return _SPACES.sub(" ", text).strip(" \t")


def _decoded(text: str) -> str:
    """Return UTF-8 that was read as a single-byte encoding, read aright, where nothing but plain letters comes out.

    Only a whole text or word counts whose every byte is UTF-8: a guess from single marks, as libraries make it, takes
    the letter ``Â`` before a space for a space.
    """
    if text.isascii():
        return text
    whole = _certain(text)
    return whole if whole != text else "".join(_certain(word) for word in re.split(r"(\s+)", text))


def _certain(text: str) -> str:
    """Return what a text is where all of it is UTF-8 that was read as another encoding; else the text."""
    return next((found for found in _whole(text) if found != text and _is_certain(text, found)), text)


def _is_certain(text: str, found: str) -> bool:
    """Whether what was decoded holds letters that belong there: those of the region, no small ones among capitals."""
    restored = {mark for mark in found if not mark.isascii()}
    letters = [mark for mark in restored if mark.isalpha()]
    capitals = re.sub("[^A-Za-z]", "", text).isupper()
    return restored <= _LETTERS and bool(letters) and not (capitals and any(mark.islower() for mark in letters))


def _whole(text: str) -> Iterator[str]:
    """Yield what a text is where all of it is UTF-8 that was read as one of the usual encodings."""
    for codec in _codecs():
        if codec.endswith("1250") and _QUOTED.search(text):
            continue
        with contextlib.suppress(UnicodeError):
            yield text.encode(codec).decode()


def _recoded(text: str) -> str:
    """Return text of code page 1250 that was read as 1252, read aright, where a word of it can be nothing else."""
    return _WORD.sub(lambda found: _recoded_word(found[0]), text)


def _recoded_word(word: str) -> str:
    if not _ROMANIAN_WORD.fullmatch(word):
        return word
    if _CERTAIN.search(word) or re.search(r"[Aa-zâî]ã(?![oe]|$)", word):
        return word.translate(_AS_1250)
    return word


def _with_commas(text: str) -> str:
    return re.sub(r"\w+", lambda found: found[0] if _TURKISH.search(found[0]) else found[0].translate(_CEDILLA), text)


_RULES: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("N-TXT-INVISIBLE", _visible),
    ("N-RO-MOJIBAKE", _decoded),
    ("N-RO-MOJIBAKE", _recoded),
    ("N-NFC", _composed),
    ("N-RO-CEDILLA", _with_commas),
    ("N-TXT-SPACE", _spaced),
)
