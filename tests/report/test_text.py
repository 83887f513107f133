"""Sentences say what the numbers say: no minus zero, no certainty, every direction and every verdict."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterscore.report import text
from clusterscore.scores.baselines import Baseline
from clusterscore.scores.prequential import ScoringRule
from clusterscore.vocabulary import Verdict

MINUS = "\N{MINUS SIGN}"
SCORE = st.floats(0, 100)
CHANGE = st.floats(-100, 100)
SHARE = st.floats(0, 1)
INTERVAL = st.tuples(SCORE, SCORE).map(sorted)


@given(SCORE)
def test_a_score_is_a_whole_number_within_half_a_point(value: float) -> None:
    """What is printed is what was computed, and never claims an end of the scale."""
    printed = text.points(value)
    if 1 <= value <= 99:
        assert abs(int(printed) - value) <= 0.5
    else:
        assert printed == ("under 1" if value < 1 else "over 99")


@given(CHANGE, st.integers(0, 1))
def test_a_change_has_a_sign_unless_it_is_nothing(value: float, digits: int) -> None:
    """Minus is the character, not the hyphen; there is no +0 and no -0."""
    printed = text.change_points(value, digits)
    number = _number(printed)
    assert abs(number - value) <= 0.5 / 10**digits + 1e-9
    assert printed[0] in (f"+{MINUS}" if number else "0")
    assert not number or "+-"[number < 0].replace("-", MINUS) == printed[0]


@given(st.lists(CHANGE, min_size=3, max_size=3).map(sorted))
def test_a_small_change_is_not_rounded_away(ends: list[float]) -> None:
    """All three numbers have the same number of decimals, and one at least where whole points would hide them."""
    low, mean, high = ends
    printed = text.changes(mean, low, high)
    decimals = 1 if max(abs(low), abs(high)) < 2 else 0
    assert printed == tuple(text.change_points(value, decimals) for value in (mean, low, high))


@given(st.floats(-9, 9))
def test_deviations_have_a_sign_unless_they_are_nothing(value: float) -> None:
    """One decimal, and nothing is 0.0 without a sign."""
    printed = text.deviations(value)
    assert re.fullmatch(rf"0\.0|[+{MINUS}]\d\.\d", printed)
    assert printed[1:] != "0.0"
    assert abs(_number(printed) - value) <= 0.05 + 1e-9


@given(INTERVAL)
def test_the_ends_of_an_interval_stay_in_order(ends: list[float]) -> None:
    """Rounding never turns an interval round."""
    order = ["under 1", *map(str, range(1, 100)), "over 99"]
    places = [order.index(end) for end in text.span(*ends).split(" to ")]
    assert places == sorted(set(places))


@given(INTERVAL)
def test_a_score_lies_between_two_different_numbers(ends: list[float]) -> None:
    """Nobody reads "between 3 and 3"."""
    low, high = map(text.points, ends)
    assert text.between(*ends) == (f"is {low}" if low == high else f"lies between {low} and {high}")


@given(st.tuples(st.integers(1, 99), st.integers(1, 99)).map(sorted))
def test_a_rank_interval_is_one_rank_where_its_ends_agree(ends: list[int]) -> None:
    """Nobody reads "2 to 2"."""
    assert text.ranks(*ends) == (str(ends[0]) if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}")


@given(SHARE)
def test_a_probability_is_never_none_and_never_all(share: float) -> None:
    """A sample cannot show that something is impossible or certain."""
    printed = text.percent(share).replace("\N{NO-BREAK SPACE}", " ")
    assert printed in {"under 1 %", "over 99 %"} or 1 <= int(printed.removesuffix(" %")) <= 99


@given(SHARE, SHARE)
def test_a_larger_probability_never_sounds_smaller(one: float, other: float) -> None:
    """The words of probability keep the order of the probabilities."""
    words = ["unlikely", "about as likely as not", "likely", "very likely", "almost certain"]
    low, high = sorted((one, other))
    assert words.index(text.likelihood(low)) <= words.index(text.likelihood(high))


@pytest.mark.parametrize(("below", "above"), [(0.6551, 0.6649), (0.8951, 0.9049)])
def test_the_same_printed_probability_has_the_same_words(below: float, above: float) -> None:
    """Where two pages print 90 %, one must not say likely and the other very likely."""
    assert text.percent(below) == text.percent(above)
    assert text.likelihood(below) == text.likelihood(above)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(60, 80, "stands above"), (10, 40, "stands below"), (40, 60, "cannot be told apart"), (50, 60, "cannot be told")],
)
def test_a_position_is_claimed_only_where_the_whole_interval_is_on_one_side(
    low: float, high: float, words: str
) -> None:
    """An interval that reaches the middle is not above it."""
    assert words in text.position(pd.Series({"q05": low, "q95": high}), 50)


@pytest.mark.parametrize(
    ("mean", "p_up", "verb", "words"),
    [(6.0, 0.97, "rose", "very likely (probability 97 %)"), (-6.0, 0.03, "fell", "very likely (probability 97 %)")],
)
def test_a_movement_says_its_direction_and_how_sure_it_is(mean: float, p_up: float, verb: str, words: str) -> None:
    """The probability is that of the direction named."""
    sentence = text.movement(_change(mean, p_up))
    assert f"that it {verb} is {words.replace(' %', chr(160) + '%')}" in sentence
    assert f"moved by {text.change_points(mean)} points" in sentence


def test_a_movement_of_one_point_is_one_point() -> None:
    """A single point takes the singular."""
    assert "1 points" not in text.movement(_change(1.0, 0.6))


def test_a_newcomer_has_not_moved() -> None:
    """Without an earlier edition there is nothing to compare."""
    assert text.movement(None) == "There is no earlier edition to compare with."


@pytest.mark.parametrize(("gap", "side"), [(2.4, "higher"), (-2.4, "lower")])
def test_a_contradiction_says_on_which_side_the_peers_are(gap: float, side: str) -> None:
    """A person must look into it, and needs to know where."""
    sentence = text.confirmation(_validation(Verdict.CONTRADICTED, gap=gap), 5)
    assert sentence.startswith("The peers contradict the figures: 7 independent raters")
    assert side in sentence
    assert "2.4" in sentence


def test_a_contradiction_by_the_overall_judgement_names_its_size() -> None:
    """Where the parts agree and the overall judgement does not, the small gap is not shown as the reason."""
    row = _validation(Verdict.CONTRADICTED, gap=0.1, discrepancy=4.4)
    assert "4.4" in text.confirmation(row, 5)


def test_a_confirmation_gives_the_gap_with_its_interval() -> None:
    """Confirmed does not mean equal."""
    sentence = text.confirmation(_validation(Verdict.VALIDATED, gap=0.3), 5)
    assert sentence.startswith("The peers confirm the figures: 7 independent raters")
    assert "+0.3 standard deviations" in sentence
    assert "+0.1 to +0.5" in sentence


@pytest.mark.parametrize(
    ("changed", "minimum", "reason"),
    [
        ({"n_raters": 2}, 5, "2 independent raters answered and 5 are needed"),
        ({"n_raters": 1}, 5, "1 independent rater answered and 5 are needed"),
        ({"n_figures": 0}, 5, "no figures came in"),
        ({}, 5, "neither agreement nor contradiction is probable enough"),
        ({"n_raters": 0}, 0, "no peers are asked about these units"),
    ],
)
def test_too_little_evidence_comes_with_its_reason(changed: dict[str, int], minimum: int, reason: str) -> None:
    """The reader learns what to collect next."""
    sentence = text.confirmation(_validation(Verdict.NOT_ENOUGH_EVIDENCE, **changed), minimum)
    assert sentence == f"Not enough evidence to say whether the peers confirm the figures: {reason}."


@given(CHANGE, SHARE, st.sampled_from(list(Verdict)), st.floats(-9, 9))
def test_no_sentence_holds_a_hyphen_for_a_minus(mean: float, p_up: float, verdict: Verdict, gap: float) -> None:
    """A hyphen before a digit reads as a range or as a mistake."""
    sentences = text.movement(_change(mean, p_up)) + text.confirmation(_validation(verdict, gap=gap), 5)
    assert not re.search(r"-\d", sentences)


def _number(printed: str) -> float:
    return float(printed.replace(MINUS, "-"))


def _change(mean: float, p_up: float) -> pd.Series:
    return pd.Series({"year_from": 2021, "mean": mean, "q05": mean - 5, "q95": mean + 5, "p_up": p_up}, dtype=object)


def _validation(verdict: Verdict, gap: float = 0.3, discrepancy: float = 0.0, **changed: int) -> pd.Series:
    row: dict[str, Any] = {"verdict": str(verdict), "n_raters": 7, "n_figures": 4}
    for name, value in (("gap", gap), ("discrepancy", discrepancy)):
        row |= {f"{name}_mean": value, f"{name}_q05": value - 0.2, f"{name}_q95": value + 0.2}
    return pd.Series({**row, "p_contradicted": 0.97, "p_confirmed": 0.97, **changed}, dtype=object)


@pytest.mark.parametrize(
    ("intervals", "said"),
    [
        ([(40, 50, 60), (10, 20, 30), (70, 80, 90)], "Stronger in sales (70 to 90) than in people (10 to 30)"),
        ([(40, 50, 60), (10, 20, 65), (60, 80, 90)], "No pillar stands out"),
    ],
)
def test_pillars_are_contrasted_only_where_their_intervals_are_apart(
    intervals: list[tuple[int, int, int]], said: str
) -> None:
    """No strength is claimed that the next year may take back."""
    rows = pd.DataFrame(intervals, columns=["q05", "mean", "q95"]).assign(title=["Ties", "People", "Sales"])
    assert text.contrast(rows).startswith(said)


def _gains(*, shown: bool) -> pd.DataFrame:
    rows = [(str(baseline), str(rule), shown) for baseline in Baseline for rule in ScoringRule]
    table = pd.DataFrame(rows, columns=["baseline", "rule", "shown"])
    return table.assign(n=40, n_units=20, n_years=2, mean_gain=0.12, se=0.02, low=0.05 if shown else -0.05, high=0.19)


@pytest.mark.parametrize("shown", [True, False])
def test_it_corrects_itself_only_where_that_is_shown(*, shown: bool) -> None:
    """Each rival with its gain, its confidence sequence, and how many figures; elsewhere it is updated."""
    said = text.correction(_gains(shown=shown))
    assert said.startswith(
        "This analysis corrects itself" if shown else "This analysis is updated with each observation"
    )
    low = "+0.05" if shown else f"{MINUS}0.05"
    for baseline in Baseline:
        assert (
            f"{baseline} +0.12 (95\N{NO-BREAK SPACE}% confidence sequence {low} to +0.19; 40 figures of 2 years)"
            in said
        )


def test_too_few_figures_have_no_bounds() -> None:
    """That is said instead of an interval."""
    assert "without bounds yet" in text.correction(_gains(shown=False).assign(low=np.nan, high=np.nan, n_years=1))


def test_without_scored_forecasts_nothing_is_claimed() -> None:
    """It is updated, and that is all."""
    assert "corrects itself" not in text.correction(_gains(shown=True).iloc[:0])
