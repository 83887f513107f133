"""Observations: what the model may see, one row each, as frozen tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pandas as pd

from clusterscore.observations.ledger import Head, Ledger, Record
from clusterscore.observations.state import State, are_tied
from clusterscore.vocabulary import Channel, Kind, Table

_UNITS: Final = ["unit", "name", "kind", "parent", "country", "region", "sector", "founded", "demonstration"]
_RATERS: Final = ["rater", "affiliation", "ties"]
_EMPLOYMENT: Final = ["region", "sector", "year", "employed", "establishments", "source", "demonstration"]
_FIGURES: Final = ["unit", "year", "indicator", "value", "measure", "source", "record"]
_ANSWERS: Final = ["unit", "year", "rater", "item", "answer", "tied", "record"]


@dataclass(frozen=True, eq=False)
class Observations:
    """All live observations at one head of the ledger.

    Attributes
    ----------
    units
        One row per unit: unit, name, kind, parent, country, region, sector, founded (year), demonstration (whether
        anything recorded of it comes from a file marked as demonstration).
    raters
        One row per rater: rater, affiliation, ties (tuple of units).
    figures
        One row per figure: unit, year, indicator, value (in the indicator's measure), measure, source, record (number
        in the ledger).
    answers
        One row per answer: unit, year, rater, item, answer (1 to the item's categories), tied (whether the rater
        belongs or is tied to the unit; such answers never enter a likelihood), record.
    head
        The ledger's head.
    employment
        One row per region, sector and year: region, sector, year, employed (persons), establishments, source,
        demonstration.
    """

    units: pd.DataFrame
    raters: pd.DataFrame
    figures: pd.DataFrame
    answers: pd.DataFrame
    head: Head
    employment: pd.DataFrame = field(default_factory=lambda: _employment([]))

    def about(
        self, kind: Kind, through: int | None = None, *, members: bool = False, employment: bool = False
    ) -> Observations:
        """Return the observations on one kind of unit, up to and including year ``through``.

        With ``members`` the organisations that belong to these units, and the figures on them, are among them; with
        ``employment`` the tables of employment as well.
        """
        chosen = self.units["kind"] == kind
        if members:
            chosen |= (self.units["kind"] == Kind.MEMBER) & self.units["parent"].isin(self.units.loc[chosen, "unit"])
        units = self.units[chosen]
        figures = self.figures[self.figures["unit"].isin(units["unit"])]
        answers = self.answers[self.answers["unit"].isin(units["unit"])]
        employed = self.employment if employment else self.employment.iloc[:0]
        if through is not None:
            figures, answers, employed = (rows[rows["year"] <= through] for rows in (figures, answers, employed))
        raters = self.raters[self.raters["rater"].isin(answers["rater"])]
        units, raters, figures, answers, employed = map(_numbered, (units, raters, figures, answers, employed))
        return Observations(units, raters, figures, answers, self.head, employed)

    def alone(self, channel: Channel) -> Observations:
        """Return what one channel says: the figures without the answers, or the answers without the figures."""
        if channel is Channel.FIGURES:
            return replace(self, answers=self.answers.iloc[:0], raters=self.raters.iloc[:0])
        return replace(self, figures=self.figures.iloc[:0], employment=self.employment.iloc[:0])

    def tied_to(self, unit: str) -> frozenset[str]:
        """Return the raters who belong or are tied to a unit, or to its cluster, or to one of that cluster's members.

        Whoever answered as a tied rater is among them. Of observations on one kind of unit only, a tie through a member
        cannot be seen: ask those of everything.
        """
        named = self.units.dropna(subset=["parent"])
        parent = dict(zip(named["unit"], named["parent"], strict=True))
        is_team = bool(((self.units["unit"] == unit) & (self.units["kind"] == Kind.TEAM)).any())
        tied = {
            rater
            for rater, *links in zip(*(self.raters[name] for name in _RATERS), strict=True)
            if are_tied(_links(*links), unit, parent.get, is_team=is_team)
        }
        known = self.answers.loc[self.answers["tied"] & (self.answers["unit"] == unit), "rater"]
        return frozenset(tied | set(known))

    @property
    def demonstration(self) -> bool:
        """Whether anything here is invented."""
        return bool(self.units["demonstration"].any() or self.employment["demonstration"].any())

    @property
    def digest(self) -> str:
        """SHA-256 of the content, whatever the order or time of arrival."""
        total = hashlib.sha256()
        for frame in (self.units, self.raters, self.figures, self.answers, self.employment):
            content = frame.drop(columns=["record"], errors="ignore")
            total.update(content.to_csv(index=False, lineterminator="\n").encode())
        return total.hexdigest()


def observe(ledger: Ledger, head: Head | None = None) -> Observations:
    """Return all live observations of a ledger, sorted by their keys: as they are, or as they were at a head.

    Raises
    ------
    LedgerBroken
        Where the ledger never had that head.
    """
    records, now = ledger.history()
    if head is None or head == now:
        return observations_of(State.of(records), now)
    ledger.verify(head)
    return observations_of(State.of(records[: head.count]), head)


def observations_of(state: State, head: Head) -> Observations:
    """Return the live observations of a state as tables."""
    figures = [record.data | {"record": record.number} for record in _sorted(state, Table.FIGURES)]
    answers = [
        record.data | {"record": record.number, "tied": _is_tied(state, record)}
        for record in _sorted(state, Table.ANSWERS)
    ]
    demonstrated = {
        record.data["unit"]
        for table in (Table.UNITS, Table.FIGURES, Table.ANSWERS)
        for record in state.live(table).values()
        if state.is_invented(record)
    }
    units = [
        record.data | {"demonstration": record.data["unit"] in demonstrated} for record in _sorted(state, Table.UNITS)
    ]
    employed = [
        record.data | {"demonstration": state.is_invented(record)} for record in _sorted(state, Table.EMPLOYMENT)
    ]
    raters = [record.data | {"ties": tuple(record.data["ties"])} for record in _sorted(state, Table.RATERS)]
    return Observations(
        _frame(units, _UNITS, {"founded": "Int64", "demonstration": bool}),
        _frame(raters, _RATERS, {}),
        _frame(figures, _FIGURES, {"year": "int64", "value": "float64", "record": "int64"}),
        _frame(answers, _ANSWERS, {"year": "int64", "answer": "int64", "tied": bool, "record": "int64"}),
        head,
        _employment(employed),
    )


def _employment(rows: list[dict[str, Any]]) -> pd.DataFrame:
    types = {"year": "int64", "employed": "float64", "establishments": "float64", "demonstration": bool}
    return _frame(rows, _EMPLOYMENT, types)


def _is_tied(state: State, record: Record) -> bool:
    """Whether the rater belongs or is tied to the unit, or to its cluster, or to one of that cluster's members."""
    rater = state.find(Table.RATERS, record.data["rater"])
    if rater is None:
        return False
    links, unit = _links(rater.data["affiliation"], rater.data["ties"]), record.data["unit"]
    return are_tied(links, unit, state.parent_of, is_team=state.is_team(unit))


def _links(affiliation: Any, ties: Iterable[str] | None) -> set[str]:
    """Return the units that a rater belongs or is tied to."""
    return {link for link in (affiliation, *(ties or ())) if isinstance(link, str)}


def _sorted(state: State, table: Table) -> list[Record]:
    return [record for _, record in sorted(state.live(table).items())]


def _frame(rows: list[dict[str, Any]], columns: list[str], types: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=pd.Index(columns)).astype(types)


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reset_index(drop=True)
