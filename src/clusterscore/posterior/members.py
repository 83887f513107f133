"""Each member's own posterior, recovered draw by draw from the posterior of its unit, in closed form.

Given a draw, a member's deviation from its unit's level is normal: the residuals of its figures, weighed by how much
members differ for good against how much one member's figures move from year to year.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.evidence import member_figures
from clusterscore.model.function import Function, Indicator
from clusterscore.model.transforms import restore
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import Posterior
from clusterscore.vocabulary import INTERVAL_TAIL

Floats = NDArray[np.float64]

_SAMPLES = 1000  # draws used at most: enough for two digits of an interval
_COLUMNS = ["member", "unit", "indicator", "year", "n_years", "median", "q05", "q95", "p_above"]


def members(function: Function, posterior: Posterior, observations: Observations) -> pd.DataFrame:
    """Return every member's level in the last year in which it reported.

    Parameters
    ----------
    function
        The document that was fitted.
    posterior
        Draws of the units.
    observations
        What was fitted: the members' figures are read again from here.

    Returns
    -------
    one row per member and indicator: member, unit, indicator, year, n_years (with a figure), median and central
    interval of the member's level in the indicator's measure, and the probability that it is above the level of its
    unit
    """
    figures = member_figures(function, observations)
    rows = [
        _of_indicator(part, _Levels(function, posterior, part), figures[figures["indicator"] == part.id])
        for part in function.indicators
        if part.of == "members" and (figures["indicator"] == part.id).any()
    ]
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=_COLUMNS)
    types = dict.fromkeys(("member", "unit", "indicator"), str) | dict.fromkeys(("year", "n_years"), int)
    return table[_COLUMNS].astype(types | dict.fromkeys(("median", "q05", "q95", "p_above"), float))


class _Levels:
    """Draws of what one indicator hangs on: the level of each cell, and the two standard deviations of members."""

    def __init__(self, function: Function, posterior: Posterior, part: Indicator) -> None:
        draws, number = posterior.draws, function.indicators.index(part)
        kept = np.linspace(0, posterior.flat("function").shape[0] - 1, _SAMPLES).astype(int)
        kept = np.unique(kept)
        pillar = [pillar.id for pillar in function.pillars].index(function.pillar_of[part.id])
        position = posterior.flat("state")[kept, :, pillar] * posterior.flat("pillar_scale")[kept, pillar, None]
        slope = posterior.flat("slope")[kept, list(draws["measure"].to_numpy()).index(part.id), None]
        self.level = posterior.flat("intercept")[kept, number, None] + part.direction * slope * position
        reported = list(draws["reported_member"].to_numpy()).index(part.id)
        self.own_sd, self.error_sd = (
            posterior.flat(name)[kept, reported, None] for name in ("member_sd", "member_error_sd")
        )
        cells = zip(draws["unit_of_cell"].to_numpy(), draws["year_of_cell"].to_numpy(), strict=True)
        self.cell = {place: number for number, place in enumerate(cells)}


def deviations(residual: Floats, n_years: NDArray[np.int64], own_sd: Floats, error_sd: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of members' deviations, given everything else.

    Parameters
    ----------
    residual
        dims (sample, member): sum over years of figure minus level, in spreads.
    n_years
        dims (member): how many figures each sum holds.
    own_sd, error_sd
        dims (sample, 1): how much members differ for good, and how much one member's figures move.
    """
    variance = 1.0 / (1.0 / own_sd**2 + n_years / error_sd**2)
    return variance * residual / error_sd**2, np.sqrt(variance)


def _of_indicator(part: Indicator, levels: _Levels, figures: pd.DataFrame) -> pd.DataFrame:
    rows = figures.sort_values(["member", "year"])
    number, names = pd.factorize(rows["member"])
    cell = np.array([levels.cell[place] for place in zip(rows["unit"], rows["year"], strict=True)])
    n_years = np.bincount(number)
    start = np.searchsorted(number, np.arange(len(names)))
    residual = np.add.reduceat(rows["value"].to_numpy()[None] - levels.level[:, cell], start, axis=1)
    mean, sd = deviations(residual, n_years, levels.own_sd, levels.error_sd)
    own = mean + sd * np.random.default_rng(len(names)).normal(size=mean.shape)
    last = np.append(start[1:], len(rows)) - 1
    low, median, high = restore(
        part, np.quantile(levels.level[:, cell[last]] + own, [INTERVAL_TAIL, 0.5, 1.0 - INTERVAL_TAIL], axis=0)
    )
    return pd.DataFrame(
        {
            "member": names,
            "unit": rows["unit"].to_numpy()[last],
            "indicator": part.id,
            "year": rows["year"].to_numpy()[last],
            "n_years": n_years,
            "median": median,
            "q05": low,
            "q95": high,
            "p_above": (part.direction * own > 0).mean(axis=0),
        }
    )
