"""Observations: what the model may see, whose answers are tied, and a digest of the content alone."""

import pandas as pd
import pytest

from clusterscore.observations.observed import observations_of, observe
from clusterscore.observations.state import State
from clusterscore.vocabulary import Kind
from tests.observations.association import EVERYTHING, Association, corrections

RATERS = {
    "own cluster": ("CL-01", "", True),
    "tied cluster": ("CL-02", "CL-01", True),
    "second of two ties": ("", "CL-02;CL-01", True),
    "member of the cluster": ("CL-01-M1", "", True),
    "tied to a member of the cluster": ("CL-02", "CL-01-M1", True),
    "team of the cluster": ("CL-01-T1", "", True),
    "another cluster": ("CL-02", "", False),
    "member of another cluster": ("CL-02-M1", "", False),
    "tied to another cluster": ("", "CL-02", False),
    "nobody's": ("", "", False),
}


@pytest.mark.parametrize("case", RATERS)
def test_an_answer_is_tied_where_the_rater_is(association: Association, case: str) -> None:
    """R06, R07: who belongs to a cluster, its members or its team, or is tied to one of them, does not judge it."""
    affiliation, ties, tied = RATERS[case]
    association.take(
        {
            "raters.csv": f"rater,affiliation,ties\nR-09,{affiliation},{ties}\n",
            "answers.csv": "unit,year,rater,item,answer\nCL-01,2024,R-09,cooperation,5\n",
        }
    )
    answers = association.observed().answers.set_index("rater")
    assert bool(answers.loc["R-09", "tied"]) is tied


@pytest.mark.parametrize("case", RATERS)
def test_who_is_tied_is_known_before_anybody_answers(association: Association, case: str) -> None:
    """By the same rule, so that nobody is asked whose answer would not count."""
    affiliation, ties, tied = RATERS[case]
    association.take({"raters.csv": f"rater,affiliation,ties\nR-09,{affiliation},{ties}\n"})
    assert ("R-09" in association.observed().tied_to("CL-01")) is tied


def test_a_tie_that_becomes_known_later_ties_earlier_answers(association: Association) -> None:
    """Affiliation is corrected; what the rater answered before no longer counts."""
    association.take({"answers.csv": "unit,year,rater,item,answer\nCL-01,2023,R-02,cooperation,5\n"})
    row = {"table": "raters", "action": "correct", "rater": "R-02", "column": "affiliation"}
    association.take({"corrections.csv": corrections(row | {"expect": "CL-02-M1", "value": "CL-01-M1"})})
    assert association.observed().answers.set_index("rater")["tied"].to_dict() == {"R-01": False, "R-02": True}


def test_a_workspace_without_records_has_empty_tables(empty_association: Association) -> None:
    """Nothing recorded is not an error, and the columns keep their types."""
    observed = empty_association.observed()
    assert [len(frame) for frame in (observed.units, observed.raters, observed.figures, observed.answers)] == [0] * 4
    assert observed.figures["value"].dtype == "float64"
    assert observed.answers["tied"].dtype == bool
    assert (observed.head.count, observed.demonstration) == (0, False)


def test_every_observation_names_its_record(association: Association) -> None:
    """Any row of a table can be looked up in the ledger."""
    records = association.ledger.read()
    observed = association.observed()
    for frame, column in ((observed.figures, "value"), (observed.answers, "answer")):
        for row in frame.to_dict("records"):
            assert records[row["record"] - 1].data[column] == row[column]


def test_observations_stand_under_the_head_of_the_ledger(association: Association) -> None:
    """What was observed can be pinned."""
    association.ledger.verify(association.observed().head)
    assert association.observed().head == association.ledger.head()


def test_the_digest_depends_on_every_cell(association: Association) -> None:
    """Two sets of observations have one digest only where they are the same."""
    digests = {association.observed().digest}
    for name, content in {
        "units.csv": "unit,name,kind\nCL-03,Third,cluster\n",
        "raters.csv": "rater,ties\nR-09,CL-01\n",
        "figures.csv": "unit,year,indicator,value\nCL-01,2024,turnover,1\n",
        "answers.csv": "unit,year,rater,item,answer\nCL-02,2023,R-01,cooperation,4\n",
        "corrections.csv": corrections(
            {"table": "figures", "action": "correct", "unit": "CL-01", "year": "2024", "indicator": "turnover"}
            | {"expect": "1", "value": "1.0000000000000002"}
        ),
    }.items():
        association.take({name: content})
        digests.add(association.observed().digest)
    assert len(digests) == 6


