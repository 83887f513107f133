"""Sentences from numbers: no number in prose is typed by hand, and each has its interval or its probability."""

from __future__ import annotations

import math
from typing import Final

import pandas as pd

from clusterscore.frames import each
from clusterscore.report.language import numeral, say
from clusterscore.scores.prequential import CORRECTS, ScoringRule, claim
from clusterscore.vocabulary import Verdict

_SPACE: Final = "\N{NO-BREAK SPACE}"
INTERVAL: Final = f"90{_SPACE}% credible interval"
_FIELD: Final = (
    "Dot: median. Line: {interval}. Where lines overlap, the rank intervals say how sure the order is. "
    "Hollow dot: the peers contradict the figures."
)
FIELD_CAPTION: Final = _FIELD.format(interval=INTERVAL)

_SMALL_CHANGE: Final = 2.0  # score points
_LIKELY: Final = ((99, "almost certain"), (90, "very likely"), (66, "likely"), (33, "about as likely as not"))
"""Words of probability, from the IPCC's calibrated language, each with the lowest whole percentage that it takes."""
_LARGE: Final = 1000  # from here on figures are written with groups of digits
_THIN: Final = "\N{NARROW NO-BREAK SPACE}"
_HIGHEST: Final = 99  # whole score that is printed; above it the text says "over"
_ALMOST_CERTAIN: Final = 0.99
_ALMOST_IMPOSSIBLE: Final = 0.01
_EVEN: Final = 0.5
_SEQUENCE: Final = 0.95  # mass of a confidence sequence


def interval() -> str:
    """Return what every interval is called."""
    return say(INTERVAL)


def field_caption() -> str:
    """Return how a figure of the field is read."""
    return say(_FIELD, interval=interval())


def points(value: float) -> str:
    """Return a score as a whole number that never claims an end of the scale."""
    if value > _HIGHEST:
        return say("over 99")
    return say("under 1") if value < 1 else f"{value:.0f}"


def short_points(value: float) -> str:
    """Return a score as it stands in large figures."""
    if value > _HIGHEST:
        return f">{_HIGHEST}"
    return "<1" if value < 1 else points(value)


def change_points(value: float, digits: int = 0) -> str:
    """Return a change of score with its sign; zero has none."""
    text = f"{value:+.{digits}f}"
    return numeral(text.lstrip("+-") if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}"))


def span(low: float, high: float) -> str:
    """Return both ends of an interval of scores; one of them where they read the same."""
    return joined(points(low), points(high))


def between(low: float, high: float) -> str:
    """Return where a score lies, to follow "the score"."""
    ends = points(low), points(high)
    same = ends[0] == ends[1]
    return say("is {end}", end=ends[0]) if same else say("lies between {low} and {high}", low=ends[0], high=ends[1])


def joined(low: str, high: str) -> str:
    """Return both ends of an interval as they are printed; one of them where they read the same."""
    return low if low == high else say("{low} to {high}", low=low, high=high)


def deviations(value: float) -> str:
    """Return a number of standard deviations with one decimal and sign."""
    text = f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")
    return numeral("0.0" if text in {"+0.0", "\N{MINUS SIGN}0.0"} else text)


def answer(value: float) -> str:
    """Return a mean answer on its own scale."""
    return fixed(value, 1)


def fixed(value: float, digits: int) -> str:
    """Return a number with so many decimals and its thousands apart, as the language writes it."""
    return numeral(f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}"))


def share(part: float) -> str:
    """Return a share that was counted as a percentage."""
    return f"{100 * part:.0f}{_SPACE}%"


def percent(share: float) -> str:
    """Return a probability as a percentage that never claims certainty."""
    if share > _ALMOST_CERTAIN:
        return say(f"over 99{_SPACE}%")
    return say(f"under 1{_SPACE}%") if share < _ALMOST_IMPOSSIBLE else f"{100 * share:.0f}{_SPACE}%"


def ranks(low: float, high: float) -> str:
    """Return a rank interval; one rank where both ends agree."""
    return joined(f"{low:.0f}", f"{high:.0f}")


