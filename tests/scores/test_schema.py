"""The schemas of the published tables: what was computed passes, and each broken table is refused."""

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from pandera.errors import SchemaError, SchemaErrors

from clusterscore.scores.compute import Scores
from clusterscore.scores.schema import SCHEMAS

TABLES = tuple(field.name for field in fields(Scores))
INTERVALS = {
    "scores": [("q05", "q95"), ("rank_q05", "rank_q95")],
    "changes": [("q05", "q95")],
    "pillars": [("q05", "q95")],
    "weights": [("q05", "q95")],
    "raters": [("q05", "q95")],
    "persistence": [("q05", "q95")],
    "fair_averages": [("q05", "q95")],
    "members": [("q05", "q95")],
    "items": [("slope_q05", "slope_q95")],
    "indicators": [("slope_q05", "slope_q95")],
    "validation": [(f"{part}_q05", f"{part}_q95") for part in ("figures", "peers", "gap", "discrepancy")],
}
OUTSIDE = [
    ("scores", "score_mean", -0.1),
    ("scores", "score_median", 100.1),
    ("scores", "q05", -0.1),
    ("scores", "q95", 100.1),
    ("scores", "score_sd", -0.1),
    ("scores", "f_sd", -0.1),
    ("scores", "rank_q05", 0),
    ("scores", "verdict", "perhaps"),
    ("scores", "verdict", "Validated"),
    ("ranks", "k", 0),
    ("ranks", "p_rank_at_most_k", 1.1),
    ("ranks", "p_rank_at_most_k", -0.1),
    ("quantiles", "score", 100.1),
    ("changes", "mean", 100.1),
    ("changes", "p_up", 1.1),
    ("pillars", "mean", 101.0),
    ("weights", "mean", 1.1),
    ("weights", "prior_mean", -0.1),
    ("raters", "severity_sd", 0.0),
    ("raters", "n_answers", -1),
    ("items", "slope_mean", 0.0),
    ("indicators", "slope_q05", -1.0),
    ("indicators", "n_figures", -1),
    ("validation", "p_confirmed", 1.1),
    ("validation", "n_raters", -1),
    ("validation", "verdict", ""),
    ("persistence", "mean", 1.1),
    ("rater_fit", "statistic", "outfit"),
    ("rater_fit", "flag", "guilty"),
    ("rater_fit", "p_family", 1.1),
    ("twins", "n_common", -1),
    ("leniency", "units", "A"),
    ("leniency", "units", "A =1+1"),
    ("fair_averages", "mean", 0.9),
    ("fair_averages", "q95", 21.1),
    ("fair_averages", "n_answers", 0),
    ("members", "p_above", -0.1),
    ("quotients", "quotient", 0.0),
    ("members", "n_years", 0),
    ("members", "member", "=A1"),
    ("units", "unit", "=1+1"),
    ("units", "unit", ""),
    ("scores", "unit", "-A"),
    ("raters", "rater", "@SUM(A1)"),
    ("pillars", "pillar", "+1"),
    ("forecasts", "forecaster", "nobody"),
    ("forecasts", "place", 1.1),
    ("forecasts", "crps", -0.1),
    ("hindsight", "place", -0.1),
    ("gains", "baseline", "nobody"),
    ("gains", "rule", "Brier"),
    ("gains", "n", 0),
    ("gains", "se", -0.1),
]
NULLABLE = {
    "member_shares": {"p_above_sector"},  # of one whose sector has too few others
    "money": {"value", "n"},  # what is suppressed
    "units": {"parent", "country", "region", "sector", "founded"},
    "validation": {"p_confirmed", "p_contradicted"},  # a function without peers compares nothing
    "gains": {"se", "low", "high"},  # one unit has no standard error, two figures no bounds
}


