"""With whom a unit is compared: its peer group, chosen by one rule for all, and where it stands in it.

The rule takes the first of a list of descriptions, from the narrowest to the widest, that at least five other units
share with it. Who they are follows from what units are, never from how they score.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from clusterscore.model.function import Function
from clusterscore.posterior.store import Posterior
from clusterscore.scores.summaries import interval, summarise
from clusterscore.scores.verdict import cells_of, standardised

Floats = NDArray[np.float64]

LADDER: Final = (
    ("sector", "region"),
    ("sector", "country", "size"),
    ("sector", "country"),
    ("sector",),
    ("region", "size"),
    ("region", "age"),
    ("region",),
    ("country", "size", "age"),
    ("country", "size"),
    ("country",),
    (),
)
"""Descriptions from the narrowest to the widest; the last is shared by all."""
FEWEST: Final = 5

GROUP_COLUMNS: Final = {"unit": str, "rule": str, "n_peers": int, "peers": str} | dict.fromkeys(
    ("median", "median_q05", "median_q95", "best", "best_q05", "best_q95", "p_above"), float
)
STRENGTH_COLUMNS: Final = {"unit": str, "pillar": str} | dict.fromkeys(
    ("peers_median", "gap", "q05", "q95", "p_above", "top_gap", "top_q05", "top_q95", "p_top"), float
)


def describe(units: pd.DataFrame, year: int, n_members: Mapping[str, int]) -> pd.DataFrame:
    """Return what units are: sector, region, country, and in which half they are by age and size; missing if unknown.

    Parameters
    ----------
    units
        unit, sector, region, country, founded (year).
    year
        Of the edition.
    n_members
        How many member organisations each unit has.
    """
    table = units.set_index("unit")[["sector", "region", "country"]].astype(object)
    founded = units["founded"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    members = units["unit"].map(dict(n_members)).to_numpy(dtype=float)
    table["age"], table["size"] = _halves(year - founded), _halves(members)
    return table


def _halves(values: NDArray[Any]) -> list[str | None]:
    """Return in which half each value is, the middle one in the lower; None where it is missing."""
    middle = np.median(values[np.isfinite(values)]) if np.isfinite(values).any() else np.nan
    return [None if np.isnan(value) else "upper" if value > middle else "lower" for value in values]


def choose(described: pd.DataFrame, fewest: int = FEWEST) -> dict[str, tuple[tuple[str, ...], list[str]]]:
    """Return the peer group of each unit: the description that is shared, and the others who share it.

    Parameters
    ----------
    described
        As :func:`describe` gives it; only units that are compared.
    fewest
        How many others a group has; where there are fewer units in all, the group is all of them.
    """
    chosen: dict[str, tuple[tuple[str, ...], list[str]]] = {}
    for unit, own in described.iterrows():
        others = described.drop(index=unit)
        for rule in LADDER:
            if own[list(rule)].isna().any():
                continue
            same = others.index[(others[list(rule)] == own[list(rule)]).all(axis="columns")]
            if len(same) >= fewest or not rule:
                chosen[str(unit)] = (rule, [str(name) for name in same])
                break
    return chosen


def compare(
    function: Function, posterior: Posterior, groups: Mapping[str, tuple[tuple[str, ...], list[str]]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return where units stand in their peer groups, and on which pillars they are ahead or behind.

    Returns
    -------
    groups
        unit, rule, n_peers, peers (ids), median and best of the peers' scores with intervals (the best is the best in
        each draw), p_above: probability that the unit is above its peers' median
    strengths
        unit, pillar, peers_median (mean), gap to it and top_gap to the peers' upper quartile (score
        points, with intervals), p_above and p_top: probabilities that the unit is above them
    """
    cells = cells_of(posterior)
    now = cells.index[cells["year"] == posterior.run.edition].to_numpy()
    place = {unit: number for number, unit in enumerate(cells["unit"].to_numpy()[now])}
    score = 100.0 * ndtr(posterior.flat("standing")[:, now])
    state = posterior.flat("state")
    pillars = [100.0 * ndtr(standardised(posterior, state[:, :, k])[:, now]) for k in range(len(function.pillars))]
    rows, gaps = [], []
    for unit, (rule, peers) in groups.items():
        if not peers:
            continue
        among = [place[peer] for peer in peers]
        rows.append(_standing(unit, rule, peers, score[:, place[unit]], score[:, among]))
        gaps += [
            {"unit": unit, "pillar": pillar.id} | _gaps(draws[:, place[unit]], draws[:, among])
            for pillar, draws in zip(function.pillars, pillars, strict=True)
        ]
    return _typed(rows, GROUP_COLUMNS), _typed(gaps, STRENGTH_COLUMNS)


def _standing(unit: str, rule: tuple[str, ...], peers: list[str], own: Floats, others: Floats) -> dict[str, object]:
    middle, best = np.median(others, axis=1), others.max(axis=1)
    (low, first_low), (high, first_high) = interval(np.column_stack([middle, best]))
    return {
        "unit": unit,
        "rule": " ".join(rule),
        "n_peers": len(peers),
        "peers": " ".join(peers),
        "median": middle.mean(),
        "median_q05": low,
        "median_q95": high,
        "best": best.mean(),
        "best_q05": first_low,
        "best_q95": first_high,
        "p_above": (own > middle).mean(),
    }


def _gaps(own: Floats, others: Floats) -> dict[str, float]:
    middle, top = np.quantile(others, [0.5, 0.75], axis=1)
    found = summarise(np.column_stack([own - middle, own - top]))
    gap, upper = found.iloc[0], found.iloc[1]
    return {
        "peers_median": float(middle.mean()),
        "gap": gap["mean"],
        "q05": gap["q05"],
        "q95": gap["q95"],
        "p_above": float((own > middle).mean()),
        "top_gap": upper["mean"],
        "top_q05": upper["q05"],
        "top_q95": upper["q95"],
        "p_top": float((own > top).mean()),
    }


def _typed(rows: list[Any], columns: Mapping[str, type]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns)).astype(dict(columns))
