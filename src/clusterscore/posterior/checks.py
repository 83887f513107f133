"""Do observations look like what the model predicts: figures by their place in the prediction, answers by shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betainc, stdtr
from scipy.stats import binom

from clusterscore.model.design import Design
from clusterscore.posterior.likelihood import (
    blocks,
    count_rates,
    figure_errors,
)
from clusterscore.posterior.predict import Samples, answering_in, replicate_answers
from clusterscore.vocabulary import INTERVAL_MASS, INTERVAL_TAIL

Floats = NDArray[np.float64]

_NIGHT = 0.001  # chance of each end of the band in which a right model's coverage lies
_FEW = 20  # samples whose answers are replicated at once


def places(design: Design, samples: Samples, log_weights: Floats, seed: int = 1) -> pd.DataFrame:
    """Return where each figure and count lies in what all other observations predict of it.

    Parameters
    ----------
    samples
        Draws by variable, dims (sample, ...).
    log_weights
        dims (sample, row): normalised log-weights without the row, as :class:`~clusterscore.posterior.loo.LeftOut` has
        them; or zeros less the logarithm of their number, for the prediction by all.
    seed
        For counts, whose place is drawn uniformly within the step of their distribution.

    Returns
    -------
    indicator, place (0 to 1, uniform where the model is right), by figure, then count
    """
    indicators = np.array([part.id for part in design.function.indicators], dtype=object)
    weight = np.exp(log_weights)
    n_figures, n_counts = len(design.figures), len(design.counts)
    figures, counts = np.empty(0), np.empty(0)
    if n_figures:
        location, scale, nu = figure_errors(design, samples)
        below = stdtr(nu[:, None], (design.figures["value"].to_numpy() - location) / scale)
        figures = (weight[:, :n_figures] * below).sum(axis=0)
    if n_counts:
        chosen = weight[:, n_figures : n_figures + n_counts]
        mean, shape = count_rates(design, samples)
        value, p = design.counts["value"].to_numpy(dtype=float), shape / (shape + mean)
        at_most = (chosen * betainc(shape, value + 1.0, p)).sum(axis=0)
        less = (chosen * np.where(value > 0, betainc(shape, np.maximum(value, 1.0), p), 0.0)).sum(axis=0)
        counts = less + np.random.default_rng(seed).uniform(size=n_counts) * (at_most - less)
    number = np.concatenate([design.figures["indicator"], design.counts["indicator"]]).astype(np.int64)
    return pd.DataFrame({"indicator": indicators[number], "place": np.concatenate([figures, counts])})


def coverage(found: pd.DataFrame) -> pd.DataFrame:
    """Return how many figures of each indicator lie in their 90 % predictive interval.

    Returns
    -------
    indicator, n, covered (share), low and high (between which 998 of 1,000 shares lie where the model is right)
    """
    inside = found["place"].between(INTERVAL_TAIL, 1.0 - INTERVAL_TAIL)
    table = inside.groupby(found["indicator"], sort=False).agg(n="size", covered="mean").reset_index()
    band = binom(table["n"], INTERVAL_MASS)
    table["low"], table["high"] = band.ppf(_NIGHT) / table["n"], band.ppf(1.0 - _NIGHT) / table["n"]
    return table


def answer_shares(design: Design, samples: Samples, seed: int = 1) -> pd.DataFrame:
    """Return how often each category of each item was answered, and how often the model expects it.

    Parameters
    ----------
    samples
        Draws by variable, dims (sample, ...); for each, all answers are drawn once, with new halos.

    Returns
    -------
    item, category (1 to the item's categories, reversed items turned round), n (answers), observed, expected, q05, q95
    (shares of 1; the central 90 % of replicated shares)
    """
    rng, rows = np.random.default_rng(seed), design.answers
    n_items, n_categories = len(design.function.items), int(design.scales["categories"].max())
    parts = []
    for block in blocks(samples, _FEW):
        key = rows["item"].to_numpy() * n_categories + replicate_answers(answering_in(design, block), design, rng)
        parts += [np.bincount(one, minlength=n_items * n_categories) for one in key]
    counts = np.array(parts).reshape(-1, n_items, n_categories)
    observed = np.zeros((n_items, n_categories))
    np.add.at(observed, (rows["item"].to_numpy(), rows["category"].to_numpy()), 1)
    n = observed.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        share, observed = counts / n, observed / n
    low, high = np.quantile(share, [INTERVAL_TAIL, 1.0 - INTERVAL_TAIL], axis=0)
    item, number = np.divmod(np.arange(n_items * n_categories), n_categories)
    names = np.array([part.id for part in design.function.items], dtype=object)
    table = pd.DataFrame({"item": names[item], "category": number + 1, "n": n.ravel()[item].astype(int)})
    table = table.assign(
        observed=observed.ravel(), expected=share.mean(axis=0).ravel(), q05=low.ravel(), q95=high.ravel()
    )
    size = np.array([design.function.categories(part) for part in design.function.items])
    return table[(number < size[item]) & (table["n"] > 0)].reset_index(drop=True)


def replicate(design: Design, sample: Samples, rng: np.random.Generator) -> Design:
    """Return the design with figures, counts and answers drawn from one sample, dims (1, ...), with new halos."""
    figures, counts, answers = design.figures, design.counts, design.answers
    if len(figures):
        location, scale, nu = figure_errors(design, sample)
        figures = figures.assign(value=(location + scale * rng.standard_t(nu[:, None], size=location.shape))[0])
    if len(counts):
        mean, shape = count_rates(design, sample)
        counts = counts.assign(value=rng.poisson(rng.gamma(shape, mean / shape))[0])
    if len(answers):
        answers = answers.assign(category=replicate_answers(answering_in(design, sample), design, rng)[0])
    return replace(design, figures=figures, counts=counts, answers=answers)
