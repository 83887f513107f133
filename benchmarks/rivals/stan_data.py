"""A design as the data of ``model.stan``."""

from __future__ import annotations

from typing import Any

import numpy as np

from clusterscore.model.centring import centring
from clusterscore.model.design import Design
from clusterscore.model.slopes import seen_shares, slope_basis

_PRIORS = (
    "pillar_scale innovation_sd shock_sd slope_sd intercept error_sd overdispersion overall_slope general_share "
    "severity_sd halo_sd discrepancy_sd answer_share"
).split()


def stan_data(design: Design) -> dict[str, Any]:
    """Return all data and priors of a design in which every unit belongs to the base cohort; indices count from 1."""
    function, degrees = design.function, centring(design)
    plain = function.has_severity and not function.has_drift and not function.has_consistency
    if not plain or not design.base_unit.all() or design.groups or len(function.overall) != 1:
        raise ValueError("model.stan is written for one cohort without groups, one overall item and steady severities")
    pillar_of_measure, basis = slope_basis(function)
    step_of_cell = np.zeros(design.n_cells, dtype=int)
    step_of_cell[design.later_cells] = 1 + np.arange(len(design.later_cells))
    figures, counts, answers = design.figures, design.counts, design.answers
    (categories,) = np.unique(design.scales["categories"])
    sizes = np.bincount(answers["item"], minlength=len(function.items))
    data = {
        "U": len(design.units),
        "P": len(function.pillars),
        "Y": len(design.years),
        "C": design.n_cells,
        "L": len(design.later_cells),
        "S": len(design.later_years),
        "I": len(function.indicators),
        "M": len(function.measures),
        "J": len(function.items),
        "K": categories,
        "R": len(design.raters),
        "Q": len(design.questionnaires),
        "N": len(answers),
        "cell_unit": design.cell_unit + 1,
        "cell_year": design.cell_year + 1,
        "step_of_cell": step_of_cell,
        "gap": design.gap_years,
        "later_gap": design.later_year_gaps,
        "entry_degree": degrees.entry,
        "step_degree": degrees.step,
        "shock_degree": degrees.shock,
        "severity_degree": degrees.severity,
        "halo_centred": int(degrees.halo),
        "weight_concentration": function.weights.concentration * np.array(list(function.agreed_weights.values())),
        "slope_basis": basis,
        "gain_share": seen_shares(design),
        "measure_pillar": pillar_of_measure + 1,
        "direction": [float(part.direction) for part in function.indicators],
        "spread": [part.spread for part in function.indicators],
        **_rows("figure", figures["value"], figures),
        **_rows("count", counts["value"], counts),
        "count_log_expected": counts["log_expected"],
        "questionnaire_rater": design.questionnaires["rater"] + 1,
        "questionnaire_cell": design.questionnaires["cell"] + 1,
        "answer_cell": answers["cell"] + 1,
        "answer_questionnaire": answers["questionnaire"] + 1,
        "answer": answers["category"] + 1,
        "first_answer": 1 + np.concatenate([[0], np.cumsum(sizes)]),
        "degrees_of_freedom": function.errors.degrees_of_freedom,
    }
    for name in _PRIORS:
        parameters = list(function.prior(name).parameters.values())
        data[f"{name}_prior"] = parameters if len(parameters) > 1 else parameters[0]
    return {name: np.asarray(value).tolist() for name, value in data.items()}


def _rows(name: str, value: Any, rows: Any) -> dict[str, Any]:
    kinds, kind = np.unique(rows["indicator"], return_inverse=True)
    return {
        name: value,
        f"n_{name}s": len(rows),
        f"n_{name}_kinds": len(kinds),
        f"{name}_cell": rows["cell"] + 1,
        f"{name}_indicator": rows["indicator"] + 1,
        f"{name}_kind": kind + 1,
    }
