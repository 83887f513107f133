"""Members among others: what is typical in their cluster and sector, and what each brings to its cluster.

Never a quantile of members, which would be the value of one of them: what is typical is the model's distribution of a
member's level. Nothing is said of fewer than three others.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.evidence import member_figures
from clusterscore.model.function import Function, Indicator
from clusterscore.model.transforms import restore
from clusterscore.observations.observed import Observations
from clusterscore.posterior.members import deviations
from clusterscore.posterior.record import Posterior
from clusterscore.scores.disclosure import Rules
from clusterscore.vocabulary import INTERVAL_TAIL

Floats = NDArray[np.float64]

_SAMPLES: Final = 1000
_ENDS: Final = (0.5, INTERVAL_TAIL, 1.0 - INTERVAL_TAIL)
UNIT: Final = "unit"
SECTOR: Final = "sector"
LEVEL_COLUMNS: Final = {"of": str, "group": str, "indicator": str, "year": int, "n_members": int} | dict.fromkeys(
    ("median", "q05", "q95", "low", "high"), float
)
SHARE_COLUMNS: Final = {"member": str, "unit": str, "indicator": str, "year": int, "n_members": int} | dict.fromkeys(
    ("mean", "q05", "q95", "p_raises", "p_above_sector"), float
)


def among(
    function: Function, posterior: Posterior, observations: Observations, rules: Rules
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is typical of members in each cluster and sector, and what each member brings to its cluster.

    Returns
    -------
    levels
        of (``unit`` or ``sector``), group (its id), indicator, year, n_members, median, q05, q95 (level of a middling
        member, in the indicator's measure), low and high (between which half of the members are
        expected); only of enough members beside any one of them
    shares
        member, unit, indicator, year, n_members, mean, q05, q95 (by how much the members' mean would be lower without
        this member, in spreads of the indicator), p_raises, p_above_sector (probability that the member is above what
        is typical of its sector)
    """
    figures = member_figures(function, observations)
    year, sector = (
        posterior.run.edition,
        dict(zip(*(observations.units[name] for name in ("unit", "sector")), strict=True)),
    )
    figures = figures[figures["member"].isin(figures.loc[figures["year"] == year, "member"])]
    levels, shares = [], []
    for part in function.indicators:
        rows = figures[figures["indicator"] == part.id].assign(sector=lambda table: table["unit"].map(sector))
        if part.of != "members" or rows.empty:
            continue
        known, past = _Known(function, posterior, part), rows
        rows = rows[rows["year"] == year]
        typical = {name: known.level(own["unit"]) for name, own in rows.groupby("sector") if len(own) > rules.members}
        for of, column in ((UNIT, "unit"), (SECTOR, "sector")):
            for name, own in rows.groupby(column):
                if len(own) > rules.members:
                    levels.append((of, name, part.id, year, len(own), *known.typical(own["unit"])))
        for unit, own in rows.groupby("unit"):
            if len(own) > rules.members:
                shares += known.shares(str(unit), past[past["member"].isin(own["member"])], typical, year)
    return (
        pd.DataFrame(levels, columns=list(LEVEL_COLUMNS)).astype(LEVEL_COLUMNS),
        pd.DataFrame(shares, columns=list(SHARE_COLUMNS)).astype(SHARE_COLUMNS),
    )


class _Known:
    """Draws of what one indicator of members hangs on."""

    def __init__(self, function: Function, posterior: Posterior, part: Indicator) -> None:
        total = posterior.flat("standing").shape[0]
        kept = np.unique(np.linspace(0, total - 1, _SAMPLES).astype(int))
        draws, number = posterior.draws, function.indicators.index(part)
        pillar = [one.id for one in function.pillars].index(function.pillar_of[part.id])
        position = posterior.flat("state")[kept, :, pillar] * posterior.flat("pillar_scale")[kept, pillar, None]
        slope = posterior.flat("slope")[kept, list(draws["measure"].to_numpy()).index(part.id), None]
        level = posterior.flat("intercept")[kept, number, None] + part.direction * slope * position
        now = np.flatnonzero(draws["year_of_cell"].to_numpy() == posterior.run.edition)
        units, years = draws["unit_of_cell"].to_numpy(), draws["year_of_cell"].to_numpy()
        self._level = {str(units[cell]): level[:, cell] for cell in now}
        self._past = {
            (str(unit), int(year)): level[:, n] for n, (unit, year) in enumerate(zip(units, years, strict=True))
        }
        reported = list(draws["reported_member"].to_numpy()).index(part.id)
        self.own_sd, self.error_sd = (posterior.flat(name)[kept, reported] for name in ("member_sd", "member_error_sd"))
        self.part, self.rng = part, np.random.default_rng(posterior.run.sampler["seed"])

    def level(self, units: pd.Series) -> Floats:
        """Return draws of the mean level of the members of some units; dims (sample)."""
        return np.mean([self._level[str(unit)] for unit in units], axis=0)

    def typical(self, units: pd.Series) -> tuple[float, ...]:
        """Return median and interval of the level, and between which values half of the members are expected."""
        chosen = units.to_numpy(dtype=str)[self.rng.integers(len(units), size=len(self.own_sd))]
        one = np.array([self._level[unit][sample] for sample, unit in enumerate(chosen)])
        member = one + self.own_sd * self.rng.normal(size=len(one))
        ends = [*np.quantile(self.level(units), _ENDS), *np.quantile(member, [0.25, 0.75])]
        return tuple(float(value) for value in restore(self.part, ends))

    def shares(self, unit: str, own: pd.DataFrame, typical: dict[Any, Floats], year: int) -> list[tuple[object, ...]]:
        """Return what each member of a unit brings to the mean of all, and whether it is above its sector."""
        rows, sector = own.sort_values(["member", "year"]), dict(zip(own["member"], own["sector"], strict=True))
        number, names = pd.factorize(rows["member"])
        start, n_years = np.searchsorted(number, np.arange(len(names))), np.bincount(number)
        level = np.column_stack([self._past[unit, int(one)] for one in rows["year"]])
        residual = np.add.reduceat(rows["value"].to_numpy()[None] - level, start, axis=1)
        mean, sd = deviations(residual, n_years, self.own_sd[:, None], self.error_sd[:, None])
        drawn = mean + sd * self.rng.normal(size=mean.shape)
        brings = self.part.direction * (drawn - drawn.mean(axis=1, keepdims=True)) / (len(names) - 1)
        low, high = np.quantile(brings, _ENDS[1:], axis=0)
        last = self._level[unit][:, None] + drawn
        found: list[tuple[object, ...]] = []
        for place, member in enumerate(names):
            mine, other = brings[:, place], typical.get(sector[member])
            above = np.nan if other is None else (self.part.direction * (last[:, place] - other) > 0).mean()
            known = (member, unit, self.part.id, year, len(names))
            found.append((*known, mine.mean(), low[place], high[place], (mine > 0).mean(), above))
        return found
