"""What a notebook shows is escaped, and whole: a picture never comes without finding, caption and its numbers."""

from typing import Any

import pytest
from markupsafe import Markup

from clusterscore.report import display
from clusterscore.report.display import Html, Picture, Table, facts, link, new_axes, paragraph
from tests.report.payloads import PAYLOADS
from tests.report.reading import Page

NUMBERS = Table("Scores", ("unit", "score"), [("one", "61")])


@pytest.mark.parametrize("text", PAYLOADS)
def test_text_of_others_comes_out_as_it_was_written(text: str) -> None:
    """Escaped once, wherever it stands."""
    made = (paragraph(text), facts({text: text}), Table(text, (text, text), [(text, text)], folded=True))
    page = Page("".join(piece._repr_html_() for piece in made) + str(link(text, "clusters/C-01.html")))
    expected = "".join(Page(f"<p>{Markup.escape(text)}</p>").one("p").text.split())
    texts = [
        "".join(element.text.split())
        for element in page.elements
        if element.tag in {"p", "dt", "dd", "caption", "th", "td", "a"}
    ]
    assert texts == [expected] * 9
    assert page.strangers() == []


def test_markup_of_ours_in_a_cell_stays_markup() -> None:
    """A linked name is a link."""
    page = Page(Table("All", ("unit",), [(link("<b>", "clusters/C-01.html"),)])._repr_html_())
    assert (page.one("a").text, page.hrefs) == ("<b>", ["clusters/C-01.html"])


def test_a_table_has_a_caption_and_headers_of_scope() -> None:
    """A screen reader says which column and which row a number is in."""
    page = Page(NUMBERS._repr_html_())
    assert page.one("caption").text == "Scores"
    assert [(head.attributes["scope"], head.text) for head in page.all("th")] == [
        ("col", "unit"),
        ("col", "score"),
        ("row", "one"),
    ]


def test_a_wide_table_can_be_scrolled_with_the_keyboard() -> None:
    """The box around it is reachable and named."""
    box = Page(NUMBERS._repr_html_()).one("div").attributes
    assert box == {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": "Scores"}


def test_a_folded_table_opens_without_a_script() -> None:
    """Details and summary are plain HTML."""
    page = Page(Table("Scores", ("unit",), [("one",)], folded=True)._repr_html_())
    assert page.one("table").around[0] == "details"
    assert page.one("summary").text


def test_a_picture_is_shown_with_words_and_then_its_numbers(shown: list[tuple[Any, dict[str, Any]]]) -> None:
    """The finding moves from the drawing into the page; the alternative text stands for the picture."""
    axes = new_axes(4, 2)
    axes.set_title("It rose", loc="left")
    Picture(axes, "A line that rises.", "Line: median.", NUMBERS)._ipython_display_()
    (bundle, options), (table, _) = shown
    about = options["metadata"]["image/svg+xml"]
    assert about == {"alt": "A line that rises.", "caption": "Line: median.", "finding": "It rose"}
    assert "It rose" not in bundle["image/svg+xml"]
    assert bundle["text/plain"] == "A line that rises."
    assert table is NUMBERS


def test_html_is_shown_as_it_is() -> None:
    """No further escaping of our own markup."""
    assert Html(Markup("<p>a</p>"))._repr_html_() == "<p>a</p>"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    """Return what is handed to IPython's display."""
    calls: list[tuple[Any, dict[str, Any]]] = []
    monkeypatch.setattr(display, "display", lambda thing, **options: calls.append((thing, options)))
    return calls
