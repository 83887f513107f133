"""Pareto smoothing of importance ratios (Vehtari et al. 2024), the tail fitted as in Zhang and Stephens 2009.

The same as ArviZ's ``psislw``, which a test holds it to. It stands here because a correction takes no longer than
importing ArviZ would.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_FEWEST: Final = 5
_SMALL: Final = 225  # samples; of more, three times the square root makes the tail
_GUESS: Final = (0.5, 10.0)  # the shape believed beforehand, and how many exceedances that belief counts for


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def smoothed(log_ratio: Floats) -> tuple[Floats, float]:
    """Return ratios with their largest smoothed, and the shape of the tail.

    Parameters
    ----------
    log_ratio
        dims (sample): logarithms of target to proposal, finite and not all the same.

    Returns
    -------
    log-weights, dims (sample), of which the largest is at most 0; and Pareto k: infinite where the tail is none of a
    generalized Pareto distribution, and then nothing is smoothed
    """
    n = len(log_ratio)
    n_tail = int(3.0 * np.sqrt(n)) if n > _SMALL else n // 5
    order = np.argsort(log_ratio)
    log_weight = log_ratio - log_ratio[order[-1]]
    if n_tail < _FEWEST:
        return log_weight, np.inf
    tail, cutoff = order[-n_tail:], np.exp(log_weight[order[-n_tail - 1]])
    shape, scale = generalized_pareto(np.exp(log_weight[tail]) - cutoff)
    if not (np.isfinite(shape) and scale > 0.0):
        return log_weight, np.inf
    log_above = np.log1p(-(np.arange(n_tail) + 0.5) / n_tail)
    quantile = cutoff + scale * (np.expm1(-shape * log_above) / shape if shape else -log_above)
    log_weight[tail] = np.minimum(np.log(quantile), 0.0)
    return log_weight, shape


def generalized_pareto(exceedances: Floats) -> tuple[float, float]:
    """Return shape and scale of a generalized Pareto distribution; not a number where there is none.

    The posterior mean on a grid of the profile likelihood; the shape is drawn a little towards 0.5, as Vehtari et al.
    advise.

    Parameters
    ----------
    exceedances
        dims (exceedance): above the threshold, in ascending order.
    """
    n, quartile = len(exceedances), exceedances[int(len(exceedances) / 4 - 0.5)]
    if quartile <= exceedances[0]:
        return np.nan, np.nan
    n_grid = 30 + int(np.sqrt(n))
    grid = 1.0 / exceedances[-1] + (1.0 - np.sqrt(n_grid / (np.arange(n_grid) + 0.5))) / (3.0 * quartile)
    shapes = np.log1p(-grid[:, None] * exceedances).mean(axis=1)
    profile = n * (np.log(-grid / shapes) - shapes - 1.0)
    weight = np.exp(profile - profile.max())
    weight[weight < 10.0 * np.finfo(float).eps * weight.sum()] = 0.0
    theta = float(grid @ weight / weight.sum())
    shape = float(np.log1p(-theta * exceedances).mean())
    guess, strength = _GUESS
    return (n * shape + strength * guess) / (n + strength), -shape / theta
