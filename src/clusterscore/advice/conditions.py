"""Which conditions of which level a cluster fulfils, each with its number; what is not recorded is not fulfilled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.advice.levels import Level, Levels
from clusterscore.advice.standing import percent
from clusterscore.advice.tables import TABLES
from clusterscore.frames import each
from clusterscore.model.evidence import speaking
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.observations.state import State
from clusterscore.vocabulary import Kind, Table, Verdict

Floats = NDArray[np.float64]

_SHARE: Final = "share"


class Holds(StrEnum):
    """Whether a condition holds."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "not recorded"
    WAIVED = "waived"  # a level held in another association stands for it


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a level for one cluster.

    Attributes
    ----------
    name
        score, coverage, raters, validation, members, member_types or staff.
    holds
        Whether it does.
    found, needed
        In words that hold numbers, the same in every language; ``found`` is empty where nothing is recorded.
    why, source
        As the levels' document says.
    source_ro
        The source in Romanian, empty where it is in English alone.
    """

    name: str
    holds: Holds
    found: str
    needed: str
    why: str
    source: str
    source_ro: str = ""

    def as_data(self) -> dict[str, str]:
        """Return the condition as plain data, for a record."""
        return {"name": self.name, "holds": self.holds.value, "found": self.found, "needed": self.needed}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a cluster besides its score; None where nothing is recorded.

    Attributes
    ----------
    coverage
        Share of the function's figures and questions on which anything was recorded within the edition's years.
    raters
        Independent raters within the edition's years.
    verdict
        Of the validation.
    members
        Live members in the ledger.
    member_types
        Leaves of the Four Clover model among them.
    staff
        Of the management team, full-time equivalents.
    """

    coverage: float
    raters: int
    verdict: Verdict
    members: int | None = None
    member_types: tuple[str, ...] | None = None
    staff: float | None = None


@dataclass(frozen=True, eq=False)
class Membership:
    """Who belongs to which cluster.

    Attributes
    ----------
    members
        Ids of the members, by cluster.
    types
        Leaves of the Four Clover model among them, by cluster.
    staff
        Staff of the team, by cluster.
    """

    members: Mapping[str, frozenset[str]]
    types: Mapping[str, tuple[str, ...]]
    staff: Mapping[str, float] = field(default_factory=dict)


def membership(state: State, levels: Levels, edition: int, every: int) -> Membership:
    """Return who belongs to which cluster, and the newest figure of each team's staff within the edition's years."""
    members: dict[str, set[str]] = {}
    types: dict[str, set[str]] = {}
    teams: dict[str, str] = {}
    for record in state.live(Table.UNITS).values():
        kind, parent = record.data["kind"], record.data.get("parent")
        if parent is None:
            continue
        if kind == Kind.TEAM:
            teams[record.data["unit"]] = parent
        if kind == Kind.MEMBER:
            members.setdefault(parent, set()).add(record.data["unit"])
            if record.data.get("member_type"):
                types.setdefault(parent, set()).add(record.data["member_type"])
    staff: dict[str, tuple[int, float]] = {}
    for record in state.live(Table.FIGURES).values():
        unit, year = record.data["unit"], record.data["year"]
        wanted = record.data["indicator"] == levels.eligibility.staff.indicator and unit in teams
        if wanted and edition - every < year <= edition:
            staff[teams[unit]] = max(staff.get(teams[unit], (0, 0.0)), (year, float(record.data["value"])))
    return Membership(
        {cluster: frozenset(ids) for cluster, ids in members.items()},
        {cluster: tuple(sorted(leaves)) for cluster, leaves in types.items()},
        {cluster: value for cluster, (_, value) in staff.items()},
    )


def coverage(function: Function, observations: Observations, edition: int) -> pd.Series:
    """Return of each unit the share of figures and questions on which anything counts within the edition's years.

    Derived figures are not reported by anybody and do not count; answers of tied raters do not either.
    """
    figures, answers = speaking(function, observations)
    asked = {part.id for part in function.indicators if part.derived is None} | {item.id for item in function.items}
    rows = pd.concat(
        [
            figures[["unit", "year", "indicator"]].rename(columns={"indicator": "code"}),
            answers.loc[~answers["tied"], ["unit", "year", "item"]].rename(columns={"item": "code"}),
        ]
    )
    recent = rows[rows["year"].between(edition - function.edition.every + 1, edition) & rows["code"].isin(asked)]
    return recent.groupby("unit")["code"].nunique() / len(asked)


