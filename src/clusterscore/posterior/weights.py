"""Importance weights: from the samples of one posterior to another, and how far they can be relied on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clusterscore.posterior.pareto import Floats, smoothed

Ints = NDArray[np.int64]

LARGEST_K: Final = 0.7
ENOUGH: Final = 400.0
"""Effective samples that a corrected posterior must have, as a sampled one."""
_LOST: Final = 50.0  # nats below all others: a sample that the target does not know


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights of samples.

    Attributes
    ----------
    weight
        dims (sample), summing to 1, Pareto-smoothed (Vehtari et al. 2024).
    pareto_k
        Shape of the largest ratios: above ``limit`` the weights cannot be relied on.
    efficiency
        Share of the samples that independent ones would need to say as much.
    """

    weight: Floats
    pareto_k: float
    efficiency: float

    @property
    def limit(self) -> float:
        """Largest shape at which the weights can be relied on."""
        return float(min(1.0 - 1.0 / np.log10(len(self.weight)), LARGEST_K))

    def objection(self, left: float) -> str:
        """Return why the weights cannot be relied on, in words; nothing where they can.

        Parameters
        ----------
        left
            Effective samples that the weighted samples hold.
        """
        if not self.pareto_k <= self.limit:
            return f"Pareto k {self.pareto_k:.2f} is above {self.limit:.2f}"
        return "" if left >= ENOUGH else f"{left:.0f} effective samples are left, {ENOUGH:.0f} needed"

    def effective(self, values: Floats, chains: int) -> Floats:
        """Return how many independent draws of the target would know each weighted mean as well; dims (quantity).

        The variance of a ratio of two means by the delta method, with the autocorrelations of the samples by Geyer's
        initial monotone sequence (1992).

        Parameters
        ----------
        values
            dims (sample, quantity): samples of one chain after the other, none of which stays the same in all.
        chains
            Number of chains; samples that are no multiple of it are left out at the end.
        """
        away = values - self.mean(values)
        length = len(values) // chains
        pulls = (len(values) * self.weight[:, None] * away)[: length * chains].reshape(chains, length, -1)
        variance = _long_run_variance(pulls)
        spread = self.weight @ away**2
        return len(values) * spread / np.maximum(variance, np.finfo(float).tiny)

    def mean(self, values: NDArray[np.float64]) -> Floats:
        """Return weighted means; values have dims (sample, ...)."""
        return np.asarray(np.tensordot(self.weight, values, axes=1))

    def sd(self, values: NDArray[np.float64]) -> Floats:
        """Return weighted standard deviations; values have dims (sample, ...)."""
        mean = self.mean(values)
        return np.sqrt(np.maximum(self.mean(values**2) - mean**2, 0.0))

    def resample(self, size: int | None = None) -> Ints:
        """Return which samples to take so that all count the same; as many as there are, or ``size``.

        Systematic and without chance: what weighs more than one in ``size`` is taken again, and where all weigh about
        the same nearly every sample is taken once.
        """
        n = size or len(self.weight)
        reached = np.cumsum(self.weight)
        found = np.searchsorted(reached, (np.arange(n) + 0.5) / n * reached[-1])
        return np.asarray(np.minimum(found, len(self.weight) - 1), dtype=np.int64)


def weigh(log_ratio: Floats) -> Weights:
    """Return the smoothed weights of samples from the logarithms of target to proposal, dims (sample)."""
    finite, even = np.isfinite(log_ratio), np.full(len(log_ratio), 1.0 / len(log_ratio))
    if not finite.any() or np.isnan(log_ratio).any() or (log_ratio == np.inf).any():
        return Weights(even, np.inf, 0.0)
    if float(np.ptp(log_ratio)) == 0.0:
        return Weights(even, -np.inf, 1.0)
    log_ratio = np.where(finite, log_ratio, log_ratio[finite].min() - _LOST)
    log_weight, k = smoothed(log_ratio)
    weight = np.exp(log_weight)
    weight /= weight.sum()
    return Weights(weight, k, float(1.0 / (len(weight) * (weight**2).sum())))


def _long_run_variance(series: NDArray[np.float64]) -> Floats:
    """Return the variance of the mean of series around zero, times their length; dims (chain, sample, quantity)."""
    chains, length, _ = series.shape
    rows = np.arange(series.shape[2])

    def covariance(lag: int) -> Floats:
        products = np.einsum("csq,csq->q", series[:, lag:, rows], series[:, : length - lag, rows])
        return np.asarray(products / (chains * length))

    lowest = covariance(0) + covariance(1)
    total = 2.0 * lowest - covariance(0)
    for lag in range(2, length - 1, 2):
        pair = covariance(lag) + covariance(lag + 1)
        positive = pair > 0.0
        rows = rows[positive]
        if not len(rows):
            break
        lowest[rows] = np.minimum(lowest[rows], pair[positive])
        total[rows] += 2.0 * lowest[rows]
    return total
