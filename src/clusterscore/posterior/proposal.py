"""Where samples go when a posterior has grown, and what is drawn there of what is new.

Samples that lie where the new posterior does need less uneven weights (Paananen et al. 2021). So every one is shifted
by the same step, that of Newton's method from the middle of all of them. It hangs on the densities alone: a shift that
is learnt from the weights would fit their noise, and look better than it is. Scales (standard deviations, shares) stay,
as around them no posterior is normal. What is new is drawn around its mode in each sample from a normal distribution
that has, along each axis of its curvature and to either side, a width of its own: as wide as the density is at its
widest there (Geweke 1989). Both are only proposals: samples are weighted by the density that they have over that from
which they came.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import optimize
from scipy.sparse.linalg import LinearOperator, minres

from clusterscore.model.compiled.density import Density, in_pieces, log_densities
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.extend import Extended
from clusterscore.posterior.likelihood import Floats, Ints

_STEP: Final = 1e-4  # of the differences that make second derivatives
_PRECISE: Final = 1e-3
_ROUNDS: Final = 200
_FLATTEST: Final = 1e-3
_LOOKS: Final = (1.0, 2.0, 3.0)  # standard deviations from the mode at which a width is looked for
_WIDTHS: Final = (0.8, 2.0)


@dataclass(frozen=True, eq=False)
class Proposal:
    """What is drawn in each sample, in units of its own: along axes, from about where it is most probable.

    Attributes
    ----------
    density
        That of everything known now.
    extended
        The samples, shifted, with room for what is new.
    centre
        dims (sample, new element): about the mode of what is new.
    axes
        dims (axis, new element): a standard deviation along each.
    width
        dims (side, axis): below the mode and above, in these standard deviations.
    """

    density: Density
    extended: Extended
    centre: Floats
    axes: Floats
    width: Floats

    def points(self, u: Floats, samples: slice) -> Floats:
        """Return points where what is new stands at ``u``, dims (sample, axis)."""
        return self.extended.at(self.centre[samples] + u @ self.axes, samples)

    def target(self, u: Floats, samples: slice) -> tuple[Floats, Floats]:
        """Return the log-density there, dims (sample), and its gradient along ``u``, dims (sample, axis)."""
        values, gradients = log_densities(self.density.held, self.points(u, samples))
        return values, self.extended.along(gradients, samples) @ self.axes.T

    def base(self, u: Floats) -> tuple[Floats, Floats]:
        """Return the log-density from which ``u`` is drawn, up to a constant, and its gradient."""
        width = self._widths(u)
        return -(0.5 * (u / width) ** 2 + np.log(width)).sum(axis=1), -u / width**2

    def draw(self, rng: np.random.Generator) -> Floats:
        """Return ``u`` for each sample."""
        normal = rng.normal(size=self.centre.shape)
        return normal * self._widths(normal)

    def _widths(self, u: Floats) -> Floats:
        return np.asarray(np.where(u > 0.0, self.width[1], self.width[0]))


def propose(basis: Basis, density: Density, rows: Extended) -> Proposal:
    """Return where the samples of a basis go in a density of the same form that knows more.

    Parameters
    ----------
    basis
        The draws and what they were drawn from.
    density
        That of everything known now.
    rows
        The samples in its layout, with room for what is new.
    """
    mode = _mode(density, rows.middle())
    axes = _axes(density, rows, mode)
    slopes, slope = _slopes(density, rows, mode)
    slope[rows.carried] -= basis.density_at_points[1][rows.known]  # zero, but for the samples that there happen to be
    spread = rows.points.var(axis=0)
    spread[rows.fresh] = (axes**2).sum(axis=0)[: len(rows.fresh)]
    step = _step(density, rows.middle().at(mode[None], slice(0, 1))[0], slope, spread, rows.fresh)
    moved, start = replace(rows, points=rows.points + step), mode.copy()
    start[: len(rows.fresh)] += step[rows.fresh]
    centre = start + (slopes - slopes.mean(axis=0)) @ (axes.T @ axes)
    return Proposal(density, moved, centre, axes, _width(density, moved, start, axes))


def _mode(density: Density, middle: Extended) -> Floats:
    """Return where what is new is most probable in the middle of all samples."""

    def downhill(z: Floats) -> tuple[float, Floats]:
        value, gradient = density(middle.at(z[None], slice(0, 1))[0])
        if not np.isfinite(value):
            return 1.0e300, np.zeros_like(z)
        return -value, -middle.along(gradient[None], slice(0, 1))[0]

    if not middle.n_new:
        return middle.start
    found = optimize.minimize(downhill, middle.start, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return np.asarray(found.x)


def _axes(density: Density, rows: Extended, mode: Floats) -> Floats:
    """Return standard deviations of what is new in the middle of all samples, dims (axis, new element)."""
    ends = mode + _STEP * np.vstack([np.zeros(len(mode)), np.eye(len(mode))])
    every = rows.middle(len(ends))

    def slopes(some: slice) -> Floats:
        return every.along(log_densities(density.held, every.at(ends[some], some))[1], some)

    found = np.concatenate(in_pieces(len(ends), slopes))
    curvature = (found[0] - found[1:]) / _STEP
    size, direction = np.linalg.eigh(0.5 * (curvature + curvature.T))
    return np.asarray((direction / np.sqrt(np.maximum(size, _FLATTEST))).T)


def _slopes(density: Density, rows: Extended, mode: Floats) -> tuple[Floats, Floats]:
    """Return the gradient along what is new in each sample, dims (sample, new element), and the mean of all of it."""

    def at(samples: slice) -> tuple[Floats, Floats]:
        points = rows.at(np.tile(mode, (len(rows.old[samples]), 1)), samples)
        gradients = finite(log_densities(density.held, points)[1])
        return rows.along(gradients, samples), gradients.sum(axis=0)

    slopes, sums = zip(*in_pieces(len(rows.old), at), strict=True)
    return np.concatenate(slopes), np.sum(sums, axis=0) / len(rows.old)


def _step(density: Density, point: Floats, slope: Floats, spread: Floats, fresh: Ints) -> Floats:
    """Return the step of Newton's method for everything but scales, dims (element).

    Found with the curvature along one direction after the other (MINRES), measured in the variances ``spread``. A
    Student-t may bend the wrong way in some direction; that does no harm.
    """
    moving = np.union1d(np.setdiff1d(np.arange(density.size), density.scales), fresh)
    root, base = np.sqrt(spread[moving]), density(point)[1]

    def curvature(direction: Floats) -> Floats:
        far, moved = _STEP / np.abs(direction).max(), point.copy()
        moved[moving] += far * root * direction.ravel()
        return np.asarray((base - density(moved)[1])[moving] / far * root)

    operator = LinearOperator((len(moving),) * 2, curvature, dtype=np.float64)
    step = np.zeros(density.size)
    step[moving] = root * minres(operator, slope[moving] * root, rtol=_PRECISE, maxiter=_ROUNDS)[0]
    return step


def _width(density: Density, rows: Extended, mode: Floats, axes: Floats) -> Floats:
    """Return the widths along each axis, dims (side, axis), as the density falls in the middle of all samples."""
    n = len(axes)
    look = np.array([sign * far for sign in (-1.0, 1.0) for far in _LOOKS])
    away = mode + (look[:, None, None] * axes).reshape(len(look) * n, n)
    ends = np.concatenate([mode[None], away])
    every = rows.middle(len(ends))
    values = np.concatenate(
        in_pieces(len(ends), lambda some: log_densities(density.held, every.at(ends[some], some))[0])
    )
    falls = np.maximum(values[0] - values[1:].reshape(2, len(_LOOKS), n), np.finfo(float).tiny)
    seen = np.abs(look).reshape(2, -1, 1) / np.sqrt(2.0 * falls)
    return np.asarray(np.clip(seen.max(axis=1), *_WIDTHS))


def finite(gradient: Floats) -> Floats:
    """Return gradients with zeros where they are no number: a sample that is so far off stays, and loses its weight."""
    return np.where(np.isfinite(gradient), gradient, 0.0)
