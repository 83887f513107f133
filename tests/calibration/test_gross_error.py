"""One figure a thousand times too high, among eight indicators: its cluster's score hardly moves, others not at all.

Sixty cases on observations that the model itself could have made: another cluster, another indicator, the last year.
Each is fitted as the package fits, and compared with the fit of the figures as they should have been. The limits are
those of ``reliability.md`` C1; shifts are in posterior standard deviations of the standing, of which scores are a
transform.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clusterscore.model.function import Function
from clusterscore.model.simulate import Plan, simulate
from clusterscore.observations.observed import Observations
from clusterscore.posterior.identity import Sampler

N_CASES, N_UNITS = 60, 20
YEARS = (2018, 2019, 2020)
SAMPLER = Sampler(tune=600, draws=2500, longer=2)
SLIP = 1000.0
USUAL, LARGEST, OTHERS = 0.5, 1.0, 0.1

Shift = tuple[float, float]


@pytest.fixture(scope="module")
def shifts(observed: Callable[..., Observations]) -> list[Shift]:
    """Return for each case how far the standing of the cluster moved, and how far that of any other at most."""
    function = Function.read(Path(__file__).with_name("eight.yml"))
    plan = Plan(dict.fromkeys([f"U{number:02d}" for number in range(N_UNITS)], YEARS[0]), YEARS, ())
    figures = simulate(function, plan, seed=7).figures
    from clusterscore.posterior.fit import fit  # noqa: PLC0415 - imports the sampler

    def standing(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        posterior = fit(function, observed(rows), YEARS[-1], SAMPLER)
        last = posterior.draws["year_of_cell"].to_numpy() == YEARS[-1]
        draws = posterior.flat("standing")[:, last]
        return draws.mean(axis=0), draws.std(axis=0), posterior.draws["unit_of_cell"].to_numpy()[last]

    mean, sd, units = standing(figures)
    rng = np.random.default_rng(8)
    candidates = figures.index[figures["year"] == YEARS[-1]]
    found = []
    for row in rng.choice(candidates, size=N_CASES, replace=False):
        slipped = figures.assign(value=figures["value"].mask(figures.index == row, figures["value"] * SLIP))
        moved = np.abs(standing(slipped)[0] - mean) / sd
        own = units == figures.loc[row, "unit"]
        found.append((float(moved[own][0]), float(moved[~own].max())))
    return found


@pytest.mark.slow
def test_a_gross_error_hardly_moves_a_score(shifts: list[Shift], capsys: pytest.CaptureFixture[str]) -> None:
    """At most half a posterior standard deviation in three of four cases, and never more than a whole one."""
    own = np.array([shift for shift, _ in shifts])
    with capsys.disabled():
        sys.stdout.write(
            f"\nown: median {np.median(own):.2f}, 75 % {np.quantile(own, 0.75):.2f}, max {own.max():.2f} sd\n"
        )
    assert np.quantile(own, 0.75) <= USUAL
    assert own.max() <= LARGEST


@pytest.mark.slow
def test_no_other_cluster_moves(shifts: list[Shift], capsys: pytest.CaptureFixture[str]) -> None:
    """By a tenth of a posterior standard deviation at most."""
    others = np.array([shift for _, shift in shifts])
    with capsys.disabled():
        sys.stdout.write(f"\nothers: median {np.median(others):.3f}, max {others.max():.3f} sd\n")
    assert others.max() <= OTHERS
