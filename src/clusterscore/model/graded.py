"""The peers' likelihood as an operation of PyTensor, so that the PyMC model can be sampled with it as well.

Value and gradient come from :mod:`clusterscore.model.compiled.graded`, where the formula is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast, override

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key
from pytensor.tensor.variable import TensorVariable

from clusterscore.model.compiled import graded
from clusterscore.model.compiled.graded import Runs
from clusterscore.model.compiled.jit import SOURCES


class GradedResponse(Op):
    """Log-probability of all answers, with its gradients as further outputs.

    Inputs: signal (item, cell), strictness (questionnaire), cuts (all cuts, each item's between two sentinels), and
    the vectors of :class:`~clusterscore.model.compiled.graded.Runs`.
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
        signal, strictness, cuts = map(np.ascontiguousarray, inputs[:3])
        found = graded.graded_response(signal, strictness, cuts, Runs(*inputs[3:]))
        for storage, value in zip(output_storage, found, strict=True):
            storage[0] = np.asarray(value)

    @override
    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        if any(not isinstance(cotangent.type, DisconnectedType) for cotangent in cotangents[1:]):
            raise NotImplementedError("second derivatives of the graded response are not implemented")
        gradients = [cotangents[0] * gradient for gradient in outputs[1:]]
        return [*gradients, *(disconnected_type() for _ in inputs[3:])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Say that the outputs hang on the first three inputs; the others are indices."""
        return [[True] * 4] * 3 + [[False] * 4] * (len(node.inputs) - 3)


def _numba_graded_response(op: GradedResponse, node: Apply | None = None, **kwargs: Any) -> tuple[Any, int]:
    kernel = graded.graded_response

    @numba_njit
    def graded_response(  # noqa: PLR0913, PLR0917 - what Numba compiles takes arrays
        signal: Any, strictness: Any, cuts: Any, cell: Any, sheet: Any, end: Any, item: Any, low: Any
    ) -> Any:
        total, by_signal, by_strictness, by_cuts = kernel(
            np.ascontiguousarray(signal),
            np.ascontiguousarray(strictness),
            np.ascontiguousarray(cuts),
            Runs(cell, sheet, end, item, low),
        )
        return np.asarray(total), by_signal, by_strictness, by_cuts

    return graded_response, int(SOURCES, 16)


_register: Callable[..., Any] = register_funcify_default_op_cache_key(GradedResponse)
_register(_numba_graded_response)


def graded_response(
    signal: TensorVariable, strictness: TensorVariable, cuts: TensorVariable, runs: Runs
) -> TensorVariable:
    """Return the log-probability of all answers; see :func:`clusterscore.model.compiled.graded.graded_response`."""
    return cast("TensorVariable", GradedResponse().make_node(signal, strictness, cuts, *runs).outputs[0])
