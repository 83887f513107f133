"""Raters to look at, in words: every flag with its evidence, and what could not be looked at."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from clusterscore import publishing
from clusterscore.paths import Workspace
from clusterscore.report import raters
from clusterscore.report.cluster import cluster_page
from clusterscore.report.display import Table
from clusterscore.report.language import ROMANIAN, speaking
from clusterscore.report.overview import edition_page
from clusterscore.report.staff import staff_page
from clusterscore.scores import tables
from clusterscore.scores.compute import Scores
from clusterscore.vocabulary import Flag
from tests.report.handmade import EDITION

JUDGED = {"observed": 0.96, "expected": 0.4, "high": 0.61, "p_family": 0.01, "flag": "high"}
FIT = {"rater": "R-9", "n_answers": 48, "low": float("nan"), **JUDGED}


@pytest.fixture
def quiet(scored_workspace: Workspace) -> Scores:
    """Return published tables in which nobody is flagged."""
    scores = tables.read(scored_workspace, "small", EDITION)
    return replace(
        scores,
        rater_fit=scores.rater_fit.assign(flag="none"),
        twins=scores.twins.assign(flag="none"),
        leniency=scores.leniency.iloc[:0],
    )


@pytest.mark.parametrize(
    ("table", "row", "words"),
    [
        ("rater_fit", FIT | {"statistic": "straight"}, ("R-9: much the same answer", "96", "40", "61", "48 answers")),
        ("rater_fit", FIT | {"statistic": "alternating"}, ("R-9: answers that go up and down", "96", "40", "61")),
        ("rater_fit", FIT | {"statistic": "residual", "observed": 1.9, "high": 1.4}, ("vary more", "1.90", "1.40")),
        (
            "rater_fit",
            FIT | {"statistic": "residual", "observed": 0.3, "low": 0.55, "flag": "low"},
            ("vary less", "0.30", "0.55"),
        ),
        ("twins", {"rater": "R-8", "other": "R-9", "n_common": 52, **JUDGED}, ("R-8 and R-9", "alike", "52 answers")),
        (
            "leniency",
            {"units": "C-01 C-02", "n_raters": 1, "n_questionnaires": 2, **JUDGED},
            ("C-01, C-02", "milder", "+1.0", "+0.6", "2 questionnaires of 1 rater"),
        ),
    ],
)
def test_a_flag_names_who_what_and_the_limit(
    quiet: Scores, table: str, row: dict[str, object], words: tuple[str, ...]
) -> None:
    """One sentence for one flag."""
    (sentence,) = raters.flags(replace(quiet, **{table: pd.DataFrame([row])}))
    assert [word for word in words if word not in sentence] == []


@pytest.mark.parametrize(
    ("table", "row", "words"),
    [
        (
            "rater_fit",
            FIT | {"statistic": "residual", "observed": 1.9, "high": 1.4},
            ("variază mai mult", "1,90", "1,40"),
        ),
        (
            "twins",
            {"rater": "R-8", "other": "R-9", "n_common": 52, **JUDGED},
            ("R-8 și R-9", "52 de răspunsuri comune"),
        ),
        (
            "leniency",
            {"units": "C-01 C-02", "n_raters": 1, "n_questionnaires": 2, **JUDGED},
            ("C-01, C-02", "+1,0", "2 chestionare de la 1 evaluator"),
        ),
    ],
)
def test_a_flag_is_said_in_romanian(quiet: Scores, table: str, row: dict[str, object], words: tuple[str, ...]) -> None:
    """With a decimal comma."""
    with speaking(ROMANIAN):
        (sentence,) = raters.flags(replace(quiet, **{table: pd.DataFrame([row])}))
    assert [word for word in words if word not in sentence] == []


def test_the_most_surprising_flag_comes_first(quiet: Scores) -> None:
    """Whatever its kind."""
    fit = pd.DataFrame([FIT | {"statistic": "straight", "p_family": 0.04}])
    pair = pd.DataFrame([{"rater": "R-8", "other": "R-9", "n_common": 52, **JUDGED}])
    first, second = raters.flags(replace(quiet, rater_fit=fit, twins=pair))
    assert first.startswith("R-8 and R-9")
    assert second.startswith("R-9:")


def test_who_cannot_be_assessed_is_counted(quiet: Scores) -> None:
    """Only raters of whom nothing at all could be said."""
    fit = quiet.rater_fit
    silent = fit["rater"].eq(fit["rater"].iloc[0]) | fit["statistic"].eq("alternating")
    told = list(
        raters.unassessed(replace(quiet, rater_fit=fit.assign(flag=fit["flag"].mask(silent, "not assessable"))))
    )
    assert told[0].startswith("1 rater is not assessable: fewer than 4 answers")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "no rater has declared ties"),
        ([Flag.NOT_ASSESSABLE], "no rater answered on a unit to which the own one is tied"),
        ([Flag.NONE, Flag.NOT_ASSESSABLE], "assessed in 1 of 2 groups"),
    ],
)
def test_it_is_said_whether_ties_could_be_looked_at(quiet: Scores, flags: list[Flag], words: str) -> None:
    """No ties, ties without answers, ties with answers."""
    groups = pd.DataFrame({"units": "C-01 C-02", "flag": pd.Series(flags, dtype=str)})
    assert [line for line in raters.unassessed(replace(quiet, leniency=groups)) if words in line]


def test_the_staff_page_says_that_a_flag_changes_no_score_and_how_often_one_is_false(
    scored_workspace: Workspace,
) -> None:
    """Beside the flags; where nobody is flagged, it says so; where nobody is asked, only that."""
    page = staff_page(scored_workspace.root, "small", EDITION)
    shown = str(page.flags().markup)
    assert "it changes no score" in shown
    assert "at most 5\N{NO-BREAK SPACE}% of editions" in shown
    assert shown.count("<li>") == len(list(raters.flags(page.data.scores))) + 1 > 2
    nobody = page.data.scores.rater_fit.assign(flag="none")
    quiet = replace(page.data.scores, rater_fit=nobody, twins=page.data.scores.twins.assign(flag="none"))
    assert "No rater, no pair" in str(replace(page, data=replace(page.data, scores=quiet)).flags().markup)
    assert "No peers are asked" in str(staff_page(scored_workspace.root, "places", EDITION).flags().markup)


def test_the_staff_page_names_every_rater_with_the_severity(scored_workspace: Workspace) -> None:
    """The most severe first; where nobody is asked, only that."""
    shown = staff_page(scored_workspace.root, "small", EDITION).severities()
    assert isinstance(shown, Table)
    assert {row[0] for row in shown.rows} == {f"R-0{number}" for number in range(1, 7)}
    told = [float(row[1].replace("\N{MINUS SIGN}", "-")) for row in shown.rows]
    assert told == sorted(told, reverse=True)
    assert "No peers are asked" in str(staff_page(scored_workspace.root, "places", EDITION).severities())


def test_the_overview_counts_flags_and_names_nobody(scored_workspace: Workspace) -> None:
    """Neither raters nor units that ties link: everybody reads it."""
    page = edition_page(scored_workspace.root, "small", EDITION)
    told = list(raters.flags(page.data.scores))
    assert any("R-0" in sentence for sentence in told)
    shown = str(page.flags().markup) + str(page.raters().markup)
    assert "R-0" not in shown
    assert "of 6 raters" in shown
    assert "it changes no score" in shown


def test_the_overview_says_nothing_of_fewer_than_five_raters(scored_workspace: Workspace) -> None:
    """A count of four is a count of persons."""
    page = edition_page(scored_workspace.root, "small", EDITION)
    few = replace(page, data=replace(page.data, scores=replace(page.data.scores, raters=page.data.scores.raters[:4])))
    for shown in (few.raters(), few.flags()):
        assert "Fewer than 5 raters answered" in str(shown.markup)


def test_no_published_page_and_no_download_holds_a_pseudonym(published_workspace: Workspace) -> None:
    """In either language, in any file: raters are persons."""
    named = re.compile(rb"\bR-0[1-6]\b")
    pages = [path for path in published_workspace.editions.rglob("*") if path.is_file()]
    found = [
        path.name for path in pages if path.suffix in {".html", ".csv", ".json"} and named.search(path.read_bytes())
    ]
    assert len(pages) > 30
    assert found == []


def test_the_staff_page_lies_outside_what_is_published(scored_workspace: Workspace, tmp_path: Path) -> None:
    """In the private folder, with pseudonyms; the edition is not touched."""
    root = shutil.copytree(scored_workspace.root, tmp_path / "own")
    made = publishing.staff(Workspace.find(root), "small", None)
    assert [one.index for one in made] == [f"private/staff/{EDITION}/small-raters{end}.html" for end in ("", ".ro")]
    english, romanian = ((root / one.index).read_text(encoding="utf-8") for one in made)
    assert "R-01" in english
    assert ("How severe is each?" in english, "How severe is each?" in romanian) == (True, False)
    assert "R-01" in romanian
    assert ('<html lang="ro">' in romanian, "Cât de sever este fiecare?" in romanian) == (True, True)
    assert list((root / "reports").rglob("*.html")) == []


def test_a_page_shows_the_fair_averages_that_were_published(scored_workspace: Workspace) -> None:
    """Beside the raw means, with their intervals; of the edition's last year with answers."""
    page = cluster_page(scored_workspace.root, "small", EDITION, "C-04")
    published = page.data.scores.fair_averages.query("unit == 'C-04' and year == @EDITION")
    shown = page.fair()
    assert [row[0] for row in shown.rows] == ["Strategy", "Cooperation", "the unit as a whole"]
    assert [float(row[1]) for row in shown.rows] == pytest.approx(published["raw_mean"].tolist(), abs=0.05)
    assert [float(row[2]) for row in shown.rows] == pytest.approx(published["mean"].tolist(), abs=0.05)
    assert [int(row[4]) for row in shown.rows] == published["n_answers"].tolist()
    assert "No peers are asked" in str(cluster_page(scored_workspace.root, "places", EDITION, "RG-1").fair().markup)
