"""The invented association: what sort of organisation each member is, drawn apart from all else."""

from pathlib import Path

import pandas as pd
import pytest

from clusterscore.model import demonstration
from clusterscore.model.demonstration import demonstrate
from clusterscore.model.function import Function
from clusterscore.vocabulary import MemberType, Table


@pytest.fixture(scope="module")
def function(root: Path) -> Function:
    """Return the shipped function of clusters."""
    return Function.read(root / "functions" / "competitiveness.yml")


def test_every_invented_member_is_of_a_leaf_of_the_clover(function: Function) -> None:
    """And no cluster is; all leaves occur, firms most."""
    units = pd.concat([one.rows for one in demonstrate(function, 2000, 3, 20) if one.table is Table.UNITS])
    assert set(units.loc[units["kind"] == "cluster", "member_type"]) == {""}
    counted = units.loc[units["kind"] == "member", "member_type"].value_counts()
    assert set(counted.index) == set(MemberType)
    assert counted.idxmax() == MemberType.FIRM


def test_the_sort_of_a_member_changes_nothing_else(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes from a stream of its own: the same seed gives the same figures and answers without it."""
    with_types = demonstrate(function, 2000, 3, 20)
    monkeypatch.setattr(demonstration, "_with_types", lambda members, _: members.assign(member_type=""))
    without = demonstrate(function, 2000, 3, 20)
    assert [one.table for one in with_types] == [one.table for one in without]
    for one, other in zip(with_types, without, strict=True):
        pd.testing.assert_frame_equal(
            one.rows.drop(columns="member_type", errors="ignore"),
            other.rows.drop(columns="member_type", errors="ignore"),
        )


def test_the_shipped_demonstration_says_of_what_sort_its_members_are(root: Path) -> None:
    """Of every one, in every delivery of units."""
    files = sorted((root / "data" / "raw" / "demonstration-association").glob("*/units.csv"))
    units = pd.concat([pd.read_csv(path, keep_default_na=False) for path in files])
    assert set(units.loc[units["kind"] == "member", "member_type"]) == set(MemberType)
