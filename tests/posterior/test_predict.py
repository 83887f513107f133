"""What raters are expected to answer, against the same worked out answer by answer, for every option of a document."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from clusterscore.model.simulate import Plan
from clusterscore.observations.observed import Observations
from clusterscore.posterior.predict import answering, of_average_rater, predict
from tests.scores.honest import Association, association, questionnaire

OPTIONS = {
    "plain": {},
    "two answers": {"categories": 2},
    "twenty-one answers": {"categories": 21},
    "drift": {"drift": True},
    "discriminations by rater": {"discriminations": "rater"},
    "thresholds by rater": {"thresholds": "rater", "halo": False},
    "all by rater": {"thresholds": "rater", "discriminations": "rater"},
}
PLAN = Plan(dict.fromkeys("ABCD", 2020), (2020, 2021), (2020, 2021), dict.fromkeys(("R1", "R2", "R3")), 3)
N_REPLICATES = 4000


@pytest.fixture(scope="module", params=OPTIONS.values(), ids=OPTIONS)
def told(request: pytest.FixtureRequest, observed: Callable[..., Observations]) -> Association:
    """Return an association of known truth, with one option after the other."""
    return association(questionnaire(**request.param), PLAN, observed, 5)


def shares(told: Association, halo: float = 0.0) -> list[np.ndarray]:
    """Return the probability of each category for every answer, worked out by hand."""
    design, draws = told.design, {name: values.to_numpy()[0, 0] for name, values in told.posterior.draws.items()}
    found = []
    for row in design.answers.itertuples():
        sheet, item = design.questionnaires.iloc[row.questionnaire], design.function.items[row.item]
        height = -halo - _severity(draws, sheet["rater"], design.cell_year[row.cell])
        height += draws.get("consistency", np.ones(9))[sheet["rater"]] * _signal(told, draws, item.id, row.cell)
        size = design.function.categories(item)
        alike = np.flatnonzero(design.scales["categories"] == size).tolist()
        reached = expit(height - draws[f"threshold_{size}"][alike.index(row.scale)])
        found.append(-np.diff([1.0, *reached, 0.0]))
    return found


def _severity(draws: dict[str, Any], rater: int, year: int) -> float:
    if "severity_path" in draws:
        return float(draws["severity_path"][rater, year])
    return float(draws["severity"][rater]) if "severity" in draws else 0.0


def _signal(told: Association, draws: dict[str, Any], item: str, cell: int) -> float:
    function = told.design.function
    if item not in function.pillar_of:
        unit = told.design.cell_unit[cell]
        return float(draws["overall_slope"][0] * (draws["function"][cell] + draws["discrepancy"][unit]))
    pillar = [pillar.id for pillar in function.pillars].index(function.pillar_of[item])
    slope = draws["slope"][function.measures.index(item)]
    return float(slope * draws["state"][cell, pillar] * draws["pillar_scale"][pillar])


def test_mean_and_standard_deviation_are_those_of_the_categories(told: Association) -> None:
    """Without halo, in every draw."""
    predicted = told.predicted(2)
    by_hand = [(share @ np.arange(len(share)), share @ np.arange(len(share)) ** 2) for share in shares(told)]
    mean, square = np.array(by_hand).T
    for sample in range(2):
        np.testing.assert_allclose(predicted.expected[sample], mean, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(predicted.sd[sample], np.sqrt(square - mean**2), rtol=1e-3, atol=1e-4)


def test_replicates_have_the_frequencies_of_the_categories(told: Association) -> None:
    """Each within five binomial standard errors, where there is no halo."""
    still = replace(answering(told.posterior, told.design, N_REPLICATES), halo_sd=np.zeros(N_REPLICATES))
    replicated = predict(still, told.design, np.random.default_rng(1)).replicated
    for number, share in enumerate(shares(told)):
        seen = np.bincount(replicated[:, number], minlength=len(share)) / N_REPLICATES
        assert len(seen) == len(share)
        assert (np.abs(seen - share) <= 5.0 * np.sqrt(share * (1.0 - share) / N_REPLICATES) + 1e-3).all()


def test_one_halo_moves_all_answers_of_a_questionnaire_and_of_no_other(observed: Callable[..., Observations]) -> None:
    """Their means rise and fall together; those of two questionnaires do not."""
    told = association(questionnaire(), PLAN, observed, 5, halo_sd=3.0)
    replicated = told.predicted(N_REPLICATES).replicated
    deviation = replicated - replicated.mean(axis=0)
    sheet = told.design.answers["questionnaire"].to_numpy()
    halves = [deviation[:, np.flatnonzero(sheet == 0)[part]].mean(axis=1) for part in (slice(4), slice(4, 8))]
    other = deviation[:, sheet == 1].mean(axis=1)
    assert np.corrcoef(*halves)[0, 1] > 0.5
    assert abs(np.corrcoef(halves[0], other)[0, 1]) < 5.0 / np.sqrt(N_REPLICATES)


def test_an_average_rater_answers_with_severity_0(told: Association) -> None:
    """On the shared scale; where raters have their own, the mean of what all of them would answer."""
    answers, design = answering(told.posterior, told.design, 2), told.design
    level = of_average_rater(answers, design)
    assert level.shape == (2, design.n_cells, len(design.function.items))
    for item in range(len(design.function.items)):
        scales = np.flatnonzero(design.scales["item"] == item)
        reached = expit(answers.signal[0][:, [item] * len(scales), None] - answers.cuts[0][scales])
        np.testing.assert_allclose(level[0, :, item], 1.0 + reached.sum(axis=2).mean(axis=1))


def test_draws_are_taken_evenly_from_all_chains(told: Association) -> None:
    """Two of them from each, where four are wanted."""
    draws = told.posterior.draws.isel(chain=[0, 0], draw=[0] * 6)
    moved = draws.assign(halo_sd=draws["halo_sd"] * 0 + np.arange(12.0).reshape(2, 6))
    taken = answering(replace(told.posterior, sampled=moved), told.design, 4).halo_sd
    assert taken.tolist() == [0.0, 3.0, 6.0, 9.0]


def test_draws_of_other_cells_are_refused(told: Association) -> None:
    """An index into them would mean another unit."""
    years = told.posterior.draws["year_of_cell"] + 1
    other = replace(told.posterior, sampled=told.posterior.draws.assign_coords(year_of_cell=years))
    with pytest.raises(ValueError, match="other cells"):
        answering(other, told.design, 2)
