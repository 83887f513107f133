"""Samples extended to what they do not know: a new unit, a new year, a new rater.

What is new is drawn given everything else in each sample, from a normal distribution around its mode there; the rest
stays. The weight of a sample is the new posterior density over the old one and that of what was drawn (Chopin 2002), so
nothing is approximated: where the normal distribution does not fit, the weights say so. Then what is new is moved from
there to its posterior in steps, by Hamiltonian Monte Carlo given everything else, and the weights are those of annealed
importance sampling (Neal 2001).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import linalg, optimize

from clusterscore.model.compiled.density import Density, density_of, log_densities
from clusterscore.model.compiled.held import Held
from clusterscore.model.compiled.part import only
from clusterscore.model.design import Design, make_design
from clusterscore.observations.observed import Observations
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.changes import Changes, Grown
from clusterscore.posterior.extend import Extended, extended
from clusterscore.posterior.identity import heard
from clusterscore.posterior.keep import kept, labelled, named
from clusterscore.posterior.likelihood import Floats
from clusterscore.posterior.weights import Weights, weigh

_MOST: Final = 400
"""Elements that may be new: beyond, all is sampled anew at little more cost."""
_NEWTON: Final = 3
_RUNGS: Final = 4
_LEAPFROGS: Final = 3
_STEP: Final = 0.5
_CORES: Final = 2


@dataclass(frozen=True, eq=False)
class Moved:
    """Extended samples.

    Attributes
    ----------
    draws
        dims (chain, draw, ...), of one chain, not equally likely.
    weights
        Their weights.
    design
        Sizes of what is known now.
    annealed
        Whether what is new had to be moved in steps.
    """

    draws: xr.Dataset
    weights: Weights
    design: Design
    annealed: bool


@dataclass(frozen=True, eq=False)
class _Target:
    """Density of what is new, ``z``, given everything else in each sample; dims (sample, new element)."""

    held: Held
    extended: Extended

    def __call__(self, z: Floats, samples: slice) -> tuple[Floats, Floats]:
        """Return log-density and gradient of some samples."""
        points = self.extended.at(z, samples)
        gradients = np.empty_like(points)
        values = log_densities(self.held, points, gradients)
        return values, self.extended.along(gradients, samples)


def moved(basis: Basis, observed: Observations, edition: int, changed: Changes, seed: int = 1) -> Moved:
    """Return samples of a basis, extended to what is known now.

    Parameters
    ----------
    basis
        The draws and what they were drawn from.
    observed, edition
        Everything observed by now, and the last year that counts.
    changed
        What differs.
    seed
        Of all random numbers.

    Raises
    ------
    Grown
        Where the samples cannot be extended, in words.
    """
    if not len(basis.points):
        raise Grown("the sampler's points were not kept")
    design = make_design(basis.function, *heard(basis.function, observed, edition, basis.channel))
    density = density_of(design, basis.density)
    rows = extended(basis, density)
    if not 0 < rows.n_new <= _MOST:
        raise Grown(f"{rows.n_new} new elements, of 1 to {_MOST} that can be drawn given the rest")
    old = Held(only(basis.density.data, *_concerned(basis.design, changed)))
    held = Held(only(density.data, *_concerned(design, changed)))
    for every, annealed in _ladder(basis, len(rows.old)):
        some = rows.every(every)
        target, rng = _Target(held, some), np.random.default_rng(seed)
        draw = _anneal if annealed else _extend
        log_ratio, z = draw(target, *_normal(target), rng)
        weights = weigh(log_ratio - log_densities(old, some.old, np.empty_like(some.old)))
        if not weights.objection(basis.ess_of(len(z))):
            break
    return Moved(_draws(density, some.at(z, slice(None))), weights, design, annealed)


def _ladder(basis: Basis, n: int) -> list[tuple[int, bool]]:
    """Return what is tried one after the other: which of the points are taken, and whether they are moved in steps.

    Every second point first; all of them only where these hold more effective samples.
    """
    more = basis.ess_of(n) > basis.ess_of(n // 2)
    return [(2, False), (2, True), *([(1, True)] if more else [])]


def _concerned(design: Design, changed: Changes) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which cells any changed figure is about, and which questionnaires hold a changed answer."""
    units, years = np.array(design.units)[design.cell_unit], np.asarray(design.years)[design.cell_year]
    figures: set[tuple[str, int]] = set()
    sheets: set[tuple[str, str, int]] = set()
    of_members: set[str] = set()
    for side in (changed.came, changed.went):
        own = side.figures["unit"].isin(design.units)
        figures |= set(zip(side.figures.loc[own, "unit"], side.figures.loc[own, "year"], strict=True))
        of_members |= set(side.figures.loc[~own, "unit"].map(side.units.set_index("unit")["parent"]))
        answers = side.answers[~side.answers["tied"]]
        sheets |= set(zip(answers["rater"], answers["unit"], answers["year"], strict=True))
    cells = np.array([pair in figures for pair in zip(units, years, strict=True)], dtype=bool)
    cells |= np.isin(units, sorted(of_members))  # who reported in which years decides how members are grouped
    rater, cell = (design.questionnaires[column].to_numpy(np.int64) for column in ("rater", "cell"))
    names = zip(np.array(design.raters)[rater], units[cell], years[cell], strict=True)
    return cells, np.array([name in sheets for name in names], dtype=bool)


