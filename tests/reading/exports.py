"""Files as survey tools export them: their own columns, headers, words and ways to write a moment."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Sequence
from typing import Any

import openpyxl

from clusterscore.model.function import Function
from clusterscore.sending import questionnaire

EDITION = 2024
UNIT = "CL-A"

ASKED = ("suppliers_near", "skilled_staff_leave", "overall_competitiveness")
"""Items that the invented respondents answer; the second is reversed, the last stands by itself."""

EN = ("strongly disagree", "disagree", "neither agree nor disagree", "agree", "strongly agree")
RO = ("dezacord total", "dezacord", "nici acord, nici dezacord", "acord", "acord total")

Rows = Sequence[Sequence[Any]]


def codes(function: Function, separator: str = "[]") -> dict[str, str]:
    """Return the code of every item in a questionnaire that was sent, as LimeSurvey writes it over a column."""
    made = questionnaire.make(function, EDITION, UNIT, "Clusterul A")
    before, after = (separator[0], separator[1:]) if separator else ("", "")
    return {q.item.id: f"{part.code}{before}{q.code}{after}" for part in made.parts for q in part.questions}


def texts(function: Function, language: str) -> dict[str, str]:
    """Return the words of every item."""
    return {item.id: getattr(item.text, language) for item in function.items}


def as_csv(rows: Rows, delimiter: str = ",", *, quoted: bool = False, mark: bool = False) -> bytes:
    """Return rows as CSV."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows(rows)
    return (b"\xef\xbb\xbf" if mark else b"") + buffer.getvalue().encode()


def as_xlsx(rows: Rows, sheet: str = "Sheet1") -> bytes:
    """Return rows as a workbook."""
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def limesurvey(
    function: Function, responses: Rows, *, heading: str = "full", language: str = "en", separator: str = "[]"
) -> list[list[Any]]:
    """Return a LimeSurvey export; a response is rater, moment of submission, and the answers to ASKED.

    ``heading``: ``code`` (question code), ``full`` (code and text) or ``text``.
    """
    code, text = codes(function, separator), texts(function, language)
    title = {item.id: getattr(pillar.title, language) for pillar in function.pillars for item in pillar.items} | {
        item.id: getattr(questionnaire.OVERALL_TITLE, language) for item in function.overall
    }
    own = {
        "id": "Response ID", "submitdate": "Date submitted", "lastpage": "Last page",
        "startlanguage": "Start language", "seed": "Seed", "startdate": "Date started",
        "datestamp": "Date last action", "RATER": getattr(questionnaire.RATER_TEXT, language),
    }  # fmt: skip
    spelled = {
        "code": lambda name, _: name,
        "full": lambda name, words: f"{name}. {words}",
        "text": lambda _, words: words,
    }[heading]
    items = [spelled(code[item], f"{title[item]} [{text[item]}]") for item in text]
    rows: list[list[Any]] = [[*(spelled(name, words) for name, words in own.items()), *items]]
    for number, (rater, moment, *answers) in enumerate(responses, start=1):
        given = dict(zip(ASKED, answers, strict=True))
        started = "2024-11-03 10:00:00"
        mine = [number, moment, 3 if moment else 1, language, 123456, started, moment or started, rater]
        rows.append([*mine, *(given.get(item, "") for item in text)])
    return rows


def eusurvey(function: Function, responses: Rows, *, language: str = "ro", short_names: bool = True) -> list[list[Any]]:
    """Return a EUSurvey result export: title rows, matrix rows as ``Title: row (short name)``, its own columns last."""
    code, text = codes(function, "_"), texts(function, language)
    title = {item.id: getattr(pillar.title, language) for pillar in function.pillars for item in pillar.items}
    headers = [
        f"{title.get(item, 'Overall')}: {words}" + (f" ({code[item]})" if short_names else "")
        for item, words in text.items()
    ]
    rater = getattr(questionnaire.RATER_TEXT, language) + (" (RATER)" if short_names else "")
    own = ["Invitation number", "Contribution ID", "User name", "Creation date", "Last update", "Languages"]
    rows: list[list[Any]] = [
        ["Alias", "competitiveness"],
        ["Export Date", "2024-11-30 09:00"],
        [],
        [rater, *headers, *own],
    ]
    for number, (who, moment, *answers) in enumerate(responses, start=1):
        given = dict(zip(ASKED, answers, strict=True))
        last = [f"inv-{number}", f"c0ffee-{number}", "maria.pop@firma.ro", moment, moment, language.upper()]
        rows.append([who, *(given.get(item, "") for item in text), *last])
    return rows


def google(function: Function, responses: Rows, *, language: str = "ro", grid: bool = False) -> list[list[Any]]:
    """Return a Google Forms export; a grid is written ``Question [row]``."""
    text = texts(function, language)
    stamp = {"en": "Timestamp", "ro": "Marcaj de timp"}[language]
    headers = [f"Afirmații [{words}]" if grid else words for words in text.values()]
    rows: list[list[Any]] = [[stamp, getattr(questionnaire.RATER_TEXT, language), *headers]]
    for rater, moment, *answers in responses:
        given = dict(zip(ASKED, answers, strict=True))
        rows.append([moment, rater, *(given.get(item, "") for item in text)])
    return rows


def microsoft(function: Function, responses: Rows, *, language: str = "en", own: str = "en") -> list[list[Any]]:
    """Return a Microsoft Forms export: moments are date cells, respondents are named."""
    text = texts(function, language)
    names = {
        "en": ["ID", "Start time", "Completion time", "Email", "Name"],
        "ro": ["ID", "Ora de începere", "Ora finalizării", "Adresă de e-mail", "Nume"],
    }[own]
    rows: list[list[Any]] = [[*names, getattr(questionnaire.RATER_TEXT, language), *text.values()]]
    for number, (rater, moment, *answers) in enumerate(responses, start=1):
        given = dict(zip(ASKED, answers, strict=True))
        person = [f"person{number}@firma.ro", f"Persoana {number}"]
        start = datetime.datetime(2024, 11, 3, 9, 0)  # noqa: DTZ001 - as a spreadsheet holds it
        rows.append([number, start, moment, *person, rater, *(given.get(item, "") for item in text)])
    return rows
