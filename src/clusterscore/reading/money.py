"""Money of any year and currency as euro at the prices of one year, by tables whose rows each have a source."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

from pydantic import StringConstraints

from clusterscore.documents import Document
from clusterscore.errors import Fault, InputRefused
from clusterscore.reading.measures import Quantity
from clusterscore.reading.numbers import Unreadable

RATES: Final = "rates.csv"
DEFLATORS: Final = "deflators.csv"
PRICES: Final = "money.yml"
_EURO: Final = "EUR"
_COLUMNS: Final = {
    RATES: ("currency", "year", "rate", "source"),
    DEFLATORS: ("area", "year", "index", "base", "source"),
}

_Text = Annotated[str, StringConstraints(min_length=1)]


class Prices(Document):
    """At which prices money is recorded: of which year, by the consumer prices of which area."""

    base_year: int
    area: _Text
    why: _Text
    source: _Text


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a table: its number, the year to which an index is 100 (else empty), and who says so."""

    value: Decimal
    base: str
    source: str


@dataclass(frozen=True, slots=True)
class Converted:
    """A figure in another measure.

    Attributes
    ----------
    value
        The number.
    code
        ``N-MONEY`` where a rate or a deflator was used, else ``N-UNIT``.
    how
        What was done, with rate, deflator and their sources.
    base
        The year at whose prices money is; None for what is not at constant prices.
    """

    value: float
    code: str
    how: str
    base: int | None


@dataclass(frozen=True, slots=True)
class Tables:
    """Rates and deflators by currency or area and year.

    Attributes
    ----------
    prices
        At which prices money is recorded.
    rates
        Units of a currency per euro, mean of a year.
    deflators
        Consumer-price index of an area, mean of a year.
    """

    prices: Prices
    rates: Mapping[tuple[str, int], Entry]
    deflators: Mapping[tuple[str, int], Entry]

    def convert(self, value: float, given: Quantity, wanted: Quantity, year: int) -> Converted:
        """Return a figure of one year in another measure of the same kind.

        Raises
        ------
        Unreadable
            ``E-MEASURE`` where the one cannot become the other, ``E-MONEY-RATE`` where a table lacks the year,
            ``E-NUM-RANGE`` where what comes out is no finite number.
        """
        factor, steps = given.factor / wanted.factor, []
        if factor != 1:
            steps.append(f"times {factor.normalize():f}")
        base = None
        if given.kind == "money":
            if given.constant != wanted.constant and not wanted.constant:
                raise Unreadable("E-MEASURE", "money of the year itself, not at constant prices")
            if given.constant and given.currency != wanted.currency:
                raise Unreadable(
                    "E-MEASURE", "money of the year itself; constant prices of another currency say no year"
                )
            if wanted.constant:
                base = self.prices.base_year
            factor *= self._in_currency(given.currency, wanted.currency, year, steps)
            if wanted.constant and not given.constant:
                factor *= self._at_prices(year, steps)
        code = "N-MONEY" if any("per EUR" in step or "prices" in step for step in steps) else "N-UNIT"
        became = float(Decimal(repr(value)) * factor)
        if not math.isfinite(became):
            raise Unreadable("E-NUM-RANGE", "a number within the range of floating point, once it is converted")
        return Converted(became, code, ", ".join(steps) or "the same", base)

    def _in_currency(self, given: str, wanted: str, year: int, steps: list[str]) -> Decimal:
        factor = Decimal(1)
        if given == wanted:
            return factor
        if given != _EURO:
            entry = self._entry(self.rates, RATES, given, year)
            factor /= entry.value
            steps.append(f"divided by {entry.value:f} {given} per EUR ({entry.source})")
        if wanted != _EURO:
            entry = self._entry(self.rates, RATES, wanted, year)
            factor *= entry.value
            steps.append(f"times {entry.value:f} {wanted} per EUR ({entry.source})")
        return factor

    def _at_prices(self, year: int, steps: list[str]) -> Decimal:
        area, base = self.prices.area, self.prices.base_year
        now, then = (self._entry(self.deflators, DEFLATORS, area, when) for when in (year, base))
        if now.base != then.base:
            raise Unreadable(
                "E-MONEY-RATE", f"indices of {area} for {year} and {base} with the same base in {DEFLATORS}"
            )
        steps.append(f"times {then.value:f} / {now.value:f}, prices of {base} ({now.source})")
        return then.value / now.value

    @staticmethod
    def _entry(table: Mapping[tuple[str, int], Entry], name: str, key: str, year: int) -> Entry:
        if (key, year) in table:
            return table[key, year]
        known = sorted(other for one, other in table if one == key)
        span = f"known are {known[0]} to {known[-1]}" if known else "none is known"
        columns = ",".join(_COLUMNS[name])
        expected = f"a row for {key} in {year}; {span}; add one ({columns}) to data/reference/{name} with its source"
        raise Unreadable("E-MONEY-RATE", expected)


