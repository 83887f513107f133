"""Which recommendations hold for which unit, best first, each with what it rests on.

A gap is how far a unit lies below a quantile of its peer group, and real where it is wider than what counts as level.
The gain of a rule is what the score would rise if the gap were closed, where it is real: weight of the pillar times
gap, draw by draw, so that its mean is weight x gap x probability with everything that hangs together kept together. For
an indicator it is what the posterior would make of a figure at the quantile instead of the one reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from clusterscore.advice.catalogue import Catalogue, Ground, Recommendation
from clusterscore.advice.groups import Peers, shared
from clusterscore.advice.levels import Levels
from clusterscore.advice.standing import next_level, percent
from clusterscore.advice.tables import TABLES
from clusterscore.advice.view import View
from clusterscore.frames import each
from clusterscore.scores.summaries import interval
from clusterscore.vocabulary import Verdict

Floats = NDArray[np.float64]

_TEXT_ONLY: Final = dict.fromkeys(
    ("gap_mean", "gap_q05", "gap_q95", "gain_mean", "gain_q05", "gain_q95", "p_next_then"), np.nan
)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What rules look at besides the draws.

    Attributes
    ----------
    validation
        One row per unit in the year: unit, verdict, p_confirmed, p_contradicted.
    changes
        unit, p_up: since the edition before.
    coverage
        By unit: share of what could be known that is known.
    """

    validation: pd.DataFrame
    changes: pd.DataFrame
    coverage: pd.Series


def recommend(
    catalogue: Catalogue, view: View, groups: Sequence[Peers], levels: Levels | None, evidence: Evidence
) -> pd.DataFrame:
    """Return all recommendations that hold, by unit, the largest expected gain first; those without a gain come last.

    Returns
    -------
    one row per unit and rule: unit, place (from 1), rule, audience, financial, effort, horizon_months, ground, about
    (pillar or indicator), n_group, group_en, group_ro, gap (mean, q05, q95: of a pillar in points of its scale from 0
    to 100, of an indicator in spreads), probability, gain (mean, q05, q95: score points), next_level, p_next_now,
    p_next_then, text_en, text_ro, because_en, because_ro, source, source_ro
    """
    rows = [
        found
        for unit in range(len(view.names))
        for rule in catalogue.of(view.function.function)
        if (found := _held(catalogue, rule, view, unit, groups[unit], evidence)) is not None
    ]
    table = pd.DataFrame(
        [_with_level(view, row, levels) for row in rows], columns=[*TABLES["recommendations"], "_unit"]
    )
    table = table.sort_values(["_unit", "gain_mean"], ascending=[True, False], kind="stable", na_position="last")
    table["place"] = table.groupby("_unit").cumcount() + 1
    return table[list(TABLES["recommendations"])].reset_index(drop=True)


def pillar_gap(view: View, unit: int, pillar: int, others: NDArray[np.int64], quantile: float) -> Floats:
    """Return how far a unit lies below a quantile of others on a pillar, in standard deviations: dims (sample)."""
    return np.asarray(np.quantile(view.position[:, others, pillar], quantile, axis=1) - view.position[:, unit, pillar])


def indicator_gap(view: View, unit: int, indicator: int, others: NDArray[np.int64], quantile: float) -> Floats | None:
    """Return how far what a unit reported lies below a quantile of what others did, in spreads; None where unknown."""
    reported = others[~np.isnan(view.level[0, others, indicator])]
    if np.isnan(view.level[0, unit, indicator]) or len(reported) < _FEWEST:
        return None
    return np.asarray(
        np.quantile(view.level[:, reported, indicator], quantile, axis=1) - view.level[:, unit, indicator]
    )


_FEWEST: Final = 3  # others whose figure is known


def pull(view: View, unit: int, indicator: int) -> Floats:
    """Return by how much a unit's standing rises for each spread that a figure is better: dims (sample).

    To first order: the covariance of the standing with what is expected of the figure, times the information of one
    figure with Student-t error.
    """
    part, nu = view.function.indicators[indicator], view.freedom
    expected = part.direction * view.location[:, unit, indicator]
    covariance = float(np.cov(view.standing[:, unit], expected)[0, 1])
    return np.asarray(max(covariance, 0.0) * (nu + 1.0) / (nu + 3.0) / view.error_sd[:, indicator] ** 2)


