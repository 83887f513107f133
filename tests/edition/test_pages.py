"""What a reader opens: what must be on a page, nothing that must not, and the numbers that were published."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from clusterscore import paths
from clusterscore.observations.ledger import Ledger
from clusterscore.posterior import store
from clusterscore.report.finding import script, script_source
from clusterscore.scores import tables
from tests.command import Command
from tests.edition.whole import CLUSTERS, CRAFT, DISLIKED, EDITION, FEW_RATERS, LAND, REGIONS, TIED, Whole, write
from tests.report.reading import Page, dead_links, pages_of

INDEX = "index.html"
NUMBERS = {"The numbers of this figure", "Numerele acestei figuri"}
NAMES = {CRAFT: CLUSTERS, LAND: REGIONS}
FOLDERS = {CRAFT: "clusters", LAND: "regions"}
EXTERNAL = re.compile(
    r"""(?:src|srcset|href|action|data|poster)\s*=\s*["']?\s*(?:https?:|//|file:|ftp:)""", re.IGNORECASE
)
LOADED = re.compile(r"<\s*(?:script|link|iframe|object|embed|base|video|audio|source)\b|@import|url\(", re.IGNORECASE)


@pytest.fixture(scope="module")
def pages(whole: Whole) -> dict[str, Page]:
    """Return all pages of the edition, read strictly."""
    return pages_of(whole.pages)


@pytest.fixture(scope="module")
def scores(whole: Whole) -> dict[str, pd.DataFrame]:
    """Return the scores of the edition's year by function, best first, as a spreadsheet would read them."""
    return {name: _scores(whole, name) for name in NAMES}


def _scores(whole: Whole, function: str) -> pd.DataFrame:
    table = pd.read_csv(whole.workspace.scores(function, EDITION) / "scores.csv")
    return table[table["year"] == EDITION].sort_values("score_median", ascending=False).reset_index(drop=True)


def _of(pages: dict[str, Page], function: str) -> dict[str, Page]:
    """Return the pages of one function: its overview and its units."""
    return {name: page for name, page in pages.items() if name.startswith(FOLDERS[function])}


def _table(page: Page, caption: str) -> list[list[str]]:
    """Return the text of a table's cells, row by row, the header first."""
    rows: list[list[str]] = []
    inside = False
    for element in page.elements:
        if element.tag == "caption":
            inside = element.text == caption
        elif inside and element.tag == "tr":
            rows.append([])
        elif inside and element.tag in {"th", "td"}:
            rows[-1].append(element.text)
    return rows


# Where it comes from ---------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [CRAFT, LAND])
def test_every_page_names_the_ledger_head_and_the_posterior(
    whole: Whole, pages: dict[str, Page], function: str
) -> None:
    """Whoever cites a number can say where it comes from."""
    run = store.current_run(whole.workspace, function, EDITION)
    facts = {name: [each.text for each in page.all("dd")] for name, page in _of(pages, function).items()}
    assert [name for name, texts in facts.items() if run.head not in texts] == []
    assert [name for name, texts in facts.items() if not any(run.id in text for text in texts)] == []
    assert len(facts) == len(NAMES[function]) + 1


def test_pages_on_invented_data_say_so_first(pages: dict[str, Page]) -> None:
    """The label stands before anything else that the notebook shows."""
    labels = {name: page.all("p", "demonstration") for name, page in _of(pages, CRAFT).items()}
    assert {len(found) for found in labels.values()} == {1}
    assert all(found[0].text.startswith("Demonstration data") for found in labels.values())
    first = {name: next(each for each in page.elements if each.tag == "h2") for name, page in _of(pages, CRAFT).items()}
    assert all(pages[name].elements.index(labels[name][0]) < pages[name].elements.index(first[name]) for name in labels)


def test_pages_on_observed_data_never_speak_of_a_demonstration(pages: dict[str, Page]) -> None:
    """The word is nowhere but in the style sheet, not even in a comment."""
    unstyled = {name: page.source.replace(page.one("style").text, "") for name, page in _of(pages, LAND).items()}
    assert [name for name, source in unstyled.items() if "demonstration" in source.lower()] == []


# What a page is made of ------------------------------------------------------------------------------


def test_a_page_holds_only_tags_and_attributes_of_ours(pages: dict[str, Page]) -> None:
    """Whatever people wrote into a name has stayed text; pictures are active nowhere."""
    assert {name: found for name, page in pages.items() if (found := page.strangers())} == {}


