"""A questionnaire for EUSurvey, to be entered there: every question, its code and its words in both languages.

EUSurvey imports nothing but its own archive of serialised Java objects, which no other program can write. So this is a
list to enter questions from, once for each function: a matrix for each part; its codes, entered as short names, are
what answers are recognised by.
"""

from __future__ import annotations

import csv
import io
from typing import Final

from clusterscore.sending.questionnaire import RATER, RATER_TEXT, Questionnaire

_HEADER: Final = ("element", "short name", "text (en)", "text (ro)", "mandatory")
_LIVE: Final = ("=", "+", "-", "@", "\t", "\r")


def question_list(questionnaire: Questionnaire) -> bytes:
    """Return the questions as CSV, UTF-8 with a byte order mark so that spreadsheets show it rightly."""
    rows: list[tuple[str, ...]] = [("survey", "", questionnaire.title.en, questionnaire.title.ro, "")]
    rows.append(("free text", RATER, RATER_TEXT.en, RATER_TEXT.ro, "yes"))
    for part in questionnaire.parts:
        rows.append(("matrix", part.code, part.title.en, part.title.ro, "no"))
        rows += [
            ("matrix column", str(category), en, ro, "")
            for category, (en, ro) in enumerate(zip(part.labels.en, part.labels.ro, strict=True), start=1)
        ]
        rows += [
            ("matrix row", f"{part.code}_{question.code}", question.item.text.en, question.item.text.ro, "")
            for question in part.questions
        ]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_HEADER)
    writer.writerows([_dead(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _dead(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_LIVE) else text
