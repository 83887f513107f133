"""What differs between the observations that were fitted and those that are known now, and what that says of the draws.

Additions, corrections and withdrawals are all the same here: some rows are no longer there, some are new. Where every
new row speaks about a cell, a rater and an indicator that the draws know, its likelihood under each draw, over that of
the rows which went, is the ratio of the new posterior to the old. Halos are integrated out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.design import refuse_disconnected
from clusterscore.model.evidence import concerning, speaking
from clusterscore.model.function import Function
from clusterscore.model.part import part_of
from clusterscore.observations.observed import Observations
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.likelihood import Floats, log_likelihood, log_members
from clusterscore.vocabulary import Kind

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
    new
        Which rows of the tables ``figures`` and ``answers`` of everything observed came, whether they count or not.
    """

    came: Observations
    went: Observations
    units: frozenset[str]
    new: dict[str, NDArray[np.bool_]]

    @property
    def n_came(self) -> int:
        """Number of new rows."""
        return len(self.came.figures) + len(self.came.answers)

    @property
    def n_went(self) -> int:
        """Number of rows that are no longer there."""
        return len(self.went.figures) + len(self.went.answers)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the rows, whatever their order."""
        total = hashlib.sha256()
        for side in (self.came, self.went):
            for frame, columns in ((side.figures, _FIGURE), (side.answers, _ANSWER)):
                rows = sorted(map(str, zip(*(frame[name].tolist() for name in columns), strict=True)))
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
    before = basis.observed
    _refuse_other_surroundings(basis.function, before, observed)
    went, came = {}, {}
    for table, columns in (("figures", _FIGURE), ("answers", _ANSWER)):
        went[table], came[table] = _apart(basis, observed, table, columns)
        if edition != basis.run.edition:
            came[table] |= (getattr(observed, table)["year"] > basis.run.edition).to_numpy()
    sides = [
        _counting(basis, _only(state, rows["figures"], rows["answers"]), through)
        for state, rows, through in ((before, went, basis.run.edition), (observed, came, edition))
    ]
    units = {unit for side in sides for rows in (side.figures, side.answers) for unit in rows["unit"]}
    return Changes(sides[1], sides[0], frozenset(units), came)


def _counting(basis: Basis, state: Observations, through: int) -> Observations:
    """Return what speaks about the function of a basis, as :func:`clusterscore.model.evidence.speaking` tells it.

    Answers of tied raters are left out; figures have a column ``member``.
    """
    if state.figures.empty and state.answers.empty:
        return replace(state, figures=state.figures.assign(member=None))
    counting = concerning(basis.function, state, through)
    figures, answers = speaking(basis.function, counting if basis.channel is None else counting.alone(basis.channel))
    return replace(counting, figures=figures, answers=answers[~answers["tied"]])


def _apart(
    basis: Basis, observed: Observations, table: str, columns: list[str]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows of a table of a basis went, and which of those observed now came.

    The ledger's records never change: where both come from one, their numbers tell, with who is tied by now.
    """
    if basis.observed.head.count and observed.head.count:
        pair: list[Any] = [_numbers(getattr(state, table)) for state in (basis.observed, observed)]
    else:
        pair = [_hashes(basis, table, columns), _hashed(getattr(observed, table), columns)]
    one, other = pair
    return ~np.isin(one, other), ~np.isin(other, one)


