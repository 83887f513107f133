"""A correction is a record with a reason and a guard; what was wrong leaves no trace in what is observed."""

from collections.abc import Mapping

import pandas as pd
import pytest

from clusterscore.observations.ledger import Action
from clusterscore.observations.observed import Observations
from tests.observations.association import EVERYTHING, Association, corrected_turnover, corrections, places

FIGURE = {"table": "figures", "unit": "CL-01", "year": "2023", "indicator": "turnover"}
ANSWER = {"table": "answers", "unit": "CL-01", "year": "2023", "rater": "R-01", "item": "cooperation"}
UNIT = {"table": "units", "unit": "CL-01"}
RATER = {"table": "raters", "rater": "R-02"}


def tables_of(observed: Observations) -> dict[str, pd.DataFrame]:
    """Return what the model may see, without the numbers of the records."""
    frames = {name: getattr(observed, name) for name in ("units", "raters", "figures", "answers")}
    return {name: frame.drop(columns="record", errors="ignore") for name, frame in frames.items()}


def assert_same(one: Observations, other: Observations) -> None:
    """Compare two sets of observations in content, type and digest."""
    theirs = tables_of(other)
    for name, frame in tables_of(one).items():
        pd.testing.assert_frame_equal(frame, theirs[name])
    assert one.digest == other.digest


CORRECTED: Mapping[str, tuple[Mapping[str, str], str, str, str]] = {
    "a figure": (FIGURE | {"expect": "1000000", "value": "1500000"}, "figures.csv", "1000000", "1500000"),
    "a figure, guard written otherwise": (FIGURE | {"expect": "1e6", "value": "7"}, "figures.csv", "1000000", "7"),
    "an answer": (ANSWER | {"expect": "4", "value": "2"}, "answers.csv", ",4\n", ",2\n"),
    "a name": (
        UNIT | {"column": "name", "expect": "Northern Furniture", "value": "Furniture"},
        "units.csv",
        "Northern Furniture",
        "Furniture",
    ),
    "a parent": (
        {"table": "units", "unit": "CL-01-M1", "column": "parent", "expect": "CL-01", "value": "CL-02"},
        "units.csv",
        "First Member,member,CL-01",
        "First Member,member,CL-02",
    ),
    "an affiliation": (
        RATER | {"column": "affiliation", "expect": "CL-02-M1", "value": "CL-01"},
        "raters.csv",
        "CL-02-M1",
        "CL-01",
    ),
    "an affiliation that was none": (
        RATER | {"column": "affiliation", "expect": "CL-02-M1", "value": ""},
        "raters.csv",
        "CL-02-M1",
        "",
    ),
    "an affiliation that was left out": (
        {"table": "raters", "rater": "R-01", "column": "affiliation", "expect": "", "value": "CL-01"},
        "raters.csv",
        "R-01,,",
        "R-01,CL-01,",
    ),
    "a tie that was left out": (
        RATER | {"column": "ties", "expect": "", "value": "CL-01"},
        "raters.csv",
        "CL-02-M1,",
        "CL-02-M1,CL-01",
    ),
}


@pytest.mark.parametrize("case", CORRECTED)
def test_a_corrected_observation_leaves_no_trace(
    association: Association, empty_association: Association, case: str
) -> None:
    """Tables and digest are those of an association that was never wrong."""
    row, name, wrong, right = CORRECTED[case]
    association.take({"corrections.csv": corrections(row | {"action": "correct"})})
    empty_association.take(EVERYTHING | {name: EVERYTHING[name].replace(wrong, right, 1)})
    assert_same(association.observed(), empty_association.observed())


WITHDRAWN: Mapping[str, tuple[Mapping[str, str], str, str]] = {
    "a figure": (FIGURE, "figures.csv", "CL-01,2023,turnover,1000000\n"),
    "a member": ({"table": "units", "unit": "CL-01-M1"}, "units.csv", "CL-01-M1,First Member,member,CL-01\n"),
    "a rater": (RATER, "raters.csv", "R-02,CL-02-M1,\n"),
}


@pytest.mark.parametrize("case", WITHDRAWN)
def test_a_withdrawn_observation_leaves_no_trace(
    association: Association, empty_association: Association, case: str
) -> None:
    """Tables and digest are those of an association that never sent it."""
    row, name, line = WITHDRAWN[case]
    association.take({"corrections.csv": corrections(row | {"action": "withdraw"})})
    empty_association.take(EVERYTHING | {name: EVERYTHING[name].replace(line, "")})
    assert_same(association.observed(), empty_association.observed())


