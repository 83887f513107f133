"""The peers' likelihood as a graph of elementary operations: what a PyMC user writes without a kernel."""

from __future__ import annotations

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from clusterscore.model.compiled.graded import Runs

SENTINEL = 300.0
"""Logits: beyond any height, and near enough for JAX, which differentiates both branches of a softplus."""


def graph(signal: TensorVariable, strictness: TensorVariable, cuts: TensorVariable, runs: Runs) -> TensorVariable:
    """Return the log-probability of :func:`clusterscore.model.graded.graded_response` by softplus and log1mexp."""
    cuts = pt.clip(cuts, -SENTINEL, SENTINEL)
    times = np.diff(runs.end.astype(np.int64), prepend=0)
    item, low = np.repeat(runs.item, times), np.repeat(runs.low, times)
    height = signal[item, runs.cell] - strictness[runs.sheet]
    gap = cuts[runs.low + 1] - cuts[runs.low]
    terms = pt.softplus(cuts[low] - height).sum() + pt.softplus(height - cuts[low + 1]).sum()
    return (times * pt.log1mexp(-gap)).sum() - terms
