"""Do those who answered on a unit agree, and does any group of them see it otherwise: nothing about fewer than five.

Agreement is the variance of the answers about what the model expects of each rater, severity and all, against that of
answers replicated by the model. Groups are raters of the unit's own sector, of other sectors, and of no cluster; what
is said of a group is how far its answers lie above what is expected of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.design import Design
from clusterscore.observations.observed import Observations
from clusterscore.posterior.predict import Predicted
from clusterscore.scores.disclosure import Rules, shown_groups

Floats = NDArray[np.float64]

ALL: Final = "all"
SAME: Final = "same sector"
OTHER: Final = "other sectors"
NONE: Final = "no cluster"
COLUMNS: Final = {"unit": str, "year": int, "pillar": str, "who": str, "n_raters": int} | dict.fromkeys(
    ("spread", "expected", "p_more", "above", "p_above"), float
)


def opinions(design: Design, predicted: Predicted, observations: Observations, rules: Rules) -> pd.DataFrame:
    """Return how far the raters of each unit disagree on each pillar, and how groups of them differ.

    Parameters
    ----------
    design
        What was fitted.
    predicted
        What the model expects of each answer.
    observations
        Who belongs to which unit, and of which sector.
    rules
        Fewest raters.

    Returns
    -------
    unit, year, pillar (empty: overall), who (all, or a group of raters), n_raters, spread and expected (standard
    deviation of answers about what is expected, observed and replicated, in steps of the scale), p_more (probability
    that replicates spread less), above (mean answer less what is expected of these raters, in steps), p_above
    (probability that replicates lie lower); only what enough raters say
    """
    function, rows = design.function, design.answers
    pillar = np.array([function.pillar_of.get(item.id, "") for item in function.items], dtype=object)
    rater = design.questionnaires["rater"].to_numpy()[rows["questionnaire"]]
    keys = pd.DataFrame({"cell": rows["cell"].to_numpy(), "pillar": pillar[rows["item"]], "rater": rater})
    residual = rows["category"].to_numpy() - predicted.expected
    replicated = predicted.replicated - predicted.expected
    sector = _sectors(design, observations)
    found = []
    key: Any
    for key, own in keys.groupby(["cell", "pillar"]):
        cell, name = key
        unit = design.units[design.cell_unit[cell]]
        year = design.years[design.cell_year[cell]]
        for who, chosen in _shown(own, sector, observations, unit, rules):
            n_raters = int(own.loc[own.index.isin(chosen), "rater"].nunique())
            found.append((unit, year, name, who, n_raters, *_numbers(residual[:, chosen], replicated[:, chosen])))
    return pd.DataFrame(found, columns=list(COLUMNS)).astype(COLUMNS)


def _sectors(design: Design, observations: Observations) -> list[str | None]:
    """Return the sector of each rater's cluster; None for those of no cluster."""
    of_unit = dict(zip(observations.units["unit"], observations.units["sector"], strict=True))
    home = dict(zip(observations.raters["rater"], observations.raters["affiliation"], strict=True))
    return [of_unit.get(home.get(rater)) if isinstance(home.get(rater), str) else None for rater in design.raters]


def _shown(
    own: pd.DataFrame, sector: list[str | None], observations: Observations, unit: str, rules: Rules
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield all raters of a unit, and each group that may be shown beside them, with the rows of their answers."""
    if own["rater"].nunique() < rules.raters:
        return
    here = observations.units.set_index("unit")["sector"].get(unit)
    group = own["rater"].map(
        lambda number: NONE if sector[number] is None else SAME if sector[number] == here else OTHER
    )
    yield ALL, own.index.to_numpy()
    sizes = {str(name): int(n) for name, n in own["rater"].groupby(group).nunique().items()}
    shown = shown_groups(sizes, rules.raters)
    for name in sorted(shown) if len(sizes) > 1 else ():
        yield name, own.index[group == name].to_numpy()


def _numbers(residual: NDArray[Any], replicated: NDArray[Any]) -> tuple[float, float, float, float, float]:
    spread, drawn = residual.std(axis=1), replicated.std(axis=1)
    above, lower = residual.mean(axis=1), replicated.mean(axis=1)
    return (spread.mean(), drawn.mean(), (drawn < spread).mean(), above.mean(), (lower < above).mean())
