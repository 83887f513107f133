"""Conditions of a level: each holds, does not, is not recorded, or is waived, with its number."""

import numpy as np
import pandas as pd
import pytest

from clusterscore.advice.conditions import Facts, Holds, condition_table, conditions_of, coverage, facts_of, membership
from clusterscore.advice.levels import Levels
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.observations.state import State
from clusterscore.vocabulary import Verdict
from tests.advice import cohort
from tests.observations.association import Association

GOOD = Facts(0.9, 7, Verdict.VALIDATED, 40, ("firm", "research", "authority"), 2.0)
SURE = np.full(100, 90.0)
TEAM = """
  - id: team
    title: &t {en: Team, ro: Echipă}
    why: tests
    source: tests
    indicators:
      - {id: team_staff, title: *t, measure: full-time equivalents, transform: log, typical: 2, spread: 1, why: tests,
         source: tests}
"""


def _held(levels: Levels, facts: Facts, score: np.ndarray = SURE, level: str = "advanced", **more: object) -> dict:
    return {one.name: one.holds for one in conditions_of(levels, levels.level(level), score, facts, **more)}


def test_all_conditions_hold_for_a_cluster_that_has_everything(levels: Levels) -> None:
    """Seven of them, whatever the level."""
    for level in levels.ladder:
        held = _held(levels, GOOD, level=level.id)
        assert set(held.values()) == {Holds.YES}
        assert set(held) == {"score", "coverage", "raters", "validation", "members", "member_types", "staff"}


@pytest.mark.parametrize(
    ("change", "name", "holds"),
    [
        ({"coverage": 0.64}, "coverage", Holds.NO),
        ({"raters": 4}, "raters", Holds.NO),
        ({"verdict": Verdict.CONTRADICTED}, "validation", Holds.NO),
        ({"members": 14}, "members", Holds.NO),
        ({"members": None}, "members", Holds.UNKNOWN),
        ({"member_types": ("firm",)}, "member_types", Holds.NO),
        ({"member_types": None}, "member_types", Holds.UNKNOWN),
        ({"staff": 0.4}, "staff", Holds.NO),
        ({"staff": None}, "staff", Holds.UNKNOWN),
    ],
)
def test_what_falls_short_is_one_condition_that_does_not_hold(
    levels: Levels, change: dict[str, object], name: str, holds: Holds
) -> None:
    """And all others still do."""
    facts = Facts(**{field: getattr(GOOD, field) for field in GOOD.__slots__} | change)
    held = _held(levels, facts)
    assert held.pop(name) is holds
    assert set(held.values()) == {Holds.YES}


def test_at_the_edge_a_condition_holds(levels: Levels) -> None:
    """Least means least; not enough evidence is no contradiction."""
    edge = Facts(0.65, 5, Verdict.NOT_ENOUGH_EVIDENCE, 15, ("firm", "research"), 0.5)
    assert set(_held(levels, edge, np.repeat([50.0, 49.0], [8, 2])).values()) == {Holds.YES}
    assert _held(levels, edge, np.repeat([50.0, 49.0], [79, 21]))["score"] is Holds.NO


def test_the_highest_level_asks_for_more(levels: Levels) -> None:
    """Two leaves of the clover and half a person are enough below it."""
    facts = Facts(0.9, 7, Verdict.VALIDATED, 40, ("firm", "research"), 0.5)
    held = _held(levels, facts, level="outstanding")
    assert {name for name, holds in held.items() if holds is Holds.NO} == {"member_types", "staff"}


def test_a_level_held_elsewhere_stands_for_composition_alone(levels: Levels) -> None:
    """Score, coverage, raters, validation and staff are never waived."""
    nothing = Facts(0.1, 0, Verdict.CONTRADICTED)
    held = _held(levels, nothing, np.zeros(10), waived=levels.transfer.conditions)
    assert {name for name, holds in held.items() if holds is Holds.WAIVED} == {"members", "member_types"}
    assert set(levels.transfer.conditions) == {"members", "member_types"}


def test_the_table_holds_every_condition_of_every_level(levels: Levels) -> None:
    """With what was found and what is needed."""
    table = condition_table(
        levels, ["A", "B"], np.column_stack([SURE, SURE]), {"A": GOOD, "B": Facts(0.9, 7, Verdict.VALIDATED)}
    )
    assert len(table) == 2 * 3 * 7
    row = table[(table["unit"] == "B") & (table["condition"] == "members")].iloc[0]
    assert (row["holds"], row["found"], row["needed"]) == ("not recorded", "", ">= 15")


def test_coverage_counts_figures_and_questions_of_the_edition(function: Function, seen: Observations) -> None:
    """What nobody reports, a derived figure, does not count; a question nobody answered does."""
    asked = [part for part in function.indicators if part.derived is None]
    reported = [part for part in asked if part.of == "unit"]
    expected = len(reported) / (len(asked) + len(function.items))
    assert coverage(function, seen, cohort.EDITION).to_numpy() == pytest.approx(expected)
    assert coverage(function, seen, cohort.EDITION + 5).empty


def test_membership_is_read_from_the_ledger(association: Association, levels: Levels) -> None:
    """Members, their types and the newest figure of the team's staff; what was withdrawn does not count."""
    document = association.workspace.functions / "small.yml"
    team = (
        document.read_text(encoding="utf-8")
        .replace("kind: cluster", "kind: team")
        .replace("function: small", "function: team")
    )
    head, _, rest = team.partition("pillars:")
    tail = rest[rest.index("questionnaire") :].replace("*why", "tests")
    (association.workspace.functions / "team.yml").write_text(
        head.replace("&why ", "") + "pillars:" + TEAM + tail, encoding="utf-8"
    )
    rows = "CL-01-M2,A University,member,CL-01,research\nCL-01-M3,A Firm,member,CL-01,firm\n"
    units = f"unit,name,kind,parent,member_type\n{rows}"
    figures = "unit,year,indicator,value\nCL-01-T1,2022,team_staff,1\nCL-01-T1,2023,team_staff,2.5\n"
    association.take({"units-2.csv": units, "figures-2.csv": figures})
    found = membership(State.of(association.ledger.read()), levels, 2023, 2)
    assert found.members["CL-01"] == {"CL-01-M1", "CL-01-M2", "CL-01-M3"}
    assert (dict(found.types), dict(found.staff)) == ({"CL-01": ("firm", "research")}, {"CL-01": 2.5})
    later = membership(State.of(association.ledger.read()), levels, 2025, 2)
    assert dict(later.staff) == {}  # what was true two editions ago says nothing of now
    facts = facts_of("CL-01", pd.DataFrame(columns=["unit", "n_raters", "verdict"]), pd.Series(dtype=float), found)
    assert (facts.members, facts.member_types, facts.staff, facts.raters) == (3, ("firm", "research"), 2.5, 0)


def test_a_member_type_that_is_no_leaf_is_refused(association: Association) -> None:
    """The fault names the choices."""
    units = "unit,name,kind,parent,member_type\nCL-01-M2,A Bank,member,CL-01,bank\n"
    (fault,) = association.faults({"units-2.csv": units})
    assert (fault.code, fault.column) == ("E-MEMBER-TYPE", "member_type")
    assert "catalyst" in fault.expected
