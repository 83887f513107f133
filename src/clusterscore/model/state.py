"""The latent state: where every unit stands in every year, and what sets its scale."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from clusterscore.model.centring import centring
from clusterscore.model.contrasts import deviations
from clusterscore.model.design import Design
from clusterscore.model.variables import draw
from clusterscore.vocabulary import (
    PILLAR,
)


def position_of(design: Design, scale: TensorVariable, gain: TensorVariable) -> TensorVariable:
    """Position of every unit in every year; dims (cell, pillar); in spreads and logits, where the data are.

    Entry and steps are drawn on this scale (the centred form): figures and answers place most units well, and drawn in
    standard deviations they would all have to move whenever the scale does. For the same reason they are drawn times
    the pillar's gain.
    """
    return _shown(design, scale * gain) / gain


def _shown(design: Design, scale: TensorVariable) -> TensorVariable:
    """Position times gain; ``scale`` is that of the pillar, times the gain as well."""
    function = design.function
    path = _entry(design, scale)[design.cell_unit]
    if len(design.later_cells):
        n_pillars = len(function.pillars)
        innovation_sd = draw("innovation_sd", function.prior("innovation_sd"), PILLAR)
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
        share = draw("general_share", function.prior("general_share"))
        mean, sd = mean + pt.sqrt(share) * pm.Normal("general", shape=(shape[0], 1)), pt.sqrt(1.0 - share)
    drawn_scale = scale ** centring(design).entry
    entry = pm.Normal("entry", mean * drawn_scale, sd * drawn_scale, shape=shape) * (scale / drawn_scale)
    base, later = entry[: design.n_base - 1], entry[design.n_base - 1 :]
    return pt.concatenate([deviations(base, pt.concatenate), later])[design.place_of_unit]


def _group_levels(design: Design) -> TensorVariable:
    """What a unit's country, region and sector say about its entry; dims (entry coefficient, pillar)."""
    total = pt.zeros((len(design.units) - 1, len(design.function.pillars)))
    for grouping in design.groups:
        sd = draw(f"{grouping}_sd", design.function.prior("group_sd"))
        level = sd * pm.Normal(f"{grouping}_deviation", dims=(grouping, PILLAR))
        pm.Deterministic(f"{grouping}_level", level, dims=(grouping, PILLAR))
        total = total + pt.dot(design.group_coefficients(grouping), level)
    return total


def _level(design: Design, scale: TensorVariable) -> TensorVariable:
    """Level that all units share; dims (year, pillar); 0 throughout the base edition, a random walk afterwards."""
    n_pillars, n_base = len(design.function.pillars), len(design.years) - len(design.later_years)
    shock_sd = draw("shock_sd", design.function.prior("shock_sd"), PILLAR)
    shock = _steps("shock", design.later_year_gaps, shock_sd * scale, centring(design).shock)
    return pt.concatenate([pt.zeros((n_base, n_pillars)), pt.cumsum(shock, axis=0)])


def _steps(name: str, years: np.ndarray, yearly_sd: TensorVariable, degree: np.ndarray) -> TensorVariable:
    """Steps of a random walk, centred to a degree; dims (step, pillar); variance grows with the years in between."""
    drawn_sd = np.sqrt(years)[:, None] * yearly_sd**degree
    drawn = pm.Normal(name, sigma=drawn_sd, shape=(len(years), len(degree)))
    return drawn * yearly_sd ** (1.0 - degree)


def standing_of(design: Design, composite: TensorVariable) -> TensorVariable:
    """The function in standard deviations of the base cohort, counted from its mean."""
    base = composite[design.base_cells]
    return (composite - base.mean()) / base.std()
