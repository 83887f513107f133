"""What figures, answers and questionnaires that are not there yet may turn out to be, draw by draw.

An answer has few outcomes and a figure is put into bins: these are all that can happen. A questionnaire has too many
outcomes to list; some are simulated, each from one draw, and all draws say how likely each is.

A questionnaire's halo is integrated out by Gauss-Hermite quadrature: its nodes are the halos that there may be. Where
the rater has answered part of the questionnaire, these answers say how likely each halo is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, expit, stdtr

from clusterscore.model.compiled.jit import compiled
from clusterscore.posterior.gain import Outcomes
from clusterscore.posterior.likelihood import category_probabilities, with_ends

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
StudentT = tuple[Floats, Floats, Floats]
NegativeBinomial = tuple[Floats, Floats]

N_BINS: Final = 30
"""Bins of a figure: between them goes 99 % of a normal figure's variance, and of 15 only 97 %."""
_FEW_BINS: Final = 10  # of each of two figures
_NODES: Final = 9


@dataclass(frozen=True, eq=False)
class Sheet:
    """How one rater would answer about one unit.

    Attributes
    ----------
    height
        dims (sample, item), logits, without halo.
    cuts
        dims (sample, item, cut), logits, increasing; infinite beyond the last cut of a scale.
    halo
        dims (sample, node), logits: halos that there may be.
    weight
        dims (sample, node): how likely each of them is, summing to 1.
    """

    height: Floats
    cuts: Floats
    halo: Floats
    weight: Floats

    def only(self, items: Ints) -> Sheet:
        """Return the sheet with some of its items."""
        return Sheet(self.height[:, items], self.cuts[:, items], self.halo, self.weight)

    def given(self, items: Ints, categories: Ints) -> Sheet:
        """Return the sheet after some answers: how likely each halo is in their light.

        The draws have seen these answers already, so that they are weighed no further.
        """
        if not len(items):
            return self
        height = self.height[:, None, items] - self.halo[:, :, None]
        probability = category_probabilities(height, with_ends(self.cuts)[:, None, items])
        chosen = probability[..., np.arange(len(items)), categories].prod(axis=-1) * self.weight
        return Sheet(self.height, self.cuts, self.halo, chosen / chosen.sum(axis=-1, keepdims=True))


def halos(halo_sd: Floats) -> tuple[Floats, Floats]:
    """Return halos that there may be and how likely each is; dims (sample, node), a single 0 where there is none."""
    node, weight = np.polynomial.hermite_e.hermegauss(_NODES if halo_sd.any() else 1)
    return halo_sd[:, None] * node, np.tile(weight / weight.sum(), (len(halo_sd), 1))


def of_figure(location: Floats, scale: Floats, nu: Floats, rng: np.random.Generator) -> Outcomes:
    """Return the outcomes of a continuous figure, in about equally likely bins.

    Parameters
    ----------
    location, scale, nu
        dims (sample): of its Student-t distribution on the standardised scale, in spreads.
    rng
        Places the edges of the bins.
    """
    edges = _quantiles(location + scale * rng.standard_t(nu), np.arange(1, N_BINS) / N_BINS)
    return Outcomes(_between(_below(edges, location, scale, nu)))


def of_count(mean: Floats, shape: Floats, rng: np.random.Generator, n_bins: int = N_BINS) -> Outcomes:
    """Return the outcomes of a count, in bins; mean and shape of its negative binomial, dims (sample)."""
    drawn = rng.poisson(rng.gamma(shape, mean / shape))
    edges = np.unique(np.floor(_quantiles(drawn, np.arange(1, n_bins) / n_bins)))
    return Outcomes(_between(betainc(shape[:, None], edges + 1.0, (shape / (shape + mean))[:, None])))


def of_both(figure: StudentT, count: Callable[[float], NegativeBinomial], rng: np.random.Generator) -> Outcomes:
    """Return the outcomes of an exposure together with a count: in each bin of the exposure those of the count.

    Parameters
    ----------
    figure
        Location, scale and degrees of freedom of the exposure, dims (sample), on its standardised scale.
    count
        Gives mean and shape of the count for an exposure on that scale; here that in the middle of a bin.
    rng
        Places the edges of the bins.
    """
    location, scale, nu = figure
    drawn = location + scale * rng.standard_t(nu)
    middle = _quantiles(drawn, (np.arange(_FEW_BINS) + 0.5) / _FEW_BINS)
    edges = _quantiles(drawn, np.arange(1, _FEW_BINS) / _FEW_BINS)
    exposure = _between(_below(edges, location, scale, nu))
    counts = [of_count(*count(float(value)), rng, _FEW_BINS).likelihood for value in middle]
    return Outcomes(np.concatenate([exposure[:, [number]] * part for number, part in enumerate(counts)], axis=1))


