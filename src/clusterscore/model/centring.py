"""How far each pillar's yearly steps are drawn centred: a matter of sampling speed only, the posterior is the same.

A step that the data place well is best drawn on its own scale (1, centred), one that they hardly touch in units of
its prior standard deviation (0, non-centred). In between, the share of a step's variance that the data are expected
to explain is a good compromise (Papaspiliopoulos, Roberts and Sköld 2007). Where it is more than half, fully centred
steps mixed best in trials.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from clusterscore.model.design import Design

_ANSWER_INFORMATION: Final = 0.3  # Fisher information of one five-step answer, per squared logit
_HALF_NORMAL_MEDIAN: Final = 0.674
_DATA_DOMINATE: Final = 0.5


def centring(design: Design) -> NDArray[np.float64]:
    """Return the degree of centring of each pillar's steps; dims (pillar), from 0 to 1."""
    function = design.function
    step = design.gap_years.mean() * function.prior("innovation_sd")["median"] ** 2
    noise = 2.0 * design.n_cells / np.maximum(_information(design), 1e-6)
    explained = step / (step + noise)
    return np.where(explained > _DATA_DOMINATE, 1.0, explained)


def _information(design: Design) -> NDArray[np.float64]:
    """Expected Fisher information about each pillar's positions, over all cells; dims (pillar)."""
    function = design.function
    pillars = [pillar.id for pillar in function.pillars]
    total = np.zeros(len(pillars))
    figure_pillar = np.array(
        [pillars.index(function.pillar_of[part.id]) for part in function.indicators], dtype=np.int64
    )
    seen = np.concatenate([design.figures["indicator"], design.counts["indicator"]]).astype(np.int64)
    np.add.at(total, figure_pillar[seen], 1.0 / function.prior("error_sd")["median"] ** 2)
    halo_variance = (_HALF_NORMAL_MEDIAN * function.prior("halo_sd")["sd"]) ** 2
    item_pillar = np.array(
        [pillars.index(function.pillar_of.get(item.id, pillars[0])) for item in function.items], dtype=np.int64
    )
    asked = np.array([item.id in function.pillar_of for item in function.items], dtype=bool)
    rows = design.answers[asked[design.answers["item"].to_numpy()]] if len(asked) else design.answers
    counted = (
        rows.assign(pillar=item_pillar[rows["item"].to_numpy()])
        .groupby(["questionnaire", "pillar"], as_index=False)
        .size()
    )
    information = 1.0 / (1.0 / (counted["size"].to_numpy() * _ANSWER_INFORMATION) + halo_variance)
    np.add.at(total, counted["pillar"].to_numpy(dtype=np.int64), information)
    return total
