"""What if a figure or a pillar were another: the score's posterior on a grid, worked out beforehand for pages offline.

A *figure* at another value: the draws are weighted by the likelihood of that value over that of the one reported, so
this is what the posterior would be had that value been reported, all else equal. Where the weights cannot be relied on
the point says so and gives no numbers.

A *pillar* at another position: the pillar is put there in every draw and the score follows by its weight. This is no
forecast of what any measure would do; it is what the function says of a cluster that got there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr, ndtri

from clusterscore.advice.levels import Levels
from clusterscore.advice.standing import next_level
from clusterscore.advice.tables import TABLES
from clusterscore.advice.view import View
from clusterscore.frames import each
from clusterscore.model.function import Indicator
from clusterscore.model.transforms import restore
from clusterscore.posterior.weights import LARGEST_K, weigh
from clusterscore.vocabulary import INTERVAL_TAIL

Floats = NDArray[np.float64]

PILLAR_GRID: Final = (5.0, 20.0, 35.0, 50.0, 65.0, 80.0, 95.0)
"""Positions of a pillar, on the published scale from 0 to 100."""
FIGURE_GRID: Final = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
"""Values of a figure, as quantiles of what all units reported in the year."""
FEWEST: Final = 3  # units that reported a figure, for a grid of it


def what_if(view: View, levels: Levels | None) -> pd.DataFrame:
    """Return the grid.

    Returns
    -------
    one row per unit, pillar or indicator, and point: unit, kind (pillar or indicator), about, point (from 1), x (in the
    indicator's measure; of a pillar on the scale from 0 to 100), now (the value reported, missing where none was; of a
    pillar its mean), mean, q05, q95 (of the score), p_next (of reaching the next level), next_level, reliable
    """
    rows = [
        row for unit in range(len(view.names)) for row in (*_pillars(view, levels, unit), *_figures(view, levels, unit))
    ]
    return pd.DataFrame(rows, columns=TABLES["whatif"])


def _pillars(view: View, levels: Levels | None, unit: int) -> Iterator[tuple[Any, ...]]:
    even = np.full(len(view.standing), 1.0 / len(view.standing))
    for number, pillar in enumerate(view.function.pillars):
        now = float(100.0 * ndtr(view.position[:, unit, number]).mean())
        for point, x in enumerate(PILLAR_GRID, start=1):
            moved = view.lift[:, number] * (ndtri(x / 100.0) - view.position[:, unit, number])
            score = 100.0 * ndtr(view.standing[:, unit] + moved)
            yield (view.names[unit], "pillar", pillar.id, point, x, now, *_said(view, levels, unit, score, even), True)


def _figures(view: View, levels: Levels | None, unit: int) -> Iterator[tuple[Any, ...]]:
    score = view.score[:, unit]
    for number, part in enumerate(view.function.indicators):
        grid = _grid(view, unit, number, part)
        if grid is None:
            continue
        known = _reported(view, unit, number)
        now = np.nan if known is None else _in_measure(part, known.value)
        before = 0.0 if known is None else log_likelihood(view, unit, number, known.value, known.log_expected)
        expected = np.nan if known is None else known.log_expected
        for point, value in enumerate(grid, start=1):
            found = weigh(log_likelihood(view, unit, number, value, expected) - before)
            reliable = found.pareto_k <= LARGEST_K
            said = (
                _said(view, levels, unit, score, found.weight)
                if reliable
                else (np.nan,) * 4 + (_next(view, levels, unit),)
            )
            yield (view.names[unit], "indicator", part.id, point, _in_measure(part, value), now, *said, reliable)


def log_likelihood(view: View, unit: int, indicator: int, value: float, log_expected: float) -> Floats:
    """Return the log-likelihood of one figure under every draw: dims (sample).

    Parameters
    ----------
    value, log_expected
        As in :attr:`View.figures`.
    """
    part, location = view.function.indicators[indicator], view.location[:, unit, indicator]
    if part.transform == "count":
        shape, mean = view.overdispersion[:, indicator], np.exp(log_expected + part.spread * location)
        ways = gammaln(value + shape) - gammaln(shape)
        return np.asarray(ways - shape * np.log1p(mean / shape) + value * (np.log(mean) - np.log(mean + shape)))
    scale, nu = view.error_sd[:, indicator], view.freedom
    z = (value - location) / scale
    constant = gammaln((nu + 1.0) / 2.0) - gammaln(nu / 2.0) - 0.5 * np.log(nu)
    return np.asarray(constant - np.log(scale) - (nu + 1.0) / 2.0 * np.log1p(z**2 / nu))


def _grid(view: View, unit: int, indicator: int, part: Indicator) -> Floats | None:
    """Return the values of a grid on the scale of the figures; None where there is nothing to place it by."""
    rows = view.figures[view.figures["indicator"] == indicator]
    if (
        part.of != "unit"
        or part.derived is not None
        or len(rows) < FEWEST
        or np.isnan(view.location[0, unit, indicator])
    ):
        return None
    if part.transform != "count":
        return np.asarray(np.quantile(rows["value"], FIGURE_GRID))
    own = _reported(view, unit, indicator)
    if own is None:
        return None  # without its exposure, nothing can be expected of a count
    rate = (rows["value"] + 0.5) / np.exp(rows["log_expected"])
    return np.asarray(np.round(np.quantile(rate, FIGURE_GRID) * np.exp(own.log_expected)))


def _reported(view: View, unit: int, indicator: int) -> Any:
    rows = view.figures[(view.figures["unit"] == unit) & (view.figures["indicator"] == indicator)]
    return next(each(rows), None)


def _in_measure(part: Indicator, value: float) -> float:
    return float(value) if part.transform == "count" else float(restore(part, value))


def _said(
    view: View, levels: Levels | None, unit: int, score: Floats, weight: Floats
) -> tuple[float, float, float, float, str]:
    """Return mean and interval of a weighted score, and how likely the next level is."""
    order = np.argsort(score)
    reached = np.cumsum(weight[order])
    low, high = (float(score[order][np.searchsorted(reached, tail)]) for tail in (INTERVAL_TAIL, 1.0 - INTERVAL_TAIL))
    aim = next_level(view.score[:, unit], levels)
    p_next = np.nan if aim is None else float(weight[score >= aim.score.least].sum())
    return float(score @ weight), low, high, p_next, "" if aim is None else aim.id


def _next(view: View, levels: Levels | None, unit: int) -> str:
    aim = next_level(view.score[:, unit], levels)
    return "" if aim is None else aim.id
