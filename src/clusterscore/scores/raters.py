"""How well each rater's answers fit the model, against answers that the model replicates.

A flag goes to a person with its evidence; nothing here enters a likelihood, and no score depends on it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.design import Design
from clusterscore.posterior.predict import Predicted
from clusterscore.scores.limits import judge

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_ANSWERS: Final = 4
"""Answers below which nothing is said of a rater: severity and halo alone explain three."""


class Statistic(StrEnum):
    """What is looked at: see :meth:`Sheets.statistics`."""

    RESIDUAL = "residual"
    STRAIGHT = "straight"
    ALTERNATING = "alternating"


class Sheets:
    """The answers of a design in the order in which raters gave them: by rater, questionnaire, item."""

    def __init__(self, design: Design) -> None:
        rows, items = design.answers, design.function.items
        self._order = np.lexsort((rows["item"], rows["questionnaire"]))
        item = rows["item"].to_numpy()[self._order]
        self._sheet = rows["questionnaire"].to_numpy()[self._order]
        self._rater_of_sheet = design.questionnaires["rater"].to_numpy()
        self._rater = self._rater_of_sheet[self._sheet]
        self._highest = np.array([design.function.categories(part) - 1 for part in items])[item]
        self._reversed = np.array([part.direction < 0 for part in items])[item]
        self._threes = self._sheet[2:] == self._sheet[:-2]
        self.n_answers = np.bincount(self._rater, minlength=len(design.raters))

    def statistics(self, category: Ints, expected: Floats, sd: Floats) -> Floats:
        """Return dims (statistic, rater).

        ``residual``: squared residuals over the variances that the model expects, each summed over the rater's answers
        (the information-weighted mean square of Rasch models, in which no single unlikely answer decides); about 1
        where answers vary as the model says.
        ``straight``: share of answers that are the most frequent one of their questionnaire, as they were given.
        ``alternating``: share of answers, between two of their questionnaire, that lie above or below both.

        Parameters
        ----------
        category, expected, sd
            dims (answer), in the order of the design: answers from 0, reversed items turned round, and what the model
            expects.
        """
        squares = [np.square(part)[self._order] for part in (category - expected, sd)]
        turned = category[self._order].astype(np.int64)
        given = np.where(self._reversed, self._highest - turned, turned)
        with np.errstate(invalid="ignore"):  # a rater may have no three answers in a row
            return np.stack(
                [
                    self._sum(self._rater, squares[0]) / self._sum(self._rater, squares[1]),
                    self._sum(self._rater_of_sheet, self._modal(given)) / self.n_answers,
                    self._sum(self._rater[2:], self._turns(given)) / self._sum(self._rater[2:], self._threes),
                ]
            )

    def _sum(self, rater: Ints, values: Floats | Ints | NDArray[np.bool_]) -> Floats:
        return np.bincount(rater, values, minlength=len(self.n_answers))

    def _modal(self, given: Ints) -> Ints:
        """How often the most frequent answer of each questionnaire was given; dims (questionnaire)."""
        size = self._highest.max() + 1
        counts = np.bincount(self._sheet * size + given, minlength=len(self._rater_of_sheet) * size)
        return counts.reshape(-1, size).max(axis=1)

    def _turns(self, given: Ints) -> NDArray[np.bool_]:
        step = np.sign(np.diff(given))
        turns: NDArray[np.bool_] = (step[1:] * step[:-1] < 0) & self._threes
        return turns


def rater_fit(design: Design, predicted: Predicted) -> pd.DataFrame:
    """Return the statistics of every rater with limits from the replicates.

    Returns
    -------
    one row per rater and statistic: rater, statistic, n_answers, observed (where the model's expectation enters, the
    mean over the draws), expected, low, high, p_family, flag
    """
    sheets, given = Sheets(design), design.answers["category"].to_numpy()
    model = list(zip(predicted.expected, predicted.sd, strict=True))
    observed = np.mean([sheets.statistics(given, *moments) for moments in model], axis=0)
    pairs = zip(predicted.replicated, model, strict=True)
    replicated = np.stack([sheets.statistics(category, *moments) for category, moments in pairs])
    parts = [
        judge(
            observed[number],
            replicated[:, number],
            (sheets.n_answers >= FEWEST_ANSWERS) & np.isfinite(observed[number]),
            both_sides=statistic is Statistic.RESIDUAL,
        ).assign(rater=design.raters, statistic=str(statistic), n_answers=sheets.n_answers)
        for number, statistic in enumerate(Statistic)
    ]
    columns = ["rater", "statistic", "n_answers", "observed", "expected", "low", "high", "p_family", "flag"]
    return pd.concat(parts)[columns].sort_values("rater", kind="stable").reset_index(drop=True)
