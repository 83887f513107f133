"""Observations: what the model may see, one row each, as frozen tables."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from clusterscore.observations.ledger import Action, Head, Ledger, Record
from clusterscore.observations.state import State, are_tied, state_at
from clusterscore.vocabulary import Channel, Kind, Table

_UNITS: Final = ["unit", "name", "kind", "parent", "country", "region", "sector", "founded", "demonstration"]
_RATERS: Final = ["rater", "affiliation", "ties"]
_EMPLOYMENT: Final = ["region", "sector", "year", "employed", "establishments", "source", "demonstration"]
_FIGURES: Final = ["unit", "year", "indicator", "value", "measure", "source", "record"]
_ANSWERS: Final = ["unit", "year", "rater", "item", "answer", "tied", "record"]
_ADDING: Final = {Action.FILE, Action.ADD, Action.FORECAST, Action.REJECT}


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
    employment: pd.DataFrame = field(default_factory=lambda: _employment([], []))

    def about(
        self, kind: Kind, through: int | None = None, *, members: bool = False, employment: bool = False
    ) -> Observations:
        """Return the observations on one kind of unit, up to and including year ``through``.

        With ``members`` the organisations that belong to these units, and the figures on them, are among them; with
        ``employment`` the tables of employment as well.
        """
        known = list(zip(*(self.units[name].tolist() for name in ("unit", "kind", "parent")), strict=True))
        among = {unit for unit, own, _ in known if own == kind}
        if members:
            among |= {unit for unit, own, parent in known if own == Kind.MEMBER and parent in among}
        units = _of(self.units, "unit", among)
        figures, answers = (_until(through, _of(rows, "unit", among)) for rows in (self.figures, self.answers))
        employed = _until(through, self.employment) if employment else self.employment.iloc[:0]
        raters = _of(self.raters, "rater", set(answers["rater"].tolist()))
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
    now = ledger.head()
    if head is None or head == now:
        return _observed(ledger, now)
    came = ledger.since(head)
    if {record.action for record in came} <= _ADDING:
        return _without(_observed(ledger, now), state_at(ledger, now), came, head)
    return _observed(ledger, head)


@lru_cache(maxsize=4)
def _observed(ledger: Ledger, head: Head) -> Observations:
    """Return what was observed at a head; the head pins it, so it is worked out once."""
    return observations_of(state_at(ledger, head), head)


def _without(now: Observations, state: State, came: Sequence[Record], head: Head) -> Observations:
    """Return what was observed before some records came, none of which took the place of another."""
    added = [record for record in came if record.action is Action.ADD]
    new: dict[Table, set[Any]] = {}
    for record in added:
        new.setdefault(record.table, set()).add(record.key[0] if len(record.key) == 1 else record.key)
    figures, answers = (rows[rows["record"] <= head.count] for rows in (now.figures, now.answers))
    units = now.units[~now.units["unit"].isin(new.get(Table.UNITS, ()))]
    raters = now.raters[~now.raters["rater"].isin(new.get(Table.RATERS, ()))]
    places = pd.MultiIndex.from_frame(now.employment[["region", "sector", "year"]])
    employment = now.employment[~places.isin(new.get(Table.EMPLOYMENT, ()))]
    units = units.assign(demonstration=units["unit"].isin(state.invented(but=added)))
    units, raters, figures, answers, employment = map(_numbered, (units, raters, figures, answers, employment))
    return Observations(units, raters, figures, answers, head, employment)


def observations_of(state: State, head: Head) -> Observations:
    """Return the live observations of a state as tables."""
    units, raters, figures, answers, employment = (
        [record for _, record in sorted(state.live(table).items())]
        for table in (Table.UNITS, Table.RATERS, Table.FIGURES, Table.ANSWERS, Table.EMPLOYMENT)
    )
    invented = state.invented()
    judged = [(record.data["rater"], record.data["unit"]) for record in answers]
    tied = {pair: _is_tied(state, *pair) for pair in set(judged)}
    numbers = [[record.number for record in records] for records in (figures, answers)]
    return Observations(
        _frame(
            units,
            _UNITS,
            {"founded": "Int64", "demonstration": "bool"},
            demonstration=[one.data["unit"] in invented for one in units],
        ),
        _frame(raters, _RATERS, {}, ties=[tuple(record.data["ties"]) for record in raters]),
        _frame(figures, _FIGURES, {"year": "int64", "value": "float64", "record": "int64"}, record=numbers[0]),
        _frame(
            answers,
            _ANSWERS,
            {"year": "int64", "answer": "int64", "tied": "bool", "record": "int64"},
            tied=[tied[pair] for pair in judged],
            record=numbers[1],
        ),
        head,
        _employment(employment, [state.is_invented(record) for record in employment]),
    )


def _employment(records: list[Record], invented: list[bool]) -> pd.DataFrame:
    types = {"year": "int64", "employed": "float64", "establishments": "float64", "demonstration": "bool"}
    return _frame(records, _EMPLOYMENT, types, demonstration=invented)


def _is_tied(state: State, rater: str, unit: str) -> bool:
    """Whether a rater belongs or is tied to a unit, or to its cluster, or to one of that cluster's members."""
    known = state.find(Table.RATERS, rater)
    if known is None:
        return False
    links = _links(known.data["affiliation"], known.data["ties"])
    return are_tied(links, unit, state.parent_of, is_team=state.is_team(unit))


def _links(affiliation: Any, ties: Iterable[str] | None) -> set[str]:
    """Return the units that a rater belongs or is tied to."""
    return {link for link in (affiliation, *(ties or ())) if isinstance(link, str)}


def _frame(records: list[Record], columns: list[str], types: dict[str, str], **known: list[Any]) -> pd.DataFrame:
    """Return records as a table; columns that are ``known`` are not the records' own."""
    own = {name: [record.data.get(name, np.nan) for record in records] for name in columns if name not in known}
    table = pd.DataFrame(own | known, columns=pd.Index(columns), dtype=None if records else object)
    return table.astype(types)


def _of(rows: pd.DataFrame, column: str, among: Collection[str]) -> pd.DataFrame:
    """Return the rows that are about some; found in a list, which for a few rows takes less time than in a table."""
    return rows[np.array([one in among for one in rows[column].tolist()], dtype=bool)]


def _until(through: int | None, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows up to and including a year."""
    return rows if through is None or rows.empty else rows[rows["year"].to_numpy() <= through]


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reset_index(drop=True)
