"""What is told of those who answered: nothing of fewer than five, and no two tables that tell of them together."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.predict import Predicted
from clusterscore.scores.disclosure import Rules, told_apart
from clusterscore.scores.opinions import ALL, _shown, opinions
from tests.posterior import tiny

RULES = Rules()
HOMES = st.lists(st.sampled_from(["food", "wood", None]), min_size=1, max_size=18)


def about(homes: list[str | None]) -> tuple[pd.DataFrame, Observations]:
    """Return answers of raters of these sectors on a unit of the sector food, three of each."""
    rows = pd.DataFrame({"rater": np.repeat(np.arange(len(homes)), 3)})
    units = pd.DataFrame({"unit": ["A"], "sector": ["food"]})
    empty = pd.DataFrame()
    return rows, Observations(units, empty, empty, empty, head=None)  # type: ignore[arg-type]


@given(HOMES)
def test_no_group_and_no_difference_of_groups_is_under_five(homes: list[str | None]) -> None:
    """Of what is told of a unit, whichever two tables are compared, and their parts against the whole."""
    rows, observations = about(homes)
    told = {who: set(rows.loc[chosen, "rater"]) for who, chosen in _shown(rows, homes, observations, "A", RULES)}
    assert all(len(raters) >= RULES.raters for raters in told.values())
    assert told_apart([[str(rater) for rater in group] for group in told.values()], RULES.raters) == []
    whole = told.pop(ALL, set())
    left = whole - set().union(*told.values())
    assert not told or not left or len(left) >= RULES.raters


def test_five_raters_are_enough_and_four_are_not() -> None:
    """The whole is told from five on."""
    for n, expected in ((4, []), (5, [ALL])):
        rows, observations = about([None] * n)
        assert [who for who, _ in _shown(rows, [None] * n, observations, "A", RULES)] == expected


@pytest.fixture(scope="module")
def design(document: Function, invented: Observations) -> Design:
    """Return the design of the tiny association."""
    return make_design(document, invented)


def predicted(design: Design, rng: np.random.Generator, spread: float) -> Predicted:
    """Return expectations in the middle and replicates that spread so far about them."""
    shape = (200, len(design.answers))
    expected = np.full(shape, 2.0, dtype=np.float32)
    drawn = np.clip(np.round(2.0 + spread * rng.normal(size=shape)), 0, 4)
    return Predicted(expected, np.ones(shape, np.float32), drawn.astype(np.uint8))


def test_disagreement_is_more_probable_where_replicates_spread_less(design: Design, invented: Observations) -> None:
    """The same answers are surprising where the model expects agreement."""
    few = Rules(raters=3)
    found = [
        opinions(design, predicted(design, np.random.default_rng(1), spread), invented, few)["p_more"].mean()
        for spread in (0.2, 0.8, 3.0)
    ]
    assert all(more > less for more, less in pairwise(found))


def test_a_group_that_answers_higher_is_seen_to(design: Design, invented: Observations) -> None:
    """Every answer one step higher moves ``above`` by one step."""
    rows = design.answers.assign(category=np.minimum(design.answers["category"], 2))
    low, high = (
        opinions(replace(design, answers=rows.assign(category=rows["category"] + up)), made, invented, Rules(raters=3))
        for up in (0, 1)
        for made in [predicted(design, np.random.default_rng(1), 1.0)]
    )
    assert len(low) > 0
    assert (high["above"] - low["above"]).to_numpy() == pytest.approx(1.0)
    assert low["year"].max() == tiny.EDITION
