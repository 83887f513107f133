"""The peers' likelihood: log-probability of all answers and its gradient in a single pass.

Graded response: ``P(answer >= k) = logistic(height - cut_k)`` with ``height = signal[item, cell] - strictness[sheet]``.
With ``t = exp(-height)`` and ``e = exp(cut)``::

    P(answer = k) = t (e_high - e_low) / ((1 + t e_low) (1 + t e_high))

so no exponential is taken per answer: ``t`` is a product of one factor by item and cell and one by questionnaire, ``e``
is one number per cut, and logarithms are taken of products of many answers. Answers of one category to one item follow
one another in a run, so that several are worked out at a time. Far from anywhere a sampler goes for long, where such
products would overflow, a slower pass takes each answer by itself.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clusterscore.model.compiled.jit import compiled, inner, vectorised
from clusterscore.model.compiled.top import softplus

BEYOND: Final = 1.0e3
"""Logits: the sentinel cut below an item's lowest category (negative) and above its highest."""

_TAME: Final = 300.0
"""Logits: heights and cuts that add up to less are worked out quickly. An answer's probability is above exp(-2 (reach +
log 2)) times the difference of its cuts, which stands apart; so the product of ``_TAME / (2 + reach)`` does not
underflow."""

Floats = NDArray[np.float64]
Indices = Annotated[NDArray[np.uint32], 1]


class Runs(NamedTuple):
    """Answers in runs: those of one category to one item follow one another.

    Attributes
    ----------
    cell, sheet
        dims (answer): which unit and year it is about, and on which questionnaire it stands.
    end
        dims (run): position after the last answer of each run.
    item
        dims (run): what was asked.
    low
        dims (run): position among all cuts of the cut below the answered category.
    """

    cell: Indices
    sheet: Indices
    end: Indices
    item: Indices
    low: Indices


def runs_of(cell: NDArray[np.int64], item: NDArray[np.int64], sheet: NDArray[np.int64], low: NDArray[np.int64]) -> Runs:
    """Return answers, all dims (answer), in runs."""
    order = np.lexsort((sheet, cell, low, item))
    cell, item, sheet, low = cell[order], item[order], sheet[order], low[order]
    changes = np.flatnonzero((np.diff(item) != 0) | (np.diff(low) != 0))
    last = np.append(changes, len(order) - 1)[: len(order)]
    vectors = (cell, sheet, last + 1, item[last], low[last])
    return Runs(*(np.ascontiguousarray(vector, dtype=np.uint32) for vector in vectors))


@compiled
def graded_response(
    signal: Floats, strictness: Floats, cuts: Floats, runs: Runs
) -> tuple[float, Floats, Floats, Floats]:
    """Return the log-probability of all answers and its derivatives by signal, strictness and cuts.

    Parameters
    ----------
    signal
        dims (item, cell), logits: what an average rater sees.
    strictness
        dims (questionnaire), logits: severity of the rater and halo.
    cuts
        Cuts of all items in one vector, each item's between ``-BEYOND`` and ``BEYOND``, increasing.
    runs
        The answers.
    """
    reach = _largest(strictness) + _largest(cuts)
    highest = 0.0
    for i in range(len(signal)):
        highest = max(highest, _largest(signal[i]))
    reach += highest
    if not reach < _TAME:
        return careful_pass(signal, strictness, cuts, runs)
    return quick_pass(signal, strictness, cuts, runs, max(1, int(_TAME / (2.0 + reach))))


@inner
def _largest(values: Floats) -> float:
    """Return the largest size of any value, sentinels left out; infinite where any is no number."""
    largest = 0.0
    for value in values:
        size = abs(value)
        if not size <= largest and size != BEYOND:
            largest = size if size == size else np.inf  # noqa: PLR0124 - not a number
    return largest


@inner
def _pair_terms(cuts: Floats) -> tuple[Floats, Floats, Floats]:
    """Return log(e_high - e_low) of each neighbouring pair of cuts, and its derivatives by the low and the high cut."""
    n_pairs = len(cuts) - 1
    constant, by_low, by_high = np.zeros(n_pairs), np.zeros(n_pairs), np.zeros(n_pairs)
    for pair in range(n_pairs):
        low, high = cuts[pair], cuts[pair + 1]
        if low >= BEYOND or high >= BEYOND:  # the seam between two items, or the highest category: no such term
            continue
        ratio = math.exp(low - high)
        if not ratio < 1.0:  # cuts that rounding makes equal, perhaps infinite: a category that nobody can choose
            constant[pair] = -np.inf
            continue
        constant[pair] = high + math.log1p(-ratio)
        by_high[pair] = 1.0 / (1.0 - ratio)
        by_low[pair] = -ratio / (1.0 - ratio)
    return constant, by_low, by_high


