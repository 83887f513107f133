"""The peers' likelihood in one pass against the same sum as a graph of elementary operations.

Both give the log-probability of 42,000 answers and its gradients by signal, strictness and cuts, compiled by PyTensor's
numba backend on the same inputs, in turn. Run alone: ``python benchmarks/graded_response.py``. The last line holds the
ratio of their median times.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable
from rivals.graph import graph

from clusterscore.model.compiled.graded import BEYOND, Runs, runs_of
from clusterscore.model.graded import graded_response

N_CELLS, N_ITEMS, N_QUESTIONNAIRES, N_ANSWERS, ROUNDS = 400, 26, 1700, 42_000, 60
CUTS = (-BEYOND, -2.0, -0.5, 0.5, 2.0, BEYOND)


def compiled(likelihood: Callable[..., TensorVariable], runs: Runs) -> Callable[..., list[np.ndarray]]:
    """Return value and gradients as one compiled function."""
    inputs = [pt.dmatrix("signal"), pt.dvector("strictness"), pt.dvector("cuts")]
    value = likelihood(*inputs, runs)
    return pytensor.function(inputs, [value, *pt.grad(value, inputs)], mode="NUMBA", trust_input=True)


def seconds(function: Callable[..., list[np.ndarray]], inputs: list[np.ndarray]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    function(*inputs)
    return time.perf_counter() - started


def main() -> None:
    """Time both in turn and print the ratio of their medians."""
    rng = np.random.default_rng(1)
    item = np.sort(rng.integers(0, N_ITEMS, N_ANSWERS))
    cell, asked = rng.integers(0, N_CELLS, N_ANSWERS), rng.integers(0, N_QUESTIONNAIRES, N_ANSWERS)
    low = item * len(CUTS) + rng.integers(0, len(CUTS) - 1, N_ANSWERS)
    inputs = [rng.normal(size=(N_ITEMS, N_CELLS)), rng.normal(size=N_QUESTIONNAIRES), np.tile(CUTS, N_ITEMS)]
    one_pass, elementary = (
        compiled(likelihood, runs_of(cell, item, asked, low)) for likelihood in (graded_response, graph)
    )
    apart = max(float(np.abs(a - b).max()) for a, b in zip(one_pass(*inputs), elementary(*inputs), strict=True))
    pairs = [(seconds(one_pass, inputs), seconds(elementary, inputs)) for _ in range(ROUNDS)]
    fused, plain = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"one pass {1e9 * fused / N_ANSWERS:.1f} ns an answer, graph {1e9 * plain / N_ANSWERS:.1f} ns an answer")
    print(f"largest difference between both {apart:.1e}")
    print(f"graph_vs_one_pass={plain / fused:.2f}")


if __name__ == "__main__":
    main()
