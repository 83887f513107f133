"""Numbers as people write them, read by a locale that was declared or that the numbers themselves prove.

What two locales would read differently is never guessed: ``1.234`` is refused until it is known whose it is.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

MISSING: Final = frozenset(
    "n/a na - . ? lipsă lipsa missing null none … .. ... n.a. n.d. nd x necunoscut unknown".split()
) | {"\N{EN DASH}", "\N{EM DASH}"}
"""What people write where there is no number, in small letters."""

_SPACES: Final = " \u00a0\N{FIGURE SPACE}\N{THIN SPACE}\u202f"
_APOSTROPHES: Final = "'\N{RIGHT SINGLE QUOTATION MARK}"
_MINUS: Final = "\u2212"
_NONFINITE: Final = {"nan", "inf", "infinity", "infinit", "∞"}
_AMBIGUOUS: Final = "{} or {}, written so; or the locale said by --locale ro (1.234,5) or --locale en (1,234.5)"


class Unreadable(ValueError):
    """What somebody wrote cannot be taken for what its column asks for.

    Attributes
    ----------
    code
        Stable code of the rule.
    expected
        What the rule asks for.
    """

    def __init__(self, code: str, expected: str) -> None:
        self.code, self.expected = code, expected
        super().__init__(f"{code}: expected {expected}")


class Contradiction(Unreadable):
    """Two numbers of one file prove different locales.

    Attributes
    ----------
    places
        Positions, among the texts given, of the first number that proves either.
    """

    def __init__(self, places: tuple[int, int], texts: tuple[str, str]) -> None:
        self.places = places
        super().__init__("E-NUM-LOCALE", f"one decimal mark throughout; here stand {texts[0]!r} and {texts[1]!r}")


@dataclass(frozen=True, slots=True)
class Locale:
    """How somebody writes numbers.

    Attributes
    ----------
    name
        ``en`` or ``ro``.
    decimal
        The decimal mark.
    grouping
        The marks that may stand between thousands; a number keeps to one of them.
    """

    name: str
    decimal: str
    grouping: str

    @property
    def plain(self) -> re.Pattern[str]:
        """A number without grouping."""
        mark = re.escape(self.decimal)
        lenient = rf"|{mark}[0-9]+|[0-9]+{mark}" if self.decimal == "." else ""
        return re.compile(rf"(?:[0-9]+(?:{mark}[0-9]+)?{lenient})(?:[eE][+-]?[0-9]{{1,3}})?")

    @property
    def grouped(self) -> re.Pattern[str]:
        """A number with thousands set apart."""
        marks, mark = re.escape(self.grouping), re.escape(self.decimal)
        return re.compile(rf"[1-9][0-9]{{0,2}}([{marks}])[0-9]{{3}}(?:\1[0-9]{{3}})*(?:{mark}[0-9]+)?")


POINT: Final = Locale("en", ".", ",")
COMMA: Final = Locale("ro", ",", ".")
DECLARED: Final = {
    locale.name: Locale(locale.name, locale.decimal, locale.grouping + _SPACES + _APOSTROPHES)
    for locale in (POINT, COMMA)
}
"""Locales by name, as they are read where somebody said so: spaces and apostrophes may group as well."""

_PATTERNS: Final = {locale: (locale.plain, locale.grouped) for locale in (POINT, COMMA, *DECLARED.values())}


def read_number(text: str, locale: Locale | None = None, *, percent: bool = False) -> str:
    """Return a number as canonical text: a point as decimal mark, no grouping, ASCII.

    Parameters
    ----------
    text
        What somebody wrote.
    locale
        How that person writes numbers; without one, only what can be read in one way is read.
    percent
        Whether the column is in percent, so that the sign may stand.

    Raises
    ------
    Unreadable
        With the code of the rule and what it asks for.
    """
    body, sign = _body(text, percent=percent)
    if locale is not None:
        found = _parsed(body, locale)
        if found is None:
            raise _complaint(body, locale)
        return _finite(sign + found)
    readings = [found for found in (_parsed(body, POINT), _parsed(body, COMMA)) if found is not None]
    if not readings:
        raise _complaint(body, None)
    if len(readings) > 1 and Decimal(readings[0]) != Decimal(readings[1]):
        point, comma = (f"{sign}{reading}" for reading in readings)
        both = sorted((f"{point}0", comma) if "." in point else (f"{comma}0", point), key=len, reverse=True)
        raise Unreadable("E-NUM-AMBIGUOUS", _AMBIGUOUS.format(*both))
    return _finite(sign + readings[0])


def prove(texts: Iterable[str]) -> Locale | None:
    """Return the locale that numbers prove: the one that can read what the other cannot; None where none does.

    Raises
    ------
    Contradiction
        Where one number proves the one and another the other.
    """
    first: dict[Locale, tuple[int, str]] = {}
    for place, text in enumerate(texts):
        locale = proof(text)
        if locale is not None:
            first.setdefault(locale, (place, text))
    if len(first) > 1:
        (one, first_text), (other, other_text) = sorted(first.values())
        raise Contradiction((one, other), (first_text, other_text))
    return next(iter(first), None)


def proof(text: str) -> Locale | None:
    """Return the only locale in which a text is a number; None where it is none, or one in both."""
    try:
        body, _ = _body(text, percent=True)
    except Unreadable:
        return None
    able = [locale for locale in (POINT, COMMA) if _parsed(body, locale) is not None]
    return able[0] if len(able) == 1 else None


def is_grouped(text: str) -> bool:
    """Whether the digits of a number that can be read are set apart in thousands."""
    digits = re.sub(r"[eE].*", "", text.strip().lstrip("+-" + _MINUS).rstrip("%" + _SPACES))
    return any(mark in digits for mark in _SPACES + _APOSTROPHES) or len(re.findall(r"[.,]", digits)) > 1


def _body(text: str, *, percent: bool) -> tuple[str, str]:
    """Return what follows the sign, and the sign; what is no number at all is refused."""
    body = unicodedata.normalize("NFC", text).strip(" \t\u00a0")
    small = body.lower()
    if small in MISSING:
        raise Unreadable("E-NUM-MISSINGCODE", "a number; leave the whole row out where there is none")
    if small.lstrip("+-" + _MINUS) in _NONFINITE:
        raise Unreadable("E-NUM-NONFINITE", "a finite number")
    if body.endswith("%"):
        if not percent:
            expected = "a plain number in the indicator's measure, such as 0.12 for a share of 12 %"
            raise Unreadable("E-NUM-PERCENT", f"{expected}; or '%' in the column measure")
        body = body[:-1].rstrip(_SPACES)
    negative = body.startswith(("-", _MINUS))
    return body[1:] if negative or body.startswith("+") else body, "-" if negative else ""


def _parsed(body: str, locale: Locale) -> str | None:
    plain, grouped = _PATTERNS[locale]
    if plain.fullmatch(body):
        return body.replace(locale.decimal, ".")
    if found := grouped.fullmatch(body):
        return body.replace(found[1], "").replace(locale.decimal, ".")
    return None


def _complaint(body: str, locale: Locale | None) -> Unreadable:
    """Return why a text is no number: its thousands are set apart wrongly, or it is something else."""
    example = "1234,5 or 1.234,5" if locale is not None and locale.decimal == "," else "1234.5"
    marks = ".," + (locale.grouping if locale else "")
    if len(body) > 1 and re.fullmatch(rf"[0-9{re.escape(marks)}]+", body) and re.search("[0-9]", body):
        return Unreadable("E-NUM-GROUPING", f"thousands in threes and one decimal mark, such as {example}")
    if re.fullmatch(rf"[0-9.,{_SPACES}{_APOSTROPHES}]*[0-9]", body) and body[0] not in _APOSTROPHES:
        hint = "; spaces and apostrophes between thousands only where --locale says whose they are"
        return Unreadable("E-NUM-FORMAT", f"a number such as {example}{hint}")
    if re.fullmatch(r"\([0-9., ]+\)", body):
        return Unreadable("E-NUM-FORMAT", "a number below 0 with a minus sign, such as -123; no brackets")
    if re.search(r"[0-9]", body) and re.search(r"[€$£]|\b(?:lei|leu|ron|mdl|eur|euro)\b", body.lower()):
        return Unreadable("E-NUM-FORMAT", "a number alone; the currency belongs in the column measure")
    return Unreadable("E-NUM-FORMAT", f"a number in digits 0-9, such as {example}")


def _finite(canonical: str) -> str:
    value = float(canonical)
    vanished = value == 0 and re.search(r"[1-9]", re.split("[eE]", canonical)[0]) is not None
    if not math.isfinite(value) or vanished:
        raise Unreadable("E-NUM-RANGE", "a number within the range of floating point")
    return canonical
