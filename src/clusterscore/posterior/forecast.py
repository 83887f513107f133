"""What a posterior says of figures that are still to come: its draws extended by the model's own random walk.

From a unit's last cell on, each draw takes the unit's own yearly steps and those that all units share, with the
standard deviations of that draw; then comes what is seen of the position, with slope, intercept and Student-t error.
Where the posterior rests on one edition only, no step has been seen, and the standard deviations are drawn from their
priors. For a unit that was not seen in the last years observed, what all units shared since is drawn anew.

Each forecast is issued as one Student-t distribution on the standardised scale, the nearest to the draws
(:mod:`clusterscore.posterior.student`). Counts, whose exposure is not known beforehand, figures of members and derived
figures are not predicted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from clusterscore.errors import DiagnosticsFailed, NotFitted
from clusterscore.frames import each
from clusterscore.model.distributions import distribution
from clusterscore.model.function import Function, Indicator
from clusterscore.model.transforms import restore
from clusterscore.posterior.record import TRUSTED, Posterior
from clusterscore.posterior.student import fit
from clusterscore.vocabulary import INTERVAL_TAIL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MOST: Final = 4000  # draws used, evenly thinned
_COLUMNS: Final = ["unit", "year", "indicator", "location", "scale", "freedom"]


@dataclass(frozen=True, eq=False)
class _Draws:
    """What a forecast needs of a posterior, chains joined, at each unit's last cell.

    Attributes
    ----------
    unit, last
        dims (unit): label, and year of the last cell.
    level_since
        dims (unit): year from which on what all units share may have moved.
    base_end
        Last year of the base edition, through which nothing is shared.
    position
        dims (sample, unit, pillar), in spreads.
    step_sd, shock_sd
        dims (sample, pillar), in spreads a year: the unit's own steps, and those that all units share.
    """

    unit: NDArray[np.object_]
    last: Ints
    level_since: Ints
    base_end: int
    position: Floats
    step_sd: Floats
    shock_sd: Floats

    def variance(self, year: int, pillar: int) -> Floats:
        """Return by how much positions may have moved until a year; dims (sample, unit)."""
        shared = np.maximum(year - self.level_since, 0) if year > self.base_end else np.zeros(len(self.last))
        own, common = self.step_sd[:, pillar, None] ** 2, self.shock_sd[:, pillar, None] ** 2
        return np.asarray(own * (year - self.last) + common * shared)


def forecast(function: Function, posterior: Posterior, years: Iterable[int], seed: int = 1) -> pd.DataFrame:
    """Return what a posterior says of every continuous figure of every unit in years to come.

    Parameters
    ----------
    function
        The document that was fitted.
    posterior
        Draws whose diagnostics passed.
    years
        Which years; after the posterior's edition.
    seed
        Of the steps and errors drawn.

    Returns
    -------
    unit, year, indicator, location, scale (spreads), freedom; one row per figure, of the indicators that were reported

    Raises
    ------
    DiagnosticsFailed
        Where the posterior is not trusted.
    NotFitted
        Where the document is not the one that was fitted.
    """
    if posterior.run.status != TRUSTED:
        raise DiagnosticsFailed(posterior.run.id, posterior.run.diagnostics["failures"])
    if posterior.run.digests["function"] != function.digest:
        raise NotFitted(f"{function.function}.yml has changed since posterior {posterior.run.id}; fit it again")
    rng = np.random.default_rng(seed)
    draws = _draws(function, posterior, rng)
    parts = [
        _of(function, posterior, part, draws, year, rng) for part in _predicted(function, posterior) for year in years
    ]
    table = pd.concat(parts) if parts else pd.DataFrame(columns=_COLUMNS)
    return table[_COLUMNS].sort_values(["unit", "year"], kind="stable").reset_index(drop=True)


def in_own_unit(function: Function, table: pd.DataFrame) -> pd.DataFrame:
    """Return forecasts as people read them: median, q05 and q95 beside them, in the measure of each indicator."""
    by_id = {part.id: part for part in function.indicators}
    ends = np.array([INTERVAL_TAIL, 0.5, 1.0 - INTERVAL_TAIL])
    values = [
        restore(by_id[row.indicator], row.location + row.scale * stdtrit(row.freedom, ends)) for row in each(table)
    ]
    low, middle, high = np.array(values).reshape(-1, 3).T
    return table.assign(median=middle, q05=low, q95=high)


def _predicted(function: Function, posterior: Posterior) -> list[Indicator]:
    reported = posterior.draws["reported_figure"].to_numpy() if "reported_figure" in posterior.draws.coords else ()
    return [part for part in function.indicators if part.id in reported and part.of == "unit" and part.derived is None]


def _draws(function: Function, posterior: Posterior, rng: np.random.Generator) -> _Draws:
    unit, year = (posterior.draws[name].to_numpy() for name in ("unit_of_cell", "year_of_cell"))
    last = np.flatnonzero(np.append(unit[1:] != unit[:-1], True))
    base_end = int(year.min()) + function.edition.every - 1
    scale = _thinned(posterior, "pillar_scale")
    step_sd, shock_sd = (
        scale
        * (
            _thinned(posterior, name)
            if name in posterior.draws
            else distribution(function.prior(name)).rvs(size=scale.shape, random_state=rng)
        )
        for name in ("innovation_sd", "shock_sd")
    )
    return _Draws(
        unit=unit[last],
        last=year[last],
        level_since=np.maximum(year[last], year[year <= base_end].max()),
        base_end=base_end,
        position=_thinned(posterior, "state")[:, last] * scale[:, None, :],
        step_sd=step_sd,
        shock_sd=shock_sd,
    )


def _of(
    function: Function, posterior: Posterior, part: Indicator, draws: _Draws, year: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the forecasts of one indicator in one year, a row per unit."""
    number = function.indicators.index(part)
    pillar = [pillar.id for pillar in function.pillars].index(function.pillar_of[part.id])
    slope = part.direction * _thinned(posterior, "slope")[:, list(function.measures).index(part.id), None]
    reported = list(posterior.draws["reported_figure"].to_numpy()).index(part.id)
    error_sd = _thinned(posterior, "error_sd")[:, reported, None]
    freedom = function.errors.degrees_of_freedom
    nu = 2.0 + _thinned(posterior, "degrees_of_freedom")[:, None] if freedom == "learned" else float(freedom)
    shape = draws.position.shape[:2]
    position = draws.position[:, :, pillar] + np.sqrt(draws.variance(year, pillar)) * rng.normal(size=shape)
    seen = _thinned(posterior, "intercept")[:, number, None] + slope * position
    location, scale, degrees = fit(seen + error_sd * rng.standard_t(nu, size=shape))
    return pd.DataFrame(
        {
            "unit": draws.unit,
            "year": year,
            "indicator": part.id,
            "location": location,
            "scale": scale,
            "freedom": degrees,
        }
    )


def _thinned(posterior: Posterior, name: str) -> Floats:
    values = posterior.flat(name)
    if len(values) <= _MOST:
        return values
    return np.asarray(values[np.linspace(0, len(values) - 1, _MOST).round().astype(int)])
