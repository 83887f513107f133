"""How far effects are drawn centred: a matter of sampling speed only, the posterior is the same.

An effect that the data place well is best drawn on its own scale (1, centred), one that they hardly touch in units of
its prior standard deviation (0, non-centred). In between, the share of its variance that the data are expected to
explain is a good compromise (Papaspiliopoulos, Roberts and Sköld 2007). Where it is more than half, fully centred
effects mixed best in trials: over 267 regions the energy's fraction of missing information was .22 at the compromise of
0.6, .48 at 1 and .15 at 0. Thousands of effects are another matter: their energy changes with their common scale by
more than one step of the sampler can. Over 9,137 country-years it was below .2 at 1 and .46 at 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.design import Design

_ANSWER_INFORMATION: Final = 0.3  # Fisher information of one five-step answer, per squared logit
_HALF_NORMAL_MEDIAN: Final = 0.674
_HALF: Final = 0.5
_DATA_DOMINATE: Final = 2.0 / 3.0
_CROWD: Final = 2000  # entries from which on they are drawn in units of their standard deviation
_MANY: Final = 10  # effects from which on their standard deviation is kept away from 0 by the effects themselves

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Centring:
    """Degrees of centring, from 0 to 1.

    Attributes
    ----------
    entry, step
        dims (pillar): of the units' entries, and of their yearly steps.
    shock
        dims (pillar): of the yearly steps that all units share.
    severity
        Of the raters' severities.
    halo
        Whether what is drawn of a questionnaire is how high its answers are on average, in logits, and not its halo.
    """

    entry: Floats
    step: Floats
    shock: Floats
    severity: float
    halo: bool


def centring(design: Design) -> Centring:
    """Return how far each kind of effect of a design is drawn centred."""
    function, information = design.function, _information(design)
    entry_variance = function.prior("pillar_scale")["median"] ** 2
    step_variance = function.prior("innovation_sd")["median"] ** 2 * entry_variance
    shock_variance = function.prior("shock_sd")["median"] ** 2 * entry_variance
    gap = design.gap_years.mean() if len(design.gap_years) else 1.0
    return Centring(
        entry=_degree(entry_variance, information / len(design.units)) * (len(design.units) < _CROWD),
        step=_degree(gap * step_variance, 0.5 * information / design.n_cells),
        shock=_degree(shock_variance, information / len(design.years)),
        severity=_severity_degree(design),
        halo=_halos_stand_out(design),
    )


def _severity_degree(design: Design) -> float:
    """Centred where the answers show that raters differ by more than chance: otherwise that form is a funnel.

    What the prior expects does not do here: raters who were trained together may hardly differ, however much each
    answers. So the share of the variance of the raters' means that is not chance is estimated from the answers; among
    the questionnaires of a rater, so that halos count as chance.
    """
    if len(design.raters) < _MANY:
        return 0.0
    sheets = _apart(design).groupby(design.answers["questionnaire"]).mean()
    return float(_told_apart(sheets, design.questionnaires["rater"]) > _DATA_DOMINATE)


def _halos_stand_out(design: Design) -> bool:
    """Return whether the questionnaires of a rater differ by more than chance."""
    if not design.has_halo:
        return False
    sheet, apart = design.answers["questionnaire"], _apart(design)
    of_rater = apart.groupby(design.questionnaires["rater"].to_numpy()[sheet]).transform("mean")
    return _told_apart(apart - of_rater, sheet) > _DATA_DOMINATE


def _apart(design: Design) -> pd.Series:
    """Return how far each answer is from the mean of all answers to the same item about the same cell."""
    rows = design.answers
    return rows["category"] - rows.groupby(["cell", "item"])["category"].transform("mean")


def _told_apart(values: pd.Series, group: pd.Series) -> float:
    """Return which share of the variance of the groups' means is their own; 0 where that cannot be told."""
    groups = values.groupby(group).agg(["mean", "var", "size"])
    repeated = groups[groups["size"] > 1]
    spread = float(groups["mean"].var())
    if repeated.empty or not spread > 0.0:
        return 0.0
    degrees = repeated["size"] - 1
    within = float((repeated["var"] * degrees).sum() / degrees.sum())
    return max(0.0, 1.0 - within * float((1.0 / groups["size"]).mean()) / spread)


def _degree(variance: float | Floats, information: Floats) -> Floats:
    """Return the degree for effects of a prior variance about which the data hold some Fisher information each."""
    explained = _explained(variance, information)
    return np.where(explained > _HALF, 1.0, explained)


def _explained(variance: float | Floats, information: Floats) -> Floats:
    return np.asarray(variance * information / (1.0 + variance * information))


def _information(design: Design) -> Floats:
    """Expected Fisher information about each pillar's positions, over all cells; dims (pillar)."""
    return _figure_information(design) + _answer_information(design)


def _figure_information(design: Design) -> Floats:
    function = design.function
    pillars = [pillar.id for pillar in function.pillars]
    pillar = np.array([pillars.index(function.pillar_of[part.id]) for part in function.indicators], dtype=np.int64)
    seen = np.concatenate([design.figures["indicator"], design.counts["indicator"]]).astype(np.int64)
    single = np.bincount(pillar[seen], minlength=len(pillars)) / function.prior("error_sd")["median"] ** 2
    groups, own, error = (
        design.members.groups,
        function.prior("member_sd")["median"],
        function.prior("member_error_sd")["median"],
    )
    nested = (groups["n_members"] / (own**2 + error**2 / groups["n_years"])).to_numpy(dtype=np.float64)
    place = pillar[groups["indicator"].to_numpy(dtype=np.int64)]
    return np.asarray(single + np.bincount(place, nested, minlength=len(pillars)))


def _answer_information(design: Design) -> Floats:
    """Expected information of the answers: those of one questionnaire on one pillar speak together."""
    function = design.function
    pillars = [pillar.id for pillar in function.pillars]
    pillar = np.array([pillars.index(function.pillar_of.get(item.id, pillars[0])) for item in function.items], np.int64)
    asked = np.array([item.id in function.pillar_of for item in function.items], dtype=bool)
    item = design.answers["item"].to_numpy(dtype=np.int64)
    rows = design.answers.assign(pillar=pillar[item])[asked[item]]
    counted = rows.groupby(["questionnaire", "pillar"], as_index=False).size()
    information = _shared_information(design, counted["size"].to_numpy())
    return np.bincount(counted["pillar"].to_numpy(dtype=np.int64), information, minlength=len(pillars))


def _shared_information(design: Design, n_answers: NDArray[np.int64]) -> Floats:
    """Information in answers that share one halo, which bounds what they say together; dims as given."""
    prior_sd = _HALF_NORMAL_MEDIAN * design.function.prior("halo_sd")["sd"]
    halo_variance = prior_sd**2 if design.has_halo else 0.0
    return np.asarray(1.0 / (1.0 / (n_answers * _ANSWER_INFORMATION) + halo_variance))
