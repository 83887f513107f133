"""Importance weights: exact where nothing has to be approximated, and honest where they cannot be relied on."""

import numpy as np
import pytest
from arviz_stats.base import array_stats
from scipy import stats

from clusterscore.posterior.pareto import smoothed
from clusterscore.posterior.weights import weigh

N = 4000


def normal(seed: int = 1) -> np.ndarray:
    """Return draws from a standard normal distribution."""
    return np.random.default_rng(seed).normal(size=N)


@pytest.mark.parametrize(("shift", "sd"), [(0.0, 1.0), (0.3, 0.9), (-0.5, 0.7)])
def test_weights_lead_to_a_conjugate_posterior(shift: float, sd: float) -> None:
    """Mean and standard deviation of the target, within Monte Carlo error."""
    draws = normal()
    found = weigh(stats.norm.logpdf(draws, shift, sd) - stats.norm.logpdf(draws))
    error = 1.0 / np.sqrt(N * found.efficiency)
    assert found.pareto_k <= found.limit
    assert found.mean(draws) == pytest.approx(shift, abs=4.0 * sd * error)
    assert found.sd(draws) == pytest.approx(sd, abs=4.0 * sd * error)


def test_equal_ratios_take_every_sample_once() -> None:
    """Nothing is lost where nothing was learnt."""
    found = weigh(np.full(N, -3.0))
    assert found.efficiency == 1.0
    np.testing.assert_array_equal(found.resample(), np.arange(N))


def test_a_target_far_off_is_not_reached() -> None:
    """And the shape of the ratios says so."""
    draws = normal()
    found = weigh(stats.norm.logpdf(draws, 4.0, 0.5) - stats.norm.logpdf(draws))
    assert found.pareto_k > found.limit


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_ratios_that_are_no_numbers_are_not_relied_on(bad: float) -> None:
    """However many of the others are."""
    ratio = normal()
    ratio[7] = bad
    assert weigh(ratio).pareto_k == np.inf


def test_a_sample_that_the_target_excludes_gets_no_weight() -> None:
    """All others keep theirs."""
    ratio = 0.1 * normal()
    ratio[7] = -np.inf
    found = weigh(ratio)
    assert found.pareto_k <= found.limit
    assert found.weight[7] < 1e-12
    assert 7 not in found.resample()


def test_resampling_counts_are_the_weights() -> None:
    """Each sample is taken its expected number of times, rounded up or down."""
    found = weigh(0.8 * normal())
    counts = np.bincount(found.resample(), minlength=N)
    assert counts.sum() == N
    assert np.abs(counts - N * found.weight).max() <= 1.0 + 1e-9


@pytest.mark.parametrize("n", [30, 225, 226, 6000])
@pytest.mark.parametrize("spread", [0.01, 1.0, 8.0])
def test_the_largest_ratios_are_smoothed_as_arviz_does(n: int, spread: float) -> None:
    """Small and large samples, light and heavy tails: the same weights and the same shape."""
    rng = np.random.default_rng(n)
    for log_ratio in (rng.normal(size=n), rng.standard_t(3, size=n), rng.exponential(size=n)):
        expected, k = array_stats.psislw(-spread * log_ratio)
        found, shape = smoothed(spread * log_ratio)
        assert shape == pytest.approx(k, abs=1e-9)
        np.testing.assert_allclose(found - found.max(), expected - expected.max(), atol=1e-9)


def test_ratios_of_one_size_have_no_shape() -> None:
    """A tail in which most are equal is none that could be relied on."""
    assert smoothed(np.repeat([0.0, 1.0], 500))[1] == np.inf


def slow(rho: float, chains: int = 4, quantities: int = 50) -> np.ndarray:
    """Return autocorrelated standard normal series, dims (sample, quantity), one chain after the other."""
    rng, series = np.random.default_rng(2), np.empty((chains, N // chains, quantities))
    series[:, 0] = rng.normal(size=(chains, quantities))
    for step in range(1, N // chains):
        kick = rng.normal(size=(chains, quantities))
        series[:, step] = rho * series[:, step - 1] + np.sqrt(1.0 - rho**2) * kick
    return series.reshape(N, quantities)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_effective_samples_of_equal_weights_are_those_of_arviz(rho: float) -> None:
    """Of means; ours hold the target's mean to be that of all chains together."""
    series = slow(rho)
    found = weigh(np.zeros(N)).effective(series, 4)
    theirs = array_stats.ess(series.reshape(4, N // 4, -1), chain_axis=0, draw_axis=1, method="mean")
    assert np.median(found / theirs) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_effective_samples_count_weights_and_autocorrelation(rho: float) -> None:
    """Where both have nothing to do with one another, the variances they add are added."""
    weights = weigh(0.8 * np.random.default_rng(3).normal(size=N))
    found = weights.effective(slow(rho), 4)
    slowness = 2.0 * rho / (1.0 - rho)
    assert np.median(found) == pytest.approx(N / (1.0 / weights.efficiency + slowness), rel=0.1)
