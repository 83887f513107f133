"""What differs between the observations that were fitted and those that are known now, and what that says of the draws.

Additions, corrections and withdrawals are all the same here: some rows are no longer there, some are new. Where every
new row speaks about a cell, a rater and an indicator that the draws know, its likelihood under each draw, over that of
the rows which went, is the ratio of the new posterior to the old. Halos are integrated out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.design import Design, part_of, refuse_disconnected
from clusterscore.model.evidence import concerning, speaking
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.likelihood import Floats, Ints, log_likelihood, log_members

_SHEET: Final = ["rater", "unit", "year"]
_FIGURE: Final = ["unit", "year", "indicator", "value"]
_ANSWER: Final = ["unit", "year", "rater", "item", "answer", "tied"]


class Grown(Exception):
    """What is known now has a part on which the draws are silent: said in words."""


@dataclass(frozen=True, eq=False)
class Changes:
    """Rows that came and rows that went.

    Attributes
    ----------
    came, went
        Observations that hold only the rows concerned: figures and answers.
    units
        Units that any of these are about (for a member's figure, its unit).
    """

    came: Observations
    went: Observations
    units: frozenset[str]

    @property
    def n_came(self) -> int:
        """Number of new rows."""
        return len(self.came.figures) + len(self.came.answers)

    @property
    def n_went(self) -> int:
        """Number of rows that are no longer there."""
        return len(self.went.figures) + len(self.went.answers)

    @property
    def digest(self) -> str:
        """SHA-256 of the rows, whatever their order."""
        total = hashlib.sha256()
        for side in (self.came, self.went):
            for frame, columns in ((side.figures, _FIGURE), (side.answers, _ANSWER)):
                rows = sorted(map(repr, frame[columns].itertuples(index=False, name=None)))
                total.update("\n".join([*rows, ""]).encode())
        return total.hexdigest()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.n_came or self.n_went)


def changes(basis: Basis, observed: Observations, edition: int) -> Changes:
    """Return the rows that count now and did not when a basis was sampled, or the other way round.

    Parameters
    ----------
    basis
        The draws and what they were drawn from.
    observed
        Everything observed by now.
    edition
        Last year that counts now.

    Raises
    ------
    Grown
        Where something else differs on which draws hang: the units' groups, or tables of employment.
    """
    before, function = basis.observed, basis.function
    _refuse_other_surroundings(function, before, observed)
    later = {"figures": observed.figures["year"], "answers": observed.answers["year"]}
    went, came = {}, {}
    for table, columns in (("figures", _FIGURE), ("answers", _ANSWER)):
        one, other = _hashes(basis, table, columns), _hashed(getattr(observed, table), columns)
        went[table] = ~np.isin(one, other)
        came[table] = ~np.isin(other, one) | (later[table] > basis.run.edition).to_numpy()
    sides = []
    for state, rows, through in ((before, went, basis.run.edition), (observed, came, edition)):
        side = concerning(function, _only(state, rows["figures"], rows["answers"]), through)
        sides.append(side if basis.channel is None else side.alone(basis.channel))
    units: set[str] = set()
    for side in sides:
        figures, answers = speaking(function, side)
        units |= set(figures["unit"]) | set(answers.loc[~answers["tied"], "unit"])
    return Changes(sides[1], sides[0], frozenset(units))


def _hashes(basis: Basis, table: str, columns: list[str]) -> NDArray[np.uint64]:
    """Return the hashes of a table of a basis, worked out once."""
    if table not in basis.hashes:
        basis.hashes[table] = _hashed(getattr(basis.observed, table), columns)
    return basis.hashes[table]


def _hashed(frame: pd.DataFrame, columns: list[str]) -> NDArray[np.uint64]:
    return np.asarray(pd.util.hash_pandas_object(frame[columns], index=False).to_numpy())


def log_ratio(basis: Basis, observed: Observations, edition: int, changed: Changes) -> Floats:
    """Return the log-likelihood of what is known now over that of what was fitted; dims (sample).

    Parameters
    ----------
    basis
        The draws and what they were drawn from.
    observed, edition
        As for :func:`changes`.
    changed
        What differs.

    Raises
    ------
    Grown
        Where there is a cell, a rater, a scale or an indicator that the draws do not know, or a cell that went.
    Disconnected
        Where without the rows that went raters and units fall into unconnected parts.
    """
    design, function = basis.design, basis.function
    if len(changed.went.answers):
        _, answers = speaking(function, concerning(function, observed, edition))
        refuse_disconnected(answers[~answers["tied"]])
    touched = np.isin(np.array(design.units), sorted(changed.units))
    cells = np.flatnonzero(touched[design.cell_unit])
    sheets = pd.MultiIndex.from_frame(pd.concat([changed.went.answers, changed.came.answers])[_SHEET].drop_duplicates())
    total, samples = np.zeros(basis.size), basis.samples(cells)
    for sign, state, through in ((-1.0, basis.observed, basis.run.edition), (1.0, observed, edition)):
        figures, answers = _about(basis, state, through, changed.units)
        if sign > 0:
            _refuse_unknown(design, cells, figures, answers)
        asked = pd.MultiIndex.from_frame(answers[_SHEET]).isin(sheets)
        try:
            part = part_of(design, figures, answers[asked], cells)
        except LookupError as unknown:
            raise Grown(str(unknown)) from None
        if part.has_halo and not design.has_halo:
            raise Grown("a questionnaire holds two answers for the first time")
        total += sign * _log_likelihood(design, part, samples)
    return total


def _about(basis: Basis, state: Observations, through: int, units: frozenset[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all figures and answers that count about some units."""
    parts = state.units["unit"].isin(units) | state.units["parent"].isin(units)
    about = state.figures["unit"].isin(state.units.loc[parts, "unit"]).to_numpy()
    near = _only(state, about, state.answers["unit"].isin(units).to_numpy())
    counting = concerning(basis.function, near, through)
    figures, answers = speaking(basis.function, counting if basis.channel is None else counting.alone(basis.channel))
    return figures, answers[~answers["tied"]]


def _refuse_unknown(design: Design, cells: Ints, figures: pd.DataFrame, answers: pd.DataFrame) -> None:
    """Raise :class:`Grown` where the design lacks what rows speak about, or a cell of it has nothing left."""
    years = np.asarray(design.years)[design.cell_year[cells]].tolist()
    known = set(zip(np.array(design.units)[design.cell_unit[cells]].tolist(), years, strict=True))
    spoken = {pair for rows in (figures, answers) for pair in zip(rows["unit"], rows["year"].astype(int), strict=True)}
    for unit, year in sorted(spoken - known):
        raise Grown(f"{unit} in {year} is new")
    for unit, year in sorted(known - spoken):
        raise Grown(f"nothing is left of {unit} in {year}")
    for rater in sorted(set(answers["rater"]) - set(design.raters)):
        raise Grown(f"rater {rater} is new")


def _log_likelihood(design: Design, part: Design, samples: dict[str, Floats]) -> Floats:
    """Return the log-likelihood of a part of a design; dims (sample)."""
    narrow = dict(samples)
    for names, whole, rows in (
        (("error_sd",), design.figures, part.figures),
        (("overdispersion",), design.counts, part.counts),
        (("member_sd", "member_error_sd"), design.members.groups, part.members.groups),
    ):
        kinds, present = (np.unique(frame["indicator"].to_numpy(np.int64)) for frame in (whole, rows))
        for number in np.setdiff1d(present, kinds):
            raise Grown(f"indicator {design.function.indicators[number].id} is reported for the first time")
        for name in names:
            if name in narrow:
                narrow[name] = narrow[name][:, np.searchsorted(kinds, present)]
    sizes = design.scales["categories"].to_numpy(np.int64)
    for size in np.unique(sizes) if len(design.answers) else ():
        of_size = np.flatnonzero(sizes == size)
        narrow[f"threshold_{size}"] = narrow[f"threshold_{size}"][:, np.isin(of_size, part.scales.index)]
    total = log_likelihood(part, narrow).total
    return total + log_members(part, narrow).sum(axis=1) if len(part.members.groups) else total


def _refuse_other_surroundings(function: Function, before: Observations, after: Observations) -> None:
    columns = ["unit", "kind", "parent", *(function.groups.by if function.groups else ())]
    places = ["region", "sector"] if function.has_quotients else []
    known = before.units[[*dict.fromkeys([*columns, *places])]]
    now = after.units[known.columns]
    now = now[now["unit"].isin(known["unit"])].reset_index(drop=True)
    if not known.reset_index(drop=True).equals(now):
        raise Grown("what is recorded of a unit itself has changed")
    if function.has_quotients and not before.employment.equals(after.employment):
        raise Grown("a table of employment has changed")


def _only(state: Observations, figures: NDArray[Any], answers: NDArray[Any]) -> Observations:
    """Return observations with some of the figures and answers."""
    return replace(state, figures=state.figures[figures], answers=state.answers[answers])
