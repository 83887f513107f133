"""Which observations speak about a function: figures and answers whose codes its document knows, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

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
    about, answers = observations.units.set_index("unit"), observations.answers
    kind, parent = (observations.figures["unit"].map(about[column]) for column in ("kind", "parent"))
    figures = observations.figures.assign(member=observations.figures["unit"].where(kind != function.kind))
    figures["unit"] = figures["unit"].where(kind == function.kind, parent)
    recorded = {(function.kind_of(part), part.id) for part in function.indicators}
    known = np.array([pair in recorded for pair in zip(kind, figures["indicator"], strict=True)], dtype=bool)
    asked = answers["item"].isin([part.id for part in function.items])
    asked &= answers["unit"].map(about["kind"]).eq(function.kind)
    figures, answers = figures[known], answers[asked]
    derived = _quotients(function, observations, pd.concat([figures, answers[~answers["tied"]]]))
    return pd.concat([figures, derived]) if len(derived) else figures, answers


def _quotients(function: Function, observations: Observations, known: pd.DataFrame) -> pd.DataFrame:
    """Return the location quotients of the units' regions and sectors, in the years in which the units are known."""
    names = [part.id for part in function.indicators if part.derived == "location_quotient"]
    if not names or known.empty or observations.employment.empty:
        return known.iloc[:0]
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