def test_the_digest_does_not_depend_on_who_and_when(association: Association, empty_association: Association) -> None:
    """The same content taken in elsewhere is the same content."""
    empty_association.take(EVERYTHING, source="elsewhere")
    assert empty_association.observed().digest == association.observed().digest


def test_observations_of_an_edition_end_with_it(association: Association) -> None:
    """No later wave leaks into an earlier edition, and raters who did not answer in it are left out."""
    association.take(
        {
            "figures.csv": "unit,year,indicator,value\nCL-01,2024,turnover,1\n",
            "answers.csv": "unit,year,rater,item,answer\nCL-01,2024,R-02,cooperation,4\n",
        }
    )
    seen = association.observed().about(Kind.CLUSTER, through=2023)
    assert {*seen.figures["year"], *seen.answers["year"]} == {2023}
    assert set(seen.raters["rater"]) == {"R-01"}


def test_observations_about_a_kind_are_of_that_kind(association: Association) -> None:
    """A function for clusters sees no member."""
    seen = association.observed().about(Kind.CLUSTER)
    assert set(seen.units["unit"]) == {"CL-01", "CL-02"}
    assert isinstance(seen.units.index, pd.RangeIndex)


def test_whoever_has_anything_invented_is_marked_and_nobody_else(association: Association) -> None:
    """One invented figure marks its unit; the others stay real."""
    association.take({"figures.csv": "unit,year,indicator,value\nCL-01,2024,turnover,1\n"}, demonstration=True)
    marked = association.observed().units.set_index("unit")["demonstration"]
    assert [unit for unit, invented in marked.items() if invented] == ["CL-01"]


OF_TEAM = {
    "team itself": ("CL-01-T1", "", True),
    "the cluster's own staff": ("CL-01", "", True),
    "tied to the team": ("CL-02", "CL-01-T1", True),
    "member of its cluster": ("CL-01-M1", "", False),
    "member of another cluster": ("CL-02-M1", "", False),
    "nobody's": ("", "", False),
}


@pytest.mark.parametrize("case", OF_TEAM)
def test_a_team_is_judged_by_the_members_of_its_cluster(association: Association, case: str) -> None:
    """They are whom it works for; only who belongs to the team or to the cluster itself does not count."""
    affiliation, ties, tied = OF_TEAM[case]
    association.take({"raters.csv": f"rater,affiliation,ties\nR-09,{affiliation},{ties}\n"})
    assert ("R-09" in association.observed().tied_to("CL-01-T1")) is tied


LATER = {
    "an addition": {
        "units.csv": "unit,name,kind,parent\nCL-03,Southern Glass,cluster,\n",
        "raters.csv": "rater,affiliation,ties\nR-03,CL-03,\n",
        "figures.csv": "unit,year,indicator,value\nCL-03,2024,turnover,3000000\nCL-01,2024,turnover,1100000\n",
        "answers.csv": "unit,year,rater,item,answer\nCL-02,2024,R-03,cooperation,2\n",
    },
    "a correction": {
        "corrections.csv": corrections(
            {"table": "figures", "action": "correct", "unit": "CL-01", "year": "2023", "indicator": "turnover"}
            | {"expect": "1000000", "value": "1200000"}
        )
    },
    "a tie": {
        "corrections.csv": corrections(
            {"table": "raters", "action": "correct", "rater": "R-01", "column": "affiliation", "value": "CL-01"}
        )
    },
}


@pytest.mark.parametrize("demonstration", [False, True])
@pytest.mark.parametrize("case", LATER)
def test_what_was_observed_at_a_head_is_found_again(
    association: Association, case: str, *, demonstration: bool
) -> None:
    """Cell by cell, with the types: whether it is taken from what is known now or from the records."""
    then = association.ledger.head()
    association.take(LATER[case], demonstration=demonstration)
    now = observe(association.ledger)
    found, afresh = (
        observe(association.ledger, then),
        observations_of(State.of(association.ledger.read()[: then.count]), then),
    )
    for name in ("units", "raters", "figures", "answers", "employment"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(afresh, name))
    assert (found.head, found.digest) == (then, afresh.digest)
    assert found.digest != now.digest
