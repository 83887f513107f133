"""Slips of the unit of measurement, and jumps: a value against the unit's own other values, and against its peers.

All rules look at logarithms of ratios. A value is compared with the unit's last value, the one before it, and the
median of all its others; what counts is the one that it is nearest to, so that a return to what was usual is no jump.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from typing import Any, Final

from clusterscore.observations.codebook import Codebook, FigureRule
from clusterscore.observations.ledger import Record
from clusterscore.observations.screening.remarks import Entry, Grade, Remark
from clusterscore.observations.screening.series import Series, logarithm
from clusterscore.vocabulary import Kind, Table

_THOUSANDS: Final = (3.0, 6.0)  # decimal exponents: thousands, millions
_OLD_LEI: Final = 4.0
_BAND: Final = 0.5
_HUNDRED_BAND: Final = 0.2
_JUMP: Final = math.log(10.0)
_EXACT: Final = 0.002  # of 1,000, relative
RATES: Final = (4.97, 19.8)
"""Lei for a euro, Romanian and Moldovan: the middle of what the yearly averages have been of late (4.84 to 5.11 and
19.0 to 20.9). A slip between currencies multiplies or divides by about this."""
_RATE_BANDS: Final = ((4.84, 5.11), (19.0, 20.9))
_SLIPS_IN: Final = 4.0  # how much likelier a slip between currencies must make a value than the unit's usual changes do
_SLIPS_IN_PEERS: Final = 20.0  # ... than the differences between units do, where the unit has no other values
_FREEDOM: Final = 4.0
_RATE_RANGE: Final = (math.log(2.0), math.log(45.0))  # beyond it no slip between currencies is looked for
_LARGEST: Final = 700.0  # beyond it no exponential is a number
_RATES_VARY: Final = 0.05  # sd of the logarithm of a rate over the years
_FAR: Final = 4.0  # robust sd from the peers


def slips(entry: Entry, series: Series, codebook: Codebook) -> Iterator[Remark]:
    """Yield a doubt about a figure that looks as if in another unit of measurement, or that jumps."""
    record = series.state.find(Table.UNITS, entry.data["unit"])
    rule = codebook.figures[Kind(record.data["kind"])].get(entry.data["indicator"]) if record else None
    value = float(entry.data["value"])
    if rule is None:
        return
    if not rule.has_ratios:
        yield from _percent(entry, rule, value)
        return
    if value <= 0 and not rule.whole:
        return
    others = [one for one in series.of(entry.data["indicator"], entry.data["unit"]) if not _is(one, entry)]
    found = _against_own(entry, others, series, rule) if others else None
    if found is None and not any(one.file != entry.raw.sha256 for one in others):
        found = _against_peers(entry, series, rule)
    if found is not None:
        code, reason, evidence = found
        yield Remark(Grade.HOLD, entry, entry.column or "value", code, f"{value:.15g}", reason, evidence)


Found = tuple[str, str, dict[str, Any]]


def _is(record: Record, entry: Entry) -> bool:
    return bool(record.data["year"] == entry.data["year"])


def _percent(entry: Entry, rule: FigureRule, value: float) -> Iterator[Remark]:
    """Doubt a rate, which may be negative, that is far from any usual one and would be usual as a percentage."""
    distance = abs(value - rule.typical) / rule.spread
    if distance > 8.0 and abs(value / 100.0 - rule.typical) / rule.spread < _FAR:  # noqa: PLR2004 - beyond any rate
        reason = f"about {rule.typical:g} {rule.measure}; a percentage is written as a share, {value / 100.0:g}"
        evidence = {"spreads from usual": round(distance, 1)}
        yield Remark(Grade.HOLD, entry, entry.column or "value", "W-UNIT-100", f"{value:.15g}", reason, evidence)


def _against_own(entry: Entry, others: list[Record], series: Series, rule: FigureRule) -> Found | None:
    year = entry.data["year"]
    nearest = sorted(others, key=lambda one: (one.data["year"] > year, abs(one.data["year"] - year)))
    here = logarithm(entry.data["value"], whole=rule.whole)
    levels = [level for one in nearest if math.isfinite(level := logarithm(one.data["value"], whole=rule.whole))]
    if not levels:
        return None
    typical = here - statistics.median(levels)
    shift = min((here - levels[0], here - levels[min(1, len(levels) - 1)], typical), key=abs)
    last = nearest[0].data
    ratio = entry.data["value"] / last["value"] if last["value"] else math.inf
    evidence = {
        "ratio": _short(ratio),
        "last value": last["value"],
        "of": last["year"],
        "nearest ratio": _short(math.exp(shift)),
    }
    sd = series.usual_change(entry.data["indicator"], rule.whole)
    found = _pattern(shift, math.log(ratio) if 0 < ratio < math.inf else shift, typical, sd, _SLIPS_IN, rule)
    return (
        (found[0], f"{found[1]}: ratio {_short(ratio)} to {last['value']:.15g} of {last['year']}", evidence)
        if found
        else None
    )


def _against_peers(entry: Entry, series: Series, rule: FigureRule) -> Found | None:
    peers = series.peers(entry.data["indicator"], entry.data["unit"], rule)
    if rule.is_share:
        return None
    shift = logarithm(entry.data["value"], whole=rule.whole) - peers.centre
    evidence = {
        "ratio to peers": _short(math.exp(shift)),
        "peers": peers.who,
        "sd from them": round(shift / peers.sd, 1),
    }
    odds = _SLIPS_IN_PEERS if peers.are_many else math.inf  # what a document calls usual says nothing on a factor of 5
    if abs(shift) < _FAR * peers.sd and not (rule.is_money and _likelier_rate(shift, shift, peers.sd, odds)):
        return None
    found = _pattern(shift, shift, shift, peers.sd, odds, rule)
    return (found[0], f"{found[1]}: ratio {_short(math.exp(shift))} to {peers.who}", evidence) if found else None


def _pattern(
    shift: float, last: float, typical: float, sd: float, odds: float, rule: FigureRule
) -> tuple[str, str] | None:
    """Return code and words for a shift of a logarithm, or None where it is nothing out of the usual."""
    decimal = abs(shift) / math.log(10.0)
    exact = abs(math.exp(min(abs(last), _LARGEST)) / 1000.0 - 1.0) < _EXACT and abs(shift) > _JUMP
    money = rule.is_money
    candidates = (
        (exact, "W-UNIT-1000", "a value in the same unit of measurement; this is almost exactly 1,000 times off"),
        (
            any(abs(decimal - power) <= _BAND for power in _THOUSANDS),
            "W-UNIT-1000",
            "a value in the same unit of measurement, not thousands or millions of it",
        ),
        (money and abs(decimal - _OLD_LEI) <= _BAND, "W-UNIT-ROL", "a value in the same currency, not in old lei"),
        (
            abs(decimal - 2.0) <= _HUNDRED_BAND,
            "W-UNIT-100",
            "a value in the same unit of measurement, not a percentage or hundreds of it",
        ),
        (
            money and ((_in_band(last) and _in_band(shift)) or _likelier_rate(shift, typical, sd, odds)),
            "W-UNIT-FX",
            "a value in the same currency; about the lei for a euro lie between",
        ),
        (abs(shift) > _JUMP, "W-DOM-JUMP", "a value within ten times of the unit's others"),
    )
    return next(((code, words) for holds, code, words in candidates if holds), None)


def _in_band(shift: float) -> bool:
    return any(low <= math.exp(abs(shift)) <= high for low, high in _RATE_BANDS)


def _likelier_rate(shift: float, typical: float, sd: float, odds: float) -> bool:
    """Whether an exchange rate explains a shift better than the usual changes do, rare as such slips are."""
    if not _RATE_RANGE[0] <= abs(shift) <= _RATE_RANGE[1]:
        return False
    usual = _density(typical / sd)
    off = min(abs(abs(typical) - math.log(rate)) for rate in RATES) / max(sd, _RATES_VARY)
    return off <= _FAR and _density(off) > odds * usual


def _density(distance: float) -> float:
    """Density of Student's t with 4 degrees of freedom, but for a factor."""
    return math.pow(1.0 + distance * distance / _FREEDOM, -(_FREEDOM + 1.0) / 2.0)


def _short(ratio: float) -> str:
    return f"{ratio:.4g}"
