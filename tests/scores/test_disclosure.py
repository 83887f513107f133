"""Nobody is recognised: not a rater among few, not a member's money in a table, however it is attacked."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from clusterscore.errors import FunctionInvalid
from clusterscore.pseudonyms import KEY_VARIABLE
from clusterscore.scores.disclosure import Rules, contributions, is_sensitive, seal_of, shown_groups, told_apart
from clusterscore.scores.suppression import protect

RULES = Rules()
SIZES = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(0, 12), max_size=8)


@given(SIZES)
def test_no_group_that_is_shown_is_too_small_and_neither_are_those_left_out(sizes: dict[str, int]) -> None:
    """The total is public, so that what is hidden must be as many as what is shown."""
    shown = shown_groups(sizes, 5)
    hidden = sum(size for name, size in sizes.items() if name not in shown)
    assert all(sizes[name] >= 5 for name in shown)
    assert not shown or hidden == 0 or hidden >= 5


def test_a_group_of_five_beside_four_is_hidden_with_them() -> None:
    """Else total less group would tell of the four."""
    assert shown_groups({"same sector": 5, "others": 4}, 5) == frozenset()
    assert shown_groups({"same sector": 5, "others": 5}, 5) == {"same sector", "others"}
    assert shown_groups({"a": 9, "b": 5, "c": 2}, 5) == {"a"}


def test_two_published_groups_that_differ_by_four_are_found() -> None:
    """One is part of the other, and what is told of both tells of the four."""
    raters = [f"R-{number}" for number in range(12)]
    assert told_apart([raters[:9], raters[:5], raters[5:]], 5) == [(0, 1)]
    assert told_apart([raters[:10], raters[:5], raters[5:10]], 5) == []


@pytest.mark.parametrize(
    ("values", "gives_away"),
    [
        ([], False),
        ([1.0], True),
        ([1.0, 1.0], True),
        ([1.0, 1.0, 1.0], False),
        ([100.0, 50.0, 9.9], True),
        ([100.0, 50.0, 10.0], False),
        ([100.0, 50.0, 4.0, 3.0, 3.0], False),
        ([0.0, 0.0, 0.0], True),
    ],
)
def test_a_sum_needs_three_contributors_and_enough_beside_the_two_largest(
    values: list[float],
    gives_away: bool,  # noqa: FBT001
) -> None:
    """The second largest knows the own value; what is left must hide the largest to within p per cent."""
    assert is_sensitive(values, RULES) is gives_away


def test_members_of_one_enterprise_group_count_once() -> None:
    """Three members of one owner are one contributor."""
    rows = pd.DataFrame({"sector": "food", "value": [1.0, 2.0, 3.0, 5.0], "enterprise": ["a", "a", "a", "b"]})
    found = contributions(rows, ["sector"])
    assert list(found["enterprise"]) == ["a", "b"]
    assert list(found["value"]) == [6.0, 5.0]


def test_p_comes_from_a_document_that_is_not_published(tmp_path: Path) -> None:
    """Its default is 10; a document with an unknown key is refused."""
    assert Rules.of(tmp_path).p == 10.0
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "disclosure.yml").write_text("p: 15\n", encoding="utf-8")
    assert Rules.of(tmp_path).p == 15.0
    (tmp_path / "private" / "disclosure.yml").write_text("percent: 15\n", encoding="utf-8")
    with pytest.raises(FunctionInvalid, match="percent"):
        Rules.of(tmp_path)


def test_a_change_of_these_numbers_is_noticed_and_tells_nobody_what_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same numbers give the same digest, others another one, and another key others again."""
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "keys" / "one"))
    workspace = tmp_path / "workspace"
    document = workspace / "private" / "disclosure.yml"
    document.parent.mkdir(parents=True)
    assert seal_of(workspace) == {}
    document.write_text("p: 15\n", encoding="utf-8")
    first = seal_of(workspace)
    assert first == seal_of(workspace)
    document.write_text("p: 20\n", encoding="utf-8")
    assert seal_of(workspace) != first
    document.write_text("p: 15\n", encoding="utf-8")
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "keys" / "two"))
    assert seal_of(workspace) != first


# Tables of money, attacked ---------------------------------------------------------------------------


def invented(seed: int) -> pd.DataFrame:
    """Return members of an invented association: few in many places, some of one owner, money as unequal as it is."""
    rng = np.random.default_rng(seed)
    n_sectors, n_regions, n = (int(number) for number in (*rng.integers(2, 7, 2), rng.integers(4, 100)))
    return pd.DataFrame(
        {
            "sector": rng.choice([f"S{number}" for number in range(n_sectors)], n),
            "region": rng.choice([f"R{number}" for number in range(n_regions)], n),
            "value": np.round(np.exp(rng.normal(13.0, 1.5, n))),
            "enterprise": [f"E{number}" for number in rng.integers(0, n, n)],
        }
    )


