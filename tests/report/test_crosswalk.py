"""The crosswalk names what there is, and claims no threshold."""

import re
from pathlib import Path

import pytest

from clusterscore.errors import FunctionInvalid
from clusterscore.model.function import Function
from clusterscore.report.crosswalk import Crosswalk, read_crosswalk

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "catalogue" / "crosswalk.yml"


def test_it_names_only_what_the_management_function_has() -> None:
    """A pillar or an indicator that was renamed is found here."""
    assert Crosswalk.read(SHIPPED).strangers(Function.read(ROOT / "functions" / "management.yml")) == []


def test_a_stranger_is_found() -> None:
    """The test above can fail."""
    assert Crosswalk.read(SHIPPED).strangers(Function.read(ROOT / "functions" / "competitiveness.yml")) != []


def test_it_holds_the_public_list_once_each() -> None:
    """Twenty-eight indicators of blocks 1 to 4 and the public one of block 5; each label as the list has it."""
    parts = Crosswalk.read(SHIPPED).indicators
    assert len({part.id for part in parts}) == len(parts) == 29
    assert sum(part.label == "silver" for part in parts) == 19


def test_it_claims_no_threshold() -> None:
    """None is public but the half position and the fifteen members of two types of the profile's validation."""
    numbers = re.findall(r"(?:>=|at least|minimum|threshold)[^\n\"}]*", SHIPPED.read_text(encoding="utf-8"))
    allowed = ("at least 0.5", "at least 15", "at least 2")
    assert [one for one in numbers if not one.startswith(allowed)] == []


def test_a_block_that_is_not_declared_is_refused(tmp_path: Path) -> None:
    """And a workspace without a crosswalk has none."""
    (tmp_path / "crosswalk.yml").write_text(
        SHIPPED.read_text(encoding="utf-8").replace("block: structure", "block: structures", 1), encoding="utf-8"
    )
    with pytest.raises(FunctionInvalid, match="unknown block structures"):
        read_crosswalk(tmp_path / "crosswalk.yml")
    assert read_crosswalk(tmp_path / "none.yml") is None
