"""The model for one index alone, drawn in other coordinates: each position around its own figure.

Where one figure a cell is all there is, its error is hardly known, and every position is known to within that error. In
coordinates that do not shrink with it the energy hangs on it, and the diagnostic of that (E-BFMI) refuses the draws:
267 regions gave 0.05 after one edition and 0.15 after two, against 0.7 here. The density of all quantities is that of
:func:`clusterscore.model.build.build`; only the coordinates differ.
"""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from clusterscore.model.axes import REPORTED_FIGURE, axes_of
from clusterscore.model.contrasts import coefficients_of, deviations
from clusterscore.model.design import Design
from clusterscore.model.state import standing_of
from clusterscore.model.variables import draw
from clusterscore.vocabulary import CELL, INDICATOR, MEASURE, PILLAR

_TAILS = 1.2  # an error with 4 degrees of freedom says as much as a normal one of 1.2 times its scale


def build(design: Design) -> pm.Model:
    """Return the model of a design with one pillar, one indicator and one figure a cell."""
    function, base = design.function, design.base_unit
    seen = design.figures.sort_values("cell")["value"].to_numpy()
    year_mean = np.bincount(design.cell_year, seen) / np.bincount(design.cell_year)
    apart = seen - year_mean[design.cell_year]
    with pm.Model(coords=axes_of(design)) as model:
        scale = draw("pillar_scale", function.prior("pillar_scale"), PILLAR)
        error = draw("error_sd", function.prior("error_sd"), REPORTED_FIGURE)
        intercept = draw("intercept", function.prior("intercept"), INDICATOR)
        slope = pm.Deterministic("slope", pt.ones(1), dims=MEASURE)
        noise = _TAILS * error[0]
        first = apart[design.first_cell]
        around = np.concatenate([coefficients_of(first[base]), first[~base]])
        entry = _around("entry", around, scale[0], noise)
        n_base = int(base.sum())
        entry = pt.concatenate([deviations(entry[: n_base - 1], pt.concatenate), entry[n_base - 1 :]])
        position = entry[design.place_of_unit][design.cell_unit]
        if len(design.later_cells):
            sd = draw("innovation_sd", function.prior("innovation_sd"), PILLAR)[0] * scale[0]
            moved = apart[design.later_cells] - apart[design.later_cells - 1]
            step = _around("step", moved, sd * np.sqrt(design.gap_years), np.sqrt(2.0) * noise)
            walk = pt.cumsum(pt.zeros(design.n_cells)[design.later_cells].set(step))
            position = position + walk - walk[design.first_cell][design.cell_unit]
        if len(design.later_years):
            sd = draw("shock_sd", function.prior("shock_sd"), PILLAR)[0] * scale[0]
            shock = pm.Normal("shock", 0.0, sd * np.sqrt(design.later_year_gaps), shape=len(design.later_years))
            level = pt.concatenate([pt.zeros(len(design.years) - len(design.later_years)), pt.cumsum(shock)])
            position = position + level[design.cell_year]
        state = pm.Deterministic("state", (position / scale[0])[:, None], dims=(CELL, PILLAR))
        weight = pm.Deterministic("weight", pt.ones(1), dims=PILLAR)
        composite = pm.Deterministic("function", pt.dot(state, weight), dims=CELL)
        pm.Deterministic("standing", standing_of(design, composite), dims=CELL)
        freedom = function.errors.degrees_of_freedom
        pm.StudentT("figure", nu=freedom, mu=intercept[0] + slope[0] * position, sigma=error[0], observed=seen)
    return model


def _around(name: str, seen: np.ndarray, sd: pt.TensorVariable, noise: pt.TensorVariable) -> pt.TensorVariable:
    """Return normals of mean 0, drawn as distances from what a normal error would let one expect of each."""
    share = sd**2 / (sd**2 + noise**2)
    middle, width = share * seen, pt.sqrt(share) * noise
    return middle + width * pm.Normal(name, -middle / width, sd / width, shape=len(seen))