def read_tables(reference: Path | None = None) -> Tables:
    """Return the shipped tables with those of a workspace; a row of the workspace takes the place of a shipped one.

    Parameters
    ----------
    reference
        The workspace's ``data/reference``; None, or a folder without tables, for the shipped ones alone.

    Raises
    ------
    InputRefused
        With every row that has no number, no year or no source of its own.
    FunctionInvalid
        Where ``money.yml`` is not what it must be.
    """
    shipped = files("clusterscore.reading")
    tables: dict[str, dict[tuple[str, int], Entry]] = {}
    faults: list[Fault] = []
    for name in _COLUMNS:
        tables[name] = _rows(name, shipped.joinpath(name).read_text(encoding="utf-8"), faults)
        own = reference / name if reference else None
        if own is not None and own.is_file():
            tables[name] |= _rows(f"data/reference/{name}", _text_of(own, faults), faults)
    if faults:
        raise InputRefused(faults)
    prices = reference / PRICES if reference and (reference / PRICES).is_file() else Path(str(shipped.joinpath(PRICES)))
    return Tables(Prices.read(prices), tables[RATES], tables[DEFLATORS])


def _text_of(path: Path, faults: list[Fault]) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        faults.append(Fault(f"data/reference/{path.name}", 0, "", "E-ENC-NOTUTF8", "other bytes", "UTF-8"))
        return ""


def _rows(name: str, text: str, faults: list[Fault]) -> dict[tuple[str, int], Entry]:
    """Return the rows of a table by currency or area and year; faults are gathered."""
    columns = _COLUMNS[Path(name).name]
    lines = csv.reader(text.splitlines())
    header = tuple(next(lines, ()))
    if header != columns:
        faults.append(Fault(name, 1, "", "E-REF-HEADER", ",".join(header), ",".join(columns)))
        return {}
    found: dict[tuple[str, int], Entry] = {}
    for number, cells in enumerate(lines, start=2):
        if not cells:
            continue
        entry = _row(dict(zip(columns, (cell.strip() for cell in cells), strict=False)), columns)
        if isinstance(entry, tuple):
            key, value = entry
            if key not in found:
                found[key] = value
                continue
            entry = "each year once"
        faults.append(Fault(name, number, "", "E-REF-ROW", ",".join(cells), entry))
    return found


def _row(cells: Mapping[str, str], columns: Iterable[str]) -> tuple[tuple[str, int], Entry] | str:
    """Return a row's key and entry, or what is expected of it."""
    first, _, number, *_ = columns
    if not (cells.get("year", "").isdecimal() and cells.get(first)):
        return f"{first} and a year in four digits"
    try:
        value = Decimal(cells.get(number, ""))
    except InvalidOperation:
        value = Decimal("nan")
    if not (value.is_finite() and value > 0):
        return f"a {number} above 0, with a point as decimal mark"
    if not cells.get("source"):
        return "the source of the number"
    return (cells[first], int(cells["year"])), Entry(value, cells.get("base", ""), cells["source"])
