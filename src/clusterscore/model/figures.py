"""The channel of figures: continuous ones, counts, and those of members."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from clusterscore.model.axes import REPORTED_COUNT, REPORTED_FIGURE, REPORTED_MEMBER
from clusterscore.model.design import Design
from clusterscore.model.variables import draw
from clusterscore.vocabulary import INDICATOR


def figures(design: Design, position: TensorVariable, slope: TensorVariable) -> None:
    """Add the likelihood of all figures; position dims (cell, pillar), slope dims (measure)."""
    function = design.function
    intercept = draw("intercept", function.prior("intercept"), INDICATOR)
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
    number = _kinds(rows)
    error_sd = draw("error_sd", function.prior("error_sd"), REPORTED_FIGURE)
    freedom = function.errors.degrees_of_freedom
    nu = 2.0 + draw("degrees_of_freedom", function.prior("degrees_of_freedom")) if freedom == "learned" else freedom
    mu = expected[rows["cell"].to_numpy(), rows["indicator"].to_numpy()]
    pm.StudentT("figure", nu=nu, mu=mu, sigma=error_sd[number], observed=rows["value"].to_numpy())


def _counts(design: Design, expected: TensorVariable) -> None:
    function, rows = design.function, design.counts
    number = _kinds(rows)
    shape = draw("overdispersion", function.prior("overdispersion"), REPORTED_COUNT)
    spread = np.array([part.spread for part in function.indicators])[rows["indicator"].to_numpy()]
    rate = rows["log_expected"].to_numpy() + spread * expected[rows["cell"].to_numpy(), rows["indicator"].to_numpy()]
    pm.NegativeBinomial("count", mu=pt.exp(rate), alpha=shape[number], observed=rows["value"].to_numpy())


def _members(design: Design, expected: TensorVariable) -> None:
    """Members' figures, which hang on their sufficient statistics only: see :mod:`clusterscore.model.members`."""
    function, groups, means = design.function, design.members.groups, design.members.means
    number = _kinds(groups)
    own_sd = draw("member_sd", function.prior("member_sd"), REPORTED_MEMBER)[number]
    error_sd = draw("member_error_sd", function.prior("member_error_sd"), REPORTED_MEMBER)[number]
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


def _kinds(rows: pd.DataFrame) -> np.ndarray:
    """Return the place of each row's indicator among those that were ever reported."""
    return np.unique(rows["indicator"].to_numpy(), return_inverse=True)[1]
