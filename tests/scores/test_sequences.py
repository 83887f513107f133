"""A confidence sequence covers at all times at once, at least as often as it says; ordinary intervals do not."""

import numpy as np
import pytest
from scipy import stats

from clusterscore.scores.sequences import LEVEL, TUNED_TO, confidence_sequence

N_RUNS, N_TIMES = 2000, 500
HIGHEST = stats.binom.ppf(0.999, N_RUNS, 1.0 - LEVEL)
"""Runs in which a sequence of just this level leaves the mean out at some time, at most, but for 1 chance in 1,000."""


def _left_out(observations: np.ndarray, mean: float | np.ndarray = 0.0) -> int:
    low, high = confidence_sequence(observations)
    return int(((low > mean) | (high < mean)).any(axis=-1).sum())


@pytest.mark.parametrize("sd", [0.01, 1.0, 50.0])
def test_normal_observations_are_covered_at_all_times(sd: float) -> None:
    """Whatever their standard deviation, from the second observation on."""
    drawn = np.random.default_rng(1).normal(3.0, sd, size=(N_RUNS, N_TIMES))
    assert _left_out(drawn, 3.0) <= HIGHEST


def test_gains_in_log_score_without_any_gain_are_covered_at_all_times() -> None:
    """Two rivals who are wrong by the same amount on both sides: skewed differences, of mean 0."""
    value = np.random.default_rng(2).standard_t(4.0, size=(N_RUNS, N_TIMES))
    gain = stats.t.logpdf(value, 4.0, 0.4) - stats.t.logpdf(value, 4.0, -0.4)
    assert _left_out(gain) <= HIGHEST


def test_dependent_observations_are_covered_around_what_was_to_be_expected() -> None:
    """The mean of each hangs on the ones before; covered is the average of these means."""
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(N_RUNS, N_TIMES))
    mean = np.zeros((N_RUNS, N_TIMES))
    for time in range(1, N_TIMES):
        mean[:, time] = 0.3 * np.tanh(noise[:, time - 1])
    assert _left_out(mean + noise, np.cumsum(mean, axis=1) / np.arange(1, N_TIMES + 1)) <= HIGHEST


def test_ordinary_intervals_are_not_covered_at_all_times() -> None:
    """The test above has teeth: looked at after each observation, a t-interval fails several times as often."""
    drawn, n = np.random.default_rng(1).normal(size=(N_RUNS, N_TIMES)), np.arange(1, N_TIMES + 1)
    mean = drawn.cumsum(axis=1) / n
    sd = np.sqrt((drawn**2).cumsum(axis=1) / n - mean**2 + 1e-12)
    left_out = (np.abs(mean) > 1.96 * sd / np.sqrt(n))[:, 10:].any(axis=1)
    assert left_out.sum() > 3 * HIGHEST


def test_a_gain_is_shown_in_time() -> None:
    """A tenth of a nat with a standard deviation of half a nat, in most runs within 1,000 figures."""
    drawn = np.random.default_rng(4).normal(0.1, 0.5, size=(200, 1000))
    assert (confidence_sequence(drawn)[0][:, -1] > 0.0).mean() > 0.9


def test_it_is_narrowest_for_its_width_where_it_is_tuned() -> None:
    """And there not wider than twice the interval of one look."""
    drawn = np.random.default_rng(5).normal(size=10 * TUNED_TO)
    low, high = confidence_sequence(drawn)
    n = np.arange(1, len(drawn) + 1)
    relative = ((high - low) / 2.0 * np.sqrt(n))[20:]
    assert relative[TUNED_TO - 20] < 2.0 * 1.96
    assert (confidence_sequence(drawn, tuned_to=10)[1] - low)[TUNED_TO] > (high - low)[TUNED_TO]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_observations_say_nothing(n: int) -> None:
    """An infinite interval, without a warning."""
    low, high = confidence_sequence(np.arange(float(n)))
    assert low.shape == (n,)
    assert np.isneginf(low).all()
    assert np.isposinf(high).all()