def test_no_page_loads_anything(pages: dict[str, Page]) -> None:
    """No external address in any attribute, no tag or style that loads, not even inside a picture."""
    sources = {name: [page.source, *page.pictures] for name, page in pages.items()}
    found = {name: [m.group() for s in parts for m in EXTERNAL.finditer(s)] for name, parts in sources.items()}
    assert {name: matches for name, matches in found.items() if matches} == {}
    ours = f"<script>{script()}</script>"
    assert [name for name, page in pages.items() if page.source.count(ours) != 1] == []
    assert [name for name, page in pages.items() if LOADED.search(page.source.replace(ours, ""))] == []


def test_every_page_forbids_the_browser_to_load_anything(pages: dict[str, Page]) -> None:
    """The content security policy allows styles of the page and pictures in the page."""
    policies = {
        each.attributes["content"]
        for page in pages.values()
        for each in page.all("meta")
        if each.attributes.get("http-equiv") == "Content-Security-Policy"
    }
    (policy,) = policies
    assert {"default-src 'none'", "img-src data:", f"script-src '{script_source()}'"} <= set(policy.split("; "))


def test_every_figure_has_an_alternative_text_of_its_own(pages: dict[str, Page]) -> None:
    """A sentence, another for each figure; the literal of nbconvert, which axe passes, is not one."""
    for name, page in pages.items():
        texts = [image.attributes["alt"] for image in page.all("img")]
        assert len(texts) == len(page.all("figure")) > 0, name
        assert len(set(texts)) == len(texts), name
        assert all(text.endswith(".") and len(text.split()) > 3 for text in texts), name
        assert "No description" not in page.source


def test_every_figure_has_its_finding_its_caption_and_its_numbers(pages: dict[str, Page]) -> None:
    """Who cannot see the picture reads the table."""
    for name, page in pages.items():
        figures = len(page.all("figure"))
        numbers = [each for each in page.all("summary") if each.text in NUMBERS]
        assert {len(page.all("figcaption")), len(page.all("p", "finding")), len(numbers)} == {figures}, name
        assert all(each.text.strip() for each in page.all("figcaption") + page.all("p", "finding")), name


def test_no_code_is_shown(pages: dict[str, Page]) -> None:
    """Not one line of a notebook's code, and no prompt."""
    lines = {line for path in paths.notebooks().glob("*.ipynb") for line in _code(path)}
    text = {name: page.one("main").text for name, page in pages.items()}
    assert len(lines) > 20
    assert [(name, line) for name in text for line in lines if line in text[name]] == []
    assert [name for name in text if re.search(r"\b(?:In|Out)\s*\[", text[name]) or pages[name].all("code")] == []


def _code(path: Path) -> Iterator[str]:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield from (line for line in cell.source.splitlines() if line.strip())


# What people wrote -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "name"), CLUSTERS.items())
def test_a_name_reads_as_it_was_written_wherever_it_stands(pages: dict[str, Page], unit: str, name: str) -> None:
    """In the title, the heading, the headline, its row of the index and the alternative text of its figures."""
    page = pages[f"clusters/{unit}.html"]
    assert (page.one("title").text, page.one("h1").text, page.one("strong").text) == (name, name, name)
    assert sum(name in image.attributes["alt"] for image in page.all("img")) >= 4
    assert name in [cell.text for cell in pages[INDEX].all("th")]


@pytest.mark.parametrize("mark", ["\N{RIGHT-TO-LEFT MARK}", "\N{RIGHT-TO-LEFT OVERRIDE}", "\N{RIGHT-TO-LEFT ISOLATE}"])
def test_a_mark_that_turns_the_reading_direction_does_not_pass_the_door(
    own: Whole, tmp_path: Path, command: Command, mark: str
) -> None:
    """It is taken out or refused, so that no page can be made to read otherwise than it is written."""
    path = write(tmp_path / "units.csv", ["unit", "name", "kind"], [("C-66", f"Mar{mark}kt", "cluster")])
    code, output, messages = command("ingest", path, "--workspace", own.workspace.root)
    if code == 2:
        assert "row 2, column name: E-TXT-CONTROL" in messages
    else:
        assert code == 0
        assert "normalised" in output
        names = {record.data.get("name") for record in Ledger(own.workspace.ledger).read() if "rows" not in record.data}
        assert "Markt" in names
        assert not any(mark in str(name) for name in names)


