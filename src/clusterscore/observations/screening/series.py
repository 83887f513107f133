"""Figures as series: a unit's own values over the years, how much they usually change, and what peers report."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Final

from clusterscore.observations.codebook import FigureRule, Link
from clusterscore.observations.ledger import Record
from clusterscore.observations.state import State
from clusterscore.vocabulary import Kind, Table

_ENOUGH_PEERS: Final = 8
_ENOUGH_CHANGES: Final = 20
_USUAL_CHANGE: Final = 0.25  # sd of a logarithm around the unit's others, where too few are known to measure it
_SMALLEST: Final = 0.05
_TO_SD: Final = 1.4826  # from a median absolute deviation to the sd of a normal distribution


@dataclass(frozen=True, slots=True)
class Peers:
    """Where the others stand, on a logarithmic scale.

    Attributes
    ----------
    centre, sd
        Median and robust standard deviation of logarithms.
    who
        Who they are, in words.
    are_many
        Whether they are others; False for what the function document calls usual.
    """

    centre: float
    sd: float
    who: str
    are_many: bool = True


def robust(values: list[float]) -> tuple[float, float]:
    """Return median and robust standard deviation."""
    centre = statistics.median(values)
    return centre, max(_SMALLEST, _TO_SD * statistics.median(abs(value - centre) for value in values))


class Series:
    """All live figures by indicator and unit, read once.

    Attributes
    ----------
    state
        What is known, the new rows included.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self._records: dict[tuple[str, str], list[Record]] = defaultdict(list)
        self._units: dict[str, list[str]] = defaultdict(list)
        for record in sorted(state.live(Table.FIGURES).values(), key=lambda one: one.data["year"]):
            key = record.data["indicator"], record.data["unit"]
            if key not in self._records:
                self._units[record.data["indicator"]].append(record.data["unit"])
            self._records[key].append(record)
        self.usual_change = cache(self._usual_change)
        self._levels = cache(self._all_levels)
        self._among = cache(self._peers_of)
        self.quotients = cache(self._quotients)
        self.members = cache(self._members)
        self._by_parent = cache(self._all_by_parent)

    def of(self, indicator: str, unit: str) -> list[Record]:
        """Return a unit's live figures of one indicator, by year."""
        return self._records.get((indicator, unit), [])

    def at(self, indicator: str, unit: str, year: int) -> float | None:
        """Return one figure, or None."""
        record = self.state.find(Table.FIGURES, unit, year, indicator)
        return None if record is None else float(record.data["value"])

    def is_from(self, file: str, unit: str, year: int, indicator: str) -> bool:
        """Whether a figure came with a file, so that its own row says what there is to say."""
        record = self.state.find(Table.FIGURES, unit, year, indicator)
        return record is not None and record.file == file

    def sector(self, unit: str) -> str | None:
        """Return a unit's sector; a member without one is of its cluster's."""
        for name in self.state.lineage(unit):
            record = self.state.find(Table.UNITS, name)
            if record is not None and record.data["sector"]:
                return str(record.data["sector"])
        return None

    def peers(self, indicator: str, unit: str, rule: FigureRule) -> Peers:
        """Return where others stand: those of the sector, else all, else what the function document calls usual."""
        mine = self.sector(unit)
        groups = ((mine, f"units of sector {mine}"), (None, "all units")) if mine else ((None, "all units"),)
        for sector, who in groups:
            levels = self._among(indicator, rule.whole, sector)
            others = [level for name, level in levels if name != unit]
            if len(others) >= _ENOUGH_PEERS:
                return Peers(*robust(others), f"{len(others)} {who}")
        return Peers(
            logarithm(rule.typical, whole=rule.whole),
            rule.spread,
            "the function document's usual value",
            are_many=False,
        )

    def _quotients(self, link: Link, kind: Kind) -> list[tuple[str, float]]:
        """Return the logarithm of each unit's median quotient of two figures."""
        found = []
        for unit in self._units[link.figure]:
            record = self.state.find(Table.UNITS, unit)
            if record is None or record.data["kind"] != kind:
                continue
            pairs = [
                (one.data["value"], self.at(link.to, unit, one.data["year"])) for one in self.of(link.figure, unit)
            ]
            quotients = [math.log(value / per) for value, per in pairs if per and value > 0 and per > 0]
            if quotients:
                found.append((unit, statistics.median(quotients)))
        return found

    def _members(self, cluster: str) -> tuple[str, ...]:
        """Return the member organisations of a cluster."""
        return self._by_parent().get(cluster, ())

    def _all_by_parent(self) -> dict[str, tuple[str, ...]]:
        members: dict[str, tuple[str, ...]] = {}
        for record in self.state.live(Table.UNITS).values():
            if record.data["kind"] == Kind.MEMBER and record.data["parent"]:
                members[record.data["parent"]] = (*members.get(record.data["parent"], ()), record.data["unit"])
        return members

    def _peers_of(self, indicator: str, whole: bool, sector: str | None) -> list[tuple[str, float]]:  # noqa: FBT001 - cached
        return [
            (unit, level)
            for unit, level in self._levels(indicator, whole)
            if sector is None or self.sector(unit) == sector
        ]

    def _all_levels(self, indicator: str, whole: bool) -> list[tuple[str, float]]:  # noqa: FBT001 - cached
        levels = []
        for unit in self._units[indicator]:
            values = [logarithm(one.data["value"], whole=whole) for one in self._records[indicator, unit]]
            finite = [value for value in values if math.isfinite(value)]
            if finite:
                levels.append((unit, statistics.median(finite)))
        return levels

    def _usual_change(self, indicator: str, whole: bool) -> float:  # noqa: FBT001 - cached
        distances = []
        for unit in self._units[indicator]:
            values = [logarithm(one.data["value"], whole=whole) for one in self._records[indicator, unit]]
            finite = [value for value in values if math.isfinite(value)]
            for place, value in enumerate(finite if len(finite) > 1 else []):
                distances.append(value - statistics.median(finite[:place] + finite[place + 1 :]))
        return robust(distances)[1] if len(distances) >= _ENOUGH_CHANGES else _USUAL_CHANGE


def logarithm(value: float, *, whole: bool) -> float:
    """Return the natural logarithm; of a count one more is taken, so that 0 and 1 are neighbours."""
    shifted = value + 1.0 if whole else value
    return math.log(shifted) if shifted > 0 else -math.inf
