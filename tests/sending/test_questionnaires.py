"""Questionnaires that go out: what LimeSurvey's importer asks for, lists for EUSurvey, print forms that run nothing."""

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from clusterscore.model.function import Function
from clusterscore.reading.mapping import Mapping
from clusterscore.sending import eusurvey, limesurvey, printed, questionnaire
from tests.sending import sent

EVIL = "<script>alert(1)</script>\"'`=cmd|'/C calc'!A0"


@pytest.fixture
def asked_about(functions: dict[str, Function]) -> questionnaire.Questionnaire:
    """Return a questionnaire about a unit whose name is an attack."""
    return questionnaire.make(functions["competitiveness"], sent.EDITION, "CL-A", EVIL)


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter="\t"))


def _of(rows: list[dict[str, str]], kind: str, language: str) -> list[dict[str, str]]:
    return [row for row in rows if (row["class"], row["language"]) == (kind, language)]


def test_codes_are_those_that_limesurvey_takes(functions: dict[str, Function]) -> None:
    """A letter first, letters and digits, at most 20 of them; no two alike within a question."""
    for name in ("competitiveness", "management"):
        rows = _rows(limesurvey.structure(questionnaire.make(functions[name], sent.EDITION, "CL-A-" + "X" * 20, "A")))
        questions = [row["name"] for row in _of(rows, "Q", "en")]
        assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", code) for code in questions)
        assert len(set(questions)) == len(questions)
        items = [row["name"] for row in _of(rows, "SQ", "en")]
        assert all(re.fullmatch(r"[A-Za-z0-9]{1,20}", code) for code in items)
        assert len(set(items)) == len(items) == len(functions[name].items)
        assert all(re.fullmatch(r"[A-Za-z0-9]{1,5}", row["name"]) for row in _of(rows, "A", "en"))


def test_both_languages_have_the_same_questions_in_the_same_order(asked_about: questionnaire.Questionnaire) -> None:
    """LimeSurvey joins them by place and code."""
    rows = _rows(limesurvey.structure(asked_about))
    for kind in ("G", "Q", "SQ", "A"):
        english, romanian = (
            [(row["type/scale"], row["name"]) for row in _of(rows, kind, lang)] for lang in ("en", "ro")
        )
        assert [scale for scale, _ in english] == [scale for scale, _ in romanian]
        if kind != "G":
            assert english == romanian


def test_settings_come_first_and_name_both_languages(asked_about: questionnaire.Questionnaire) -> None:
    """The importer reads languages from them."""
    rows = _rows(limesurvey.structure(asked_about))
    settings = {row["name"]: row["text"] for row in rows if row["class"] == "S"}
    assert (settings["language"], settings["additional_languages"]) == ("en", "ro")
    assert [row["class"] for row in rows[: len(settings)]] == ["S"] * len(settings)
    titles = [row for row in rows if row["name"] == "surveyls_title"]
    assert [row["language"] for row in titles] == ["en", "ro"]


def test_every_item_is_asked_as_it_is(asked_about: questionnaire.Questionnaire, functions: dict[str, Function]) -> None:
    """Reversed items are not turned round, and the scale runs from the lowest to the highest."""
    rows = _rows(limesurvey.structure(asked_about))
    words = [row["text"].replace("&#x27;", "'") for row in _of(rows, "SQ", "en")]
    assert words == [item.text.en for item in functions["competitiveness"].items]
    answers = [(row["name"], row["text"]) for row in _of(rows, "A", "ro")][:5]
    assert answers[0] == ("1", "dezacord total")
    assert answers[-1] == ("5", "acord total")


def test_no_name_is_markup_in_a_survey(asked_about: questionnaire.Questionnaire) -> None:
    """LimeSurvey shows texts as HTML."""
    assert b"<script" not in limesurvey.structure(asked_about)


def test_the_mapping_knows_every_code(asked_about: questionnaire.Questionnaire) -> None:
    """What comes back maps itself."""
    mapping: Mapping = questionnaire.mapping_of(asked_about)
    rows = _rows(limesurvey.structure(asked_about))
    codes, question = set(), ""
    for row in rows:
        question = row["name"] if row["class"] == "Q" else question
        if row["class"] == "SQ":
            codes.add(f"{question}[{row['name']}]")
    assert {column.code for column in mapping.columns if column.holds == "item"} == codes


def test_the_list_for_eusurvey_has_every_question_with_its_short_name(
    asked_about: questionnaire.Questionnaire,
) -> None:
    """As the mapping recognises them."""
    rows = list(csv.DictReader(io.StringIO(eusurvey.question_list(asked_about).decode("utf-8-sig"), newline="")))
    names = {row["short name"] for row in rows if row["element"] == "matrix row"}
    mapping = questionnaire.mapping_of(asked_about)
    codes = {
        column.code.replace("[", "_").removesuffix("]") for column in mapping.columns if column.item and column.code
    }
    assert names == codes


def test_no_cell_of_a_list_is_live(functions: dict[str, Function]) -> None:
    """A spreadsheet would run it."""
    made = questionnaire.make(functions["competitiveness"], sent.EDITION, "CL-A", EVIL)
    changed = (
        made.parts[0]
        .questions[0]
        .item.model_copy(update={"text": questionnaire.RATER_TEXT.model_copy(update={"en": "=1+1", "ro": "@SUM(A1)"})})
    )
    part = questionnaire.Part("P", made.parts[0].title, made.parts[0].labels, (questionnaire.Question("q", changed),))
    content = eusurvey.question_list(questionnaire.Questionnaire(made.function, made.edition, "CL-A", EVIL, (part,)))
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert "'=1+1" in cells


class _Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.tags if name == tag)


@pytest.mark.parametrize("language", ["en", "ro"])
def test_a_print_form_runs_and_loads_nothing(asked_about: questionnaire.Questionnaire, language: str) -> None:
    """Whatever a unit is called."""
    page = printed.page(asked_about, language)  # type: ignore[arg-type]
    tags = _Tags(page)
    assert not list(tags.named("script"))
    assert not [a for _, attributes in tags.tags for a in attributes if a.startswith("on") or a in {"src", "href"}]
    assert "&lt;script&gt;" in page
    assert [html["lang"] for html in tags.named("html")] == [language]


@pytest.mark.parametrize("language", ["en", "ro"])
def test_a_print_form_has_a_box_for_each_answer(
    asked_about: questionnaire.Questionnaire, functions: dict[str, Function], language: str
) -> None:
    """Every item, every category."""
    function = functions["competitiveness"]
    tags = _Tags(printed.page(asked_about, language))  # type: ignore[arg-type]
    boxes = [span for span in tags.named("span") if span.get("class") == "box"]
    assert len(boxes) == sum(map(function.categories, function.items))


def test_an_item_with_a_scale_of_its_own_stands_apart(small: Function) -> None:
    """Words for five answers do not stand over seven."""
    made = questionnaire.make(small, sent.EDITION, "CL-A", "A")
    for part in made.parts:
        assert {small.categories(question.item) for question in part.questions} == {len(part.labels.en)}


def test_everything_is_written(templates: dict[str, Path]) -> None:
    """A workbook, two survey files and two print forms for each, and what to do with them."""
    names = set(templates)
    stem = f"competitiveness-{sent.EDITION}-cl-a"
    assert {"README.txt", f"CL-A-{sent.EDITION}.xlsx", f"{stem}.txt", f"{stem}.csv", f"{stem}-en.html"} <= names
    assert "NOT importable" in templates["README.txt"].read_text(encoding="utf-8")
