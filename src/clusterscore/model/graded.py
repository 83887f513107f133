"""The peers' likelihood as one operation: log-probability of all answers and its gradient in a single pass.

Graded response: ``P(answer >= k) = logistic(height - cut_k)`` with ``height = signal[cell, item] -
strictness[questionnaire]``. With ``t = exp(-height)`` and ``e = exp(cut)``::

    P(answer = k) = t (e_high - e_low) / ((1 + t e_low) (1 + t e_high))

so no exponential is taken per answer: ``t`` is a product of one factor by cell and item and one by questionnaire, ``e``
is one number per cut, and the logarithms of the denominators are taken of products of many. As a graph of elementary
operations the same sum took six to eight times as long. Far from anywhere a sampler goes for long, where such products
would overflow, a slower pass takes each answer by itself.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, cast, override

import numba
import numpy as np
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key
from pytensor.tensor.variable import TensorVariable

BEYOND: Final = 1.0e3
"""Logits: the sentinel cut below an item's lowest category (negative) and above its highest."""

_KERNEL_VERSION: Final = zlib.crc32(Path(__file__).read_bytes())  # compiled code is cached on disk
_FOLD: Final = 1.0e60  # product of denominators at which its logarithm is taken
_TAME: Final = 270.0  # logits: while heights and cuts add up to less, two denominators times _FOLD do not overflow

Floats = NDArray[np.float64]


def _pair_terms(cuts: Floats) -> tuple[Floats, Floats, Floats]:
    """Return log(e_high - e_low) of each neighbouring pair of cuts, and its derivatives by the low and the high cut."""
    n_pairs = len(cuts) - 1
    constant, by_low, by_high = np.zeros(n_pairs), np.zeros(n_pairs), np.zeros(n_pairs)
    for pair in range(n_pairs):
        low, high = cuts[pair], cuts[pair + 1]
        if low >= BEYOND or high >= BEYOND:  # the seam between two items, or the highest category: no such term
            continue
        ratio = np.exp(low - high)
        if not ratio < 1.0:  # cuts that rounding makes equal, perhaps infinite: a category that nobody can choose
            constant[pair] = -np.inf
            continue
        constant[pair] = high + np.log1p(-ratio)
        by_high[pair] = 1.0 / (1.0 - ratio)
        by_low[pair] = -ratio / (1.0 - ratio)
    return constant, by_low, by_high


def _log_denominator(exponent: float) -> float:
    """Return log(1 + exp(exponent)) where the exponential may overflow."""
    return max(exponent, 0.0) + np.log1p(np.exp(-abs(exponent)))


def _careful_pass(
    signal: Floats,
    strictness: Floats,
    cuts: Floats,
    cell: NDArray[np.int64],
    item: NDArray[np.int64],
    questionnaire: NDArray[np.int64],
    low: NDArray[np.int64],
) -> tuple[Any, Floats, Floats, Floats]:
    """Do as :func:`_pass` does, one answer after the other, wherever the parameters are."""
    constant, by_low, by_high = _compiled_pair_terms(cuts)
    d_signal, d_strictness, d_cuts = np.zeros_like(signal), np.zeros_like(strictness), np.zeros_like(cuts)
    total = 0.0
    for answer in range(len(cell)):
        c, i, q, at = cell[answer], item[answer], questionnaire[answer], low[answer]
        height, slope = signal[c, i] - strictness[q], 0.0
        if cuts[at] > -BEYOND:
            total -= _compiled_log_denominator(cuts[at] - height)
            missed = 1.0 / (1.0 + np.exp(height - cuts[at]))  # 1 - P(answer >= category)
            slope += missed
            d_cuts[at] -= missed
        if cuts[at + 1] < BEYOND:
            total += constant[at] - height - _compiled_log_denominator(cuts[at + 1] - height)
            passed = 1.0 / (1.0 + np.exp(cuts[at + 1] - height))  # P(answer > category)
            slope -= passed
            d_cuts[at] += by_low[at]
            d_cuts[at + 1] += by_high[at] - (1.0 - passed)
        d_signal[c, i] += slope
        d_strictness[q] -= slope
    return np.asarray(total), d_signal, d_strictness, d_cuts