def facts_of(unit: str, verdicts: pd.DataFrame, covered: pd.Series, known: Membership) -> Facts:
    """Return what is known of a cluster.

    Parameters
    ----------
    verdicts
        Validation of the year: unit, n_raters, verdict.
    covered
        By unit.
    """
    row = next(each(verdicts[verdicts["unit"] == unit]), None)
    return Facts(
        coverage=float(covered.get(unit, 0.0)),
        raters=0 if row is None else int(row.n_raters),
        verdict=Verdict.NOT_ENOUGH_EVIDENCE if row is None else Verdict(row.verdict),
        members=len(known.members[unit]) if unit in known.members else None,
        member_types=known.types.get(unit),
        staff=known.staff.get(unit),
    )


def conditions_of(
    levels: Levels, level: Level, score: Floats, facts: Facts, waived: Iterable[str] = ()
) -> tuple[Condition, ...]:
    """Return every condition of a level for one cluster.

    Parameters
    ----------
    score
        dims (sample), from 0 to 100.
    waived
        Names of conditions for which a level held elsewhere stands.
    """
    spared = set(waived)
    return tuple(
        replace(one, holds=Holds.WAIVED) if one.name in spared and one.holds is not Holds.YES else one
        for one in _all(levels, level, score, facts)
    )


def _all(levels: Levels, level: Level, score: Floats, facts: Facts) -> Iterator[Condition]:
    reached, least = float((score >= level.score.least).mean()), levels.probability.least
    yield Condition(
        "score",
        Holds.YES if reached >= least else Holds.NO,
        f"P(score >= {level.score.least:g}): {percent(reached)}",
        f">= {100.0 * least:g} %",
        level.score.why,
        level.score.source.en,
        level.score.source.ro,
    )
    asked = levels.evidence
    yield _least("coverage", facts.coverage, asked.coverage, _SHARE)
    yield _least("raters", facts.raters, asked.raters)
    refused = ", ".join(asked.validation.verdicts)
    yield Condition(
        "validation",
        Holds.NO if facts.verdict in asked.validation.verdicts else Holds.YES,
        facts.verdict,
        f"not: {refused}",
        asked.validation.why,
        asked.validation.source.en,
        asked.validation.source.ro,
    )
    yield _least("members", facts.members, levels.needs(level, "members"))
    n_types = None if facts.member_types is None else len(facts.member_types)
    leaves = "" if facts.member_types is None else f" ({', '.join(facts.member_types)})"
    yield _least("member_types", n_types, levels.needs(level, "member_types"), "{:g}" + leaves)
    yield _least("staff", facts.staff, levels.needs(level, "staff"))


def _least(name: str, found: float | None, asked: Any, form: str = "{:g}") -> Condition:
    needed = f">= {100.0 * asked.least:g} %" if form == _SHARE else f">= {asked.least:g}"
    if found is None:
        return Condition(name, Holds.UNKNOWN, "", needed, asked.why, asked.source.en, asked.source.ro)
    holds = Holds.YES if found >= asked.least else Holds.NO
    shown = f"{100.0 * found:.0f} %" if form == _SHARE else form.format(round(found, 2))
    return Condition(name, holds, shown, needed, asked.why, asked.source.en, asked.source.ro)


def condition_table(levels: Levels, units: Iterable[str], score: Floats, facts: Mapping[str, Facts]) -> pd.DataFrame:
    """Return every condition of every level for every unit.

    Returns
    -------
    unit, level, condition, holds, found, needed, source, source_ro
    """
    rows = [
        (unit, level.id, one.name, one.holds.value, one.found, one.needed, one.source, one.source_ro)
        for number, unit in enumerate(units)
        for level in levels.ladder
        for one in conditions_of(levels, level, score[:, number], facts[unit])
    ]
    return pd.DataFrame(rows, columns=TABLES["conditions"])
