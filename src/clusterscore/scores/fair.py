"""Fair averages: what an average rater would have answered, beside what was answered.

Some units are judged by severe raters, others by mild ones. A fair average is the mean answer that a rater of severity
0 would give to the same questions, without halo (Linacre's fair average of many-facet Rasch models).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array

from clusterscore.model.design import Design
from clusterscore.posterior.predict import Answering, of_average_rater
from clusterscore.scores.summaries import summarise


def fair_averages(design: Design, answers: Answering) -> pd.DataFrame:
    """Return the mean answer on each unit, year and pillar as it was given and as an average rater would give it.

    Parameters
    ----------
    design
        What was fitted.
    answers
        How raters answer, in a number of draws.

    Returns
    -------
    one row per unit, year and pillar with answers that count (the overall items have an empty pillar): unit, year,
    pillar, n_answers, n_raters, raw_mean (of the given answers), mean, q05, q95 (fair average); answers count from 1 to
    the item's categories, reversed items turned round
    """
    function, rows = design.function, design.answers
    order = [*(pillar.id for pillar in function.pillars), ""]
    pillar = np.array([order.index(function.pillar_of.get(item.id, "")) for item in function.items], dtype=np.int64)
    cell, item = rows["cell"].to_numpy(), rows["item"].to_numpy()
    found, group = np.unique(cell * len(order) + pillar[item], return_inverse=True)
    n_answers = np.bincount(group, minlength=len(found))
    rater = design.questionnaires["rater"].to_numpy()[rows["questionnaire"]]
    n_raters = pd.Series(rater).groupby(group).nunique().to_numpy()
    place = (cell * len(function.items) + item, group)
    share = coo_array((1.0 / n_answers[group], place), shape=(design.n_cells * len(function.items), len(found)))
    expected = of_average_rater(answers, design)
    fair = expected.reshape(len(expected), -1) @ share.tocsr()
    of_group, kind = np.divmod(found, len(order))
    table = pd.DataFrame(
        {
            "unit": pd.Series(np.asarray(design.units)[design.cell_unit[of_group]], dtype=str),
            "year": np.asarray(design.years)[design.cell_year[of_group]],
            "pillar": pd.Series(np.asarray(order)[kind], dtype=str),
            "n_answers": n_answers,
            "n_raters": n_raters,
            "raw_mean": 1.0 + np.bincount(group, rows["category"], minlength=len(found)) / n_answers,
        }
    )
    return pd.concat([table, summarise(fair)], axis=1)