MEMBERS = pd.DataFrame(
    {
        "member": ["A-M1", "A-M2"],
        "unit": "A",
        "indicator": "firm_age",
        "year": 2022,
        "n_years": [1, 3],
        "median": [11.0, 4.0],
        "q05": [7.0, 3.0],
        "q95": [16.0, 5.5],
        "p_above": [0.9, 0.2],
    }
)
QUOTIENTS = pd.DataFrame(
    {
        "unit": ["A", "B"],
        "year": 2022,
        "region": ["RO11", "RO12"],
        "sector": "wood",
        "employed": [300.0, 20.0],
        "quotient": [2.1, 0.4],
        "strong": [True, False],
    }
)
FORECASTS = pd.DataFrame(
    {
        "unit": ["A", "A"],
        "year": 2022,
        "indicator": "turnover",
        "forecaster": ["posterior", "last value"],
        "edition": 2021,
        "place": [0.4, 0.2],
        "log_score": [-0.3, -0.7],
        "crps": [0.2, 0.4],
    }
)
GAINS = pd.DataFrame(
    {
        "baseline": ["last value", "last value"],
        "rule": ["log_score", "crps"],
        "n": 40,
        "n_units": 20,
        "n_years": 2,
        "mean_gain": [0.2, 0.1],
        "se": 0.05,
        "low": [0.05, -0.1],
        "high": [0.4, 0.3],
        "shown": [True, False],
    }
)
OF_UNIT = {"unit": ["A", "B"], "year": 2022}
ENDS = {"mean": 0.1, "q05": -0.2, "q95": 0.4}
MADE = {
    "members": MEMBERS,
    "quotients": QUOTIENTS,
    "forecasts": FORECASTS,
    "hindsight": FORECASTS,
    "gains": GAINS,
    "predicted": pd.DataFrame(
        OF_UNIT
        | {"indicator": "turnover", "value": 3.0, "q05": 1.0, "q25": 2.0, "median": 3.0, "q75": 4.0, "q95": 5.0}
        | {"p_better": 0.5}
    ),
    "opinions": pd.DataFrame(
        OF_UNIT
        | {"pillar": "strategy", "who": "all", "n_raters": 7, "spread": 1.0, "expected": 0.9, "p_more": 0.7}
        | {"above": -0.1, "p_above": 0.4}
    ),
    "member_levels": pd.DataFrame(
        {"of": ["unit", "sector"], "group": ["A", "wood"], "indicator": "firm_age", "year": 2022, "n_members": 9}
        | {"median": 8.0, "q05": 7.0, "q95": 9.0, "low": 5.0, "high": 12.0}
    ),
    "member_shares": pd.DataFrame(
        {"member": ["A-M1", "A-M2"], "unit": "A", "indicator": "firm_age", "year": 2022, "n_members": 9}
        | ENDS
        | {"p_raises": 0.7, "p_above_sector": 0.6}
    ),
    "value_added": pd.DataFrame({"unit": ["A", "B"], "expected": 0.2} | ENDS | {"p_above": 0.6}),
    "circumstances": pd.DataFrame({"circumstance": ["size", "wood"]} | ENDS),
    "questions": pd.DataFrame(
        {"unit": ["A", "B"], "kind": "figure", "what": "turnover", "variance_share": 0.1, "mc_error": 0.01}
        | {"sd_before": 5.0, "sd_after": 4.7}
    ),
    "origins": pd.DataFrame(
        OF_UNIT | {"indicator": "turnover", "value": 3.0, "measure": "EUR", "record": 12, "file": "a" * 64, "row": 3}
    ),
    "money": pd.DataFrame(
        {"indicator": "turnover", "year": 2022, "row": ["wood", ""], "column": "RO11", "value": 5e6, "n": 4.0}
        | {"status": "shown"}
    ),
    "organisations": pd.DataFrame({"member": ["A-M1", "A-M2"], "unit": "A", "name": ["One", "Two"]}),
}
"""What the tiny association does not have: members, employment, recorded forecasts, teams, five raters of a unit."""


@pytest.fixture
def tables(scores: Scores) -> Callable[[str], pd.DataFrame]:
    """Return what returns a copy of a published table."""
    return lambda name: (MADE[name] if name in MADE else getattr(scores, name)).copy()


