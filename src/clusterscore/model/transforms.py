"""From a figure in its own unit to the standardised scale of the model, and back.

``standardise(v) = (T(v) - T(typical)) / spread`` with the transform, typical value and spread of the document, so a
figure of 0 is typical and 1 is one usual standard deviation above. Counts stay counts; their rate is transformed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from clusterscore.model.function import Indicator

Floats = NDArray[np.float64]
_Pair = tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]

_FORWARD_BACK: Final[dict[str, _Pair]] = {
    "log": (np.log, np.exp),
    "log1p": (np.log1p, np.expm1),
    "logit": (logit, expit),
    "identity": (np.asarray, np.asarray),
    "count": (np.log, np.exp),
}


def admits(indicator: Indicator, value: float) -> bool:
    """Whether the transform of an indicator applies to a figure; a share of 0 or 1 is moved in by its resolution."""
    match indicator.transform:
        case "log":
            return 0.0 < value < math.inf
        case "log1p":
            return -1.0 < value < math.inf
        case "logit":
            return 0.0 <= value <= 1.0
        case "count":
            return value >= 0.0 and float(value).is_integer()
        case "identity":
            return math.isfinite(value)


def standardise(indicator: Indicator, value: ArrayLike) -> Floats:
    """Return figures on the model's scale.

    Parameters
    ----------
    indicator
        Declares transform, typical value and spread.
    value
        Figures in the unit of ``indicator.measure``; any shape.

    Returns
    -------
    array of the same shape, in spreads from the typical value
    """
    forward, _ = _FORWARD_BACK[indicator.transform]
    reference = forward(np.asarray(indicator.typical, dtype=np.float64))
    number = np.asarray(value, dtype=np.float64)
    if indicator.resolution is not None:
        number = np.clip(number, indicator.resolution, 1.0 - indicator.resolution)
    return (forward(number) - reference) / indicator.spread


def restore(indicator: Indicator, standardised: ArrayLike) -> Floats:
    """Return figures in the unit of ``indicator.measure``: the inverse of :func:`standardise`."""
    forward, back = _FORWARD_BACK[indicator.transform]
    reference = forward(np.asarray(indicator.typical, dtype=np.float64))
    return back(np.asarray(standardised, dtype=np.float64) * indicator.spread + reference)
