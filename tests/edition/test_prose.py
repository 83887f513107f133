"""Numbers in the prose of an edition are those of its tables, and a wrong one is found."""

import re

import pytest

from tests.edition.vouching import NUMBER, Tables, judged, sentences, tables_of, unvouched
from tests.edition.whole import CRAFT, EDITION, LAND, Whole
from tests.report.reading import Page, read

NUMBER_OF = re.compile(r"\d")
IN_ENGLISH = "Motivele și sursele din documente"
OVERVIEWS = {CRAFT: "clusters.html", LAND: "regions.html"}


@pytest.mark.parametrize("function", OVERVIEWS)
def test_every_number_in_the_prose_is_that_of_the_tables(whole: Whole, function: str) -> None:
    """Worked out again by other code; a sentence without a rule counts as wrong."""
    page = read(whole.pages / OVERVIEWS[function])
    assert unvouched(page, tables_of(whole.workspace, function, EDITION)) == []
    assert (
        sum(bool(NUMBER.search(text)) for text in sentences(page, tables_of(whole.workspace, function, EDITION))) > 15
    )


@pytest.mark.parametrize("function", OVERVIEWS)
def test_a_planted_mistake_is_found_in_every_sentence(whole: Whole, function: str) -> None:
    """One digit at a time, in each number of each sentence."""
    tables = tables_of(whole.workspace, function, EDITION)
    assert missed(list(sentences(read(whole.pages / OVERVIEWS[function]), tables)), tables) == []


def missed(texts: list[str], tables: Tables) -> list[str]:
    """Return sentences with a changed digit that nobody noticed."""
    planted = [
        text[: number.start()] + NUMBER_OF.sub(_other, number.group(), count=1) + text[number.end() :]
        for text in texts
        for number in NUMBER.finditer(text)
    ]
    return [text for text in planted if not judged([text], tables)]


def _other(digit: re.Match[str]) -> str:
    return str((int(digit.group()) + 1) % 10)


@pytest.mark.parametrize("name", OVERVIEWS.values())
def test_the_romanian_overview_has_the_numbers_of_the_english_one(whole: Whole, name: str) -> None:
    """Sentence by sentence and cell by cell; the order within a sentence is that of its language."""
    english, romanian = (_numbers(read(whole.pages / place)) for place in (name, f"ro/{name}"))
    assert len(english) == len(romanian) > 100
    assert [pair for pair in zip(english, romanian, strict=True) if pair[0] != pair[1]] == []


def _numbers(page: Page) -> list[list[str]]:
    """Return the numbers of every block of a page, written as in English; contents and links are left out."""
    blocks = [
        each for each in page.elements if each.tag in {"p", "li", "figcaption", "caption", "td", "th", "dd", "img"}
    ]
    texts = [each.attributes.get("alt", each.text) for each in blocks if "nav" not in each.around]
    ours = [IN_ENGLISH not in text for text in texts]
    return [
        sorted(re.findall(r"\d+(?:\.\d+)?", _in_english(text, page)))
        for text, own in zip(texts, ours, strict=True)
        if own
    ]


def _in_english(text: str, page: Page) -> str:
    if page.one("html").attributes["lang"] == "en":
        return re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return re.sub(r"(?<=\d),(?=\d)", ".", text.replace("\N{NARROW NO-BREAK SPACE}", ""))


def test_a_sentence_for_which_nobody_vouches_is_found(whole: Whole) -> None:
    """A number that came from nowhere."""
    home = whole.pages / OVERVIEWS[CRAFT]
    page = Page(home.read_text(encoding="utf-8").replace("</main>", "<p>Exports rose by 12 %.</p></main>"))
    assert unvouched(page, tables_of(whole.workspace, CRAFT, EDITION)) == ["no rule: Exports rose by 12 %."]


def test_rules_read_the_tables_and_not_the_page(own: Whole) -> None:
    """Where a table says something else, the same page is wrong."""
    path = own.workspace.scores(CRAFT, EDITION) / "scores.csv"
    path.write_text(path.read_text().replace("validated", "contradicted"))
    page = read(own.pages / OVERVIEWS[CRAFT])
    assert any("confirm" in text for text in unvouched(page, tables_of(own.workspace, CRAFT, EDITION)))