def _pass(
    signal: Floats,
    strictness: Floats,
    cuts: Floats,
    cell: NDArray[np.int64],
    item: NDArray[np.int64],
    questionnaire: NDArray[np.int64],
    low: NDArray[np.int64],
) -> tuple[Any, Floats, Floats, Floats]:
    """Return the log-probability of all answers and its gradients by signal, strictness and cuts."""
    inner = np.where(np.abs(cuts) < BEYOND, cuts, 0.0)
    if not np.abs(signal).max() + np.abs(strictness).max() + np.abs(inner).max() < _TAME:
        return _compiled_careful_pass(signal, strictness, cuts, cell, item, questionnaire, low)
    constant, by_low, by_high = _compiled_pair_terms(cuts)
    raised = np.where(np.abs(cuts) < BEYOND, np.exp(inner), 0.0)
    below_top = np.append(
        np.where(cuts[1:] < BEYOND, 1.0, 0.0), 0.0
    )  # 0 where the category above the cut is the highest
    from_signal, from_strictness = np.exp(-signal), np.exp(strictness)
    d_signal, d_strictness, d_cuts = np.zeros_like(signal), np.zeros_like(strictness), np.zeros_like(cuts)
    times = np.zeros_like(cuts)
    total, product = 0.0, 1.0
    for answer in range(len(cell)):
        c, i, q, at = cell[answer], item[answer], questionnaire[answer], low[answer]
        t = from_signal[c, i] * from_strictness[q]
        lower, upper = t * raised[at], t * raised[at + 1]
        denominator = (1.0 + lower) * (1.0 + upper)
        inverse = 1.0 / denominator
        missed = lower * (1.0 + upper) * inverse  # 1 - P(answer >= category)
        not_passed = upper * (1.0 + lower) * inverse  # 1 - P(answer > category), but 0 for the highest
        slope = missed + not_passed - below_top[at]
        total -= below_top[at] * (signal[c, i] - strictness[q])
        times[at] += 1.0
        d_cuts[at] -= missed
        d_cuts[at + 1] -= not_passed
        d_signal[c, i] += slope
        d_strictness[q] -= slope
        product *= denominator
        if product > _FOLD:
            total -= np.log(product)
            product = 1.0
    for at in range(len(cuts) - 1):
        if times[at] * below_top[at] > 0.0:
            total += times[at] * constant[at]
            d_cuts[at] += times[at] * by_low[at]
            d_cuts[at + 1] += times[at] * by_high[at]
    return np.asarray(total - np.log(product)), d_signal, d_strictness, d_cuts


_njit: Any = numba.njit  # its stubs take the decorated function for its result
_compiled_pair_terms = _njit(_pair_terms)
_compiled_log_denominator = _njit(_log_denominator)
_compiled_careful_pass = _njit(_careful_pass)


class GradedResponse(Op):
    """Log-probability of all answers, with its gradients as further outputs.

    Inputs: signal (cell, item), strictness (questionnaire), cuts (all cuts, each item's between two sentinels), and
    for each answer its cell, item, questionnaire and the position of the cut below it.
    """

    __props__ = ()

    @override
    def make_node(self, *inputs: Any) -> Apply:
        variables = [pt.as_tensor(value) for value in inputs]
        signal, strictness, cuts = variables[:3]
        outputs = [pt.dscalar(), signal.type(), strictness.type(), cuts.type()]
        return Apply(self, variables, outputs)

    @override
    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        for storage, value in zip(output_storage, _compiled_pass(*inputs), strict=True):
            storage[0] = value

    @override
    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        if any(not isinstance(cotangent.type, DisconnectedType) for cotangent in cotangents[1:]):
            raise NotImplementedError("second derivatives of the graded response are not implemented")
        gradients = [cotangents[0] * gradient for gradient in outputs[1:]]
        return [*gradients, *(disconnected_type() for _ in inputs[3:])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Say that the outputs hang on the first three inputs; the others are indices."""
        return [[True] * 4] * 3 + [[False] * 4] * (len(node.inputs) - 3)


_compiled_pass = _njit(_pass)


def _numba_graded_response(op: GradedResponse, node: Apply | None = None, **kwargs: Any) -> tuple[Any, int]:
    kernel = numba_njit(_pass)

    @numba_njit
    def graded_response(
        signal: Any, strictness: Any, cuts: Any, cell: Any, item: Any, questionnaire: Any, low: Any
    ) -> Any:
        return kernel(signal, strictness, cuts, cell, item, questionnaire, low)

    return graded_response, _KERNEL_VERSION


_register: Callable[..., Any] = register_funcify_default_op_cache_key(GradedResponse)
_register(_numba_graded_response)


def graded_response(
    signal: TensorVariable,
    strictness: TensorVariable,
    cuts: TensorVariable,
    cell: NDArray[np.int64],
    item: NDArray[np.int64],
    questionnaire: NDArray[np.int64],
    low: NDArray[np.int64],
) -> TensorVariable:
    """Return the log-probability of all answers.

    Parameters
    ----------
    signal
        dims (cell, item), logits: what an average rater sees.
    strictness
        dims (questionnaire), logits: severity of the rater and halo.
    cuts
        Cuts of all items in one vector, each item's between ``-BEYOND`` and ``BEYOND``, increasing.
    cell, item, questionnaire
        dims (answer): where each answer belongs.
    low
        dims (answer): position in ``cuts`` of the cut below the answered category.
    """
    outputs = GradedResponse().make_node(signal, strictness, cuts, cell, item, questionnaire, low).outputs
    return cast("TensorVariable", outputs[0])
