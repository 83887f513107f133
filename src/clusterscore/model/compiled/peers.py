"""The channel of the peers and the criterion, value and derivatives: see :mod:`clusterscore.model.peers`."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from clusterscore.model.centring import centring
from clusterscore.model.compiled.graded import BEYOND, Runs, graded_response, runs_of
from clusterscore.model.compiled.jit import inner
from clusterscore.model.compiled.layout import Back, Floats, Here, Ints, Layout
from clusterscore.model.compiled.state import State
from clusterscore.model.compiled.top import HALF_LOG_2_PI, add_by_coefficients, deviations, expit, normals, softplus
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
    voiced = signal if at.consistency_contrast < 0 else _voiced(signal, consistency, data)
    cuts, severity, level = all_cuts(point, data), severities(here, data), _levels(point, data, signal)
    strictness = _strictness(here, data, severity, level)
    total, by_voiced, by_strictness, by_cuts = graded_response(voiced, strictness, cuts, data.runs)
    by_signal = by_voiced
    if at.consistency_contrast >= 0:
        by_consistency = np.zeros(data.n_raters)
        by_signal = _voiced_back(signal, consistency, data, by_voiced, by_consistency)
        total += _consistencies_back(here, data, by_consistency, back)
    total += _halos_back(here, data, severity, level, by_strictness, by_signal, back)
    total += _signal_back(here, data, state, signal, by_signal, back)
    total += _strictness_back(here, data, by_strictness, back)
    return total + _cuts_back(point, data, cuts, by_cuts, back)


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


@inner
def consistencies(here: Here, data: PeerData) -> Floats:
    """Return how strongly each rater's answers follow what is judged; dims (rater), 1 where the document has none."""
    point, at = here.point, here.at
    out = np.zeros(data.n_raters)
    if at.consistency_contrast >= 0:
        deviations(point[at.consistency_contrast : at.consistency_contrast + data.n_raters - 1], out)
    for r in range(data.n_raters):
        out[r] = math.exp(out[r])
    return out


@inner
def _consistencies_back(here: Here, data: PeerData, by_log_consistency: Floats, back: Back) -> float:
    point, value, at = here.point, here.value, here.at
    first, end = at.consistency_contrast, at.consistency_contrast + data.n_raters - 1
    add_by_coefficients(by_log_consistency, back.gradient[first:end])
    total, by_log_sd = normals(point, first, end, value[at.consistency_sd], back.gradient)
    back.gradient[at.consistency_sd] += by_log_sd
    return total


@inner
def _voiced(signal: Floats, consistency: Floats, data: PeerData) -> Floats:
    """Return what each rater sees of each item; dims (column, cell)."""
    voiced = np.empty((len(data.column_item), signal.shape[1]))
    for k in range(len(voiced)):
        for c in range(signal.shape[1]):
            voiced[k, c] = signal[data.column_item[k], c] * consistency[data.column_rater[k]]
    return voiced


@inner
def _voiced_back(
    signal: Floats, consistency: Floats, data: PeerData, by_voiced: Floats, by_log_consistency: Floats
) -> Floats:
    """Return derivatives by the signal; add those by the log-consistencies."""
    by_signal = np.zeros_like(signal)
    for k in range(len(by_voiced)):
        item, rater = data.column_item[k], data.column_rater[k]
        for c in range(signal.shape[1]):
            along = by_voiced[k, c] * consistency[rater]
            by_signal[item, c] += along
            by_log_consistency[rater] += along * signal[item, c]
    return by_signal


@inner
def severities(here: Here, data: PeerData) -> Floats:
    """Return the severity of each rater in each year; dims (year, rater), 0 where the document has none."""
    point, value, at = here.point, here.value, here.at
    n_years, n_raters = len(data.year_gap) + 1, data.n_raters
    path = np.zeros((n_years, n_raters))
    if at.severity_drawn < 0:
        return path
    stretch = value[at.severity_sd] ** (1.0 - data.severity_degree)
    deviations(point[at.severity_drawn : at.severity_drawn + n_raters - 1], path[0])
    for r in range(n_raters):
        path[0, r] *= stretch
    step = np.zeros(n_raters)
    for y in range(1, n_years):
        if at.severity_step >= 0:
            start = at.severity_step + (y - 1) * (n_raters - 1)
            deviations(point[start : start + n_raters - 1], step)
        for r in range(n_raters):
            drift = value[at.drift_sd] * data.year_gap[y - 1] * step[r] if at.severity_step >= 0 else 0.0
            path[y, r] = path[y - 1, r] + drift
    return path


