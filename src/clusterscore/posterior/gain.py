"""How much an observation that is not there yet would tell of a score, from draws weighed by its likelihood.

Nothing is taken for normal. An outcome of the observation weighs each draw by its probability under that draw; weighed
draws are the posterior after that outcome, and the mean over outcomes is what is to be expected.

Draws are finitely many, so that what they are weighed by seems to tell something even where it tells nothing. Mean and
error are therefore those of a jackknife over batches of neighbouring draws, which takes off the bias to first order
and sees that draws of one chain hang together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

N_BATCHES: Final = 32
_BANDS: Final = 3  # terms before the bands: one, the score, its square


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What an observation may turn out to be.

    Attributes
    ----------
    likelihood
        dims (sample, outcome): probability of each outcome under each draw, up to a factor for each simulated outcome.
    origin
        dims (outcome): the draw from which each outcome was simulated, all of them equally likely; None where the
        outcomes are all there can be.
    """

    likelihood: Floats
    origin: Ints | None = None


@dataclass(frozen=True, eq=False)
class Target:
    """The score that is asked about.

    Attributes
    ----------
    score
        dims (sample), 0-100; as many samples as batches go into.
    levels
        Scores, increasing, that part the bands; a score on one of them belongs to the band above.
    """

    score: Floats
    levels: Sequence[float]

    @cached_property
    def band(self) -> Ints:
        """Return dims (sample): the band of each draw, lowest first."""
        return np.searchsorted(np.asarray(self.levels, dtype=np.float64), self.score, side="right")

    @cached_property
    def terms(self) -> Floats:
        """Return dims (batch, term, sample): one, the score about its mean, its square, and whether in each band."""
        centred = self.score - self.score.mean()
        inside = self.band[:, None] == np.arange(len(self.levels) + 1)
        columns = np.column_stack([np.ones_like(centred), centred, centred**2, inside])
        return np.ascontiguousarray(columns.reshape(N_BATCHES, -1, columns.shape[1]).transpose(0, 2, 1))

    @property
    def sd(self) -> float:
        """Standard deviation of the score, points."""
        return float(self.score.std())

    @property
    def wrong(self) -> float:
        """Chance that the score is in another band than the likeliest."""
        return float(1.0 - np.bincount(self.band).max() / len(self.band))


@dataclass(frozen=True, eq=False)
class Gain:
    """What is expected of an observation.

    Attributes
    ----------
    variance_share
        Share of the score's variance that goes; below 0 where noise is all there is.
    variance_error
        Its Monte Carlo standard error.
    level
        By how much the chance of a wrong band falls.
    level_error
        Its Monte Carlo standard error.
    without
        dims (batch): the share without each batch of draws.
    """

    variance_share: float
    variance_error: float
    level: float
    level_error: float
    without: Floats

    def apart(self, other: Gain) -> float:
        """Return the Monte Carlo standard error of the difference between two shares, which err together."""
        return float(_jackknife_error(self.without - other.without))


def gain(target: Target, outcomes: Outcomes) -> Gain:
    """Return what is to be expected of an observation.

    Parameters
    ----------
    target
        The score that is asked about.
    outcomes
        What may be observed, of the same draws.

    Raises
    ------
    ValueError
        Where the draws do not go into batches.
    """
    likelihood, origin = outcomes.likelihood, outcomes.origin
    n_samples, n_outcomes = likelihood.shape
    if n_samples % N_BATCHES or n_samples != len(target.score):
        raise ValueError(f"{n_samples} draws; expected {len(target.score)}, in {N_BATCHES} batches of one size")
    sums = target.terms @ likelihood.reshape(N_BATCHES, -1, n_outcomes)
    prior = target.terms.sum(axis=-1)
    whole, kept = np.ones(n_outcomes), np.ones((N_BATCHES, n_outcomes))
    if origin is not None:  # the draws near the one that an outcome came from would foretell it too well
        batch = origin // (n_samples // N_BATCHES)
        sums[batch, :, np.arange(n_outcomes)] = 0.0
        kept[batch, np.arange(n_outcomes)] = 0.0
    total = sums.sum(axis=0)
    found = _expected(total, prior.sum(axis=0), None if origin is None else whole)
    without = _expected(total - sums, prior.sum(axis=0) - prior, None if origin is None else kept)
    value = N_BATCHES * found - (N_BATCHES - 1) * without.mean(axis=0)
    error = _jackknife_error(without)
    return Gain(float(value[0]), float(error[0]), float(value[1]), float(error[1]), without[:, 0])


def _jackknife_error(without: Floats) -> Floats:
    """Return the standard error of what is known without each batch, dims (batch, ...)."""
    error: Floats = np.sqrt((N_BATCHES - 1) * without.var(axis=0))
    return error


def _expected(sums: Floats, prior: Floats, mass: Floats | None) -> Floats:
    """Return the share of variance that goes, and how much likelier the likeliest band becomes; dims (..., 2).

    Parameters
    ----------
    sums
        dims (..., term, outcome): of terms weighed by the likelihood of each outcome.
    prior
        dims (..., term): of terms as they are.
    mass
        dims (..., outcome): how likely each outcome is, up to a factor; None to take it from the draws.
    """
    weight = sums[..., 0, :]
    mass = weight if mass is None else mass
    mass = mass / mass.sum(axis=-1, keepdims=True)
    inside = np.divide(sums, weight[..., None, :], out=np.zeros_like(sums), where=weight[..., None, :] > 0.0)
    before = prior / prior[..., :1]
    after = _mean_variance(mass, inside[..., 1, :], inside[..., 2, :], before[..., 1])
    bands = inside[..., _BANDS:, :]
    # Summed over outcomes, the band that is likeliest now stays as likely as it is: taken off outcome by outcome,
    # it takes with it most of what chance does to simulated outcomes.
    now = np.take_along_axis(bands, before[..., _BANDS:].argmax(axis=-1)[..., None, None], axis=-2)[..., 0, :]
    right = (mass * (bands.max(axis=-2) - now)).sum(axis=-1)
    return np.stack([1.0 - after / (before[..., 2] - before[..., 1] ** 2), right], axis=-1)


def _mean_variance(mass: Floats, mean: Floats, square: Floats, known: Floats) -> Floats:
    """Return the expected variance after the observation; dims (...).

    The mean over outcomes of the mean is ``known``. By how much simulated outcomes miss it, the variance is corrected
    as far as both go together: near an end of the scale, higher is narrower.
    """
    variance = square - mean**2
    centre = (mass * mean).sum(axis=-1, keepdims=True)
    apart = mass * (mean - centre)
    spread = (apart * mean).sum(axis=-1)
    slope = np.divide((apart * variance).sum(axis=-1), spread, out=np.zeros_like(spread), where=spread > 0.0)
    expected: Floats = (mass * variance).sum(axis=-1) - slope * (centre[..., 0] - known)
    return expected
