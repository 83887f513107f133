"""From draws to published tables, each number against the same worked out by hand."""

import math
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr, ndtri

from clusterscore.errors import DiagnosticsFailed
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import FAILED, Posterior
from clusterscore.scores.compute import Scores, compute
from clusterscore.scores.schema import SCHEMAS
from tests.posterior.tiny import EDITION
from tests.scores import synthetic

YEARS = (2020, 2021, 2022)


def of_unit(table: pd.DataFrame, unit: str, year: int = EDITION) -> pd.Series:
    """Return the row of one unit and year."""
    return table[(table["unit"] == unit) & (table["year"] == year)].iloc[0]


def without_replicates(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without what rests on replicated answers, which are drawn in the order of cells and draws."""
    return table.drop(columns=["expected", "low", "high", "p_family", "flag"], errors="ignore")


def test_nothing_is_published_from_failed_draws(
    document: Function, invented: Observations, posterior: Posterior
) -> None:
    """What failed is said."""
    failed = replace(posterior.run, status=FAILED, diagnostics={"failures": ["3 divergent transitions, must be 0"]})
    with pytest.raises(DiagnosticsFailed, match="3 divergent"):
        compute(document, replace(posterior, run=failed), invented)


def test_the_score_is_the_share_of_the_base_cohort_that_stands_lower(scores: Scores, posterior: Posterior) -> None:
    """100 times the normal distribution function of the standing, draw by draw, then summarised."""
    by_hand = np.array(
        [[50.0 * (1.0 + math.erf(value / math.sqrt(2.0))) for value in row] for row in posterior.flat("standing")]
    )
    np.testing.assert_allclose(scores.scores["score_mean"], by_hand.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(scores.scores["score_median"], np.median(by_hand, axis=0), atol=1e-9)
    np.testing.assert_allclose(scores.scores["score_sd"], by_hand.std(axis=0), atol=1e-9)
    np.testing.assert_allclose(scores.scores["q05"], np.quantile(by_hand, 0.05, axis=0), atol=1e-9)
    np.testing.assert_allclose(scores.scores["q95"], np.quantile(by_hand, 0.95, axis=0), atol=1e-9)
    np.testing.assert_allclose(scores.scores["f_mean"], posterior.flat("standing").mean(axis=0), rtol=1e-9)


def test_fifty_is_the_mean_of_the_base_cohort_and_84_one_standard_deviation_above(
    document: Function, invented: Observations
) -> None:
    """As the documentation says."""
    n_cells = len(synthetic.cells(document, invented))
    standing = np.tile(np.arange(n_cells) % 2, (4, 1)).astype(float)
    table = compute(document, synthetic.posterior(document, invented, standing=_with(standing)), invented).scores
    np.testing.assert_allclose(table["score_mean"][:2], [50.0, 84.134], atol=1e-3)


def _with(standing: np.ndarray) -> np.ndarray:
    """Repeat draws until there are as many as the other quantities have."""
    return np.resize(standing, (synthetic.N_DRAWS, standing.shape[1]))


def test_a_higher_standing_is_a_higher_score(document: Function, invented: Observations) -> None:
    """In every summary, and in the rank."""
    n_cells = len(synthetic.cells(document, invented))
    noise = 0.5 * np.random.default_rng(2).normal(size=(synthetic.N_DRAWS, 1))
    standing = np.linspace(-2.0, 2.0, n_cells) + noise
    table = compute(document, synthetic.posterior(document, invented, standing=standing), invented).scores
    for column in ("score_mean", "score_median", "q05", "q95", "f_mean"):
        assert (np.diff(table[column]) > 0).all()
    ordered = table[table["year"] == EDITION]
    assert ordered["rank_median"].tolist() == list(range(len(ordered), 0, -1))


def test_units_beyond_the_end_of_the_scale_are_still_ranked(document: Function, invented: Observations) -> None:
    """Nine and ten standard deviations above are both a score of 100, but not both first or in order of their names."""
    places = synthetic.cells(document, invented)
    standing = np.random.default_rng(5).normal(size=(synthetic.N_DRAWS, len(places)))
    standing[:, places.index(("A", EDITION))], standing[:, places.index(("B", EDITION))] = 9.0, 10.0
    table = compute(document, synthetic.posterior(document, invented, standing=standing), invented).scores
    assert of_unit(table, "B")["rank_median"] == 1
    assert of_unit(table, "A")["rank_median"] == 2


def test_ranks_are_among_the_units_of_the_year(
    scores: Scores, posterior: Posterior, document: Function, invented: Observations
) -> None:
    """Counted draw by draw; their interval holds whole numbers that were drawn."""
    places = synthetic.cells(document, invented)
    standing = posterior.flat("standing")
    for year in YEARS:
        here = [number for number, place in enumerate(places) if place[1] == year]
        ranked = 1 + (standing[:, here][:, None, :] > standing[:, here][:, :, None]).sum(axis=2)
        rows = scores.scores[scores.scores["year"] == year]
        for column, share in (("rank_q05", 0.05), ("rank_median", 0.5), ("rank_q95", 0.95)):
            expected = np.sort(ranked, axis=0)[max(math.ceil(share * len(ranked) - 1e-9) - 1, 0)]
            assert rows[column].tolist() == expected.tolist()


def test_the_probability_of_a_rank_is_a_share_of_draws(
    scores: Scores, posterior: Posterior, document: Function, invented: Observations
) -> None:
    """P(rank <= k) for every unit of the edition's last year and every k."""
    places = synthetic.cells(document, invented)
    last = synthetic.last_cells(places)
    standing = posterior.flat("standing")[:, last]
    assert len(scores.ranks) == len(last) ** 2
    for row in scores.ranks.itertuples():
        own = [places[number][0] for number in last].index(row.unit)
        rank = 1 + (standing > standing[:, [own]]).sum(axis=1)
        assert row.p_rank_at_most_k == pytest.approx((rank <= row.k).mean())


def test_the_probabilities_of_one_rank_sum_to_one_over_the_units(scores: Scores) -> None:
    """Somebody is first, somebody second: over the units P(rank <= k) sums to k, and everybody is among all."""
    table = scores.ranks.pivot_table(index="unit", columns="k", values="p_rank_at_most_k")
    np.testing.assert_allclose(table.sum(), table.columns)
    np.testing.assert_allclose(table[len(table)], 1.0)
    assert (np.diff(table, axis=1) >= -1e-12).all()


def test_twenty_dots_are_equally_likely_values(scores: Scores, posterior: Posterior) -> None:
    """Their middle two lie around the median, and between neighbours lies a twentieth of the draws."""
    dots = scores.quantiles.groupby("unit")["score"].apply(np.array)
    assert set(scores.quantiles["year"]) == {EDITION}
    for unit, values in dots.items():
        row = of_unit(scores.scores, str(unit))
        assert len(values) == 20
        assert (np.diff(values) >= 0).all()
        assert values[9] <= row["score_median"] <= values[10]
        assert values[0] <= row["q05"] <= values[1]
        draws = 100.0 * ndtr(posterior.flat("standing")[:, row.name])
        np.testing.assert_allclose(np.histogram(draws, [-1.0, *values, 101.0])[0][1:-1], len(draws) / 20, atol=1)


def test_changes_are_one_edition_apart(
    scores: Scores, posterior: Posterior, document: Function, invented: Observations
) -> None:
    """Draw by draw; a unit without an earlier edition has none."""
    places = synthetic.cells(document, invented)
    score = 100.0 * ndtr(posterior.flat("standing"))
    assert set(scores.changes["unit"]) == set("ABCDEF")
    assert (scores.changes["year_to"] - scores.changes["year_from"] == document.edition.every).all()
    for row in scores.changes.itertuples():
        change = score[:, places.index((row.unit, row.year_to))] - score[:, places.index((row.unit, row.year_from))]
        assert row.mean == pytest.approx(change.mean())
        assert (row.q05, row.q95) == pytest.approx(tuple(np.quantile(change, [0.05, 0.95])))
        assert row.p_up == pytest.approx((change > 0).mean())


def test_a_pillars_score_is_the_standing_on_that_pillar(
    scores: Scores, posterior: Posterior, document: Function, invented: Observations
) -> None:
    """Counted from the base cohort, draw by draw."""
    places, base = synthetic.cells(document, invented), posterior.draws["base_cell"].to_numpy()
    state = posterior.flat("state")
    assert len(scores.pillars) == 2 * len(places)
    for row in scores.pillars.itertuples():
        values = state[:, :, ["sales", "ties"].index(row.pillar)]
        cohort = values[:, base]
        standing = (values[:, places.index((row.unit, row.year))] - cohort.mean(axis=1)) / cohort.std(axis=1)
        score = 100.0 * ndtr(standing)
        assert (row.mean, row.q05, row.q95) == pytest.approx((score.mean(), *np.quantile(score, [0.05, 0.95])))


def test_weights_stand_beside_what_was_agreed(scores: Scores, posterior: Posterior) -> None:
    """Agreed weights and believed ones each sum to 1."""
    assert scores.weights["pillar"].tolist() == ["sales", "ties"]
    np.testing.assert_allclose(scores.weights["prior_mean"], [2 / 3, 1 / 3])
    np.testing.assert_allclose(scores.weights["mean"], posterior.flat("weight").mean(axis=0))
    np.testing.assert_allclose(scores.weights["mean"].sum(), 1.0, rtol=1e-6)


def test_raters_have_their_severity_and_their_number_of_answers(
    scores: Scores, posterior: Posterior, invented: Observations
) -> None:
    """In logits, in the order of the posterior."""
    draws = posterior.flat("severity")
    np.testing.assert_allclose(scores.raters["severity_mean"], draws.mean(axis=0))
    np.testing.assert_allclose(scores.raters["severity_sd"], draws.std(axis=0))
    np.testing.assert_allclose(scores.raters[["q05", "q95"]].T, np.quantile(draws, [0.05, 0.95], axis=0))
    for row in scores.raters.itertuples():
        assert row.n_answers == (invented.answers["rater"] == row.rater).sum()


def test_answers_to_other_functions_count_for_no_rater(
    document: Function, invented: Observations, posterior: Posterior, scores: Scores
) -> None:
    """Two functions may ask about the same kind of unit; each counts the answers to its own items."""
    other = invented.answers.iloc[[0]].assign(item="item_of_another_function", record=10_000)
    more = replace(invented, answers=pd.concat([invented.answers, other], ignore_index=True))
    pd.testing.assert_frame_equal(compute(document, posterior, more).raters, scores.raters)


def test_items_and_indicators_are_listed_with_their_slopes_and_their_evidence(
    scores: Scores, posterior: Posterior, invented: Observations
) -> None:
    """The overall items come last and have no pillar."""
    assert scores.items["item"].tolist() == ["joint_projects", "knowledge_withheld", "overall_standing"]
    assert scores.items["pillar"].tolist() == ["ties", "ties", ""]
    assert scores.indicators["indicator"].tolist() == ["turnover", "loss_share"]
    slope = posterior.flat("slope").mean(axis=0)
    measured = dict(zip(posterior.draws["measure"].to_numpy(), slope, strict=True))
    expected = [measured["joint_projects"], measured["knowledge_withheld"], posterior.flat("overall_slope").mean()]
    np.testing.assert_allclose(scores.items["slope_mean"], expected)
    np.testing.assert_allclose(scores.indicators["slope_mean"], [measured["turnover"], measured["loss_share"]])
    assert scores.items["n_answers"].sum() == len(invented.answers)
    assert scores.indicators["n_figures"].sum() == len(invented.figures)


def test_persistence_is_the_correlation_between_editions(
    scores: Scores, posterior: Posterior, document: Function, invented: Observations
) -> None:
    """Over the units that both editions have, draw by draw."""
    places, standing = synthetic.cells(document, invented), posterior.flat("standing")
    old = standing[:, [places.index((unit, 2020)) for unit in "ABCDEF"]]
    new = standing[:, [places.index((unit, 2022)) for unit in "ABCDEF"]]
    by_hand = [np.corrcoef(*pair)[0, 1] for pair in zip(old, new, strict=True)]
    (row,) = scores.persistence.itertuples()
    assert (row.year_from, row.year_to, row.n_units) == (2020, 2022, 6)
    assert row.mean == pytest.approx(np.mean(by_hand))


def test_only_units_that_are_scored_are_listed(
    document: Function, invented: Observations, posterior: Posterior, scores: Scores
) -> None:
    """A unit of which nothing is known has a row in the ledger and none in the table."""
    unknown = invented.units.iloc[[0]].assign(unit="Z")
    more = replace(invented, units=pd.concat([invented.units, unknown], ignore_index=True))
    pd.testing.assert_frame_equal(compute(document, posterior, more).units, scores.units)
    assert scores.units["unit"].tolist() == list("ABCDEFG")


def test_other_names_of_the_units_permute_the_rows(document: Function, invented: Observations) -> None:
    """Turn the alphabet round, and with it the cells: every number stays with its unit."""
    names = dict(zip("ABCDEFG", "GFEDCBA", strict=True))
    other = synthetic.renamed(invented, names)
    places, other_places = synthetic.cells(document, invented), synthetic.cells(document, other)
    moved = [places.index((names[unit], year)) for unit, year in other_places]
    rng = np.random.default_rng(3)
    state = rng.normal(size=(synthetic.N_DRAWS, len(places), 2))
    discrepancy = rng.normal(size=(synthetic.N_DRAWS, 7))
    before = compute(
        document, synthetic.posterior(document, invented, state=state, discrepancy=discrepancy, seed=4), invented
    )
    after = compute(
        document,
        synthetic.posterior(document, other, state=state[:, moved], discrepancy=discrepancy[:, ::-1], seed=4),
        other,
    )
    for field in fields(Scores):
        old, new = (without_replicates(getattr(table, field.name)) for table in (before, after))
        if field.name == "leniency":
            new = new.assign(units=old["units"])
        if field.name == "peer_groups":
            old = old.assign(peers=[" ".join(sorted(names[peer] for peer in peers.split())) for peers in old["peers"]])
        if "unit" not in old:
            pd.testing.assert_frame_equal(new, old)
            continue
        if field.name == "units":
            continue
        keys = [name for name in ("unit", "year", "year_to", "pillar", "k", "dot") if name in old]
        old = old.assign(unit=old["unit"].map(names)).sort_values(keys).reset_index(drop=True)
        pd.testing.assert_frame_equal(new.sort_values(keys).reset_index(drop=True), old, rtol=1e-6)


def test_the_order_of_chains_and_draws_does_not_matter(
    document: Function, invented: Observations, posterior: Posterior, scores: Scores
) -> None:
    """Nothing but their distribution is published."""
    turned = replace(posterior, sampled=posterior.draws.isel(chain=[1, 0], draw=slice(None, None, -1)))
    after = compute(document, turned, invented)
    for field in fields(Scores):
        old, new = (without_replicates(getattr(table, field.name)) for table in (scores, after))
        pd.testing.assert_frame_equal(new, old, rtol=1e-9)


def test_a_function_without_peers_has_no_raters_and_no_items(
    functions: dict[str, Function], observed: Callable[..., Observations]
) -> None:
    """Scores, ranks and changes are published all the same, and every table keeps its schema."""
    rows = [(f"RO{number}", year, "rci_z", number - 1.0) for number in range(4) for year in (2010, 2013)]
    seen = observed(pd.DataFrame(rows, columns=["unit", "year", "indicator", "value"]), kind="region")
    drawn = synthetic.posterior(functions["regional"], seen)
    scores = compute(functions["regional"], replace(drawn, run=replace(drawn.run, edition=2013)), seen)
    assert scores.raters.empty
    assert scores.items.empty
    assert len(scores.changes) == 4
    for field in fields(Scores):
        SCHEMAS[field.name].validate(getattr(scores, field.name))


def test_the_scale_can_be_read_backwards(scores: Scores, posterior: Posterior) -> None:
    """A median score is the median standing on another scale; the number of draws is even, so up to its two middles."""
    standing = np.sort(posterior.flat("standing"), axis=0)
    half = len(standing) // 2
    median = ndtri(scores.scores["score_median"].to_numpy() / 100.0)
    assert ((standing[half - 1] - 1e-9 <= median) & (median <= standing[half] + 1e-9)).all()
