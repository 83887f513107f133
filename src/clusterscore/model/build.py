"""The cluster function as a PyMC model: one state, three channels. Nothing here names a pillar.

State
    ``state[cell, pillar]``: a unit's deviation at entry (general factor and pillar's own), a random walk from then
    on, and a level that all units share in a year. In standard deviations of the base cohort.
Figures
    standardised figure = intercept + direction * slope * state + Student-t error; counts are negative binomial;
    members' figures scatter around the level of their unit, each with a deviation of its own.
Peers
    graded response: P(answer >= k) = logistic(slope * state - severity - halo - cut_k).
Criterion
    the peers' overall item answers to the function ``sum_p weight_p * state_p`` and a discrepancy of the unit.

Identification: the base cohort's entry deviations, the severities and, within each pillar, the log-slopes sum to
zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from clusterscore.model.centring import centring
from clusterscore.model.contrasts import deviations
from clusterscore.model.design import Design
from clusterscore.model.gaps import OutwardGaps
from clusterscore.model.graded import BEYOND, graded_response
from clusterscore.model.priors import Prior
from clusterscore.model.slopes import slope_basis
from clusterscore.vocabulary import (
    CELL,
    CUT,
    INDICATOR,
    MEASURE,
    OVERALL,
    PILLAR,
    QUESTIONNAIRE,
    RATER,
    SCALE,
    UNIT,
    YEAR,
)


def build(design: Design) -> pm.Model:
    """Return the model of one design.

    Parameters
    ----------
    design
        Axes and index vectors.

    Returns
    -------
    model whose variables ``state`` (cell, pillar), ``function`` and ``standing`` (cell), ``weight`` (pillar),
    ``slope`` (measure) and, with answers, ``severity`` (rater), ``threshold_<n>`` (item, cut), ``discrepancy`` (unit)
    are what later steps read
    """
    function = design.function
    coords: dict[str, Any] = {
        CELL: np.arange(design.n_cells),
        PILLAR: [pillar.id for pillar in function.pillars],
        INDICATOR: [part.id for part in function.indicators],
        MEASURE: list(function.measures),
        OVERALL: [item.id for item in function.overall],
        UNIT: list(design.units),
        YEAR: list(design.years),
        RATER: list(design.raters),
        QUESTIONNAIRE: np.arange(len(design.questionnaires)),
    }
    with pm.Model(coords={name: labels for name, labels in coords.items() if len(labels)}) as model:
        scale = _draw("pillar_scale", function.prior("pillar_scale"), PILLAR)
        position = _position(design, scale)
        state = pm.Deterministic("state", position / scale, dims=(CELL, PILLAR))
        weight = pm.Dirichlet("weight", a=_weight_concentration(design), dims=PILLAR)
        composite = pm.Deterministic("function", pt.dot(state, weight), dims=CELL)
        pm.Deterministic("standing", _standing(design, composite), dims=CELL)
        slope = _slopes(design)
        if len(design.figures) or len(design.counts) or len(design.members.groups):
            _figures(design, position, slope)
        if len(design.answers):
            _answers(design, position, composite, slope)
    return model


def _draw(name: str, prior: Prior, dims: str | None = None) -> TensorVariable:
    match prior.family:
        case "normal":
            return pm.Normal(name, prior["mean"], prior["sd"], dims=dims)
        case "half_normal":
            return pm.HalfNormal(name, prior["sd"], dims=dims)
        case "log_normal":
            return pm.LogNormal(name, np.log(prior["median"]), prior["log_sd"], dims=dims)
        case "beta":
            return pm.Beta(name, prior["a"], prior["b"], dims=dims)
        case "gamma":
            return pm.Gamma(name, prior["shape"], prior["rate"], dims=dims)
        case _:
            raise ValueError(f"{name}: a {prior.family} prior is not drawn by itself")


def _weight_concentration(design: Design) -> np.ndarray:
    agreed = np.array(list(design.function.agreed_weights.values()))
    return design.function.weights.concentration * agreed


def _position(design: Design, scale: TensorVariable) -> TensorVariable:
    """Position of every unit in every year; dims (cell, pillar); in spreads and logits, where the data are.

    Entry and steps are drawn on this scale (the centred form): figures and answers place most units well, and drawn in
    standard deviations they would all have to move whenever the scale does.
    """
    function = design.function
    path = _entry(design, scale)[design.cell_unit]
    if len(design.later_cells):
        n_pillars = len(function.pillars)
        innovation_sd = _draw("innovation_sd", function.prior("innovation_sd"), PILLAR)
        step = _steps("step", design.gap_years, innovation_sd * scale, centring(design).step)
        walk = pt.cumsum(pt.zeros((design.n_cells, n_pillars))[design.later_cells].set(step), axis=0)
        path = path + walk - walk[design.first_cell][design.cell_unit]
    if len(design.later_years):
        path = path + _level(design, scale)[design.cell_year]
    return path


def _entry(design: Design, scale: TensorVariable) -> TensorVariable:
    """Deviation of each unit at its first cell; dims (unit, pillar); the base cohort sums to zero in each pillar.

    Drawn as coefficients of orthonormal zero-sum contrasts, around what the general factor says (the centred form).
    """
    function, shape = design.function, (len(design.units) - 1, len(design.function.pillars))
    mean, sd = _group_levels(design), pt.ones(1)
    if len(function.pillars) > 1:
        share = _draw("general_share", function.prior("general_share"))
        mean, sd = mean + pt.sqrt(share) * pm.Normal("general", shape=(shape[0], 1)), pt.sqrt(1.0 - share)
    drawn_scale = scale ** centring(design).entry
    entry = pm.Normal("entry", mean * drawn_scale, sd * drawn_scale, shape=shape) * (scale / drawn_scale)
    base, later = entry[: design.n_base - 1], entry[design.n_base - 1 :]
    return pt.concatenate([deviations(base, pt.concatenate), later])[design.place_of_unit]


def _group_levels(design: Design) -> TensorVariable:
    """What a unit's country, region and sector say about its entry; dims (entry coefficient, pillar)."""
    total = pt.zeros((len(design.units) - 1, len(design.function.pillars)))
    for grouping, labels in design.groups.items():
        pm.modelcontext(None).add_coord(grouping, list(labels))
        sd = _draw(f"{grouping}_sd", design.function.prior("group_sd"))
        level = sd * pm.Normal(f"{grouping}_deviation", dims=(grouping, PILLAR))
        pm.Deterministic(f"{grouping}_level", level, dims=(grouping, PILLAR))
        total = total + pt.dot(design.group_coefficients(grouping), level)
    return total


