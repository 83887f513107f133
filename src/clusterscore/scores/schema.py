"""What each published table must be, whatever made it: columns, types, ranges."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import pandera.pandas as pa

from clusterscore.model.function import MOST_CATEGORIES
from clusterscore.scores.baselines import Baseline
from clusterscore.scores.members import SECTOR, UNIT
from clusterscore.scores.opinions import ALL, NONE, OTHER, SAME
from clusterscore.scores.prequential import UPDATED, ScoringRule
from clusterscore.scores.raters import Statistic
from clusterscore.scores.suppression import SECONDARY, SENSITIVE, SHOWN
from clusterscore.vocabulary import Channel, Flag, Verdict

_FINITE: Final = pa.Check(np.isfinite, error="a finite number")


def _score(**options: Any) -> pa.Column:
    return pa.Column(float, pa.Check.in_range(0, 100), **options)


def _points() -> pa.Column:
    return pa.Column(float, pa.Check.in_range(-100, 100))


def _share(**options: Any) -> pa.Column:
    return pa.Column(float, pa.Check.in_range(0, 1), **options)


def _number(**options: Any) -> pa.Column:
    return pa.Column(float, _FINITE, **options)


def _count() -> pa.Column:
    return pa.Column(int, pa.Check.ge(0))


def _positive() -> pa.Column:
    return pa.Column(float, [_FINITE, pa.Check.gt(0)])


def _deviation() -> pa.Column:
    return pa.Column(float, [_FINITE, pa.Check.ge(0)])


def _answer() -> pa.Column:
    return pa.Column(float, pa.Check.in_range(1, MOST_CATEGORIES))


def _rank() -> pa.Column:
    return pa.Column(int, pa.Check.ge(1))


def _name() -> pa.Column:
    return pa.Column(str, pa.Check.str_matches(r"^[A-Za-z][A-Za-z0-9_-]*$"))


def _text() -> pa.Column:
    return pa.Column(None, pa.Check(lambda value: isinstance(value, str), element_wise=True), nullable=True)


def _year() -> pa.Column:
    return pa.Column(int)


def _table(*checks: pa.Check, unique: list[str] | None = None, **columns: pa.Column) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, checks=list(checks), unique=unique, strict=True)


def _judged(*limits: str) -> dict[str, pa.Column]:
    numbers = {name: _number(nullable=True) for name in ("observed", "expected", *limits)}
    flags = pa.Column(str, pa.Check.isin([str(flag) for flag in Flag]))
    return {**numbers, "p_family": _share(nullable=True), "flag": flags}


def _is_told(table: pd.DataFrame) -> pd.Series:
    told = table["flag"] != Flag.NOT_ASSESSABLE
    whole = table[["observed", "expected", "high", "p_family"]].notna().eq(told, axis="index").all(axis="columns")
    if "low" in table:
        whole &= table["low"].notna() == (told & (table["statistic"] == Statistic.RESIDUAL))
    return whole


def _ordered(prefix: str = "") -> pa.Check:
    low, high = f"{prefix}q05", f"{prefix}q95"
    return pa.Check(
        lambda t: (t[low] <= t[high]) | t[low].isna() if low in t else True, error=f"{low} and {high} in order"
    )


_INSIDE: Final = _ordered()
_RANKED: Final = pa.Check(
    lambda t: (t["rank_q05"] <= t["rank_median"]) & (t["rank_median"] <= t["rank_q95"]),
    error="the rank interval in order",
)
_PARTS: Final = ("figures", "peers", "gap", "discrepancy", "judged")
_ALONE: Final = tuple(f"{channel}_alone" for channel in Channel)
_COMPARED: Final = {
    f"{part}_{summary}": _number(required=False, nullable=part in _ALONE)
    for part in (*_PARTS, *_ALONE)
    for summary in ("mean", "q05", "q95")
}
_VERDICT: Final = pa.Column(str, pa.Check.isin([str(verdict) for verdict in Verdict]))
_TOLD: Final = pa.Check(_is_told, error="numbers with every verdict, and only there")

_FORETOLD: Final = _table(
    unique=["unit", "year", "indicator", "forecaster"],
    unit=_name(),
    year=_year(),
    indicator=_name(),
    forecaster=pa.Column(str, pa.Check.isin([UPDATED, *map(str, Baseline)])),
    edition=_year(),
    place=_share(),
    log_score=_number(),
    crps=_deviation(),
)

SCHEMAS: Final[dict[str, pa.DataFrameSchema]] = {
    "units": _table(
        unique=["unit"],
        unit=_name(),
        name=pa.Column(str),
        kind=_name(),
        parent=_text(),
        country=_text(),
        region=_text(),
        sector=_text(),
        founded=pa.Column("Int64", nullable=True),
        demonstration=pa.Column(bool),
    ),
    "scores": _table(
        _INSIDE,
        _RANKED,
        unique=["unit", "year"],
        unit=_name(),
        year=_year(),
        score_mean=_score(),
        score_median=_score(),
        score_sd=_deviation(),
        q05=_score(),
        q95=_score(),
        f_mean=_number(),
        f_sd=_deviation(),
        rank_q05=_rank(),
        rank_median=_rank(),
        rank_q95=_rank(),
        verdict=_VERDICT,
    ),
    "ranks": _table(unique=["unit", "year", "k"], unit=_name(), year=_year(), k=_rank(), p_rank_at_most_k=_share()),
    "quantiles": _table(unique=["unit", "year", "dot"], unit=_name(), year=_year(), dot=_rank(), score=_score()),
    "changes": _table(
        _INSIDE,
        unique=["unit", "year_to"],
        unit=_name(),
        year_from=_year(),
        year_to=_year(),
        mean=_points(),
        q05=_points(),
        q95=_points(),
        p_up=_share(),
    ),
    "pillars": _table(
        _INSIDE,
        unique=["unit", "year", "pillar"],
        unit=_name(),
        year=_year(),
        pillar=_name(),
        mean=_score(),
        q05=_score(),
        q95=_score(),
    ),
    "weights": _table(
        _INSIDE, unique=["pillar"], pillar=_name(), prior_mean=_share(), mean=_share(), q05=_share(), q95=_share()
    ),
    "raters": _table(
        _INSIDE,
        unique=["rater"],
        rater=_name(),
        severity_mean=_number(),
        severity_sd=_positive(),
        q05=_number(),
        q95=_number(),
        n_answers=_count(),
    ),
    "items": _table(
        _ordered("slope_"),
        unique=["item"],
        item=_name(),
        pillar=pa.Column(str),
        n_answers=_count(),
        slope_mean=_positive(),
        slope_q05=_positive(),
        slope_q95=_positive(),
    ),
    "indicators": _table(
        _ordered("slope_"),
        unique=["indicator"],
        indicator=_name(),
        pillar=_name(),
        n_figures=_count(),
        slope_mean=_positive(),
        slope_q05=_positive(),
        slope_q95=_positive(),
    ),
    "quotients": _table(
        unique=["unit", "year"],
        unit=_name(),
        year=_year(),
        region=_name(),
        sector=_name(),
        employed=_positive(),
        quotient=_positive(),
        strong=pa.Column(bool),
    ),
    "members": _table(
        _INSIDE,
        unique=["member", "indicator"],
        member=_name(),
        unit=_name(),
        indicator=_name(),
        year=_year(),
        n_years=_rank(),
        median=_number(),
        q05=_number(),
        q95=_number(),
        p_above=_share(),
    ),
    "validation": _table(
        *(_ordered(f"{part}_") for part in (*_PARTS, *_ALONE)),
        unique=["unit", "year"],
        unit=_name(),
        year=_year(),
        n_figures=_count(),
        n_raters=_count(),
        p_confirmed=_share(nullable=True),
        p_contradicted=_share(nullable=True),
        verdict=_VERDICT,
        **_COMPARED,
    ),
    "persistence": _table(
        _INSIDE,
        unique=["year_from", "year_to"],
        year_from=_year(),
        year_to=_year(),
        n_units=_count(),
        mean=pa.Column(float, pa.Check.in_range(-1, 1)),
        q05=_number(),
        q95=_number(),
    ),
    "sensitivity": _table(
        unique=["unit", "year"],
        unit=_name(),
        year=_year(),
        prior=_deviation(),
        likelihood=_deviation(),
        prior_driven=pa.Column(bool),
        foremost=_name(),
    ),
    "rater_fit": _table(
        _TOLD,
        unique=["rater", "statistic"],
        rater=_name(),
        statistic=pa.Column(str, pa.Check.isin([str(statistic) for statistic in Statistic])),
        n_answers=_count(),
        **_judged("low", "high"),
    ),
    "twins": _table(
        _TOLD, unique=["rater", "other"], rater=_name(), other=_name(), n_common=_count(), **_judged("high")
    ),
    "leniency": _table(
        _TOLD,
        unique=["units"],
        units=pa.Column(str, pa.Check.str_matches(r"^[A-Za-z][A-Za-z0-9_-]*( [A-Za-z][A-Za-z0-9_-]*)+$")),
        n_raters=_count(),
        n_questionnaires=_count(),
        **_judged("high"),
    ),
    "fair_averages": _table(
        _INSIDE,
        unique=["unit", "year", "pillar"],
        unit=_name(),
        year=_year(),
        pillar=pa.Column(str),
        n_answers=_rank(),
        n_raters=_rank(),
        raw_mean=_answer(),
        mean=_answer(),
        q05=_answer(),
        q95=_answer(),
    ),
    "forecasts": _FORETOLD,
    "hindsight": _FORETOLD,
    "gains": _table(
        unique=["baseline", "rule"],
        baseline=pa.Column(str, pa.Check.isin([str(baseline) for baseline in Baseline])),
        rule=pa.Column(str, pa.Check.isin([str(rule) for rule in ScoringRule])),
        n=_rank(),
        n_units=_rank(),
        n_years=_rank(),
        mean_gain=_number(),
        se=pa.Column(float, [_FINITE, pa.Check.ge(0)], nullable=True),
        low=_number(nullable=True),
        high=_number(nullable=True),
        shown=pa.Column(bool),
    ),
    "peer_groups": _table(
        unique=["unit"],
        unit=_name(),
        rule=pa.Column(str),
        n_peers=_rank(),
        peers=pa.Column(str),
        **{name: _score() for name in ("median", "median_q05", "median_q95", "best", "best_q05", "best_q95")},
        p_above=_share(),
    ),
    "strengths": _table(
        _INSIDE,
        _ordered("top_"),
        unique=["unit", "pillar"],
        unit=_name(),
        pillar=_name(),
        peers_median=_score(),
        **{name: _points() for name in ("gap", "q05", "q95", "top_gap", "top_q05", "top_q95")},
        p_above=_share(),
        p_top=_share(),
    ),
    "predicted": _table(
        _INSIDE,
        unique=["unit", "indicator"],
        unit=_name(),
        indicator=_name(),
        year=_year(),
        **{name: _number() for name in ("value", "q05", "q25", "median", "q75", "q95")},
        p_better=_share(),
    ),
    "opinions": _table(
        unique=["unit", "year", "pillar", "who"],
        unit=_name(),
        year=_year(),
        pillar=pa.Column(str),
        who=pa.Column(str, pa.Check.isin([ALL, SAME, OTHER, NONE])),
        n_raters=_rank(),
        spread=_deviation(),
        expected=_deviation(),
        p_more=_share(),
        above=_number(),
        p_above=_share(),
    ),
    "member_levels": _table(
        _INSIDE,
        unique=["of", "group", "indicator"],
        of=pa.Column(str, pa.Check.isin([UNIT, SECTOR])),
        group=_name(),
        indicator=_name(),
        year=_year(),
        n_members=_rank(),
        **{name: _number() for name in ("median", "q05", "q95", "low", "high")},
    ),
    "member_shares": _table(
        _INSIDE,
        unique=["member", "indicator"],
        member=_name(),
        unit=_name(),
        indicator=_name(),
        year=_year(),
        n_members=_rank(),
        **{name: _number() for name in ("mean", "q05", "q95")},
        p_raises=_share(),
        p_above_sector=_share(nullable=True),
    ),
    "value_added": _table(
        _INSIDE,
        unique=["unit"],
        unit=_name(),
        **{name: _number() for name in ("expected", "mean", "q05", "q95")},
        p_above=_share(),
    ),
    "circumstances": _table(
        _INSIDE,
        unique=["circumstance"],
        circumstance=_name(),
        **{name: _number() for name in ("mean", "q05", "q95")},
    ),
    "questions": _table(
        unique=["unit", "kind", "what"],
        unit=_name(),
        kind=_name(),
        what=pa.Column(str),
        **{name: _number() for name in ("variance_share", "mc_error")},
        **{name: _deviation() for name in ("sd_before", "sd_after")},
    ),
    "origins": _table(
        unique=["unit", "year", "indicator"],
        unit=_name(),
        year=_year(),
        indicator=_name(),
        value=_number(),
        measure=pa.Column(str),
        record=_count(),
        file=pa.Column(str, pa.Check.str_matches(r"^([0-9a-f]{64})?$")),
        row=_count(),
    ),
    "money": _table(
        unique=["indicator", "year", "row", "column"],
        indicator=_name(),
        year=_year(),
        row=pa.Column(str),
        column=pa.Column(str),
        value=pa.Column(float, [_FINITE, pa.Check.ge(0)], nullable=True),
        n=pa.Column(float, [_FINITE, pa.Check.ge(0)], nullable=True),
        status=pa.Column(str, pa.Check.isin([SHOWN, SENSITIVE, SECONDARY])),
    ),
    "organisations": _table(unique=["member"], member=_name(), unit=_name(), name=pa.Column(str)),
}
