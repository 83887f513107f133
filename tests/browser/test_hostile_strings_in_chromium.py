"""Sixty hostile strings in every text field of every kind of page: in a real browser nothing runs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from clusterscore.paths import Workspace
from tests.browser.test_pages_in_chromium import _program
from tests.report import handmade, hostile
from tests.report.payloads import PAYLOADS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(os.environ.get("CLUSTERSCORE_BROWSER") != "1", reason="set CLUSTERSCORE_BROWSER=1"),
]
DRIVER = Path(__file__).with_name("hostile.mjs")
KINDS = 13  # of pages: five in two languages, the staff's and two briefs in one
TOGETHER = 10  # turns
SECONDS = 1800


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace of one's own."""
    return handmade.build(tmp_path_factory.mktemp("hostile") / "here")


def used(pages: Iterable[Path]) -> list[dict[str, Any]]:
    """Return what Chromium saw while a reader did all that can be done on each page."""
    asked = {
        "chromium": _program("chromium", "chromium-browser", "google-chrome"),
        "pages": [str(path) for path in pages],
    }
    words = [_program("node"), DRIVER.name]
    done = subprocess.run(
        words,
        input=json.dumps(asked),
        cwd=DRIVER.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen: list[dict[str, Any]] = json.loads(done.stdout)
    return seen


def faults(one: dict[str, Any]) -> list[str]:
    """Return what ran on a page, or could."""
    own = Path(one["path"]).as_uri()
    beyond = [url for url in one["requests"] if url != own and not url.startswith("data:image/svg+xml;base64,")]
    moved = [url for url in one["moved"] if url.partition("#")[0] != own]
    changed = [one["titleAfter"]] if one["titleAfter"] != one["title"] else []
    return [*one["dialogs"], *one["messages"], *beyond, *moved, *changed, *one["strange"]]


def nothing_runs(place: Workspace, folder: Path, turns: Iterable[int]) -> None:
    """Make all kinds of pages at each turn, and use them."""
    paths = []
    for turn in turns:
        for name, html in hostile.pages(place, hostile.Words(turn)):
            assert "default-src 'none'" in html
            paths.append(folder / f"{name}.html")
            paths[-1].write_text(html, encoding="utf-8")
    seen = used(paths)
    assert len(seen) == len(paths) == KINDS * len(list(turns))
    assert {Path(one["path"]).name: faults(one) for one in seen if faults(one)} == {}


def test_nothing_runs_whatever_stands_in_which_field(place: Workspace, tmp_path: Path) -> None:
    """Two turns: each field says two of the strings, each its own."""
    nothing_runs(place, tmp_path, (0, len(PAYLOADS) // 2))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, len(PAYLOADS), TOGETHER))
def test_nothing_runs_whatever_string_stands_in_whatever_field(place: Workspace, tmp_path: Path, first: int) -> None:
    """All turns: every string in every field of every kind of page, in both languages."""
    nothing_runs(place, tmp_path, range(first, min(first + TOGETHER, len(PAYLOADS))))


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>"])
def test_the_browser_sees_what_runs(tmp_path: Path, text: str) -> None:
    """What is not escaped is found twice: where nothing forbids it, and as what the policy had to stop."""
    policy = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
    for name, head in (("free", ""), ("forbidden", policy)):
        html = f"<!DOCTYPE html><html><head>{head}<title>x</title></head><body><main>{text}<script></script>"
        (tmp_path / f"{name}.html").write_text(html, encoding="utf-8")
    free, forbidden = used([tmp_path / "free.html", tmp_path / "forbidden.html"])
    assert free["dialogs"] == ["1"]
    assert forbidden["dialogs"] == []
    assert any("Content Security Policy" in message for message in forbidden["messages"])
    assert faults(free)
    assert faults(forbidden)
