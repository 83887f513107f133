"""Recommendations follow from draws: each with its rule, its probability and its gain; without the gap it goes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from clusterscore.advice.catalogue import Catalogue
from clusterscore.advice.groups import Peers
from clusterscore.advice.levels import Levels
from clusterscore.advice.recommend import Evidence, indicator_gap, pillar_gap, pull, recommend
from clusterscore.advice.tables import TABLES
from clusterscore.advice.view import View, view
from clusterscore.advice.whatif import log_likelihood
from clusterscore.errors import DiagnosticsFailed
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import FAILED, Posterior
from clusterscore.vocabulary import Verdict
from tests.advice import cohort
from tests.advice.cohort import UNITS

N_PAIRS = 50


@pytest.fixture(scope="module")
def advised(
    catalogue: Catalogue, looked: View, groups: list[Peers], levels: Levels, evidence: Evidence
) -> pd.DataFrame:
    """Return the recommendations for the cohort."""
    return recommend(catalogue, looked, groups, levels, evidence)


def _without(looked: View, groups: Sequence[Peers], catalogue: Catalogue, row: pd.Series) -> View:
    """Return the view where what a row rests on lies at the upper quartile of its peer group, draw by draw."""
    unit, quantile = looked.place(row["unit"]), catalogue.gap.quantile
    others = groups[unit].others
    if row["ground"] == "pillar":
        pillar = looked.pillar(row["about"])
        gap = pillar_gap(looked, unit, pillar, others, quantile)
        return looked.with_position(unit, pillar, looked.position[:, unit, pillar] + gap)
    indicator = looked.indicator(row["about"])
    gap = indicator_gap(looked, unit, indicator, others, quantile)
    return looked.with_level(unit, indicator, looked.level[:, unit, indicator] + gap)


def test_without_the_gap_the_sentence_goes_50_of_50(
    advised: pd.DataFrame,
    catalogue: Catalogue,
    looked: View,
    groups: list[Peers],
    levels: Levels,
    evidence: Evidence,
) -> None:
    """Put at the upper quartile of its peers, a unit is not told to close the gap; other sentences about it stay."""
    gaps = advised[advised["ground"].isin(["pillar", "indicator"])]
    pairs = gaps.drop_duplicates(["unit", "about"]).sample(N_PAIRS, random_state=1)
    assert set(pairs["ground"]) == {"pillar", "indicator"}
    gone = 0
    for _, row in pairs.iterrows():
        now = recommend(catalogue, _without(looked, groups, catalogue, row), groups, levels, evidence)
        own, before = (table[table["unit"] == row["unit"]] for table in (now, advised))
        gone += row["about"] not in set(own["about"])
        assert set(own["about"]) == set(before["about"]) - {row["about"]}
    assert gone == N_PAIRS


def test_every_row_carries_its_rule_its_ground_and_its_probability(advised: pd.DataFrame, catalogue: Catalogue) -> None:
    """No sentence without what it rests on; the probability is what the catalogue asks for, or more."""
    assert list(advised.columns) == list(TABLES["recommendations"])
    rules = {rule.id: rule for rule in catalogue.recommendations}
    for row in advised.itertuples():
        rule = rules[row.rule]
        assert row.about == (rule.when.pillar or rule.when.indicator)
        assert (row.text_en, row.text_ro) == (rule.text.en, rule.text.ro)
        assert catalogue.gap.probability <= row.probability <= 1.0
        assert row.gap_q05 <= row.gap_mean <= row.gap_q95
        assert row.gain_q05 <= row.gain_mean <= row.gain_q95
        assert "{" not in row.because_en + row.because_ro


def test_the_largest_expected_gain_comes_first(advised: pd.DataFrame) -> None:
    """Places count from 1 in each unit, in falling order of gain."""
    for _, own in advised.groupby("unit"):
        assert list(own["place"]) == list(range(1, len(own) + 1))
        assert own["gain_mean"].is_monotonic_decreasing


def test_the_gain_is_weight_times_gap_where_the_gap_is_real_draw_by_draw(
    advised: pd.DataFrame, drawn: Posterior, looked: View, groups: list[Peers], catalogue: Catalogue
) -> None:
    """Worked out again from the posterior's own states: the pillar is raised and the standing computed anew."""
    row = advised[advised["ground"] == "pillar"].iloc[3]
    unit, pillar = looked.place(row["unit"]), looked.pillar(row["about"])
    state, weight = drawn.flat("state"), drawn.flat("weight")
    cells = np.flatnonzero(drawn.draws["year_of_cell"].to_numpy() == looked.edition)
    base = drawn.draws["base_cell"].to_numpy()
    sd = state[:, base, pillar].std(axis=1)
    position = (state[:, cells, pillar] - state[:, base, pillar].mean(axis=1)[:, None]) / sd[:, None]
    gap = np.quantile(position[:, groups[unit].others], 0.75, axis=1) - position[:, unit]
    real = gap > catalogue.gap.equivalence
    raised = state.copy()
    raised[:, cells[unit], pillar] += np.where(real, gap, 0.0) * sd
    value = np.einsum("scp,sp->sc", raised, weight)
    before = np.einsum("scp,sp->sc", state, weight)
    centre, scale = before[:, base].mean(axis=1), before[:, base].std(axis=1)
    gain = 100 * ndtr((value[:, cells[unit]] - centre) / scale) - 100 * ndtr((before[:, cells[unit]] - centre) / scale)
    assert row["probability"] == pytest.approx(real.mean())
    assert row["gain_mean"] == pytest.approx(gain.mean(), abs=1e-4)
    assert row["gain_q95"] == pytest.approx(np.quantile(gain, 0.95), abs=1e-3)


