"""Which records a function hears: what it may look at, and nothing that is about others only."""

import pytest

from clusterscore.model.evidence import hears
from clusterscore.model.function import Function
from clusterscore.observations.ledger import Action, Record
from clusterscore.observations.observed import Observations
from clusterscore.vocabulary import Table
from tests.observations.association import Association

FIGURE = {"year": 2024, "indicator": "turnover", "value": 1.0}
RECORDS = {
    "a figure of a cluster": (Action.ADD, Table.FIGURES, {"unit": "CL-01", **FIGURE}, True),
    "a figure of a cluster withdrawn": (Action.WITHDRAW, Table.FIGURES, {"unit": "CL-01", **FIGURE}, True),
    "a figure of a team": (Action.ADD, Table.FIGURES, {"unit": "CL-01-T1", **FIGURE}, False),
    "a figure of a member": (Action.ADD, Table.FIGURES, {"unit": "CL-01-M1", **FIGURE}, False),
    "a figure of a unit that is no more": (Action.WITHDRAW, Table.FIGURES, {"unit": "CL-09", **FIGURE}, True),
    "a file": (Action.FILE, Table.FIGURES, {"name": "figures.csv", "demonstration": False}, False),
    "a forecast": (Action.FORECAST, Table.FIGURES, {"unit": "CL-01", **FIGURE}, False),
    "a new rater": (Action.ADD, Table.RATERS, {"rater": "R-09", "affiliation": "CL-01", "ties": []}, False),
    "a rater corrected": (Action.CORRECT, Table.RATERS, {"rater": "R-01", "affiliation": "CL-01", "ties": []}, True),
    "a new cluster": (Action.ADD, Table.UNITS, {"unit": "CL-09", "kind": "cluster"}, True),
    "a new team": (Action.ADD, Table.UNITS, {"unit": "T-09", "kind": "team"}, False),
    "a team corrected": (Action.CORRECT, Table.UNITS, {"unit": "CL-01-T1", "kind": "team"}, True),
    "a table of employment": (Action.ADD, Table.EMPLOYMENT, {"region": "R", "sector": "S", "year": 2024}, True),
}


@pytest.fixture
def known(association: Association) -> tuple[Function, Observations]:
    """Return a function of clusters without members, and what is known."""
    return Function.read(association.workspace.functions / "small.yml"), association.observed()


@pytest.mark.parametrize("case", RECORDS)
def test_a_function_hears_what_may_be_about_its_units(known: tuple[Function, Observations], case: str) -> None:
    """Where it is not certain that nothing is said, the function looks."""
    action, table, data, is_heard = RECORDS[case]
    record = Record(1, action, table, data, "0" * 64, 1, "nobody", "now")
    assert hears(known[0], [record], known[1]) is is_heard


def test_silence_is_not_heard(known: tuple[Function, Observations]) -> None:
    """Without records nothing came."""
    assert not hears(known[0], [], known[1])
