"""The questionnaire about one unit: its questions in both languages, each with a code that survey tools accept."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from clusterscore.model.function import Function, Item, Labels, Text
from clusterscore.reading.mapping import Column, Mapping
from clusterscore.reading.tools import IGNORED, NO_ANSWER, PERSONAL, RATER_EN, RATER_RO, SUBMITTED

RATER: Final = "RATER"
"""Code of the question for the rater's id."""

_LONGEST: Final = 20  # characters of a question's code in LimeSurvey: letters and digits, a letter first
_DIGEST: Final = 6

OVERALL_TITLE: Final = Text(en="Overall", ro="Per ansamblu")
RATER_TEXT: Final = Text(en=RATER_EN, ro=RATER_RO)


@dataclass(frozen=True, slots=True)
class Question:
    """One item as it is asked.

    Attributes
    ----------
    code
        Within its part, letters and digits only; with the part's code it names item and unit.
    item
        What is asked.
    """

    code: str
    item: Item


@dataclass(frozen=True, slots=True)
class Part:
    """Questions that stand together and share their answers.

    Attributes
    ----------
    code
        Names unit and part.
    title
        Heading.
    labels
        Words of the answers, lowest first.
    questions
        In the function's order.
    """

    code: str
    title: Text
    labels: Labels
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """What peers are asked about one unit in one edition.

    Attributes
    ----------
    function
        Whose items are asked.
    edition
        The year for which is asked.
    unit, name
        Who is judged.
    parts
        The pillars with items, then the overall judgement.
    """

    function: Function
    edition: int
    unit: str
    name: str
    parts: tuple[Part, ...]

    @property
    def title(self) -> Text:
        """Title, as respondents see it."""
        title = self.function.title
        return Text(en=f"{title.en} {self.edition}: {self.name}", ro=f"{title.ro} {self.edition}: {self.name}")


def make(function: Function, edition: int, unit: str, name: str) -> Questionnaire:
    """Return the questionnaire about one unit."""
    sections = [(pillar.title, pillar.items) for pillar in function.pillars] + [(OVERALL_TITLE, function.overall)]
    runs = [
        (title, [item for item in items if function.categories(item) == n])
        for title, items in sections
        for n in dict.fromkeys(map(function.categories, items))
    ]
    parts = tuple(
        Part(
            f"{code_of(unit, _LONGEST - 3)}P{number}",
            title,
            labels_of(function, items[0]),
            tuple(Question(code_of(item.id, _LONGEST), item) for item in items),
        )
        for number, (title, items) in enumerate(runs, start=1)
    )
    return Questionnaire(function, edition, unit, name, parts)


def code_of(name: str, longest: int) -> str:
    """Return a name as a code of letters and digits, the same for ever; where marks had to go, with a digest.

    ``suppliers_near`` becomes ``suppliersnear1f0c2a``.
    """
    letters = re.sub(r"[^A-Za-z0-9]", "", name)
    if letters == name and len(letters) <= longest:
        return letters
    return letters[: longest - _DIGEST] + hashlib.sha256(name.encode()).hexdigest()[:_DIGEST]


def labels_of(function: Function, item: Item) -> Labels:
    """Return the words of an item's answers, or their numbers where the function gives no words for as many."""
    n = function.categories(item)
    known = function.questionnaire.labels if function.questionnaire else None
    if known is not None and len(known.en) == n:
        return known
    numbers = tuple(str(category) for category in range(1, n + 1))
    return Labels(en=numbers, ro=numbers)


def mapping_of(questionnaire: Questionnaire) -> Mapping:
    """Return the mapping by which answers to a questionnaire are read, whichever tool it was put into.

    Questions are recognised by their codes (LimeSurvey, EUSurvey with short names) or by their words in either language
    (Google Forms, Microsoft Forms).
    """
    columns = [
        Column(header=(RATER_TEXT.en, RATER_TEXT.ro), code=RATER, holds="rater"),
        Column(header=SUBMITTED, code="submitdate", holds="submitted", optional=True),
        *(Column(header=headers, code=code, holds="personal", optional=True) for code, headers in PERSONAL.items()),
        *(Column(header=headers, code=code, holds="ignored", optional=True) for code, headers in IGNORED.items()),
    ]
    labels: dict[str, dict[str, int | None]] = {}
    for part in questionnaire.parts:
        name = f"scale{len(part.labels.en)}"
        labels[name] = scale(part.labels)
        for question in part.questions:
            text = question.item.text
            columns.append(
                Column(
                    header=tuple(dict.fromkeys((text.en, text.ro))),
                    code=f"{part.code}[{question.code}]",
                    holds="item",
                    item=question.item.id,
                    labels=name,
                )
            )
    name = f"{questionnaire.function.function}-{questionnaire.edition}-{questionnaire.unit}".lower().replace("_", "-")
    note = f"answers to the questionnaire about {questionnaire.unit}; made with the questionnaire, edit as needed"
    return Mapping(
        mapping=name,
        rows="respondents",
        year=questionnaire.edition,
        unit=questionnaire.unit,
        columns=tuple(columns),
        labels=labels,
        note=note,
    )


def scale(labels: Labels) -> dict[str, int | None]:
    """Return the categories of the words of both languages, and of words that stand for no answer."""
    found: dict[str, int | None] = {}
    for words in (labels.en, labels.ro):
        found |= {word: category for category, word in enumerate(words, start=1)}
    return found | dict.fromkeys(NO_ANSWER)
