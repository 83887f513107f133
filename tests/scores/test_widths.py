"""Widths of forecasts are learnt from how the forecasts before them turned out."""

from __future__ import annotations

from itertools import count

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clusterscore.scores.baselines import Baseline
from clusterscore.scores.prequential import UPDATED
from clusterscore.scores.widths import _NEAR, widths

UNITS, EDITIONS = 24, 12


def told(places: np.ndarray, edition: int, *, indicator: str = "turnover", forecaster: str = UPDATED) -> pd.DataFrame:
    """Return forecasts of one edition whose figures lay at these places."""
    columns = {"indicator": indicator, "edition": edition, "forecaster": forecaster, "place": places}
    return pd.DataFrame(columns, index=range(len(places)))


def story(right: list[float], seed: int, n_units: int = UNITS) -> list[float]:
    """Return the width issued in each edition, where in each another one would be right."""
    rng, scored, issued = np.random.default_rng(seed), told(np.empty(0), 0), []
    for edition, width in zip(count(), right):
        issued.append(widths(scored).get("turnover", 1.0))
        places = stats.norm.cdf(width / issued[-1] * rng.normal(size=n_units))
        scored = pd.concat([scored, told(places, edition)])
    return issued


def test_without_a_figure_nothing_is_learnt() -> None:
    """The posterior's own width stands."""
    assert widths(told(np.empty(0), 0)) == {}


def test_only_the_posterior_s_own_forecasts_count() -> None:
    """By indicator; what rivals said of the same figures is left out."""
    narrow = np.linspace(0.3, 0.7, UNITS)
    scored = pd.concat([told(narrow, 1), told(narrow, 1, indicator="exports", forecaster=str(Baseline.AVERAGE))])
    assert list(widths(scored)) == ["turnover"]


@pytest.mark.parametrize("right", [0.7, 1.0, 1.5])
def test_widths_come_to_what_would_have_been_right(right: float) -> None:
    """Within a few editions, and they stay about there; more slowly where few units are seen."""
    for n_units, near in ((250, 0.06), (UNITS, 0.15)):
        issued = np.log([story([right] * EDITIONS, seed, n_units)[3:] for seed in range(40)])
        assert abs(issued.mean() - np.log(right)) < 0.03
        assert issued.std() < near


def test_a_change_is_followed() -> None:
    """An edition that moved less than those before makes the next forecasts narrower."""
    issued = story([1.0] * 4 + [0.6] * 5, seed=3, n_units=250)
    assert issued[3] == pytest.approx(1.0, abs=0.15)
    assert issued[5] < 0.8
    assert issued[-1] == pytest.approx(0.6, abs=0.08)


def test_right_forecasts_lose_next_to_nothing() -> None:
    """Learnt from 24 units, 90 % intervals of forecasts that were right still hold about 90 %."""
    issued = np.array([story([1.0] * EDITIONS, seed) for seed in range(60)])
    held = 1.0 - 2.0 * stats.norm.sf(1.645 * issued)
    assert held.mean() == pytest.approx(0.9, abs=0.015)


def test_one_slip_does_not_widen_all_forecasts() -> None:
    """A figure a thousand times too large counts as one that lay three standard deviations off."""
    places = (np.arange(UNITS) + 0.5) / UNITS
    slipped = np.append(places[:-1], 1.0)
    before, after = (widths(told(where, 1))["turnover"] for where in (places, slipped))
    assert before < after < 1.2 * before


def test_figures_where_they_were_expected_make_no_forecast_certain() -> None:
    """Even where every figure came as foretold the width stays above nothing."""
    assert widths(told(np.full(UNITS, 0.5), 1))["turnover"] > _NEAR
