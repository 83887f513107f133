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

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from clusterscore.model.axes import axes_of
from clusterscore.model.design import Design
from clusterscore.model.figures import figures
from clusterscore.model.peers import answers
from clusterscore.model.slopes import seen_shares, slope_basis
from clusterscore.model.state import position_of, standing_of
from clusterscore.model.variables import draw
from clusterscore.vocabulary import CELL, MEASURE, PILLAR


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
    with pm.Model(coords=axes_of(design)) as model:
        scale = draw("pillar_scale", function.prior("pillar_scale"), PILLAR)
        slope = _slopes(design)
        position = position_of(design, scale, _gains(design, slope))
        state = pm.Deterministic("state", position / scale, dims=(CELL, PILLAR))
        weight = pm.Dirichlet("weight", a=_weight_concentration(design), dims=PILLAR)
        composite = pm.Deterministic("function", pt.dot(state, weight), dims=CELL)
        pm.Deterministic("standing", standing_of(design, composite), dims=CELL)
        if len(design.figures) or len(design.counts) or len(design.members.groups):
            figures(design, position, slope)
        if len(design.answers):
            answers(design, position, composite, slope)
    return model


def _weight_concentration(design: Design) -> np.ndarray:
    agreed = np.array(list(design.function.agreed_weights.values()))
    return design.function.weights.concentration * agreed


def _gains(design: Design, slope: TensorVariable) -> TensorVariable:
    """How strongly each pillar shows in what was recorded; dims (pillar); see :func:`seen_shares`."""
    pillar_of_measure, _ = slope_basis(design.function)
    member = pillar_of_measure[:, None] == np.arange(len(design.function.pillars))
    return pt.exp(pt.dot(pt.log(slope) * seen_shares(design), member.astype(float)))


def _slopes(design: Design) -> TensorVariable:
    """Slope of every indicator, then every item of a pillar; positive; log-slopes sum to zero within a pillar."""
    pillar_of_measure, basis = slope_basis(design.function)
    if not basis.shape[1]:
        return pm.Deterministic("slope", pt.ones(len(pillar_of_measure)), dims=MEASURE)
    sd = draw("slope_sd", design.function.prior("slope_sd"))
    contrast = pm.Normal("slope_contrast", sigma=sd, shape=basis.shape[1])
    return pm.Deterministic("slope", pt.exp(pt.dot(basis, contrast)), dims=MEASURE)
