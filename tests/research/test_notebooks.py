"""The notebooks for researchers run from top to bottom on any workspace and store nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from clusterscore import paths
from clusterscore.report.notebooks import run
from tests.edition.whole import CRAFT, EDITION, LAND, Whole

SETTINGS: dict[str, dict[str, Any]] = {
    "01-observations": {},
    "02-model": {"draws": 30, "seed": 1},
    "03-posterior": {"draws": 200},
}


@pytest.mark.parametrize("function", [CRAFT, LAND])
@pytest.mark.parametrize("name", SETTINGS)
def test_it_runs_on_a_function_with_peers_and_on_one_without(whole: Whole, name: str, function: str) -> None:
    """Every cell shows something, every picture has an alternative text and a finding, and nothing is printed."""
    before = _files(whole.workspace.root)
    executed = run(paths.notebooks() / f"{name}.ipynb", _parameters(whole, name, function, EDITION))
    outputs = [output for cell in executed.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output.text for output in outputs if output.output_type == "stream"] == []
    pictures = [output.metadata["image/svg+xml"] for output in outputs if "image/svg+xml" in output.get("data", {})]
    assert pictures
    assert all(picture["alt"] and picture["finding"] for picture in pictures)
    assert not re.search(r"\bnan\b", " ".join(picture["finding"] for picture in pictures))
    assert _files(whole.workspace.root) == before


@pytest.mark.parametrize("name", SETTINGS)
def test_edition_zero_is_the_newest(whole: Whole, name: str) -> None:
    """Who opens it need not know the year; the rest of the notebook is as with the year."""
    notebook = nbformat.read(paths.notebooks() / f"{name}.ipynb", as_version=4)
    (asked,) = [cell.source for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert re.search(r"^edition: int = 0\b", asked, flags=re.MULTILINE)
    from clusterscore.research.study import study  # noqa: PLC0415 - not needed by the other tests

    assert study(whole.workspace.root, CRAFT, 0, fitted=name == "03-posterior").edition == EDITION


def _parameters(whole: Whole, name: str, function: str, edition: int) -> dict[str, Any]:
    return {"workspace": str(whole.workspace.root), "function": function, "edition": edition, **SETTINGS[name]}


def _files(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if path.is_file()}