def likelihood(share: float) -> str:
    """Return a probability in words."""
    printed = int(f"{100 * share:.0f}")  # as `percent` prints it, so that equal numbers have equal words
    for least, words in _LIKELY:
        if printed >= least:
            return say(words)
    return say("unlikely")


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
        return say("It stands above the middle of the field.")
    if row["q95"] < median:
        return say("It stands below the middle of the field.")
    return say("It cannot be told apart from the middle of the field.")


def prior_driven(foremost: str) -> str:
    """Say that assumptions decide a score, and which."""
    return say(
        "This score is prior-driven: it hangs more on the model's assumptions, first of all on the prior of "
        "{foremost}, than on what was observed of this unit.",
        foremost=foremost.replace("_", " "),
    )


def movement(change: pd.Series | None) -> str:
    """Say how a score moved since the edition before, and with which probability it did."""
    if change is None:
        return say("There is no earlier edition to compare with.")
    up = float(change["p_up"])
    direction, probability = ("rose", up) if up >= _EVEN else ("fell", 1.0 - up)
    moved, low, high = changes(change["mean"], change["q05"], change["q95"])
    noun = "point" if moved.lstrip("+\N{MINUS SIGN}") == "1" else "points"
    return say(
        "Since {year} the score moved by {moved} {noun} ({interval} {low} to {high}); "
        "that it {direction} is {likelihood} (probability {probability}).",
        year=change["year_from"],
        moved=moved,
        noun=say(noun),
        interval=interval(),
        low=low,
        high=high,
        direction=say(direction),
        likelihood=likelihood(probability),
        probability=percent(probability),
    )


def changes(mean: float, low: float, high: float) -> tuple[str, str, str]:
    """Return a change and both ends of its interval, with a decimal where whole points would hide it."""
    digits = 1 if max(abs(low), abs(high)) < _SMALL_CHANGE else 0
    return change_points(mean, digits), change_points(low, digits), change_points(high, digits)


def concentration(row: pd.Series) -> str:
    """Say how concentrated a sector is in a region, and whether it is strong by the rule of the documents."""
    rule = (
        say("strong by the rule of U.S. Cluster Mapping")
        if row["strong"]
        else say("not among the strong ones by the rule of U.S. Cluster Mapping")
    )
    return say(
        "In {year} the sector {sector} employed {employed} people in {region}: {quotient} times its share in all "
        "regions of the table (location quotient; a ratio of counts, so without an interval). It is {rule}.",
        year=row["year"],
        sector=row["sector"],
        employed=fixed(row["employed"], 0),
        region=row["region"],
        quotient=fixed(row["quotient"], 2),
        rule=rule,
    )


def contrast(pillars: pd.DataFrame) -> str:
    """Say on which pillar a unit stands best and on which worst, where their intervals are apart."""
    ordered = pillars.sort_values("mean")
    worst, best = ordered.iloc[0], ordered.iloc[-1]
    if best["q05"] <= worst["q95"]:
        return say("No pillar stands out: even the highest and the lowest interval overlap")
    return say(
        "Stronger in {best} ({high}) than in {worst} ({low})",
        best=best["title"].lower(),
        high=span(best["q05"], best["q95"]),
        worst=worst["title"].lower(),
        low=span(worst["q05"], worst["q95"]),
    )


def confirmation(row: pd.Series, minimum_raters: int) -> str:
    """Say whether the peers confirm the figures, from which evidence."""
    raters = counted(row["n_raters"])
    if row["verdict"] == Verdict.NOT_ENOUGH_EVIDENCE:
        reason = say("neither agreement nor contradiction is probable enough")
        if not minimum_raters:
            reason = say("no peers are asked about these units")
        elif row["n_raters"] < minimum_raters:
            reason = say("{raters} answered and {minimum} are needed", raters=raters, minimum=minimum_raters)
        elif not row["n_figures"]:
            reason = say("no figures came in")
        return say("Not enough evidence to say whether the peers confirm the figures: {reason}.", reason=reason)
    if row["verdict"] == Verdict.CONTRADICTED:
        return say(
            "The peers contradict the figures: {raters} {contradiction}. Probability of contradiction {probability}.",
            raters=raters,
            contradiction=_contradiction(row),
            probability=percent(row["p_contradicted"]),
        )
    return say(
        "The peers confirm the figures: {raters} and the figures differ by {distance}, within what the document treats "
        "as agreement. Probability {probability}.",
        raters=raters,
        distance=_distance(row, "gap"),
        probability=percent(row["p_confirmed"]),
    )


