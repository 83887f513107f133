"""Moments as survey tools write them: order of day and month declared, zone declared or written beside them."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from typing import Final, Literal

Order = Literal["year first", "day first", "month first"]

_MOMENT: Final = re.compile(
    r"(?P<a>\d{1,4})[-/.](?P<b>\d{1,2})[-/.](?P<c>\d{1,4})\.?,?"
    r"(?:[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:\.\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|[A-Z]{2,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}:?\d{2})?"
)
_NAMED: Final = {"Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "CET": 60, "WEST": 60, "BST": 60, "CEST": 120, "EET": 120}
_NAMED_MINUTES: Final = _NAMED | {"EEST": 180, "MSK": 180}
_OFFSET: Final = re.compile(r"(?:GMT|UTC)?(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?")
_CENTURY: Final = 100
_THIS_CENTURY: Final = 2000
_NOON: Final = 12


def moment(text: str, order: Order, zone: zoneinfo.ZoneInfo) -> datetime.datetime | None:
    """Return the moment that a text names, in UTC, or None where it names none.

    Parameters
    ----------
    text
        Such as ``03.11.1999 14:05`` or ``1999/11/03 2:05:11 PM EET``.
    order
        In which order day, month and year stand, where the year does not stand first.
    zone
        Where the clock hung, unless the text says so itself.
    """
    found = _MOMENT.fullmatch(text.strip().replace("\u00a0", " ").replace("\u202f", " "))
    if found is None:
        return None
    year, month, day = _date(found, order)
    hour = int(found["hour"] or 0)
    if found["half"]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if found["half"][0] in "Pp" else 0)
    try:
        local = datetime.datetime(
            year, month, day, hour, int(found["minute"] or 0), int(found["second"] or 0), tzinfo=zone
        )
        offset = _offset(found["zone"])
        if offset is None:
            return None if found["zone"] else local.astimezone(datetime.UTC)
        return local.replace(tzinfo=datetime.timezone(offset)).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None


def _date(found: re.Match[str], order: Order) -> tuple[int, int, int]:
    a, b, c = int(found["a"]), int(found["b"]), int(found["c"])
    if a >= _CENTURY or order == "year first":
        return (a, b, c)
    year = c if c >= _CENTURY else _THIS_CENTURY + c
    return (year, a, b) if order == "month first" else (year, b, a)


def _offset(zone: str | None) -> datetime.timedelta | None:
    if not zone:
        return None
    if zone in _NAMED_MINUTES:
        return datetime.timedelta(minutes=_NAMED_MINUTES[zone])
    found = _OFFSET.fullmatch(zone)
    if found is None:
        return None
    minutes = int(found["hours"]) * 60 + int(found["minutes"] or 0)
    return datetime.timedelta(minutes=minutes if found["sign"] == "+" else -minutes)