@compiled
def careful_pass(signal: Floats, strictness: Floats, cuts: Floats, runs: Runs) -> tuple[float, Floats, Floats, Floats]:
    """Do as :func:`quick_pass` does, one answer after the other, wherever the parameters are."""
    constant, by_low, by_high = _pair_terms(cuts)
    by_signal, by_strictness, by_cuts = np.zeros_like(signal), np.zeros_like(strictness), np.zeros_like(cuts)
    total, run = 0.0, 0
    for answer in range(len(runs.cell)):
        run += 1 if answer == runs.end[run] else 0
        c, q, i, at = runs.cell[answer], runs.sheet[answer], runs.item[run], runs.low[run]
        height, slope = signal[i, c] - strictness[q], 0.0
        if cuts[at] > -BEYOND:
            total -= softplus(cuts[at] - height)
            missed = 1.0 / (1.0 + math.exp(height - cuts[at]))  # 1 - P(answer >= category)
            slope += missed
            by_cuts[at] -= missed
        if cuts[at + 1] < BEYOND:
            total += constant[at] - height - softplus(cuts[at + 1] - height)
            passed = 1.0 / (1.0 + math.exp(cuts[at + 1] - height))  # P(answer > category)
            slope -= passed
            by_cuts[at] += by_low[at]
            by_cuts[at + 1] += by_high[at] - (1.0 - passed)
        by_signal[i, c] += slope
        by_strictness[q] -= slope
    return total, by_signal, by_strictness, by_cuts


@compiled
def quick_pass(
    signal: Floats, strictness: Floats, cuts: Floats, runs: Runs, most: int
) -> tuple[float, Floats, Floats, Floats]:
    """Return the log-probability of all answers and its derivatives; ``most`` answers go into one logarithm."""
    constant, by_low, by_high = _pair_terms(cuts)
    raised = np.zeros_like(cuts)
    for at in range(len(cuts)):
        raised[at] = math.exp(cuts[at]) if abs(cuts[at]) < BEYOND else 0.0
    from_signal, from_strictness = np.empty_like(signal), np.empty_like(strictness)
    for i in range(signal.shape[0]):
        for c in range(signal.shape[1]):
            from_signal[i, c] = math.exp(-signal[i, c])
    for q in range(len(strictness)):
        from_strictness[q] = math.exp(strictness[q])
    by_signal, by_strictness, by_cuts = np.zeros_like(signal), np.zeros_like(strictness), np.zeros_like(cuts)
    slope, total, begin = np.empty(most), 0.0, np.uint32(0)
    for run in range(len(runs.end)):
        end, i, at = runs.end[run], runs.item[run], runs.low[run]
        below_top = 1.0 if cuts[at + 1] < BEYOND else 0.0  # 0 for the highest category
        n, missed, not_passed = end - begin, 0.0, 0.0
        for first in range(begin, end, most):
            size = min(most, end - first)
            for k in range(size):
                answer = np.uint32(first + k)
                slope[k] = from_signal[i, runs.cell[answer]] * from_strictness[runs.sheet[answer]]
            product, below, above = _block(raised[at], raised[at + 1], below_top, slope, size)
            total, missed, not_passed = total + math.log(product), missed + below, not_passed + above
            for k in range(size):
                answer = np.uint32(first + k)
                by_signal[i, runs.cell[answer]] += slope[k] - below_top
                by_strictness[runs.sheet[answer]] -= slope[k] - below_top
        if below_top:
            total += n * constant[at]
            by_cuts[at] += n * by_low[at]
            by_cuts[at + 1] += n * by_high[at]
        by_cuts[at] -= missed
        by_cuts[at + 1] -= not_passed
        begin = end
    return min(total, 0.0), by_signal, by_strictness, by_cuts  # rounding may carry certain answers above 0


@vectorised
def _block(low: float, high: float, below_top: float, slope: Floats, size: int) -> tuple[float, float, float]:
    """Put in the place of each ``t`` how steep its answer is; return the product of probabilities and both sums.

    The probabilities are those of the formula, without the difference of the cuts and, for the highest category,
    without ``t``. The sums are of 1 - P(answer >= category), and of 1 - P(answer > category) or 0 for the highest.
    """
    product, missed, not_passed = 1.0, 0.0, 0.0
    for k in range(size):
        t = slope[k]
        lower, upper = 1.0 + t * low, 1.0 + t * high
        inverse = 1.0 / (lower * upper)
        below, above = (lower - 1.0) * upper * inverse, (upper - 1.0) * lower * inverse
        product *= inverse * (below_top * t + (1.0 - below_top))
        slope[k] = below + above
        missed += below
        not_passed += above
    return product, missed, not_passed
