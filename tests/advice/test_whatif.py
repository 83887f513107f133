"""What if a figure or a pillar were another: the grid is what the posterior itself says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr
from scipy.stats import nbinom, t

from clusterscore.advice.levels import Levels
from clusterscore.advice.standing import next_level
from clusterscore.advice.tables import TABLES
from clusterscore.advice.view import View
from clusterscore.advice.whatif import FIGURE_GRID, PILLAR_GRID, log_likelihood, what_if
from clusterscore.model.transforms import standardise


@pytest.fixture(scope="module")
def grid(looked: View, levels: Levels) -> pd.DataFrame:
    """Return the grid of the cohort."""
    return what_if(looked, levels)


def test_every_unit_has_seven_points_for_every_pillar_and_every_figure_of_its_own(
    grid: pd.DataFrame, looked: View
) -> None:
    """Figures of members and derived ones have none."""
    own = [part.id for part in looked.function.indicators if part.of == "unit" and part.derived is None]
    counted = grid.groupby(["unit", "about"]).size()
    assert set(counted) == {len(PILLAR_GRID)} == {len(FIGURE_GRID)}
    assert len(counted) == len(looked.names) * (len(own) + len(looked.function.pillars))
    assert list(grid.columns) == list(TABLES["whatif"])


def test_a_pillar_put_elsewhere_moves_the_score_by_its_weight(grid: pd.DataFrame, looked: View) -> None:
    """Worked out again: the standing of every draw plus lift times the way."""
    row = grid[(grid["about"] == "exports") & (grid["point"] == 6)].iloc[2]
    unit, pillar = looked.place(row["unit"]), looked.pillar("exports")
    there = looked.with_position(unit, pillar, np.full(len(looked.standing), 0.8416212))  # 80 on the published scale
    assert row["x"] == 80.0
    assert row["mean"] == pytest.approx(there.score[:, unit].mean(), abs=1e-4)
    assert row["q95"] == pytest.approx(np.quantile(there.score[:, unit], 0.95), abs=0.2)


def test_scores_rise_with_the_pillar(grid: pd.DataFrame) -> None:
    """And so does the chance of the next level."""
    for _, own in grid[grid["kind"] == "pillar"].groupby(["unit", "about"]):
        assert own["mean"].is_monotonic_increasing
        assert own["p_next"].dropna().is_monotonic_increasing
        assert (own["q05"] <= own["mean"]).all()
        assert (own["mean"] <= own["q95"]).all()


def test_the_figure_that_was_reported_changes_nothing(looked: View, levels: Levels) -> None:
    """At the value that the unit has reported the score is as published."""
    part = looked.indicator("export_share")
    row = looked.figures[looked.figures["indicator"] == part].iloc[0]
    same = looked.figures.copy()
    same.loc[same["indicator"] == part, "value"] = row["value"]  # then the whole grid is that value
    found = what_if(replace(looked, figures=same), levels)
    own = found[(found["unit"] == looked.names[int(row["unit"])]) & (found["about"] == "export_share")]
    assert own["mean"].to_numpy() == pytest.approx(looked.score[:, int(row["unit"])].mean())
    assert own["x"].to_numpy() == pytest.approx(own["now"].to_numpy())


def test_another_figure_weighs_the_draws_by_its_likelihood(grid: pd.DataFrame, looked: View) -> None:
    """Against SciPy's Student-t, without smoothing: the mean of the score, for a reliable point."""
    own = grid[(grid["about"] == "turnover_growth") & grid["reliable"]]
    part = looked.indicator("turnover_growth")
    for row in own[own["point"] == 6].head(8).itertuples():
        unit = looked.place(row.unit)
        location, scale = looked.location[:, unit, part], looked.error_sd[:, part]
        now, then = (standardise(looked.function.indicators[part], value) for value in (row.now, row.x))
        ratio = t.logpdf(then, 4, location, scale) - t.logpdf(now, 4, location, scale)
        weight = np.exp(ratio - ratio.max())
        assert row.mean == pytest.approx(looked.score[:, unit] @ weight / weight.sum(), abs=0.3)


def test_the_likelihood_of_a_count_is_that_of_scipy(looked: View) -> None:
    """But for what does not depend on the draw."""
    part = looked.indicator("new_products")
    row = looked.figures[looked.figures["indicator"] == part].iloc[0]
    mean = np.exp(
        row["log_expected"] + looked.function.indicators[part].spread * looked.location[:, int(row["unit"]), part]
    )
    shape = looked.overdispersion[:, part]
    ours = log_likelihood(looked, int(row["unit"]), part, row["value"], row["log_expected"])
    theirs = nbinom.logpmf(row["value"], shape, shape / (shape + mean))
    assert np.ptp(ours - theirs) < 1e-9


def test_a_point_that_weights_cannot_reach_gives_no_number(looked: View, levels: Levels) -> None:
    """Figures far from anything expected: unreliable points are empty and say so."""
    part = looked.indicator("export_markets")
    figures = looked.figures.copy()
    figures.loc[figures["indicator"] == part, "value"] *= 1000.0
    narrow = replace(looked, figures=figures, overdispersion=looked.overdispersion * 1000.0)
    found = what_if(narrow, levels)
    own = found[found["about"] == "export_markets"]
    assert not own["reliable"].all()
    assert own.loc[~own["reliable"], ["mean", "q05", "q95", "p_next"]].isna().all(axis=None)


def test_the_next_level_is_that_of_the_published_score(grid: pd.DataFrame, looked: View, levels: Levels) -> None:
    """Not that of the score as it might be."""
    for unit, own in grid.groupby("unit"):
        aim = next_level(looked.score[:, looked.place(str(unit))], levels)
        assert set(own["next_level"]) == {"" if aim is None else aim.id}


def test_lift_is_by_how_much_the_standing_follows(looked: View) -> None:
    """The same as adding to the state and standardising again, which another test does from the posterior."""
    moved = looked.with_position(0, 0, looked.position[:, 0, 0] + 1.0)
    assert moved.standing[:, 0] - looked.standing[:, 0] == pytest.approx(looked.lift[:, 0])
    assert (moved.standing[:, 1:] == looked.standing[:, 1:]).all()
    assert (100.0 * ndtr(moved.standing) == moved.score).all()