def test_a_correction_is_a_record_that_names_the_one_it_replaces(association: Association) -> None:
    """Nothing is deleted: the wrong value, the right one and the reason all stay in the ledger."""
    before = association.ledger.read()
    (wrong,) = [record for record in before if record.data.get("value") == 1_000_000]
    association.take({"corrections.csv": corrected_turnover("7")})
    after = association.ledger.read()
    right = after[-1]
    assert after[: len(before)] == before
    assert (right.action, right.supersedes, right.reason, right.data["value"]) == ("correct", wrong.number, "a slip", 7)


def test_a_withdrawal_is_a_record_that_names_the_one_it_ends(association: Association) -> None:
    """A withdrawal has a reason, too."""
    row = ANSWER | {"action": "withdraw", "reason": "the rater asked for it"}
    association.take({"corrections.csv": corrections(row)})
    record = association.ledger.read()[-1]
    assert (record.action, record.reason) == (Action.WITHDRAW, "the rater asked for it")
    assert association.ledger.read()[(record.supersedes or 0) - 1].data == record.data


def test_a_correction_of_a_correction_replaces_it(association: Association) -> None:
    """The last word counts, and the chain of changes can be followed."""
    association.take({"corrections.csv": corrected_turnover("5")})
    association.take({"corrections.csv": corrected_turnover("6", expect="5")})
    records = association.ledger.read()
    assert records[(records[-1].supersedes or 0) - 1].data["value"] == 5
    assert 6 in set(association.observed().figures["value"])


def test_a_file_and_its_correction_may_come_in_one_call(empty_association: Association) -> None:
    """Corrections are read after everything that they may concern."""
    empty_association.take({"corrections.csv": corrected_turnover("7"), **EVERYTHING})
    assert set(empty_association.observed().figures["value"]) == {7, 2_000_000}


def test_a_withdrawn_observation_may_be_sent_anew(association: Association) -> None:
    """What was withdrawn by mistake comes back by another file."""
    association.take({"corrections.csv": corrections(FIGURE | {"action": "withdraw"})})
    association.take({"figures-2.csv": "unit,year,indicator,value\nCL-01,2023,turnover,1000000\n"})
    assert 1_000_000 in set(association.observed().figures["value"])


def test_the_file_that_was_corrected_cannot_bring_the_wrong_value_back(association: Association) -> None:
    """The same file again is known; the same row in another file contradicts the correction."""
    association.take({"corrections.csv": corrected_turnover("7")})
    before = association.observed().digest
    association.take({"figures.csv": EVERYTHING["figures.csv"]})
    assert association.observed().digest == before
    faults = association.faults({"figures-2.csv": "unit,year,indicator,value\nCL-01,2023,turnover,1000000\n"})
    assert places(faults) == [("figures-2.csv", 2, "value", "E-DUP-CONFLICT")]


