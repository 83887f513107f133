"""Weights of the pillars and slopes of the measures from the point, and derivatives back to it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clusterscore.model.compiled.jit import inner
from clusterscore.model.compiled.layout import Back, Floats, Here, Places
from clusterscore.model.compiled.top import normals

if TYPE_CHECKING:
    from clusterscore.model.compiled.state import StateData


@inner
def weights(here: Here, data: StateData) -> Floats:
    """Return the weights; in the point they are logarithms that sum to zero, the last left out."""
    point, at = here.point, here.at
    weight = _log_ratios(point, at, len(data.weight_concentration))
    largest, total = -np.inf, 0.0
    for p in range(len(weight)):
        largest = max(largest, weight[p])
    for p in range(len(weight)):
        weight[p] = math.exp(weight[p] - largest)
        total += weight[p]
    for p in range(len(weight)):
        weight[p] /= total
    return weight


@inner
def _log_ratios(point: Floats, at: Places, n_pillars: int) -> Floats:
    ratio = np.empty(n_pillars)
    ratio[n_pillars - 1] = 0.0
    for p in range(n_pillars - 1):
        ratio[p] = point[at.weight + p]
        ratio[n_pillars - 1] -= ratio[p]
    return ratio


@inner
def weights_back(here: Here, data: StateData, weight: Floats, by_weight: Floats, back: Back) -> float:
    """Carry derivatives by the weights back; return the log-density of their Dirichlet in the point."""
    point, at = here.point, here.at
    n_pillars = len(weight)
    ratio = _log_ratios(point, at, n_pillars)
    concentration, norm = 0.0, 0.0
    total, mean = 0.0, 0.0
    for p in range(n_pillars):
        concentration += data.weight_concentration[p]
        norm -= math.lgamma(data.weight_concentration[p])
        mean += weight[p] * by_weight[p]
        total += data.weight_concentration[p] * ratio[p]
    log_sum = ratio[0] - math.log(weight[0])
    by_ratio = np.empty(n_pillars)
    for p in range(n_pillars):
        by_ratio[p] = data.weight_concentration[p] - concentration * weight[p] + weight[p] * (by_weight[p] - mean)
    for p in range(n_pillars - 1):
        back.gradient[at.weight + p] += by_ratio[p] - by_ratio[n_pillars - 1]
    found: float = total + norm + math.lgamma(concentration) + math.log(n_pillars) - concentration * log_sum
    return found


@inner
def slopes(here: Here, data: StateData) -> Floats:
    """Return the slope of every measure."""
    point, at = here.point, here.at
    n_measures, n_contrasts = data.slope_basis.shape
    slope = np.empty(n_measures)
    for m in range(n_measures):
        log_slope = 0.0
        for k in range(n_contrasts):
            log_slope += data.slope_basis[m, k] * point[at.slope_contrast + k]
        slope[m] = math.exp(log_slope)
    return slope


@inner
def gains(data: StateData, slope: Floats, n_pillars: int) -> Floats:
    """Return how strongly each pillar shows in what was recorded: see :func:`clusterscore.model.slopes.seen_shares`."""
    gain = np.zeros(n_pillars)
    for m in range(len(slope)):
        gain[data.measure_pillar[m]] += data.gain_share[m] * math.log(slope[m])
    for p in range(n_pillars):
        gain[p] = math.exp(gain[p])
    return gain


@inner
def slopes_back(here: Here, data: StateData, back: Back) -> float:
    """Carry derivatives by the log-slopes back; return the log-prior of their contrasts."""
    point, value, at = here.point, here.value, here.at
    n_measures, n_contrasts = data.slope_basis.shape
    if n_contrasts == 0:
        return 0.0
    for m in range(n_measures):
        for k in range(n_contrasts):
            back.gradient[at.slope_contrast + k] += data.slope_basis[m, k] * back.log_slope[m]
    end = at.slope_contrast + n_contrasts
    total, by_log_sd = normals(point, at.slope_contrast, end, value[at.slope_sd], back.gradient)
    back.gradient[at.slope_sd] += by_log_sd
    return total
