"""The language in which a page speaks: English as it stands in the code, Romanian from ``phrases/ro*.yml``.

A phrase has places for values; values are put in after the phrase was looked up, so that nothing that people wrote is
ever taken for a phrase. A phrase without its Romanian is an error: a page is in one language or not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from numbers import Integral
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup, escape

from clusterscore.documents import load_yaml
from clusterscore.errors import UnknownName
from clusterscore.model.function import Text

ENGLISH: Final = "en"
ROMANIAN: Final = "ro"
LANGUAGES: Final = (ENGLISH, ROMANIAN)
NAMES: Final = {ENGLISH: "English", ROMANIAN: "Română"}

_LARGE: Final = 10_000  # from here on thousands stand apart; a year has none
_ALONE: Final = 20  # from here on a number in Romanian needs "de" before what is counted, but for 101 to 119 and so on

_THIN: Final = "\N{NARROW NO-BREAK SPACE}"
_NUMERALS: Final = str.maketrans({",": _THIN, ".": ","})

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)
_PHRASES: Final = Path(__file__).parent / "phrases"


class _Count(int):
    """A whole number as it is written; it knows, asked with ``{n:de}``, how Romanian counts with it."""

    def __format__(self, spec: str) -> str:
        if spec not in {"", "de"}:
            return format(int(self), spec)
        written = numeral(f"{int(self):,}") if self >= _LARGE else str(int(self))
        rest = int(self) % 100
        return f"{written} de" if spec and (rest >= _ALONE or (rest == 0 and self > 0)) else written


def speak(language: str) -> None:
    """Say everything from now on in a language; a page runs in a process of its own.

    Raises
    ------
    UnknownName
        Where it is none of :data:`LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise UnknownName("language", language, LANGUAGES)
    _spoken.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything within in a language."""
    before = _spoken.get()
    speak(language)
    try:
        yield
    finally:
        _spoken.set(before)


def spoken() -> str:
    """Return the language that is spoken now."""
    return _spoken.get()


def say(phrase: str, **values: Any) -> str:
    """Return a phrase in the language that is spoken, with values in its places.

    Parameters
    ----------
    phrase
        In English, with places ``{name}``.

    Raises
    ------
    UnknownName
        Where there is no Romanian for it.
    """
    counted = {name: _Count(value) if isinstance(value, Integral) else value for name, value in values.items()}
    return translated(phrase).format(**counted)


def translated(phrase: str) -> str:
    """Return a phrase in the language that is spoken, its places as they are."""
    if _spoken.get() == ENGLISH:
        return phrase
    known = phrases(_spoken.get())
    if phrase not in known:
        raise UnknownName(f"phrase in {NAMES[_spoken.get()]}", phrase, ())
    return known[phrase]


def measured_in(measure: str) -> str:
    """Return the measure of an indicator, whose document is in English; as it stands where it is of somebody's own."""
    return measure if _spoken.get() == ENGLISH else phrases(_spoken.get()).get(measure, measure)


def of(text: Text) -> str:
    """Return what a document says, in the language that is spoken."""
    return str(getattr(text, _spoken.get()))


def numeral(number: str) -> str:
    """Return a number that is written as in English as the language that is spoken writes it.

    In Romanian with a decimal comma, and thousands apart by a narrow space: a point could be read as a decimal one.
    """
    return number if _spoken.get() == ENGLISH else number.translate(_NUMERALS)


def document(text: str) -> Markup:
    """Return a text of a function document, which is in English, marked as such where another language is spoken."""
    return escape(text) if _spoken.get() == ENGLISH else Markup('<span lang="en">{}</span>').format(text)


@cache
def phrases(language: str) -> dict[str, str]:
    """Return the phrases of a language by their English, from all its documents."""
    return {
        str(english): str(other)
        for path in sorted(_PHRASES.glob(f"{language}*.yml"))
        for english, other in load_yaml(path).items()
    }