def counted(n_raters: int) -> str:
    """Return how many independent raters there are, in words."""
    return say("1 independent rater") if n_raters == 1 else say("{n} independent raters", n=n_raters)


def _contradiction(row: pd.Series) -> str:
    """Say in which comparison, on which side and how far the peers stand: the one where they are furthest away."""
    furthest = max(("gap", "discrepancy"), key=lambda name: abs(row[f"{name}_mean"]))
    side = "higher" if row[f"{furthest}_mean"] > 0 else "lower"
    said = {
        "gap": f"place it {side} than its figures do",
        "discrepancy": f"judge it as a whole {side} than its pillars add up to",
    }
    return say("{said}; the difference is {distance}", said=say(said[furthest]), distance=_distance(row, furthest))


def _distance(row: pd.Series, name: str) -> str:
    mean, low, high = (deviations(row[f"{name}_{part}"]) for part in ("mean", "q05", "q95"))
    return say(
        "{mean} standard deviations ({interval} {low} to {high})", mean=mean, interval=interval(), low=low, high=high
    )


def exact(value: float) -> str:
    """Return a figure as it was received, without the zeros that nobody wrote."""
    return numeral(f"{value:.6f}".rstrip("0").rstrip(".").replace("-", "\N{MINUS SIGN}"))


def quantity(value: float, measure: str) -> str:
    """Return a figure in its own unit, with three digits that tell; a share as a percentage."""
    if measure.startswith("share"):
        return numeral(f"{100 * value:.1f}{_SPACE}%".replace("-", "\N{MINUS SIGN}"))
    if abs(value) >= _LARGE:
        return f"{float(f'{value:.3g}'):,.0f}".replace(",", _THIN).replace("-", "\N{MINUS SIGN}")
    return numeral(f"{value:.3g}".replace("-", "\N{MINUS SIGN}"))


def correction(gains: pd.DataFrame) -> str:
    """Say how recorded forecasts did against each rival, and whether it is shown that the analysis corrects itself."""
    rows = gains[gains["rule"] == ScoringRule.LOG]
    if rows.empty:
        return say(
            "This analysis is updated with each observation; no recorded forecast can be compared with its figure yet."
        )
    against = "; ".join(
        say(
            "{rival} {gain} ({mass} confidence sequence {bounds}; {n} figures of {years})",
            mass=share(_SEQUENCE),
            rival=say(row.baseline),
            gain=nats(row.mean_gain),
            bounds=bounds(row.low, row.high),
            n=row.n,
            years=_years(row.n_years),
        )
        for row in each(rows)
    )
    said = claim(gains)
    shown = (
        say("the gain is above 0 by both scoring rules against every rival")
        if said == CORRECTS
        else say("that it corrects itself is not shown")
    )
    return say(
        "This analysis {said}: {shown}. Gain in log score of forecasts recorded before their figures came, in nats a "
        "figure, against {against}.",
        said=say(said),
        shown=shown,
        against=against,
    )


def nats(value: float) -> str:
    """Return a difference of log scores with two decimals and sign."""
    return change_points(value, 2)


def bounds(low: float, high: float) -> str:
    """Return both ends of a confidence sequence of gains, or that it has none yet."""
    return say("without bounds yet") if math.isnan(low) else say("{low} to {high}", low=nats(low), high=nats(high))


def _years(n_years: int) -> str:
    return say("1 year") if n_years == 1 else say("{n} years", n=n_years)
