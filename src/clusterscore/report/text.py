"""Sentences from numbers: no number in prose is typed by hand, and each has its interval or its probability."""

from __future__ import annotations

import math
from typing import Final

import pandas as pd

from clusterscore.frames import each
from clusterscore.scores.prequential import CORRECTS, ScoringRule, claim
from clusterscore.vocabulary import Verdict

_SPACE: Final = "\N{NO-BREAK SPACE}"
INTERVAL: Final = f"90{_SPACE}% credible interval"
FIELD_CAPTION: Final = (
    f"Dot: median. Line: {INTERVAL}. Where lines overlap, the rank intervals say how sure the order is. "
    "Hollow dot: the peers contradict the figures."
)

_SMALL_CHANGE: Final = 2.0  # score points
_LIKELY: Final = ((99, "almost certain"), (90, "very likely"), (66, "likely"), (33, "about as likely as not"))
"""Words of probability, from the IPCC's calibrated language, each with the lowest whole percentage that it takes."""
_HIGHEST: Final = 99  # whole score that is printed; above it the text says "over"
_ALMOST_CERTAIN: Final = 0.99
_ALMOST_IMPOSSIBLE: Final = 0.01
_EVEN: Final = 0.5


def points(value: float) -> str:
    """Return a score as a whole number that never claims an end of the scale."""
    if value > _HIGHEST:
        return "over 99"
    return "under 1" if value < 1 else f"{value:.0f}"


def change_points(value: float, digits: int = 0) -> str:
    """Return a change of score with its sign; zero has none."""
    text = f"{value:+.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def span(low: float, high: float) -> str:
    """Return both ends of an interval of scores; one of them where they read the same."""
    return _joined(points(low), points(high), "to")


def between(low: float, high: float) -> str:
    """Return where a score lies, to follow "the score"."""
    ends = _joined(points(low), points(high), "and")
    return f"lies between {ends}" if " and " in ends else f"is {ends}"


def _joined(low: str, high: str, word: str) -> str:
    return low if low == high else f"{low} {word} {high}"


def deviations(value: float) -> str:
    """Return a number of standard deviations with one decimal and sign."""
    text = f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")
    return "0.0" if text in {"+0.0", "\N{MINUS SIGN}0.0"} else text


def answer(value: float) -> str:
    """Return a mean answer on its own scale."""
    return f"{value:.1f}"


def share(part: float) -> str:
    """Return a share that was counted as a percentage."""
    return f"{100 * part:.0f}{_SPACE}%"


def percent(share: float) -> str:
    """Return a probability as a percentage that never claims certainty."""
    if share > _ALMOST_CERTAIN:
        return f"over 99{_SPACE}%"
    return f"under 1{_SPACE}%" if share < _ALMOST_IMPOSSIBLE else f"{100 * share:.0f}{_SPACE}%"


def ranks(low: float, high: float) -> str:
    """Return a rank interval; one rank where both ends agree."""
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"


def likelihood(share: float) -> str:
    """Return a probability in words."""
    printed = int(f"{100 * share:.0f}")  # as `percent` prints it, so that equal numbers have equal words
    for least, words in _LIKELY:
        if printed >= least:
            return words
    return "unlikely"


def words_of_probability() -> tuple[tuple[int, str], ...]:
    """Return each word of probability with the lowest whole percentage that it takes, the most certain first."""
    return (*_LIKELY, (0, "unlikely"))


def headline(row: pd.Series, n_units: int, plural: str) -> str:
    """Say a unit's score and rank with their intervals."""
    return (
        f"Score {points(row['score_median'])} of 100 ({INTERVAL} {span(row['q05'], row['q95'])}); "
        f"rank {ranks(row['rank_q05'], row['rank_q95'])} of {n_units} {plural} (same mass)."
    )


def position(row: pd.Series, median: float) -> str:
    """Say on which side of the middle a unit stands, and whether that is sure."""
    if row["q05"] > median:
        return "It stands above the middle of the field."
    if row["q95"] < median:
        return "It stands below the middle of the field."
    return "It cannot be told apart from the middle of the field."


def prior_driven(foremost: str) -> str:
    """Say that assumptions decide a score, and which."""
    return (
        "This score is prior-driven: it hangs more on the model's assumptions, first of all on the prior of "
        f"{foremost.replace('_', ' ')}, than on what was observed of this unit."
    )


def movement(change: pd.Series | None) -> str:
    """Say how a score moved since the edition before, and with which probability it did."""
    if change is None:
        return "There is no earlier edition to compare with."
    up = float(change["p_up"])
    direction, probability = ("rose", up) if up >= _EVEN else ("fell", 1.0 - up)
    moved, low, high = changes(change["mean"], change["q05"], change["q95"])
    noun = "point" if moved.lstrip("+\N{MINUS SIGN}") == "1" else "points"
    return (
        f"Since {change['year_from']} the score moved by {moved} {noun} ({INTERVAL} {low} to {high}); "
        f"that it {direction} is {likelihood(probability)} (probability {percent(probability)})."
    )