def of_answers(sheet: Sheet) -> list[Outcomes]:
    """Return the outcomes of each single answer of a sheet, in the order of its items."""
    shares = _category_shares(sheet.height, sheet.cuts, sheet.halo, sheet.weight)
    return [Outcomes(shares[:, item]) for item in range(shares.shape[1])]


def of_questionnaire(sheet: Sheet, n_replicates: int, rng: np.random.Generator) -> Outcomes:
    """Return simulated outcomes of all answers of a sheet together, from draws evenly spaced.

    Parameters
    ----------
    n_replicates
        How many.
    rng
        With the same seed, chance does the same to every rater, so that raters can be compared.
    """
    n_samples, n_items = sheet.height.shape
    origin = np.arange(n_replicates) * n_samples // n_replicates
    lot = rng.uniform(size=n_replicates)
    node = (np.cumsum(sheet.weight[origin], axis=1) < lot[:, None]).sum(axis=1).clip(max=sheet.halo.shape[1] - 1)
    height = sheet.height[origin] - sheet.halo[origin, node][:, None]
    reached = expit(height[:, :, None] - sheet.cuts[origin])
    answers = (rng.uniform(size=(n_replicates, n_items))[:, :, None] < reached).sum(axis=-1)
    likelihood = _joint(sheet.height, sheet.cuts, sheet.halo, sheet.weight, answers)
    return Outcomes(likelihood / likelihood.max(axis=0), origin)


def _quantiles(draws: Floats | Ints, share: Floats) -> Floats:
    return np.quantile(draws.astype(np.float64), share)


def _below(edges: Floats, location: Floats, scale: Floats, nu: Floats) -> Floats:
    """Return how likely a Student-t figure lies below each edge; dims (sample, edge)."""
    below: Floats = stdtr(nu[:, None], (edges - location[:, None]) / scale[:, None])
    return below


def _between(below: Floats) -> Floats:
    """Return the probability of each bin from that of being below each edge; dims (sample, bin)."""
    ends = np.zeros((len(below), 1)), np.ones((len(below), 1))
    return np.diff(np.concatenate([ends[0], below, ends[1]], axis=1), axis=1)


@compiled
def _category_shares(height: Any, cuts: Any, halo: Any, weight: Any) -> Any:
    """Return the probability of each category of single answers, dims (sample, item, category)."""
    n_samples, n_items, n_cuts = cuts.shape
    n_nodes = halo.shape[1]
    result, factor = np.empty((n_samples, n_items, n_cuts + 1)), np.empty(n_nodes)
    for sample in range(n_samples):
        for node in range(n_nodes):
            factor[node] = np.exp(halo[sample, node])
        for item in range(n_items):
            before = 1.0
            for cut in range(n_cuts):
                odds, reached = np.exp(cuts[sample, item, cut] - height[sample, item]), 0.0
                for node in range(n_nodes):
                    reached += weight[sample, node] / (1.0 + odds * factor[node])
                result[sample, item, cut] = max(before - reached, 0.0)
                before = reached
            result[sample, item, n_cuts] = before
    return result


@compiled
def _joint(height: Any, cuts: Any, halo: Any, weight: Any, answers: Any) -> Any:
    """Return the likelihood of whole questionnaires, dims (sample, replicate); answers dims (replicate, item), from 0.

    A product of hundreds of probabilities still is a number; only draws that have no say become 0.
    """
    n_samples, n_items, n_cuts = cuts.shape
    n_nodes, n_replicates = halo.shape[1], len(answers)
    result = np.zeros((n_samples, n_replicates))
    odds, chance = np.empty((n_items, n_cuts)), np.empty((n_items, n_cuts + 1))
    for sample in range(n_samples):
        for item in range(n_items):
            for cut in range(n_cuts):
                odds[item, cut] = np.exp(cuts[sample, item, cut] - height[sample, item])
        for node in range(n_nodes):
            factor = np.exp(halo[sample, node])
            for item in range(n_items):
                before = 1.0
                for cut in range(n_cuts):
                    reached = 1.0 / (1.0 + odds[item, cut] * factor)
                    chance[item, cut] = before - reached
                    before = reached
                chance[item, n_cuts] = before
            for replicate in range(n_replicates):
                product = weight[sample, node]
                for item in range(n_items):
                    product *= chance[item, answers[replicate, item]]
                result[sample, replicate] += product
    return result