def test_closing_a_gap_makes_no_level_less_probable(advised: pd.DataFrame) -> None:
    """The effect on the next level is told where there is one."""
    told = advised.dropna(subset=["p_next_now", "p_next_then"])
    assert len(told)
    assert (told["p_next_then"] >= told["p_next_now"]).all()
    assert (told["p_next_then"] > told["p_next_now"]).any()


def test_the_pull_of_a_figure_is_that_of_weighing_the_draws(looked: View) -> None:
    """To first order, a slightly better figure moves the standing as re-weighting by its likelihood does."""
    part, step, found = looked.indicator("export_share"), 0.05, []
    for unit in range(len(UNITS)):
        row = looked.figures[(looked.figures["unit"] == unit) & (looked.figures["indicator"] == part)].iloc[0]
        at = float(looked.location[:, unit, part].mean())  # where a figure surprises nobody, the pull is the formula's
        ratio = log_likelihood(looked, unit, part, at + step, np.nan) - log_likelihood(looked, unit, part, at, np.nan)
        weight = np.exp(ratio) / np.exp(ratio).sum()
        moved = float(looked.standing[:, unit] @ weight - looked.standing[:, unit].mean())
        found.append((moved / step, float(pull(looked, unit, part).mean())))
        assert np.isfinite(row["value"])
    exact, formula = np.array(found).T
    assert np.corrcoef(exact, formula)[0, 1] > 0.9
    assert 0.5 < formula.mean() / exact.mean() < 2.0


def test_rules_without_a_gap_hold_by_verdict_coverage_and_change(
    catalogue: Catalogue, looked: View, groups: list[Peers], levels: Levels, evidence: Evidence
) -> None:
    """Each is said to one unit, comes last, promises no gain and tells its probability."""
    validation, changes, coverage = (part.copy() for part in (evidence.validation, evidence.changes, evidence.coverage))
    validation.loc[0, ["verdict", "p_contradicted"]] = [Verdict.CONTRADICTED, 0.93]
    coverage.iloc[1] = 0.4
    changes.loc[2, ["mean", "p_up"]] = [-6.5, 0.04]
    told = recommend(catalogue, looked, groups, levels, Evidence(validation, changes, coverage))
    rows = told[~told["ground"].isin(["pillar", "indicator"])].set_index("rule")
    assert dict(rows["unit"]) == {"hear_peers": UNITS[0], "complete_data": UNITS[1], "explain_fall": UNITS[2]}
    assert rows["gain_mean"].isna().all()
    assert rows.loc["hear_peers", "probability"] == pytest.approx(0.93)
    assert "40 %" in rows.loc["complete_data", "because_en"]
    assert "\N{MINUS SIGN}6,5" in rows.loc["explain_fall", "because_ro"]
    last = told.groupby("unit")["place"].max()
    assert [last[rows.loc[name, "unit"]] for name in rows.index] == list(rows["place"])


def test_nothing_is_advised_from_draws_that_failed(function: Function, seen: Observations, drawn: Posterior) -> None:
    """A posterior that may not be published gives no advice either."""
    failed = replace(drawn, run=replace(drawn.run, status=FAILED))
    with pytest.raises(DiagnosticsFailed):
        view(function, failed, seen)


def test_teams_are_advised_by_the_rules_of_their_own_function(
    shipped: dict[str, Function], catalogue: Catalogue, evidence: Evidence
) -> None:
    """The same engine on the management function: every pillar's rule is said to somebody, and no cluster's rule is."""
    function = shipped["management"]
    seen = cohort.observations(function)
    looked = view(function, cohort.posterior(function, seen), seen)
    told = recommend(catalogue, looked, cohort.groups(looked), None, evidence)
    assert set(told["rule"]) <= {rule.id for rule in catalogue.of("management")}
    assert {pillar.id for pillar in function.pillars} <= set(told["about"])
    assert told["next_level"].eq("").all()
