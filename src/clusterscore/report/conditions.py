"""The conditions of a level in words, in two languages: on certificates and on pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from clusterscore.advice.conditions import Holds
from clusterscore.report.language import ROMANIAN

_CONDITIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "score": {"en": "Score", "ro": "Scor"},
    "coverage": {"en": "Figures and questions known", "ro": "Cifre și răspunsuri cunoscute"},
    "raters": {"en": "Independent raters", "ro": "Evaluatori independenți"},
    "validation": {"en": "Validation by peers", "ro": "Validarea de către evaluatori"},
    "members": {"en": "Members", "ro": "Membri"},
    "member_types": {"en": "Types of members", "ro": "Tipuri de membri"},
    "staff": {"en": "Staff of the team (full-time)", "ro": "Personalul echipei (norme întregi)"},
}
_HOLDS: Final[Mapping[str, Mapping[str, str]]] = {
    Holds.YES: {"en": "yes", "ro": "da"},
    Holds.NO: {"en": "no", "ro": "nu"},
    Holds.UNKNOWN: {"en": "not recorded", "ro": "neînregistrat"},
    Holds.WAIVED: {"en": "waived: level held before", "ro": "preluată: nivel deținut anterior"},
}
_ROMANIAN: Final[Mapping[str, str]] = {
    "P(score": "P(scor",
    "not: ": "nu: ",
    "not enough evidence": "dovezi insuficiente",
    "validated": "validat",
    "contradicted": "contrazis",
    "firm": "firme",
    "research": "cercetare",
    "authority": "autorități",
    "catalyst": "catalizatori",
}
"""Words of the conditions' numbers, which are ours."""
_POINT: Final = re.compile(r"(?<=\d)\.(?=\d)")


def title(name: str, language: str) -> str:
    """Return what a condition is called."""
    return _CONDITIONS[name][language]


def holds(state: str, language: str) -> str:
    """Return whether a condition holds, in a word."""
    return _HOLDS[Holds(state)][language]


def words(text: str, language: str) -> str:
    """Return what was found or is needed, which hold numbers and few words, in a language."""
    if language != ROMANIAN:
        return text
    for english, romanian in _ROMANIAN.items():
        text = text.replace(english, romanian)
    return _POINT.sub(",", text)
