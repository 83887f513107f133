"""Verdicts from draws of which it is known what they say."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clusterscore.model.design import make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import Posterior
from clusterscore.scores.compute import compute
from clusterscore.scores.verdict import validate
from clusterscore.vocabulary import Channel, Verdict
from tests.posterior.tiny import EDITION
from tests.scores import synthetic

N_DRAWS = 100
UNIT = "C"


def agreeing(function: Function, observations: Observations) -> np.ndarray:
    """Return states on which figures and peers agree to the last digit; dims (draw, cell, pillar)."""
    design = make_design(function, observations)
    level = np.linspace(-1.5, 1.5, len(design.units))[design.cell_unit]
    return np.tile(level[:, None], (N_DRAWS, 1, 2))


@pytest.fixture
def judged(document: Function, invented: Observations) -> Callable[..., pd.Series]:
    """Return what judges one unit for which peers and figures differ in some draws."""

    def judge(
        gap: np.ndarray | float = 0.0, discrepancy: np.ndarray | float = 0.0, seen: Observations = invented
    ) -> pd.Series:
        state = agreeing(document, invented)
        places, units = synthetic.cells(document, invented), make_design(document, invented).units
        state[:, places.index((UNIT, EDITION)), 1] += gap
        shift = np.zeros((N_DRAWS, len(units)))
        shift[:, units.index(UNIT)] = discrepancy
        drawn = synthetic.posterior(document, invented, state=state, discrepancy=shift)
        table = validate(document, drawn, seen)
        return table[(table["unit"] == UNIT) & (table["year"] == EDITION)].iloc[0]

    return judge


def in_some(number: int, size: float) -> np.ndarray:
    """Return a quantity that has this size in so many of the draws and is 0 in the others."""
    return np.where(np.arange(N_DRAWS) < number, size, 0.0)


def test_peers_who_agree_with_the_figures_confirm_them(judged: Callable[..., pd.Series]) -> None:
    """Neither a gap nor a discrepancy in any draw."""
    row = judged()
    assert row["verdict"] == Verdict.VALIDATED
    assert (row["p_confirmed"], row["p_contradicted"]) == (1.0, 0.0)


@pytest.mark.parametrize("size", [-5.0, 5.0])
def test_peers_who_see_other_pillars_far_from_the_figures_contradict(
    judged: Callable[..., pd.Series], size: float
) -> None:
    """Above or below; the gap is that of the peers' part over the figures' part."""
    row = judged(gap=size)
    assert row["verdict"] == Verdict.CONTRADICTED
    assert row["gap_mean"] * size > 0
    assert row["gap_mean"] == pytest.approx(row["peers_mean"] - row["figures_mean"])
    assert row["discrepancy_mean"] == 0.0


@pytest.mark.parametrize("size", [-5.0, 5.0])
def test_an_overall_judgement_far_from_the_function_contradicts(judged: Callable[..., pd.Series], size: float) -> None:
    """Even where the pillars agree."""
    row = judged(discrepancy=size)
    assert row["verdict"] == Verdict.CONTRADICTED
    assert row["gap_mean"] == pytest.approx(0.0, abs=1e-6)
    assert row["discrepancy_mean"] * size > 0


@pytest.mark.parametrize("kind", ["gap", "discrepancy"])
@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (10, Verdict.VALIDATED),
        (11, Verdict.NOT_ENOUGH_EVIDENCE),
        (89, Verdict.NOT_ENOUGH_EVIDENCE),
        (90, Verdict.CONTRADICTED),
    ],
)
def test_a_verdict_needs_its_probability(
    judged: Callable[..., pd.Series], kind: str, number: int, verdict: Verdict
) -> None:
    """Nine of ten draws are enough, one draw fewer is not."""
    row = judged(**{kind: in_some(number, 9.0)})
    assert row["p_contradicted"] == pytest.approx(number / N_DRAWS)
    assert row["p_confirmed"] == pytest.approx(1.0 - number / N_DRAWS)
    assert row["verdict"] == verdict


def test_either_is_enough_in_a_draw(judged: Callable[..., pd.Series]) -> None:
    """A gap in some draws and a discrepancy in others add up; in the same draws they do not."""
    apart = judged(gap=in_some(50, 9.0), discrepancy=in_some(90, 9.0) - in_some(50, 9.0))
    together = judged(gap=in_some(50, 9.0), discrepancy=in_some(50, 9.0))
    assert apart["p_contradicted"] == pytest.approx(0.9)
    assert together["p_contradicted"] == pytest.approx(0.5)


@pytest.mark.parametrize(("equivalence", "contradicted"), [(0.98, True), (1.02, False)])
def test_the_region_of_equivalence_is_in_standard_deviations_of_the_base_cohort(
    document: Function, invented: Observations, equivalence: float, *, contradicted: bool
) -> None:
    """A discrepancy of one such standard deviation, whatever the scale of the function."""
    state = 7.0 * agreeing(document, invented)
    drawn = synthetic.posterior(document, invented, state=state)
    base_sd = drawn.flat("function")[:, drawn.draws["base_cell"].to_numpy()].std(axis=1)
    drawn = synthetic.posterior(document, invented, state=state, discrepancy=np.tile(base_sd[:, None], (1, 7)))
    rule = document.validation.model_copy(update={"equivalence": equivalence})
    table = validate(document.model_copy(update={"validation": rule}), drawn, invented)
    np.testing.assert_allclose(table["discrepancy_mean"], 1.0, rtol=1e-5)
    assert (table["p_contradicted"] == float(contradicted)).all()


def without(observations: Observations, rows: Callable[[pd.DataFrame], pd.Series], table: str) -> Observations:
    """Return observations without some rows of a table."""
    frame = getattr(observations, table)
    return replace(observations, **{table: frame[~rows(frame)].reset_index(drop=True)})


def recent(frame: pd.DataFrame) -> pd.Series:
    """Return which rows are about the unit in the years of the edition."""
    return (frame["unit"] == UNIT) & (frame["year"] > EDITION - 2)


def test_without_figures_in_the_edition_there_is_not_enough_evidence(
    judged: Callable[..., pd.Series], invented: Observations
) -> None:
    """However clear the draws; figures of the edition before do not count."""
    row = judged(gap=9.0, seen=without(invented, recent, "figures"))
    assert row["n_figures"] == 0
    assert row["verdict"] == Verdict.NOT_ENOUGH_EVIDENCE


@pytest.mark.parametrize(("n_raters", "verdict"), [(2, Verdict.NOT_ENOUGH_EVIDENCE), (3, Verdict.CONTRADICTED)])
def test_a_verdict_needs_as_many_raters_as_the_document_says(
    judged: Callable[..., pd.Series], invented: Observations, n_raters: int, verdict: Verdict
) -> None:
    """One below is not enough, and a rater who answers twice is one rater."""
    raters = sorted(invented.answers.loc[recent(invented.answers), "rater"].unique())[:n_raters]
    seen = without(invented, lambda frame: recent(frame) & ~frame["rater"].isin(raters), "answers")
    row = judged(gap=9.0, seen=seen)
    assert row["n_raters"] == n_raters
    assert row["verdict"] == verdict


def test_tied_raters_are_no_evidence(judged: Callable[..., pd.Series], invented: Observations) -> None:
    """Their answers are shown elsewhere and confirm nothing."""
    answers = invented.answers.assign(tied=recent(invented.answers))
    row = judged(seen=replace(invented, answers=answers))
    assert row["n_raters"] == 0
    assert row["verdict"] == Verdict.NOT_ENOUGH_EVIDENCE


@pytest.mark.parametrize("table", ["figures", "answers"])
def test_what_other_functions_use_is_no_evidence(
    judged: Callable[..., pd.Series], invented: Observations, table: str
) -> None:
    """Two functions may be about the same kind of unit."""
    frame, name = getattr(invented, table), {"figures": "indicator", "answers": "item"}[table]
    other = frame.assign(**{name: frame[name].mask(recent(frame), "something_else")})
    row = judged(gap=9.0, seen=replace(invented, **{table: other}))
    assert row[{"figures": "n_figures", "answers": "n_raters"}[table]] == 0
    assert row["verdict"] == Verdict.NOT_ENOUGH_EVIDENCE


def test_evidence_is_counted_in_the_years_of_the_cells_own_edition(
    document: Function, invented: Observations, posterior: Posterior
) -> None:
    """Two years that end in the cell's year."""
    table = validate(document, posterior, invented)
    for row in table.itertuples():
        years = {row.year - 1, row.year}
        figures = invented.figures[(invented.figures["unit"] == row.unit) & invented.figures["year"].isin(years)]
        answers = invented.answers[(invented.answers["unit"] == row.unit) & invented.answers["year"].isin(years)]
        assert row.n_figures == len(figures)
        assert row.n_raters == answers["rater"].nunique()