def _normal(target: _Target) -> tuple[Floats, Floats]:
    """Return where what is new is most probable in the middle of all samples, and the curvature's Cholesky factor."""
    middle = _Target(target.held, target.extended.middle())
    one = slice(0, 1)

    def downhill(z: Floats) -> tuple[float, Floats]:
        value, gradient = middle(z[None], one)
        return (-float(value[0]), -gradient[0]) if np.isfinite(value[0]) else (1.0e300, np.zeros_like(z))

    start = target.extended.start
    mode = np.asarray(optimize.minimize(downhill, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x)
    curvature, base = np.empty((len(mode), len(mode))), downhill(mode)[1]
    for k in range(len(mode)):
        moved_to = mode.copy()
        moved_to[k] += 1.0e-4
        curvature[k] = (downhill(moved_to)[1] - base) / 1.0e-4
    size, direction = linalg.eigh(0.5 * (curvature + curvature.T))
    return mode, np.asarray(direction * np.sqrt(np.maximum(size, 1.0e-3)))


def _modes(target: _Target, mode: Floats, factor: Floats, samples: slice) -> Floats:
    """Return about where what is new is most probable in each sample: Newton's steps with one curvature for all."""
    z = np.tile(mode, (len(range(*samples.indices(len(target.extended.old)))), 1))
    inverse = linalg.pinvh(factor @ factor.T)
    for _ in range(_NEWTON):
        z += _finite(target(z, samples)[1]) @ inverse
    return z


def _extend(target: _Target, mode: Floats, factor: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw what is new in each sample; return the log-ratio of target to proposal, and what was drawn."""
    normal = rng.normal(size=(len(target.extended.old), len(mode)))
    out = np.linalg.inv(factor)  # normal @ out has the curvature factor @ factor.T

    def draw(samples: slice) -> tuple[Floats, Floats]:
        z = _modes(target, mode, factor, samples) + normal[samples] @ out
        return target(z, samples)[0] + 0.5 * (normal[samples] ** 2).sum(axis=1), z

    return _both(draw, len(normal))


def _anneal(target: _Target, mode: Floats, factor: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Move what is new from the normal distribution to its posterior in steps; return as :func:`_extend`."""
    n = len(target.extended.old)
    normal = rng.normal(size=(n, len(mode)))
    kicks, luck = rng.normal(size=(_RUNGS, n, len(mode))), rng.uniform(size=(_RUNGS, n))
    out = np.linalg.inv(factor)

    def draw(samples: slice) -> tuple[Floats, Floats]:
        centre, u = _modes(target, mode, factor, samples), normal[samples].copy()

        def at(u: Floats) -> tuple[Floats, Floats]:
            value, gradient = target(centre + u @ out, samples)
            return value, _finite(gradient) @ out.T

        value, gradient = at(u)
        total = np.zeros(len(u))
        for rung in range(_RUNGS):
            share = (rung + 1) / _RUNGS
            total += (value + 0.5 * (u**2).sum(axis=1)) / _RUNGS
            u, value, gradient = _move(at, share, (u, value, gradient), kicks[rung, samples], luck[rung, samples])
        return total, centre + u @ out

    return _both(draw, n)


@np.errstate(over="ignore", invalid="ignore")
def _move(
    at: Any, share: float, state: tuple[Floats, Floats, Floats], kick: Floats, luck: Floats
) -> tuple[Floats, Floats, Floats]:
    """Move samples once by Hamiltonian Monte Carlo; the target is a share of the way from the normal distribution.

    Where a trajectory runs off beyond all numbers, the sample stays.
    """
    u, value, gradient = state
    energy = share * value - 0.5 * (1.0 - share) * (u**2).sum(axis=1) - 0.5 * (kick**2).sum(axis=1)
    there, slope, momentum = u.copy(), gradient, kick.copy()
    for _ in range(_LEAPFROGS):
        momentum += 0.5 * _STEP * (share * slope - (1.0 - share) * there)
        there = there + _STEP * momentum
        reached, slope = at(there)
        momentum += 0.5 * _STEP * (share * slope - (1.0 - share) * there)
    gain = share * reached - 0.5 * (1.0 - share) * (there**2).sum(axis=1) - 0.5 * (momentum**2).sum(axis=1) - energy
    taken = np.log(luck) < np.nan_to_num(gain, nan=-np.inf)
    return (
        np.where(taken[:, None], there, u),
        np.where(taken, reached, value),
        np.where(taken[:, None], slope, gradient),
    )


def _finite(gradient: Floats) -> Floats:
    """Return a gradient with zeros where it is no number: a sample that is so far off stays, and loses its weight."""
    return np.where(np.isfinite(gradient), gradient, 0.0)


def _both(draw: Any, n: int) -> tuple[Floats, Floats]:
    """Run on both cores: compiled code lets go of Python's lock."""
    bounds = np.linspace(0, n, _CORES + 1).round().astype(int)
    with ThreadPoolExecutor(_CORES) as pool:
        parts = list(pool.map(draw, [slice(int(a), int(b)) for a, b in pairwise(bounds)]))
    return np.concatenate([value for value, _ in parts]), np.concatenate([z for _, z in parts])


def _draws(density: Density, points: Floats) -> xr.Dataset:
    """Return what is kept of points, as one chain."""
    return labelled(kept(named(density, [points])), density.design)
