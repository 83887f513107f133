"""A questionnaire to be printed and filled in by hand: one self-contained page, A4, in one language."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from clusterscore.sending.questionnaire import RATER_TEXT, Questionnaire

_WORDS: Final = {
    "en": {
        "how": "Please mark one answer in each row. Leave a row empty where you do not know.",
        "code": RATER_TEXT.en,
        "date": "Date",
        "back": (
            "Please send it back to the secretariat. Your answers are recorded under your code, not under your name."
        ),
        "question": "Statement",
        "form": "Form",
    },
    "ro": {
        "how": "Vă rugăm să marcați un singur răspuns pe fiecare rând. Lăsați rândul gol dacă nu știți.",
        "code": RATER_TEXT.ro,
        "date": "Data",
        "back": (
            "Vă rugăm să îl trimiteți înapoi secretariatului. Răspunsurile se înregistrează sub codul dumneavoastră, "
            "nu sub numele dumneavoastră."
        ),
        "question": "Afirmație",
        "form": "Formular",
    },
}


def page(questionnaire: Questionnaire, language: Literal["en", "ro"]) -> str:
    """Return the page; whatever a name or a text holds is shown, never obeyed."""
    loader = FileSystemLoader(Path(__file__).parent / "template")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.get_template("form.html.j2")
    return template.render(questionnaire=questionnaire, language=language, words=_WORDS[language])
