"""How wide forecasts have to be, as those before them turned out: learnt from the ledger, for those to come.

A model may be too sure of all units of a year together, or not sure enough: its steps have one size in all years, and
some years move more than others. Figures show it by their places in the forecasts. As normal deviates these have a root
mean square of 1 where the forecasts were as wide as they should be, and for each indicator the logarithm of what was
missing is followed from edition to edition by a Kalman filter. So a forecast is as wide as its posterior says, times
what the forecasts before it have taught, and nothing is learnt of it from the figures that it is about.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import digamma, ndtri, polygamma

from clusterscore.scores.prequential import UPDATED

_AT_FIRST: Final = 0.3
"""A posterior's own widths are right to about a third before any figure has shown it: standard deviation of the log."""
_DRIFT: Final = 0.15
"""How much the right width changes from one edition to the next."""
_TOGETHER: Final = 0.1
"""What a year in which all units move together adds to the error with which an edition shows the width."""
_FAR: Final = 3.0
"""Deviates beyond count as this, so that one slip does not make all forecasts wide."""
_NEAR: Final = 0.1
"""Root mean square below which deviates are not taken at their word."""


def widths(scored: pd.DataFrame) -> dict[str, float]:
    """Return what the widths of forecasts are to be multiplied with, by indicator.

    Parameters
    ----------
    scored
        Forecasts whose figures came: :attr:`clusterscore.scores.prequential.Prequential.forecasts`.

    Returns
    -------
    above 1 where forecasts were too narrow; only of indicators of which a figure came
    """
    own = scored[scored["forecaster"] == UPDATED]
    return {
        str(indicator): _width([batch["place"].to_numpy() for _, batch in rows.groupby("edition")])
        for indicator, rows in own.groupby("indicator")
    }


def _width(batches: list[NDArray[np.float64]]) -> float:
    """Return the width that is right after some editions, from the places of their figures."""
    log_width, variance = 0.0, _AT_FIRST**2
    for place in batches:
        apart = np.clip(ndtri(place), -_FAR, _FAR)
        half = len(apart) / 2.0
        square = max(float(np.square(apart).mean()), _NEAR**2)
        # Of what was issued, that is with the width so far; mean and variance of the logarithm of a chi-square.
        missing = 0.5 * float(np.log(square) - digamma(half) + np.log(half))
        noise = float(0.25 * polygamma(1, half)) + _TOGETHER**2
        gain = variance / (variance + noise)
        log_width += gain * missing
        variance = (1.0 - gain) * variance + _DRIFT**2
    return float(np.exp(log_width))
