"""How units enter and move on one pillar: positions from the point, and derivatives back to it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clusterscore.model.compiled.jit import inner
from clusterscore.model.compiled.layout import Back, Floats, Here, Matrix
from clusterscore.model.compiled.top import HALF_LOG_2_PI, add_by_coefficients, deviations, normals

if TYPE_CHECKING:
    from clusterscore.model.compiled.state import StateData


class Walks(NamedTuple):
    """What walks hang on besides the point, and derivatives by it that are added up.

    ``gain`` and ``by_log_reach`` have dims (pillar), the reach being scale times gain; ``mean`` and ``by_mean``, of the
    entries, dims (coefficient, pillar).
    """

    gain: Floats
    mean: Matrix
    by_mean: Matrix
    by_log_reach: Floats


@inner
def walk(here: Here, data: StateData, p: int, gain: float, position: Floats) -> None:
    """Fill in the positions on one pillar: entry, steps, and what all units share; drawn times the pillar's gain."""
    point, value, at = here.point, here.value, here.at
    n_units, n_pillars = len(data.place_of_unit), position.shape[1]
    reach = value[at.pillar_scale + p] * gain
    coefficient, entry = np.empty(n_units - 1), np.empty(n_units)
    stretch = reach ** (1.0 - data.entry_degree[p])
    for i in range(n_units - 1):
        coefficient[i] = stretch * point[at.entry + i * n_pillars + p]
    deviations(coefficient[: data.n_base - 1], entry[: data.n_base])
    for i in range(data.n_base, n_units):
        entry[i] = coefficient[i - 1]
    level = np.zeros(len(data.shock_of_year))
    if at.shock >= 0:
        stretch = (value[at.shock_sd + p] * reach) ** (1.0 - data.shock_degree[p])
        for y in range(1, len(level)):
            if data.shock_of_year[y] >= 0:
                level[y] = level[y - 1] + stretch * point[at.shock + data.shock_of_year[y] * n_pillars + p]
    stretch = (value[at.innovation_sd + p] * reach) ** (1.0 - data.step_degree[p]) if at.step >= 0 else 0.0
    path = 0.0
    for c in range(len(position)):
        step = data.step_of_cell[c]
        if step < 0:
            path = entry[data.place_of_unit[data.cell_unit[c]]]
        else:
            path += stretch * point[at.step + step * n_pillars + p]
        position[c, p] = (path + level[data.cell_year[c]]) / gain


@inner
def walk_back(here: Here, data: StateData, p: int, walks: Walks, back: Back) -> float:
    """Carry derivatives by what is drawn of the positions on one pillar back; return the log-prior of all that is.

    Adds to the derivatives by the mean of entry and by the logarithm of the reach, which is scale times gain.
    """
    point, value, at = here.point, here.value, here.at
    n_units, n_pillars = len(data.place_of_unit), back.position.shape[1]
    by_level, by_entry = np.zeros(len(data.shock_of_year)), np.zeros(n_units)
    total, path = 0.0, 0.0
    reach = value[at.pillar_scale + p] * walks.gain[p]
    if at.step >= 0:
        sd_at, degree = at.innovation_sd + p, data.step_degree[p]
        unit = value[sd_at] * reach
        by_log_unit, log_unit = 0.0, math.log(unit)
        drawn_sd, stretch = unit**degree, unit ** (1.0 - degree)
    for c in range(len(back.position) - 1, -1, -1):
        by_level[data.cell_year[c]] += back.position[c, p]
        path += back.position[c, p]
        step = data.step_of_cell[c]
        if step < 0:
            by_entry[data.place_of_unit[data.cell_unit[c]]] = path
            path = 0.0
            continue
        place = at.step + step * n_pillars + p
        z = point[place] / (data.step_gap[step] * drawn_sd)
        total -= 0.5 * z * z + math.log(data.step_gap[step]) + degree * log_unit + HALF_LOG_2_PI
        back.gradient[place] += path * stretch - z / (data.step_gap[step] * drawn_sd)
        by_log_unit += degree * (z * z - 1.0) + (1.0 - degree) * path * stretch * point[place]
    if at.step >= 0:
        back.gradient[sd_at] += by_log_unit
        walks.by_log_reach[p] += by_log_unit
    if at.shock >= 0:
        total += _shocks_back(here, data, p, walks, by_level, back)
    return total + _entries_back(here, data, p, walks, by_entry, back)


