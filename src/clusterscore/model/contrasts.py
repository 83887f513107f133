"""Deviations that sum to zero, from one coefficient less: an isometry, so that independent normals stay spherical.

The same map as PyMC's zero-sum transform, linear in the number of rows: ``y = (x - a s, -s / sqrt(n))`` with ``s`` the
sum of ``x`` and ``a = 1 / (n + sqrt(n))``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def deviations(coefficients: Any, concatenate: Callable[[list[Any]], Any] = np.concatenate) -> Any:
    """Return deviations that sum to zero along the first axis.

    Parameters
    ----------
    coefficients
        dims (contrast, ...): an array or a tensor variable.
    concatenate
        What joins such arrays along their first axis.

    Returns
    -------
    dims (contrast + 1, ...), of the same kind
    """
    n = coefficients.shape[0] + 1.0
    total = coefficients.sum(axis=0, keepdims=True)
    return concatenate([coefficients - total / (n + n**0.5), -total / n**0.5])


def coefficients_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the coefficients of values, their mean along the first axis taken away: the inverse of deviations."""
    centred = values - values.mean(axis=0)
    return np.asarray(centred[:-1] - centred[-1:] / (1.0 + np.sqrt(len(values))))
