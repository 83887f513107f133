"""A confidence sequence: an interval for a mean that may be looked at after every observation, as often as one likes.

Ordinary intervals hold for one look. This one holds at all times at once: the chance that it ever leaves out the mean
is at most the level given, so that one may stop, go on or publish whenever it suits. It is the inverse of a mixture of
likelihood ratios of Student's t: under the right mean the ratio is a martingale, which seldom gets large (Wang and
Ramdas, arXiv 2310.03722, with a normal mixture). For normal observations it is exact from the second on, whatever their
standard deviation. For others it is asymptotic: it needs observations that, given those before, have about the same
variance and no overwhelming tail; then it covers the average of their means, each given what came before
(Waudby-Smith et al. 2024).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVEL: Final = 0.95
TUNED_TO: Final = 100
"""Number of observations at which the interval is about as narrow as it can be."""


def confidence_sequence(observations: Floats, level: float = LEVEL, tuned_to: int = TUNED_TO) -> tuple[Floats, Floats]:
    """Return the interval for the mean after each observation.

    Parameters
    ----------
    observations
        In order of arrival; dims (..., time).
    level
        With this probability the interval covers at all times.
    tuned_to
        See :data:`TUNED_TO`.

    Returns
    -------
    low, high; dims (..., time), infinite while too little is known
    """
    values = np.asarray(observations, dtype=np.float64)
    n, miss = np.arange(1, values.shape[-1] + 1), 1.0 - level
    mean = np.cumsum(values, axis=-1) / n
    squares = np.cumsum(values**2, axis=-1) - n * mean**2
    variance = np.maximum(squares, 0.0) / np.maximum(n - 1, 1)
    prior = (np.log(1.0 - 2.0 * np.log(miss)) - 2.0 * np.log(miss)) / tuned_to  # variance of mean over sd, mixed over
    ratio = 1.0 + n * prior
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        limit = (np.sqrt(ratio) / miss) ** (2.0 / n)
        square = np.where(limit < ratio, (limit - 1.0) / (1.0 - limit / ratio), np.inf)  # t squared per degree
        width = np.where(n > 1, np.sqrt(square * (n - 1) * variance / n), np.inf)
    width = np.where(np.isfinite(square) & (n > 1), width, np.inf)
    return mean - width, mean + width
