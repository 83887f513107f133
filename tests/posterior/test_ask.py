"""What an observation is expected to tell, against closed forms; who and what is never asked; lists from real fits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

from clusterscore import steps
from clusterscore.errors import UnknownName
from clusterscore.model.design import make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.ask import (
    ALL,
    ANSWER,
    FIGURE,
    QUESTIONNAIRE,
    REST,
    best,
    next_questions,
    proposals,
)
from clusterscore.posterior.candidates import NEW, _continuous, inquire, sheets
from clusterscore.posterior.gain import N_BATCHES, Outcomes, Target, gain
from clusterscore.posterior.identity import Sampler
from clusterscore.posterior.likelihood import figure_errors, log_likelihood, samples_of
from clusterscore.posterior.outcomes import (
    Sheet,
    _joint,
    halos,
    of_answers,
    of_both,
    of_count,
    of_figure,
    of_questionnaire,
)
from clusterscore.posterior.record import TRUSTED, Posterior
from tests.command import Command
from tests.model.conftest import patched
from tests.posterior import tiny

N_SAMPLES = 64 * N_BATCHES
LAST = tiny.EDITION


def normal(rng: np.random.Generator) -> np.ndarray:
    """Return draws of a standard normal score, as evenly as they can be, in any order."""
    return rng.permutation(stats.norm.ppf((np.arange(N_SAMPLES) + 0.5) / N_SAMPLES))


@pytest.mark.parametrize("error_sd", [0.3, 1.0, 3.0])
def test_a_normal_figure_tells_what_the_textbook_says(error_sd: float) -> None:
    """Of a variance of 1, ``1 / (1 + error variance)`` goes; bins lose 1.5 % of that at most."""
    rng = np.random.default_rng(1)
    score = normal(rng)
    found = gain(Target(score, (0.0,)), of_figure(score, np.full_like(score, error_sd), np.full_like(score, 1e9), rng))
    expected = 1.0 / (1.0 + error_sd**2)
    assert found.variance_share == pytest.approx(expected, abs=4.0 * found.variance_error + 0.015 * expected)
    assert 0.0 < found.variance_error < 0.03


def test_few_outcomes_are_summed_exactly() -> None:
    """Three scores, three answers: every number by hand, and no Monte Carlo error where nothing is left to chance."""
    prior, points = np.array([2, 5, 1]) / 8, np.array([20.0, 40.0, 90.0])
    answers = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.05, 0.15, 0.8]])
    score = np.tile(np.repeat(points, [2, 5, 1]), N_BATCHES)
    found = gain(Target(score, (25.0, 50.0)), Outcomes(np.tile(np.repeat(answers, [2, 5, 1], axis=0), (N_BATCHES, 1))))
    mass = prior @ answers
    after = prior[:, None] * answers / mass
    mean = points @ after
    variance = points**2 @ prior - (points @ prior) ** 2
    assert found.variance_share == pytest.approx((mass @ mean**2 - (points @ prior) ** 2) / variance, rel=1e-9)
    assert found.level == pytest.approx(mass @ after.max(axis=0) - prior.max(), rel=1e-9)
    assert (found.variance_error, found.level_error) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_what_tells_nothing_is_worth_nothing_on_average() -> None:
    """Answers that hang on something else than the score: without the correction each would seem to tell a little."""
    rng = np.random.default_rng(2)
    found, seeming = [], []
    for _ in range(100):
        score, other = rng.normal(size=(2, 8 * N_BATCHES))
        outcomes = of_answers(sheet_of(2.0 * other[:, None]))[0]
        found.append(gain(Target(score, (0.0,)), outcomes).variance_share)
        seeming.append(naive(score, outcomes.likelihood))
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 4.0 * error
    assert np.mean(seeming) > 8.0 * error


def test_the_error_is_that_of_repeated_draws() -> None:
    """The standard deviation over independent sets of draws, within a fifth."""
    rng, found = np.random.default_rng(3), []
    for _ in range(200):
        score = rng.normal(size=16 * N_BATCHES)
        found.append(gain(Target(score, (0.0,)), of_answers(sheet_of(score[:, None]))[0]))
    told = np.sqrt(np.mean([one.variance_error**2 for one in found]))
    assert told == pytest.approx(np.std([one.variance_share for one in found]), rel=0.2)


def test_a_slope_of_nothing_is_worth_exactly_nothing() -> None:
    """The answer is equally likely under every draw."""
    score = normal(np.random.default_rng(4))
    found = gain(Target(score, (0.0,)), of_answers(sheet_of(0.0 * score[:, None]))[0])
    assert found.variance_share == pytest.approx(0.0, abs=1e-12)
    assert found.level == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("halo_sd", [0.0, 0.8])
def test_a_simulated_questionnaire_is_worth_what_all_its_outcomes_say(halo_sd: float) -> None:
    """Three items have 27 outcomes, which can be listed: their probabilities sum to 1 under every draw."""
    score = normal(np.random.default_rng(5))
    sheet = sheet_of(np.outer(score, [0.5, 1.0, 2.0]), halo_sd)
    every = np.array(list(product(range(3), repeat=3)))
    likelihood = _joint(sheet.height, sheet.cuts, sheet.halo, sheet.weight, every)
    np.testing.assert_allclose(likelihood.sum(axis=1), 1.0)
    target = Target(score, (0.0, 1.0))
    listed = gain(target, Outcomes(likelihood))
    simulated = gain(target, of_questionnaire(sheet, 64 * N_BATCHES, np.random.default_rng(6)))
    assert simulated.variance_share == pytest.approx(listed.variance_share, abs=4.0 * simulated.variance_error)
    assert simulated.level == pytest.approx(listed.level, abs=4.0 * simulated.level_error)


def test_every_outcome_is_listed() -> None:
    """Probabilities sum to 1 under every draw, for figures, counts, both together, and answers."""
    rng = np.random.default_rng(7)
    score = normal(rng)
    ones, five = np.ones_like(score), np.full_like(score, 5.0)
    listed = [
        of_figure(score, ones, five, rng),
        of_count(np.exp(score), five, rng),
        of_both((score, ones, five), lambda at: (np.exp(score + at), five), rng),
        *of_answers(sheet_of(np.outer(score, [1.0, 2.0]), 0.5)),
    ]
    for outcomes in listed:
        np.testing.assert_allclose(outcomes.likelihood.sum(axis=1), 1.0)
        assert (outcomes.likelihood >= 0.0).all()


def test_a_count_is_put_into_bins_of_its_distribution() -> None:
    """Against SciPy's negative binomial: where there are few values, each has its own bin."""
    mean, shape = np.full(N_SAMPLES, 2.0), np.full(N_SAMPLES, 3.0)
    found = of_count(mean, shape, np.random.default_rng(8)).likelihood[0]
    values = stats.nbinom(3.0, 3.0 / 5.0).pmf(np.arange(len(found) - 1))
    np.testing.assert_allclose(found[:-1], values, atol=1e-12)


