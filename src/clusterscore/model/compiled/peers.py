"""The channel of the peers and the criterion, value and derivatives: see :mod:`clusterscore.model.peers`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clusterscore.model.centring import centring
from clusterscore.model.compiled.graded import Runs, graded_response, runs_of
from clusterscore.model.compiled.jit import inner
from clusterscore.model.compiled.layout import Back, Floats, Here, Ints, Layout
from clusterscore.model.compiled.raters import (
    consistencies,
    consistencies_back,
    halos_back,
    levels,
    severities,
    severities_back,
    strictness_of,
    voiced,
    voiced_back,
)
from clusterscore.model.compiled.scales import all_cuts, cuts_back
from clusterscore.model.compiled.state import State
from clusterscore.model.compiled.top import normals
from clusterscore.model.design import Design


class PeerData(NamedTuple):
    """All answers and where they belong.

    ``measure`` and ``pillar`` have dims (asked item); the overall items come after these. A column is an item, or with
    consistencies a pair of an item and a rater (``column_item``, ``column_rater``). Scales have their cuts from
    ``scale_cut`` on and their coordinates in the point from ``scale_point`` on.
    """

    measure: Ints
    pillar: Ints
    n_overall: int
    n_units: int
    cell_unit: Ints
    year_gap: Floats
    sheet_rater: Ints
    sheet_year: Ints
    sheet_cell: Ints
    n_raters: int
    severity_degree: float
    halo_centred: bool
    column_item: Ints
    column_rater: Ints
    runs: Runs
    n_cuts: int
    scale_cut: Ints
    scale_size: Ints
    scale_point: Ints
    share_concentration: float


def peer_data(design: Design, layout: Layout) -> PeerData:
    """Return the answers of a design."""
    function, rows, sheets = design.function, design.answers, design.questionnaires
    pillars = [pillar.id for pillar in function.pillars]
    asked = [item.id for item in function.items if item.id in function.pillar_of]
    column, sheet = rows["item"].to_numpy(np.int64), rows["questionnaire"].to_numpy(np.int64)
    column_item, column_rater = np.arange(len(function.items)), np.full(len(function.items), -1)
    if function.has_consistency and len(design.raters) > 1:
        voices = np.stack([column, sheets["rater"].to_numpy(np.int64)[sheet]])
        (column_item, column_rater), column = np.unique(voices, axis=1, return_inverse=True)
    scale_cut, scale_point = _scales(design, layout)
    degree = centring(design)
    low = scale_cut[rows["scale"].to_numpy(np.int64)] + rows["category"].to_numpy(np.int64)
    return PeerData(
        measure=len(function.indicators) + np.arange(len(asked)),
        pillar=np.array([pillars.index(function.pillar_of[name]) for name in asked], dtype=np.int64),
        n_overall=len(function.overall),
        n_units=len(design.units),
        cell_unit=design.cell_unit,
        year_gap=np.sqrt(np.diff(np.asarray(design.years, dtype=float))),
        sheet_rater=np.ascontiguousarray(sheets["rater"].to_numpy(np.int64)),
        sheet_year=design.cell_year[sheets["cell"].to_numpy(np.int64)],
        sheet_cell=np.ascontiguousarray(sheets["cell"].to_numpy(np.int64)),
        n_raters=len(design.raters),
        severity_degree=degree.severity,
        halo_centred=degree.halo,
        column_item=np.ascontiguousarray(column_item),
        column_rater=np.ascontiguousarray(column_rater),
        runs=runs_of(rows["cell"].to_numpy(np.int64), column, sheet, low),
        n_cuts=int((design.scales["categories"].to_numpy(np.int64) + 1).sum()),
        scale_cut=scale_cut,
        scale_size=np.ascontiguousarray(design.scales["categories"].to_numpy(np.int64)),
        scale_point=scale_point,
        share_concentration=float(function.prior("answer_share")["concentration"]),
    )


def _scales(design: Design, layout: Layout) -> tuple[Ints, Ints]:
    """Return where the cuts of each scale begin among all cuts, and its coordinates in the point."""
    sizes = design.scales["categories"].to_numpy(np.int64)
    starts = {block.name: block.start for block in layout.blocks}
    cut, point, offset = np.zeros(len(sizes), np.int64), np.zeros(len(sizes), np.int64), 0
    for size in np.unique(sizes):
        chosen = np.flatnonzero(sizes == size)
        cut[chosen] = offset + np.arange(len(chosen)) * (size + 1)
        point[chosen] = starts.get(f"answer_share_{size}", 0) + np.arange(len(chosen)) * (size - 1)
        offset += len(chosen) * (size + 1)
    return cut, point


@inner
def answers(
    here: Here,
    data: PeerData,
    state: State,
    back: Back,
) -> float:
    """Return the log-likelihood of all answers and the log-prior of what it hangs on; add the derivatives of both."""
    point, at = here.point, here.at
    signal = _signal(here, data, state)
    consistency = consistencies(here, data)
    seen = signal if at.consistency_contrast < 0 else voiced(signal, consistency, data)
    cuts, severity, level = all_cuts(point, data), severities(here, data), levels(point, data, signal)
    strictness = strictness_of(here, data, severity, level)
    total, by_seen, by_strictness, by_cuts = graded_response(seen, strictness, cuts, data.runs)
    by_signal = by_seen
    if at.consistency_contrast >= 0:
        by_consistency = np.zeros(data.n_raters)
        by_signal = voiced_back(signal, consistency, data, by_seen, by_consistency)
        total += consistencies_back(here, data, by_consistency, back)
    total += halos_back(here, data, severity, level, by_strictness, by_signal, back)
    total += _signal_back(here, data, state, signal, by_signal, back)
    total += severities_back(here, data, by_strictness, back)
    return total + cuts_back(point, data, cuts, by_cuts, back)


@inner
def _signal(here: Here, data: PeerData, state: State) -> Floats:
    """Return what an average rater would see of each item, in logits; dims (item, cell)."""
    value, at = here.value, here.at
    n_cells, n_asked = len(data.cell_unit), len(data.measure)
    signal = np.empty((n_asked + data.n_overall, n_cells))
    for i in range(n_asked):
        for c in range(n_cells):
            signal[i, c] = state.slope[data.measure[i]] * state.position[c, data.pillar[i]]
    for o in range(data.n_overall):
        for c in range(n_cells):
            signal[n_asked + o, c] = value[at.overall_slope + o] * _judged(here, data, state, c)
    return signal


@inner
def _judged(here: Here, data: PeerData, state: State, c: int) -> float:
    """Return what an overall answer follows: the function, and the discrepancy of the unit."""
    point, value, at = here.point, here.value, here.at
    deviation = point[at.discrepancy_deviation + data.cell_unit[c]]
    return state.composite[c] + value[at.discrepancy_sd] * deviation  # type: ignore[no-any-return]


@inner
def _signal_back(
    here: Here,
    data: PeerData,
    state: State,
    signal: Floats,
    by_signal: Floats,
    back: Back,
) -> float:
    """Carry derivatives by the signal back; return the log-prior of the discrepancies."""
    point, value, at = here.point, here.value, here.at
    n_cells, n_asked = len(data.cell_unit), len(data.measure)
    for i in range(n_asked):
        for c in range(n_cells):
            back.log_slope[data.measure[i]] += by_signal[i, c] * signal[i, c]
            back.position[c, data.pillar[i]] += by_signal[i, c] * state.slope[data.measure[i]]
    for o in range(data.n_overall):
        for c in range(n_cells):
            slope_at, place = at.overall_slope + o, at.discrepancy_deviation + data.cell_unit[c]
            by_judged = by_signal[n_asked + o, c] * value[slope_at]
            back.gradient[slope_at] += by_signal[n_asked + o, c] * signal[n_asked + o, c]
            back.composite[c] += by_judged
            back.gradient[place] += by_judged * value[at.discrepancy_sd]
            back.gradient[at.discrepancy_sd] += by_judged * value[at.discrepancy_sd] * point[place]
    if data.n_overall == 0:
        return 0.0
    end = at.discrepancy_deviation + data.n_units
    return normals(point, at.discrepancy_deviation, end, 1.0, back.gradient)[0]
