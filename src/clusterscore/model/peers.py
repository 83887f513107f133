"""The channel of the peers, and the criterion: what each rater answers about what there is to see."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from clusterscore.model.axes import scales_by_size
from clusterscore.model.centring import centring
from clusterscore.model.compiled.graded import BEYOND, runs_of
from clusterscore.model.contrasts import deviations
from clusterscore.model.design import Design
from clusterscore.model.gaps import OutwardGaps
from clusterscore.model.graded import graded_response
from clusterscore.model.variables import draw
from clusterscore.vocabulary import (
    CUT,
    OVERALL,
    QUESTIONNAIRE,
    RATER,
    SCALE,
    UNIT,
    YEAR,
)


def answers(design: Design, position: TensorVariable, composite: TensorVariable, slope: TensorVariable) -> None:
    """Add the likelihood of all answers; position dims (cell, pillar), composite (cell), slope (measure)."""
    rows = design.answers
    signal = _signal(design, position, composite, slope)
    cuts, first_cut, middle = _cuts(design)
    strictness = _strictness(design, signal.mean(axis=1) - middle)
    column, questionnaire = rows["item"].to_numpy(), rows["questionnaire"].to_numpy()
    if design.function.has_consistency and len(design.raters) > 1:
        voices = np.stack([column, design.questionnaires["rater"].to_numpy()[questionnaire]])
        (items, raters), column = np.unique(voices, axis=1, return_inverse=True)
        signal = signal[:, items] * _consistency(design)[raters]
    runs = runs_of(
        rows["cell"].to_numpy(), column, questionnaire, first_cut[rows["scale"]] + rows["category"].to_numpy()
    )
    pm.Potential("answer", graded_response(signal.T, strictness, cuts, runs))


def _strictness(design: Design, level: TensorVariable) -> TensorVariable:
    """Severity of the rater and halo of the questionnaire, in logits; dims (questionnaire).

    A rater with thresholds of its own has no severity besides them. A halo is what at least two answers share. Where
    questionnaires differ by more than chance, what is drawn is how high their answers are on average, which they place
    well: ``level`` is that without any strictness, dims (cell).
    """
    function = design.function
    severity_of_sheet = pt.zeros(len(design.questionnaires))
    if len(design.raters) > 1 and function.has_severity:
        severity = _severity(design)
        place = (design.questionnaires["rater"].to_numpy(), design.cell_year[design.questionnaires["cell"].to_numpy()])
        severity_of_sheet = severity[place] if severity.ndim > 1 else severity[place[0]]
    if not design.has_halo:
        return severity_of_sheet
    halo_sd = draw("halo_sd", function.prior("halo_sd"))
    if centring(design).halo:
        expected = level[design.questionnaires["cell"].to_numpy()] - severity_of_sheet
        halo = expected - pm.Normal("halo_drawn", expected, halo_sd, dims=QUESTIONNAIRE)
    else:
        halo = halo_sd * pm.Normal("halo_drawn", dims=QUESTIONNAIRE)
    return severity_of_sheet + pm.Deterministic("halo", halo, dims=QUESTIONNAIRE)


def _severity(design: Design) -> TensorVariable:
    """Severity of each rater; dims (rater), or (rater, year) where the document lets it drift; sums to zero."""
    function, degree = design.function, centring(design).severity
    sd = draw("severity_sd", function.prior("severity_sd"))
    first = sd ** (1.0 - degree) * pm.ZeroSumNormal("severity_drawn", sigma=sd**degree, dims=RATER)
    if not function.has_drift or len(design.years) == 1:
        return pm.Deterministic("severity", first, dims=RATER)
    drift_sd = draw("drift_sd", function.prior("drift_sd"))
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
        overall_slope = draw("overall_slope", function.prior("overall_slope"), OVERALL)
        discrepancy_sd = draw("discrepancy_sd", function.prior("discrepancy_sd"))
        deviation = pm.Normal("discrepancy_deviation", dims=UNIT)
        discrepancy = pm.Deterministic("discrepancy", discrepancy_sd * deviation, dims=UNIT)
        judged = composite + discrepancy[design.cell_unit]
        signal.append(overall_slope * judged[:, None])
    return pt.concatenate(signal, axis=1)


def _consistency(design: Design) -> TensorVariable:
    """How strongly each rater's answers follow what is judged; dims (rater); log-values sum to zero."""
    sd = draw("consistency_sd", design.function.prior("consistency_sd"))
    contrast = pm.Normal("consistency_contrast", sigma=sd, shape=len(design.raters) - 1)
    deviation = deviations(contrast, pt.concatenate)
    return pm.Deterministic("consistency", pt.exp(deviation), dims=RATER)


def _cuts(design: Design) -> tuple[TensorVariable, np.ndarray, TensorVariable]:
    """All cuts in one vector, each scale's between two sentinels; where each scale's begin; the mean of middle ones.

    The prior is on the shares of the categories for an average unit and rater (induced Dirichlet).
    """
    sizes = design.scales["categories"].to_numpy()
    concentration = design.function.prior("answer_share")["concentration"]
    parts, first, offset, middle = [], np.zeros(len(sizes), dtype=np.int64), 0, pt.zeros(())
    for size, chosen in scales_by_size(design).items():
        share = pm.Dirichlet(
            f"answer_share_{size}",
            a=np.full((len(chosen), size), concentration),
            default_transform=OutwardGaps(),
        )
        reached = pt.cumsum(share[:, :-1], axis=1)
        dims = f"{SCALE}_{size}", f"{CUT}_{size}"
        cut = pm.Deterministic(f"threshold_{size}", pt.log(reached) - pt.log1p(-reached), dims=dims)
        middle = middle + cut[:, (size - 1) // 2].sum() / len(sizes)
        edge = pt.ones((len(chosen), 1)) * BEYOND
        parts.append(pt.concatenate([-edge, cut, edge], axis=1).ravel())
        first[chosen] = offset + np.arange(len(chosen)) * (size + 1)
        offset += len(chosen) * (size + 1)
    return pt.concatenate(parts), first, middle