REFUSED: Mapping[str, tuple[Mapping[str, str], str, str]] = {
    "T12 unknown figure": (FIGURE | {"year": "2022", "action": "withdraw"}, "", "E-SUPERSEDE"),
    "T12 unknown unit": ({"table": "units", "unit": "CL-77", "action": "withdraw"}, "", "E-SUPERSEDE"),
    "key incomplete": (FIGURE | {"indicator": "", "action": "withdraw"}, "", "E-SUPERSEDE"),
    "guard fails": (FIGURE | {"action": "correct", "expect": "1000001", "value": "7"}, "expect", "E-EXPECT"),
    "guard missing": (FIGURE | {"action": "correct", "value": "7"}, "expect", "E-EXPECT"),
    "guard no number": (FIGURE | {"action": "correct", "expect": "a million", "value": "7"}, "expect", "E-EXPECT"),
    "nothing in its place": (FIGURE | {"action": "correct", "expect": "1000000"}, "value", "E-EMPTY"),
    "no number in its place": (
        FIGURE | {"action": "correct", "expect": "1000000", "value": "12%"},
        "value",
        "E-NUM-PERCENT",
    ),
    "against the indicator": (
        FIGURE | {"action": "correct", "expect": "1000000", "value": "-7"},
        "value",
        "E-DOM-NEGATIVE",
    ),
    "against the scale": (ANSWER | {"action": "correct", "expect": "4", "value": "6"}, "value", "E-RAT-RANGE"),
    "unknown column": (
        FIGURE | {"action": "correct", "column": "valeu", "expect": "1", "value": "7"},
        "column",
        "E-COLUMN",
    ),
    "column of the key": (
        FIGURE | {"action": "correct", "column": "year", "expect": "2023", "value": "2024"},
        "column",
        "E-COLUMN",
    ),
    "no column of a unit": (UNIT | {"action": "correct", "expect": "x", "value": "y"}, "column", "E-COLUMN"),
    "unknown parent": (
        {"table": "units", "unit": "CL-01-M1", "action": "correct", "column": "parent"}
        | {"expect": "CL-01", "value": "CL-77"},
        "value",
        "E-ID-UNKNOWN",
    ),
    "cluster with figures": (UNIT | {"action": "withdraw"}, "unit", "E-SUPERSEDE"),
    "rater with answers": ({"table": "raters", "rater": "R-01", "action": "withdraw"}, "rater", "E-SUPERSEDE"),
    "unit of a rater": ({"table": "units", "unit": "CL-02-M1", "action": "withdraw"}, "unit", "E-SUPERSEDE"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_correction_that_does_not_fit_is_refused_at_its_place(association: Association, case: str) -> None:
    """A correction must name what is recorded, guard it, and put something right in its place."""
    row, column, code = REFUSED[case]
    sent = {"corrections.csv": corrections(row)}
    assert set(places(association.faults(sent))) == {("corrections.csv", 2, column, code)}


def test_a_cluster_that_still_has_members_cannot_be_withdrawn(empty_association: Association) -> None:
    """No member is left without its cluster."""
    empty_association.take({"units.csv": EVERYTHING["units.csv"]})
    faults = empty_association.faults({"corrections.csv": corrections(UNIT | {"action": "withdraw"})})
    assert places(faults) == [("corrections.csv", 2, "unit", "E-SUPERSEDE")]


@pytest.mark.parametrize("parent", ["CL-03", "CL-04"], ids=["itself", "its own part"])
def test_no_unit_is_put_under_itself(association: Association, parent: str) -> None:
    """However long the way round."""
    units = "unit,name,kind,parent\nCL-03,Part,cluster,CL-01\nCL-04,Part of it,cluster,CL-03\n"
    association.take({"units-2.csv": units})
    row = {"table": "units", "action": "correct", "unit": "CL-03", "column": "parent"}
    row |= {"expect": "CL-01", "value": parent}
    assert places(association.faults({"corrections.csv": corrections(row)})) == [
        ("corrections.csv", 2, "value", "E-PARENT")
    ]


def test_a_measure_is_corrected_to_one_of_its_kind_only(association: Association) -> None:
    """A correction obeys the rules of the door."""
    association.take({"figures-2.csv": "unit,year,indicator,value,measure\nCL-01,2024,turnover,5,EUR\n"})
    row = FIGURE | {"year": "2024", "action": "correct", "column": "measure", "expect": "EUR", "value": "%"}
    assert places(association.faults({"corrections.csv": corrections(row)})) == [
        ("corrections.csv", 2, "value", "E-MEASURE")
    ]


def test_a_unit_with_observations_cannot_become_another_kind(association: Association) -> None:
    """A region has no turnover of clusters; what is recorded must stay readable."""
    row = UNIT | {"action": "correct", "column": "kind", "expect": "cluster", "value": "region"}
    assert association.faults({"corrections.csv": corrections(row)})


def test_the_same_correction_twice_in_one_file_is_refused(association: Association) -> None:
    """After the first one the guard of the second fails."""
    row = FIGURE | {"action": "correct", "expect": "1000000", "value": "7"}
    assert places(association.faults({"corrections.csv": corrections(row, row)})) == [
        ("corrections.csv", 3, "expect", "E-EXPECT")
    ]


def test_an_observation_is_withdrawn_once(association: Association) -> None:
    """What is withdrawn is no longer there to be withdrawn."""
    association.take({"corrections.csv": corrections(FIGURE | {"action": "withdraw"})})
    again = corrections(FIGURE | {"action": "withdraw", "reason": "once more"})
    assert places(association.faults({"corrections.csv": again})) == [("corrections.csv", 2, "", "E-SUPERSEDE")]


def test_a_unit_without_observations_left_can_be_withdrawn(association: Association) -> None:
    """First its answers and figures, its raters' and members' links, then the unit itself, all in one file."""
    association.take(
        {
            "corrections.csv": corrections(
                FIGURE | {"action": "withdraw"},
                ANSWER | {"action": "withdraw"},
                {"table": "units", "unit": "CL-01-M1", "action": "withdraw"},
                {"table": "units", "unit": "CL-01-T1", "action": "withdraw"},
                UNIT | {"action": "withdraw"},
            )
        }
    )
    assert set(association.observed().units["unit"]) == {"CL-02", "CL-02-M1"}


def test_invented_data_stay_invented_when_they_are_corrected(empty_association: Association) -> None:
    """A correction whose file is not marked does not make a demonstration real."""
    empty_association.take({"units.csv": "unit,name,kind\nCL-01,First,cluster\n"}, demonstration=True)
    row = UNIT | {"action": "correct", "column": "name", "expect": "First", "value": "The first"}
    empty_association.take({"corrections.csv": corrections(row)})
    assert empty_association.observed().units["demonstration"].tolist() == [True]