def _level(design: Design, scale: TensorVariable) -> TensorVariable:
    """Level that all units share; dims (year, pillar); 0 throughout the base edition, a random walk afterwards."""
    n_pillars, n_base = len(design.function.pillars), len(design.years) - len(design.later_years)
    shock_sd = _draw("shock_sd", design.function.prior("shock_sd"), PILLAR)
    shock = _steps("shock", design.later_year_gaps, shock_sd * scale, centring(design).shock)
    return pt.concatenate([pt.zeros((n_base, n_pillars)), pt.cumsum(shock, axis=0)])


def _steps(name: str, years: np.ndarray, yearly_sd: TensorVariable, degree: np.ndarray) -> TensorVariable:
    """Steps of a random walk, centred to a degree; dims (step, pillar); variance grows with the years in between."""
    drawn_sd = np.sqrt(years)[:, None] * yearly_sd**degree
    drawn = pm.Normal(name, sigma=drawn_sd, shape=(len(years), len(degree)))
    return drawn * yearly_sd ** (1.0 - degree)


def _standing(design: Design, composite: TensorVariable) -> TensorVariable:
    """The function in standard deviations of the base cohort, counted from its mean."""
    base = composite[design.base_cells]
    return (composite - base.mean()) / base.std()


def _slopes(design: Design) -> TensorVariable:
    """Slope of every indicator, then every item of a pillar; positive; log-slopes sum to zero within a pillar."""
    pillar_of_measure, basis = slope_basis(design.function)
    if not basis.shape[1]:
        return pm.Deterministic("slope", pt.ones(len(pillar_of_measure)), dims=MEASURE)
    sd = _draw("slope_sd", design.function.prior("slope_sd"))
    contrast = pm.Normal("slope_contrast", sigma=sd, shape=basis.shape[1])
    return pm.Deterministic("slope", pt.exp(pt.dot(basis, contrast)), dims=MEASURE)


def _figures(design: Design, position: TensorVariable, slope: TensorVariable) -> None:
    function = design.function
    intercept = _draw("intercept", function.prior("intercept"), INDICATOR)
    pillars = [pillar.id for pillar in function.pillars]
    pillar = np.array([pillars.index(function.pillar_of[part.id]) for part in function.indicators])
    direction = np.array([part.direction for part in function.indicators], dtype=float)
    expected = intercept + direction * slope[: len(pillar)] * position[:, pillar]
    if len(design.figures):
        _continuous(design, expected)
    if len(design.counts):
        _counts(design, expected)
    if len(design.members.groups):
        _members(design, expected)


