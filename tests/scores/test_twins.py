"""Raters who copy are found, and pairs who think alike hardly ever."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binom

from clusterscore.observations.observed import Observations
from clusterscore.scores.limits import FAMILY_ERROR, judge
from clusterscore.scores.peers import N_REPLICATES
from clusterscore.scores.twins import COMMON, Pairs, twins
from clusterscore.vocabulary import Flag
from tests.scores.honest import Association, association, questionnaire, sheets_of
from tests.scores.test_raters import TYPICAL, plan

COPIED, COPIER = "R000", "R001"


@pytest.fixture(scope="module")
def ordinary(observed: Callable[..., Observations]) -> Association:
    """Return twelve units, thirty raters, eight of them on each unit."""
    return association(questionnaire(), plan(12, 30, 8), observed, 1, **TYPICAL)


def answers_of(told: Association, rater: str) -> dict[tuple[int, int], int]:
    """Return the places of a rater's answers by cell and item."""
    rows = told.design.answers
    mine = [place for name, places in sheets_of(told.design) if name == rater for place in places]
    return {(rows["cell"][place], rows["item"][place]): place for place in mine}


def test_identical_answers_are_counted_in_what_both_answered(ordinary: Association) -> None:
    """For every pair with enough in common and for no other."""
    table = twins(ordinary.design, ordinary.predicted(60)).set_index(["rater", "other"])
    category, expected = ordinary.design.answers["category"].to_numpy(), {}
    for pair in combinations(ordinary.design.raters, 2):
        one, other = (answers_of(ordinary, rater) for rater in pair)
        common = [(category[one[key]], category[other[key]]) for key in sorted(set(one) & set(other))]
        if len(common) >= COMMON:
            expected[pair] = (len(common), np.mean([first == second for first, second in common]))
    assert list(table.index) == list(expected)
    assert table["n_common"].tolist() == [n_common for n_common, _ in expected.values()]
    np.testing.assert_allclose(table["observed"], [share for _, share in expected.values()])


def test_honest_editions_have_as_few_flags_as_stated(observed: Callable[..., Observations]) -> None:
    """400 editions of ten associations with parameters from the priors, within what chance allows."""
    rng, alarms, n_editions = np.random.default_rng(8), 0, 0
    for seed in range(10):
        told = association(questionnaire(), plan(12, 30, 8), observed, seed)
        pairs = Pairs(told.design)
        drawn = np.stack([pairs.identical(category) for category in told.predicted(1200, seed).replicated])
        for _ in range(40):
            edition, *others = rng.choice(len(drawn), 1 + N_REPLICATES, replace=False)
            everyone = np.ones(len(pairs.n_common), dtype=bool)
            alarms += judge(drawn[edition], drawn[others], everyone)["flag"].eq(Flag.HIGH).any()
            n_editions += 1
    assert alarms <= binom.ppf(0.999, n_editions, FAMILY_ERROR)


def test_a_rater_who_copies_is_found_with_the_one_copied(observed: Callable[..., Observations]) -> None:
    """Nine in ten of 48 answers copied: every time in twenty associations, and others are named as chance allows."""
    found, others = 0, 0
    for seed in range(20):
        told = association(questionnaire(), plan(6, 12, 12), observed, seed, **TYPICAL)
        rng, category = np.random.default_rng(seed), told.design.answers["category"].to_numpy().copy()
        copied, copier = answers_of(told, COPIED), answers_of(told, COPIER)
        for key in set(copied) & set(copier):
            if rng.uniform() < 0.9:
                category[copier[key]] = category[copied[key]]
        cheated = told.with_answers(category)
        table = twins(cheated.design, cheated.predicted(N_REPLICATES)).set_index(["rater", "other"])
        found += table.loc[(COPIED, COPIER), "flag"] == Flag.HIGH
        others += (table.drop(index=(COPIED, COPIER))["flag"] == Flag.HIGH).any()
    assert found == 20
    assert others <= binom.ppf(0.999, 20, FAMILY_ERROR)


def test_raters_with_nothing_in_common_are_no_pair(observed: Callable[..., Observations]) -> None:
    """One rater a unit: there is nobody to be compared with, and no row."""
    told = association(questionnaire(), plan(2, 1, 1), observed, 1, **TYPICAL)
    assert twins(told.design, told.predicted(60)).empty
