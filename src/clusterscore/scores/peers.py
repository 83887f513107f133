"""What is published of the raters: how their answers fit, who answers alike, who spares whom, and fair averages."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from clusterscore.model.design import Design
from clusterscore.observations.observed import Observations
from clusterscore.posterior.predict import answering, predict
from clusterscore.posterior.record import Posterior
from clusterscore.scores import opinions as said
from clusterscore.scores.disclosure import Rules
from clusterscore.scores.fair import fair_averages
from clusterscore.scores.leniency import leniency
from clusterscore.scores.raters import rater_fit
from clusterscore.scores.twins import twins

N_REPLICATES: Final = 400
"""Replicates of all answers: a limit at 5 % rests on the twenty most extreme of them."""
N_FAIR: Final = 1000
"""Draws behind a fair average: the ends of its interval are known to a fifteenth of its standard deviation."""

_JUDGED: Final = {"observed": float, "expected": float, "high": float, "p_family": float, "flag": str}
_COLUMNS: Final[dict[str, dict[str, Any]]] = {
    "rater_fit": {"rater": str, "statistic": str, "n_answers": int, **_JUDGED, "low": float},
    "twins": {"rater": str, "other": str, "n_common": int, **_JUDGED},
    "leniency": {"units": str, "n_raters": int, "n_questionnaires": int, **_JUDGED},
    "opinions": said.COLUMNS,
    "fair_averages": {"unit": str, "year": int, "pillar": str, "n_answers": int, "n_raters": int}
    | dict.fromkeys(("raw_mean", "mean", "q05", "q95"), float),
}


def peers(
    design: Design, posterior: Posterior, observations: Observations, rules: Rules | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables about raters by name; without rows where nobody is asked.

    Parameters
    ----------
    design
        What was fitted.
    posterior
        Its draws.
    observations
        Who belongs and is tied to which unit.
    rules
        Fewest raters of whom anything is told together; by default those of :class:`Rules`.
    """
    if design.answers.empty:
        return {name: _empty(columns) for name, columns in _COLUMNS.items()}
    rng = np.random.default_rng(posterior.run.sampler["seed"])
    predicted = predict(answering(posterior, design, N_REPLICATES), design, rng)
    return {
        "rater_fit": rater_fit(design, predicted),
        "twins": twins(design, predicted),
        "leniency": leniency(design, predicted, observations, rng),
        "opinions": said.opinions(design, predicted, observations, rules or Rules()),
        "fair_averages": fair_averages(design, answering(posterior, design, N_FAIR)),
    }


def _empty(columns: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
