"""The peer group of each unit, by a stated rule: the first list of shared traits for which there are enough others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.advice.catalogue import Group

ALL: Final = "all"
"""The group of everybody, where nothing nearer has enough members."""

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "sector": {"en": "same sector", "ro": "același sector"},
    "region": {"en": "same region", "ro": "aceeași regiune"},
    "country": {"en": "same country", "ro": "aceeași țară"},
    "age": {"en": "similar age", "ro": "vechime apropiată"},
    "size": {"en": "similar size", "ro": "mărime apropiată"},
    ALL: {"en": "all clusters scored", "ro": "toate clusterele evaluate"},
}


_SHARED: Final = ("sector", "region", "country")


@dataclass(frozen=True, eq=False)
class Peers:
    """The others that a unit is held against.

    Attributes
    ----------
    traits
        What they share with it; empty for everybody.
    others
        dims (other): where they stand on the axis of units; never the unit itself.
    """

    traits: tuple[str, ...]
    others: NDArray[np.int64]

    def words(self, language: str) -> str:
        """Return what they share, in words."""
        return ", ".join(WORDS[trait][language] for trait in self.traits or (ALL,))


def peer_groups(rule: Group, units: pd.DataFrame, sizes: Mapping[str, int]) -> list[Peers]:
    """Return the peer group of each unit, in the order of the rows.

    Parameters
    ----------
    rule
        The order of fallbacks, and what counts as similar.
    units
        unit, sector, region, country, founded; what is missing is shared with nobody.
    sizes
        Number of members by unit, where known.
    """
    size = units["unit"].map(dict(sizes)).astype(float).to_numpy()
    founded = units["founded"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    alike = {
        name: np.equal.outer(*2 * [units[name].to_numpy(dtype=object)]) & units[name].notna().to_numpy()[:, None]
        for name in _SHARED
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        alike["age"] = np.abs(np.subtract.outer(founded, founded)) <= rule.age_years
        ratio = np.divide.outer(size, size)
        alike["size"] = np.maximum(ratio, 1.0 / ratio) <= rule.size_factor
    for same in alike.values():
        np.fill_diagonal(same, val=False)
    return [_of(number, rule, alike, len(units)) for number in range(len(units))]


def with_traits(units: pd.DataFrame, everybody: pd.DataFrame) -> pd.DataFrame:
    """Return units with the traits of their cluster where they have none of their own, as a management team has not.

    Parameters
    ----------
    units
        unit, parent, sector, region, country, founded.
    everybody
        The same of all units recorded.
    """
    above = everybody.set_index("unit").reindex(units["parent"]).set_axis(units.index)
    filled = {name: units[name].where(units[name].notna(), above[name]) for name in (*_SHARED, "founded")}
    return units.assign(**filled)


def _of(unit: int, rule: Group, alike: Mapping[str, NDArray[np.bool_]], n_units: int) -> Peers:
    for traits in rule.by:
        shared = np.logical_and.reduce([alike[trait][unit] for trait in traits])
        if shared.sum() >= rule.least:
            return Peers(traits, np.flatnonzero(shared))
    return Peers((), np.array([other for other in range(n_units) if other != unit], dtype=np.int64))
