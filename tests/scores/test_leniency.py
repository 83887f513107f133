"""Raters who spare units that theirs is tied to are found at a known power, and honest ones hardly ever accused."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from clusterscore.model.simulate import Plan
from clusterscore.observations.observed import Observations
from clusterscore.posterior.predict import Answering, answering, predict
from clusterscore.scores.leniency import leniency
from clusterscore.scores.limits import FAMILY_ERROR
from clusterscore.vocabulary import Flag
from tests.scores.honest import Association, association, questionnaire
from tests.scores.test_raters import TYPICAL

UNITS = tuple(f"U{number}" for number in range(9))
TRIO, PAIR = ("U0", "U1", "U2"), ("U3", "U4")


def tied(observed: Callable[..., Observations], seed: int, waves: tuple[int, ...] = (2021,)) -> Association:
    """Return nine units of which each has a rater who answers on all others; two groups of them are tied."""
    affiliation = {f"R{number}": unit for number, unit in enumerate(UNITS)}
    plan = Plan(dict.fromkeys(UNITS, 2020), range(2020, max(waves) + 1), waves, affiliation, raters_per_unit=8)
    told = association(questionnaire(), plan, observed, seed, **TYPICAL)
    declared = pd.DataFrame({"rater": ["X1", "X2"], "affiliation": [None, PAIR[0]], "ties": [TRIO, PAIR[1:]]})
    raters = pd.concat([told.observations.raters, declared], ignore_index=True)
    return replace(told, observations=replace(told.observations, raters=raters))


def accused(told: Association, seed: int) -> pd.DataFrame:
    """Return the table by group."""
    table = leniency(told.design, told.predicted(1), told.observations, np.random.default_rng(seed))
    return table.set_index("units")


def among(told: Association, units: tuple[str, ...]) -> np.ndarray:
    """Return which answers raters of some units gave on others of these; dims (answer)."""
    rows, design = told.design.answers, told.design
    sheets = design.questionnaires.iloc[rows["questionnaire"]]
    home = np.asarray(UNITS)[sheets["rater"].to_numpy()]
    judged = np.asarray(design.units)[design.cell_unit[rows["cell"]]]
    return np.isin(home, units) & np.isin(judged, units)


def milder(told: Association, n_samples: int, logits: float) -> Answering:
    """Return how everybody would answer who is milder by some logits."""
    honest = answering(told.posterior, told.design, n_samples)
    return replace(honest, severity=honest.severity - logits)


def test_the_deviation_is_that_of_answers_among_the_tied(observed: Callable[..., Observations]) -> None:
    """From what the model expects, in standard deviations, mean of the questionnaires."""
    told = tied(observed, 1)
    predicted, given = told.predicted(1), told.design.answers["category"].to_numpy()
    deviation = pd.Series((given - predicted.expected[0]) / predicted.sd[0])
    for units, n_raters in ((TRIO, 3), (PAIR, 2)):
        row, mine = accused(told, 1).loc[" ".join(units)], among(told, units)
        by_sheet = deviation[mine].groupby(told.design.answers["questionnaire"][mine]).mean()
        assert row["observed"] == pytest.approx(by_sheet.mean(), rel=1e-5)
        assert (row["n_raters"], row["n_questionnaires"]) == (n_raters, len(by_sheet))


def test_how_severe_a_rater_is_plays_no_part(observed: Callable[..., Observations]) -> None:
    """Nobody is accused who is as mild on all others: the deviations move together, and the chance stays."""
    told, seed = tied(observed, 2), 2
    honest = predict(milder(told, 1, 0.0), told.design, np.random.default_rng(3)).replicated[0].astype(np.int64)
    before = accused(told.with_answers(honest), seed)
    predicted = told.predicted(1)
    shifted = replace(predicted, expected=predicted.expected - 0.7 * predicted.sd)
    cheated = told.with_answers(honest)
    after = leniency(cheated.design, shifted, cheated.observations, np.random.default_rng(seed)).set_index("units")
    np.testing.assert_allclose(after["observed"], before["observed"] + 0.7, rtol=1e-4)
    np.testing.assert_allclose(after["p_family"], before["p_family"])


def test_honest_editions_have_as_few_flags_as_stated(observed: Callable[..., Observations]) -> None:
    """400 editions of eight associations, two tied groups in each, within what chance allows."""
    alarms, n_editions = 0, 0
    for seed in range(8):
        told = tied(observed, seed)
        for category in told.predicted(50, seed + 100).replicated:
            table = accused(told.with_answers(category.astype(np.int64)), n_editions)
            alarms += (table["flag"] == Flag.HIGH).any()
            n_editions += 1
    assert alarms <= binom.ppf(0.999, n_editions, FAMILY_ERROR)


@pytest.mark.parametrize(("waves", "logits"), [((2021,), 4.0), ((2021, 2023, 2025), 2.0)], ids=["4 once", "2 thrice"])
def test_a_trio_that_spares_each_other_is_found(
    observed: Callable[..., Observations], waves: tuple[int, ...], logits: float
) -> None:
    """At 4 logits in one wave, or at 2 in three: in at least nine of ten of eighty editions."""
    found, n_editions = 0, 0
    for seed in range(8):
        told = tied(observed, seed, waves)
        honest = told.predicted(10, seed + 200).replicated
        mild = predict(milder(told, 10, logits), told.design, np.random.default_rng(seed)).replicated
        for category in np.where(among(told, TRIO), mild, honest).astype(np.int64):
            found += accused(told.with_answers(category), n_editions).loc[" ".join(TRIO), "flag"] == Flag.HIGH
            n_editions += 1
    assert found >= 0.9 * n_editions


def test_where_no_ties_are_declared_there_is_no_row(observed: Callable[..., Observations]) -> None:
    """Nothing can be said, and nothing is."""
    told = tied(observed, 1)
    raters = told.observations.raters.assign(ties=[()] * len(told.observations.raters))
    untied = replace(told, observations=replace(told.observations, raters=raters))
    assert accused(untied, 1).empty


def test_ties_among_units_without_raters_are_not_assessable(observed: Callable[..., Observations]) -> None:
    """A row that says so."""
    told = tied(observed, 1)
    raters = told.observations.raters.assign(affiliation=None)
    table = accused(replace(told, observations=replace(told.observations, raters=raters)), 1)
    assert table["flag"].tolist() == [Flag.NOT_ASSESSABLE]
    assert table["n_questionnaires"].tolist() == [0]
