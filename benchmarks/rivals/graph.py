"""The peers' likelihood as a graph of elementary operations: what a PyMC user writes without a kernel."""

from __future__ import annotations

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

SENTINEL = 300.0
"""Logits: beyond any height, and near enough for JAX, which differentiates both branches of a softplus."""


def graph(
    signal: TensorVariable,
    strictness: TensorVariable,
    cuts: TensorVariable,
    cell: np.ndarray,
    item: np.ndarray,
    asked: np.ndarray,
    low: np.ndarray,
) -> TensorVariable:
    """Return the log-probability of :func:`clusterscore.model.graded.graded_response` by softplus and log1mexp."""
    cuts = pt.clip(cuts, -SENTINEL, SENTINEL)
    height = signal[cell, item] - strictness[asked]
    pairs, times = np.unique(low, return_counts=True)
    gap = cuts[pairs + 1] - cuts[pairs]
    terms = pt.softplus(cuts[low] - height).sum() + pt.softplus(height - cuts[low + 1]).sum()
    return (times * pt.log1mexp(-gap)).sum() - terms
