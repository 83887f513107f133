"""An overview walked through in a real browser: found by keyboard, sorted, in each language, without scripts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clusterscore.paths import Workspace
from clusterscore.scores import tables
from tests.report import handmade

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        os.environ.get("CLUSTERSCORE_BROWSER") != "1",
        reason="set CLUSTERSCORE_BROWSER=1, with Chromium, Node and `npm ci --prefix tests/browser`",
    ),
]
DRIVER = Path(__file__).with_name("walk.mjs")
UNIT = "C-08"
SCORE = 1


@dataclass(frozen=True)
class Way:
    """An overview, and where its link to the other language leads."""

    page: str
    language: str
    other: str
    leads: str


WAYS = [
    Way("clusters.html", "en", "Română", "/ro/clusters.html"),
    Way("ro/clusters.html", "ro", "English", "/clusters.html"),
]


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: way.language)
def way(request: pytest.FixtureRequest) -> Way:
    """Return each language's overview."""
    found: Way = request.param
    return found


@pytest.fixture(scope="module")
def walked(published_workspace: Workspace, way: Way) -> dict[str, Any]:
    """Return what happened on the way."""
    asked = {
        "chromium": shutil.which("chromium") or shutil.which("google-chrome"),
        "page": str(published_workspace.edition(handmade.EDITION) / way.page),
        "asked": "fagaras",  # letters without their signs find those with them
        "unit": f"clusters/{UNIT}.html",
        "column": SCORE,
        "other": way.other,
    }
    done = subprocess.run(
        ["node", DRIVER.name],
        input=json.dumps(asked),
        cwd=DRIVER.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_cluster_is_found_by_keyboard_alone(walked: dict[str, Any], way: Way) -> None:
    """A slash, a few letters, arrows, Enter: the page of the cluster in the same language; a slash there leads back."""
    assert walked["focused"] == "finding"
    assert walked["found"][0].startswith(handmade.CLUSTERS[UNIT].split()[0])
    assert walked["chosen"] == 1
    assert walked["arrived"].endswith(f"{way.page.removesuffix('.html')}/{UNIT}.html")
    assert walked["back"].endswith(f"{way.page}#find")


def test_a_heading_sorts_its_table(published_workspace: Workspace, walked: dict[str, Any]) -> None:
    """By number and not by letter: rising, then falling, with the same rows."""
    scores = tables.read(published_workspace, "small", handmade.EDITION).scores
    here = scores[scores["year"] == handmade.EDITION]["score_median"]
    assert [value.split()[-1] for value in walked["rising"]] == [value.split()[-1] for value in walked["falling"][::-1]]
    assert sorted(walked["before"]) == sorted(walked["rising"])
    plain = [int(value) for value in walked["rising"] if value.isdecimal()]
    assert plain == sorted(plain)
    assert len(walked["rising"]) == len(here)


def test_a_link_leads_to_the_same_page_in_the_other_language(walked: dict[str, Any], way: Way) -> None:
    """From English to Romanian and back; the field says in the page's language what it is for."""
    assert walked["other"]["language"] != way.language
    assert walked["other"]["address"].endswith(f"/{handmade.EDITION}{way.leads}")
    assert walked["label"] == {"en": "Find (press /)", "ro": "Caută (apasă /)"}[way.language]


def test_what_only_a_screen_needs_is_not_printed(walked: dict[str, Any]) -> None:
    """No navigation, no field, nothing to unfold; the heading that was clicked is still sorted."""
    assert (walked["printed"], walked["sorted"]) == (0, 1)


def test_without_scripts_the_page_says_the_same(walked: dict[str, Any]) -> None:
    """No field and no button that would do nothing; all the text."""
    assert (walked["without"]["field"], walked["without"]["buttons"]) == (0, 0)
    assert walked["without"]["text"] > 1000


def test_the_console_stays_silent(walked: dict[str, Any]) -> None:
    """The page's own security policy lets its script run, and stops nothing."""
    assert walked["messages"] == []
