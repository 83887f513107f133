"""What the model expects raters to answer, and answers that it might have got instead of those it got.

Graded response: ``P(answer >= k) = logistic(height - cut_k)``, so an answer is the number of cuts below the height with
a standard logistic deviation added to it. Halos are not kept with the draws: replicates get halos of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from clusterscore.model.design import Design
from clusterscore.posterior.store import Posterior

Floats = NDArray[np.float64]

_CERTAIN = 1e-9  # variance of an answer below which rounding decides


@dataclass(frozen=True, eq=False)
class Answering:
    """How raters answer, in a number of draws.

    Attributes
    ----------
    signal
        dims (sample, cell, scale), logits: what an average rater sees.
    severity
        dims (sample, rater, year), logits; 0 where raters have thresholds of their own.
    halo_sd
        dims (sample), logits; 0 where questionnaires have no halo.
    cuts
        dims (sample, scale, cut), logits, increasing; infinite beyond the last cut of a scale.
    """

    signal: Floats
    severity: Floats
    halo_sd: Floats
    cuts: Floats


@dataclass(frozen=True, eq=False)
class Predicted:
    """What the model says of each answer that was given, in a number of draws; dims (sample, answer).

    Categories are counted from 0, reversed items turned round, answers in the order of the design.

    Attributes
    ----------
    expected, sd
        Mean and standard deviation of the answer in a questionnaire without halo.
    replicated
        Answers drawn anew, with a new halo for each questionnaire.
    """

    expected: NDArray[np.float32]
    sd: NDArray[np.float32]
    replicated: NDArray[np.uint8]


def answering(posterior: Posterior, design: Design, n_samples: int) -> Answering:
    """Return how raters answer, in draws evenly spaced over the chains.

    Parameters
    ----------
    posterior
        Draws of the design.
    design
        What was fitted; it holds answers.
    n_samples
        How many draws; where there are fewer, some are taken again.

    Raises
    ------
    ValueError
        Where the draws are those of other cells.
    """
    _refuse_other_cells(posterior, design)
    total = posterior.draws.sizes["chain"] * posterior.draws.sizes["draw"]
    chosen = np.arange(n_samples) * total // n_samples

    def drawn(name: str) -> Floats:
        return posterior.flat(name)[chosen]

    known = posterior.draws.data_vars
    severity = np.zeros((n_samples, len(design.raters), len(design.years)))
    if "severity_path" in known:
        severity += drawn("severity_path")
    elif "severity" in known:
        severity += drawn("severity")[:, :, None]
    by_item = _signal(design, drawn)
    signal = by_item[:, :, design.scales["item"].to_numpy()]
    if "consistency" in known:
        signal *= drawn("consistency")[:, None, design.scales["rater"].to_numpy()]
    halo_sd = drawn("halo_sd") if "halo_sd" in known else np.zeros(n_samples)
    sizes = design.scales["categories"].to_numpy()
    cuts = np.full((n_samples, len(sizes), sizes.max() - 1), np.inf)
    for size in np.unique(sizes):
        cuts[:, sizes == size, : size - 1] = drawn(f"threshold_{size}")
    return Answering(signal, severity, halo_sd, cuts)


def predict(answers: Answering, design: Design, rng: np.random.Generator) -> Predicted:
    """Return what the model expects of each answer of a design, and replicates of them all."""
    rows, sheets = design.answers, design.questionnaires
    cell, scale, sheet = (rows[name].to_numpy() for name in ("cell", "scale", "questionnaire"))
    rater, year = sheets["rater"].to_numpy()[sheet], design.cell_year[cell]
    shape = (len(answers.halo_sd), len(rows))
    expected, sd = np.empty(shape, np.float32), np.empty(shape, np.float32)
    replicated = np.empty(shape, np.uint8)
    for sample, halo_sd in enumerate(answers.halo_sd):
        height = answers.signal[sample, cell, scale] - answers.severity[sample, rater, year]
        cuts = answers.cuts[sample, scale]
        expected[sample], sd[sample] = _moments(height, cuts)
        halo = halo_sd * rng.normal(size=len(sheets))
        seen = height - halo[sheet] + rng.logistic(size=len(rows))
        replicated[sample] = (seen[:, None] > cuts).sum(axis=1)
    return Predicted(expected, sd, replicated)


def of_average_rater(answers: Answering, design: Design) -> Floats:
    """Return what a rater of severity 0 would answer, without halo; dims (sample, cell, item).

    Answers count from 1, reversed items turned round. Where raters have scales of their own, it is the mean over all
    raters who were asked the item.
    """
    n_items, item = len(design.function.items), design.scales["item"].to_numpy()
    share = (item[:, None] == np.arange(n_items)) / np.maximum(np.bincount(item, minlength=n_items), 1)
    expected = np.empty((len(answers.halo_sd), design.n_cells, n_items))
    for sample, (signal, cuts) in enumerate(zip(answers.signal, answers.cuts, strict=True)):
        expected[sample] = (1.0 + expit(signal[:, :, None] - cuts).sum(axis=2)) @ share
    return expected


def _refuse_other_cells(posterior: Posterior, design: Design) -> None:
    units = np.asarray(design.units)[design.cell_unit]
    years = np.asarray(design.years)[design.cell_year]
    labels = (posterior.draws[name].to_numpy() for name in ("unit_of_cell", "year_of_cell"))
    if not all(np.array_equal(own, other) for own, other in zip((units, years), labels, strict=True)):
        raise ValueError(f"posterior {posterior.run.id} has other cells than the design")


def _signal(design: Design, drawn: Callable[[str], Floats]) -> Floats:
    """What an average rater sees of each item, before raters differ in consistency; dims (sample, cell, item)."""
    function = design.function
    pillars = [pillar.id for pillar in function.pillars]
    pillar = [pillars.index(function.pillar_of[item.id]) for item in function.items if item.id in function.pillar_of]
    slope = drawn("slope")[:, len(function.indicators) :]
    position = drawn("state") * drawn("pillar_scale")[:, None, :]
    asked = slope[:, None, :] * position[:, :, pillar]
    if not function.overall:
        return asked
    judged = drawn("function") + drawn("discrepancy")[:, design.cell_unit]
    return np.concatenate([asked, drawn("overall_slope")[:, None, :] * judged[:, :, None]], axis=2)


def _moments(height: Floats, cuts: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of answers; dims (answer)."""
    reached = expit(height[:, None] - cuts)
    mean = reached.sum(axis=1)
    square = reached @ (2.0 * np.arange(cuts.shape[1]) + 1.0)
    return mean, np.sqrt(np.maximum(square - mean**2, _CERTAIN))