@inner
def _levels(point: Floats, data: PeerData, signal: Floats) -> Floats:
    """Return how high the answers about each cell are without any strictness: signal above cut, on average; logits."""
    level = np.zeros(signal.shape[1])
    if not data.halo_centred:
        return level
    middle = 0.0
    for s in range(len(data.scale_size)):
        middle += point[data.scale_point[s] + (data.scale_size[s] - 1) // 2] / len(data.scale_size)
    for i in range(signal.shape[0]):
        for c in range(signal.shape[1]):
            level[c] += signal[i, c] / signal.shape[0]
    for c in range(signal.shape[1]):
        level[c] -= middle
    return level


@inner
def _strictness(here: Here, data: PeerData, severity: Floats, level: Floats) -> Floats:
    """Return severity of the rater and halo of the questionnaire, in logits; dims (questionnaire)."""
    point, value, at = here.point, here.value, here.at
    strictness = np.empty(len(data.sheet_rater))
    for q in range(len(strictness)):
        strictness[q] = severity[data.sheet_year[q], data.sheet_rater[q]]
        if at.halo_drawn >= 0 and data.halo_centred:
            strictness[q] = level[data.sheet_cell[q]] - point[at.halo_drawn + q]
        elif at.halo_drawn >= 0:
            strictness[q] += value[at.halo_sd] * point[at.halo_drawn + q]
    return strictness


@inner
def _halos_back(
    here: Here,
    data: PeerData,
    severity: Floats,
    level: Floats,
    by_strictness: Floats,
    by_signal: Floats,
    back: Back,
) -> float:
    """Carry derivatives by the strictness back to the halos, and leave those by the severities in their place.

    Returns the halos' log-prior.
    """
    point, value, at = here.point, here.value, here.at
    if at.halo_drawn < 0:
        return 0.0
    n_sheets, sd = len(by_strictness), value[at.halo_sd]
    if not data.halo_centred:
        by_log_sd = 0.0
        for q in range(n_sheets):
            back.gradient[at.halo_drawn + q] += sd * by_strictness[q]
            by_log_sd += sd * by_strictness[q] * point[at.halo_drawn + q]
        back.gradient[at.halo_sd] += by_log_sd
        return normals(point, at.halo_drawn, at.halo_drawn + n_sheets, 1.0, back.gradient)[0]
    squares, by_level = 0.0, np.zeros(len(level))
    for q in range(n_sheets):
        cell = data.sheet_cell[q]
        z = (point[at.halo_drawn + q] - level[cell] + severity[data.sheet_year[q], data.sheet_rater[q]]) / sd
        back.gradient[at.halo_drawn + q] -= by_strictness[q] + z / sd
        by_level[cell] += by_strictness[q] + z / sd
        by_strictness[q] = -z / sd
        squares += z * z
    back.gradient[at.halo_sd] += squares - n_sheets
    _levels_back(data, by_level, by_signal, back)
    return -0.5 * squares - n_sheets * (math.log(sd) + HALF_LOG_2_PI)


@inner
def _levels_back(data: PeerData, by_level: Floats, by_signal: Floats, back: Back) -> None:
    """Carry derivatives by the levels back to signal and middle cuts."""
    n_items, n_scales, total = len(by_signal), len(data.scale_size), 0.0
    for c in range(len(by_level)):
        total += by_level[c]
        for i in range(n_items):
            by_signal[i, c] += by_level[c] / n_items
    for s in range(n_scales):
        back.gradient[data.scale_point[s] + (data.scale_size[s] - 1) // 2] -= total / n_scales


@inner
def _strictness_back(here: Here, data: PeerData, by_strictness: Floats, back: Back) -> float:
    """Carry derivatives by the severity of each questionnaire back; return the log-prior of the severities."""
    if here.at.severity_drawn < 0:
        return 0.0
    by_severity = np.zeros((len(data.year_gap) + 1, data.n_raters))
    for q in range(len(by_strictness)):
        by_severity[data.sheet_year[q], data.sheet_rater[q]] += by_strictness[q]
    for y in range(len(by_severity) - 2, -1, -1):
        for r in range(data.n_raters):
            by_severity[y, r] += by_severity[y + 1, r]
    return _severities_back(here, data, by_severity, back)


@inner
def _severities_back(here: Here, data: PeerData, by_severity: Floats, back: Back) -> float:
    """Carry derivatives by severities, those of later years added, back to the first and to each year's change."""
    point, value, at = here.point, here.value, here.at
    first, end = at.severity_drawn, at.severity_drawn + data.n_raters - 1
    sd, degree = value[at.severity_sd], data.severity_degree
    stretch = sd ** (1.0 - degree)
    by_drawn = np.zeros(data.n_raters - 1)
    add_by_coefficients(by_severity[0], by_drawn)
    by_log_sd = 0.0
    for r in range(len(by_drawn)):
        back.gradient[first + r] += stretch * by_drawn[r]
        by_log_sd += (1.0 - degree) * stretch * by_drawn[r] * point[first + r]
    total, by_log_drawn_sd = normals(point, first, end, sd**degree, back.gradient)
    back.gradient[at.severity_sd] += by_log_sd + degree * by_log_drawn_sd
    if at.severity_step < 0:
        return total
    for y in range(1, len(by_severity)):
        start = at.severity_step + (y - 1) * (data.n_raters - 1)
        reach = value[at.drift_sd] * data.year_gap[y - 1]
        by_drawn = np.zeros(data.n_raters - 1)
        add_by_coefficients(by_severity[y], by_drawn)
        for r in range(len(by_drawn)):
            back.gradient[start + r] += reach * by_drawn[r]
            back.gradient[at.drift_sd] += reach * by_drawn[r] * point[start + r]
    end = at.severity_step + len(data.year_gap) * (data.n_raters - 1)
    return total + normals(point, at.severity_step, end, 1.0, back.gradient)[0]


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
def _cuts_back(point: Floats, data: PeerData, cuts: Floats, by_cuts: Floats, back: Back) -> float:
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
