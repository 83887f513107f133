"""Whether observed statistics lie among replicated ones, with limits that hold for a whole family at once.

Max-T after Westfall and Young (1993): every statistic is standardised by its replicates, and the limit is what the
largest of the family exceeds in few of the replicates.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.vocabulary import Flag

FAMILY_ERROR: Final = 0.05
"""Chance that one family of honest statistics has any flag at all.

Why: a flag is a reason for a person to ask, so a false one costs a conversation; the usual level keeps it to one
edition in twenty for each kind of statistic, however many raters there are.
"""

Floats = NDArray[np.float64]


def judge(
    observed: Floats, replicated: Floats, assessable: NDArray[np.bool_], *, both_sides: bool = False
) -> pd.DataFrame:
    """Compare each member of a family with its replicates.

    Parameters
    ----------
    observed
        dims (member).
    replicated
        dims (sample, member): the same statistics where nobody does anything that the model does not know of.
    assessable
        dims (member): which members are looked at; one whose replicates are nearly all alike is not.
    both_sides
        Whether values that are too low count besides those that are too high.

    Returns
    -------
    one row per member: observed, expected (mean of the replicates), low and high (limits of the family; low is missing
    where only high values count), p_family (chance of such a member in an honest family), flag

    Raises
    ------
    ValueError
        Where there are too few replicates for such limits.
    """
    error = FAMILY_ERROR / (2 if both_sides else 1)
    if error * (len(replicated) + 1) < 1:
        raise ValueError(f"{len(replicated)} replicates are too few for limits at {error:g}")
    told = assessable & ((replicated != np.median(replicated, axis=0)).mean(axis=0) >= FAMILY_ERROR)
    table = pd.DataFrame(np.nan, range(len(told)), ["observed", "expected", "low", "high", "p_family"])
    table["flag"] = pd.Series(Flag.NOT_ASSESSABLE, table.index, dtype=str)
    if not told.any():
        return table
    centre, spread = replicated[:, told].mean(axis=0), replicated[:, told].std(axis=0)
    place, null = (observed[told] - centre) / spread, _each_by_the_others((replicated[:, told] - centre) / spread)
    p_value, furthest = _tail(place, null, error)
    above = place > furthest
    table.loc[told, "observed"], table.loc[told, "expected"] = observed[told], centre
    table.loc[told, "high"] = centre + furthest * spread
    below = np.zeros_like(above)
    if both_sides:
        p_low, lowest = _tail(-place, -null, error)
        below, p_value = -place > lowest, np.minimum(2.0 * np.minimum(p_value, p_low), 1.0)
        table.loc[told, "low"] = centre - lowest * spread
    table.loc[told, "p_family"] = p_value
    table.loc[told, "flag"] = np.select([above, below], [str(Flag.HIGH), str(Flag.LOW)], str(Flag.NONE))
    return table


def _each_by_the_others(place: Floats) -> Floats:
    """Standardise each replicate by the mean and spread of the others, as what is observed is by all of them.

    Standardised by themselves, the furthest replicates would look less far, and there would be too many false flags.
    """
    others = len(place) - 1.0
    return np.asarray(place * np.sqrt((others + 1.0) / others) / np.sqrt(1.0 - place**2 / others), dtype=np.float64)


def _tail(place: Floats, null: Floats, error: float) -> tuple[Floats, float]:
    """Return how often the largest of the family is at least as large as each member, and the family's limit."""
    largest = np.sort(null.max(axis=1))
    n_larger = len(largest) - np.searchsorted(largest, place, side="left")
    p_value = np.asarray((1.0 + n_larger) / (len(largest) + 1.0), dtype=np.float64)
    return p_value, float(largest[-int(error * (len(largest) + 1))])
