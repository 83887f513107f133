"""Summaries of draws: mean, sd, median and the central 90 % interval. The one place where an interval is made."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.vocabulary import INTERVAL_TAIL

Floats = NDArray[np.float64]


def interval(draws: Floats) -> tuple[Floats, Floats]:
    """Return both ends of the central 90 % interval; the samples are the first axis."""
    low, high = np.quantile(draws, [INTERVAL_TAIL, 1.0 - INTERVAL_TAIL], axis=0)
    return low, high


def summarise(draws: Floats, prefix: str = "") -> pd.DataFrame:
    """Return mean and interval of each column of draws.

    Parameters
    ----------
    draws
        dims (sample, row).
    prefix
        Put before the column names ``mean``, ``q05``, ``q95``.

    Returns
    -------
    one row per column of ``draws``
    """
    low, high = interval(draws)
    return pd.DataFrame({f"{prefix}mean": draws.mean(axis=0), f"{prefix}q05": low, f"{prefix}q95": high})


def ranks(draws: Floats) -> NDArray[np.int64]:
    """Return the rank of each column in each sample, 1 being the largest; dims as ``draws``."""
    order = np.argsort(-draws, axis=1, kind="stable")
    ranked = np.empty(draws.shape, dtype=np.int64)
    np.put_along_axis(ranked, order, np.arange(1, draws.shape[1] + 1)[None, :], axis=1)
    return ranked
