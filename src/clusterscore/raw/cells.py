"""What a cell of a sheet holds, as text: numbers as short as they can be, dates as ISO 8601, the rest as it is."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Holds(StrEnum):
    """What sort of thing a cell holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    ERROR = "error"


class Cell(NamedTuple):
    """One cell.

    Attributes
    ----------
    text
        What it holds; of a formula, what the spreadsheet computed last.
    holds
        Of which sort that is.
    formula
        The formula, which is never computed here; empty where there is none.
    computed
        Whether there is a value: a formula that was never computed has none.
    percent
        Whether a number is shown in percent.
    """

    text: str
    holds: Holds = Holds.TEXT
    formula: str = ""
    computed: bool = True
    percent: bool = False


class Shown(StrEnum):
    """How a number is shown, as far as that changes what it means."""

    PLAIN = "plain"
    DATE = "date"
    PERCENT = "percent"


_DATES: Final = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_PERCENTS: Final = {9, 10}
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_DATE_MARKS: Final = re.compile(r"[ymdhs]", re.IGNORECASE)
_GENERAL: Final = re.compile(r"general|standard", re.IGNORECASE)
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_EXACT: Final = 2**53
_LAST_SERIAL: Final = 2_958_466  # the first day of the year 10000
_LEAP_BUG: Final = 60  # spreadsheets count a 29 February 1900 that never was
_SECONDS: Final = 86_400


def shown_as(number: int, formats: Mapping[int, str]) -> Shown:
    """Return how a number format shows a number.

    Parameters
    ----------
    number
        Id of the format.
    formats
        The workbook's own formats by id.
    """
    if number not in formats:
        return Shown.DATE if number in _DATES else Shown.PERCENT if number in _PERCENTS else Shown.PLAIN
    bare = _GENERAL.sub("", _LITERAL.sub("", formats[number]).partition(";")[0])
    if "%" in bare:
        return Shown.PERCENT
    return Shown.DATE if _DATE_MARKS.search(bare) else Shown.PLAIN


def number_text(text: str) -> str:
    """Return the shortest text that is the same double; a text that is no finite number stays as it is.

    Spreadsheets write 0.3 as ``0.29999999999999999``.
    """
    value = float(text)
    if not math.isfinite(value):
        return text
    return str(int(value)) if value.is_integer() and abs(value) <= _EXACT else repr(value)


def date_text(serial: float, *, since_1904: bool) -> str:
    """Return the date, the moment or the time of day of a serial number as ISO 8601, to the second.

    Parameters
    ----------
    serial
        Days since the workbook's first day.
    since_1904
        Whether that is the first day of 1904.
    """
    if not 0 <= serial < _LAST_SERIAL:
        return number_text(repr(serial))
    days, seconds = divmod(round(serial * _SECONDS), _SECONDS)
    if since_1904:
        first = datetime.datetime(1904, 1, 1)  # noqa: DTZ001 - a spreadsheet knows no zones
    else:
        first = datetime.datetime(1899, 12, 30 if days >= _LEAP_BUG else 31)  # noqa: DTZ001 - as above
    moment = first + datetime.timedelta(days=days, seconds=seconds)
    if days == 0:
        return moment.time().isoformat()
    return moment.isoformat() if seconds else moment.date().isoformat()


def unescaped(text: str) -> str:
    """Return a text of a sheet with its escaped characters, such as ``_x000D_``, as they were."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def as_percent(text: str) -> str:
    """Return how a share is shown in percent."""
    return f"{number_text(repr(round(float(text) * 100, 10)))}%"
