"""Where every unit stands in every year, from the point and back to it: see :mod:`clusterscore.model.state`."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from clusterscore.model.centring import centring
from clusterscore.model.compiled.jit import inner
from clusterscore.model.compiled.layout import Back, Floats, Here, Ints, Matrix, Places
from clusterscore.model.compiled.top import HALF_LOG_2_PI, add_by_coefficients, deviations, normals
from clusterscore.model.design import Design
from clusterscore.model.slopes import slope_basis


class StateData(NamedTuple):
    """What the state hangs on; see :class:`clusterscore.model.design.Design`.

    ``step_of_cell`` is the step into each cell, -1 in a unit's first; ``level_of_year`` the shock into each year, -1 in
    the base edition; gaps are square roots of years; degrees are those of centring, dims (pillar).
    """

    n_base: int
    cell_unit: Ints
    cell_year: Ints
    place_of_unit: Ints
    step_of_cell: Ints
    step_gap: Floats
    shock_of_year: Ints
    shock_gap: Floats
    group_of_column: Ints
    group_coefficients: Matrix
    entry_degree: Floats
    step_degree: Floats
    shock_degree: Floats
    weight_concentration: Floats
    slope_basis: Matrix


class State(NamedTuple):
    """The state at one point: position (cell, pillar), composite (cell), weight (pillar), slope (measure)."""

    position: Matrix
    composite: Floats
    weight: Floats
    slope: Floats


def state_data(design: Design) -> StateData:
    """Return what the state of a design hangs on."""
    step = np.full(design.n_cells, -1)
    step[design.later_cells] = np.arange(len(design.later_cells))
    shock = np.full(len(design.years), -1)
    n_later = len(design.later_years)
    shock[len(shock) - n_later :] = np.arange(n_later)
    columns = [design.group_coefficients(grouping) for grouping in design.groups]
    degree, function = centring(design), design.function
    agreed = np.array(list(function.agreed_weights.values()))
    return StateData(
        n_base=design.n_base,
        cell_unit=design.cell_unit,
        cell_year=design.cell_year,
        place_of_unit=design.place_of_unit,
        step_of_cell=step,
        step_gap=np.sqrt(design.gap_years),
        shock_of_year=shock,
        shock_gap=np.sqrt(design.later_year_gaps) if n_later else np.empty(0),
        group_of_column=np.repeat(np.arange(len(columns)), [part.shape[1] for part in columns]),
        group_coefficients=np.ascontiguousarray(np.hstack([np.empty((len(design.units) - 1, 0)), *columns])),
        entry_degree=degree.entry,
        step_degree=degree.step,
        shock_degree=degree.shock,
        weight_concentration=function.weights.concentration * agreed,
        slope_basis=np.ascontiguousarray(slope_basis(function)[1]),
    )


@inner
def forward(here: Here, data: StateData) -> State:
    """Return the state at a point."""
    value, at = here.value, here.at
    n_cells, n_pillars = len(data.cell_unit), len(data.weight_concentration)
    position = np.empty((n_cells, n_pillars))
    for p in range(n_pillars):
        _walk(here, data, p, position)
    weight = _weights(here, data)
    composite = np.zeros(n_cells)
    for p in range(n_pillars):
        share = weight[p] / value[at.pillar_scale + p]
        for c in range(n_cells):
            composite[c] += share * position[c, p]
    return State(position, composite, weight, _slopes(here, data))


@inner
def backward(
    here: Here,
    data: StateData,
    state: State,
    back: Back,
) -> float:
    """Carry derivatives by position, composite and log-slopes on to the point; return the state's log-prior."""
    value, at = here.value, here.at
    n_cells, n_pillars = back.position.shape
    by_weight = np.zeros(n_pillars)
    for p in range(n_pillars):
        scale, weight, both = value[at.pillar_scale + p], state.weight[p], 0.0
        for c in range(n_cells):
            both += back.composite[c] * state.position[c, p]
            back.position[c, p] += back.composite[c] * weight / scale
        by_weight[p] = both / scale
        back.gradient[at.pillar_scale + p] -= both * weight / scale
    total = _weights_back(here, data, state.weight, by_weight, back)
    total += _slopes_back(here, data, back)
    mean, by_mean = _entry_means(here, data), np.empty((len(data.place_of_unit) - 1, n_pillars))
    for p in range(n_pillars):
        total += _walk_back(here, data, p, mean, by_mean, back)
    return total + _entry_means_back(here, data, by_mean, back)


