"""Members' figures, collapsed: what thousands of firms say of their clusters in a handful of numbers, without loss.

A member's figure is the level of its unit, the member's own deviation for good and an error of the year: ``value =
level + deviation + error``, deviation ~ Normal(0, member_sd), error ~ Normal(0, member_error_sd). The members of a unit
that reported an indicator in the same years form a group. Its likelihood hangs on the members only through their
number, their mean in each year, and the sums of squares around these means: within members and between them. So a fit
costs the same however many members there are, and what each member's level is follows afterwards, draw by draw, in
closed form (:mod:`clusterscore.posterior.members`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

_KEYS: Final = ["unit", "indicator", "years"]


@dataclass(frozen=True, eq=False)
class Collapsed:
    """Sufficient statistics of members' figures.

    Attributes
    ----------
    groups
        One row per group: ``unit`` and ``indicator`` (index), ``years`` (which ones, a bit each), ``n_members``,
        ``n_years``, ``within`` and ``between`` (sums of squares around the means: of values around their member's mean,
        and ``n_years`` times of members' means).
    means
        One row per group and year: ``group`` (index), ``cell``, ``mean``.
    """

    groups: pd.DataFrame
    means: pd.DataFrame


def collapse(figures: pd.DataFrame) -> Collapsed:
    """Return the sufficient statistics of members' figures.

    Parameters
    ----------
    figures
        One row per figure: ``member``, ``unit``, ``cell``, ``indicator``, ``year``, ``value`` (standardised).
    """
    rows = figures.assign(years=np.left_shift(1, (figures["year"] - figures["year"].min()).to_numpy(dtype=np.int64)))
    rows["years"] = rows.groupby(["member", "indicator"])["years"].transform("sum")
    rows["group"] = rows.groupby(_KEYS).ngroup()
    mean = rows.groupby(["group", "cell"], as_index=False).agg(mean=("value", "mean"))
    deviation = rows["value"] - rows.groupby(["group", "cell"])["value"].transform("mean")
    own = deviation.groupby([rows["member"], rows["indicator"]]).transform("mean")
    squares = rows.assign(within=(deviation - own) ** 2, between=own**2)
    groups = squares.groupby("group").agg(
        unit=("unit", "first"),
        indicator=("indicator", "first"),
        years=("years", "first"),
        n_members=("member", "nunique"),
        n_years=("year", "nunique"),
        within=("within", "sum"),
        between=("between", "sum"),
    )
    return Collapsed(groups.reset_index(drop=True), mean.astype({"group": np.int64, "cell": np.int64}))