# What was published ----------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [CRAFT, LAND])
def test_every_number_of_the_overview_is_that_of_the_table(
    pages: dict[str, Page], scores: dict[str, pd.DataFrame], function: str
) -> None:
    """Name, score, interval, ranks and verdict of each unit, best first, as ``scores.csv`` has them."""
    plural = FOLDERS[function]
    header, *rows = _table(pages[f"{plural}.html"], f"All {plural}, with links to their pages")
    assert header[1:] == [
        "score (median)",
        "90\N{NO-BREAK SPACE}% credible interval",
        "rank interval",
        "peers' verdict",
    ]
    assert rows == [_row(NAMES[function], row) for _, row in scores[function].iterrows()]


def test_the_index_is_the_overview_of_the_clusters(whole: Whole) -> None:
    """Who opens the edition sees them, whatever else was published in it."""
    assert (whole.pages / INDEX).read_bytes() == (whole.pages / "clusters.html").read_bytes()


@pytest.mark.parametrize("function", [CRAFT, LAND])
def test_the_headline_of_every_page_is_the_row_of_its_unit(
    pages: dict[str, Page], scores: dict[str, pd.DataFrame], function: str
) -> None:
    """Score, interval, ranks and verdict."""
    for _, row in scores[function].iterrows():
        page = pages[f"{FOLDERS[function]}/{row['unit']}.html"]
        _, score, span, ranks, verdict = _row(NAMES[function], row)
        assert page.one("span", "number").text == score.replace("over ", ">").replace("under ", "<")
        sure = page.one("p", "sure").text
        assert sure.startswith(
            f"90\N{NO-BREAK SPACE}% credible interval: {span}rank {ranks} of {len(scores[function])} "
        )
        assert page.one("p", "verdict").text == f"peers' verdict: {verdict}"


def _row(names: dict[str, str], row: pd.Series) -> list[str]:
    span, ranks = (" to ".join(dict.fromkeys(pair)) for pair in (_ends(row, "q", _points), _ends(row, "rank_q", _rank)))
    return [names[row["unit"]], _points(row["score_median"]), span, ranks, row["verdict"]]


def _ends(row: pd.Series, prefix: str, told: object) -> list[str]:
    return [told(row[f"{prefix}{end}"]) for end in ("05", "95")]  # type: ignore[operator]


def _points(value: float) -> str:
    """Whole points; beyond the last whole point on either side, only which side."""
    if value > 99:
        return "over 99"
    return "under 1" if value < 1 else str(round(value))


def _rank(value: float) -> str:
    return str(round(value))


def test_the_stories_have_the_verdicts_that_they_must_have(scores: dict[str, pd.DataFrame]) -> None:
    """Enough agreement, a contradiction, too few raters: the pages show every verdict."""
    verdict = scores[CRAFT].set_index("unit")["verdict"]
    assert verdict[DISLIKED] == "contradicted"
    assert verdict[FEW_RATERS] == "not enough evidence"
    assert set(verdict) == {"validated", "contradicted", "not enough evidence"}


def test_answers_of_a_tied_rater_are_counted_and_left_out(whole: Whole, pages: dict[str, Page]) -> None:
    """The page says how many independent raters there are: one less where one belongs to the cluster."""
    validation = tables.read(whole.workspace, CRAFT, EDITION).validation.set_index(["unit", "year"])["n_raters"]
    assert validation[TIED, EDITION] == validation[DISLIKED, EDITION] - 1
    text = pages[f"clusters/{TIED}.html"].prose
    assert f"Independent raters in this edition: {validation[TIED, EDITION]}; a verdict needs 3." in text


# Where it leads --------------------------------------------------------------------------------------


def test_every_link_leads_to_a_page_of_the_edition(whole: Whole) -> None:
    """Nothing leads out of it or nowhere."""
    assert dead_links(whole.pages) == []


def test_the_index_leads_to_every_cluster_and_to_the_other_overview(pages: dict[str, Page]) -> None:
    """Each once, by its name."""
    leads = [(each.attributes["href"], each.text) for each in pages[INDEX].all("a")]
    wanted = [(f"clusters/{unit}.html", name) for unit, name in CLUSTERS.items()]
    assert [lead for lead in wanted if leads.count(lead) != 1] == []
    assert ("regions.html", "Land") in leads


@pytest.mark.parametrize("function", [CRAFT, LAND])
def test_every_page_leads_back_to_its_overview(pages: dict[str, Page], function: str) -> None:
    """Nobody is lost who came by a link from outside."""
    units = [page for name, page in _of(pages, function).items() if "/" in name]
    assert [page for page in units if f"../{FOLDERS[function]}.html" not in page.hrefs] == []
