"""On which level a score lies, with its probability: a level only where it is probable enough, else between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.advice.levels import Level, Levels

Floats = NDArray[np.float64]

_SURE: Final = 99.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a score lies on the ladder; places count from 0, which is below the first level.

    Attributes
    ----------
    low, high
        Shortest run of places that is probable enough; the same place where the level is firm.
    probability
        Of that run.
    shares
        Probability of every place.
    """

    low: int
    high: int
    probability: float
    shares: tuple[float, ...]

    @property
    def firm(self) -> bool:
        """Whether one place alone is probable enough."""
        return self.low == self.high


def placed(score: Floats, thresholds: Sequence[float], least: float) -> Placed:
    """Return where a score lies.

    Parameters
    ----------
    score
        dims (sample), from 0 to 100.
    thresholds
        Scores at which levels begin, rising; a score at a threshold has reached it.
    least
        How probable a level must be.
    """
    place = np.searchsorted(np.asarray(thresholds), score, side="right")
    shares = np.bincount(place, minlength=len(thresholds) + 1) / len(score)
    runs = [
        (high - low, -float(shares[low : high + 1].sum()), low, high)
        for low in range(len(shares))
        for high in range(low, len(shares))
        if shares[low : high + 1].sum() >= least - 1e-12
    ]
    _, negative, low, high = min(runs)
    return Placed(low, high, min(-negative, 1.0), tuple(map(float, shares)))


def thresholds_of(levels: Levels) -> list[float]:
    """Return the scores at which levels begin."""
    return [level.score.least for level in levels.ladder]


def next_level(score: Floats, levels: Levels | None) -> Level | None:
    """Return the lowest level that a score has not reached surely enough; None at the top, or without levels."""
    if levels is None:
        return None
    return next((one for one in levels.ladder if (score >= one.score.least).mean() < levels.probability.least), None)


def level_table(levels: Levels, units: Sequence[str], score: Floats) -> pd.DataFrame:
    """Return the level of every unit: firm, or provisional between two.

    Parameters
    ----------
    score
        dims (sample, unit).

    Returns
    -------
    unit, firm, low, high (ids; empty below the first level), probability, said_en, said_ro, and for each level
    ``p_<id>``, the probability that the score reaches it
    """
    rows = []
    for number, unit in enumerate(units):
        found = placed(score[:, number], thresholds_of(levels), levels.probability.least)
        reached = {f"p_{one.id}": float((score[:, number] >= one.score.least).mean()) for one in levels.ladder}
        rows.append(
            {
                "unit": unit,
                "firm": found.firm,
                "low": _id(levels, found.low),
                "high": _id(levels, found.high),
                "probability": found.probability,
                "said_en": said(levels, found, "en"),
                "said_ro": said(levels, found, "ro"),
            }
            | reached
        )
    return pd.DataFrame(rows)


def said(levels: Levels, found: Placed, language: str) -> str:
    """Return a place on the ladder in words, with its probability, never said to be certain."""
    sure = percent(found.probability)
    low, high = (getattr(levels.title(place), language) for place in (found.low, found.high))
    if found.firm:
        return {"en": f"{low} (probability {sure})", "ro": f"{low} (probabilitate {sure})"}[language]
    return {
        "en": f"provisional between {low} and {high} (probability {sure})",
        "ro": f"provizoriu între {low} și {high} (probabilitate {sure})",
    }[language]


def percent(probability: float) -> str:
    """Return a probability in words that never claim certainty."""
    if np.isnan(probability):
        return "-"
    share = 100.0 * probability
    return "> 99 %" if share > _SURE else "< 1 %" if share < 100.0 - _SURE else f"{share:.0f} %"


def _id(levels: Levels, place: int) -> str:
    return "" if place == 0 else levels.ladder[place - 1].id
