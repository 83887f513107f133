"""Each indicator in its own unit: what a unit reported, beside what a peer would be expected to report.

What a peer would report is the posterior predictive of one drawn at random from the unit's peer group: level of its
pillar, slope, and the scatter of the indicator. A count is predicted for the unit's own exposure.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.frames import each
from clusterscore.model.design import Design
from clusterscore.model.function import Indicator
from clusterscore.model.transforms import restore
from clusterscore.posterior.record import Posterior
from clusterscore.scores.peer_groups import Groups
from clusterscore.vocabulary import INTERVAL_TAIL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SAMPLES: Final = 1000
COLUMNS: Final = {"unit": str, "indicator": str, "year": int} | dict.fromkeys(
    ("value", "q05", "q25", "median", "q75", "q95", "p_better"), float
)
_QUANTILES: Final = (INTERVAL_TAIL, 0.25, 0.5, 0.75, 1.0 - INTERVAL_TAIL)


def predicted(design: Design, posterior: Posterior, groups: Groups) -> pd.DataFrame:
    """Return what each unit reported last in the edition, and what a peer would be expected to report.

    Parameters
    ----------
    design
        What was fitted.
    posterior
        Its draws.
    groups
        Peers of each unit that is compared.

    Returns
    -------
    unit, indicator, year, value (in the indicator's measure), q05, q25, median, q75, q95 of a peer's figure, p_better:
    probability that the figure is better than that of a peer drawn at random, as the indicator's direction says
    """
    if "intercept" not in posterior.draws:
        return pd.DataFrame([], columns=list(COLUMNS)).astype(COLUMNS)
    draws, rows = _Draws(design, posterior), []
    for row in each(_latest(design, posterior.run.edition)):
        unit, number = design.units[design.cell_unit[row.cell]], int(row.indicator)
        peers = groups.get(unit, ((), []))[1]
        if not peers:
            continue
        part = design.function.indicators[number]
        own, others = draws.figures(part, number, peers, row)
        better = np.asarray(own > others) if part.direction > 0 else np.asarray(own < others)
        p_better = better.mean() + 0.5 * np.equal(own, others).mean()
        year = design.years[design.cell_year[row.cell]]
        rows.append((unit, part.id, year, own, *np.quantile(others, _QUANTILES), p_better))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _latest(design: Design, edition: int) -> pd.DataFrame:
    """Return the last figure or count of each unit and indicator within the edition: cell, indicator, value."""
    figures = design.figures.assign(log_expected=np.nan)
    rows = pd.concat([part for part in (figures, design.counts) if len(part)] or [figures])
    years = np.asarray(design.years)[design.cell_year[rows["cell"].to_numpy(np.int64)]]
    rows = rows.assign(year=years, unit=design.cell_unit[rows["cell"].to_numpy(np.int64)])
    rows = rows[rows["year"] > edition - design.function.edition.every]
    return rows.sort_values(["unit", "indicator", "year"]).groupby(["unit", "indicator"], as_index=False).last()


class _Draws:
    """What a peer's figure hangs on, in a number of draws."""

    def __init__(self, design: Design, posterior: Posterior) -> None:
        total = posterior.flat("standing").shape[0]
        self.kept = np.unique(np.linspace(0, total - 1, _SAMPLES).astype(int))
        self.rng = np.random.default_rng(posterior.run.sampler["seed"])
        self.design, self.posterior = design, posterior
        years = np.asarray(design.years)[design.cell_year]
        last = np.flatnonzero(years == posterior.run.edition)
        self.cell = {design.units[design.cell_unit[cell]]: int(cell) for cell in last}
        self.state, self.scale = self._flat("state"), self._flat("pillar_scale")
        self.slope, self.intercept = self._flat("slope"), self._flat("intercept")
        freedom = design.function.errors.degrees_of_freedom
        learned = freedom == "learned"
        self.freedom = 2.0 + self._flat("degrees_of_freedom") if learned else np.full(len(self.kept), float(freedom))

    def _flat(self, name: str) -> Floats:
        return np.asarray(self.posterior.flat(name)[self.kept], dtype=np.float64)

    def figures(self, part: Indicator, number: int, peers: list[str], row: Any) -> tuple[float, Floats]:
        """Return a reported figure and figures of peers drawn at random, in the indicator's measure."""
        cells = np.array([self.cell[peer] for peer in peers])[self.rng.integers(len(peers), size=len(self.kept))]
        function, sample = self.design.function, np.arange(len(self.kept))
        pillar = [one.id for one in function.pillars].index(function.pillar_of[part.id])
        level = self.intercept[:, number] + part.direction * self.slope[:, number] * (
            self.state[sample, cells, pillar] * self.scale[:, pillar]
        )
        if part.transform == "count":
            mean = np.exp(row.log_expected + part.spread * level)
            shape = self._scatter("overdispersion", self.design.counts, number)
            return float(row.value), self.rng.poisson(self.rng.gamma(shape, mean / shape)).astype(float)
        error = self._scatter("error_sd", self.design.figures, number) * self.rng.standard_t(self.freedom)
        return float(restore(part, row.value)), restore(part, level + error)

    def _scatter(self, name: str, rows: pd.DataFrame, number: int) -> Floats:
        reported = np.unique(rows["indicator"].to_numpy(np.int64))
        return np.asarray(self._flat(name)[:, np.searchsorted(reported, number)])
