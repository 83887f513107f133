"""Location quotients: how much of a region's employment is in a sector, against how much of everybody's is.

``LQ = (e_cr / e_r) / (e_c / e)`` with ``e_cr`` employed in sector c of region r, ``e_r`` in the region, ``e_c`` in the
sector and ``e`` in all, over the regions of the tables in one year (European Cluster Observatory).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

_QUARTER, _THREE_QUARTERS = 0.25, 0.75


def location_quotients(employment: pd.DataFrame) -> pd.DataFrame:
    """Return the location quotient of every sector, region and year in which anybody is employed.

    Parameters
    ----------
    employment
        One row per region, sector and year: region, sector, year, employed (persons), establishments (count, may be
        missing).

    Returns
    -------
    region, sector, year, employed, quotient, strong (see :func:`strong`)
    """
    rows = employment[employment["employed"] > 0].reset_index(drop=True)
    people = rows["employed"]
    of_region = people.groupby([rows["year"], rows["region"]]).transform("sum")
    of_sector = people.groupby([rows["year"], rows["sector"]]).transform("sum")
    of_all = people.groupby(rows["year"]).transform("sum")
    table = rows.assign(quotient=(people / of_region) / (of_sector / of_all))
    return table.assign(strong=strong(table))[["region", "sector", "year", "employed", "quotient", "strong"]]


def strong(table: pd.DataFrame) -> pd.Series:
    """Return where a sector is strongly concentrated by the rule of the U.S. Cluster Mapping project.

    Within the sector and year, over regions that employ anybody in it: a quotient of at least 1 and of the upper
    quarter, and neither employment nor establishments (where they are counted) in the lowest quarter. Quantiles are
    interpolated linearly.

    Parameters
    ----------
    table
        sector, year, employed, establishments, quotient.
    """
    within = table.groupby(["sector", "year"])
    high = within["quotient"].transform("quantile", _THREE_QUARTERS)
    enough = table["employed"] > within["employed"].transform("quantile", _QUARTER)
    counted = table["establishments"].isna()
    several = counted | (table["establishments"] > within["establishments"].transform("quantile", _QUARTER))
    return (table["quotient"] >= np.maximum(high, 1.0)) & enough & several
