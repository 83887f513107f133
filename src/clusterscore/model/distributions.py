"""Priors as distributions that can be looked at: density, quantiles and moments, by SciPy."""

from __future__ import annotations

from typing import Any

from scipy import stats

from clusterscore.model.priors import Prior


def distribution(prior: Prior) -> Any:
    """Return the frozen SciPy distribution of a prior on single numbers.

    Raises
    ------
    ValueError
        For a Dirichlet, which is a prior on shares.
    """
    match prior.family:
        case "normal":
            return stats.norm(prior["mean"], prior["sd"])
        case "half_normal":
            return stats.halfnorm(scale=prior["sd"])
        case "log_normal":
            return stats.lognorm(prior["log_sd"], scale=prior["median"])
        case "beta":
            return stats.beta(prior["a"], prior["b"])
        case "gamma":
            return stats.gamma(prior["shape"], scale=1.0 / prior["rate"])
        case _:
            raise ValueError(f"a {prior.family} prior is not on single numbers")