@inner
def _walk(here: Here, data: StateData, p: int, position: Floats) -> None:
    """Fill in the positions on one pillar: entry, steps, and what all units share."""
    point, value, at = here.point, here.value, here.at
    n_units, n_pillars = len(data.place_of_unit), position.shape[1]
    scale = value[at.pillar_scale + p]
    coefficient, entry = np.empty(n_units - 1), np.empty(n_units)
    stretch = scale ** (1.0 - data.entry_degree[p])
    for i in range(n_units - 1):
        coefficient[i] = stretch * point[at.entry + i * n_pillars + p]
    deviations(coefficient[: data.n_base - 1], entry[: data.n_base])
    for i in range(data.n_base, n_units):
        entry[i] = coefficient[i - 1]
    level = np.zeros(len(data.shock_of_year))
    if at.shock >= 0:
        stretch = (value[at.shock_sd + p] * scale) ** (1.0 - data.shock_degree[p])
        for y in range(1, len(level)):
            if data.shock_of_year[y] >= 0:
                level[y] = level[y - 1] + stretch * point[at.shock + data.shock_of_year[y] * n_pillars + p]
    stretch = (value[at.innovation_sd + p] * scale) ** (1.0 - data.step_degree[p]) if at.step >= 0 else 0.0
    path = 0.0
    for c in range(len(position)):
        step = data.step_of_cell[c]
        if step < 0:
            path = entry[data.place_of_unit[data.cell_unit[c]]]
        else:
            path += stretch * point[at.step + step * n_pillars + p]
        position[c, p] = path + level[data.cell_year[c]]


@inner
def _walk_back(
    here: Here,
    data: StateData,
    p: int,
    mean: Floats,
    by_mean: Floats,
    back: Back,
) -> float:
    """Carry derivatives by the positions on one pillar back; return the log-prior of its entries, steps and shocks."""
    point, value, at = here.point, here.value, here.at
    n_units, n_pillars = len(data.place_of_unit), back.position.shape[1]
    by_level, by_entry = np.zeros(len(data.shock_of_year)), np.zeros(n_units)
    total, path = 0.0, 0.0
    scale_at = at.pillar_scale + p
    scale = value[scale_at]
    if at.step >= 0:
        sd_at, degree = at.innovation_sd + p, data.step_degree[p]
        unit = value[sd_at] * scale
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
        back.gradient[scale_at] += by_log_unit
    if at.shock >= 0:
        total += _shocks_back(here, data, p, by_level, back)
    return total + _entries_back(here, data, p, mean, by_entry, by_mean, back)


@inner
def _shocks_back(
    here: Here,
    data: StateData,
    p: int,
    by_level: Floats,
    back: Back,
) -> float:
    """Carry derivatives by the shared level of each year back to its shocks; return their log-prior."""
    point, value, at = here.point, here.value, here.at
    n_pillars = back.position.shape[1]
    unit, degree = value[at.shock_sd + p] * value[at.pillar_scale + p], data.shock_degree[p]
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
    back.gradient[at.pillar_scale + p] += by_log_unit
    return total


@inner
def _entries_back(
    here: Here,
    data: StateData,
    p: int,
    mean: Floats,
    by_entry: Floats,
    by_mean: Floats,
    back: Back,
) -> float:
    """Carry derivatives by the entries on one pillar back, and by their means; return their log-prior."""
    point, value, at = here.point, here.value, here.at
    n_units, n_pillars = len(data.place_of_unit), mean.shape[1]
    share = value[at.general_share] if at.general_share >= 0 else 0.0
    sd, log_scale = math.sqrt(1.0 - share), math.log(value[at.pillar_scale + p])
    degree = data.entry_degree[p]
    drawn, stretch = math.exp(degree * log_scale), math.exp((1.0 - degree) * log_scale)
    by_coefficient = np.zeros(n_units - 1)
    add_by_coefficients(by_entry[: data.n_base], by_coefficient[: data.n_base - 1])
    for i in range(data.n_base, n_units):
        by_coefficient[i - 1] = by_entry[i]
    total, by_log_scale, by_log_sd = 0.0, 0.0, 0.0
    for i in range(n_units - 1):
        place = at.entry + i * n_pillars + p
        z = (point[place] / drawn - mean[i, p]) / sd
        total -= 0.5 * z * z
        back.gradient[place] += by_coefficient[i] * stretch - z / (sd * drawn)
        by_mean[i, p] = z / sd
        by_log_sd += z * z - 1.0
        by_log_scale += (1.0 - degree) * by_coefficient[i] * stretch * point[place]
        by_log_scale += degree * (z * point[place] / (drawn * sd) - 1.0)
    back.gradient[at.pillar_scale + p] += by_log_scale
    if at.general_share >= 0:  # by the log-odds of the share: d log sd = -share / 2
        back.gradient[at.general_share] -= 0.5 * share * by_log_sd
    norm: float = (n_units - 1) * (math.log(sd) + degree * log_scale + HALF_LOG_2_PI)
    return total - norm


@inner
def _entry_means(here: Here, data: StateData) -> Floats:
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
def _entry_means_back(here: Here, data: StateData, by_mean: Floats, back: Back) -> float:
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


@inner
def _weights(here: Here, data: StateData) -> Floats:
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
def _weights_back(here: Here, data: StateData, weight: Floats, by_weight: Floats, back: Back) -> float:
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
def _slopes(here: Here, data: StateData) -> Floats:
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
def _slopes_back(here: Here, data: StateData, back: Back) -> float:
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
