"""Who answers: severities, halos and consistencies, and derivatives back to the point."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clusterscore.model.compiled.jit import inner
from clusterscore.model.compiled.layout import Back, Floats, Here
from clusterscore.model.compiled.top import HALF_LOG_2_PI, add_by_coefficients, deviations, normals

if TYPE_CHECKING:
    from clusterscore.model.compiled.peers import PeerData


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
def consistencies_back(here: Here, data: PeerData, by_log_consistency: Floats, back: Back) -> float:
    """Carry derivatives by the log-consistencies back; return the log-prior of their contrasts."""
    point, value, at = here.point, here.value, here.at
    first, end = at.consistency_contrast, at.consistency_contrast + data.n_raters - 1
    add_by_coefficients(by_log_consistency, back.gradient[first:end])
    total, by_log_sd = normals(point, first, end, value[at.consistency_sd], back.gradient)
    back.gradient[at.consistency_sd] += by_log_sd
    return total


@inner
def voiced(signal: Floats, consistency: Floats, data: PeerData) -> Floats:
    """Return what each rater sees of each item; dims (column, cell)."""
    voiced = np.empty((len(data.column_item), signal.shape[1]))
    for k in range(len(voiced)):
        for c in range(signal.shape[1]):
            voiced[k, c] = signal[data.column_item[k], c] * consistency[data.column_rater[k]]
    return voiced


@inner
def voiced_back(
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
def levels(point: Floats, data: PeerData, signal: Floats) -> Floats:
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
def strictness_of(here: Here, data: PeerData, severity: Floats, level: Floats) -> Floats:
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
def halos_back(
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
def severities_back(here: Here, data: PeerData, by_strictness: Floats, back: Back) -> float:
    """Carry derivatives by the severity of each questionnaire back; return the log-prior of the severities."""
    if here.at.severity_drawn < 0:
        return 0.0
    by_severity = np.zeros((len(data.year_gap) + 1, data.n_raters))
    for q in range(len(by_strictness)):
        by_severity[data.sheet_year[q], data.sheet_rater[q]] += by_strictness[q]
    for y in range(len(by_severity) - 2, -1, -1):
        for r in range(data.n_raters):
            by_severity[y, r] += by_severity[y + 1, r]
    return _drawn_back(here, data, by_severity, back)


@inner
def _drawn_back(here: Here, data: PeerData, by_severity: Floats, back: Back) -> float:
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
