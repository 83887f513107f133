"""Which observations speak about a function: figures and answers whose codes its document knows, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from clusterscore.errors import NothingToFit
from clusterscore.model.function import Function
from clusterscore.model.quotients import location_quotients
from clusterscore.model.transforms import standardise
from clusterscore.observations.ledger import Action, Record
from clusterscore.observations.observed import Observations
from clusterscore.vocabulary import Kind, Table

_OBSERVED: Final = (Action.ADD, Action.CORRECT, Action.WITHDRAW)


def concerning(function: Function, observations: Observations, through: int | None = None) -> Observations:
    """Return the observations that a function may look at, up to and including year ``through``."""
    return observations.about(function.kind, through, members=function.has_members, employment=function.has_quotients)


def hears(function: Function, records: Iterable[Record], observations: Observations) -> bool:
    """Whether any of the ledger's latest records may be about a function.

    Not heard are figures and answers on units of other kinds, new raters, who have said nothing yet, and new units of
    other kinds: of those nothing can be known before.

    Parameters
    ----------
    records
        Those that came.
    observations
        Everything observed by now.
    """
    kinds = {function.kind, Kind.MEMBER} if function.has_members else {function.kind}
    known = dict(zip(observations.units["unit"], observations.units["kind"], strict=True))
    return any(_about(record, known) in {*kinds, None} for record in records if record.action in _OBSERVED)


def _about(record: Record, known: Mapping[str, str]) -> str | None:
    """Return the kind of unit that a record is about; None where that is not all that it may bear upon."""
    match record.table, record.action:
        case ((Table.FIGURES | Table.ANSWERS), _):
            return known.get(record.data["unit"])
        case Table.UNITS, Action.ADD:
            return str(record.data["kind"])
        case Table.RATERS, Action.ADD:
            return ""
    return None


def speaking(function: Function, observations: Observations) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the figures and the answers whose codes the document knows.

    A member's figures are told as those of its unit, with the ``member`` beside it. Location quotients are among the
    figures, in every year for which there is a table of employment.
    """
    units, kinds, parents = (observations.units[name].tolist() for name in ("unit", "kind", "parent"))
    kind = dict(zip(units, kinds, strict=True))
    figures = _told(function, observations.figures, kind, dict(zip(units, parents, strict=True)))
    answers = _asked(function, observations.answers, kind)
    derived = _quotients(function, observations, figures, answers)
    return pd.concat([figures, derived]) if len(derived) else figures, answers


def _told(
    function: Function, figures: pd.DataFrame, kind: Mapping[str, str], parent: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the figures whose codes the document knows, a member's as those of its unit."""
    if figures.empty:
        return figures.assign(member=None)
    of, indicators = (figures[name].tolist() for name in ("unit", "indicator"))
    own = [kind[one] == function.kind for one in of]
    unit = [one if is_own else parent[one] for one, is_own in zip(of, own, strict=True)]
    member = [np.nan if is_own else one for one, is_own in zip(of, own, strict=True)]
    told = figures.assign(unit=pd.array(unit, dtype="str"), member=pd.array(member, dtype="str"))
    recorded = {(function.kind_of(part), part.id) for part in function.indicators}
    known = [(kind[one], indicator) in recorded for one, indicator in zip(of, indicators, strict=True)]
    return told[np.array(known, dtype=bool)]


def _asked(function: Function, answers: pd.DataFrame, kind: Mapping[str, str]) -> pd.DataFrame:
    """Return the answers to items that the document knows."""
    known = {part.id for part in function.items}
    pairs = zip(answers["unit"].tolist(), answers["item"].tolist(), strict=True)
    return answers[np.array([kind[unit] == function.kind and item in known for unit, item in pairs], dtype=bool)]


def _quotients(
    function: Function, observations: Observations, figures: pd.DataFrame, answers: pd.DataFrame
) -> pd.DataFrame:
    """Return the location quotients of the units' regions and sectors, in the years in which the units are known."""
    names = [part.id for part in function.indicators if part.derived == "location_quotient"]
    if not names or observations.employment.empty:
        return figures.iloc[:0]
    known = pd.concat([figures, answers[~answers["tied"]]])
    if known.empty:
        return known
    where = observations.units[["unit", "region", "sector"]].merge(known[["unit", "year"]].drop_duplicates())
    rows = where.merge(location_quotients(observations.employment), on=["region", "sector", "year"])
    rows = rows.rename(columns={"quotient": "value"})[["unit", "year", "value"]].assign(member=None, record=0)
    return pd.concat([rows.assign(indicator=name) for name in names])


def observed_years(function: Function, observations: Observations) -> list[int]:
    """Return the years in which anything was observed that speaks about a function, in order.

    Raises
    ------
    NothingToFit
        Where nothing was.
    """
    figures, answers = speaking(function, concerning(function, observations))
    return sorted(set(observed_cells(function, figures, answers[~answers["tied"]])["year"].astype(int)))


def observed_cells(function: Function, figures: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Return the units and years of which figures or answers speak: unit, year, sorted.

    Raises
    ------
    NothingToFit
        Where nothing was observed.
    """
    both = pd.concat([figures[["unit", "year"]], answers[["unit", "year"]]])
    if both.empty:
        raise NothingToFit(f"no observation of a {function.kind} speaks about function {function.function!r}")
    return both.drop_duplicates().sort_values(["unit", "year"]).reset_index(drop=True)


def member_figures(function: Function, observations: Observations) -> pd.DataFrame:
    """Return the figures on members: member, unit (to which it belongs), year, indicator, value (standardised)."""
    return of_members(function, speaking(function, concerning(function, observations))[0])


def of_members(function: Function, figures: pd.DataFrame) -> pd.DataFrame:
    """Return what figures say on members: member, unit, year, indicator, value (standardised)."""
    by_id = {part.id: part for part in function.indicators}
    rows = figures.loc[figures["member"].notna(), ["member", "unit", "year", "indicator", "value"]]
    parts = [own.assign(value=standardise(by_id[str(name)], own["value"])) for name, own in rows.groupby("indicator")]
    return pd.concat(parts) if parts else rows
