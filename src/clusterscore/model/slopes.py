"""Which pillar each indicator and item belongs to, and a basis in which log-slopes sum to zero within each pillar."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag, helmert

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
