"""Pairs of raters whose answers are more alike than the model can explain."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.design import Design
from clusterscore.posterior.predict import Predicted
from clusterscore.scores.limits import judge

Floats = NDArray[np.float64]

COMMON: Final = 12
"""Answers on the same items, units and years below which nothing is said of a pair.

Why: with fewer, even a pair that agrees in all of them is to be expected among a thousand pairs.
"""


class Pairs:
    """Pairs of raters who answered the same items on the same unit in the same year, often enough."""

    def __init__(self, design: Design) -> None:
        rows, sheets = design.answers, design.questionnaires
        self._place = (rows["questionnaire"].to_numpy(), rows["item"].to_numpy())
        self._answered = np.zeros((len(sheets), len(design.function.items)), dtype=bool)
        self._answered[self._place] = True
        numbered = sheets.reset_index(names="sheet")
        both = numbered.merge(numbered, on="cell", suffixes=("", "_other"))
        both = both[both["rater"] < both["rater_other"]]
        self._left, self._right = both["sheet"].to_numpy(), both["sheet_other"].to_numpy()
        keys = both["rater"].to_numpy() * len(design.raters) + both["rater_other"].to_numpy()
        found, pair = np.unique(keys, return_inverse=True)
        common = np.bincount(pair, self._both(self._answered).sum(axis=1), minlength=len(found))
        enough = common >= COMMON
        kept = enough[pair]
        self._left, self._right = self._left[kept], self._right[kept]
        self._pair = (np.cumsum(enough) - 1)[pair[kept]]
        self.n_common = common[enough].astype(np.int64)
        self.rater, self.other = np.divmod(found[enough], len(design.raters))

    def _both(self, of_sheet: NDArray[np.bool_]) -> NDArray[np.bool_]:
        both: NDArray[np.bool_] = of_sheet[self._left] & of_sheet[self._right]
        return both

    def identical(self, category: NDArray[np.integer]) -> Floats:
        """Return the share of common items that both answered alike; dims (pair).

        Parameters
        ----------
        category
            dims (answer), in the order of the design.
        """
        answer = np.zeros(self._answered.shape, dtype=np.int16)
        answer[self._place] = category
        alike = (answer[self._left] == answer[self._right]) & self._both(self._answered)
        return np.bincount(self._pair, alike.sum(axis=1), minlength=len(self.n_common)) / self.n_common


def twins(design: Design, predicted: Predicted) -> pd.DataFrame:
    """Compare the answers of every pair of raters who have enough in common.

    Returns
    -------
    one row per pair: rater, other, n_common (answers), observed (share of identical answers), expected, high, p_family,
    flag
    """
    pairs, names = Pairs(design), np.asarray(design.raters, dtype=object)
    observed = pairs.identical(design.answers["category"].to_numpy())
    replicated = np.stack([pairs.identical(category) for category in predicted.replicated])
    table = judge(observed, replicated, np.ones(len(observed), dtype=bool)).drop(columns="low")
    who = pd.DataFrame({"rater": names[pairs.rater], "other": names[pairs.other], "n_common": pairs.n_common})
    return pd.concat([who.astype({"rater": str, "other": str}), table], axis=1)
