"""Simple rivals of a forecast, each a proper predictive distribution made from what the forecast knew and no more.

``last value``
    The unit's last figure.
``unit mean``
    The mean of all figures of the unit.
``average``
    The mean over units of their last figures; Student-t with the standard deviation across units, as for a new unit.

The first two get the errors that they would have made before: each earlier figure of any unit is predicted by the same
rule from what was known as many years before it, and a Student-t distribution around 0 is fitted to those errors. So no
rival suffers from a guess at its spread, and a rival that was often far off says so. Where fewer than
:data:`FEWEST` errors are known, as after a single edition, the rival has no spread to offer and is not compared.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd

from clusterscore.posterior.student import fit

FEWEST: Final = 10
_FEWEST_UNITS: Final = 3

Rule = Callable[[pd.DataFrame], pd.Series]
"""From figures known (unit, year, value; sorted by unit and year) to what is predicted of each unit."""


class Baseline(StrEnum):
    """With whom forecasts are compared."""

    FROZEN = "first posterior"
    UNIT_MEAN = "unit mean"
    LAST_VALUE = "last value"
    AVERAGE = "average"


def baselines(history: pd.DataFrame, gap: int) -> pd.DataFrame:
    """Return what each rival says of each unit, ``gap`` years after the last year known.

    Parameters
    ----------
    history
        Standardised figures of one indicator that were known: unit, year, value; one row per unit and year.
    gap
        Years from the edition to the year that is predicted.

    Returns
    -------
    unit, baseline, location, scale (spreads), freedom
    """
    ordered = history.sort_values(["unit", "year"])
    rules: dict[Baseline, Rule] = {Baseline.UNIT_MEAN: _mean, Baseline.LAST_VALUE: _last}
    parts = [_with_own_errors(ordered, gap, name, rule) for name, rule in rules.items()]
    return pd.concat([*parts, _average(ordered)], ignore_index=True)


def _mean(known: pd.DataFrame) -> pd.Series:
    return known.groupby("unit")["value"].mean()


def _last(known: pd.DataFrame) -> pd.Series:
    return known.groupby("unit")["value"].last()


def _with_own_errors(history: pd.DataFrame, gap: int, name: Baseline, rule: Rule) -> pd.DataFrame:
    errors = np.concatenate([np.empty(0), *(_errors(history, gap, year, rule) for year in history["year"].unique())])
    if len(errors) < FEWEST:
        return _table(name, rule(history).iloc[:0], 1.0, 1.0)
    _, scale, freedom = fit(errors[:, None], centred=True)
    return _table(name, rule(history), float(scale[0]), float(freedom[0]))


def _errors(history: pd.DataFrame, gap: int, year: int, rule: Rule) -> np.ndarray:
    """Return how far the figures of a year lay from what the rule would have said ``gap`` years before."""
    actual = history[history["year"] == year].set_index("unit")["value"]
    return (actual - rule(history[history["year"] <= year - gap])).dropna().to_numpy()


def _average(history: pd.DataFrame) -> pd.DataFrame:
    last = _last(history)
    n, sd = len(last), float(last.std())
    if n < _FEWEST_UNITS or not sd > 0.0:
        return _table(Baseline.AVERAGE, last.iloc[:0], 1.0, 1.0)
    everywhere = pd.Series(float(last.mean()), index=last.index)
    return _table(Baseline.AVERAGE, everywhere, sd * float(np.sqrt(1.0 + 1.0 / n)), n - 1.0)


def _table(name: Baseline, location: pd.Series, scale: float, freedom: float) -> pd.DataFrame:
    columns = {"unit": location.index.to_numpy(dtype=object), "baseline": str(name)}
    return pd.DataFrame(columns | {"location": location.to_numpy(float), "scale": scale, "freedom": freedom})
