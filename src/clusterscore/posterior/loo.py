"""How well each observation is predicted by all others: PSIS leave-one-out, and by unit, rater or year.

An observation is a figure, a count or a questionnaire; what is left out is always one of these. A k-hat above the limit
says that the draws cannot tell how the posterior would look without it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from arviz_stats.base import array_stats
from numpy.typing import NDArray
from scipy.special import logsumexp

from clusterscore.model.design import Design
from clusterscore.posterior.checks import replicate
from clusterscore.posterior.likelihood import LogLikelihood, log_likelihood
from clusterscore.posterior.predict import Samples

Floats = NDArray[np.float64]

QUESTIONNAIRE = "questionnaire"
_REPLICATES = 20
_FEW = 200  # samples that predict replicated data


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Leave-one-out predictions.

    Attributes
    ----------
    table
        One row per observation, figures, then counts, then questionnaires: what (indicator, or ``questionnaire``),
        unit, year, rater (or missing), elpd (log-density predicted by the others, nats), expected and variance (of the
        log-density of replicated data: some observations are harder to predict than others), k_hat.
    log_weights
        dims (sample, row): smoothed, normalised log-weights that turn the posterior into that without the row.
    limit
        Largest k-hat at which the weights can be relied on.
    """

    table: pd.DataFrame
    log_weights: Floats
    limit: float

    def by(self, column: str) -> pd.DataFrame:
        """Return how badly each group is predicted, worst first.

        Returns
        -------
        the group, n (observations), relative (mean of elpd less what is expected, nats an observation: below 0 it
        surprised), se (standard deviation of that mean in replicated data), z (their ratio), k_hat (largest),
        unreliable (observations above the limit)
        """
        rows = self.table.assign(relative=self.table["elpd"] - self.table["expected"])
        grouped = rows.dropna(subset=[column]).groupby(column, observed=True)
        table = grouped.agg(n=("elpd", "size"), relative=("relative", "mean"), k_hat=("k_hat", "max"))
        table["se"] = np.sqrt(grouped["variance"].sum()) / table["n"]
        table["z"] = table["relative"] / table["se"]
        table["unreliable"] = grouped["k_hat"].agg(lambda k_hat: int((k_hat > self.limit).sum()))
        columns = ["n", "relative", "se", "z", "k_hat", "unreliable"]
        return table[columns].sort_values("z").reset_index()


def leave_one_out(design: Design, samples: Samples, likelihood: LogLikelihood, seed: int = 1) -> LeftOut:
    """Return what the other observations predict of each.

    Parameters
    ----------
    design
        What was fitted.
    samples
        Draws by variable, dims (sample, ...).
    likelihood
        Log-likelihood of the same rows under the same samples.
    seed
        Of the replicated data.
    """
    by_row = likelihood.by_row
    log_weights, k_hat = array_stats.psislw(by_row, axis=0)  # it negates what it gets, and moves the samples last
    table = _rows(design)
    table["elpd"] = logsumexp(log_weights.T + by_row, axis=0)
    table["expected"], table["variance"] = _replicated(design, samples, np.random.default_rng(seed))
    table["k_hat"] = k_hat
    return LeftOut(table, log_weights.T, min(1.0 - 1.0 / np.log10(len(by_row)), 0.7))


def _replicated(design: Design, samples: Samples, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return mean and variance of each row's predictive log-density when data are what the model predicts."""
    size = len(samples["state"])
    few = {name: values[:: max(1, size // _FEW)] for name, values in samples.items()}
    found = []
    for _ in range(_REPLICATES):
        one = int(rng.integers(size))
        drawn = replicate(design, {name: values[one : one + 1] for name, values in samples.items()}, rng)
        by_row = log_likelihood(drawn, few).by_row
        found.append(logsumexp(by_row, axis=0) - np.log(len(by_row)))
    return np.mean(found, axis=0), np.var(found, axis=0, ddof=1)


def _rows(design: Design) -> pd.DataFrame:
    indicators = np.array([part.id for part in design.function.indicators], dtype=object)
    raters = np.array(design.raters, dtype=object)
    parts = [
        pd.DataFrame({"what": indicators[frame["indicator"].to_numpy(np.int64)], "cell": frame["cell"], "rater": None})
        for frame in (design.figures, design.counts)
    ]
    asked = design.questionnaires
    parts.append(pd.DataFrame({"what": QUESTIONNAIRE, "cell": asked["cell"], "rater": raters[asked["rater"]]}))
    table = pd.concat([part.astype({"what": object, "rater": object}) for part in parts], ignore_index=True)
    cell = table.pop("cell").to_numpy(np.int64)
    table.insert(1, "unit", np.asarray(design.units, dtype=object)[design.cell_unit[cell]])
    table.insert(2, "year", np.asarray(design.years)[design.cell_year[cell]])
    return table
