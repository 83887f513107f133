"""Pages of a management team and of a member, in both languages, by the notebooks, from tables made by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from clusterscore import steps
from clusterscore.documents import dump_yaml, load_yaml
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.report.language import LANGUAGES
from clusterscore.report.pages import load_edition
from clusterscore.report.planned import unit_page
from clusterscore.report.private import publish_member
from clusterscore.report.rendering import render
from clusterscore.scores import tables
from tests.report.handmade import CLUSTERS, EDITION

ROOT: Final = Path(__file__).parents[2]
NAME, UNIT, MEMBER = "small", "C-01", "C-01-M1"
BOTH: Final = [f"{who}.{language}.html" for who in ("member", "team") for language in LANGUAGES]


def write(scored: Workspace, folder: Path) -> list[Path]:
    """Make the pages in a folder, from copies of a workspace with scores."""
    folder.mkdir(parents=True)
    made = [*_members(scored, folder / "of-members"), *_teams(scored, folder / "of-teams")]
    for name, html in made:
        (folder / name).write_bytes(html)
    return [folder / name for name in BOTH]


def _members(scored: Workspace, folder: Path) -> Iterator[tuple[str, bytes]]:
    workspace = _copied(scored, folder)
    run = store.current_run(workspace, NAME, EDITION)
    scores = steps.computed(workspace, run)
    asked = load_yaml(ROOT / "functions" / "competitiveness.yml")
    parts = [
        part for pillar in asked["pillars"] for part in pillar.get("indicators", ()) if part["id"].startswith("firm")
    ]
    _rewritten(workspace, lambda pillars: pillars[0]["indicators"].append(parts[0]))
    tables.write(workspace, replace(scores, **_of_members(parts[0]["id"])), run)
    for language in LANGUAGES:
        page = publish_member(workspace, NAME, EDITION, MEMBER, language)
        yield f"member.{language}.html", (workspace.root / page.index).read_bytes()


def _of_members(indicator: str) -> dict[str, pd.DataFrame]:
    measured = {"indicator": indicator, "year": EDITION, "q05": 8000.0, "q95": 12000.0}
    figure = measured | {"unit": UNIT}
    level = measured | {"n_members": 9, "median": 9000.0, "low": 7000.0, "high": 13000.0}
    share = figure | {"member": MEMBER, "n_members": 9, "mean": 0.1, "p_raises": 0.8, "p_above_sector": 0.6}
    return {
        "members": pd.DataFrame([figure | {"member": MEMBER, "n_years": 2, "median": 10000.0, "p_above": 0.7}]),
        "member_levels": pd.DataFrame(
            [level | {"of": "unit", "group": UNIT}, level | {"of": "sector", "group": "textiles"}]
        ),
        "member_shares": pd.DataFrame([share | {"q05": 0.0, "q95": 0.2}]),
        "organisations": pd.DataFrame([{"member": MEMBER, "unit": UNIT, "name": CLUSTERS["C-07"]}]),
    }


def _teams(scored: Workspace, folder: Path) -> Iterator[tuple[str, bytes]]:
    workspace = _copied(scored, folder)
    _rewritten(workspace, lambda _: None, kind="team")
    data = load_edition(workspace.root, NAME, EDITION)
    for language in LANGUAGES:
        yield f"team.{language}.html", render(workspace.root, unit_page(workspace, data, UNIT, language)).encode()


def _copied(scored: Workspace, folder: Path) -> Workspace:
    shutil.copytree(scored.root, folder)
    shutil.copytree(ROOT / "catalogue", folder / "catalogue")
    (folder / "catalogue" / "peers.yml").unlink()  # the tables were made without one
    return Workspace.find(folder)


def _rewritten(workspace: Workspace, change: Any, **others: str) -> None:
    path = workspace.functions / f"{NAME}.yml"
    content = load_yaml(path)
    change(content["pillars"])
    path.write_text(dump_yaml(content | others), encoding="utf-8")