def attacked(rows: pd.DataFrame, told: pd.DataFrame) -> list[str]:
    """Return whose money in which cell somebody can estimate to within 10 per cent: an implementation of its own.

    Attackers know the published table, that it adds up, which cells are empty, that money is not negative, and what
    they themselves contribute. Every enterprise attacks, and somebody outside.
    """
    keys = list(zip(told["row"], told["column"], strict=True))
    place = {key: number for number, key in enumerate(keys)}
    equations = [
        [*(place[row, c] for c in _inner(told, "column")), place[row, ""]] for row in dict.fromkeys(told["row"])
    ] + [
        [*(place[r, column] for r in _inner(told, "row")), place["", column]]
        for column in dict.fromkeys(told["column"])
    ]
    system = np.zeros((len(equations), len(keys)))
    for number, line in enumerate(equations):
        system[number, line[:-1]], system[number, line[-1]] = 1.0, -1.0
    owns = {key: _owners(rows, *key) for key in keys}
    faults = []
    for attacker in ["", *sorted(set(rows["enterprise"]))]:
        limits = []
        for key, value in zip(keys, told["value"], strict=True):
            own = owns[key].get(attacker, 0.0)
            alone = not owns[key] or set(owns[key]) == {attacker}
            limits.append((own, own) if alone else (own, None) if np.isnan(value) else (value, value))
        for key in [key for key in keys if np.isnan(told["value"][place[key]])]:
            others = {who: value for who, value in owns[key].items() if who != attacker}
            if not others:
                continue
            largest = max(others.values())
            high = _extreme(system, limits, place[key], -1.0)
            estimate = high - owns[key].get(attacker, 0.0)  # what the others have at most
            if estimate < 1.1 * largest * (1 - 1e-5):
                faults.append(f"{attacker or 'outsider'} bounds {max(others, key=lambda w: others[w])} in {key}")
            if len(others) == 1:
                low = _extreme(system, limits, place[key], 1.0) - owns[key].get(attacker, 0.0)
                if low > 0.9 * largest * (1 + 1e-5):
                    faults.append(f"{attacker or 'outsider'} knows least of {next(iter(others))} in {key}")
    return faults


def _inner(told: pd.DataFrame, name: str) -> list[str]:
    return [label for label in dict.fromkeys(told[name]) if label]


def _owners(rows: pd.DataFrame, row: str, column: str) -> dict[str, float]:
    here = rows[(rows["sector"].eq(row) | (row == "")) & (rows["region"].eq(column) | (column == ""))]
    return dict(here.groupby("enterprise")["value"].sum())


def _extreme(system: np.ndarray, limits: list[tuple[float, float | None]], cell: int, sign: float) -> float:
    aim = np.zeros(len(limits))
    aim[cell] = sign
    result = linprog(aim, A_eq=system, b_eq=np.zeros(len(system)), bounds=limits)
    if result.status == 3:
        return np.inf
    assert result.status == 0, result.message
    return float(sign * result.fun)


@pytest.mark.parametrize("seed", range(6))
def test_no_contribution_can_be_worked_out_from_a_table(seed: int) -> None:
    """By somebody outside or by any contributor, with linear programmes of the test's own."""
    rows = invented(seed)
    assert attacked(rows, protect(rows, ("sector", "region"), RULES)) == []


@pytest.mark.slow
def test_of_200_tables_none_is_disclosed() -> None:
    """Two hundred random tables, each attacked by everybody in it."""
    found = {}
    for seed in range(1000, 1200):
        rows = invented(seed)
        found[seed] = attacked(rows, protect(rows, ("sector", "region"), RULES))
    assert {seed: faults for seed, faults in found.items() if faults} == {}


def test_the_attack_succeeds_where_only_sensitive_cells_are_suppressed() -> None:
    """The attack of these tests finds what a table without secondary suppression gives away."""
    found = 0
    for seed in range(6):
        rows = invented(seed)
        told = protect(rows, ("sector", "region"), RULES)
        secondary = told["status"] == "secondary"
        owned = [_owners(rows, r, c) for r, c in zip(told["row"], told["column"], strict=True)]
        told.loc[secondary, "value"] = [sum(own.values()) for own, s in zip(owned, secondary, strict=True) if s]
        found += len(attacked(rows, told))
    assert found > 0


def test_what_is_shown_is_the_sum_and_adds_up() -> None:
    """Protection hides and never changes a number; n of a hidden cell is hidden as well."""
    rows = invented(3)
    told = protect(rows, ("sector", "region"), RULES)
    labels = list(product([*sorted(rows["sector"].unique()), ""], [*sorted(rows["region"].unique()), ""]))
    assert list(zip(told["row"], told["column"], strict=True)) == labels
    shown = told["status"] == "shown"
    assert shown.any()
    sums = [sum(_owners(rows, r, c).values()) for r, c in labels]
    assert told.loc[shown, "value"].tolist() == [total for total, s in zip(sums, shown, strict=True) if s]
    assert told.loc[~shown, ["value", "n"]].isna().to_numpy().all()


def test_a_table_of_one_contributor_is_withheld() -> None:
    """Nothing can hide it."""
    rows = pd.DataFrame({"sector": ["food"], "region": ["R1"], "value": [5.0], "enterprise": ["a"]})
    assert set(protect(rows, ("sector", "region"), RULES)["status"]) == {"sensitive"}
