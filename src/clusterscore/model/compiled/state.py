"""Where every unit stands in every year, from the point and back to it: see :mod:`clusterscore.model.state`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clusterscore.model.centring import centring
from clusterscore.model.compiled.jit import inner
from clusterscore.model.compiled.layout import Back, Floats, Here, Ints, Matrix
from clusterscore.model.compiled.walk import Walks, entry_means, entry_means_back, walk, walk_back
from clusterscore.model.compiled.weights import gains, slopes, slopes_back, weights, weights_back
from clusterscore.model.design import Design
from clusterscore.model.slopes import seen_shares, slope_basis


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
    measure_pillar: Ints
    gain_share: Floats


class State(NamedTuple):
    """The state at one point: position (cell, pillar), composite (cell), weight, gain (pillar), slope (measure)."""

    position: Matrix
    composite: Floats
    weight: Floats
    gain: Floats
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
        measure_pillar=slope_basis(function)[0],
        gain_share=seen_shares(design),
    )


@inner
def forward(here: Here, data: StateData) -> State:
    """Return the state at a point."""
    value, at = here.value, here.at
    n_cells, n_pillars = len(data.cell_unit), len(data.weight_concentration)
    position, slope = np.empty((n_cells, n_pillars)), slopes(here, data)
    gain = gains(data, slope, n_pillars)
    for p in range(n_pillars):
        walk(here, data, p, gain[p], position)
    weight = weights(here, data)
    composite = np.zeros(n_cells)
    for p in range(n_pillars):
        share = weight[p] / value[at.pillar_scale + p]
        for c in range(n_cells):
            composite[c] += share * position[c, p]
    return State(position, composite, weight, gain, slope)


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
    total = weights_back(here, data, state.weight, by_weight, back)
    mean = entry_means(here, data)
    walks = Walks(state.gain, mean, np.empty_like(mean), np.zeros(n_pillars))
    by_log_gain = np.zeros(n_pillars)
    for p in range(n_pillars):
        for c in range(n_cells):
            by_log_gain[p] -= back.position[c, p] * state.position[c, p]
            back.position[c, p] /= state.gain[p]
        total += walk_back(here, data, p, walks, back)
        back.gradient[at.pillar_scale + p] += walks.by_log_reach[p]
        by_log_gain[p] += walks.by_log_reach[p]
    for m in range(len(data.measure_pillar)):
        back.log_slope[m] += data.gain_share[m] * by_log_gain[data.measure_pillar[m]]
    total += slopes_back(here, data, back)
    return total + entry_means_back(here, data, walks.by_mean, back)