def _continuous(design: Design, expected: TensorVariable) -> None:
    function, rows = design.function, design.figures
    number = _reported(design, rows, "reported_figure")
    error_sd = _draw("error_sd", function.prior("error_sd"), "reported_figure")
    freedom = function.errors.degrees_of_freedom
    nu = 2.0 + _draw("degrees_of_freedom", function.prior("degrees_of_freedom")) if freedom == "learned" else freedom
    mu = expected[rows["cell"].to_numpy(), rows["indicator"].to_numpy()]
    pm.StudentT("figure", nu=nu, mu=mu, sigma=error_sd[number], observed=rows["value"].to_numpy())


def _counts(design: Design, expected: TensorVariable) -> None:
    function, rows = design.function, design.counts
    number = _reported(design, rows, "reported_count")
    shape = _draw("overdispersion", function.prior("overdispersion"), "reported_count")
    spread = np.array([part.spread for part in function.indicators])[rows["indicator"].to_numpy()]
    rate = rows["log_expected"].to_numpy() + spread * expected[rows["cell"].to_numpy(), rows["indicator"].to_numpy()]
    pm.NegativeBinomial("count", mu=pt.exp(rate), alpha=shape[number], observed=rows["value"].to_numpy())


def _members(design: Design, expected: TensorVariable) -> None:
    """Members' figures, which hang on their sufficient statistics only: see :mod:`clusterscore.model.members`."""
    function, groups, means = design.function, design.members.groups, design.members.means
    number = _reported(design, groups, "reported_member")
    own_sd = _draw("member_sd", function.prior("member_sd"), "reported_member")[number]
    error_sd = _draw("member_error_sd", function.prior("member_error_sd"), "reported_member")[number]
    group, years, n = (column.to_numpy() for column in (means["group"], groups["n_years"], groups["n_members"]))
    indicator = groups["indicator"].to_numpy()[group]
    apart = means["mean"].to_numpy() - expected[means["cell"].to_numpy(), indicator]
    nothing = pt.zeros(len(groups))
    squares, total = pt.inc_subtensor(nothing[group], apart**2), pt.inc_subtensor(nothing[group], apart)
    between = n * total**2 / years
    within_variance = error_sd**2
    between_variance = within_variance + years * own_sd**2
    log_density = -0.5 * (
        n * (years - 1) * pt.log(2.0 * np.pi * within_variance)
        + n * pt.log(2.0 * np.pi * between_variance)
        + (groups["within"].to_numpy() + n * squares - between) / within_variance
        + (groups["between"].to_numpy() + between) / between_variance
    )
    pm.Potential("member", log_density.sum())


def _reported(design: Design, rows: pd.DataFrame, dimension: str) -> np.ndarray:
    """Add a dimension of the indicators that were ever reported and return each row's place in it."""
    kinds, number = np.unique(rows["indicator"].to_numpy(), return_inverse=True)
    indicators = design.function.indicators
    pm.modelcontext(None).add_coord(dimension, [indicators[kind].id for kind in kinds])
    return number


def _answers(design: Design, position: TensorVariable, composite: TensorVariable, slope: TensorVariable) -> None:
    rows = design.answers
    signal = _signal(design, position, composite, slope)
    column, questionnaire = rows["item"].to_numpy(), rows["questionnaire"].to_numpy()
    if design.function.has_consistency and len(design.raters) > 1:
        voices = np.stack([column, design.questionnaires["rater"].to_numpy()[questionnaire]])
        (items, raters), column = np.unique(voices, axis=1, return_inverse=True)
        signal = signal[:, items] * _consistency(design)[raters]
    cuts, first_cut = _cuts(design)
    answers = (rows["cell"].to_numpy(), column, questionnaire, first_cut[rows["scale"]] + rows["category"].to_numpy())
    pm.Potential("answer", graded_response(signal, _strictness(design), cuts, *answers))


def _strictness(design: Design) -> TensorVariable:
    """Severity of the rater and halo of the questionnaire, in logits; dims (questionnaire).

    A rater with thresholds of its own has no severity besides them. A halo is what at least two answers share.
    """
    function = design.function
    strictness = pt.zeros(len(design.questionnaires))
    if len(design.raters) > 1 and function.has_severity:
        severity = _severity(design)
        place = (design.questionnaires["rater"].to_numpy(), design.cell_year[design.questionnaires["cell"].to_numpy()])
        strictness = strictness + (severity[place] if severity.ndim > 1 else severity[place[0]])
    if design.has_halo:
        halo_sd = _draw("halo_sd", function.prior("halo_sd"))
        strictness = strictness + halo_sd * pm.Normal("halo", dims=QUESTIONNAIRE)
    return strictness


