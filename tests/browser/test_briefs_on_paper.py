"""A policy brief on paper: at most four pages of A4, numbered."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from clusterscore.paths import Workspace
from clusterscore.report.paper import print_page
from clusterscore.report.private import publish_brief
from tests.report import handmade

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(os.environ.get("CLUSTERSCORE_BROWSER") != "1", reason="set CLUSTERSCORE_BROWSER=1"),
]


def test_a_brief_has_at_most_four_pages(scored_workspace: Workspace, tmp_path: Path) -> None:
    """Of A4, whatever units are called."""
    root = shutil.copytree(scored_workspace.root, tmp_path / "own")
    made, _ = publish_brief(Workspace.find(root), "small", handmade.EDITION, "all", "")
    paper = tmp_path / "brief.pdf"
    assert print_page(root / made.index, paper)
    said = subprocess.run(["pdfinfo", paper], capture_output=True, text=True, check=True).stdout
    pages = re.search(r"^Pages:\s+(\d+)$", said, flags=re.MULTILINE)
    assert pages is not None
    assert 1 <= int(pages[1]) <= 4
    assert "A4" in said
    text = subprocess.run(["pdftotext", "-layout", paper, "-"], capture_output=True, text=True, check=True).stdout
    assert f"1/{pages[1]}" in text.replace(" ", "")