def test_answers_already_given_say_what_the_halo_is() -> None:
    """The next answer given two others, against the quotient of integrals over the halo."""
    height, halo_sd = np.array([[0.3, -0.5, 0.8]]), 1.0
    sheet = sheet_of(height, halo_sd)
    after = of_answers(sheet.given(np.array([0, 1]), np.array([2, 0])))[2].likelihood[0]
    halo = np.linspace(-9.0, 9.0, 4001)
    reached = expit(height[0][:, None, None] - halo[:, None] - sheet.cuts[0][:, None])
    chance = -np.diff(reached, axis=-1, prepend=1.0, append=0.0)
    before = stats.norm(0.0, halo_sd).pdf(halo) * chance[0, :, 2] * chance[1, :, 0]
    np.testing.assert_allclose(after, (before[:, None] * chance[2]).sum(axis=0) / before.sum(), atol=2e-4)


def test_an_outcome_is_not_foretold_by_the_draws_it_came_from() -> None:
    """Simulated outcomes that only their own neighbourhood makes likely tell nothing of the score."""
    batch = np.repeat(np.arange(N_BATCHES), 8)
    origin = np.arange(N_BATCHES) * 8
    own = batch[:, None] == batch[origin]
    found = gain(Target(batch.astype(float), (8.0,)), Outcomes(0.01 + own, origin))
    assert abs(found.variance_share) < 0.05


def test_draws_that_do_not_go_into_batches_are_refused() -> None:
    """What neighbours are would be unclear."""
    with pytest.raises(ValueError, match="batches of one size"):
        gain(Target(np.arange(33.0), (5.0,)), Outcomes(np.ones((33, 2)) / 2))


