"""Which pillar each indicator and item belongs to, and a basis in which log-slopes sum to zero within each pillar."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag, helmert

from clusterscore.model.design import Design
from clusterscore.model.function import Function


def slope_basis(function: Function) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the pillar of each measure, and an orthonormal basis of zero-sum deviations.

    Returns
    -------
    pillar_of_measure
        dims (measure): index of the pillar.
    basis
        dims (measure, deviation): columns are orthonormal and sum to zero over the measures of each pillar, so standard
        normal coefficients make zero-sum normal deviations.
    """
    pillars = [pillar.id for pillar in function.pillars]
    pillar = np.array([pillars.index(function.pillar_of[name]) for name in function.measures])
    by_pillar = np.argsort(pillar, kind="stable")
    blocks = [helmert(size).T if size > 1 else np.zeros((1, 0)) for size in np.bincount(pillar, minlength=len(pillars))]
    basis = np.zeros((len(pillar), len(pillar) - len(pillars)))
    basis[by_pillar] = block_diag(*blocks)
    return pillar, basis


def seen_shares(design: Design) -> NDArray[np.float64]:
    """Return each measure's share in the gain of its pillar; dims (measure).

    The gain is the geometric mean of the slopes of those measures about which anything was recorded, and 1 where that
    is all or none: slopes of the others, known from the prior alone, would otherwise move every position of the pillar.
    So positions are drawn times the gain, as large as they show. It is a matter of sampling speed only.
    """
    function = design.function
    pillar_of_measure, _ = slope_basis(function)
    answered = {function.items[item].id for item in design.answers["item"].unique()}
    kinds = (design.figures, design.counts, design.members.groups)
    reported = {function.indicators[number].id for rows in kinds for number in rows["indicator"].unique()}
    seen = np.array([name in answered | reported for name in function.measures], dtype=float)
    return seen / np.maximum(np.bincount(pillar_of_measure, seen), 1.0)[pillar_of_measure]
