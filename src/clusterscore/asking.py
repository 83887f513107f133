"""What to ask next about every unit of an edition, in seconds: figures not yet reported, and one more rater.

``clusterscore ask`` values every answer of every rater, which takes half a minute a unit; pages name no rater, so that
it is enough to know what another one would tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import ndtr

from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.ask import FIGURE, QUARTERS, QUESTIONNAIRE
from clusterscore.posterior.candidates import NEW, Inquiry, figures, inquire, sheets
from clusterscore.posterior.gain import N_BATCHES, Gain, Target, gain
from clusterscore.posterior.outcomes import of_questionnaire
from clusterscore.posterior.record import Posterior
from clusterscore.scores.beside import QUESTION_COLUMNS

_REPLICATES: Final = 3 * N_BATCHES  # of a questionnaire
_MOST: Final = 6  # questions kept of a unit


def open_questions(function: Function, posterior: Posterior, observations: Observations) -> pd.DataFrame:
    """Return what to ask next about each unit that has a score in the edition's last year, best first.

    Parameters
    ----------
    function
        The document that was fitted.
    posterior
        Draws from everything observed.
    observations
        Everything observed, of all kinds of units.

    Returns
    -------
    unit, kind (figure or questionnaire), what (an indicator; empty: one more rater's), variance_share (of the score's
    variance, how much is expected to go), mc_error, sd_before, sd_after (score points)
    """
    inquiry = inquire(function, posterior, observations)
    rows = []
    for unit in inquiry.units:
        target = Target(100.0 * ndtr(inquiry.samples["standing"][:, inquiry.cell_of(unit)]), QUARTERS)
        found = sorted(_gains(inquiry, unit, target), key=lambda one: -one[2].variance_share)
        for kind, what, one in found[:_MOST]:
            after = target.sd * float(np.sqrt(1.0 - min(max(one.variance_share, 0.0), 1.0)))
            rows.append((unit, kind, what, one.variance_share, one.variance_error, target.sd, after))
    return pd.DataFrame(rows, columns=list(QUESTION_COLUMNS)).astype(QUESTION_COLUMNS)


def _gains(inquiry: Inquiry, unit: str, target: Target) -> Iterator[tuple[str, str, Gain]]:
    for what, outcomes in figures(inquiry, unit):
        yield FIGURE, what, gain(target, outcomes)
    for _, _, sheet, _ in sheets(inquiry, unit, {NEW}):
        simulated = of_questionnaire(sheet, _REPLICATES, np.random.default_rng(1))
        yield QUESTIONNAIRE, "", gain(target, simulated)
