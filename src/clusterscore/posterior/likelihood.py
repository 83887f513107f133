"""Log-likelihood of every observation under every kept draw, for leave-one-out checks and power-scaling.

A figure or count is one observation. So is a questionnaire: its answers share a halo, which is not kept with the
draws, so its exact likelihood integrates over ``halo ~ Normal(0, halo_sd)`` by Gauss-Hermite quadrature. Severities and
discrepancies are kept and not integrated over.

The formulas are those of :mod:`clusterscore.model.build`; a test compares both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit, gammaln, logsumexp

from clusterscore.model.design import Design
from clusterscore.posterior.predict import Samples, answering_in
from clusterscore.posterior.record import joined

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NODES: Final = 15
_BLOCK: Final = 50  # samples whose answers are held in memory at once
_ROOM: Final = 40_000  # answers that are, where there are few: as many as a core keeps at hand
_CORES: Final = 2
_FEW: Final = 500_000  # answers, one in each sample, that take less time than loading what compiles, or than threads do


@dataclass(frozen=True, eq=False)
class LogLikelihood:
    """Log-likelihood in nats, observation by observation; the order of rows is that of the design.

    Attributes
    ----------
    figures
        dims (sample, figure), of standardised figures.
    counts
        dims (sample, count).
    questionnaires
        dims (sample, questionnaire), the halo integrated out.
    """

    figures: Floats
    counts: Floats
    questionnaires: Floats

    @property
    def by_row(self) -> Floats:
        """Figures, then counts, then questionnaires; dims (sample, row)."""
        return np.concatenate([self.figures, self.counts, self.questionnaires], axis=1)

    @property
    def total(self) -> Floats:
        """Log-likelihood of all that was observed; dims (sample)."""
        parts = (self.figures, self.counts, self.questionnaires)
        return np.sum([part.sum(axis=1) for part in parts], axis=0)


def samples_of(draws: xr.Dataset, most: int | None = None) -> dict[str, Floats]:
    """Return draws by variable, evenly thinned where there are more than ``most``.

    Parameters
    ----------
    draws
        dims (chain, draw, ...), as a fit keeps them.
    most
        Number of samples to return at most, or None for all.
    """
    flat = {str(name): joined(array) for name, array in draws.data_vars.items()}
    size = draws.sizes["chain"] * draws.sizes["draw"]
    if most is None or size <= most:
        return flat
    chosen = np.linspace(0, size - 1, most).round().astype(int)
    return {name: values[chosen] for name, values in flat.items()}


def log_likelihood(design: Design, samples: Samples) -> LogLikelihood:
    """Return the log-likelihood of every figure, count and questionnaire.

    Parameters
    ----------
    design
        What was fitted; the same axes as the draws.
    samples
        Draws by variable, dims (sample, ...).
    """
    n_samples = len(samples["state"])
    figures = _log_t(design, samples) if len(design.figures) else np.empty((n_samples, 0))
    counts = _log_negative_binomial(design, samples) if len(design.counts) else np.empty((n_samples, 0))
    questionnaires = _questionnaires(design, samples) if len(design.answers) else np.empty((n_samples, 0))
    return LogLikelihood(figures, counts, questionnaires)


def category_probabilities(height: Floats, edges: Floats) -> Floats:
    """Return the probability of each category of a graded response.

    Parameters
    ----------
    height
        dims (...), logits: slope times state, less strictness.
    edges
        dims (..., category + 1), logits: cuts, increasing, between minus and plus infinity.

    Returns
    -------
    dims (..., category), summing to 1
    """
    reached = expit(np.asarray(height)[..., None] - edges)
    return np.asarray(reached[..., :-1] - reached[..., 1:])


def with_ends(cuts: Floats) -> Floats:
    """Return cuts, dims (..., cut), between infinities: dims (..., category + 1), logits."""
    end = np.full((*cuts.shape[:-1], 1), np.inf)
    return np.concatenate([-end, cuts, end], axis=-1)


def expected_figures(design: Design, samples: Samples, cell: Ints, indicator: Ints) -> Floats:
    """Return the location of figures on the standardised scale: dims (sample, row), for cells and indicators of rows.

    For a count it is the deviation of its log rate from the typical one, in spreads.
    """
    function = design.function
    pillars = [pillar.id for pillar in function.pillars]
    pillar = np.array([pillars.index(function.pillar_of[part.id]) for part in function.indicators], dtype=np.int64)
    direction = np.array([part.direction for part in function.indicators], dtype=float)
    slope = direction * samples["slope"][:, : len(pillar)]
    position = samples["state"][:, cell, pillar[indicator]] * samples["pillar_scale"][:, pillar[indicator]]
    return np.asarray(samples["intercept"][:, indicator] + slope[:, indicator] * position)


def figure_errors(design: Design, samples: Samples) -> tuple[Floats, Floats, Floats]:
    """Return location and scale of every continuous figure, dims (sample, figure), and degrees of freedom (sample)."""
    rows = design.figures
    indicator = rows["indicator"].to_numpy()
    _, number = np.unique(indicator, return_inverse=True)
    freedom = design.function.errors.degrees_of_freedom
    nu = 2.0 + samples["degrees_of_freedom"] if freedom == "learned" else np.full(len(samples["state"]), float(freedom))
    location = expected_figures(design, samples, rows["cell"].to_numpy(), indicator)
    return location, samples["error_sd"][:, number], nu


def count_rates(design: Design, samples: Samples) -> tuple[Floats, Floats]:
    """Return the mean of every count and the shape of its negative binomial; dims (sample, count)."""
    rows = design.counts
    indicator = rows["indicator"].to_numpy()
    _, number = np.unique(indicator, return_inverse=True)
    spread = np.array([part.spread for part in design.function.indicators])[indicator]
    expected = expected_figures(design, samples, rows["cell"].to_numpy(), indicator)
    return np.exp(rows["log_expected"].to_numpy() + spread * expected), samples["overdispersion"][:, number]


def blocks(samples: Samples, size: int = _BLOCK) -> Iterator[Samples]:
    """Yield samples in blocks, so that what is computed for every answer fits into memory."""
    for start in range(0, len(samples["state"]), size):
        yield {name: values[start : start + size] for name, values in samples.items()}


def _log_t(design: Design, samples: Samples) -> Floats:
    location, scale, nu = figure_errors(design, samples)
    z = (design.figures["value"].to_numpy() - location) / scale
    constant = gammaln((nu + 1.0) / 2.0) - gammaln(nu / 2.0) - 0.5 * np.log(nu * np.pi)
    return np.asarray(constant[:, None] - np.log(scale) - (nu[:, None] + 1.0) / 2.0 * np.log1p(z**2 / nu[:, None]))


def _log_negative_binomial(design: Design, samples: Samples) -> Floats:
    count = design.counts["value"].to_numpy(dtype=float)
    mean, shape = count_rates(design, samples)
    ways = gammaln(count + shape) - gammaln(count + 1.0) - gammaln(shape)
    return np.asarray(ways - shape * np.log1p(mean / shape) + count * (np.log(mean) - np.log(mean + shape)))


def log_members(design: Design, samples: Samples) -> Floats:
    """Return the log-likelihood of members' figures, collapsed; dims (sample, group)."""
    groups, means = design.members.groups, design.members.means
    indicator, of_mean = groups["indicator"].to_numpy(np.int64), means["group"].to_numpy(np.int64)
    _, number = np.unique(indicator, return_inverse=True)
    n, years = (groups[name].to_numpy(np.float64) for name in ("n_members", "n_years"))
    expected = expected_figures(design, samples, means["cell"].to_numpy(np.int64), indicator[of_mean])
    apart = means["mean"].to_numpy() - expected
    belongs = (of_mean[:, None] == np.arange(len(groups))).astype(np.float64)
    summed, squares = apart @ belongs, apart**2 @ belongs
    within, own = samples["member_error_sd"][:, number] ** 2, samples["member_sd"][:, number] ** 2
    between, shared = within + years * own, n * summed**2 / years
    inside = groups["within"].to_numpy() + n * squares - shared
    outside = groups["between"].to_numpy() + shared
    log_norm = n * ((years - 1.0) * np.log(2.0 * np.pi * within) + np.log(2.0 * np.pi * between))
    return np.asarray(-0.5 * (log_norm + inside / within + outside / between))


