"""What a measure says: which kind of quantity, in which currency, times how much; in English or Romanian."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

_SCALES: Final = {
    **dict.fromkeys("thousand thousands mii mie".split(), Decimal(10**3)),
    **dict.fromkeys("million millions mil mln mn milion milioane".split(), Decimal(10**6)),
    **dict.fromkeys("billion billions bn mld miliard miliarde".split(), Decimal(10**9)),
}
_CURRENCIES: Final = {
    "lei moldovenesti": "MDL",
    "leu moldovenesc": "MDL",
    "lei vechi": "ROL",
    "lei noi": "RON",
    "lei romanesti": "RON",
    "leu romanesc": "RON",
    "euro": "EUR",
    "eur": "EUR",
    "€": "EUR",
    "ron": "RON",
    "rol": "ROL",
    "mdl": "MDL",
    "lei": "LEI",
    "leu": "LEI",
}
LEI: Final = "LEI"
"""Lei of a country that the measure does not name."""

_SHARES: Final = {
    **dict.fromkeys(("%", "percent", "per cent", "procent", "procente", "la suta", "pct"), Decimal("0.01")),
    **dict.fromkeys(("‰", "per mille", "per mil", "la mie", "promile"), Decimal("0.001")),
    **dict.fromkeys(("share", "shares", "pondere", "cota", "fractie", "proportion"), Decimal(1)),
}
_COUNTED: Final = {
    **dict.fromkeys(
        "persons person people persoane persoana employees angajati salariati headcount".split(), "persons"
    ),
    **dict.fromkeys(
        ("full-time equivalents", "full time equivalents", "fte", "eni", "echivalent norma intreaga", "norme intregi"),
        "full-time equivalents",
    ),
    **dict.fromkeys(("countries", "tari"), "countries"),
    **dict.fromkeys(("products", "produse"), "products"),
    **dict.fromkeys(("filings", "depuneri", "cereri", "cereri depuse"), "filings"),
    **dict.fromkeys(("groups", "grupuri"), "groups"),
    **dict.fromkeys(("days per person", "zile pe persoana", "zile de persoana"), "days per person"),
}
_EMPLOYEE: Final = re.compile(
    r"\s*(?:per|pe|/)\s*(?:employee|person employed|angajat|salariat)\b|\s*(?:per|pe|/)\s*persoana ocupata\b"
)
_YEAR: Final = re.compile(r"\s*(?:\b(?:a|per|pe)\s+|/\s*)(?:year|an)\b|\b(?:annual|yearly|anual|anuale)\b")
_CONSTANT: Final = re.compile(r"\b(?:at|in)?\s*(?:constant prices|preturi constante)\b")
_CURRENT: Final = re.compile(r"\b(?:at|in)?\s*(?:current prices|preturi curente)\b|\bnominal\b")


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a measure counts.

    Attributes
    ----------
    kind
        ``money``, ``share`` or the thing that is counted.
    factor
        How many of the plain unit (one euro, the whole, one person) one of the measure is.
    currency
        ``EUR``, ``RON``, ``MDL``, ``ROL`` or, where the country decides, ``LEI``; empty for what is no money.
    per
        ``employee`` for money per employee, else empty; a figure is always of one year.
    constant
        Whether money is at constant prices.
    """

    kind: str
    factor: Decimal
    currency: str = ""
    per: str = ""
    constant: bool = False

    def fits(self, other: Quantity) -> bool:
        """Whether both count the same kind of thing."""
        return (self.kind, self.per) == (other.kind, other.per)


@lru_cache(maxsize=1024)
def is_percent(measure: str) -> bool:
    """Whether a measure is in percent."""
    quantity = read_measure(measure)
    return quantity.kind == "share" and quantity.factor == Decimal("0.01")


def read_measure(text: str) -> Quantity:
    """Return what a measure counts; words that are not known are taken for the thing counted."""
    words, constant = _taken(_folded(text), _CONSTANT)
    words, _ = _taken(words, _CURRENT)
    words, employee = _taken(words, _EMPLOYEE)
    words, _ = _taken(words, _YEAR)
    per = "employee" if employee else ""
    if words in _SHARES:
        return Quantity("share", _SHARES[words], per=per, constant=constant)
    scale, words = _scaled(words)
    if words in _CURRENCIES:
        return Quantity("money", scale, _CURRENCIES[words], per, constant)
    return Quantity(_COUNTED.get(words, words), scale, per=per, constant=constant)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(mark for mark in plain if not unicodedata.combining(mark))
    return " ".join(re.sub(r"[.,;:()]", " ", plain).split())


def _taken(words: str, pattern: re.Pattern[str]) -> tuple[str, bool]:
    """Return the words without what a pattern finds, and whether it found anything."""
    left = " ".join(pattern.sub(" ", words, count=1).split())
    return left, left != words


def _scaled(words: str) -> tuple[Decimal, str]:
    """Return how many a word such as ``mii`` stands for, before or after the unit, and the words without it."""
    parts = words.split()
    for place in (0, -1):
        if len(parts) > 1 and parts[place] in _SCALES:
            scale = _SCALES[parts.pop(place)]
            left = " ".join(parts)
            return scale, left.removeprefix("de ") if place == 0 else left
    return Decimal(1), words
