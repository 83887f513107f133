"""With whom a cluster could work: partners who have what it lacks, and lack what it has.

A pair complements each other on two pillars where one is stronger by at least the gap that the catalogue names on one
of them and the other on the other, with the probability that it asks for; probabilities are those of the difference,
draw by draw. The strength of a pair is the sum of both expected advantages; partners near in region or sector come
first among equals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.advice.catalogue import Distance
from clusterscore.advice.standing import percent
from clusterscore.advice.tables import TABLES
from clusterscore.advice.view import View
from clusterscore.frames import each

Floats = NDArray[np.float64]

_DRAWS: Final = 500  # of every pair and pillar: a probability within 0.02
_DISTANCE: Final[Mapping[int, Mapping[str, str]]] = {
    0: {"en": "same region", "ro": "aceeași regiune"},
    1: {"en": "same country", "ro": "aceeași țară"},
    2: {"en": "another country", "ro": "altă țară"},
}


def partners(
    rule: Distance, view: View, members: Mapping[str, frozenset[str]], names: Mapping[str, str]
) -> pd.DataFrame:
    """Return for each unit its best partners.

    Parameters
    ----------
    rule
        What counts as stronger, and how many to name.
    members
        Ids of members by unit; organisations that belong to both are counted by ``names``.
    names
        Name by id of unit or member, as people wrote it: one organisation may belong to two clusters under two ids.

    Returns
    -------
    one row per unit and partner: unit, place, partner, gains (pillar on which the partner is stronger), p_gains, gives
    (pillar on which the unit is), p_gives, strength (standard deviations of the base cohort), sector_distance (0 same,
    1 another or unknown), region_distance (0 same region, 1 same country, 2 another or unknown), shared_members,
    because_en, because_ro
    """
    position = view.position[np.linspace(0, len(view.position) - 1, min(_DRAWS, len(view.position))).astype(int)]
    rows = []
    for unit in range(len(view.names)):
        found = [
            row
            for other in range(len(view.names))
            if other != unit and (row := _pair(rule, view, position, unit, other, members, names)) is not None
        ]
        found.sort(
            key=lambda row: (-round(row["strength"], 1), row["region_distance"], row["sector_distance"], row["partner"])
        )
        rows += [row | {"place": place} for place, row in enumerate(found[: rule.most], start=1)]
    return pd.DataFrame(rows, columns=TABLES["partners"])


def network(table: pd.DataFrame, view: View) -> dict[str, list[dict[str, Any]]]:
    """Return the network as plain data for a picture: nodes, and each pair once with its strength."""
    score = view.score.mean(axis=0)
    nodes = [
        {"unit": row.unit, "sector": _plain(row.sector), "region": _plain(row.region), "score": round(float(mean), 1)}
        for row, mean in zip(each(view.units), score, strict=True)
    ]
    edges: dict[tuple[str, str], float] = {}
    for row in each(table):
        pair = (min(row.unit, row.partner), max(row.unit, row.partner))
        edges[pair] = max(edges.get(pair, 0.0), float(row.strength))
    return {
        "nodes": nodes,
        "edges": [{"from": a, "to": b, "strength": round(weight, 3)} for (a, b), weight in sorted(edges.items())],
    }


def _pair(
    rule: Distance,
    view: View,
    position: Floats,
    unit: int,
    other: int,
    members: Mapping[str, frozenset[str]],
    names: Mapping[str, str],
) -> dict[str, Any] | None:
    ahead = position[:, other] - position[:, unit]
    gained, given = _best(ahead, rule), _best(-ahead, rule)
    if gained is None or given is None:
        return None
    here, there = view.units.iloc[unit], view.units.iloc[other]
    shared = {names.get(one, one) for one in members.get(view.names[unit], ())} & {
        names.get(one, one) for one in members.get(view.names[other], ())
    }
    row = {
        "unit": view.names[unit],
        "partner": view.names[other],
        "gains": view.function.pillars[gained].id,
        "p_gains": float((ahead[:, gained] > rule.gap).mean()),
        "gives": view.function.pillars[given].id,
        "p_gives": float((-ahead[:, given] > rule.gap).mean()),
        "strength": float(ahead[:, gained].mean() - ahead[:, given].mean()),
        "sector_distance": 0 if _same(here["sector"], there["sector"]) else 1,
        "region_distance": 0
        if _same(here["region"], there["region"])
        else 1
        if _same(here["country"], there["country"])
        else 2,
        "shared_members": len(shared),
    }
    return row | {f"because_{language}": _because(row, view, language) for language in ("en", "ro")}


def _best(ahead: Floats, rule: Distance) -> int | None:
    """Return the pillar on which one is most ahead of the other, among those where that is probable enough."""
    sure = (ahead > rule.gap).mean(axis=0) >= rule.probability
    return int(np.argmax(np.where(sure, ahead.mean(axis=0), -np.inf))) if sure.any() else None


def _because(row: dict[str, Any], view: View, language: str) -> str:
    titles = {pillar.id: getattr(pillar.title, language) for pillar in view.function.pillars}
    near = _DISTANCE[row["region_distance"]][language]
    there, here = (percent(row[name]) for name in ("p_gains", "p_gives"))
    if language == "en":
        sector = "same sector" if row["sector_distance"] == 0 else "another sector"
        shared = f"; shared members: {row['shared_members']}" if row["shared_members"] else ""
        return (
            f"{row['partner']} is stronger in {titles[row['gains']]} (probability {there}); {row['unit']} is stronger "
            f"in {titles[row['gives']]} (probability {here}); {sector}, {near}{shared}"
        )
    sector = "același sector" if row["sector_distance"] == 0 else "alt sector"
    shared = f"; membri comuni: {row['shared_members']}" if row["shared_members"] else ""
    return (
        f"{row['partner']} este mai puternic la {titles[row['gains']]} (probabilitate {there}); {row['unit']} este mai "
        f"puternic la {titles[row['gives']]} (probabilitate {here}); {sector}, {near}{shared}"
    )


def _same(here: Any, there: Any) -> bool:
    return isinstance(here, str) and here == there


def _plain(value: Any) -> str | None:
    return value if isinstance(value, str) else None