def test_a_function_without_peers_has_no_verdict(
    functions: dict[str, Function], observed: Callable[..., Observations]
) -> None:
    """There is nothing to compare, so no comparison is shown."""
    rows = [(f"RO{number}", 2010, "rci_z", number - 1.0) for number in range(4)]
    seen = observed(pd.DataFrame(rows, columns=["unit", "year", "indicator", "value"]), kind="region")
    table = validate(functions["regional"], synthetic.posterior(functions["regional"], seen), seen)
    assert set(table["verdict"]) == {Verdict.NOT_ENOUGH_EVIDENCE}
    assert table[["p_confirmed", "p_contradicted"]].isna().all(axis=None)
    assert "gap_mean" not in table


def test_a_channel_alone_stands_beside_and_changes_no_verdict(
    document: Function, invented: Observations, posterior: Posterior
) -> None:
    """What it says of a year that it knows; of another year it says nothing."""
    last = invented.figures["year"] == EDITION
    recent_only = replace(invented, figures=invented.figures[last], answers=invented.answers.iloc[:0])
    alone = {Channel.FIGURES: synthetic.posterior(document, recent_only, seed=9)}
    before, after = validate(document, posterior, invented), validate(document, posterior, invented, alone)
    pd.testing.assert_frame_equal(after[before.columns], before)
    said = after["figures_alone_mean"].notna()
    assert said.any()
    assert set(after.loc[said, "year"]) == {EDITION}
    pd.testing.assert_series_equal(after["year"] == EDITION, said, check_names=False)


def test_the_published_verdict_is_the_one_that_was_worked_out(
    document: Function, invented: Observations, posterior: Posterior
) -> None:
    """The table of scores repeats it, cell by cell."""
    scores = compute(document, posterior, invented)
    pd.testing.assert_frame_equal(
        scores.scores[["unit", "year", "verdict"]], scores.validation[["unit", "year", "verdict"]]
    )
    np.testing.assert_allclose(scores.validation["p_confirmed"] + scores.validation["p_contradicted"], 1.0)
