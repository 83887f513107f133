"""Scores of Student-t forecasts against numerical integration, and that they are proper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from clusterscore.scores.rules import crps, log_score, place


@pytest.mark.parametrize("freedom", [2.5, 4.0, 30.0])
@pytest.mark.parametrize("value", [-3.0, 0.2, 1.0, 8.0])
def test_the_crps_is_the_integral_that_defines_it(value: float, freedom: float) -> None:
    """Squared distance between distribution and step, for a location and scale that are not 0 and 1."""
    forecast = stats.t(freedom, 0.5, 1.7)
    below = quad(lambda x: forecast.cdf(x) ** 2, -np.inf, value, epsabs=1e-10)[0]
    above = quad(lambda x: forecast.sf(x) ** 2, value, np.inf, epsabs=1e-10)[0]
    assert crps(value, 0.5, 1.7, freedom) == pytest.approx(below + above, abs=1e-7)


def test_the_log_score_and_the_place_are_those_of_scipy() -> None:
    """Density in nats; distribution function."""
    assert log_score(1.0, 0.5, 1.7, 4.0) == pytest.approx(stats.t.logpdf(1.0, 4.0, 0.5, 1.7))
    assert place(1.0, 0.5, 1.7, 4.0) == pytest.approx(stats.t.cdf(1.0, 4.0, 0.5, 1.7))


@given(st.floats(-5, 5), st.floats(0.1, 10), st.floats(2.5, 100), st.floats(-3, 3), st.floats(0.2, 5))
def test_the_crps_grows_with_the_unit(
    value: float, scale: float, freedom: float, location: float, factor: float
) -> None:
    """Never below 0; in another unit of money it is the same multiplied."""
    score = crps(value, location, scale, freedom)
    assert score >= 0.0
    assert crps(factor * value, factor * location, factor * scale, freedom) == pytest.approx(factor * score, rel=1e-6)


@pytest.mark.parametrize("rival", [(0.3, 1.0, 4.0), (0.0, 1.5, 4.0), (0.0, 0.6, 4.0), (0.0, 1.0, 30.0)])
def test_who_says_what_is_so_scores_best(rival: tuple[float, float, float]) -> None:
    """Both rules are proper: on average nobody beats the distribution that figures come from."""
    nodes = stats.t.ppf((np.arange(200_000) + 0.5) / 200_000, 4.0)
    assert log_score(nodes, 0.0, 1.0, 4.0).mean() > log_score(nodes, *rival).mean()
    assert crps(nodes, 0.0, 1.0, 4.0).mean() < crps(nodes, *rival).mean()