def changes(mean: float, low: float, high: float) -> tuple[str, str, str]:
    """Return a change and both ends of its interval, with a decimal where whole points would hide it."""
    digits = 1 if max(abs(low), abs(high)) < _SMALL_CHANGE else 0
    return change_points(mean, digits), change_points(low, digits), change_points(high, digits)


def concentration(row: pd.Series) -> str:
    """Say how concentrated a sector is in a region, and whether it is strong by the rule of the documents."""
    rule = (
        "strong by the rule of U.S. Cluster Mapping"
        if row["strong"]
        else "not among the strong ones by the rule of U.S. Cluster Mapping"
    )
    return (
        f"In {row['year']} the sector {row['sector']} employed {row['employed']:,.0f} people in {row['region']}: "
        f"{row['quotient']:.2f} times its share in all regions of the table (location quotient; a ratio of counts, so "
        f"without an interval). It is {rule}."
    )


def contrast(pillars: pd.DataFrame) -> str:
    """Say on which pillar a unit stands best and on which worst, where their intervals are apart."""
    ordered = pillars.sort_values("mean")
    worst, best = ordered.iloc[0], ordered.iloc[-1]
    if best["q05"] <= worst["q95"]:
        return "No pillar stands out: even the highest and the lowest interval overlap"
    return f"Stronger in {best['title'].lower()} than in {worst['title'].lower()}"


def confirmation(row: pd.Series, minimum_raters: int) -> str:
    """Say whether the peers confirm the figures, from which evidence."""
    raters = f"{row['n_raters']} independent {'rater' if row['n_raters'] == 1 else 'raters'}"
    if row["verdict"] == Verdict.NOT_ENOUGH_EVIDENCE:
        reason = "neither agreement nor contradiction is probable enough"
        if not minimum_raters:
            reason = "no peers are asked about these units"
        elif row["n_raters"] < minimum_raters:
            reason = f"{raters} answered and {minimum_raters} are needed"
        elif not row["n_figures"]:
            reason = "no figures came in"
        return f"Not enough evidence to say whether the peers confirm the figures: {reason}."
    if row["verdict"] == Verdict.CONTRADICTED:
        return (
            f"The peers contradict the figures: {raters} {_contradiction(row)}. "
            f"Probability of contradiction {percent(row['p_contradicted'])}."
        )
    return (
        f"The peers confirm the figures: {raters} and the figures differ by {_distance(row, 'gap')}, "
        f"within what the document treats as agreement. Probability {percent(row['p_confirmed'])}."
    )


def _contradiction(row: pd.Series) -> str:
    """Say in which comparison, on which side and how far the peers stand: the one where they are furthest away."""
    furthest = max(("gap", "discrepancy"), key=lambda name: abs(row[f"{name}_mean"]))
    side = "higher" if row[f"{furthest}_mean"] > 0 else "lower"
    said = {
        "gap": f"place it {side} than its figures do",
        "discrepancy": f"judge it as a whole {side} than its pillars add up to",
    }
    return f"{said[furthest]}; the difference is {_distance(row, furthest)}"


def _distance(row: pd.Series, name: str) -> str:
    mean, low, high = (deviations(row[f"{name}_{part}"]) for part in ("mean", "q05", "q95"))
    return f"{mean} standard deviations ({INTERVAL} {low} to {high})"


def correction(gains: pd.DataFrame) -> str:
    """Say how recorded forecasts did against each rival, and whether it is shown that the analysis corrects itself."""
    rows = gains[gains["rule"] == ScoringRule.LOG]
    if rows.empty:
        return (
            "This analysis is updated with each observation; no recorded forecast can be compared with its figure yet."
        )
    against = "; ".join(
        f"{row.baseline} {nats(row.mean_gain)} (95{_SPACE}% confidence sequence {bounds(row.low, row.high)}; "
        f"{row.n} figures of {_years(row.n_years)})"
        for row in each(rows)
    )
    said = claim(gains)
    shown = (
        "the gain is above 0 by both scoring rules against every rival"
        if said == CORRECTS
        else "that it corrects itself is not shown"
    )
    return (
        f"This analysis {said}: {shown}. Gain in log score of forecasts recorded before their figures came, in nats a "
        f"figure, against {against}."
    )


def nats(value: float) -> str:
    """Return a difference of log scores with two decimals and sign."""
    return change_points(value, 2)


def bounds(low: float, high: float) -> str:
    """Return both ends of a confidence sequence of gains, or that it has none yet."""
    return "without bounds yet" if math.isnan(low) else f"{nats(low)} to {nats(high)}"


def _years(n_years: int) -> str:
    return "1 year" if n_years == 1 else f"{n_years} years"
