"""What advice looks at: draws of a trusted posterior in the edition's last year, on the axes of its units.

A pillar's *position* is in standard deviations of the base cohort, as it is published. *Lift* is by how much a unit's
standing rises when one of its pillars rises by one such standard deviation, draw by draw: the pillar's weight times the
ratio of the cohort's standard deviations. The base cohort itself is held as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from clusterscore.errors import DiagnosticsFailed, UnknownName
from clusterscore.frames import each
from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import TRUSTED, Posterior
from clusterscore.scores.verdict import cells_of, standardised

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST: Final = 2000  # draws used, evenly thinned
_SEED: Final = 1


@dataclass(frozen=True, eq=False)
class View:
    """Draws of one function in one year.

    Attributes
    ----------
    function, edition
        What was fitted, and the year.
    units
        One row per unit with a score in that year, in the order of the axes: unit, name, country, region, sector,
        founded.
    standing
        dims (sample, unit), in standard deviations of the base cohort.
    position
        dims (sample, unit, pillar), in standard deviations of the base cohort.
    weight, lift
        dims (sample, pillar).
    figures
        One row per figure of the year that units reported themselves: unit (index), indicator (index), value (on the
        standardised scale; of a count the count), log_expected (of a count, else missing).
    location
        dims (sample, unit, indicator): where the model expects a figure, in spreads.
    error_sd, overdispersion
        dims (sample, indicator): of continuous figures and of counts; missing where none was ever reported.
    level
        dims (sample, unit, indicator), in spreads, more being better: what was reported, as uncertain as one figure is;
        missing where nothing was, and for counts.
    freedom
        dims (sample): degrees of freedom of a figure's error.
    """

    function: Function
    edition: int
    units: pd.DataFrame
    standing: Floats
    position: Floats
    weight: Floats
    lift: Floats
    figures: pd.DataFrame
    location: Floats
    error_sd: Floats
    overdispersion: Floats
    level: Floats
    freedom: Floats

    @cached_property
    def names(self) -> list[str]:
        """Ids of the units, in the order of the axes."""
        return list(self.units["unit"])

    @cached_property
    def score(self) -> Floats:
        """Scores from 0 to 100: dims (sample, unit)."""
        return np.asarray(100.0 * ndtr(self.standing))

    def place(self, unit: str) -> int:
        """Return where a unit stands on the axis.

        Raises
        ------
        UnknownName
            Where it has no score in the year.
        """
        if unit not in self.names:
            raise UnknownName(f"unit with a score in {self.edition}", unit, self.names)
        return self.names.index(unit)

    def pillar(self, name: str) -> int:
        """Return where a pillar stands on the axis."""
        return [pillar.id for pillar in self.function.pillars].index(name)

    def indicator(self, name: str) -> int:
        """Return where an indicator stands on the axis."""
        return [part.id for part in self.function.indicators].index(name)

    def with_position(self, unit: int, pillar: int, position: Floats) -> View:
        """Return the same where one pillar of one unit is at another position in each draw; its standing follows."""
        moved, standing = self.position.copy(), self.standing.copy()
        standing[:, unit] += self.lift[:, pillar] * (position - moved[:, unit, pillar])
        moved[:, unit, pillar] = position
        return replace(self, position=moved, standing=standing)

    def with_level(self, unit: int, indicator: int, level: Floats) -> View:
        """Return the same where what one unit reported of one indicator is at another level in each draw."""
        moved = self.level.copy()
        moved[:, unit, indicator] = level
        return replace(self, level=moved)


def view(function: Function, posterior: Posterior, observations: Observations) -> View:
    """Return what advice looks at.

    Parameters
    ----------
    function, posterior, observations
        The document that was fitted, draws whose diagnostics passed, and what was fitted.

    Raises
    ------
    DiagnosticsFailed
        Where the posterior is not trusted: nothing is advised from it.
    """
    if posterior.run.status != TRUSTED:
        raise DiagnosticsFailed(posterior.run.id, posterior.run.diagnostics["failures"])
    edition, cells = posterior.run.edition, cells_of(posterior)
    here = np.flatnonzero(cells["year"] == edition)
    thin = _thin(len(posterior.flat("weight")))
    state, function_draws, weight = (posterior.flat(name)[thin] for name in ("state", "function", "weight"))
    base = posterior.draws["base_cell"].to_numpy()
    ratio = state[:, base].std(axis=1) / function_draws[:, base].std(axis=1)[:, None]
    position = np.stack([standardised(posterior, state[:, :, p]) for p in range(state.shape[2])], axis=2)[:, here]
    units = cells.loc[here, ["unit"]].merge(observations.units, on="unit", how="left").reset_index(drop=True)
    figures = _figures(make_design(function, observations), edition, list(units["unit"]))
    seen = _Seen.of(function, posterior, thin, here)
    level = _level(function, figures, seen, len(units))
    return View(
        function=function,
        edition=edition,
        units=units,
        standing=posterior.flat("standing")[thin][:, here],
        position=position,
        weight=weight,
        lift=weight * ratio,
        figures=figures,
        location=seen.location,
        error_sd=seen.error_sd,
        overdispersion=seen.overdispersion,
        level=level,
        freedom=seen.freedom,
    )


def _thin(size: int) -> Ints:
    return np.linspace(0, size - 1, min(size, MOST)).round().astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Seen:
    """Where figures are expected and how far off they may be; attributes as those of :class:`View`."""

    location: Floats
    error_sd: Floats
    overdispersion: Floats
    freedom: Floats

    @classmethod
    def of(cls, function: Function, posterior: Posterior, thin: Ints, cells: Ints) -> _Seen:
        """Return them for cells, from draws that are kept; what a posterior does not hold is missing."""
        parts, pillars = function.indicators, [pillar.id for pillar in function.pillars]
        size, freedom = len(thin), function.errors.degrees_of_freedom
        blank = np.full((size, len(parts)), np.nan)
        nu = np.full(size, 4.0 if freedom == "learned" else float(freedom))
        if freedom == "learned" and "degrees_of_freedom" in posterior.draws:
            nu = 2.0 + posterior.flat("degrees_of_freedom")[thin]
        if not parts or not {"intercept", "slope", "pillar_scale"} <= set(posterior.draws.data_vars):
            return cls(np.full((size, len(cells), len(parts)), np.nan), blank, blank, nu)
        pillar = np.array([pillars.index(function.pillar_of[part.id]) for part in parts])
        slope = posterior.flat("slope")[thin][:, : len(parts)] * np.array([part.direction for part in parts])
        scaled = posterior.flat("state")[thin][:, cells] * posterior.flat("pillar_scale")[thin][:, None, :]
        location = posterior.flat("intercept")[thin][:, None, :] + slope[:, None, :] * scaled[:, :, pillar]
        error, over = (_spread(function, posterior, name, axis, thin) for name, axis in _ERRORS)
        return cls(location, error, over, nu)


_ERRORS: Final = (("error_sd", "reported_figure"), ("overdispersion", "reported_count"))


def _spread(function: Function, posterior: Posterior, name: str, axis: str, thin: Ints) -> Floats:
    """Return draws of a quantity that only reported indicators have, on the axis of all: dims (sample, indicator)."""
    found = np.full((len(thin), len(function.indicators)), np.nan)
    if name not in posterior.draws or axis not in posterior.draws.coords:
        return found
    order = {part.id: number for number, part in enumerate(function.indicators)}
    places = [order[str(reported)] for reported in posterior.draws[axis].to_numpy()]
    found[:, places] = posterior.flat(name)[thin]
    return found


def _figures(design: Design, edition: int, units: list[str]) -> pd.DataFrame:
    """Return the figures of the year: unit and indicator (index), value, log_expected (of counts)."""
    rows = pd.concat([design.figures, design.counts], ignore_index=True)
    cell = rows["cell"].to_numpy(dtype=np.int64)
    year = np.asarray(design.years)[design.cell_year[cell]]
    name = np.asarray(design.units, dtype=object)[design.cell_unit[cell]]
    rows = rows.assign(unit=name)[(year == edition) & np.isin(name, units)]
    log_expected = rows["log_expected"] if "log_expected" in rows else pd.Series(np.nan, index=rows.index)
    found = pd.DataFrame(
        {
            "unit": [units.index(str(unit)) for unit in rows["unit"]],
            "indicator": rows["indicator"].astype(int),
            "value": rows["value"].astype(float),
            "log_expected": log_expected.astype(float),
        }
    )
    return found.reset_index(drop=True)


def _level(function: Function, figures: pd.DataFrame, seen: _Seen, n_units: int) -> Floats:
    """Return what was reported, with the scatter of one figure: dims (sample, unit, indicator)."""
    rng = np.random.default_rng(_SEED)
    size = len(seen.freedom)
    level = np.full((size, n_units, len(function.indicators)), np.nan)
    for row in each(figures[figures["log_expected"].isna()]):
        part = function.indicators[row.indicator]
        scatter = seen.error_sd[:, row.indicator] * rng.standard_t(seen.freedom)
        level[:, row.unit, row.indicator] = part.direction * (row.value + scatter)
    return level
