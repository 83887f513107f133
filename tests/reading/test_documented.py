"""The documented mapping is a mapping, and all that a column may hold is documented."""

import re
from pathlib import Path
from typing import get_args

from clusterscore.reading.mapping import Holds, Mapping


def _section(root: Path) -> str:
    return (root / "docs" / "formats.md").read_text(encoding="utf-8").split("\n## Mappings\n")[1].split("\n## ")[0]


def test_the_documented_mapping_is_valid(root: Path, tmp_path: Path) -> None:
    """Who copies it gets a mapping."""
    text = re.findall(r"```yaml\n(.*?)```", _section(root), flags=re.DOTALL)[0]
    path = tmp_path / "spring-survey.yml"
    path.write_text(text, encoding="utf-8")
    assert Mapping.read(path).mapping == "spring-survey"


def test_everything_that_a_column_may_hold_is_documented(root: Path) -> None:
    """And nothing else."""
    names = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", _section(root), flags=re.MULTILINE)
    assert {name for cell in names for name in re.findall(r"\w+", cell)} == set(get_args(Holds))
