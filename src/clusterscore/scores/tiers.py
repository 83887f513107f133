"""Thirds of the field instead of a league table: with which probability a unit belongs to each."""

from __future__ import annotations

from typing import Final

import pandas as pd

from clusterscore.frames import each

UPPER, MIDDLE, LOWER = "upper third", "middle third", "lower third"
OPEN: Final = "cannot be told"
PAIRS: Final = {(UPPER, MIDDLE): "upper or middle third", (MIDDLE, LOWER): "middle or lower third"}
LEAST: Final = 0.8
"""How probable a tier must be to be named; that of the levels of accreditation."""
FEWEST: Final = 6
"""Units below which a field has no thirds."""
ORDER: Final = (UPPER, PAIRS[UPPER, MIDDLE], MIDDLE, OPEN, PAIRS[MIDDLE, LOWER], LOWER)


def cuts(n_units: int) -> tuple[int, int]:
    """Return the last ranks of the upper and of the middle third."""
    return round(n_units / 3), round(2 * n_units / 3)


def tiers(ranks: pd.DataFrame) -> pd.DataFrame:
    """Return the tier of every unit of the edition's last year; nothing where the field is too small.

    Parameters
    ----------
    ranks
        The published table: unit, k, p_rank_at_most_k.

    Returns
    -------
    unit, tier, probability (of what is named), upper, middle, lower (probability of each third)
    """
    n_units = ranks["unit"].nunique()
    columns = ["unit", "tier", "probability", "upper", "middle", "lower"]
    if n_units < FEWEST:
        return pd.DataFrame(columns=columns)
    first, second = cuts(n_units)
    wide = ranks.pivot_table(index="unit", columns="k", values="p_rank_at_most_k").reset_index()
    shares = pd.DataFrame(
        {
            "unit": wide["unit"],
            "upper": wide[first],
            "middle": (wide[second] - wide[first]).clip(lower=0),
            "lower": 1.0 - wide[second],
        }
    )
    named = [_named(row.upper, row.middle, row.lower) for row in each(shares)]
    shares = shares.assign(tier=[tier for tier, _ in named], probability=[share for _, share in named])
    return shares[columns].sort_values("unit").reset_index(drop=True)


def _named(upper: float, middle: float, lower: float) -> tuple[str, float]:
    """Return the narrowest tier that is probable enough, and how probable it is."""
    shares = {UPPER: upper, MIDDLE: middle, LOWER: lower}
    best = max(shares, key=lambda tier: shares[tier])
    if shares[best] >= LEAST:
        return best, shares[best]
    pairs = {name: shares[one] + shares[other] for (one, other), name in PAIRS.items()}
    pair = max(pairs, key=lambda name: pairs[name])
    return (pair, pairs[pair]) if pairs[pair] >= LEAST else (OPEN, 1.0)
