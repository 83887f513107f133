"""A questionnaire for LimeSurvey: its tab-separated survey structure, which it imports under "Create survey > Import".

Columns and classes are those of LimeSurvey's own importer: S and SL for the survey, G for a group, Q for a question, SQ
for a row of it and A for an answer; groups and questions of the second language follow those of the first in the same
order, and carry the same codes.
"""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterator
from typing import Final, Literal

from clusterscore.sending.questionnaire import RATER, RATER_TEXT, Questionnaire

_COLUMNS: Final = "class type/scale name relevance text help language validation mandatory other default".split()
_ID_PATTERN: Final = "/^[A-Z][A-Z0-9]*([-_][A-Z0-9]+)*$/"
_ARRAY, _SHORT_TEXT = "F", "S"
_SETTINGS: Final = {
    "language": "en",
    "additional_languages": "ro",
    "format": "G",  # a group a page
    "anonymized": "N",
    "datestamp": "Y",
    "ipaddr": "N",
    "refurl": "N",
    "allowprev": "Y",
    "showxquestions": "N",
    "usecaptcha": "N",
}

Language = Literal["en", "ro"]


def structure(questionnaire: Questionnaire) -> bytes:
    """Return the survey as tab-separated text, UTF-8 with a byte order mark."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, _COLUMNS, restval="", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows({"class": "S", "name": name, "text": text} for name, text in _SETTINGS.items())
    languages: tuple[Language, ...] = ("en", "ro")
    for language in languages:
        writer.writerows(_survey(questionnaire, language))
    for language in languages:
        writer.writerows(_groups(questionnaire, language))
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _survey(questionnaire: Questionnaire, language: Language) -> Iterator[dict[str, str]]:
    texts = {
        "surveyls_title": getattr(questionnaire.title, language),
        "surveyls_description": getattr(questionnaire.function.question, language),
    }
    for name, text in texts.items():
        yield {"class": "SL", "name": name, "text": html.escape(text), "language": language}


def _groups(questionnaire: Questionnaire, language: Language) -> Iterator[dict[str, str]]:
    heading = {"en": "About you", "ro": "Despre dumneavoastră"}[language]
    yield {"class": "G", "type/scale": "G0", "name": heading, "language": language}
    yield {
        "class": "Q",
        "type/scale": _SHORT_TEXT,
        "name": RATER,
        "relevance": "1",
        "text": html.escape(getattr(RATER_TEXT, language)),
        "language": language,
        "validation": _ID_PATTERN,
        "mandatory": "Y",
        "other": "N",
    }
    for number, part in enumerate(questionnaire.parts, start=1):
        title = html.escape(getattr(part.title, language))
        yield {"class": "G", "type/scale": f"G{number}", "name": title, "language": language}
        question = {"class": "Q", "type/scale": _ARRAY, "name": part.code, "relevance": "1", "text": title}
        yield question | {"language": language, "mandatory": "N", "other": "N"}
        for row in part.questions:
            text = html.escape(getattr(row.item.text, language))
            yield {"class": "SQ", "type/scale": "0", "name": row.code, "text": text, "language": language}
        for category, label in enumerate(getattr(part.labels, language), start=1):
            answer = {"class": "A", "type/scale": "0", "name": str(category), "text": html.escape(label)}
            yield answer | {"language": language}
