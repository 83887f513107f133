"""With whom a unit is compared: its peer group, chosen by one rule for all, and where it stands in it.

The rule is a document, ``catalogue/peers.yml``: the first of a list of shared traits for which there are enough other
units. Who they are follows from what units are, never from how they score. Pages and recommendations take the same
groups, those of the published table.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, StringConstraints
from scipy.special import ndtr

from clusterscore.documents import Document, digest_of_document
from clusterscore.model.function import Function
from clusterscore.posterior.record import Posterior
from clusterscore.scores.summaries import interval, summarise
from clusterscore.scores.verdict import cells_of, standardised

Floats = NDArray[np.float64]

_SHARED: Final = ("sector", "region", "country")

GROUP_COLUMNS: Final = {"unit": str, "rule": str, "n_peers": int, "peers": str} | dict.fromkeys(
    ("median", "median_q05", "median_q95", "best", "best_q05", "best_q95", "p_above"), float
)
STRENGTH_COLUMNS: Final = {"unit": str, "pillar": str} | dict.fromkeys(
    ("peers_median", "gap", "q05", "q95", "p_above", "top_gap", "top_q05", "top_q95", "p_top"), float
)


FILE: Final = "peers.yml"

Reason = Annotated[str, StringConstraints(min_length=3)]
Traits = tuple[Literal["sector", "region", "country", "age", "size"], ...]
Groups = Mapping[str, tuple[Traits, list[str]]]
"""By unit: what its peers share with it, nothing for everybody, and who they are."""


class Rule(Document):
    """How peers are chosen: the first list of traits that enough others share; else all others.

    Attributes
    ----------
    by
        Lists of traits, from the narrowest to the widest.
    least
        How many others a group has.
    age_years
        How far the years of founding of units of similar age lie apart at most.
    size_factor
        By how much the numbers of members of units of similar size differ at most.
    why, source
        Of the rule.
    """

    by: tuple[Annotated[Traits, Field(min_length=1)], ...] = ()
    least: Annotated[int, Field(ge=3)] = 5
    age_years: Annotated[int, Field(ge=0)] = 0
    size_factor: Annotated[float, Field(ge=1.0)] = 1.0
    why: Reason = "without a document all are compared with all"
    source: Reason = "default"

    @property
    def digest(self) -> str:
        """SHA-256 of what the rule says, whatever the layout of its document."""
        return digest_of_document(self)

    @classmethod
    def of(cls, catalogue: Path) -> Self:
        """Return the rule of a workspace's catalogue; all others where it has none.

        Raises
        ------
        FunctionInvalid
            Where the document is not one.
        """
        return cls.read_if_there(catalogue / FILE)


def described(units: pd.DataFrame, everybody: pd.DataFrame, n_members: Mapping[str, int]) -> pd.DataFrame:
    """Return what units are; what is not recorded of a management team is that of its cluster.

    Parameters
    ----------
    units
        unit, parent, sector, region, country, founded (year).
    everybody
        The same of all units recorded.
    n_members
        How many member organisations each unit has, where any is known.

    Returns
    -------
    sector, region, country, founded, size (number of members); by unit, missing where unknown
    """
    above = everybody.set_index("unit").reindex(units["parent"]).set_axis(units.index)
    table = pd.DataFrame({name: units[name].where(units[name].notna(), above[name]) for name in (*_SHARED, "founded")})
    members = dict(n_members)
    table["size"] = units["unit"].map(members).fillna(units["parent"].map(members)).astype(float)
    table["founded"] = table["founded"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return table.set_axis(pd.Index(units["unit"], name="unit"))


def choose(units: pd.DataFrame, rule: Rule) -> Groups:
    """Return the peer group of each unit, never with the unit itself; what is not recorded is shared with nobody.

    Parameters
    ----------
    units
        As :func:`described` gives them; only units that are compared.
    rule
        Of the workspace.
    """
    names, alike = units.index.to_numpy(), _alike(units, rule)
    chosen: dict[str, tuple[Traits, list[str]]] = {}
    for number, unit in enumerate(names):
        for traits in (*rule.by, ()):
            shared = np.logical_and.reduce([alike[trait][number] for trait in traits] or [names != unit])
            if shared.sum() >= rule.least or not traits:
                chosen[str(unit)] = (traits, [str(name) for name in names[shared]])
                break
    return chosen


def _alike(units: pd.DataFrame, rule: Rule) -> dict[str, NDArray[np.bool_]]:
    """Return by trait which units share it: dims (unit, other)."""
    alike = {
        name: np.equal.outer(*2 * [units[name].to_numpy(dtype=object)]) & units[name].notna().to_numpy()[:, None]
        for name in _SHARED
    }
    founded, size = units["founded"].to_numpy(), units["size"].to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.divide.outer(size, size)
        alike["size"] = np.maximum(ratio, 1.0 / ratio) <= rule.size_factor
    alike["age"] = np.abs(np.subtract.outer(founded, founded)) <= rule.age_years
    for same in alike.values():
        np.fill_diagonal(same, val=False)
    return alike


def compare(function: Function, posterior: Posterior, groups: Groups) -> tuple[pd.DataFrame, pd.DataFrame]:
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
    for unit, (traits, peers) in groups.items():
        if not peers:
            continue
        among = [place[peer] for peer in peers]
        rows.append(_standing(unit, traits, peers, score[:, place[unit]], score[:, among]))
        gaps += [
            {"unit": unit, "pillar": pillar.id} | _gaps(draws[:, place[unit]], draws[:, among])
            for pillar, draws in zip(function.pillars, pillars, strict=True)
        ]
    return _typed(rows, GROUP_COLUMNS), _typed(gaps, STRENGTH_COLUMNS)


def _standing(unit: str, traits: Traits, peers: list[str], own: Floats, others: Floats) -> dict[str, object]:
    middle, best = np.median(others, axis=1), others.max(axis=1)
    (low, first_low), (high, first_high) = interval(np.column_stack([middle, best]))
    return {
        "unit": unit,
        "rule": " ".join(traits),
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
