"""Answers about the own cluster, and of raters tied to it, change no score: the model does not get to see them."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import Posterior
from clusterscore.scores.compute import Scores, compute
from tests.posterior.tiny import EDITION


@st.composite
def tied_answers(draw: st.DrawFn) -> pd.DataFrame:
    """Return answers of tied raters: about any unit, known or not, in any year, however flattering."""
    row = st.tuples(
        st.sampled_from(["A", "B", "G", "Z"]),
        st.sampled_from([2019, 2020, EDITION, 2031]),
        st.sampled_from(["R1", "R5", "S1", "S2"]),
        st.sampled_from(["joint_projects", "knowledge_withheld", "overall_standing"]),
        st.integers(1, 5),
    )
    rows = draw(st.lists(row, min_size=1, max_size=8))
    return pd.DataFrame(rows, columns=["unit", "year", "rater", "item", "answer"]).assign(tied=True)


def with_answers(observations: Observations, more: pd.DataFrame) -> Observations:
    """Return observations with more answers; unit Z is registered, and nothing else is known of it."""
    units = pd.concat([observations.units, observations.units.iloc[[0]].assign(unit="Z")], ignore_index=True)
    units = units.drop_duplicates("unit")
    answers = pd.concat([observations.answers, more.assign(record=range(10_000, 10_000 + len(more)))])
    return replace(
        observations, units=units, answers=answers.sort_values(["unit", "year", "rater", "item"], ignore_index=True)
    )


def assert_same_data(one: Design, other: Design) -> None:
    """Whatever the model gets to see is the same."""
    for field in fields(Design):
        if field.name not in {"unused", "members"}:
            old, new = getattr(one, field.name), getattr(other, field.name)
            if isinstance(old, pd.DataFrame):
                pd.testing.assert_frame_equal(
                    new.drop(columns="record", errors="ignore"), old.drop(columns="record", errors="ignore")
                )
            else:
                np.testing.assert_array_equal(new, old)


@settings(max_examples=30)
@given(more=tied_answers())
def test_tied_answers_leave_the_models_data_as_they_are(
    document: Function, invented: Observations, more: pd.DataFrame
) -> None:
    """Cells, raters, questionnaires, answers and cohort: all the same, and the tied answers are counted as unused."""
    plain = with_answers(invented, more.iloc[:0])
    design = make_design(document, with_answers(plain, more))
    assert_same_data(make_design(document, plain), design)
    assert design.unused["answers of tied raters"] == len(more)


@settings(max_examples=10)
@given(more=tied_answers())
def test_tied_answers_leave_every_published_table_as_it_is(
    document: Function, invented: Observations, posterior: Posterior, more: pd.DataFrame
) -> None:
    """Scores, verdicts, numbers of raters and of answers."""
    plain = with_answers(invented, more.iloc[:0])
    before, after = compute(document, posterior, plain), compute(document, posterior, with_answers(plain, more))
    for field in fields(Scores):
        pd.testing.assert_frame_equal(getattr(after, field.name), getattr(before, field.name))


def test_an_untied_answer_does_change_the_data(
    document: Function, invented: Observations, untied: Callable[[], pd.DataFrame]
) -> None:
    """Otherwise the tests above could not fail."""
    with pytest.raises(AssertionError):
        assert_same_data(make_design(document, invented), make_design(document, with_answers(invented, untied())))


@pytest.fixture
def untied() -> Callable[[], pd.DataFrame]:
    """Return what makes the same answer of a rater without ties."""
    columns = ["unit", "year", "rater", "item", "answer", "tied"]
    return lambda: pd.DataFrame([("A", 2020, "R5", "joint_projects", 5, False)], columns=columns)
