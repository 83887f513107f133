"""Check digits of tax codes: slips of the pen are caught without looking anything up."""

from __future__ import annotations

import re
from typing import Final

_ROMANIAN: Final = re.compile(r"(?:RO)?([1-9][0-9]{1,9})")
_MOLDOVAN: Final = re.compile(r"[0-9]{13}")
_ROMANIAN_KEY: Final = (7, 5, 3, 2, 1, 7, 5, 3, 2)
_MOLDOVAN_KEY: Final = (7, 3, 1) * 4


def is_tax_code(text: str, country: str | None) -> bool:
    """Whether a text is a tax code of a firm with its right check digit.

    The Romanian CUI has up to ten digits, with or without ``RO`` before them; its check digit follows from the key
    753217532. The Moldovan IDNO has thirteen, of which the last follows from 731 repeated. Thirteen digits are never
    taken for Romanian: there they are a person's number, which has no place here. Codes of other countries are not
    checked.

    Parameters
    ----------
    text
        Without spaces.
    country
        Two letters; where it is unknown, either form will do.
    """
    if country == "RO":
        return _is_romanian(text)
    if country == "MD":
        return _is_moldovan(text)
    return country is not None or _is_romanian(text) or _is_moldovan(text)


def _is_romanian(text: str) -> bool:
    found = _ROMANIAN.fullmatch(text)
    if found is None:
        return False
    *digits, check = (int(digit) for digit in found[1].zfill(len(_ROMANIAN_KEY) + 1))
    return 10 * _weighed(digits, _ROMANIAN_KEY) % 11 % 10 == check


def _is_moldovan(text: str) -> bool:
    if not _MOLDOVAN.fullmatch(text):
        return False
    *digits, check = (int(digit) for digit in text)
    return _weighed(digits, _MOLDOVAN_KEY) % 10 == check


def _weighed(digits: list[int], key: tuple[int, ...]) -> int:
    return sum(weight * digit for weight, digit in zip(key, digits, strict=True))
