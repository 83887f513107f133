"""An edition as one PDF: what is in it, in which order, where its links lead, and the same bytes again."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from clusterscore.report.book import bind
from clusterscore.report.pages import load_edition
from tests.edition.whole import CLUSTERS, CRAFT, EDITION, Whole

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(os.environ.get("CLUSTERSCORE_BROWSER") != "1", reason="set CLUSTERSCORE_BROWSER=1"),
]


@pytest.fixture(scope="module", params=["en", "ro"])
def language(request: pytest.FixtureRequest) -> str:
    """Return each language of an edition."""
    return str(request.param)


@pytest.fixture(scope="module")
def paper(whole: Whole, language: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small edition as one PDF."""
    to = tmp_path_factory.mktemp("book") / "book.pdf"
    data = load_edition(whole.workspace.root, CRAFT, EDITION)
    assert bind(data, whole.pages, language, to) == len(PdfReader(to).pages)
    return to


def test_it_has_a_cover_contents_the_overview_and_every_unit_in_order(paper: Path) -> None:
    """Bookmarks say so, and each leads to the sheet on which its page begins; contents give the same numbers."""
    book = PdfReader(paper)
    marks = [mark for mark in book.outline if isinstance(mark, DictionaryObject)]
    titles = [str(mark["/Title"]) for mark in marks]
    assert titles[1:] == list(CLUSTERS.values())
    sheets = [book.get_destination_page_number(mark) for mark in marks]
    assert sheets == sorted(set(sheets))
    assert sheets[0] == 2
    contents = book.pages[1].extract_text()  # the sheet's own number may follow the last of them without a space
    assert [sheet for sheet in sheets if not re.search(rf"(?<!\d){(sheet or 0) + 1}", contents)] == []
    assert str(EDITION) in book.pages[0].extract_text()


def test_every_sheet_but_the_cover_is_numbered_once(paper: Path) -> None:
    """With its place in the whole, and not with that in its page."""
    book = PdfReader(paper)
    n = len(book.pages)
    lines = [sheet.extract_text().split("\n") for sheet in book.pages]
    assert [number for number in range(2, n + 1) if lines[number - 1].count(f"{number} / {n}") != 1] == []
    assert f"1 / {n}" not in lines[0]


def test_links_lead_to_sheets_of_the_book_and_nowhere_else(paper: Path) -> None:
    """No address of this machine is left in it; contents lead to the units."""
    book = PdfReader(paper)
    links = [link.get_object() for sheet in book.pages for link in sheet.get("/Annots", ())]
    assert len(links) > 2 * len(CLUSTERS)
    assert [link for link in links if "/A" in link or not isinstance(link["/Dest"], ArrayObject)] == []
    assert b"file://" not in paper.read_bytes()


def test_it_says_not_when_it_was_made_and_is_the_same_again(
    whole: Whole, paper: Path, language: str, tmp_path: Path
) -> None:
    """To the byte."""
    again = tmp_path / "again.pdf"
    bind(load_edition(whole.workspace.root, CRAFT, EDITION), whole.pages, language, again)
    assert again.read_bytes() == paper.read_bytes()
