"""From observations to index vectors: which number or answer speaks about which latent quantity.

Long format throughout: one row per observation, integer vectors that point into the named axes. Pure NumPy; the same
design feeds the PyMC model, the simulator and the scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import helmert
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from clusterscore.errors import Disconnected, FunctionInvalid, NothingToFit
from clusterscore.frames import each
from clusterscore.model.function import Function
from clusterscore.model.transforms import admits, standardise
from clusterscore.observations.observed import Observations

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Design:
    """Axes and index vectors of one fit.

    Cells are the (unit, year) pairs from a unit's first to its last observed year, sorted by unit, then year. A year
    without any observation of a unit has no cell; the walk between two cells takes the gap into account.

    Attributes
    ----------
    function
        The function document.
    units, years, raters
        Axis labels, sorted.
    cell_unit, cell_year
        dims (cell): index into ``units`` and ``years``.
    base_unit
        dims (unit), bool: whether the unit belongs to the base cohort.
    figures
        One row per continuous figure: ``cell``, ``indicator`` (index), ``value`` (standardised), ``record``.
    counts
        One row per count: ``cell``, ``indicator``, ``value`` (count), ``log_expected`` (log of exposure times typical
        rate).
    answers
        One row per answer in the likelihood: ``cell``, ``item``, ``questionnaire``, ``category`` (0-based, reversed
        items already turned round).
    questionnaires
        One row per rater, unit and year: ``rater`` (index), ``cell``.
    unused
        Observations left out of the likelihood, by reason.
    """

    function: Function
    units: tuple[str, ...]
    years: tuple[int, ...]
    raters: tuple[str, ...]
    cell_unit: Ints
    cell_year: Ints
    base_unit: NDArray[np.bool_]
    figures: pd.DataFrame
    counts: pd.DataFrame
    answers: pd.DataFrame
    questionnaires: pd.DataFrame
    unused: dict[str, int]

    @property
    def n_cells(self) -> int:
        """Number of (unit, year) cells."""
        return len(self.cell_unit)

    @cached_property
    def entry_basis(self) -> Floats:
        """Orthonormal contrasts, dims (unit, contrast): the base cohort sums to zero, others stand for themselves."""
        base, later = np.flatnonzero(self.base_unit), np.flatnonzero(~self.base_unit)
        basis = np.zeros((len(self.units), len(self.units) - 1))
        basis[np.ix_(base, np.arange(len(base) - 1))] = helmert(len(base)).T
        basis[later, np.arange(len(base) - 1, len(self.units) - 1)] = 1.0
        return basis

    @cached_property
    def first_cell(self) -> Ints:
        """Return dims (unit): the first cell of each unit."""
        return np.searchsorted(self.cell_unit, np.arange(len(self.units)))

    @cached_property
    def later_cells(self) -> Ints:
        """Cells that have a predecessor, in order."""
        return np.setdiff1d(np.arange(self.n_cells), self.first_cell)

    @cached_property
    def gap_years(self) -> Floats:
        """Years since the unit's previous cell, for each of ``later_cells``."""
        year = np.asarray(self.years)[self.cell_year]
        return np.asarray(year[self.later_cells] - year[self.later_cells - 1], dtype=np.float64)

    @property
    def base_end(self) -> int:
        """Last year of the base edition."""
        return self.years[0] + self.function.edition.every - 1

    @property
    def later_years(self) -> tuple[int, ...]:
        """The years after the base edition."""
        return tuple(year for year in self.years if year > self.base_end)

    @cached_property
    def later_year_gaps(self) -> Floats:
        """Years between each of ``later_years`` and the year observed before it."""
        return np.diff(np.asarray(self.years))[-len(self.later_years) :].astype(float)

    @cached_property
    def base_cells(self) -> Ints:
        """The cell of each base unit that sets the published scale: its last one of the base edition."""
        in_base = np.asarray(self.years)[self.cell_year] <= self.base_end
        return np.array(
            [np.flatnonzero((self.cell_unit == unit) & in_base)[-1] for unit in np.flatnonzero(self.base_unit)]
        )


def make_design(function: Function, observations: Observations) -> Design:
    """Return the design of one fit.

    Parameters
    ----------
    function
        The function document.
    observations
        What is observed; units of other kinds and codes of other functions are ignored.

    Raises
    ------
    NothingToFit
        Where no observation speaks about this function, or the base cohort is a single unit.
    FunctionInvalid
        Where the document does not admit what was recorded, because it was changed afterwards.
    Disconnected
        Where raters and units fall into parts that share no answers.
    """
    seen = observations.about(function.kind)
    figures = seen.figures[seen.figures["indicator"].isin([part.id for part in function.indicators])]
    answers = seen.answers[seen.answers["item"].isin([part.id for part in function.items])]
    admitted = answers[~answers["tied"]]
    cells = _cells(figures, admitted)
    if cells.empty:
        raise NothingToFit(f"no observation of a {function.kind} speaks about function {function.function!r}")
    _refuse_unfitting(function, figures, admitted)
    refuse_disconnected(admitted)
    units, years = tuple(sorted(cells["unit"].unique())), tuple(sorted(int(year) for year in cells["year"].unique()))
    cell = {(unit, year): number for number, (unit, year) in enumerate(zip(cells["unit"], cells["year"], strict=True))}
    continuous, counts, no_exposure = _figures(function, figures, cell)
    questionnaires, rows, raters = _answers(function, admitted, cell)
    entered = cells.groupby("unit")["year"].min()
    base_unit = (entered.loc[list(units)] < years[0] + function.edition.every).to_numpy(dtype=bool)
    _refuse_cohort_of_one(function, [unit for unit, base in zip(units, base_unit, strict=True) if base])
    return Design(
        function=function,
        units=units,
        years=years,
        raters=raters,
        cell_unit=np.searchsorted(np.array(units), cells["unit"].to_numpy(dtype=str)),
        cell_year=np.searchsorted(np.array(years), cells["year"].to_numpy()),
        base_unit=base_unit,
        figures=continuous,
        counts=counts,
        answers=rows,
        questionnaires=questionnaires,
        unused={"answers of tied raters": int(answers["tied"].sum()), "counts without their exposure": no_exposure},
    )


