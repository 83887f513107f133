"""A posterior in seconds, for a first look: Laplace's approximation, checked against the target, never published.

A normal distribution around the joint mode would not do: where effects are drawn on their own scale the joint density
has no mode but at a standard deviation of 0. So the scales (standard deviations, shares, shapes) are first set to where
they are most probable with everything else integrated out. That is EM: given the scales all the rest is about normal
around its mode, with the curvature there; draws from that normal say where the scales belong. The curvature of the
scales' own density follows by Louis' identity: the mean curvature, less the variance of the slope.

How far the result can be trusted is asked by Pareto-smoothed importance sampling (Vehtari et al. 2024): the shape ``k``
of the ratios of target to approximation. Below ``min(1 - 1 / log10(n), 0.7)`` the ``n`` draws are re-weighted to the
target; above, and in hundreds of dimensions that is the rule, they stay what they are, an approximation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from arviz_stats.base import array_stats
from numpy.typing import NDArray
from scipy import linalg, optimize

from clusterscore.errors import NoApproximation
from clusterscore.progress import Progress

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEP: Final = 1e-4  # of the differences that make second derivatives
_ROUNDS: Final = 12
_SETTLED: Final = 0.02  # change of a scale's logarithm at which they stay
_PAIRS: Final = 12  # of draws that say where the scales belong
_LOUIS: Final = 400  # draws for the variance of the slope
_TAIL: Final = 100  # draws from which on a tail can be looked at


class Target(Protocol):
    """A log-density with its gradient, such as :class:`clusterscore.model.compiled.density.Density`."""

    @property
    def size(self) -> int:
        """Number of elements of a point."""

    @property
    def middle(self) -> Floats:
        """A point to begin at."""

    @property
    def scales(self) -> Ints:
        """Elements that are no locations."""

    @property
    def prior_sd(self) -> Floats:
        """Their standard deviations before any data."""

    def __call__(self, point: Floats) -> tuple[float, Floats]:
        """Return log-density and gradient."""


@dataclass(frozen=True, eq=False)
class Approximation:
    """Draws from Laplace's approximation.

    Attributes
    ----------
    points
        dims (sample, element) of the sampler's point.
    pareto_k
        Shape of the importance ratios: the smaller, the nearer the target.
    reweighted
        Whether the draws were resampled by those ratios.
    """

    points: Floats
    pareto_k: float
    reweighted: bool


@dataclass(frozen=True, eq=False)
class _Rest:
    """Everything but the scales, about normal given these: mode and Cholesky factor of the curvature there."""

    mode: Floats
    factor: Floats

    def draws(self, normal: Floats) -> Floats:
        """Return draws, dims (sample, element), from standard normal ones."""
        return np.asarray(self.mode + linalg.solve_triangular(self.factor.T, normal.T, check_finite=False).T)


def approximate(density: Target, n_draws: int, seed: int, told: Progress) -> Approximation:
    """Return draws from Laplace's approximation of a density.

    Parameters
    ----------
    density
        The density to be approximated.
    n_draws
        Number of draws.
    seed
        Of all random numbers.
    told
        Told the stage ``approximate``.
    """
    rng, scales = np.random.default_rng(seed), density.scales
    rest = np.setdiff1d(np.arange(density.size), scales)
    point = density.middle.copy()
    half = rng.normal(size=(_PAIRS, len(rest)))
    normal = np.concatenate([half, -half])
    for number in range(_ROUNDS):
        told("approximate", number / _ROUNDS)
        normal_rest = _settle(density, point, rest)
        moved = _most_probable(density, point, scales, rest, normal_rest.draws(normal))
        change = np.abs(moved - point[scales]).max()
        point[scales] = moved
        if change < _SETTLED:
            break
    normal_rest = _settle(density, point, rest)
    spread = _spread_of_scales(density, point, scales, rest, normal_rest.draws(rng.normal(size=(_LOUIS, len(rest)))))
    result = _draw(density, point, scales, rest, normal_rest, spread, rng.normal(size=(n_draws, density.size)), rng)
    told("approximate", 1.0)
    return result


def _settle(density: Target, point: Floats, rest: Ints) -> _Rest:
    """Move the rest of a point to its mode given the scales, and return that with the curvature."""

    def downhill(values: Floats) -> tuple[float, Floats]:
        point[rest] = values
        value, gradient = density(point)
        return -value, -gradient[rest] if np.isfinite(value) else np.zeros(len(rest))

    found = optimize.minimize(downhill, point[rest], jac=True, method="L-BFGS-B", options={"maxiter": 2000})
    point[rest] = found.x
    curvature = _second(density, point, rest, rest)
    for ridge in (0.0, *10.0 ** np.arange(-8, 4)):  # a mode not quite reached may bend the wrong way in some direction
        try:
            raised = curvature + ridge * np.eye(len(rest))
            return _Rest(found.x, linalg.cholesky(raised, lower=True, overwrite_a=True))
        except (linalg.LinAlgError, ValueError):
            continue
    raise NoApproximation("the posterior has no mode on which an approximation could stand; fit without --fast")


def _second(density: Target, point: Floats, rows: Ints, columns: Ints) -> Floats:
    """Return minus the second derivatives by rows and columns, from differences of the gradient."""
    base, second = density(point)[1][rows], np.empty((len(rows), len(columns)))
    for number, at in enumerate(columns):
        moved = point.copy()
        moved[at] += _STEP
        second[:, number] = (base - density(moved)[1][rows]) / _STEP
    return 0.5 * (second + second.T) if rows is columns else second


def _at(point: Floats, rest: Ints, draws: Floats) -> Floats:
    """Return points with other values of the rest; dims (sample, element)."""
    points = np.tile(point, (len(draws), 1))
    points[:, rest] = draws
    return points


def _most_probable(density: Target, point: Floats, scales: Ints, rest: Ints, draws: Floats) -> Floats:
    """Return the scales at which draws of the rest are most probable on average."""
    points = _at(point, rest, draws)

    def downhill(values: Floats) -> tuple[float, Floats]:
        points[:, scales] = values
        found = [density(each) for each in points]
        return -float(np.mean([value for value, _ in found])), -np.mean([slope[scales] for _, slope in found], axis=0)

    return np.asarray(
        optimize.minimize(downhill, point[scales], jac=True, method="L-BFGS-B", options={"maxiter": 30}).x
    )


def _spread_of_scales(density: Target, point: Floats, scales: Ints, rest: Ints, draws: Floats) -> Floats:
    """Return a square root of the scales' covariance: Louis' identity, and nowhere wider than their prior."""
    points = _at(point, rest, draws)
    slopes = np.array([density(each)[1][scales] for each in points])
    few = points[: 2 * _PAIRS]
    curvature = np.mean([_second(density, each, scales, scales) for each in few], axis=0)
    width = density.prior_sd
    size, direction = linalg.eigh(width[:, None] * np.atleast_2d(curvature - np.cov(slopes.T)) * width)
    return np.asarray(width[:, None] * direction / np.sqrt(np.maximum(size, 1.0)))


def _draw(  # noqa: PLR0913, PLR0917 - all that the approximation consists of
    density: Target,
    point: Floats,
    scales: Ints,
    rest: Ints,
    normal_rest: _Rest,
    spread: Floats,
    normal: Floats,
    rng: np.random.Generator,
) -> Approximation:
    """Return draws of scales and rest, checked against the target and, where that works, re-weighted to it."""
    along = -linalg.cho_solve((normal_rest.factor, True), _second(density, point, rest, scales), check_finite=False)
    away = normal[:, : len(scales)] @ spread.T
    points = _at(point, rest, normal_rest.draws(normal[:, len(scales) :]) + away @ along.T)
    points[:, scales] += away
    ratios = np.array([density(each)[0] for each in points]) + 0.5 * (normal**2).sum(axis=1)
    if len(points) < _TAIL:
        return Approximation(points, np.inf, reweighted=False)
    log_weights, pareto_k = array_stats.psislw(-ratios)  # it is made for leave-one-out, and changes the sign
    reweighted = bool(pareto_k < min(1.0 - 1.0 / np.log10(len(points)), 0.7))
    if reweighted:
        weights = np.exp(log_weights - log_weights.max())
        points = points[rng.choice(len(points), size=len(points), p=weights / weights.sum())]
    return Approximation(points, float(pareto_k), reweighted)
