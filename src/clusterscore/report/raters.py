"""Raters to look at, in words: each flag with its evidence for staff, and how many there are for everybody.

A pseudonym beside an answer is a person: :func:`flags` is for pages in ``private/``, :func:`counted` for all others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from clusterscore.frames import each
from clusterscore.report import text
from clusterscore.report.language import say
from clusterscore.scores.compute import Scores
from clusterscore.scores.limits import FAMILY_ERROR
from clusterscore.scores.raters import FEWEST_ANSWERS, Statistic
from clusterscore.vocabulary import Flag

_RAISED: Final = (Flag.HIGH, Flag.LOW)
_KINDS: Final = len(Statistic) + 2  # besides what single raters do, pairs of them and ties between units
_MORE: Final = (
    "{rater}: answers vary more than the model can explain: {observed} times the expected variance ({expected} was to "
    "be expected, the limit is {limit}; {n} answers)."
)
_LESS: Final = (
    "{rater}: answers vary less than the model can explain: {observed} times the expected variance ({expected} was to "
    "be expected, the limit is {limit}; {n} answers)."
)
_STRAIGHT: Final = (
    "{rater}: much the same answer throughout a questionnaire: the most frequent one makes up {observed} ({expected} "
    "was to be expected, the limit is {limit}; {n} answers)."
)
_ALTERNATING: Final = (
    "{rater}: answers that go up and down from question to question: turning points are {observed} ({expected} was to "
    "be expected, the limit is {limit}; {n} answers)."
)
_ALIKE: Final = (
    "{rater} and {other}: they answered alike in {observed} ({expected} was to be expected, the limit is {limit}; {n} "
    "answers in common)."
)
_LENIENT: Final = (
    "{units}, which ties link: their raters are milder on each other's units than on others: {observed} standard "
    "deviations of an answer from the model ({expected} was to be expected, the limit is {limit}; {questionnaires} of "
    "{raters})."
)
SENTENCES: Final = (_MORE, _LESS, _STRAIGHT, _ALTERNATING, _ALIKE, _LENIENT)
"""What is said of flags."""


def purpose() -> str:
    """Say what a flag is for, and how often there is one by chance."""
    return say(
        "A flag is a reason for a person to ask; it changes no score. Limits come from answers that the model "
        "replicates. Were every rater honest, each of the {kinds} kinds of flag would still be raised in at most "
        "{share} of editions, however many raters there are.",
        kinds=_KINDS,
        share=text.percent(FAMILY_ERROR),
    )


def flags(scores: Scores) -> Iterator[str]:
    """Say of every flag who did what, and where the limit lies; the most surprising first."""
    found = [
        (row.p_family, sentence(row))
        for table, sentence in (
            (scores.rater_fit, _fit),
            (scores.twins, _alike),
            (scores.leniency, _lenient),
        )
        for row in each(table[table["flag"].isin(_RAISED)])
    ]
    yield from (sentence for _, sentence in sorted(found))


def counted(scores: Scores) -> Iterator[str]:
    """Say how many flags there are of each kind, and nothing of whom."""
    tables = (scores.rater_fit, scores.twins, scores.leniency)
    raised = [table[table["flag"].isin(_RAISED)] for table in tables]
    asked = scores.rater_fit["rater"].nunique()
    yield say(
        "Flagged: {raters} of {asked} raters, {pairs} pairs of raters and {groups} groups of units that ties link.",
        raters=raised[0]["rater"].nunique(),
        asked=asked,
        pairs=len(raised[1]),
        groups=len(raised[2]),
    )


def unassessed(scores: Scores) -> Iterator[str]:
    """Say who could not be looked at."""
    silent = int((scores.rater_fit["flag"] == Flag.NOT_ASSESSABLE).groupby(scores.rater_fit["rater"]).all().sum())
    if silent:
        yield say(
            "{raters} not assessable: fewer than {least} answers, or none that could differ.",
            raters=say("1 rater is") if silent == 1 else say("{n} raters are", n=silent),
            least=FEWEST_ANSWERS,
        )
    groups = scores.leniency
    judged = int((groups["flag"] != Flag.NOT_ASSESSABLE).sum())
    if groups.empty:
        yield say("Leniency to ties is not assessable: no rater has declared ties that link two units.")
    elif not judged:
        yield say("Leniency to ties is not assessable: no rater answered on a unit to which the own one is tied.")
    else:
        yield say(
            "Leniency to ties was assessed in {judged} of {n} groups of units that declared ties link.",
            judged=judged,
            n=len(groups),
        )


def _fit(row: Any) -> str:
    if row.statistic == Statistic.RESIDUAL:
        observed, expected, limit = (
            text.fixed(value, 2)
            for value in (row.observed, row.expected, row.high if row.flag == Flag.HIGH else row.low)
        )
        phrase = _MORE if row.flag == Flag.HIGH else _LESS
        return say(phrase, rater=row.rater, observed=observed, expected=expected, limit=limit, n=row.n_answers)
    phrase = {Statistic.STRAIGHT: _STRAIGHT, Statistic.ALTERNATING: _ALTERNATING}[Statistic(row.statistic)]
    return say(phrase, rater=row.rater, n=row.n_answers, **_shares(row))


def _alike(row: Any) -> str:
    return say(_ALIKE, rater=row.rater, other=row.other, n=row.n_common, **_shares(row))


def _lenient(row: Any) -> str:
    raters = say("1 rater") if row.n_raters == 1 else say("{n} raters", n=row.n_raters)
    sheets = say("1 questionnaire") if row.n_questionnaires == 1 else say("{n} questionnaires", n=row.n_questionnaires)
    observed, expected, high = (text.deviations(value) for value in (row.observed, row.expected, row.high))
    units = ", ".join(row.units.split())
    return say(
        _LENIENT, units=units, observed=observed, expected=expected, limit=high, questionnaires=sheets, raters=raters
    )


def _shares(row: Any) -> dict[str, str]:
    return {
        name: text.share(part)
        for name, part in (("observed", row.observed), ("expected", row.expected), ("limit", row.high))
    }
