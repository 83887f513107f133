"""With whom a unit is compared follows from what units are, and what is said of the group from the draws."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterscore import steps
from clusterscore.errors import FunctionInvalid
from clusterscore.paths import Workspace
from clusterscore.scores import tables
from clusterscore.scores.compute import Scores
from clusterscore.scores.peer_groups import Rule, _gaps, _standing, choose, described
from tests.report.handmade import EDITION

SHIPPED = Rule.of(Path(__file__).parents[2] / "catalogue")
RULE = Rule(by=(("sector", "country"), ("country", "age", "size")), least=3, age_years=2, size_factor=2.0)
TRAIT = st.sampled_from(["a", "b", None])
NUMBER = st.sampled_from([1.0, 3.0, 6.0, np.nan])
UNITS = st.lists(st.tuples(TRAIT, TRAIT, TRAIT, NUMBER, NUMBER), min_size=1, max_size=24)


def of(rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    """Return units as they are described: sector, region, country, founded, size."""
    table = pd.DataFrame(rows, index=list("ABCDEFGHIJKLMNOPQRSTUVWX")[: len(rows)], dtype=object)
    table = table.set_axis(["sector", "region", "country", "founded", "size"], axis="columns")
    return table.astype({"founded": float, "size": float})


def alike(trait: str, own: dict[str, object], other: dict[str, object], rule: Rule) -> bool:
    """Whether two units share a trait, one pair at a time."""
    if trait == "age":
        return abs(own["founded"] - other["founded"]) <= rule.age_years
    if trait == "size":
        return own["size"] <= rule.size_factor * other["size"] and other["size"] <= rule.size_factor * own["size"]
    return own[trait] is not None and own[trait] == other[trait]


@settings(max_examples=40)
@given(UNITS)
def test_a_group_shares_the_narrowest_description_that_enough_others_share(rows: list[tuple[object, ...]]) -> None:
    """Worked out again by counting; an unknown trait is shared with nobody."""
    table = of(rows)
    known = table.to_dict(orient="index")
    for unit, (traits, peers) in choose(table, SHIPPED).items():
        others = {
            one: [
                name
                for name in known
                if name != unit and all(alike(trait, known[unit], known[name], SHIPPED) for trait in one)
            ]
            for one in (*SHIPPED.by, ())
        }
        assert traits == next(one for one in others if len(others[one]) >= SHIPPED.least or not one)
        assert peers == others[traits]


@given(UNITS)
def test_a_group_does_not_hang_on_the_order_of_units(rows: list[tuple[object, ...]]) -> None:
    """Turned round, everybody has the same peers."""
    table = of(rows)
    there, back = choose(table, SHIPPED), choose(table.iloc[::-1], SHIPPED)
    assert {unit: (traits, sorted(peers)) for unit, (traits, peers) in back.items()} == there


def test_the_first_traits_with_enough_others_decide() -> None:
    """Four of one sector and country are compared with each other; the lonely one with everybody."""
    rows = [("wood", None, "RO", 2000, 9)] * 4 + [("wool", None, "RO", 1950, 9), ("wood", None, "MD", 2000, 9)]
    found = choose(of(rows), RULE)
    assert found["A"] == (("sector", "country"), ["B", "C", "D"])
    assert found["E"] == ((), ["A", "B", "C", "D", "F"])


def test_age_and_size_are_near_the_unit_itself() -> None:
    """Founded within two years, and up to twice as many members or half as many; so at every edge of a class."""
    rows = [
        (None, None, "RO", founded, size)
        for founded, size in [(2010, 20), (2011, 40), (2012, 10), (2009, 39), (2020, 20), (np.nan, 20), (2010, 41)]
    ]
    found = choose(of(rows), RULE)
    assert found["A"] == (("country", "age", "size"), ["B", "C", "D"])
    assert found["F"][0] == ()


def test_without_a_document_all_are_compared_with_all(tmp_path: Path) -> None:
    """A workspace without a catalogue has one group."""
    found = choose(of([("wood", "RO11", "RO", 2000, 9)] * 7), Rule.of(tmp_path))
    assert found["A"] == ((), list("BCDEFG"))


def test_another_rule_makes_other_tables(unpublished: Workspace) -> None:
    """The same posterior is scored again where the document changed, and only then."""
    before = steps.score(unpublished, "small", EDITION)
    assert steps.score(unpublished, "small", EDITION) == before
    unpublished.catalogue.mkdir()
    (unpublished.catalogue / "peers.yml").write_text("by: [[country]]\nleast: 5\n", encoding="utf-8")
    assert set(tables.read(unpublished, "small", EDITION).peer_groups["rule"].fillna("")) == {""}
    steps.score(unpublished, "small", EDITION)
    assert set(tables.read(unpublished, "small", EDITION).peer_groups["rule"]) == {"country"}


def test_a_document_that_is_not_one_is_refused_by_name(tmp_path: Path) -> None:
    """An unknown trait, and groups that would tell of one or two."""
    (tmp_path / "peers.yml").write_text("by: [[colour]]\nleast: 2\n", encoding="utf-8")
    with pytest.raises(FunctionInvalid, match=r"(?s)by\.0\.0.*least"):
        Rule.of(tmp_path)


def test_a_team_is_described_by_its_cluster_where_it_is_not_itself() -> None:
    """What is recorded of the team stays; its size is that of its cluster."""
    everybody = pd.DataFrame(
        {
            "unit": ["A", "B", "C"],
            "parent": [None, "A", None],
            "sector": ["wood", None, None],
            "region": ["RO11", "RO21", None],
            "country": None,
            "founded": pd.array([2010, None, None], dtype="Int64"),
        }
    )
    team = described(everybody[everybody["unit"] == "B"], everybody, {"A": 12}).loc["B"]
    assert (team["sector"], team["region"], team["founded"], team["size"]) == ("wood", "RO21", 2010, 12)
    nobody = described(everybody[everybody["unit"] == "C"], everybody, {"A": 12}).loc["C"]
    assert nobody.isna().all()


def test_median_and_best_are_taken_draw_by_draw() -> None:
    """The best of each draw, which need not be the same unit twice."""
    own, others = np.array([5.0, 5.0]), np.array([[1.0, 2.0, 9.0], [8.0, 2.0, 3.0]])
    row = _standing("A", ("sector",), ["B", "C", "D"], own, others)
    assert (row["median"], row["best"], row["p_above"]) == (2.5, 8.5, 1.0)


def test_a_gap_is_to_the_median_and_to_the_upper_quartile() -> None:
    """Of the peers, in each draw."""
    gaps = _gaps(np.array([50.0]), np.array([[10.0, 20.0, 30.0, 40.0, 60.0]]))
    assert (gaps["gap"], gaps["top_gap"], gaps["p_above"], gaps["p_top"]) == (20.0, 10.0, 1.0, 1.0)


def test_every_unit_with_others_has_a_group_and_is_not_in_it(scores: Scores) -> None:
    """In the tiny association all are compared with all others."""
    peers = dict(zip(scores.peer_groups["unit"], scores.peer_groups["peers"].str.split(), strict=True))
    assert sorted(peers) == list("ABCDEFG")
    assert all(sorted([unit, *others]) == list("ABCDEFG") for unit, others in peers.items())
    assert len(scores.strengths) == 7 * scores.pillars["pillar"].nunique()


def test_the_gap_of_a_unit_and_the_probability_agree(scores: Scores) -> None:
    """An interval above 0 means a probability of at least 95 per cent."""
    table = scores.strengths
    assert (table.loc[table["q05"] > 0, "p_above"] >= 0.95).all()
    assert (table.loc[table["q95"] < 0, "p_above"] <= 0.05).all()
    assert table["p_top"].to_numpy() == pytest.approx(np.minimum(table["p_top"], table["p_above"]))
