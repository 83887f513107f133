"""What to ask next: how much each possible observation would tell of a unit's score in the edition's last year.

Each is valued by itself, as if it were the next one to arrive: two that tell the same are both worth what one is. The
best of many is the best in these draws, so that what it promises is a little too much where the list is long. Which
ones cannot be told from it is said as well: the errors of two proposals go together, so that their order is known
better than their worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import ndtr

from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.candidates import Inquiry, figures, inquire, sheets
from clusterscore.posterior.gain import N_BATCHES, Gain, Target, gain
from clusterscore.posterior.outcomes import of_answers, of_questionnaire
from clusterscore.posterior.record import Posterior
from clusterscore.progress import Progress

FIGURE: Final = "figure"
ANSWER: Final = "answer"
QUESTIONNAIRE: Final = "questionnaire"
ALL: Final = "all items"
REST: Final = "items not yet answered"
QUARTERS: Final = (25.0, 50.0, 75.0)
"""Scores that part the quarters of the base cohort's distribution: not the levels of any accreditation."""
NOISE: Final = 2.0
"""Monte Carlo standard errors above 0 from which on a proposal is more than noise."""
_REPLICATES: Final = 3 * N_BATCHES  # of a questionnaire
_COLUMNS: Final = [
    *("unit", "kind", "what", "rater", "variance_share", "mc_error", "above_noise", "sd_before", "sd_after"),
    *("wrong_level_before", "wrong_level_after", "wrong_level_error", "as_good"),
]


def next_questions(
    function: Function,
    posterior: Posterior,
    observations: Observations,
    unit: str,
    levels: Sequence[float] = QUARTERS,
) -> pd.DataFrame:
    """Return what could be asked about a unit, best first.

    Parameters
    ----------
    function
        The document that was fitted.
    posterior
        Draws from everything observed.
    observations
        Everything observed, of all kinds of units: ties may lead through members.
    unit
        Id of a unit that has a score in the edition's last year.
    levels
        Scores, increasing, that part the levels; by default the quarters of the base cohort.

    Returns
    -------
    the table of :func:`proposals`

    Raises
    ------
    UnknownName
        Where the unit has no score in the edition's last year.
    ValueError
        Where the draws are those of other cells, or too few.
    """
    return proposals(inquire(function, posterior, observations), unit, levels)


def proposals(inquiry: Inquiry, unit: str, levels: Sequence[float] = QUARTERS) -> pd.DataFrame:
    """Return what could be asked about a unit, best first.

    Parameters
    ----------
    inquiry
        What is known.
    unit
        Id of a unit that has a score in the edition's last year.
    levels
        Scores, increasing, that part the levels.

    Returns
    -------
    unit, kind (``figure``, ``answer`` to one item, ``questionnaire``), what (indicator, item, or which items), rater
    (empty for a figure), variance_share (of the score's variance, how much is expected to go), mc_error (its Monte
    Carlo standard error), above_noise (whether the share is twice its error), sd_before and sd_after (score points; the
    second the root of the expected variance), wrong_level_before and wrong_level_after (chance that the score is in
    another level than the likeliest), wrong_level_error (Monte Carlo standard error of their difference), as_good
    (whether it is the best of its kind, or cannot be told from that)

    Raises
    ------
    UnknownName
        Where the unit has no score in the edition's last year.
    """
    standing = inquiry.samples["standing"][:, inquiry.cell_of(unit)]
    target = Target(100.0 * ndtr(standing), tuple(levels))
    found = [*_figures(inquiry, unit, target), *_answers(inquiry, unit, target)]
    first: dict[str, Gain] = {}
    for kind, _, _, one in sorted(found, key=lambda proposal: -proposal[-1].variance_share):
        first.setdefault(kind, one)
    rows = [(unit, kind, what, rater, *_numbers(target, one, first[kind])) for kind, what, rater, one in found]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table.sort_values("variance_share", ascending=False, kind="stable", ignore_index=True)


def best(table: pd.DataFrame, top: int) -> pd.DataFrame:
    """Return the first few proposals of each kind for each unit; of single answers the best rater of each item.

    Returns
    -------
    the columns of :func:`proposals`, and n_as_good: how many of the same unit and kind are as good as the best
    """
    answers = table["kind"] == ANSWER
    again = table[answers].duplicated(["unit", "what"]).reindex(table.index, fill_value=False)
    kinds = table.assign(n_as_good=table.groupby(["unit", "kind"])["as_good"].transform("sum"))[~again]
    return kinds.groupby(["unit", "kind"], sort=False).head(top).reset_index(drop=True)


def ask(inquiry: Inquiry, units: Sequence[str], top: int, progress: Progress) -> pd.DataFrame:
    """Return the first few proposals of each kind for some units, unit by unit; see :func:`best`.

    Parameters
    ----------
    inquiry
        What is known.
    units
        Ids of units that have a score in the edition's last year.
    top
        How many proposals of each kind.
    progress
        Told the stage ``ask``.

    Raises
    ------
    UnknownName
        Where a unit has no score in the edition's last year.
    """
    parts = []
    for number, unit in enumerate(units):
        progress("ask", number / len(units))
        parts.append(best(proposals(inquiry, unit), top))
    progress("ask", 1.0)
    return pd.concat(parts, ignore_index=True)


_Found = tuple[str, str, str, Gain]


def _figures(inquiry: Inquiry, unit: str, target: Target) -> Iterator[_Found]:
    for what, outcomes in figures(inquiry, unit):
        yield FIGURE, what, "", gain(target, outcomes)


def _answers(inquiry: Inquiry, unit: str, target: Target) -> Iterator[_Found]:
    items = inquiry.design.function.items
    for rater, asked, sheet, whole in sheets(inquiry, unit):
        for item, outcomes in zip(asked, of_answers(sheet), strict=True):
            yield ANSWER, items[item].id, rater, gain(target, outcomes)
        simulated = of_questionnaire(sheet, _REPLICATES, np.random.default_rng(1))
        yield QUESTIONNAIRE, ALL if whole else REST, rater, gain(target, simulated)


def _numbers(target: Target, found: Gain, first: Gain) -> tuple[object, ...]:
    """Return the numbers of a row, in the order of the columns; ``first`` is the best of its kind."""
    share, error, before = found.variance_share, found.variance_error, target.sd
    after = before * float(np.sqrt(1.0 - min(max(share, 0.0), 1.0)))
    levels = (target.wrong, target.wrong - found.level, found.level_error)
    as_good = first.variance_share - share <= NOISE * first.apart(found)
    return (share, error, share > NOISE * error, before, after, *levels, as_good)
