"""What follows from a score stands on the cluster's page: level, recommendations, what if, cooperation."""

import re
import shutil

import pandas as pd
import pytest

from clusterscore.paths import Workspace
from clusterscore.report.cluster import ClusterPage, cluster_page
from clusterscore.report.display import Html, Picture
from clusterscore.report.language import LANGUAGES, ROMANIAN, speaking
from clusterscore.report.level import source
from clusterscore.report.pages import load_edition
from clusterscore.report.planned import unit_page
from tests.report import advice_made
from tests.report.advice_made import OTHER, PARTNER, RULES, UNIT
from tests.report.handmade import EDITION
from tests.report.payloads import PAYLOADS
from tests.report.reading import Page

PARTS = ("headline", "level", "conditions", "recommendations", "what_if", "partners", "network")


@pytest.fixture(scope="module")
def place(scored_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with advice on one function, which a test may write anew."""
    root = tmp_path_factory.mktemp("advised") / "here"
    shutil.copytree(scored_workspace.root, root)
    return Workspace.find(root)


@pytest.fixture
def page(place: Workspace) -> ClusterPage:
    """Return the page of the unit that is advised."""
    advice_made.write(place)
    return cluster_page(place.root, "small", EDITION, UNIT)


def shown(page: ClusterPage, part: str) -> Page:
    """Return what a part of the page shows; of a picture its numbers."""
    found = getattr(page, part)()
    return Page((found.numbers if isinstance(found, Picture) else found)._repr_html_())


@pytest.mark.parametrize("text", PAYLOADS)
def test_whatever_advice_says_stays_text(place: Workspace, text: str) -> None:
    """In both languages, in every part."""
    advice_made.write(place, text)
    for spoken in LANGUAGES:
        with speaking(spoken):
            page = ClusterPage(load_edition(place.root, "small", EDITION), UNIT)
            assert [stranger for part in PARTS for stranger in shown(page, part).strangers()] == []


def test_the_headline_says_the_level_with_its_probability(page: ClusterPage) -> None:
    """Or between which two it is provisional; the part below says how probable each is and what is missing."""
    assert shown(page, "headline").one("p", "level").text == "level by score: between Do something."
    (each_level,) = [item.text for item in shown(page, "level").all("li") if "each level" in item.text]
    assert "Recognised cluster: 97\N{NO-BREAK SPACE}%" in each_level
    assert "Outstanding cluster: under 1\N{NO-BREAK SPACE}%" in each_level
    missing = [item.text for item in shown(page, "conditions").all("li")]
    assert missing[0] == "Recognised cluster: not fulfilled: Types of members (not recorded)."


def test_recommendations_come_in_their_order_each_with_its_ground(page: ClusterPage) -> None:
    """Rule, pillar, probability and source; five at once, the others unfolded by whoever wants them."""
    read = shown(page, "recommendations")
    about = [item.text for item in read.all("p", "about")]
    rules = [re.findall(r"rule (\w+)", text)[0] for text in about if text.startswith("rule ")]
    assert rules == [f"rule_{number}" for number in range(1, RULES + 1)]
    assert "pillar: Exports; probability 87\N{NO-BREAK SPACE}%; gain 4.2 points" in about[0]
    assert about[1] == "Source: Do something."
    assert len([one for one in read.all("p", "about") if "details" in one.around]) == 2 * (RULES - 5)


def test_a_source_in_english_alone_is_marked_on_a_romanian_page(place: Workspace) -> None:
    """What is there in Romanian is shown in it; on an English page nothing is marked."""
    advice_made.write(place)
    row = load_edition(place.root, "small", EDITION).advice("recommendations").iloc[0]
    assert source(row) == "Do something."
    with speaking(ROMANIAN):
        assert source(replaced(row, source_ro="carte")) == "carte"
        assert source(replaced(row, source_ro="")) == '<span lang="en">Do something.</span>'


def replaced(row: pd.Series, **values: str) -> pd.Series:
    """Return a row with other values."""
    return pd.Series(dict(row) | values)


def test_a_rule_that_no_longer_holds_leaves_the_page(place: Workspace) -> None:
    """The sentence goes with the gap it rests on."""
    for rules in (1, 0):
        advice_made.write(place, rules=rules)
        html = shown(cluster_page(place.root, "small", EDITION, UNIT), "recommendations").source
        assert html.count("rule_1") == rules


def test_what_if_holds_every_point_as_a_table(page: ClusterPage) -> None:
    """So that a page without scripts says the same; a point that cannot be relied on has no numbers."""
    read = shown(page, "what_if")
    rows = [one.text for one in read.all("th") if one.text.startswith(("pillar: ", "indicator: "))]
    assert rows.count("pillar: Exports") == rows.count("indicator: Exports") == 7 + 1
    cells = [one.text for one in read.all("td")]
    assert cells[7 * 5 : 8 * 5] == ["33", "10", "-", "-", "-"]


def test_partners_come_with_a_reason_and_a_link(page: ClusterPage) -> None:
    """And the picture of the network says in words who is linked to it."""
    read = shown(page, "partners")
    assert read.one("a").attributes["href"] == f"{PARTNER}.html"
    assert [one.text for one in read.all("p")][1] == "Do something."
    picture = page.network()
    assert isinstance(picture, Picture)
    assert picture.alt.endswith(f"linked to: {PARTNER}.")
    assert OTHER not in picture.alt


def test_without_advice_each_part_says_so(scored_workspace: Workspace) -> None:
    """No part is empty, and none fails."""
    page = cluster_page(scored_workspace.root, "small", EDITION, UNIT)
    assert shown(page, "headline").all("p", "level") == []
    parts = [getattr(page, part)() for part in PARTS[1:]]
    assert all(isinstance(part, Html) and len(part.markup.striptags()) > 20 for part in parts)


def test_advice_on_a_function_without_levels_says_so(place: Workspace) -> None:
    """Levels are those of one function; the pages of the others have advice and no level."""
    advice_made.write(place, without=("levels", "conditions"))
    page = cluster_page(place.root, "small", EDITION, UNIT)
    assert shown(page, "headline").all("p", "level") == []
    assert "No levels" in page.level().markup.striptags()
    assert len(shown(page, "recommendations").all("li")) == RULES


def test_a_page_is_made_again_when_its_advice_changes(place: Workspace) -> None:
    """Its key knows the advice of its own function."""
    advice_made.write(place)
    data = load_edition(place.root, "small", EDITION)
    before = unit_page(place, data, UNIT, "en").key
    advice_made.write(place, "Do something else.")
    assert unit_page(place, data, UNIT, "en").key != before
