"""Rivals: each says what its name says, with the errors that it would have made before, from the past alone."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clusterscore.scores.baselines import FEWEST, Baseline, baselines

UNITS = [f"U-{number:03d}" for number in range(300)]


def _panel(values: np.ndarray, every: int = 1) -> pd.DataFrame:
    """Return figures of units in years; dims (unit, year)."""
    n_units, n_years = values.shape
    return pd.DataFrame(
        {
            "unit": np.repeat(UNITS[:n_units], n_years),
            "year": np.tile(2000 + every * np.arange(n_years), n_units),
            "value": values.ravel(),
        }
    )


def _of(table: pd.DataFrame, name: Baseline) -> pd.DataFrame:
    return table[table["baseline"] == name].set_index("unit")


def test_each_rival_says_what_its_name_says() -> None:
    """The last figure, the mean of all, and the mean over units of their last."""
    values = np.random.default_rng(1).normal(size=(20, 3))
    said = baselines(_panel(values), 1)
    np.testing.assert_allclose(_of(said, Baseline.LAST_VALUE)["location"], values[:, -1])
    np.testing.assert_allclose(_of(said, Baseline.UNIT_MEAN)["location"], values.mean(axis=1))
    np.testing.assert_allclose(_of(said, Baseline.AVERAGE)["location"], values[:, -1].mean())
    assert set(_of(said, Baseline.AVERAGE)["freedom"]) == {19.0}


@pytest.mark.parametrize("gap", [1, 2])
def test_spreads_are_those_of_errors_as_far_ahead(gap: int) -> None:
    """On a random walk the last value is off by the root of the years in between."""
    walk = np.random.default_rng(2).normal(size=(300, 8)).cumsum(axis=1)
    said = _of(baselines(_panel(walk), gap), Baseline.LAST_VALUE)
    sd = said["scale"] * np.sqrt(said["freedom"] / (said["freedom"] - 2.0))
    assert sd.iloc[0] == pytest.approx(np.sqrt(gap), rel=0.06)


def test_what_is_said_covers_what_comes() -> None:
    """None is handicapped: intervals hold 90 % of figures without memory, within 4 standard errors."""
    values = np.random.default_rng(3).normal(size=(300, 7))
    said = baselines(_panel(values[:, :6]), 1)
    for name in (Baseline.UNIT_MEAN, Baseline.LAST_VALUE, Baseline.AVERAGE):
        own = _of(said, name)
        place = stats.t.cdf(values[:, 6], own["freedom"], own["location"], own["scale"])
        assert ((place > 0.05) & (place < 0.95)).mean() == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 300))


def test_without_errors_of_its_own_a_rival_is_silent() -> None:
    """After a single edition, and in a handful of figures; the average speaks from three units on."""
    one_year = baselines(_panel(np.random.default_rng(4).normal(size=(20, 1))), 1)
    assert set(one_year["baseline"]) == {Baseline.AVERAGE}
    few = baselines(_panel(np.random.default_rng(5).normal(size=(FEWEST - 1, 2))), 1)
    assert set(few["baseline"]) == {Baseline.AVERAGE}
    assert baselines(_panel(np.ones((2, 1))), 1).empty


def test_the_order_of_rows_does_not_matter() -> None:
    """Units and years are sorted before anything is said."""
    panel = _panel(np.random.default_rng(6).normal(size=(20, 3)))
    pd.testing.assert_frame_equal(baselines(panel, 1), baselines(panel.sample(frac=1.0, random_state=1), 1))
