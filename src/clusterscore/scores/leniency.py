"""Whether raters are lenient to units that theirs is tied to: a permutation test over declared ties.

Answers on a unit to which the rater belongs or is tied never count. This looks one step further: two units are tied
where any rater declares a link to both, and raters who belong to the one may spare the other. Under honesty a rater's
deviations from the model are as likely on one unit as on another, so they are exchanged between the rater's
questionnaires; how severe the rater is plays no part.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from clusterscore.frames import each
from clusterscore.model.design import Design
from clusterscore.observations.observed import Observations
from clusterscore.posterior.predict import Predicted
from clusterscore.scores.limits import judge

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

N_PERMUTATIONS: Final = 1999
"""Permutations of the test: with the observed order, 2,000, which places a chance of 5 % to within half a point."""


def leniency(
    design: Design, predicted: Predicted, observations: Observations, rng: np.random.Generator
) -> pd.DataFrame:
    """Compare what raters say of tied units with what the same raters say of others.

    Parameters
    ----------
    design, predicted
        What was fitted, and what the model expects of each answer.
    observations
        Who belongs and is tied to which unit; only units of the function's kind are looked at.
    rng
        Source of the permutations.

    Returns
    -------
    one row per group of units that declared ties hold together: units (ids with spaces between), n_raters,
    n_questionnaires (raters of one unit of the group on another), observed (mean deviation of their answers from the
    model, in standard deviations of an answer; positive is lenient), expected, high, p_family, flag
    """
    units, group = _groups(design, observations)
    rater = design.questionnaires["rater"].to_numpy()
    home = _homes(design, observations)[rater]
    judged = design.cell_unit[design.questionnaires["cell"].to_numpy()]
    among = np.where((home >= 0) & (home != judged) & (group[home] == group[judged]), group[judged], -1)
    involved = np.isin(rater, rater[among >= 0])
    rater, among, deviation = rater[involved], among[involved], _deviations(design, predicted)[involved]
    shuffled = np.stack([deviation[np.lexsort((rng.uniform(size=len(rater)), rater))] for _ in range(N_PERMUTATIONS)])
    counted = np.bincount(among[among >= 0], minlength=len(units))
    observed, permuted = (_means(values, among, counted) for values in (deviation, shuffled))
    table = judge(observed, permuted, counted > 0).drop(columns="low")
    who = pd.DataFrame(
        {
            "units": pd.Series(units, dtype=str),
            "n_raters": [len(np.unique(rater[among == number])) for number in range(len(units))],
            "n_questionnaires": counted,
        }
    )
    return pd.concat([who.astype({"n_raters": int, "n_questionnaires": int}), table], axis=1)


def _groups(design: Design, observations: Observations) -> tuple[list[str], Ints]:
    """Return the units of each group that ties hold together, and each unit's group or -1; dims (unit)."""
    number = {unit: place for place, unit in enumerate(design.units)}
    links = [
        sorted({number[unit] for unit in (row.affiliation, *(row.ties or ())) if unit in number})
        for row in each(observations.raters)
    ]
    tied = np.array([pair for linked in links for pair in combinations(linked, 2)], dtype=np.int64).reshape(-1, 2)
    size = len(design.units)
    _, part = connected_components(coo_array((np.ones(len(tied)), tied.T), shape=(size, size)), directed=False)
    parts = np.unique(part[tied[:, 0]])
    group = np.where(np.isin(part, parts), np.searchsorted(parts, part), -1)
    return [" ".join(np.asarray(design.units)[group == place]) for place in range(len(parts))], group


def _homes(design: Design, observations: Observations) -> Ints:
    """Return the unit to which each rater belongs, or -1; dims (rater)."""
    number = {unit: place for place, unit in enumerate(design.units)}
    home = {row.rater: number.get(row.affiliation, -1) for row in each(observations.raters)}
    return np.array([home.get(rater, -1) for rater in design.raters], dtype=np.int64)


def _deviations(design: Design, predicted: Predicted) -> Floats:
    """Mean deviation of each questionnaire's answers from what the model expects, in their standard deviations."""
    sheet, given = design.answers["questionnaire"].to_numpy(), design.answers["category"].to_numpy()
    deviation = np.zeros(len(given))
    for expected, sd in zip(predicted.expected, predicted.sd, strict=True):
        deviation += (given - expected) / sd / len(predicted.expected)
    return np.bincount(sheet, deviation) / np.bincount(sheet)


def _means(deviation: Floats, among: Ints, counted: Ints) -> Floats:
    """Mean over the questionnaires among each group; dims (..., group)."""
    member = among[:, None] == np.arange(len(counted))
    means: Floats = deviation @ member / np.maximum(counted, 1)
    return means
