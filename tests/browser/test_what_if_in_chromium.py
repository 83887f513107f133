"""The question "what if" in a real browser: by keyboard, offline, and without scripts as a table."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clusterscore.paths import Workspace
from clusterscore.report.pages import load_edition
from clusterscore.report.planned import unit_page
from clusterscore.report.rendering import render
from tests.browser.test_pages_in_chromium import _program, look
from tests.report import advice_made
from tests.report.handmade import EDITION

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(os.environ.get("CLUSTERSCORE_BROWSER") != "1", reason="set CLUSTERSCORE_BROWSER=1"),
]
DRIVER = Path(__file__).with_name("what_if.mjs")


@pytest.fixture(scope="module")
def path(scored_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cluster's page with advice whose every text is hostile."""
    root = shutil.copytree(scored_workspace.root, tmp_path_factory.mktemp("asked") / "own")
    place = Workspace.find(root)
    advice_made.write(place, "<img src=x onerror=alert(1)> $score")
    page = unit_page(place, load_edition(root, "small", EDITION), advice_made.UNIT, "en")
    path = root / "page.html"
    path.write_text(render(root, page), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def moved(path: Path) -> dict[str, Any]:
    """Return what happened when somebody moved the control."""
    asked = json.dumps({"chromium": _program("chromium", "chromium-browser", "google-chrome"), "page": str(path)})
    words = [_program("node"), DRIVER.name]
    done = subprocess.run(
        words, input=asked, cwd=DRIVER.parent, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_the_control_says_what_the_table_holds(moved: dict[str, Any]) -> None:
    """The middle point first, then where the reader goes; a point that cannot be relied on gives no numbers."""
    assert moved["first"].startswith("Were it 40 (today 33), the score would be 44 (34 to 54). The next level")
    assert moved["last"].startswith("Were it 70 (today 33), the score would be 47 (37 to 57). The next level")
    assert "cannot be worked out reliably" in moved["unsure"]
    assert moved["messages"] == []


def test_without_scripts_the_table_says_the_same(moved: dict[str, Any]) -> None:
    """No control that would do nothing; every point."""
    assert (moved["controls"], moved["rows"]) == (0, 14)


def test_the_page_has_no_barriers_and_runs_nothing_of_others(path: Path) -> None:
    """No violation that axe finds, no dialog, nothing beside the screen."""
    seen = look([path])
    assert [view["violations"] for view in seen.views if view["violations"]] == []
    assert [one for one in seen.reached if one["width"] > one["screen"]] == []
    assert [read["dialogs"] + read["messages"] for read in seen.read] == [[]]