def refused(name: str, table: pd.DataFrame) -> None:
    """Assert that a table is refused."""
    with pytest.raises((SchemaError, SchemaErrors)):
        SCHEMAS[name].validate(table, lazy=True)


def with_cell(table: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    """Return a table with another value in the first row of a column."""
    cells = list(table[column])
    return table.assign(**{column: pd.Series([value, *cells[1:]], index=table.index)})


def test_every_table_has_a_schema() -> None:
    """And no schema is without its table."""
    assert set(SCHEMAS) == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_what_was_computed_passes_unchanged(tables: Callable[[str], pd.DataFrame], name: str) -> None:
    """Validation looks, it does not mend."""
    table = tables(name)
    validated = SCHEMAS[name].validate(table, lazy=True)
    pd.testing.assert_frame_equal(validated, table, check_dtype=False)


@pytest.mark.parametrize("name", [name for name in TABLES if name != "units"])
def test_an_empty_table_passes(tables: Callable[[str], pd.DataFrame], name: str) -> None:
    """A first edition has no changes, a function without peers no raters."""
    SCHEMAS[name].validate(tables(name).iloc[:0], lazy=True)


@pytest.mark.parametrize(
    ("name", "column"),
    [(name, column) for name in TABLES for column in SCHEMAS[name].columns if SCHEMAS[name].columns[column].required],
)
def test_a_missing_column_is_refused(tables: Callable[[str], pd.DataFrame], name: str, column: str) -> None:
    """Whichever it is."""
    refused(name, tables(name).drop(columns=column))


@pytest.mark.parametrize("name", TABLES)
def test_a_column_that_nobody_declared_is_refused(tables: Callable[[str], pd.DataFrame], name: str) -> None:
    """Nothing is published by accident."""
    refused(name, tables(name).assign(email="a@example.org"))


@pytest.mark.parametrize("name", TABLES)
def test_a_row_twice_is_refused(tables: Callable[[str], pd.DataFrame], name: str) -> None:
    """Each key stands once."""
    table = tables(name)
    refused(name, pd.concat([table, table.iloc[[0]]], ignore_index=True))


@pytest.mark.parametrize(("name", "column", "value"), OUTSIDE)
def test_what_lies_outside_its_range_is_refused(
    tables: Callable[[str], pd.DataFrame], name: str, column: str, value: object
) -> None:
    """One cell is enough."""
    refused(name, with_cell(tables(name), column, value))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        (name, column)
        for name in TABLES
        for column, rule in SCHEMAS[name].columns.items()
        if rule.required and column not in NULLABLE.get(name, set())
    ],
)
def test_a_gap_is_refused(tables: Callable[[str], pd.DataFrame], name: str, column: str) -> None:
    """Only what may be unknown may be empty."""
    refused(name, with_cell(tables(name), column, None))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        (name, column)
        for name in TABLES
        for column, rule in SCHEMAS[name].columns.items()
        if str(rule.dtype) == "float64" and rule.required
    ],
)
def test_an_infinite_number_is_refused(tables: Callable[[str], pd.DataFrame], name: str, column: str) -> None:
    """It is not a number that anyone could read."""
    refused(name, with_cell(tables(name), column, np.inf))


@pytest.mark.parametrize(("name", "ends"), [(name, ends) for name, pairs in INTERVALS.items() for ends in pairs])
def test_an_interval_upside_down_is_refused(
    tables: Callable[[str], pd.DataFrame], name: str, ends: tuple[str, str]
) -> None:
    """The lower end is not above the upper one."""
    table, (low, high) = tables(name), ends
    turned = table.rename(columns={low: high, high: low})[list(table)]
    assert (turned[low] > turned[high]).any()
    refused(name, turned)


@pytest.mark.parametrize(("name", "column"), [("scores", "rank_q05"), ("ranks", "k"), ("raters", "n_answers")])
def test_a_part_of_a_whole_number_is_refused(tables: Callable[[str], pd.DataFrame], name: str, column: str) -> None:
    """It is not cut off in silence."""
    refused(name, with_cell(tables(name), column, 1.5))
