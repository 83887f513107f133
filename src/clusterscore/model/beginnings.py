"""Where units are begun at before anything is sampled: where what is said of them places them, roughly.

Only for speed and safety: the posterior is the same. An expert whose slope was drawn near 0 while units still stood
anywhere is a trap: nothing he says then moves a unit, and no unit moves his slope.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.design import Design

Floats = NDArray[np.float64]

_LOGISTIC_SD: Final = np.pi / np.sqrt(3.0)


def rough_entries(design: Design) -> Floats:
    """Return about where each unit stands on each pillar, in standard deviations of all units; dims (unit, pillar).

    The mean over its figures, and over its answers, by their rank among all to the same item on one scale; 0 where a
    unit has none.
    """
    said = pd.concat([_said_by_figures(design), _said_by_answers(design)])
    means = said.groupby(["unit", "pillar"])["level"].mean()
    entries = np.zeros((len(design.units), len(design.function.pillars)))
    unit, pillar = (means.index.get_level_values(name).to_numpy(dtype=np.int64) for name in ("unit", "pillar"))
    entries[unit, pillar] = means.to_numpy()
    return entries


def _said_by_figures(design: Design) -> pd.DataFrame:
    rows, function = design.figures, design.function
    of = _pillars(design, [part.id for part in function.indicators])
    direction = np.array([part.direction for part in function.indicators], dtype=float)
    indicator = rows["indicator"].to_numpy(dtype=np.int64)
    return pd.DataFrame(
        {
            "unit": design.cell_unit[rows["cell"].to_numpy(dtype=np.int64)],
            "pillar": of[indicator],
            "level": direction[indicator] * rows["value"].to_numpy(dtype=float),
        }
    )


def _said_by_answers(design: Design) -> pd.DataFrame:
    rows, function = design.answers, design.function
    of = _pillars(design, [item.id for item in function.items])
    place = rows.groupby("scale")["category"].rank() - 0.5
    share = place / rows.groupby("scale")["category"].transform("size")
    unit = design.cell_unit[rows["cell"].to_numpy(dtype=np.int64)]
    level = np.log(share / (1.0 - share)) / _LOGISTIC_SD
    said = pd.DataFrame({"unit": unit, "pillar": of[rows["item"].to_numpy(dtype=np.int64)], "level": level})
    return said[said["pillar"] >= 0]


def _pillars(design: Design, names: list[str]) -> NDArray[np.int64]:
    """Return the pillar of each indicator or item, -1 where it is about the whole; dims as given."""
    function = design.function
    pillars = [pillar.id for pillar in function.pillars]
    return np.array([pillars.index(function.pillar_of[n]) if n in function.pillar_of else -1 for n in names], np.int64)
