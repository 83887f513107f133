"""A first look: about where each unit stands, by an approximation. It is shown on the terminal and nowhere else."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

from clusterscore.posterior.record import Posterior
from clusterscore.scores.summaries import interval


def look(posterior: Posterior) -> pd.DataFrame:
    """Return unit, median, q05, q95: the score, 0-100, of each unit in the edition's year; best first."""
    last = posterior.draws["year_of_cell"].to_numpy() == posterior.run.edition
    score = 100.0 * ndtr(posterior.flat("standing")[:, last])
    low, high = interval(score)
    columns = {"unit": posterior.draws["unit_of_cell"].to_numpy()[last], "median": np.median(score, axis=0)}
    return pd.DataFrame(columns | {"q05": low, "q95": high}).sort_values("median", ascending=False, ignore_index=True)
