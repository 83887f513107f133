"""From observations to index vectors: which number or answer speaks about which latent quantity.

Long format throughout: one row per observation, integer vectors that point into the named axes. Pure NumPy; the same
design feeds the PyMC model, the simulator and the scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from clusterscore.errors import Disconnected, FunctionInvalid, NothingToFit
from clusterscore.frames import each
from clusterscore.model.contrasts import coefficients_of
from clusterscore.model.evidence import concerning, observed_cells, of_members, speaking
from clusterscore.model.function import Function
from clusterscore.model.members import Collapsed
from clusterscore.model.rows import answers_of, figures_of, members_of, scales_of
from clusterscore.model.transforms import admits
from clusterscore.observations.observed import Observations
from clusterscore.vocabulary import Kind

_FEWEST: Final = 2  # units of a base cohort

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
    start
        First year of the base edition.
    cell_unit, cell_year
        dims (cell): index into ``units`` and ``years``.
    base_unit
        dims (unit), bool: whether the unit belongs to the base cohort.
    figures
        One row per continuous figure: ``cell``, ``indicator`` (index), ``value`` (standardised), ``record``.
    counts
        One row per count: ``cell``, ``indicator``, ``value`` (count), ``log_expected`` (log of exposure times typical
        rate).
    members
        Figures of members, collapsed.
    answers
        One row per answer in the likelihood: ``cell``, ``item``, ``scale``, ``questionnaire``, ``category`` (0-based,
        reversed items already turned round).
    scales
        One row per set of thresholds: ``item``, ``rater`` (index, or -1 where the raters share the item's thresholds),
        ``categories``.
    questionnaires
        One row per rater, unit and year: ``rater`` (index), ``cell``.
    groups
        Labels of the groups of each grouping of the document, sorted.
    group_of_unit
        dims (unit), a column per grouping: index of the unit's group, or -1 where it is not recorded.
    unused
        Observations left out of the likelihood, by reason.
    """

    function: Function
    units: tuple[str, ...]
    years: tuple[int, ...]
    start: int
    raters: tuple[str, ...]
    cell_unit: Ints
    cell_year: Ints
    base_unit: NDArray[np.bool_]
    figures: pd.DataFrame
    counts: pd.DataFrame
    members: Collapsed
    answers: pd.DataFrame
    scales: pd.DataFrame
    questionnaires: pd.DataFrame
    groups: dict[str, tuple[str, ...]]
    group_of_unit: pd.DataFrame
    unused: dict[str, int]

    @property
    def n_cells(self) -> int:
        """Number of (unit, year) cells."""
        return len(self.cell_unit)

    @cached_property
    def has_halo(self) -> bool:
        """Whether any questionnaire holds two answers, which can share something, and the document lets them."""
        return self.function.has_halo and bool(self.answers["questionnaire"].duplicated().any())

    @property
    def n_base(self) -> int:
        """Number of units in the base cohort."""
        return int(self.base_unit.sum())

    @cached_property
    def asked(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Cell, item, rater and number of the year of each answer; dims (answer) each."""
        cell, item, sheet = (self.answers[name].to_numpy(np.int64) for name in ("cell", "item", "questionnaire"))
        return cell, item, self.questionnaires["rater"].to_numpy(np.int64)[sheet], self.cell_year[cell]

    @cached_property
    def place_of_unit(self) -> Ints:
        """Return dims (unit): where each unit stands when the base cohort comes first."""
        return np.argsort(np.argsort(~self.base_unit, kind="stable"), kind="stable")

    @cached_property
    def scale_labels(self) -> tuple[str, ...]:
        """What each scale is called: its item, and its rater where it has one of its own."""
        pairs = self.scales[["item", "rater"]].to_numpy().tolist()
        names = [part.id for part in self.function.items]
        return tuple(names[item] if rater < 0 else f"{names[item]} {self.raters[rater]}" for item, rater in pairs)

    def group_coefficients(self, grouping: str) -> Floats:
        """Return dims (entry coefficient, group): what each group's level adds to the coefficients of entry."""
        member = self.group_of_unit[grouping].to_numpy()[:, None] == np.arange(len(self.groups[grouping]))
        base = member[self.base_unit].astype(float)
        return np.concatenate([coefficients_of(base), member[~self.base_unit] - base.mean(axis=0)])

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
        return self.start + self.function.edition.every - 1

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
        in_base = np.flatnonzero(np.asarray(self.years)[self.cell_year] <= self.base_end)
        last = np.searchsorted(self.cell_unit[in_base], np.flatnonzero(self.base_unit), side="right") - 1
        return in_base[last]


def make_design(function: Function, observations: Observations, start: int | None = None) -> Design:
    """Return the design of one fit.

    Parameters
    ----------
    function
        The function document.
    observations
        What is observed; units of other kinds and codes of other functions are ignored.
    start
        First year of the base edition, or None for the first year observed.

    Raises
    ------
    NothingToFit
        Where no observation speaks about this function, or the base cohort has fewer than two units.
    FunctionInvalid
        Where the document does not admit what was recorded, because it was changed afterwards.
    Disconnected
        Where raters and units fall into parts that share no answers; teams, whom their own members judge, always do.
    """
    seen = concerning(function, observations)
    figures, answers = speaking(function, seen)
    admitted = answers[~answers["tied"]]
    cells = observed_cells(function, figures, admitted)
    start = int(cells["year"].min()) if start is None else start
    _refuse_unfitting(function, figures, admitted)
    if function.kind is not Kind.TEAM:  # members know one team: only their prior tells severities from standing
        refuse_disconnected(admitted)
    units, years = tuple(sorted(cells["unit"].unique())), tuple(sorted(int(year) for year in cells["year"].unique()))
    nested = figures["member"].notna()
    continuous, counts, no_exposure = figures_of(function, figures[~nested], cells)
    questionnaires, rows, raters = answers_of(function, admitted, cells)
    scales, rows["scale"] = scales_of(function, rows, questionnaires)
    groups, group_of_unit = _groups(function, seen.units, units)
    entered = cells.groupby("unit")["year"].min()
    base_unit = (entered.loc[list(units)] < start + function.edition.every).to_numpy(dtype=bool)
    _refuse_small_cohort(function, [unit for unit, base in zip(units, base_unit, strict=True) if base])
    return Design(
        function=function,
        units=units,
        years=years,
        start=start,
        raters=raters,
        cell_unit=np.searchsorted(np.array(units), cells["unit"].to_numpy(dtype=str)),
        cell_year=np.searchsorted(np.array(years), cells["year"].to_numpy()),
        base_unit=base_unit,
        figures=continuous,
        counts=counts,
        members=members_of(function, of_members(function, figures), units, cells),
        answers=rows,
        scales=scales,
        questionnaires=questionnaires,
        groups=groups,
        group_of_unit=group_of_unit,
        unused={"answers of tied raters": int(answers["tied"].sum()), "counts without their exposure": no_exposure},
    )


def _groups(
    function: Function, recorded: pd.DataFrame, units: tuple[str, ...]
) -> tuple[dict[str, tuple[str, ...]], pd.DataFrame]:
    about = recorded.set_index("unit").loc[list(units)]
    groups: dict[str, tuple[str, ...]] = {}
    group_of_unit = pd.DataFrame(index=pd.RangeIndex(len(units)))
    for grouping in function.groups.by if function.groups else ():
        codes, labels = pd.factorize(about[grouping], sort=True)
        groups[grouping], group_of_unit[grouping] = tuple(map(str, labels)), codes
    return groups, group_of_unit


def connected_parts(answers: pd.DataFrame) -> list[dict[str, list[str]]]:
    """Return the parts into which answers (unit, rater) connect units and raters: ``units`` and ``raters`` of each."""
    if answers.empty:
        return []
    unit, units = pd.factorize(answers["unit"], sort=True)
    rater, raters = pd.factorize(answers["rater"], sort=True)
    size = len(units) + len(raters)
    graph = coo_array((np.ones(len(unit)), (unit, rater + len(units))), shape=(size, size))
    n_parts, part = connected_components(graph, directed=False)
    return [
        {"units": list(units[part[: len(units)] == number]), "raters": list(raters[part[len(units) :] == number])}
        for number in range(n_parts)
    ]


def refuse_disconnected(answers: pd.DataFrame) -> None:
    """Raise :class:`Disconnected` where raters and units form more than one connected part."""
    parts = connected_parts(answers)
    if len(parts) > 1:
        raise Disconnected(parts)


def _refuse_small_cohort(function: Function, base: list[str]) -> None:
    if len(base) < _FEWEST:
        found = f"only {base[0]!r}" if base else "no unit"
        raise NothingToFit(
            f"function {function.function!r} has {found} in its base edition; a standing compares at least two"
        )


def _refuse_unfitting(function: Function, figures: pd.DataFrame, answers: pd.DataFrame) -> None:
    """Raise :class:`FunctionInvalid` where a recorded value has no place in the likelihood of the document."""
    indicators = {part.id: part for part in function.indicators}
    sizes = {item.id: function.categories(item) for item in function.items}
    told = zip(*(figures[name].tolist() for name in ("indicator", "value", "record")), strict=True)
    problems = [
        f"{part.id}: record {record} holds {value:g}, which transform {part.transform} does not admit"
        for name, value, record in told
        if not admits(part := indicators[name], value)
    ]
    beyond = ~answers["answer"].between(1, answers["item"].map(sizes).astype(np.float64))
    problems += [
        f"{row.item}: record {row.record} holds answer {row.answer}; expected one from 1 to {sizes[row.item]}"
        for row in each(answers[beyond])
    ]
    if problems:
        raise FunctionInvalid(f"{function.function}.yml", problems)