@inner
def _shocks_back(here: Here, data: StateData, p: int, walks: Walks, by_level: Floats, back: Back) -> float:
    """Carry derivatives by the shared level of each year back to its shocks; return their log-prior."""
    point, value, at = here.point, here.value, here.at
    n_pillars = back.position.shape[1]
    unit, degree = value[at.shock_sd + p] * value[at.pillar_scale + p] * walks.gain[p], data.shock_degree[p]
    drawn_sd, stretch = unit**degree, unit ** (1.0 - degree)
    total, by_log_unit, later = 0.0, 0.0, 0.0
    for y in range(len(by_level) - 1, -1, -1):
        shock = data.shock_of_year[y]
        if shock < 0:
            break
        later += by_level[y]
        place = at.shock + shock * n_pillars + p
        z = point[place] / (data.shock_gap[shock] * drawn_sd)
        total -= 0.5 * z * z + math.log(data.shock_gap[shock]) + degree * math.log(unit) + HALF_LOG_2_PI
        back.gradient[place] += later * stretch - z / (data.shock_gap[shock] * drawn_sd)
        by_log_unit += degree * (z * z - 1.0) + (1.0 - degree) * later * stretch * point[place]
    back.gradient[at.shock_sd + p] += by_log_unit
    walks.by_log_reach[p] += by_log_unit
    return total


@inner
def _entries_back(here: Here, data: StateData, p: int, walks: Walks, by_entry: Floats, back: Back) -> float:
    """Carry derivatives by the entries on one pillar back, and by their means; return their log-prior."""
    point, value, at = here.point, here.value, here.at
    n_units, n_pillars = len(data.place_of_unit), walks.mean.shape[1]
    share = value[at.general_share] if at.general_share >= 0 else 0.0
    sd, log_reach = math.sqrt(1.0 - share), math.log(value[at.pillar_scale + p] * walks.gain[p])
    degree = data.entry_degree[p]
    drawn, stretch = math.exp(degree * log_reach), math.exp((1.0 - degree) * log_reach)
    by_coefficient = np.zeros(n_units - 1)
    add_by_coefficients(by_entry[: data.n_base], by_coefficient[: data.n_base - 1])
    for i in range(data.n_base, n_units):
        by_coefficient[i - 1] = by_entry[i]
    total, by_log, by_log_sd = 0.0, 0.0, 0.0
    for i in range(n_units - 1):
        place = at.entry + i * n_pillars + p
        z = (point[place] / drawn - walks.mean[i, p]) / sd
        total -= 0.5 * z * z
        back.gradient[place] += by_coefficient[i] * stretch - z / (sd * drawn)
        walks.by_mean[i, p] = z / sd
        by_log_sd += z * z - 1.0
        by_log += (1.0 - degree) * by_coefficient[i] * stretch * point[place]
        by_log += degree * (z * point[place] / (drawn * sd) - 1.0)
    walks.by_log_reach[p] += by_log
    if at.general_share >= 0:  # by the log-odds of the share: d log sd = -share / 2
        back.gradient[at.general_share] -= 0.5 * share * by_log_sd
    norm: float = (n_units - 1) * (math.log(sd) + degree * log_reach + HALF_LOG_2_PI)
    return total - norm


@inner
def entry_means(here: Here, data: StateData) -> Floats:
    """What the general factor and the groups say of each coefficient of entry; dims (coefficient, pillar)."""
    point, value, at = here.point, here.value, here.at
    n_coefficients, n_pillars = len(data.place_of_unit) - 1, len(data.weight_concentration)
    mean = np.zeros((n_coefficients, n_pillars))
    root = math.sqrt(value[at.general_share]) if at.general >= 0 else 0.0
    for i in range(n_coefficients):
        for p in range(n_pillars):
            if at.general >= 0:
                mean[i, p] = root * point[at.general + i]
            for k in range(len(data.group_of_column)):
                level = value[at.group_sd + data.group_of_column[k]] * point[at.group_deviation + k * n_pillars + p]
                mean[i, p] += data.group_coefficients[i, k] * level
    return mean


@inner
def entry_means_back(here: Here, data: StateData, by_mean: Floats, back: Back) -> float:
    """Carry derivatives by the means of entry back; return the log-prior of general factor and groups."""
    point, value, at = here.point, here.value, here.at
    n_coefficients, n_pillars = by_mean.shape
    total = 0.0
    if at.general >= 0:
        share, by_root = value[at.general_share], 0.0
        root = math.sqrt(share)
        for i in range(n_coefficients):
            both = 0.0
            for p in range(n_pillars):
                both += by_mean[i, p]
            back.gradient[at.general + i] += root * both
            by_root += both * point[at.general + i]
        back.gradient[at.general_share] += 0.5 * root * (1.0 - share) * by_root
        total += normals(point, at.general, at.general + n_coefficients, 1.0, back.gradient)[0]
    for k in range(len(data.group_of_column)):
        sd_at = at.group_sd + data.group_of_column[k]
        for p in range(n_pillars):
            place, by_level = at.group_deviation + k * n_pillars + p, 0.0
            for i in range(n_coefficients):
                by_level += by_mean[i, p] * data.group_coefficients[i, k]
            back.gradient[place] += value[sd_at] * by_level
            back.gradient[sd_at] += value[sd_at] * by_level * point[place]
    n_deviations = len(data.group_of_column) * n_pillars
    return total + normals(point, at.group_deviation, at.group_deviation + n_deviations, 1.0, back.gradient)[0]
