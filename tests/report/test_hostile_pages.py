"""Sixty strings in every text field of every page: all of them stay text, in both languages."""

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from clusterscore.model.function import Function
from clusterscore.paths import Workspace
from clusterscore.report.cluster import ClusterPage, cluster_page
from clusterscore.report.display import Html, Picture, Table
from clusterscore.report.language import LANGUAGES, speaking
from clusterscore.report.management import ManagementPage
from clusterscore.report.member import MemberPage
from clusterscore.report.pages import EditionData
from clusterscore.scores.disclosure import Rules
from tests.report.handmade import CLUSTERS, EDITION
from tests.report.payloads import PAYLOADS
from tests.report.reading import Page

ROOT = Path(__file__).parents[2]
SHOWN = [
    name
    for name in dir(ManagementPage)
    if not name.startswith("_") and name not in {"name", "row", "validation", "data", "unit"}
]
OF_MEMBER = ("banner", "headline", "private", "among", "contribution", "cluster", "colophon")
UNIT, MEMBER = "C-01", "C-01-M1"


@pytest.fixture(scope="module")
def data(scored_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> EditionData:
    """Return an edition in a workspace that also has the shipped crosswalk."""
    root = tmp_path_factory.mktemp("hostile") / "here"
    shutil.copytree(scored_workspace.root, root)
    shutil.copytree(ROOT / "catalogue", root / "catalogue")
    return cluster_page(root, "small", EDITION, UNIT).data


def written(data: EditionData, text: str) -> EditionData:
    """Return an edition in which everything that people may write is the same text."""
    scores = data.scores
    units = scores.units.assign(name=text, sector=text, region=text, country=text)
    quotients = pd.DataFrame(
        [
            {
                "unit": UNIT,
                "year": EDITION,
                "region": text,
                "sector": text,
                "employed": 9.0,
                "quotient": 1.2,
                "strong": True,
            }
        ]
    )
    effects = pd.DataFrame([{"circumstance": text, "mean": 0.1, "q05": 0.0, "q95": 0.2}])
    origins = scores.origins.assign(measure=text)
    changed = replace(scores, units=units, quotients=quotients, circumstances=effects, origins=origins)
    return replace(data, scores=changed)


def of_member(data: EditionData, text: str) -> MemberPage:
    """Return the page of a member whose name, cluster and sector are the same text."""
    function = Function.read(ROOT / "functions" / "competitiveness.yml")
    part = next(part for part in function.indicators if part.of == "members")
    figure = {"unit": UNIT, "indicator": part.id, "year": EDITION, "q05": 8000.0, "q95": 12000.0}
    level = figure | {"n_members": 9, "median": 9000.0, "low": 7000.0, "high": 13000.0}
    scores = replace(
        written(data, text).scores,
        members=pd.DataFrame([figure | {"member": MEMBER, "n_years": 2, "median": 10000.0, "p_above": 0.7}]),
        member_levels=pd.DataFrame([level | {"of": "unit", "group": UNIT}, level | {"of": "sector", "group": text}]),
        member_shares=pd.DataFrame(
            [
                figure
                | {"member": MEMBER, "n_members": 9, "mean": 0.1, "q05": 0.0, "p_raises": 0.8, "p_above_sector": 0.6}
            ]
        ).assign(q95=0.2),
        organisations=pd.DataFrame([{"member": MEMBER, "unit": UNIT, "name": text}]),
    )
    return MemberPage(replace(data, function=function, scores=scores), MEMBER)


def html_of(shown: Html | Table | Picture) -> str:
    """Return what a cell puts into the page; of a picture its numbers, since the template escapes the rest."""
    part = shown.numbers if isinstance(shown, Picture) else shown
    return part._repr_html_()


def strangers(pieces: list[str]) -> list[str]:
    """Return the tags that nobody of ours wrote."""
    return Page("".join(pieces)).strangers()


@pytest.mark.parametrize("spoken", LANGUAGES)
@pytest.mark.parametrize("text", PAYLOADS)
def test_whatever_is_written_about_a_unit_or_a_member_stays_text(data: EditionData, text: str, spoken: str) -> None:
    """On the pages of clusters, teams and members."""
    with speaking(spoken):
        about = written(data, text)
        page, team, member = ClusterPage(about, UNIT), ManagementPage(about, UNIT), of_member(data, text)
        pieces = [html_of(getattr(member, name)()) for name in OF_MEMBER]
        quick = ("headline", "region", "circumstances", "profile", "assessor", "sheet", "questions", "disagreement")
        pieces += [html_of(getattr(page, name)()) for name in quick if hasattr(page, name)]
        pieces += [html_of(getattr(team, name)()) for name in quick]
    assert strangers(pieces) == []


@pytest.mark.parametrize("spoken", LANGUAGES)
@pytest.mark.parametrize("unit", CLUSTERS)
def test_every_part_of_every_page_speaks_both_languages(data: EditionData, unit: str, spoken: str) -> None:
    """No part fails for a newcomer, for one with few raters, for one that is contradicted."""
    with speaking(spoken):
        page = ManagementPage(data, unit)
        pieces = [html_of(getattr(page, name)()) for name in SHOWN]
    assert len(pieces) > 15
    assert strangers(pieces) == []


def test_nothing_is_shown_of_fewer_than_five_raters(data: EditionData) -> None:
    """Neither means of answers nor what they disagree on; with five or more both are."""
    few, enough = ManagementPage(data, "C-05"), ManagementPage(data, "C-04")
    assert not [part for part in (few.fair(), few.disagreement()) if isinstance(part, Table)]
    assert all(isinstance(part, Table) for part in (enough.fair(), enough.disagreement()))


def test_a_workspace_that_asks_for_more_raters_gets_less_shown(
    data: EditionData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own document counts on pages, not the default."""
    monkeypatch.setitem(vars(data), "rules", Rules(raters=1000))
    shown = ManagementPage(data, "C-04").fair()
    assert not isinstance(shown, Table)
    assert "Fewer than 1000 raters" in html_of(shown)
