"""The channel of figures, value and derivatives in a single pass: see :mod:`clusterscore.model.figures`."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import gammaln

from clusterscore.model.compiled.jit import inner
from clusterscore.model.compiled.layout import Back, Floats, Here, Ints, Places, reported
from clusterscore.model.compiled.state import State
from clusterscore.model.compiled.top import digamma, expit, softplus
from clusterscore.model.design import Design

_FOLD = 1.0e100  # product at which its logarithm is taken
_FEW = 12  # counts up to which sums are shorter than special functions


class FigureData(NamedTuple):
    """All figures, a row each; ``kind`` is the place of its indicator among those ever reported.

    ``pillar``, ``direction`` and ``spread`` have dims (indicator); ``freedom`` is that of the errors, 0 where it is
    learned.
    """

    pillar: Ints
    direction: Floats
    spread: Floats
    freedom: float
    n_figure_kinds: int
    n_count_kinds: int
    figure_cell: Ints
    figure_indicator: Ints
    figure_kind: Ints
    figure: Floats
    count_cell: Ints
    count_indicator: Ints
    count_kind: Ints
    counted: Floats
    count_log_expected: Floats
    count_log_ways: Floats
    group_indicator: Ints
    group_kind: Ints
    group_members: Floats
    group_years: Floats
    group_within: Floats
    group_between: Floats
    group_start: Ints
    mean_cell: Ints
    mean: Floats


def figure_data(design: Design) -> FigureData:
    """Return the figures of a design."""
    function, groups = design.function, design.members.groups
    pillars = [pillar.id for pillar in function.pillars]
    freedom = function.errors.degrees_of_freedom
    means = design.members.means.sort_values("group", kind="stable")
    return FigureData(
        pillar=np.array([pillars.index(function.pillar_of[part.id]) for part in function.indicators], dtype=np.int64),
        direction=np.array([part.direction for part in function.indicators], dtype=float),
        spread=np.array([part.spread for part in function.indicators], dtype=float),
        freedom=0.0 if freedom == "learned" else float(freedom),
        n_figure_kinds=len(reported(_ints(design.figures, "indicator"))[0]),
        n_count_kinds=len(reported(_ints(design.counts, "indicator"))[0]),
        figure_cell=_ints(design.figures, "cell"),
        figure_indicator=_ints(design.figures, "indicator"),
        figure_kind=reported(_ints(design.figures, "indicator"))[1],
        figure=_floats(design.figures, "value"),
        count_cell=_ints(design.counts, "cell"),
        count_indicator=_ints(design.counts, "indicator"),
        count_kind=reported(_ints(design.counts, "indicator"))[1],
        counted=_floats(design.counts, "value"),
        count_log_expected=_floats(design.counts, "log_expected"),
        count_log_ways=gammaln(_floats(design.counts, "value") + 1.0),
        group_indicator=_ints(groups, "indicator"),
        group_kind=reported(_ints(groups, "indicator"))[1],
        group_members=_floats(groups, "n_members"),
        group_years=_floats(groups, "n_years"),
        group_within=_floats(groups, "within"),
        group_between=_floats(groups, "between"),
        group_start=np.searchsorted(_ints(means, "group"), np.arange(len(groups) + 1)),
        mean_cell=_ints(means, "cell"),
        mean=_floats(means, "mean"),
    )


def _ints(frame: pd.DataFrame, column: str) -> Ints:
    return np.ascontiguousarray(frame[column].to_numpy(dtype=np.int64))


def _floats(frame: pd.DataFrame, column: str) -> Floats:
    return np.ascontiguousarray(frame[column].to_numpy(dtype=np.float64))


@inner
def figures(
    here: Here,
    data: FigureData,
    state: State,
    back: Back,
) -> float:
    """Return the log-likelihood of all figures; add its derivatives by position, log-slopes and the rest."""
    total = 0.0
    if len(data.figure):
        total += _continuous(here, data, state, back)
    if len(data.counted):
        total += _counts(here, data, state, back)
    if len(data.group_kind):
        total += _members(here, data, state, back)
    return total


@inner
def _expected(here: Here, data: FigureData, state: State, cell: int, indicator: int) -> float:
    """Return what is expected of a standardised figure."""
    value, at = here.value, here.at
    reach = data.direction[indicator] * state.slope[indicator] * state.position[cell, data.pillar[indicator]]
    return value[at.intercept + indicator] + reach  # type: ignore[no-any-return]


@inner
def _expected_back(
    at: Places,
    data: FigureData,
    state: State,
    cell: int,
    indicator: int,
    by_expected: float,
    back: Back,
) -> None:
    """Carry the derivative by what is expected back."""
    pillar, slope = data.pillar[indicator], data.direction[indicator] * state.slope[indicator]
    back.gradient[at.intercept + indicator] += by_expected
    back.position[cell, pillar] += by_expected * slope
    back.log_slope[indicator] += by_expected * slope * state.position[cell, pillar]


@inner
def _continuous(
    here: Here,
    data: FigureData,
    state: State,
    back: Back,
) -> float:
    """Student-t errors around what is expected."""
    value, at = here.value, here.at
    learned = at.degrees_of_freedom >= 0
    nu = 2.0 + value[at.degrees_of_freedom] if learned else data.freedom
    half = 0.5 * (nu + 1.0)
    log_sd = np.empty(data.n_figure_kinds)
    for kind in range(data.n_figure_kinds):
        log_sd[kind] = math.log(value[at.error_sd + kind])
    n_rows, total, product, by_nu = len(data.figure), 0.0, 1.0, 0.0
    for row in range(n_rows):
        cell, indicator = data.figure_cell[row], data.figure_indicator[row]
        sd_at = at.error_sd + data.figure_kind[row]
        sd = value[sd_at]
        z = (data.figure[row] - _expected(here, data, state, cell, indicator)) / sd
        square = z * z
        heavy = 1.0 + square / nu
        pull = (nu + 1.0) / (nu * heavy)
        _expected_back(at, data, state, cell, indicator, pull * z / sd, back)
        back.gradient[sd_at] += pull * square - 1.0
        total -= log_sd[data.figure_kind[row]]
        product *= heavy
        if product > _FOLD:
            total -= half * math.log(product)
            by_nu -= math.log(product)
            product = 1.0
        by_nu += pull * square / nu
    total -= half * math.log(product)
    total += n_rows * (math.lgamma(half) - math.lgamma(0.5 * nu) - 0.5 * math.log(nu * math.pi))
    if learned:
        by_nu += n_rows * (digamma(half) - digamma(0.5 * nu) - 1.0 / nu) - math.log(product)
        back.gradient[at.degrees_of_freedom] += 0.5 * by_nu * (nu - 2.0)
    return total


@inner
def _counts(
    here: Here,
    data: FigureData,
    state: State,
    back: Back,
) -> float:
    """Negative binomial around the exposure times the expected rate."""
    value, at = here.value, here.at
    n_kinds = data.n_count_kinds
    log_shape, log_gamma, by_gamma = np.empty(n_kinds), np.empty(n_kinds), np.empty(n_kinds)
    for kind in range(n_kinds):
        shape = value[at.overdispersion + kind]
        log_shape[kind], log_gamma[kind], by_gamma[kind] = math.log(shape), math.lgamma(shape), digamma(shape)
    total = 0.0
    for row in range(len(data.counted)):
        cell, indicator, n = data.count_cell[row], data.count_indicator[row], data.counted[row]
        kind = data.count_kind[row]
        shape_at = at.overdispersion + kind
        shape, spread = value[shape_at], data.spread[indicator]
        log_rate = data.count_log_expected[row] + spread * _expected(here, data, state, cell, indicator)
        log_odds = log_rate - log_shape[kind]
        both = softplus(log_odds)  # log of (shape + rate) / shape
        if n > _FEW:
            ways, by_shape = math.lgamma(shape + n) - log_gamma[kind], digamma(shape + n) - by_gamma[kind]
        else:
            ways, by_shape = _rising(shape, n)
        total += ways - data.count_log_ways[row] - (shape + n) * both + n * log_odds
        by_log_rate = n - (n + shape) * expit(log_odds)
        back.gradient[shape_at] += shape * (by_shape - both) - by_log_rate
        _expected_back(at, data, state, cell, indicator, spread * by_log_rate, back)
    return total


@inner
def _rising(shape: float, n: float) -> tuple[float, float]:
    """Return log(gamma(shape + n) / gamma(shape)) and its derivative by the shape, as sums."""
    product, total = 1.0, 0.0
    for k in range(int(n)):
        product *= shape + k
        total += 1.0 / (shape + k)
    return math.log(product), total


@inner
def _members(
    here: Here,
    data: FigureData,
    state: State,
    back: Back,
) -> float:
    """Members' figures through their sufficient statistics."""
    value, at = here.value, here.at
    total = 0.0
    for g in range(len(data.group_kind)):
        indicator, n, years = data.group_indicator[g], data.group_members[g], data.group_years[g]
        own_at, error_at = at.member_sd + data.group_kind[g], at.member_error_sd + data.group_kind[g]
        within, own = value[error_at] ** 2, value[own_at] ** 2
        between = within + years * own
        first, last = data.group_start[g], data.group_start[g + 1]
        summed, squares = 0.0, 0.0
        for row in range(first, last):
            apart = data.mean[row] - _expected(here, data, state, data.mean_cell[row], indicator)
            summed += apart
            squares += apart * apart
        shared = n * summed * summed / years
        inside, outside = data.group_within[g] + n * squares - shared, data.group_between[g] + shared
        total -= 0.5 * (n * (years - 1.0) * math.log(2.0 * math.pi * within) + inside / within)
        total -= 0.5 * (n * math.log(2.0 * math.pi * between) + outside / between)
        by_within = -0.5 * (n * (years - 1.0) - inside / within) / within
        by_between = -0.5 * (n - outside / between) / between
        back.gradient[error_at] += 2.0 * within * (by_within + by_between)
        back.gradient[own_at] += 2.0 * years * own * by_between
        for row in range(first, last):
            cell = data.mean_cell[row]
            apart = data.mean[row] - _expected(here, data, state, cell, indicator)
            by_apart = -n * ((apart - summed / years) / within + summed / years / between)
            _expected_back(at, data, state, cell, indicator, -by_apart, back)
    return total