def test_wrong_is_any_band_but_the_likeliest() -> None:
    """A score on a level belongs to the band above it."""
    target = Target(np.array([10.0, 25.0, 30.0, 80.0]), (25.0, 50.0))
    assert target.band.tolist() == [0, 1, 1, 2]
    assert target.wrong == pytest.approx(0.5)


@pytest.fixture(scope="module")
def told(invented: Observations) -> Observations:
    """Return the tiny association with ties: R1 belongs to A, R5 is tied to C; one figure less, one answer less."""
    raters = invented.raters.assign(affiliation=invented.raters["rater"].map({"R1": "A"}).astype(object))
    raters["ties"] = [("C",) if rater == "R5" else () for rater in raters["rater"]]
    figures, answers = invented.figures, invented.answers
    gone = (figures["unit"] == "B") & (figures["year"] == LAST) & (figures["indicator"] == "turnover")
    last = answers[(answers["year"] == LAST) & (answers["unit"] == "B") & (answers["item"] == "joint_projects")]
    return replace(invented, raters=raters, figures=figures[~gone], answers=answers.drop(last.index[:1]))


def test_a_tied_rater_is_never_asked(document: Function, fitted: Posterior, told: Observations) -> None:
    """Neither for a questionnaire nor for a single answer; the others are, until they have answered all."""
    inquiry = inquire(document, fitted, told)
    for unit in inquiry.units:
        given = told.answers[(told.answers["unit"] == unit) & (told.answers["year"] == LAST)]
        done = {rater for rater, own in given.groupby("rater") if len(own) == len(document.items)}
        asked = set(proposals(inquiry, unit).query("kind != @FIGURE")["rater"])
        assert asked == {"R1", "R2", "R3", "R4", "R5", NEW} - done - told.tied_to(unit)
    assert "R1" in told.tied_to("A")
    assert "R5" in told.tied_to("C")


def test_only_what_is_not_known_is_asked(document: Function, fitted: Posterior, told: Observations) -> None:
    """One figure is missing in the last year, and one answer of a questionnaire that is there otherwise."""
    inquiry = inquire(document, fitted, told)
    tables = {unit: proposals(inquiry, unit) for unit in inquiry.units}
    figures = {
        (unit, row.what) for unit, table in tables.items() for row in table[table["kind"] == FIGURE].itertuples()
    }
    assert figures == {("B", "turnover")}
    table = tables["B"]
    rest = table[table["what"] == REST]
    assert len(rest) == 1
    answers = table[(table["kind"] == ANSWER) & (table["rater"] == rest["rater"].iloc[0])]
    assert answers["what"].tolist() == ["joint_projects"]
    known = told.answers[["unit", "year", "rater", "item"]].assign(known=True)
    open_ = table[table["kind"] == ANSWER].assign(year=LAST).rename(columns={"what": "item"})
    assert open_.merge(known, on=["unit", "year", "rater", "item"])["known"].sum() == 0


def test_the_table_is_sorted_and_whole(document: Function, fitted: Posterior, told: Observations) -> None:
    """Best first; after is not above before; every number is one."""
    table = next_questions(document, fitted, told, "B", levels=(30.0, 60.0))
    assert table["variance_share"].is_monotonic_decreasing
    assert set(table["kind"]) == {FIGURE, ANSWER, QUESTIONNAIRE}
    assert (table["sd_after"] <= table["sd_before"]).all()
    assert table["wrong_level_before"].between(0.0, 1.0).all()
    assert np.isfinite(table.select_dtypes("number").to_numpy()).all()
    assert (table.loc[table["what"] == ALL, "kind"] == QUESTIONNAIRE).all()
    assert table.drop_duplicates("kind")["as_good"].all()


def test_a_better_measured_figure_and_a_more_consistent_rater_come_first(
    document: Function, fitted: Posterior, told: Observations
) -> None:
    """The same posterior but for how noisy each source is."""
    figures = told.figures[~((told.figures["unit"] == "B") & (told.figures["year"] == LAST))]
    sharp = np.array([0.05, 3.0])
    consistency = np.array([1.0, 1.0, 3.0, 0.1, 1.0])
    draws = fitted.draws.assign(
        error_sd=fitted.draws["error_sd"] * 0.0 + sharp,
        consistency=fitted.draws["severity"] * 0.0 + consistency,
        severity=fitted.draws["severity"] * 0.1,
        halo_sd=fitted.draws["halo_sd"] * 0.1,
    )
    answers = told.answers[~((told.answers["unit"] == "B") & (told.answers["year"] == LAST))]
    # One answer is left, without which the unit would have no score in the last year.
    kept = told.answers[(told.answers["unit"] == "B") & (told.answers["year"] == LAST)].iloc[:1]
    seen = replace(told, figures=figures, answers=pd.concat([answers, kept]))
    table = next_questions(document, replace(fitted, sampled=draws), seen, "B")
    names = [part.id for part in document.indicators]
    assert table.loc[table["kind"] == FIGURE, "what"].tolist() == names
    sheet = table[(table["what"] == ALL) & table["rater"].isin(["R3", "R4"])]["rater"].tolist()
    assert sheet == ["R3", "R4"]


