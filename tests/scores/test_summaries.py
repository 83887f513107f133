"""Intervals and ranks against the same worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clusterscore.scores.summaries import interval, ranks, summarise

numbers = st.floats(-1e6, 1e6)
tables = arrays.arrays(np.float64, arrays.array_shapes(min_dims=2, max_dims=2, max_side=8), elements=numbers)
tied_tables = arrays.arrays(
    np.float64, arrays.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.sampled_from([-1.0, 0.0, 0.5])
)


def quantile_by_hand(values: np.ndarray, share: float) -> float:
    """Return the value below which a share of the draws lies, on the line between two neighbours."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


@given(draws=tables)
def test_the_interval_cuts_off_a_twentieth_at_either_end(draws: np.ndarray) -> None:
    """Central, of 90 %, each column by itself."""
    low, high = interval(draws)
    for column in range(draws.shape[1]):
        assert low[column] == pytest.approx(quantile_by_hand(draws[:, column], 0.05), rel=1e-9, abs=1e-6)
        assert high[column] == pytest.approx(quantile_by_hand(draws[:, column], 0.95), rel=1e-9, abs=1e-6)


def test_nine_of_ten_draws_lie_inside_and_as_many_below_as_above() -> None:
    """Whatever the shape of the distribution."""
    draws = np.random.default_rng(1).lognormal(size=(1000, 1))
    (low,), (high,) = interval(draws)
    assert ((low <= draws) & (draws <= high)).sum() == 900
    assert (draws < low).sum() == (draws > high).sum() == 50


@given(draws=tables, seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_draws_does_not_matter(draws: np.ndarray, seed: int) -> None:
    """Which chain a draw comes from says nothing."""
    mixed = np.random.default_rng(seed).permutation(draws)
    np.testing.assert_allclose(summarise(mixed), summarise(draws), rtol=1e-9, atol=1e-9)


@given(draws=tables)
def test_a_flip_of_sign_swaps_the_ends(draws: np.ndarray) -> None:
    """Equal tails know no direction."""
    (low, high), (flipped_low, flipped_high) = interval(draws), interval(-draws)
    np.testing.assert_allclose(-flipped_high, low, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(-flipped_low, high, rtol=1e-9, atol=1e-6)


def test_columns_carry_their_prefix() -> None:
    """So that two quantities fit in one table."""
    assert list(summarise(np.zeros((3, 2)), "slope_")) == ["slope_mean", "slope_q05", "slope_q95"]
    assert list(summarise(np.zeros((3, 2)))) == ["mean", "q05", "q95"]


def test_nothing_to_summarise_is_an_empty_table() -> None:
    """A function may have no items."""
    assert summarise(np.zeros((3, 0))).shape == (0, 3)


@given(draws=tables | tied_tables)
def test_the_rank_is_one_more_than_the_number_of_those_ahead(draws: np.ndarray) -> None:
    """Among equals the earlier column is ahead."""
    n_columns = draws.shape[1]
    expected = [
        [1 + sum(row[o] > row[c] or (row[o] == row[c] and o < c) for o in range(n_columns)) for c in range(n_columns)]
        for row in draws
    ]
    assert ranks(draws).tolist() == expected


@given(draws=tables | tied_tables)
def test_every_place_is_taken_once_in_every_draw(draws: np.ndarray) -> None:
    """Also where some are equal."""
    places = np.arange(1, draws.shape[1] + 1)
    assert (np.sort(ranks(draws), axis=1) == places).all()


@given(draws=tables)
def test_ranks_see_only_the_order(draws: np.ndarray) -> None:
    """Any increasing transform of a draw keeps them; here one of powers of two, which is exact."""
    np.testing.assert_array_equal(ranks(draws * 4.0), ranks(draws))
