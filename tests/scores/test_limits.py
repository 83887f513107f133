"""Limits that hold for a whole family: the stated rate of false alarms, and a flag exactly beyond a limit."""

import numpy as np
import pytest
from scipy.stats import binom

from clusterscore.scores.limits import FAMILY_ERROR, judge
from clusterscore.vocabulary import Flag

MEMBERS = np.ones(30, dtype=bool)


def family(rng: np.random.Generator, n_samples: int) -> np.ndarray:
    """Return statistics of raters of whom some answered much and some little: skewed, of different spread."""
    return rng.chisquare(np.linspace(2, 60, len(MEMBERS)), size=(n_samples, len(MEMBERS)))


@pytest.mark.parametrize("both_sides", [True, False])
def test_false_alarms_of_the_family_are_as_rare_as_stated(*, both_sides: bool) -> None:
    """Over 2,000 honest families of thirty, within what chance allows on either side."""
    rng, n_families = np.random.default_rng(1), 2000
    alarms = 0
    for _ in range(n_families):
        drawn = family(rng, 201)
        alarms += judge(drawn[0], drawn[1:], MEMBERS, both_sides=both_sides)["flag"].ne(Flag.NONE).any()
    low, high = binom.ppf([0.001, 0.999], n_families, FAMILY_ERROR)
    assert low <= alarms <= high


@pytest.mark.parametrize("both_sides", [True, False])
def test_a_flag_stands_exactly_beyond_a_limit(*, both_sides: bool) -> None:
    """And exactly where the chance is at most the stated one."""
    rng = np.random.default_rng(2)
    observed = family(rng, 1)[0] * rng.choice([0.2, 1.0, 3.0], size=len(MEMBERS))
    table = judge(observed, family(rng, 400), MEMBERS, both_sides=both_sides)
    above, below = table["observed"] > table["high"], table["observed"] < table["low"]
    assert above.any()
    assert (table["flag"] == Flag.HIGH).tolist() == above.tolist()
    assert (table["flag"] == Flag.LOW).tolist() == below.tolist()
    assert below.any() == both_sides
    assert (table["p_family"] <= FAMILY_ERROR).tolist() == (above | below).tolist()


def test_the_expected_value_is_the_mean_of_the_replicates() -> None:
    """And lies within the limits."""
    replicated = family(np.random.default_rng(3), 400)
    table = judge(replicated[0], replicated, MEMBERS, both_sides=True)
    np.testing.assert_allclose(table["expected"], replicated.mean(axis=0))
    assert ((table["low"] < table["expected"]) & (table["expected"] < table["high"])).all()


def test_who_is_not_assessable_has_no_numbers_and_does_not_count() -> None:
    """Whatever was observed, nobody else's limit depends on it."""
    drawn, told = family(np.random.default_rng(4), 401), MEMBERS.copy()
    told[:3] = False
    drawn[:, 0], drawn[0, 1] = 7.0, 1e9
    table = judge(drawn[0], drawn[1:], told)
    assert (table["flag"][:3] == Flag.NOT_ASSESSABLE).all()
    assert table.loc[:2, ["observed", "expected", "high", "p_family"]].isna().all(axis=None)
    alone = judge(drawn[0, 3:], drawn[1:, 3:], MEMBERS[3:])
    np.testing.assert_allclose(table["p_family"][3:], alone["p_family"])


def test_where_replicates_are_alike_nothing_is_said() -> None:
    """What could not differ is no evidence; a family of such members has no flag."""
    table = judge(np.full(30, 2.0), np.ones((400, 30)), MEMBERS)
    assert (table["flag"] == Flag.NOT_ASSESSABLE).all()


def test_too_few_replicates_are_refused() -> None:
    """Thirty cannot show what happens in one family of forty."""
    with pytest.raises(ValueError, match="30 replicates are too few"):
        judge(np.zeros(30), family(np.random.default_rng(5), 30), MEMBERS, both_sides=True)