def test_candidates_are_as_likely_as_the_likelihood_says(
    document: Function, fitted: Posterior, told: Observations, invented: Observations
) -> None:
    """A questionnaire and a figure, once they are there: severities, scales, slopes and errors are the right ones."""
    inquiry = inquire(document, fitted, told)
    answers = np.arange(len(document.items)) % 5
    for rater, items, sheet, whole in sheets(inquiry, "B"):
        if rater == NEW or not whole:
            continue
        values = [5 - at if document.items[i].direction < 0 else 1 + at for i, at in zip(items, answers, strict=True)]
        rows = {"unit": "B", "year": LAST, "rater": rater, "item": [document.items[i].id for i in items]}
        more = pd.DataFrame(rows | {"answer": values, "tied": False, "record": 0})
        design = make_design(document, replace(told, answers=pd.concat([told.answers, more])))
        sheet_rows = design.questionnaires.assign(unit=design.cell_unit[design.questionnaires["cell"]])
        place = (sheet_rows["rater"] == design.raters.index(rater)) & (sheet_rows["unit"] == design.units.index("B"))
        last = design.cell_year[sheet_rows["cell"]] == design.years.index(LAST)
        samples = samples_of(fitted.draws, len(sheet.height))
        expected = log_likelihood(design, samples).questionnaires[:, np.flatnonzero(place & last)[0]]
        found = _joint(sheet.height, sheet.cuts, sheet.halo, sheet.weight, answers[None])[:, 0]
        np.testing.assert_allclose(np.log(found), expected, atol=0.02)
    design = make_design(document, invented)
    cell = design.n_cells - 1 - np.flatnonzero(design.cell_unit[::-1] == design.units.index("B"))[0]
    row = np.flatnonzero((design.figures["cell"] == cell) & (design.figures["indicator"] == 0))[0]
    location, scale, nu = figure_errors(design, samples_of(fitted.draws, len(inquiry.samples["standing"])))
    found = _continuous(inquiry, inquiry.cell_of("B"), 0)
    for one, other in zip(found, (location[:, row], scale[:, row], nu), strict=True):
        np.testing.assert_allclose(one, other)


def test_a_new_rater_is_drawn_from_the_prior_of_severities(
    document: Function, fitted: Posterior, told: Observations
) -> None:
    """As varied as the raters are."""
    inquiry = inquire(document, fitted, told)
    assert inquiry.answering is not None
    drawn = inquiry.answering.severity[:, -1, 0] / inquiry.samples["severity_sd"]
    assert abs(drawn.mean()) < 4.0 / np.sqrt(len(drawn))
    assert drawn.std() == pytest.approx(1.0, abs=4.0 / np.sqrt(2 * len(drawn)))
    assert [name for name, *_ in sheets(inquiry, "A")][-1] == NEW


def test_a_count_without_its_exposure_is_asked_with_it(small: Function, observed: Callable[..., Observations]) -> None:
    """And not at all where it was reported already; every kind of document can be asked about."""
    from clusterscore.posterior.fit import fit  # noqa: PLC0415 - imports the sampler

    seen = patched(small, observed)
    posterior = fit(small, seen, 2021, Sampler(chains=2, tune=100, draws=64, longer=1))
    inquiry = inquire(small, posterior, seen)
    assert inquiry.units == ("A", "B")
    figures = {unit: set(proposals(inquiry, unit).query("kind == @FIGURE")["what"]) for unit in inquiry.units}
    everything = {"turnover", "turnover_growth", "employees", "markets"}
    assert figures == {"A": everything | {"visitors"}, "B": everything | {"employees and patents"}}


def test_an_unknown_unit_is_refused(document: Function, fitted: Posterior, told: Observations) -> None:
    """The message lists those that have a score."""
    with pytest.raises(UnknownName, match="known: A, B, C"):
        next_questions(document, fitted, told, "Z")


