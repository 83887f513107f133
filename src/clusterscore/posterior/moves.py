"""Samples moved to a posterior that has grown: by a new unit, a new year, a new rater, or much that is new at once.

All samples are shifted towards it, and what is new is drawn in each (:mod:`clusterscore.posterior.proposal`). The
weight of a sample is the new posterior density over the old one and that of what was drawn (Chopin 2002), so nothing is
approximated: where a proposal does not fit, the weights say so. Then what is new is moved from there to its posterior
in steps, by Hamiltonian Monte Carlo given everything else, and the weights are those of annealed importance sampling
(Neal 2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from clusterscore.model.compiled.density import Density, density_of, in_pieces
from clusterscore.model.design import Design, make_design
from clusterscore.observations.observed import Observations
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.changes import Grown
from clusterscore.posterior.extend import extended
from clusterscore.posterior.identity import heard
from clusterscore.posterior.keep import is_published, kept, labelled, named
from clusterscore.posterior.likelihood import Floats
from clusterscore.posterior.proposal import Proposal, finite, propose
from clusterscore.posterior.weights import Weights, weigh
from clusterscore.vocabulary import CHAIN

_MOST: Final = 400
"""Elements that may be new: beyond, all is sampled anew at little more cost."""
_RUNGS: Final = 4
_LEAPFROGS: Final = 3
_STEP: Final = 0.5


@dataclass(frozen=True, eq=False)
class Moved:
    """Samples of a posterior that has grown.

    Attributes
    ----------
    draws
        dims (chain, draw, ...), of one chain, not equally likely.
    weights
        Their weights.
    ess
        Effective samples of the mean that is known least, of all that is published.
    design
        Sizes of what is known now.
    """

    draws: xr.Dataset
    weights: Weights
    ess: float
    design: Design


def moved(basis: Basis, observed: Observations, edition: int, seed: int = 1) -> Moved:
    """Return samples of a basis, moved to what is known now.

    Parameters
    ----------
    basis
        The draws and what they were drawn from.
    observed, edition
        Everything observed by now, and the last year that counts.
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
    density = density_of(design, basis.density.form)
    rows = extended(basis, density)
    if rows.n_new > _MOST:
        raise Grown(f"{rows.n_new} new elements, of at most {_MOST} that can be drawn given the rest")
    proposal, rng = propose(basis, density, rows), np.random.default_rng(seed)
    found = _weighed(basis, proposal, _drawn(proposal, rng))
    if rows.n_new and found.weights.objection(found.ess):
        found = _weighed(basis, proposal, _annealed(proposal, rng))
    return found


def _weighed(basis: Basis, proposal: Proposal, drawn: tuple[Floats, Floats]) -> Moved:
    """Return samples with what was drawn in them, given its log-density over that from which it was drawn."""
    log_ratio, u = drawn
    weights = weigh(log_ratio - basis.density_at_points[0])
    draws = _draws(proposal.density, proposal.points(u, slice(None)))
    ess = float(weights.effective(_published(draws), basis.sampled.sizes[CHAIN]).min(initial=len(u)))
    return Moved(draws, weights, ess, proposal.density.design)


def _drawn(proposal: Proposal, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw what is new in each sample; return the log-ratio of target to proposal, dims (sample), and what it is."""
    u = proposal.draw(rng)
    values = np.concatenate(in_pieces(len(u), lambda some: proposal.target(u[some], some)[0]))
    return values - proposal.base(u)[0], u


def _annealed(proposal: Proposal, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Move what is new from the proposal to its posterior in steps; return as :func:`_drawn`."""
    first = proposal.draw(rng)
    kicks, luck = rng.normal(size=(_RUNGS, *first.shape)), rng.uniform(size=(_RUNGS, len(first)))

    def climb(some: slice) -> tuple[Floats, Floats]:
        climber = _Climber(proposal, some, first[some])
        total = np.zeros(len(climber.u))
        for rung in range(_RUNGS):
            total += climber.gap / _RUNGS
            climber.move((rung + 1) / _RUNGS, kicks[rung, some], luck[rung, some])
        return total, climber.u

    log_ratio, u = zip(*in_pieces(len(first), climb), strict=True)
    return np.concatenate(log_ratio), np.concatenate(u)


class _Climber:
    """Some samples on their way from the proposal to the target, with both log-densities and their gradients."""

    def __init__(self, proposal: Proposal, samples: slice, u: Floats) -> None:
        self._proposal, self._samples, self.u = proposal, samples, u
        self._at = self._look(u)

    @property
    def gap(self) -> Floats:
        """Log-ratio of target to proposal; dims (sample)."""
        (target, _), (base, _) = self._at
        return target - base

    @np.errstate(over="ignore", invalid="ignore")
    def move(self, share: float, kick: Floats, luck: Floats) -> None:
        """Move once by Hamiltonian Monte Carlo; its target is a share of the way from the proposal.

        Where a trajectory runs off beyond all numbers, the sample stays.
        """
        there, found, momentum = self.u, self._at, kick
        energy = _between(found, share)[0] - 0.5 * (kick**2).sum(axis=1)
        for _ in range(_LEAPFROGS):
            momentum = momentum + 0.5 * _STEP * _between(found, share)[1]
            there = there + _STEP * momentum
            found = self._look(there)
            momentum = momentum + 0.5 * _STEP * _between(found, share)[1]
        gain = _between(found, share)[0] - 0.5 * (momentum**2).sum(axis=1) - energy
        taken = np.log(luck) < np.nan_to_num(gain, nan=-np.inf)
        self.u = np.where(taken[:, None], there, self.u)
        self._at = tuple(
            (np.where(taken, new[0], old[0]), np.where(taken[:, None], new[1], old[1]))
            for new, old in zip(found, self._at, strict=True)
        )

    def _look(self, u: Floats) -> tuple[tuple[Floats, Floats], ...]:
        value, gradient = self._proposal.target(u, self._samples)
        return (value, finite(gradient)), self._proposal.base(u)


def _between(found: tuple[tuple[Floats, Floats], ...], share: float) -> tuple[Floats, Floats]:
    """Return log-density and gradient a share of the way from the proposal to the target."""
    (target, uphill), (base, inwards) = found
    return share * target + (1.0 - share) * base, share * uphill + (1.0 - share) * inwards


def _published(draws: xr.Dataset) -> Floats:
    """Return everything that is published and not the same in all samples; dims (sample, quantity).

    What is no number belongs to samples that were taken too far, and have no weight.
    """
    wide = [array.to_numpy()[0] for name, array in draws.data_vars.items() if is_published(str(name))]
    values = np.concatenate([array.reshape(len(array), -1) for array in wide], axis=1)
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    return np.asarray(values[:, np.ptp(values, axis=0) > 0.0])


def _draws(density: Density, points: Floats) -> xr.Dataset:
    """Return what is kept of points, as one chain."""
    return labelled(kept(named(density, [points])), density.design)
