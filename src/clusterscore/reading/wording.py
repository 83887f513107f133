"""Words as people and survey tools write them, brought to a form in which they can be compared."""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from typing import Final

_TAG: Final = re.compile(r"<[^<>]{0,500}>")
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")  # split() takes line separators
_NUMBERED: Final = re.compile(r"(?:[a-z]{0,2}\d{1,3}(?:\.\d{1,3})*[.):]|\d{1,3}(?:\.\d{1,3})*)\s+(?=\D)")
_ELLIPSIS: Final = ("...", "…")
_SHORTEST_BEGINNING: Final = 20  # characters that a text cut short must still have to be recognised


@functools.lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return a text on one line without markup: tags dropped, entities resolved, spaces collapsed."""
    without = html.unescape(_TAG.sub(" ", text)) if "<" in text or "&" in text else text
    return " ".join(_INVISIBLE.sub("", without).split())


@functools.lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return the form in which words are compared: no markup, no case, no diacritics, of whichever kind."""
    apart = unicodedata.normalize("NFKD", plain(text))
    return "".join(mark for mark in apart if not unicodedata.combining(mark)).casefold()


def unnumbered(text: str) -> str:
    """Return a folded text without the number that a survey tool put before it, such as ``3.`` or ``Q3)``."""
    return _NUMBERED.sub("", text, count=1) if _NUMBERED.match(text) else text


def is_cut(text: str) -> bool:
    """Whether a folded text says that it was cut short."""
    return text.endswith(_ELLIPSIS)


def begins(text: str, whole: str) -> bool:
    """Whether a folded text is a longer one cut short, with or without the dots that say so."""
    beginning = text.removesuffix(_ELLIPSIS[0]).removesuffix(_ELLIPSIS[1]).rstrip()
    return len(beginning) >= _SHORTEST_BEGINNING and whole != beginning and whole.startswith(beginning)


def parts(header: str) -> list[str]:
    """Return what a survey tool may have put together in one header, folded: all of it, and each part by itself.

    LimeSurvey writes ``Q1[SQ1]. Question [row]``, EUSurvey ``Matrix: row (code)``, Google ``Question [row]``.
    """
    whole = folded(header)
    found = [whole]
    without = re.sub(r"\s*\([\w-]{1,50}\)$", "", whole)
    found.append(without)
    if row := re.search(r"\[([^\[\]]+)\]$", without):
        found.append(row[1].strip())
    if ": " in without:
        found.append(without.rpartition(": ")[2])
    if code := re.match(r"[a-z][a-z0-9]*(?:\[[^\[\]]*\])?\.\s+", without):
        found.append(without[code.end() :])
    found += [unnumbered(part) for part in found]
    return list(dict.fromkeys(part for part in found if part))


def codes(header: str) -> list[str]:
    """Return what may be a question's code in a header: all of it, up to a point, or in brackets at its end."""
    text = plain(header).casefold()
    found = [text, text.partition(". ")[0], text.removesuffix(".")]
    if at_end := re.search(r"\(([^()\s]{1,50})\)$", text):
        found.append(at_end[1])
    return list(dict.fromkeys(found))
