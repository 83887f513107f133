"""Leave-one-out against refits in closed form, and calibrated against replicated data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior import loo
from clusterscore.posterior.checks import answer_shares, coverage, places
from clusterscore.posterior.likelihood import LogLikelihood, Samples, log_likelihood, samples_of
from clusterscore.posterior.loo import LeftOut, leave_one_out
from clusterscore.posterior.record import Posterior

Fit = tuple[Design, Samples, LeftOut]


@pytest.fixture(scope="module")
def fit(document: Function, fitted: Posterior, invented: Observations) -> Fit:
    """Return the tiny association's design, draws and leave-one-out predictions."""
    design, samples = make_design(document, invented), samples_of(fitted.draws)
    return design, samples, leave_one_out(design, samples, log_likelihood(design, samples))


def test_a_normal_mean_is_predicted_as_without_the_observation(
    monkeypatch: pytest.MonkeyPatch, document: Function, invented: Observations
) -> None:
    """With a known answer: the sign of the weights, their normalisation and the sum."""
    design = make_design(document, invented)
    n_rows = len(design.figures) + len(design.counts) + len(design.questionnaires)
    rng = np.random.default_rng(1)
    data = rng.normal(1.0, 1.0, n_rows)
    draws = rng.normal(data.mean(), n_rows**-0.5, 4000)
    by_row = stats.norm.logpdf(data[None], draws[:, None])
    empty = np.empty((4000, 0))
    monkeypatch.setattr(loo, "_replicated", lambda *_arguments: (0.0, 1.0))
    found = leave_one_out(design, {}, LogLikelihood(by_row, empty, empty)).table["elpd"]
    others = (data.sum() - data) / (n_rows - 1)
    expected = stats.norm.logpdf(data, others, np.sqrt(1.0 + 1.0 / (n_rows - 1)))
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_every_observation_has_its_row(fit: Fit) -> None:
    """Figures have no rater; a questionnaire has unit, year and rater."""
    design, _, left_out = fit
    table = left_out.table
    asked = table[table["what"] == loo.QUESTIONNAIRE]
    assert len(asked) == len(design.questionnaires)
    assert asked["rater"].notna().all()
    assert table.loc[table["what"] != loo.QUESTIONNAIRE, "rater"].isna().all()
    assert np.isfinite(table[["elpd", "expected", "variance", "k_hat"]].to_numpy(float)).all()
    np.testing.assert_allclose(np.exp(left_out.log_weights).sum(axis=0), 1.0)


@pytest.mark.parametrize("column", ["unit", "year", "rater"])
def test_data_of_the_model_itself_surprise_nobody(fit: Fit, column: str) -> None:
    """What was simulated from the model is predicted about as well as the model expects."""
    table = fit[2].by(column)
    assert (table["z"].abs() < 4.5).all()
    assert table["z"].is_monotonic_increasing


def test_one_figure_far_out_makes_its_unit_the_worst_predicted(fit: Fit) -> None:
    """A slip of the decimal point is found by unit, and the other units stay as they were."""
    design, samples, _ = fit
    value = design.figures["value"].to_numpy().copy()
    value[0] += 30.0
    changed = replace(design, figures=design.figures.assign(value=value))
    found = leave_one_out(changed, samples, log_likelihood(changed, samples)).by("unit")
    assert found["unit"].iloc[0] == design.units[design.cell_unit[design.figures["cell"].iloc[0]]]
    assert found["z"].iloc[0] < -3.0


def test_places_are_shares_and_counted_by_indicator(fit: Fit) -> None:
    """The table of coverage has a row per indicator, with the chance band around 90 %."""
    design, samples, left_out = fit
    found = places(design, samples, left_out.log_weights)
    assert found["place"].between(0.0, 1.0).all()
    table = coverage(found)
    assert list(table["n"]) == [int((found["indicator"] == name).sum()) for name in table["indicator"]]
    assert (table["low"] < 0.9).all()
    assert (table["high"] >= 0.9).all()


def test_shares_of_answers_sum_to_one_and_hold_what_was_observed(fit: Fit) -> None:
    """Thresholds fit every item, so most observed shares lie within the predictive interval."""
    design, samples, _ = fit
    table = answer_shares(design, {name: values[:100] for name, values in samples.items()})
    np.testing.assert_allclose(table.groupby("item")[["observed", "expected"]].sum(), 1.0)
    assert table["observed"].between(table["q05"], table["q95"]).mean() > 0.7
