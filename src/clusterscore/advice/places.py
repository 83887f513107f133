"""How competitive the clusters of a place are on average: of a region, a sector, a country, and of all together."""

from __future__ import annotations

from typing import Final

import pandas as pd

from clusterscore.advice.tables import TABLES
from clusterscore.advice.view import Floats, View
from clusterscore.scores.summaries import interval

PLACES: Final = ("region", "sector", "country")
ALL: Final = "all"


def places(view: View) -> pd.DataFrame:
    """Return the mean score of the units of every place, from the draws, so that what hangs together stays together.

    Returns
    -------
    by (region, sector, country, all), value, n (units), mean, q05, q95 (0 to 100), p_above (that the mean of the place
    is above the mean of all units)
    """
    whole = view.score.mean(axis=1)
    rows = [_row(ALL, ALL, len(view.names), whole, float("nan"))]
    for by in PLACES:
        for value in sorted(view.units[by].dropna().unique()):
            inside = (view.units[by] == value).to_numpy()
            mean = view.score[:, inside].mean(axis=1)
            rows.append(_row(by, str(value), int(inside.sum()), mean, float((mean > whole).mean())))
    return pd.DataFrame(rows, columns=TABLES["places"])


def _row(by: str, value: str, n: int, mean: Floats, above: float) -> dict[str, object]:
    low, high = interval(mean)
    return {
        "by": by,
        "value": value,
        "n": n,
        "mean": float(mean.mean()),
        "q05": float(low),
        "q95": float(high),
        "p_above": above,
    }