def _held(
    catalogue: Catalogue, rule: Recommendation, view: View, unit: int, peers: Peers, evidence: Evidence
) -> dict[str, Any] | None:
    ground = rule.when.ground
    if ground in {Ground.PILLAR, Ground.INDICATOR}:
        found = _gap(catalogue, rule, view, unit, peers) if len(peers.others) else None
    else:
        found = _known(rule, view.names[unit], evidence)
    if found is None:
        return None
    reason = getattr(catalogue.because, ground)
    because = {language: reason.filled(_words(found, peers, language))[language] for language in ("en", "ro")}
    return found | {
        "_unit": unit,
        "unit": view.names[unit],
        "rule": rule.id,
        "audience": rule.audience.value,
        "financial": rule.financial,
        "effort": rule.effort,
        "horizon_months": rule.horizon_months,
        "ground": ground.value,
        "n_group": len(peers.others),
        "group_en": shared(peers.traits, "en"),
        "group_ro": shared(peers.traits, "ro"),
        "text_en": rule.text.en,
        "text_ro": rule.text.ro,
        "because_en": because["en"],
        "because_ro": because["ro"],
        "source": rule.source.en,
        "source_ro": rule.source.ro,
    }


def _gap(catalogue: Catalogue, rule: Recommendation, view: View, unit: int, peers: Peers) -> dict[str, Any] | None:
    asked, score = catalogue.gap, view.score[:, unit]
    if rule.when.pillar is not None:
        number = view.pillar(rule.when.pillar)
        gap: Floats | None = pillar_gap(view, unit, number, peers.others, asked.quantile)
        lift, title = view.lift[:, number], view.function.pillars[number].title
    else:
        number = view.indicator(str(rule.when.indicator))
        gap = indicator_gap(view, unit, number, peers.others, asked.quantile)
        lift, title = pull(view, unit, number), view.function.indicators[number].title
    if gap is None:
        return None
    real = gap > asked.equivalence
    if real.mean() < asked.probability:
        return None
    then = 100.0 * ndtr(view.standing[:, unit] + lift * np.where(real, gap, 0.0))
    shown = gap
    if rule.when.pillar is not None:  # readers know the scale from 0 to 100
        own = view.position[:, unit, number]
        shown = 100.0 * (ndtr(own + gap) - ndtr(own))
    return {
        "about": rule.when.pillar or rule.when.indicator,
        "titles": {"en": title.en, "ro": title.ro},
        "probability": float(real.mean()),
        **_summary("gap", shown),
        **_summary("gain", then - score),
        "_then": then,
    }


def _known(rule: Recommendation, unit: str, evidence: Evidence) -> dict[str, Any] | None:
    """Return what a rule without a gap rests on; None where it does not hold."""
    when, blank = rule.when, {"about": "", "titles": {"en": "", "ro": ""}, **_TEXT_ONLY}
    row = next(each(evidence.validation[evidence.validation["unit"] == unit]), None)
    if when.verdict is not None and row is not None and row.verdict == when.verdict:
        column = {Verdict.CONTRADICTED: row.p_contradicted, Verdict.VALIDATED: row.p_confirmed}
        return blank | {"probability": float(column.get(when.verdict, np.nan))}
    if when.coverage_below is not None and evidence.coverage.get(unit, 1.0) < when.coverage_below:
        return blank | {"probability": 1.0, "_share": float(evidence.coverage[unit])}
    moved = next(each(evidence.changes[evidence.changes["unit"] == unit]), None)
    if when.fallen is not None and moved is not None and 1.0 - moved.p_up >= when.fallen.probability:
        return blank | {"probability": 1.0 - float(moved.p_up), "_change": float(moved.mean)}
    return None


def _summary(name: str, draws: Floats) -> dict[str, float]:
    low, high = interval(draws)
    return {f"{name}_mean": float(draws.mean()), f"{name}_q05": float(low), f"{name}_q95": float(high)}


def _words(found: dict[str, Any], peers: Peers, language: str) -> dict[str, str]:
    """Return what fills the places of a reason, in one language."""
    probability = found["probability"]
    return {
        "aspect": found["titles"][language],
        "gap": _number(found["gap_mean"], language),
        "group": shared(peers.traits, language),
        "n_group": str(len(peers.others)),
        "probability": percent(probability),
        "gain": _number(found["gain_mean"], language),
        "share": f"{100.0 * found.get('_share', 0.0):.0f} %",
        "change": _number(found.get("_change", np.nan), language),
    }


def _number(value: float, language: str) -> str:
    if np.isnan(value):
        return "-"
    text = f"{value:.1f}".replace("-", "\N{MINUS SIGN}")
    return text.replace(".", ",") if language == "ro" else text


def _with_level(view: View, row: dict[str, Any], levels: Levels | None) -> dict[str, Any]:
    aim = next_level(view.score[:, row["_unit"]], levels)
    now = np.nan if aim is None else float((view.score[:, row["_unit"]] >= aim.score.least).mean())
    then = np.nan if aim is None or "_then" not in row else float((row["_then"] >= aim.score.least).mean())
    kept = {name: value for name, value in row.items() if name not in {"titles", "_then", "_share", "_change"}}
    return kept | {"place": 0, "next_level": "" if aim is None else aim.id, "p_next_now": now, "p_next_then": then}