def _severity(design: Design) -> TensorVariable:
    """Severity of each rater; dims (rater), or (rater, year) where the document lets it drift; sums to zero."""
    function, degree = design.function, centring(design).severity
    sd = _draw("severity_sd", function.prior("severity_sd"))
    first = sd ** (1.0 - degree) * pm.ZeroSumNormal("severity_drawn", sigma=sd**degree, dims=RATER)
    if not function.has_drift or len(design.years) == 1:
        return pm.Deterministic("severity", first, dims=RATER)
    drift_sd = _draw("drift_sd", function.prior("drift_sd"))
    step = pm.ZeroSumNormal("severity_step", shape=(len(design.years) - 1, len(design.raters)))
    gaps = np.sqrt(np.diff(np.asarray(design.years)))[:, None]
    path = pt.concatenate([first[None], first + pt.cumsum(drift_sd * gaps * step, axis=0)])
    pm.Deterministic("severity_path", path.T, dims=(RATER, YEAR))
    pm.Deterministic("severity", path[-1], dims=RATER)
    return path.T


def _signal(
    design: Design, position: TensorVariable, composite: TensorVariable, slope: TensorVariable
) -> TensorVariable:
    """What an average rater would see of each item, in logits; dims (cell, item)."""
    function = design.function
    pillars = [pillar.id for pillar in function.pillars]
    asked = [item.id for item in function.items if item.id in function.pillar_of]
    signal = []
    if asked:
        pillar = np.array([pillars.index(function.pillar_of[name]) for name in asked])
        signal.append(slope[len(function.indicators) :] * position[:, pillar])
    if function.overall:
        overall_slope = _draw("overall_slope", function.prior("overall_slope"), OVERALL)
        discrepancy_sd = _draw("discrepancy_sd", function.prior("discrepancy_sd"))
        deviation = pm.Normal("discrepancy_deviation", dims=UNIT)
        discrepancy = pm.Deterministic("discrepancy", discrepancy_sd * deviation, dims=UNIT)
        judged = composite + discrepancy[design.cell_unit]
        signal.append(overall_slope * judged[:, None])
    return pt.concatenate(signal, axis=1)


def _consistency(design: Design) -> TensorVariable:
    """How strongly each rater's answers follow what is judged; dims (rater); log-values sum to zero."""
    sd = _draw("consistency_sd", design.function.prior("consistency_sd"))
    contrast = pm.Normal("consistency_contrast", sigma=sd, shape=len(design.raters) - 1)
    deviation = deviations(contrast, pt.concatenate)
    return pm.Deterministic("consistency", pt.exp(deviation), dims=RATER)


def _cuts(design: Design) -> tuple[TensorVariable, np.ndarray]:
    """All cuts in one vector, each scale's between two sentinels; and where each scale's begin.

    The prior is on the shares of the categories for an average unit and rater (induced Dirichlet).
    """
    function = design.function
    n_categories = design.scales["categories"].to_numpy()
    concentration = function.prior("answer_share")["concentration"]
    parts, first, offset = [], np.zeros(len(n_categories), dtype=np.int64), 0
    for size in np.unique(n_categories):
        chosen = np.flatnonzero(n_categories == size)
        dims = _scale_dims(design, chosen, int(size))
        share = pm.Dirichlet(
            f"answer_share_{size}",
            a=np.full((len(chosen), size), concentration),
            default_transform=OutwardGaps(),
        )
        reached = pt.cumsum(share[:, :-1], axis=1)
        cut = pm.Deterministic(f"threshold_{size}", pt.log(reached) - pt.log1p(-reached), dims=dims)
        edge = pt.ones((len(chosen), 1)) * BEYOND
        parts.append(pt.concatenate([-edge, cut, edge], axis=1).ravel())
        first[chosen] = offset + np.arange(len(chosen)) * (size + 1)
        offset += len(chosen) * (size + 1)
    return pt.concatenate(parts), first


def _scale_dims(design: Design, chosen: np.ndarray, size: int) -> tuple[str, str]:
    """Add the dimensions of the scales with ``size`` categories and of the cuts between those; return their names."""
    scales, between = f"{SCALE}_{size}", f"{CUT}_{size}"
    model = pm.modelcontext(None)
    model.add_coord(scales, [design.scale_label(number) for number in chosen])
    model.add_coord(between, list(range(2, size + 1)))
    return scales, between
