"""Fair averages: what an average rater would have answered, whoever was asked."""

from collections.abc import Callable

import numpy as np
import pytest

from clusterscore.model.simulate import Plan
from clusterscore.observations.observed import Observations
from clusterscore.posterior.predict import answering, of_average_rater
from clusterscore.scores.fair import fair_averages
from tests.scores.honest import N_ITEMS, Association, association, questionnaire
from tests.scores.test_raters import TYPICAL

RATERS = tuple(f"R{number}" for number in range(8))
PLAN = Plan(dict.fromkeys("ABCDEF", 2020), (2020, 2021), (2020, 2021), dict.fromkeys(RATERS), raters_per_unit=4)


@pytest.fixture(scope="module")
def told(observed: Callable[..., Observations]) -> Association:
    """Return an association whose raters differ by up to four logits."""
    return association(questionnaire(), PLAN, observed, 1, **TYPICAL, severity=np.linspace(-2.0, 2.0, len(RATERS)))


def test_there_is_a_row_for_every_unit_year_and_pillar_with_answers(told: Association) -> None:
    """And one for the overall item, with an empty pillar; raw means are those of the answers turned round."""
    table = fair_averages(told.design, answering(told.posterior, told.design, 4))
    assert len(table) == 6 * 2 * 2
    assert set(table["pillar"]) == {"ties", ""}
    assert table["n_answers"].sum() == len(told.design.answers)
    rows, design = told.design.answers, told.design
    for row in table.itertuples():
        here = (np.asarray(design.units)[design.cell_unit] == row.unit) & (
            np.asarray(design.years)[design.cell_year] == row.year
        )
        asked = (rows["item"] == N_ITEMS - 1) == (row.pillar == "")
        given = rows["category"][here[rows["cell"]] & asked]
        assert (row.n_answers, row.raw_mean) == (len(given), pytest.approx(1.0 + given.mean()))


def test_the_fair_average_is_what_an_average_rater_would_answer(told: Association) -> None:
    """Over the questions that were answered, each as often as it was."""
    answers, rows = answering(told.posterior, told.design, 4), told.design.answers
    table, level = fair_averages(told.design, answers), of_average_rater(answers, told.design)[0]
    of_pillar = rows[rows["item"] < N_ITEMS - 1]
    by_hand = [level[group["cell"], group["item"]].mean() for _, group in of_pillar.groupby("cell")]
    np.testing.assert_allclose(table.loc[table["pillar"] == "ties", "mean"], by_hand)


def test_it_does_not_depend_on_who_was_asked(told: Association) -> None:
    """Raw means are far apart where severe and mild raters judge the same; fair averages are nearly the truth."""
    table = fair_averages(told.design, answering(told.posterior, told.design, 4))
    severity = told.posterior.draws["severity"].to_numpy()[0, 0]
    sheets = told.design.questionnaires
    asked = sheets.assign(severity=severity[sheets["rater"]]).groupby("cell")["severity"].mean().to_numpy()
    of_pillar = table[table["pillar"] == "ties"]
    difference = (of_pillar["raw_mean"] - of_pillar["mean"]).to_numpy()
    assert np.corrcoef(difference, asked)[0, 1] < -0.8


def test_the_interval_is_that_of_the_draws(told: Association) -> None:
    """Where the draws are one and the same it is a point; where they differ it is not."""
    table = fair_averages(told.design, answering(told.posterior, told.design, 4))
    np.testing.assert_allclose(table["q05"], table["q95"])
    draws = told.posterior.draws.isel(draw=[0] * 40)
    noise = np.random.default_rng(1).normal(0.0, 0.3, size=draws["state"].shape)
    wider = type(told.posterior)(draws.assign(state=draws["state"] + noise.astype(np.float32)), told.posterior.run)
    spread = fair_averages(told.design, answering(wider, told.design, 40))
    asked = spread["pillar"] == "ties"
    assert (spread["q05"] < spread["mean"])[asked].all()
    assert (spread["mean"] < spread["q95"])[asked].all()