def _numbers(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Return the number of each row's record twice over, and one more where its rater is tied."""
    twice = 2 * frame["record"].to_numpy(np.int64)
    return twice + frame["tied"].to_numpy(np.int64) if "tied" in frame else twice


def _hashes(basis: Basis, table: str, columns: list[str]) -> NDArray[np.uint64]:
    """Return the hashes of a table of a basis, worked out once."""
    name = f"{table}: {columns}"
    if name not in basis.hashes:
        basis.hashes[name] = _hashed(getattr(basis.observed, table), columns)
    return basis.hashes[name]


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
    if _hang_on_no_other(basis, changed):
        sides = iter(((1.0, changed.came), (-1.0, changed.went)))
    else:
        sides = _with_what_hangs_on_them(basis, observed, edition, changed)
    return np.sum([sign * _log_likelihood(basis, state) for sign, state in sides], axis=0)


def _hang_on_no_other(basis: Basis, changed: Changes) -> bool:
    """Whether the likelihood of each row that came or went is its own: most figures, and questionnaires that are new.

    A count hangs on what it is counted per, a member's figure on those of other members, an answer on the others of its
    questionnaire. A figure that goes may leave a cell empty, unless another came there.
    """
    came, went = changed.came, changed.went
    if len(went.answers) or not basis.lone >= {*came.figures["indicator"], *went.figures["indicator"]}:
        return False
    cells = _pairs(came.figures)
    sheets = {*zip(*(came.answers[name] for name in _SHEET), strict=True)}
    return (
        _pairs(went.figures) <= cells
        and basis.cells.keys() >= cells | _pairs(came.answers)
        and basis.sheets.isdisjoint(sheets)
        and {*came.answers["rater"]} <= {*basis.design.raters}
    )


def _pairs(rows: pd.DataFrame) -> set[tuple[str, int]]:
    return {*zip(rows["unit"], rows["year"], strict=True)}


def _with_what_hangs_on_them(
    basis: Basis, observed: Observations, edition: int, changed: Changes
) -> Iterator[tuple[float, Observations]]:
    """Yield what is known now of the units concerned, and, to be taken off, what was known before."""
    if len(changed.went.answers):
        _, answers = speaking(basis.function, concerning(basis.function, observed, edition))
        if basis.function.kind is not Kind.TEAM:
            refuse_disconnected(answers[~answers["tied"]])
    now = _about(basis, observed, edition, changed)
    _refuse_unknown(basis, changed, now)
    went = changed.went
    before = replace(
        now,
        figures=_joined(now.figures[~now.figures["came"].astype(bool)], went.figures),
        answers=_joined(now.answers[~now.answers["came"].astype(bool)], went.answers),
    )
    sheets = pd.MultiIndex.from_frame(pd.concat([went.answers, changed.came.answers])[_SHEET].drop_duplicates())
    for sign, state in ((-1.0, before), (1.0, now)):
        asked = pd.MultiIndex.from_frame(state.answers[_SHEET]).isin(sheets)
        yield sign, replace(state, answers=state.answers[asked])


def _joined(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([one, other]) if len(other) else one


def _about(basis: Basis, state: Observations, through: int, changed: Changes) -> Observations:
    """Return all figures and answers that count about the units concerned; a column says which of them ``came``."""
    parts = state.units["unit"].isin(changed.units) | state.units["parent"].isin(changed.units)
    figures = state.figures["unit"].isin(state.units.loc[parts, "unit"]).to_numpy()
    answers = state.answers["unit"].isin(changed.units).to_numpy()
    near = _only(state, figures, answers)
    marked = replace(
        near,
        figures=near.figures.assign(came=changed.new["figures"][figures]),
        answers=near.answers.assign(came=changed.new["answers"][answers]),
    )
    return _counting(basis, marked, through)


def _refuse_unknown(basis: Basis, changed: Changes, now: Observations) -> None:
    """Raise :class:`Grown` where the design lacks what rows speak about, or a cell of it has nothing left."""
    known = {(unit, year) for unit, year in basis.cells if unit in changed.units}
    spoken = _pairs(now.figures) | _pairs(now.answers)
    for unit, year in sorted(spoken - known):
        raise Grown(f"{unit} in {year} is new")
    for unit, year in sorted(known - spoken):
        raise Grown(f"nothing is left of {unit} in {year}")
    for rater in sorted(set(now.answers["rater"]) - set(basis.design.raters)):
        raise Grown(f"rater {rater} is new")


def _log_likelihood(basis: Basis, state: Observations) -> Floats:
    """Return the log-likelihood of some rows under each sample; dims (sample)."""
    if not len(state.figures) + len(state.answers):
        return np.zeros(basis.size)
    design = basis.design
    cells = np.array(sorted(basis.cells[pair] for pair in _pairs(state.figures) | _pairs(state.answers)))
    try:
        part = part_of(design, state.figures, state.answers, cells)
    except LookupError as unknown:
        raise Grown(str(unknown)) from None
    if part.has_halo and not design.has_halo:
        raise Grown("a questionnaire holds two answers for the first time")
    samples = basis.samples(cells)
    narrow = dict(samples)
    for names, rows in (
        (("error_sd",), part.figures),
        (("overdispersion",), part.counts),
        (("member_sd", "member_error_sd"), part.members.groups),
    ):
        kinds, present = basis.reported[names[0]], np.unique(rows["indicator"].to_numpy(np.int64))
        for number in sorted({*present} - {*kinds}):
            raise Grown(f"indicator {design.function.indicators[number].id} is reported for the first time")
        for name in names:
            if name in narrow:
                narrow[name] = narrow[name][:, np.searchsorted(kinds, present)]
    total = log_likelihood(part, narrow).total
    return total + log_members(part, narrow).sum(axis=1) if len(part.members.groups) else total


def _refuse_other_surroundings(function: Function, before: Observations, after: Observations) -> None:
    columns = ["unit", "kind", "parent", *(function.groups.by if function.groups else ())]
    places = ["region", "sector"] if function.has_quotients else []
    columns = [*dict.fromkeys([*columns, *places])]
    if not all(before.units[name].equals(after.units[name]) for name in columns):
        known, now = before.units[columns].reset_index(drop=True), after.units[columns]
        if not known.equals(now[now["unit"].isin(known["unit"])].reset_index(drop=True)):
            raise Grown("what is recorded of a unit itself has changed")
    if function.has_quotients and not before.employment.equals(after.employment):
        raise Grown("a table of employment has changed")


def _only(state: Observations, figures: NDArray[Any], answers: NDArray[Any]) -> Observations:
    """Return observations with some of the figures and answers."""
    return replace(state, figures=state.figures[figures], answers=state.answers[answers])
