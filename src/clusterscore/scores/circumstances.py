"""How teams do given their circumstances: a value-added view beside the score, and no score of its own.

In each draw of the posterior the teams' standing is explained by size, age and sector of their clusters, by a linear
regression with normal priors; what it does not explain is what the team adds, as far as can be told. It rests on what
was recorded of circumstances only: what else makes a team's work easy or hard counts as its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.posterior.record import Posterior
from clusterscore.scores.summaries import summarise
from clusterscore.scores.verdict import cells_of

Floats = NDArray[np.float64]

SIZE: Final = "size"
AGE: Final = "age"
_SLOPE_SD: Final = 0.5  # standing per standard deviation of size or age, before any data
_SECTOR_SD: Final = 0.3  # standing of a sector, before any data
_ERROR_SD: Final = 0.9  # standing of teams in equal circumstances
_FEWEST: Final = 8  # teams below which nothing is explained
ADDED_COLUMNS: Final[dict[str, type]] = {"unit": str} | dict.fromkeys(
    ("expected", "mean", "q05", "q95", "p_above"), float
)
EFFECT_COLUMNS: Final[dict[str, type]] = {"circumstance": str} | dict.fromkeys(("mean", "q05", "q95"), float)


def value_added(
    posterior: Posterior, units: pd.DataFrame, n_members: Mapping[Any, int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what each team adds to what its circumstances let expect, and what these are worth.

    Parameters
    ----------
    posterior
        Draws of the teams.
    units
        unit, parent (its cluster), sector, founded.
    n_members
        How many members each cluster has.

    Returns
    -------
    added
        unit, expected (standing given the circumstances, mean), mean, q05, q95 (standing above it, in standard
        deviations of the base cohort), p_above; of teams whose circumstances are all recorded
    effects
        circumstance (size, age: per standard deviation; or a sector), mean, q05, q95
    """
    cells = cells_of(posterior)
    now = np.flatnonzero(cells["year"] == posterior.run.edition)
    about = units.set_index("unit").loc[cells["unit"].to_numpy()[now]]
    size = np.log(about["parent"].map(dict(n_members)).to_numpy(dtype=float))
    age = posterior.run.edition - about["founded"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    known = np.isfinite(size) & np.isfinite(age) & about["sector"].notna().to_numpy()
    if known.sum() < _FEWEST:
        return _typed([], ADDED_COLUMNS), _typed([], EFFECT_COLUMNS)
    sectors = sorted(about["sector"][known].unique())
    given = np.column_stack([_scaled(size[known]), _scaled(age[known])])
    dummies = (about["sector"][known].to_numpy()[:, None] == np.array(sectors)).astype(float)
    system = np.column_stack([np.ones(known.sum()), given, dummies])
    prior = np.array([1.0, _SLOPE_SD, _SLOPE_SD, *[_SECTOR_SD] * len(sectors)])
    standing = posterior.flat("standing")[:, now[known]]
    effect = _drawn(system, prior, standing, np.random.default_rng(posterior.run.sampler["seed"]))
    expected = effect @ system.T
    left = summarise(standing - expected)
    added = left.assign(
        unit=about.index.to_numpy(dtype=str)[known],
        expected=expected.mean(axis=0),
        p_above=(standing > expected).mean(axis=0),
    )
    effects = summarise(effect[:, 1:]).assign(circumstance=[SIZE, AGE, *sectors])
    return (
        added[list(ADDED_COLUMNS)].astype(ADDED_COLUMNS),
        effects[list(EFFECT_COLUMNS)].astype(EFFECT_COLUMNS),
    )


def _scaled(values: NDArray[Any]) -> Floats:
    spread = values.std()
    return (values - values.mean()) / (spread if spread > 0 else 1.0)


def _drawn(system: Floats, prior_sd: Floats, standing: Floats, rng: np.random.Generator) -> Floats:
    """Return coefficients drawn once for each draw of the standing, with an error of known size; dims (sample, k)."""
    precision = system.T @ system / _ERROR_SD**2 + np.diag(prior_sd**-2.0)
    factor = np.linalg.cholesky(precision)
    mean = np.linalg.solve(precision, system.T @ standing.T / _ERROR_SD**2).T
    noise = np.linalg.solve(factor.T, rng.normal(size=mean.T.shape)).T
    return np.asarray(mean + noise)


def _typed(rows: list[tuple[object, ...]], columns: dict[str, type]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)