def refuse_disconnected(answers: pd.DataFrame) -> None:
    """Raise :class:`Disconnected` where raters and units form more than one connected part."""
    if answers.empty:
        return
    unit, units = pd.factorize(answers["unit"], sort=True)
    rater, raters = pd.factorize(answers["rater"], sort=True)
    size = len(units) + len(raters)
    graph = coo_array((np.ones(len(unit)), (unit, rater + len(units))), shape=(size, size))
    n_parts, part = connected_components(graph, directed=False)
    if n_parts > 1:
        raise Disconnected(
            [
                {
                    "units": list(units[part[: len(units)] == number]),
                    "raters": list(raters[part[len(units) :] == number]),
                }
                for number in range(n_parts)
            ]
        )


def _refuse_cohort_of_one(function: Function, base: list[str]) -> None:
    if len(base) == 1:
        raise NothingToFit(
            f"function {function.function!r} has only {base[0]!r} in its base edition; a standing compares at least two"
        )


def _refuse_unfitting(function: Function, figures: pd.DataFrame, answers: pd.DataFrame) -> None:
    """Raise :class:`FunctionInvalid` where a recorded value has no place in the likelihood of the document."""
    indicators = {part.id: part for part in function.indicators}
    sizes = {item.id: function.categories(item) for item in function.items}
    problems = [
        f"{part.id}: record {row.record} holds {row.value:g}, which transform {part.transform} does not admit"
        for row in each(figures)
        if not admits(part := indicators[row.indicator], row.value)
    ]
    problems += [
        f"{row.item}: record {row.record} holds answer {row.answer}; expected one from 1 to {sizes[row.item]}"
        for row in each(answers)
        if not 1 <= row.answer <= sizes[row.item]
    ]
    if problems:
        raise FunctionInvalid(f"{function.function}.yml", problems)


def _cells(figures: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    both = pd.concat([figures[["unit", "year"]], answers[["unit", "year"]]])
    return both.drop_duplicates().sort_values(["unit", "year"]).reset_index(drop=True)


def _figures(
    function: Function, figures: pd.DataFrame, cell: dict[tuple[str, int], int]
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    by_id = {part.id: (number, part) for number, part in enumerate(function.indicators)}
    recorded = figures.set_index(["unit", "year", "indicator"])["value"]
    continuous, counts, no_exposure = [], [], 0
    for row in each(figures):
        number, part = by_id[row.indicator]
        here = cell[row.unit, row.year]
        if part.transform != "count":
            continuous.append((here, number, float(standardise(part, row.value)), row.record))
            continue
        exposure = 1.0 if part.exposure is None else recorded.get((row.unit, row.year, part.exposure), np.nan)
        if exposure > 0:
            counts.append((here, number, int(row.value), float(np.log(exposure * part.typical))))
        else:
            no_exposure += 1
    return (
        pd.DataFrame(continuous, columns=["cell", "indicator", "value", "record"]),
        pd.DataFrame(counts, columns=["cell", "indicator", "value", "log_expected"]),
        no_exposure,
    )


def _answers(
    function: Function, answers: pd.DataFrame, cell: dict[tuple[str, int], int]
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    items = {part.id: number for number, part in enumerate(function.items)}
    n_categories = np.array([function.categories(part) for part in function.items], dtype=np.int64)
    reversed_item = np.array([part.direction < 0 for part in function.items], dtype=bool)
    asked = (
        answers[["rater", "unit", "year"]]
        .drop_duplicates()
        .sort_values(["rater", "unit", "year"])
        .reset_index(drop=True)
    )
    raters = tuple(sorted(asked["rater"].unique()))
    number = {key: index for index, key in enumerate(asked.itertuples(index=False, name=None))}
    item = answers["item"].map(items).to_numpy(dtype=np.int64)
    category = answers["answer"].to_numpy(dtype=np.int64) - 1
    rows = pd.DataFrame(
        {
            "cell": [cell[key] for key in zip(answers["unit"], answers["year"], strict=True)],
            "item": item,
            "questionnaire": [
                number[key] for key in zip(answers["rater"], answers["unit"], answers["year"], strict=True)
            ],
            "category": np.where(reversed_item[item], n_categories[item] - 1 - category, category)
            if len(item)
            else item,
        },
        dtype=np.int64,
    )
    questionnaires = pd.DataFrame(
        {
            "rater": np.searchsorted(np.array(raters), asked["rater"].to_numpy(dtype=str))
            if raters
            else np.array([], dtype=np.int64),
            "cell": [cell[key] for key in zip(asked["unit"], asked["year"], strict=True)],
        },
        dtype=np.int64,
    )
    return questionnaires, rows.sort_values(["item", "cell"], kind="stable").reset_index(drop=True), raters
