"""From an executed notebook to a page: self-contained, in one language, one heading, and nothing of others runs."""

from collections.abc import Mapping
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from clusterscore.errors import NotebookFailed
from clusterscore.report.display import Table, facts, paragraph
from clusterscore.report.finding import script, script_source
from clusterscore.report.render import to_html
from tests.report.payloads import PAYLOADS
from tests.report.reading import Page

SVG = "image/svg+xml"
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9"/></svg>'


@pytest.mark.parametrize("text", PAYLOADS)
def test_nothing_that_people_wrote_runs_or_loads(text: str) -> None:
    """Wherever a name may stand: title, heading, kicker, link, paragraph, fact, table, alternative text, caption."""
    about = {"alt": text, "caption": text, "finding": text}
    page = _page(
        {"text/html": paragraph(text)._repr_html_()},
        {"text/html": facts({text: text})._repr_html_()},
        {"text/html": Table(text, (text,), [(text,)])._repr_html_()},
        {SVG: DRAWING, "text/plain": text},
        title=text,
        links={text: "clusters.html"},
        about=about,
    )
    assert page.strangers() == []


@pytest.mark.parametrize("text", [text for text in PAYLOADS if "&#" not in text and "\r" not in text and text.strip()])
def test_what_people_wrote_is_shown_as_they_wrote_it(text: str) -> None:
    """Escaped, not removed: a name with an ampersand keeps it."""
    about = {"alt": text, "caption": text, "finding": text}
    page = _page({SVG: DRAWING}, title=text, about=about)
    shown = [page.one("title").text, page.one("h1").text, page.one("figcaption").text, page.one("p", "finding").text]
    assert [each.strip() for each in shown] == [text] * 4
    assert page.one("img").attributes["alt"] == text


def test_a_page_says_what_it_is() -> None:
    """Language, title, one heading, width for phones, landmark; nothing may be loaded."""
    page = _page({"text/html": "<p>a</p>"}, title="North cluster")
    assert page.one("html").attributes["lang"] == "en"
    assert (page.one("title").text, page.one("h1").text) == ("North cluster", "North cluster")
    metas = {
        meta.attributes.get("name") or meta.attributes.get("http-equiv"): meta.attributes for meta in page.all("meta")
    }
    assert metas["viewport"]["content"] == "width=device-width, initial-scale=1"
    policy = metas["Content-Security-Policy"]["content"]
    assert policy.startswith("default-src 'none'")
    assert f"script-src '{script_source()}'" in policy.split("; ")
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    assert page.one("main").attributes["id"] == "main"
    assert page.all("a")[0].attributes["href"] == "#main"


def test_a_page_names_no_address() -> None:
    """It opens the same without a network."""
    page = _page({SVG: DRAWING, "text/plain": "x"})
    assert "http:" not in page.source
    assert "https:" not in page.source
    assert page.source.count("<script") == 1
    assert f"<script>{script()}</script>" in page.source


def test_no_code_and_no_prompt_is_shown() -> None:
    """A reader came for the cluster."""
    page = _page({"text/html": "<p>shown</p>"})
    assert "source_code_here" not in page.source
    assert "In [" not in page.source


def test_the_question_of_the_notebook_stands_below_the_title() -> None:
    """The notebook's heading becomes the page's question, the page's title is the cluster's name."""
    page = _page({"text/html": "<p>a</p>"}, title="North")
    assert page.one("p", "question").text == "How is it?"
    assert "how to run" not in page.source


def test_the_same_notebook_gives_the_same_page() -> None:
    """No time, no random id."""
    assert _page({SVG: DRAWING}).source == _page({SVG: DRAWING}).source


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_printed_text_is_refused_with_its_cell(name: str) -> None:
    """A warning on a page of a ministry is a failure of ours."""
    notebook = _notebook()
    notebook.cells[-1].outputs = [new_output("stream", name=name, text="UserWarning: careful")]
    with pytest.raises(NotebookFailed, match=r"cell 3 printed 'UserWarning: careful'"):
        to_html(notebook, "t", "k", {})


@pytest.mark.parametrize("kind", [SVG, "image/png"])
def test_a_picture_without_alternative_text_is_refused_with_its_cell(kind: str) -> None:
    """The stopgap text of nbconvert passes for an alternative with axe, not with a reader."""
    with pytest.raises(NotebookFailed, match="cell 3 shows a picture without alternative text"):
        _page({kind: DRAWING}, about={})


@pytest.mark.parametrize(
    "bundle",
    [
        {"application/javascript": "alert(1)"},
        {"text/vnd.mermaid": "graph LR; A--><script>alert(1)</script>"},
        {"text/markdown": "<script>alert(1)</script>"},
        {"text/latex": r"$\href{javascript:alert(1)}{x}$"},
        {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}},
        {"image/png": "iVBORw0KGgo="},
        {"text/plain": "<Axes: title={}>"},
    ],
    ids=lambda bundle: next(iter(bundle)),
)
def test_an_output_that_the_page_cannot_show_is_refused(bundle: dict[str, Any]) -> None:
    """Left out in silence, it would leave an empty section; passed on, it could run."""
    with pytest.raises(NotebookFailed, match="cell 3"):
        _page(bundle, about={"alt": "a", "caption": "b", "finding": "c"})


def _page(
    *bundles: dict[str, Any],
    title: str = "Title",
    links: Mapping[str, str] | None = None,
    about: dict[str, str] | None = None,
) -> Page:
    described = {"alt": "A line.", "caption": "Line: median.", "finding": "It rose."} if about is None else about
    notebook = _notebook()
    notebook.cells[-1].outputs = [
        new_output(
            "display_data", data=bundle, metadata={kind: described for kind in bundle if kind.startswith("image/")}
        )
        for bundle in bundles
    ]
    return Page(to_html(notebook, title, title, links or {}))


def _notebook() -> nbformat.NotebookNode:
    """Return what the notebooks look like, without outputs yet."""
    how_to = new_markdown_cell("how to run", id="b", metadata={"tags": ["how-to"]})
    return new_notebook(
        cells=[
            new_markdown_cell("# How is it?", id="a"),
            how_to,
            new_code_cell("source_code_here()", id="c", execution_count=1),
        ]
    )
