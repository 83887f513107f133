"""With whom a unit is compared follows from what units are, and what is said of the group from the draws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterscore.scores.compute import Scores
from clusterscore.scores.peer_groups import FEWEST, LADDER, _gaps, _standing, choose, describe

TRAIT = st.sampled_from(["a", "b", None])
UNITS = st.lists(st.tuples(*[TRAIT] * 5), min_size=1, max_size=24)


def described(rows: list[tuple[str | None, ...]]) -> pd.DataFrame:
    """Return units as they are described."""
    names = [f"C{number}" for number in range(len(rows))]
    return pd.DataFrame(rows, index=names, columns=["sector", "region", "country", "age", "size"], dtype=object)


@given(UNITS)
def test_a_group_shares_the_narrowest_description_that_enough_others_share(rows: list[tuple[str | None, ...]]) -> None:
    """Worked out again by counting; an unknown trait is shared with nobody."""
    table = described(rows)
    for unit, (rule, peers) in choose(table).items():
        own = table.loc[unit]
        counts = {
            one: [
                other
                for other in table.index
                if other != unit and all(own[name] is not None and own[name] == table.loc[other, name] for name in one)
            ]
            for one in LADDER
        }
        assert rule == next(one for one in LADDER if len(counts[one]) >= FEWEST or not one)
        assert peers == counts[rule]


def test_size_and_age_are_halves_of_those_that_are_compared() -> None:
    """The middle one is in the lower half; who is not recorded is in none."""
    units = pd.DataFrame(
        {"unit": list("ABCD"), "sector": "s", "region": "r", "country": "c", "founded": [2000, 2010, 2020, None]}
    ).astype({"founded": "Int64"})
    table = describe(units, 2022, {"A": 10, "B": 20, "C": 30})
    assert list(table["age"].astype(object).where(table["age"].notna(), None)) == ["upper", "lower", "lower", None]
    assert list(table["size"].astype(object).where(table["size"].notna(), None)) == ["lower", "lower", "upper", None]


def test_median_and_best_are_taken_draw_by_draw() -> None:
    """The best of each draw, which need not be the same unit twice."""
    own, others = np.array([5.0, 5.0]), np.array([[1.0, 2.0, 9.0], [8.0, 2.0, 3.0]])
    row = _standing("A", ("sector",), ["B", "C", "D"], own, others)
    assert (row["median"], row["best"], row["p_above"]) == (2.5, 8.5, 1.0)


def test_a_gap_is_to_the_median_and_to_the_upper_quartile() -> None:
    """Of the peers, in each draw."""
    gaps = _gaps(np.array([50.0]), np.array([[10.0, 20.0, 30.0, 40.0, 60.0]]))
    assert (gaps["gap"], gaps["top_gap"], gaps["p_above"], gaps["p_top"]) == (20.0, 10.0, 1.0, 1.0)


def test_every_unit_with_others_has_a_group_and_is_not_in_it(scores: Scores) -> None:
    """In the tiny association all are compared with all others."""
    peers = dict(zip(scores.peer_groups["unit"], scores.peer_groups["peers"].str.split(), strict=True))
    assert sorted(peers) == list("ABCDEFG")
    assert all(sorted([unit, *others]) == list("ABCDEFG") for unit, others in peers.items())
    assert len(scores.strengths) == 7 * scores.pillars["pillar"].nunique()


def test_the_gap_of_a_unit_and_the_probability_agree(scores: Scores) -> None:
    """An interval above 0 means a probability of at least 95 per cent."""
    table = scores.strengths
    assert (table.loc[table["q05"] > 0, "p_above"] >= 0.95).all()
    assert (table.loc[table["q95"] < 0, "p_above"] <= 0.05).all()
    assert table["p_top"].to_numpy() == pytest.approx(np.minimum(table["p_top"], table["p_above"]))
