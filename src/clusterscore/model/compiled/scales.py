"""On which scales answers are given: cuts from the point and back to it; see :mod:`clusterscore.model.gaps`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clusterscore.model.compiled.graded import BEYOND
from clusterscore.model.compiled.jit import inner
from clusterscore.model.compiled.layout import Back, Floats
from clusterscore.model.compiled.top import expit, softplus

if TYPE_CHECKING:
    from clusterscore.model.compiled.peers import PeerData


@inner
def all_cuts(point: Floats, data: PeerData) -> Floats:
    """Return all cuts in one vector, each scale's between two sentinels: see :mod:`clusterscore.model.gaps`."""
    cuts = np.empty(data.n_cuts)
    for s in range(len(data.scale_cut)):
        first, n_cuts, start = data.scale_cut[s], data.scale_size[s] - 1, data.scale_point[s]
        middle = n_cuts // 2
        cuts[first], cuts[first + n_cuts + 1] = -BEYOND, BEYOND
        cuts[first + 1 + middle] = point[start + middle]
        for k in range(middle + 1, n_cuts):
            cuts[first + 1 + k] = cuts[first + k] + math.exp(point[start + k])
        for k in range(middle - 1, -1, -1):
            cuts[first + 1 + k] = cuts[first + 2 + k] - math.exp(point[start + k])
    return cuts


@inner
def cuts_back(point: Floats, data: PeerData, cuts: Floats, by_cuts: Floats, back: Back) -> float:
    """Carry derivatives by the cuts back; return the log-density of the answer shares' Dirichlet in the point."""
    total = 0.0
    for s in range(len(data.scale_cut)):
        first, n_cuts, start = data.scale_cut[s] + 1, data.scale_size[s] - 1, data.scale_point[s]
        middle = n_cuts // 2
        total += _shares_back(data.share_concentration, cuts[first : first + n_cuts], by_cuts[first : first + n_cuts])
        above, below, both = 0.0, 0.0, by_cuts[first + middle]
        for k in range(n_cuts - 1, middle, -1):
            above += by_cuts[first + k]
            back.gradient[start + k] += above * math.exp(point[start + k]) + 1.0
            total += point[start + k]
        for k in range(middle):
            below += by_cuts[first + k]
            back.gradient[start + k] += 1.0 - below * math.exp(point[start + k])
            total += point[start + k]
        back.gradient[start + middle] += both + above + below
    return total


@inner
def _shares_back(concentration: float, cut: Floats, by_cut: Floats) -> float:
    """Add the derivatives of the log-density of one scale's shares, moved to its cuts; return that."""
    n_cuts, excess = len(cut), concentration - 1.0
    total = math.lgamma((n_cuts + 1) * concentration) - (n_cuts + 1) * math.lgamma(concentration)
    for k in range(n_cuts):
        reached, left = softplus(-cut[k]), softplus(cut[k])  # minus logarithms of the shares below and above
        total -= reached + left
        by_cut[k] += 1.0 - 2.0 * expit(cut[k])
        if k == 0:
            total -= excess * reached
            by_cut[k] += excess * expit(-cut[k])
        else:
            ratio = math.exp(cut[k - 1] - cut[k])
            total += excess * (math.log1p(-ratio) - reached - softplus(cut[k - 1]))
            by_cut[k] += excess * (expit(-cut[k]) + ratio / (1.0 - ratio))
            by_cut[k - 1] -= excess * (expit(cut[k - 1]) + ratio / (1.0 - ratio))
        if k == n_cuts - 1:
            total -= excess * left
            by_cut[k] -= excess * expit(cut[k])
    return total
