"""What the model expects raters to answer, and answers that it might have got instead of those it got.

Graded response: ``P(answer >= k) = logistic(height - cut_k)``, so an answer is the number of cuts below the height with
a standard logistic deviation added to it. Halos are not kept with the draws: replicates get halos of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from clusterscore.model.design import Design
from clusterscore.posterior.record import Posterior

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Samples = Mapping[str, Floats]
"""Draws by variable, chains joined: dims (sample, ...)."""

_CERTAIN = 1e-9  # variance of an answer below which rounding decides


@dataclass(frozen=True, eq=False)
class Answering:
    """How raters answer, in a number of draws.

    Attributes
    ----------
    signal
        dims (sample, cell, item), logits: what an average rater sees.
    consistency
        dims (sample, rater): how strongly a rater follows what is judged; 1 where raters do not differ in it.
    severity
        dims (sample, rater, year), logits; 0 where raters have thresholds of their own.
    halo_sd
        dims (sample), logits; 0 where questionnaires have no halo.
    cuts
        dims (sample, scale, cut), logits, increasing; infinite beyond the last cut of a scale.
    """

    signal: Floats
    consistency: Floats
    severity: Floats
    halo_sd: Floats
    cuts: Floats

    def heights(self, design: Design, sample: int | slice, answers: Ints | slice = slice(None)) -> Floats:
        """Return the height of answers in logits, without halo: dims (answer), or (sample, answer).

        Parameters
        ----------
        sample
            Which draw, or draws.
        answers
            Which rows of ``design.answers``, in which order.
        """
        cell, item, rater, year = (values[answers] for values in design.asked)
        seen = self.consistency[sample][..., rater] * self.signal[sample][..., cell, item]
        return np.asarray(seen - self.severity[sample][..., rater, year])


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
    refuse_other_cells(posterior, design)
    total = posterior.draws.sizes["chain"] * posterior.draws.sizes["draw"]
    chosen = np.arange(n_samples) * total // n_samples
    return answering_in(design, {str(name): posterior.flat(str(name))[chosen] for name in posterior.draws.data_vars})


def answering_in(design: Design, samples: Samples) -> Answering:
    """Return how raters answer in samples of a design that holds answers."""
    n_samples = len(samples["state"])
    n_raters, n_years = len(design.raters), len(design.years)
    severity = samples.get("severity_path", samples.get("severity", np.zeros((n_samples, n_raters))))
    return Answering(
        signal=_signal(design, samples),
        consistency=samples.get("consistency", np.broadcast_to(1.0, (n_samples, n_raters))),
        severity=np.broadcast_to(severity.reshape(n_samples, n_raters, -1), (n_samples, n_raters, n_years)),
        halo_sd=samples.get("halo_sd", np.zeros(n_samples)),
        cuts=_cuts(design, samples),
    )


def _cuts(design: Design, samples: Samples) -> Floats:
    """Return the cuts of all scales; dims (sample, scale, cut)."""
    of_scale = design.scales["categories"].to_numpy()
    sizes = np.unique(of_scale)
    if len(sizes) == 1:
        return samples[f"threshold_{sizes[0]}"]
    cuts = np.full((len(samples["state"]), len(of_scale), sizes.max() - 1), np.inf)
    for size in sizes:
        cuts[:, of_scale == size, : size - 1] = samples[f"threshold_{size}"]
    return cuts


def predict(answers: Answering, design: Design, rng: np.random.Generator) -> Predicted:
    """Return what the model expects of each answer of a design, and replicates of them all."""
    shape = (len(answers.halo_sd), len(design.answers))
    expected, sd = np.empty(shape, np.float32), np.empty(shape, np.float32)
    scale = design.answers["scale"].to_numpy()
    for sample in range(shape[0]):
        height = answers.heights(design, sample)
        expected[sample], sd[sample] = _moments(height, answers.cuts[sample, scale])
    return Predicted(expected, sd, replicate_answers(answers, design, rng))


def replicate_answers(answers: Answering, design: Design, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return categories drawn for every answer from each sample, with new halos: dims (sample, answer), from 0."""
    sheet, scale = (design.answers[name].to_numpy() for name in ("questionnaire", "scale"))
    replicated = np.empty((len(answers.halo_sd), len(sheet)), np.uint8)
    for sample, halo_sd in enumerate(answers.halo_sd):
        halo = halo_sd * rng.normal(size=len(design.questionnaires))
        seen = answers.heights(design, sample) - halo[sheet] + rng.logistic(size=len(sheet))
        replicated[sample] = (seen[:, None] > answers.cuts[sample, scale]).sum(axis=1)
    return replicated


def of_average_rater(answers: Answering, design: Design) -> Floats:
    """Return what a rater of severity 0 would answer, without halo; dims (sample, cell, item).

    Answers count from 1, reversed items turned round. Where raters have thresholds of their own, it is the mean over
    all raters who were asked the item.
    """
    n_items, item = len(design.function.items), design.scales["item"].to_numpy()
    share = (item[:, None] == np.arange(n_items)) / np.maximum(np.bincount(item, minlength=n_items), 1)
    expected = np.empty((len(answers.halo_sd), design.n_cells, n_items))
    for sample, (signal, cuts) in enumerate(zip(answers.signal[:, :, item], answers.cuts, strict=True)):
        expected[sample] = (1.0 + expit(signal[:, :, None] - cuts).sum(axis=2)) @ share
    return expected


def refuse_other_cells(posterior: Posterior, design: Design) -> None:
    """Raise :class:`ValueError` where draws are those of other cells than the design's."""
    units = np.asarray(design.units)[design.cell_unit]
    years = np.asarray(design.years)[design.cell_year]
    labels = (posterior.draws[name].to_numpy() for name in ("unit_of_cell", "year_of_cell"))
    if not all(np.array_equal(own, other) for own, other in zip((units, years), labels, strict=True)):
        raise ValueError(f"posterior {posterior.run.id} has other cells than the design")


def _signal(design: Design, samples: Samples) -> Floats:
    """What an average rater sees of each item; dims (sample, cell, item)."""
    function = design.function
    pillars = [pillar.id for pillar in function.pillars]
    pillar = [pillars.index(function.pillar_of[item.id]) for item in function.items if item.id in function.pillar_of]
    slope = samples["slope"][:, len(function.indicators) :]
    position = samples["state"] * samples["pillar_scale"][:, None, :]
    asked = np.asarray(slope[:, None, :] * position[:, :, pillar])
    if not function.overall:
        return asked
    judged = samples["function"] + samples["discrepancy"][:, design.cell_unit]
    return np.concatenate([asked, samples["overall_slope"][:, None, :] * judged[:, :, None]], axis=2)


def _moments(height: Floats, cuts: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of answers; dims (answer)."""
    reached = expit(height[:, None] - cuts)
    mean = reached.sum(axis=1)
    square = reached @ (2.0 * np.arange(cuts.shape[1]) + 1.0)
    return mean, np.sqrt(np.maximum(square - mean**2, _CERTAIN))