def test_the_best_of_each_kind_are_few() -> None:
    """Of single answers each item once, with its best rater; how many are as good as the best."""
    rows = [
        ("answer", "x", "R1", 0.9, True),
        ("answer", "x", "R2", 0.8, True),
        ("answer", "y", "R1", 0.7, False),
        ("figure", "t", "", 0.1, True),
    ]
    table = pd.DataFrame(rows, columns=["kind", "what", "rater", "variance_share", "as_good"]).assign(unit="A")
    found = best(table, 2)
    assert found[["what", "rater", "n_as_good"]].to_numpy().tolist() == [["x", "R1", 2], ["y", "R1", 2], ["t", "", 1]]
    assert len(best(table, 1)) == 2
    assert len(best(table.iloc[:0], 1)) == 0


def test_two_of_one_kind_are_told_apart_by_the_error_of_their_difference() -> None:
    """Which is far smaller than that of either where the same draws decide both; of a thing and itself it is 0."""
    score = normal(np.random.default_rng(9))
    target = Target(score, (0.0,))
    one, other = (gain(target, of_answers(sheet_of(slope * score[:, None]))[0]) for slope in (1.0, 1.05))
    assert one.apart(one) == 0.0
    assert other.variance_share > one.variance_share
    assert one.apart(other) < 0.3 * one.variance_error


@pytest.fixture
def asking(bare: Workspace, fitted: Posterior, invented: Observations, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace whose posterior is trusted and knows all that was observed."""
    monkeypatch.setattr(steps, "observe", lambda _ledger: invented)
    store.save(bare, replace(fitted, run=replace(fitted.run, status=TRUSTED)))
    return bare


def test_the_verb_lists_a_proposal_per_line(asking: Workspace, command: Command) -> None:
    """For every cluster, and for one."""
    words = ["ask", "--function", "tiny", "--workspace", asking.root, "--top", "1"]
    code, output, _ = command(*words)
    head, *lines = output.splitlines()
    assert (code, head.split("  ")[0]) == (0, f"tiny {LAST}")
    assert {line.split("  ")[0] for line in lines} == set("ABCDEFG")
    assert all("variance " in line and "wrong level " in line for line in lines)
    code, output, _ = command(*words, "--cluster", "B")
    assert output.splitlines()[1:] == [line for line in lines if line.startswith("B  ")]


def test_json_holds_the_numbers(asking: Workspace, command: Command) -> None:
    """One record per proposal, without noise passed over."""
    code, output, _ = command("ask", "--function", "tiny", "--workspace", asking.root, "--cluster", "B", "--json")
    rows = json.loads(output)["proposals"]
    assert code == 0
    assert {row["kind"] for row in rows} == {ANSWER, QUESTIONNAIRE}
    assert all(isinstance(row["above_noise"], bool) and isinstance(row["mc_error"], float) for row in rows)


def test_an_unknown_cluster_ends_in_code_2(asking: Workspace, command: Command) -> None:
    """Whatever it is called, the terminal is safe."""
    code, _, messages = command("ask", "--function", "tiny", "--workspace", asking.root, "--cluster", "\x1b[31mZ")
    assert code == 2
    assert "\x1b" not in messages


def test_what_came_in_since_the_fit_is_not_asked_again(
    asking: Workspace, invented: Observations, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The posterior is behind: the message says what to do."""
    less = replace(invented, figures=invented.figures.iloc[1:])
    monkeypatch.setattr(steps, "observe", lambda _ledger: less)
    code, _, messages = command("ask", "--function", "tiny", "--workspace", asking.root)
    assert code == 2
    assert f"clusterscore fit --function tiny --edition {LAST}" in messages


def sheet_of(height: np.ndarray, halo_sd: float = 0.0) -> Sheet:
    """Return a sheet of items with three categories each."""
    cuts = np.broadcast_to(np.array([-0.7, 0.9]), (*height.shape, 2)).copy()
    return Sheet(height, cuts, *halos(np.full(len(height), halo_sd)))


def naive(score: np.ndarray, likelihood: np.ndarray) -> float:
    """Return the share of variance that seems to go, without any correction."""
    mean = score @ likelihood / likelihood.sum(axis=0) - score.mean()
    return float(likelihood.mean(axis=0) @ mean**2 / score.var())
