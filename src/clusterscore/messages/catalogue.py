"""What each code means and what to do about it, in English and Romanian; the sentences lie beside this file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from clusterscore.documents import load_yaml

LANGUAGES: Final = ("en", "ro")
_HEADING: Final = {"en": "what this means, and what to do:", "ro": "ce înseamnă și ce este de făcut:"}
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Message:
    """What a code names, and how to mend it: a sentence each."""

    what: str
    fix: str


@cache
def catalogue() -> dict[str, dict[str, Message]]:
    """Return every message by code and language.

    Raises
    ------
    ValueError
        Where a code stands in two files.
    """
    found: dict[str, dict[str, Message]] = {}
    for path in sorted(_HERE.glob("*.yml")):
        for code, told in load_yaml(path).items():
            if code in found:
                raise ValueError(f"{path.name}: {code} is explained elsewhere already")
            found[code] = {language: Message(**sentences) for language, sentences in told.items()}
    return found


def message(code: str, language: str = "en") -> Message | None:
    """Return what is said of a code, or None where nothing is."""
    told = catalogue().get(code)
    return told.get(language) if told else None


def explained(codes: Iterable[str], language: str = "en") -> list[str]:
    """Return a line for each code, once and in order, under a heading; nothing where there are none."""
    lines = [
        f"  {code}: {told.what} {told.fix}"
        for code in dict.fromkeys(codes)
        if (told := message(code, language)) is not None
    ]
    return [_HEADING[language], *lines] if lines else []