def _questionnaires(design: Design, samples: Samples) -> Floats:
    rows, integrate = design.answers, _integrator(len(design.answers) * len(samples["state"]))
    order = np.argsort(rows["questionnaire"].to_numpy(), kind="stable")
    start = np.searchsorted(rows["questionnaire"].to_numpy()[order], np.arange(len(design.questionnaires) + 1))
    scale, category = rows["scale"].to_numpy()[order], rows["category"].to_numpy()[order]
    node, weight = np.polynomial.hermite_e.hermegauss(_NODES if "halo_sd" in samples else 1)
    log_weight = np.log(weight / np.sqrt(2.0 * np.pi))

    def of(block: Samples) -> Floats:
        answers = answering_in(design, block)
        if len(rows) < answers.cuts[0].size:  # fewer than there are cuts: those around what was chosen alone
            around = _around(*_chosen(answers.cuts, scale, category))
        else:
            edges = with_ends(answers.cuts)
            of_all = _around(edges[..., :-1], edges[..., 1:])
            around = (of_all[0][:, scale, category], of_all[1][:, scale, category], of_all[2][:, scale, category])
        height, log_factor = answers.heights(design, slice(None), order), answers.halo_sd[:, None] * node
        t, (low, high, log_gap) = np.exp(-height), around
        return integrate(t * low, t * high, log_gap - height, start, log_factor, np.exp(log_factor), log_weight)

    parts = blocks(samples, max(_BLOCK, _ROOM // len(rows)))
    if len(rows) * len(samples["state"]) <= _FEW:  # threads would wait for one another
        return np.concatenate(list(map(of, parts)))
    with ThreadPoolExecutor(_CORES) as pool:  # what is compiled lets go of Python's lock, as arrays do
        return np.concatenate(list(pool.map(of, parts)))


def _chosen(cuts: Floats, scale: Ints, category: Ints) -> tuple[Floats, Floats]:
    """Return the cuts below and above the categories of answers: dims (sample, answer)."""
    highest = cuts.shape[2] - 1
    low = np.where(category > 0, cuts[:, scale, np.maximum(category - 1, 0)], -np.inf)
    return low, np.where(category <= highest, cuts[:, scale, np.minimum(category, highest)], np.inf)


def _around(low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
    """Return exp of the cuts around categories, and log of its difference: 0 for the highest, which has no end."""
    highest = np.isinf(high)
    end = np.where(highest, 0.0, high)
    gap = -np.expm1(np.where(highest, -1.0, low - end))
    return np.exp(low), np.exp(high), np.where(highest, 0.0, end + np.log(gap))


def _integrator(n: int) -> Callable[..., Floats]:
    """Return what integrates halos out: compiled where there are many answers, or where what compiles is there already.

    To load it takes as long as ten questionnaires in arrays.
    """
    if n <= _FEW and "numba" not in sys.modules:
        return in_arrays
    from clusterscore.posterior.quadrature import integrate  # noqa: PLC0415 - imports numba

    return integrate


def in_arrays(
    below: Floats,
    above: Floats,
    log_gap: Floats,
    start: Ints,
    log_factor: Floats,
    factor: Floats,
    log_weight: Floats,
) -> Floats:
    """Return what :func:`clusterscore.posterior.quadrature.integrate` does, without compiling anything."""
    highest, factor = np.isinf(above), factor[:, None, :]
    upper = np.where(highest[..., None], 1.0, 1.0 + factor * above[..., None])
    apart = (
        np.log((1.0 + factor * below[..., None]) * upper),
        np.where(highest, 0.0, log_gap),
        (~highest).astype(np.float64),
    )
    folded, constant, n_below_top = (np.add.reduceat(values, start[:-1], axis=1) for values in apart)
    total = log_weight + n_below_top[..., None] * log_factor[:, None, :] - folded
    return np.asarray(constant + logsumexp(total, axis=2))
