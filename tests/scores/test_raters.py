"""Raters who do not answer honestly are found, honest ones hardly ever, and what is found changes no score."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, mannwhitneyu

from clusterscore.model.design import Design
from clusterscore.model.function import Function
from clusterscore.model.simulate import Plan
from clusterscore.observations.observed import Observations
from clusterscore.posterior.predict import Predicted
from clusterscore.posterior.record import Posterior
from clusterscore.scores.compute import Scores, compute
from clusterscore.scores.limits import FAMILY_ERROR, judge
from clusterscore.scores.peers import N_REPLICATES
from clusterscore.scores.raters import FEWEST_ANSWERS, Sheets, Statistic, rater_fit
from clusterscore.vocabulary import Flag
from tests.scores.honest import N_ITEMS, Association, association, questionnaire, sheets_of, turned

TYPICAL = {
    "halo_sd": 0.45,
    "pillar_scale": np.ones(2),
    "answer_share": [np.array([0.05, 0.2, 0.35, 0.3, 0.1])] * N_ITEMS,
}
HONEST, STRAIGHT, ALTERNATING, RANDOM = range(4)
RAISED = [Flag.HIGH, Flag.LOW]


def plan(n_units: int, n_raters: int, raters_per_unit: int) -> Plan:
    """Return who answers about whom, in one wave."""
    units, raters = ([f"{letter}{n:03d}" for n in range(size)] for letter, size in (("U", n_units), ("R", n_raters)))
    return Plan(dict.fromkeys(units, 2020), (2020, 2021), (2021,), dict.fromkeys(raters), raters_per_unit)


@pytest.fixture(scope="module")
def ordinary(observed: Callable[..., Observations]) -> Association:
    """Return twelve units, thirty raters, three questionnaires of eight answers each."""
    return association(questionnaire(), plan(12, 30, 8), observed, 1, **TYPICAL)


def by_hand(told: Association, rater: str) -> tuple[float, float]:
    """Return the straight-lining and the alternating share of a rater, counted sheet by sheet."""
    category, modal, turns, threes = told.design.answers["category"].to_numpy(), 0, 0, 0
    sheets = [place for name, place in sheets_of(told.design) if name == rater]
    for place in sheets:
        given = turned(told.design, place, category[place]).tolist()  # turning round twice changes nothing
        modal += max(given.count(value) for value in given)
        for first, second, third in zip(given, given[1:], given[2:], strict=False):
            turns += (second - first) * (third - second) < 0
            threes += 1
    return modal / sum(map(len, sheets)), turns / threes


def test_shares_are_counted_in_answers_as_they_were_given(ordinary: Association) -> None:
    """Before reversed items are turned round, within each questionnaire, in the order of the items."""
    table = rater_fit(ordinary.design, ordinary.predicted(60)).set_index(["rater", "statistic"])["observed"]
    for rater in ordinary.design.raters:
        assert (table[rater, Statistic.STRAIGHT], table[rater, Statistic.ALTERNATING]) == pytest.approx(
            by_hand(ordinary, rater)
        )


def test_the_residual_compares_squares_with_variances(ordinary: Association) -> None:
    """Summed over all answers of a rater, averaged over the draws."""
    predicted = ordinary.predicted(60)
    table = rater_fit(ordinary.design, predicted).set_index(["rater", "statistic"])["observed"]
    squares = (ordinary.design.answers["category"].to_numpy() - predicted.expected) ** 2
    for rater in ordinary.design.raters:
        mine = ordinary.given_by([rater])
        ratio = squares[:, mine].sum(axis=1) / (predicted.sd[:, mine] ** 2).sum(axis=1)
        assert table[rater, Statistic.RESIDUAL] == pytest.approx(ratio.mean(), rel=1e-4)


def test_honest_editions_have_as_few_flags_as_stated(observed: Callable[..., Observations]) -> None:
    """400 editions of ten associations with parameters from the priors; each kind of flag, within chance."""
    rng, alarms, n_editions = np.random.default_rng(7), np.zeros(len(Statistic)), 0
    for seed in range(10):
        told = association(questionnaire(), plan(12, 30, 8), observed, seed)
        sheets, predicted = Sheets(told.design), told.predicted(1200, seed)
        samples = zip(predicted.replicated, predicted.expected, predicted.sd, strict=True)
        drawn = np.stack([sheets.statistics(*sample) for sample in samples])
        for _ in range(40):
            edition, *others = rng.choice(len(drawn), 1 + N_REPLICATES, replace=False)
            n_editions += 1
            for number, statistic in enumerate(Statistic):
                both = statistic is Statistic.RESIDUAL
                everyone = np.ones(len(told.design.raters), dtype=bool)
                table = judge(drawn[edition, number], drawn[others, number], everyone, both_sides=both)
                alarms[number] += table["flag"].isin(RAISED).any()
    assert (alarms <= binom.ppf(0.999, n_editions, FAMILY_ERROR)).all()


@pytest.fixture(scope="module")
def planted(observed: Callable[..., Observations]) -> pd.DataFrame:
    """Return how far towards its limit each of 240 raters is, sixty of each kind, and whether there is a flag."""
    told = association(questionnaire(), plan(20, 240, 36), observed, 3, **TYPICAL)
    rng, category = np.random.default_rng(3), told.design.answers["category"].to_numpy().copy()
    kind = {rater: number % 4 for number, rater in enumerate(told.design.raters)}
    favourite = {rater: int(rng.integers(5)) for rater in kind}
    for rater, place in sheets_of(told.design):
        given = {
            HONEST: None,
            STRAIGHT: np.full(len(place), favourite[rater]),
            ALTERNATING: np.where(np.arange(len(place)) % 2, favourite[rater], (favourite[rater] + 2) % 5),
            RANDOM: rng.integers(0, 5, len(place)),
        }[kind[rater]]
        if given is not None:
            category[place] = turned(told.design, place, given)
    cheated = told.with_answers(category)
    table = rater_fit(cheated.design, cheated.predicted(N_REPLICATES))
    distance = table["observed"] - table["expected"]
    ends = [distance / (table[end] - table["expected"]) for end in ("low", "high")]
    table = table.assign(reach=pd.concat(ends, axis="columns").max(axis="columns"), found=table["flag"].isin(RAISED))
    return table.groupby("rater")[["reach", "found"]].max().assign(kind=lambda t: t.index.map(kind))


@pytest.mark.parametrize("kind", [STRAIGHT, ALTERNATING, RANDOM])
def test_dishonest_raters_stand_apart_from_honest_ones(planted: pd.DataFrame, kind: int) -> None:
    """From 24 answers of each: an area under the curve of at least 0.9, for each kind by itself."""
    bad, good = (planted.loc[planted["kind"] == which, "reach"] for which in (kind, HONEST))
    assert len(bad) == len(good) == 60
    assert mannwhitneyu(bad, good).statistic / (len(bad) * len(good)) >= 0.9


def test_most_dishonest_raters_are_flagged_and_hardly_an_honest_one(planted: pd.DataFrame) -> None:
    """At most one honest rater in twenty; nearly all who straight-line or alternate, half of the random ones."""
    found = planted.groupby("kind")["found"].mean()
    assert found[HONEST] <= 0.05
    assert found[STRAIGHT] >= 0.9
    assert found[ALTERNATING] >= 0.9
    assert found[RANDOM] >= 0.5


def test_who_gave_few_answers_is_never_flagged(ordinary: Association) -> None:
    """Three answers are not assessable, however odd; four are."""
    rows = ordinary.design.answers
    for n_answers, told in ((FEWEST_ANSWERS - 1, False), (FEWEST_ANSWERS, True)):
        kept = ~ordinary.given_by(["R000"]) | (np.cumsum(ordinary.given_by(["R000"])) <= n_answers)
        table = rater_fit(*_only(ordinary, rows, kept)).set_index("rater").loc["R000"]
        assert (table["n_answers"] == n_answers).all()
        residual = table.set_index("statistic").loc[Statistic.RESIDUAL]
        assert (residual["flag"] != Flag.NOT_ASSESSABLE) == told
        assert told or (table["flag"] == Flag.NOT_ASSESSABLE).all()


def _only(told: Association, rows: pd.DataFrame, kept: np.ndarray) -> tuple[Design, Predicted]:
    """Return a design and its predictions with some of the answers, without questionnaires that became empty."""
    left = rows[kept].reset_index(drop=True)
    sheets, number = np.unique(left["questionnaire"], return_inverse=True)
    questionnaires = told.design.questionnaires.iloc[sheets].reset_index(drop=True)
    design = replace(told.design, answers=left.assign(questionnaire=number), questionnaires=questionnaires)
    return design, replace(told, design=design).predicted(60)


def test_a_flag_changes_no_score(
    document: Function, invented: Observations, posterior: Posterior, scores: Scores
) -> None:
    """With the same draws, other answers of a rater raise a flag and leave every score where it was."""
    mine = invented.answers["rater"] == "R3"
    straight = replace(invented, answers=invented.answers.assign(answer=invented.answers["answer"].where(~mine, 5)))
    after = compute(document, posterior, straight)
    flag = [table.rater_fit.set_index(["rater", "statistic"])["flag"] for table in (scores, after)]
    assert [each["R3", Statistic.STRAIGHT] for each in flag] == [Flag.NONE, Flag.HIGH]
    for table in ("scores", "ranks", "quantiles", "changes", "pillars", "weights", "raters", "validation"):
        pd.testing.assert_frame_equal(getattr(after, table), getattr(scores, table))
