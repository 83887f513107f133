"""The certificate of a decision: one self-contained page in English or Romanian, made from the register alone.

The same record gives the same bytes, so that a certificate can be made again and compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from clusterscore.advice.register import Entry
from clusterscore.chain import Head
from clusterscore.report import conditions

LANGUAGES: Final = ("en", "ro")
_TEMPLATES: Final = Path(__file__).parent / "template"
_ID: Final = re.compile(r"A-([0-9]{6,9})")
_MARK: Final = re.compile(
    r'<meta name="clusterscore-certificate" content="(A-[0-9]{6,9}) (en|ro) ([0-9]+:[0-9a-f]{64})">'
)

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "skip": "Skip to content",
        "demonstration": "Demonstration: the cluster, its figures and this certificate are invented.",
        "certificate": "Certificate",
        "holds": "holds the level",
        "from_until": "from {since} until {until}",
        "decided": "Decided by {who} on {day}.",
        "reason": "Reason:",
        "origin": "Held before: {level} of {association} ({country}), until {until}. Evidence: {evidence}.",
        "override": "Given by way of exception, although not every condition below holds. Reason:",
        "rests": "What it rests on",
        "conditions": "Conditions of the level",
        "condition": "Condition",
        "found": "Found",
        "needed": "Needed",
        "fulfilled": "Fulfilled",
        "not_recorded": "not recorded",
        "verify": "How to verify it",
        "how": (
            "The association keeps a register of decisions in which each record holds the digest of all before it. "
            "This command compares the file with the register and says whether the level is valid today:"
        ),
        "reconstruction": (
            "The levels are a proposal of this program, set by the association; they are no label of ESCA and rest on "
            "no unpublished threshold."
        ),
        "score": "Score {mean} ({low} to {high}, central 90 % interval) in edition {edition}; {said}.",
    },
    "ro": {
        "skip": "Salt la conținut",
        "demonstration": "Demonstrație: clusterul, cifrele sale și acest certificat sunt inventate.",
        "certificate": "Certificat",
        "holds": "deține nivelul",
        "from_until": "de la {since} până la {until}",
        "decided": "Decizie luată de {who} la {day}.",
        "reason": "Motivul:",
        "origin": "Deținut anterior: {level} al {association} ({country}), până la {until}. Dovadă: {evidence}.",
        "override": "Acordat prin excepție, deși nu toate condițiile de mai jos sunt îndeplinite. Motivul:",
        "rests": "Pe ce se întemeiază",
        "conditions": "Condițiile nivelului",
        "condition": "Condiție",
        "found": "Constatat",
        "needed": "Necesar",
        "fulfilled": "Îndeplinită",
        "not_recorded": "neînregistrat",
        "verify": "Cum se verifică",
        "how": (
            "Asociația ține un registru de decizii în care fiecare înregistrare conține amprenta tuturor celor "
            "dinainte. Comanda de mai jos compară fișierul cu registrul și spune dacă nivelul este valabil astăzi:"
        ),
        "reconstruction": (
            "Nivelurile sunt o propunere a acestui program, stabilită de asociație; ele nu sunt o etichetă ESCA și nu "
            "se întemeiază pe praguri nepublicate."
        ),
        "score": "Scor {mean} (de la {low} la {high}, interval central de 90 %) în ediția {edition}; {said}.",
    },
}
_DIGESTS: Final = (
    ("register", {"en": "Register at the decision", "ro": "Registrul la data deciziei"}),
    ("head", {"en": "Ledger head", "ro": "Capătul registrului de observații"}),
    ("posterior", {"en": "Posterior", "ro": "Distribuția a posteriori"}),
    ("levels", {"en": "Document of the levels", "ro": "Documentul nivelurilor"}),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a certificate says of itself: its id, its language and the register's head at its decision."""

    id: str
    language: str
    head: Head

    @property
    def number(self) -> int:
        """Number of the decision."""
        return int(self.id.removeprefix("A-"))


def id_of(number: int) -> str:
    """Return the id of the certificate of a decision."""
    return f"A-{number:06d}"


def number_of(name: str) -> int | None:
    """Return the number of the decision that an id names; None where it is no id."""
    found = _ID.fullmatch(name)
    return int(found[1]) if found else None


def file_of(number: int, language: str, ending: str = "html") -> str:
    """Return the file name of a certificate."""
    return f"{id_of(number)}-{language}.{ending}"


def mark_in(content: bytes) -> Mark | None:
    """Return what a page says of itself; None where it is no certificate."""
    found = _MARK.findall(content.decode("utf-8", errors="replace"))
    if len(found) != 1:
        return None
    name, language, head = found[0]
    return Mark(name, language, Head.parse(head))


def certificate(decision: Entry, application: Entry, head: Head, language: str) -> bytes:
    """Return the page of a decision that gave a level.

    Parameters
    ----------
    decision, application
        Records of the register.
    head
        Of the register just after the decision.
    language
        ``en`` or ``ro``.
    """
    basis, words = decision.data["basis"], _WORDS[language]
    values: dict[str, Any] = {
        "language": language,
        "words": words,
        "style": Markup((_TEMPLATES / "clusterscore" / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - ours
        "id": id_of(decision.number),
        "head": str(head),
        "unit": decision.unit,
        "name": basis["name"],
        "issuer": basis["issuer"][language],
        "demonstration": basis["demonstration"],
        "level": basis["title"][language],
        "since": _day(decision.data["since"], language),
        "until": _day(decision.data["until"], language),
        "who": decision.who,
        "day": _day(decision.when[:10], language),
        "reason": decision.reason,
        "origin": application.data.get("origin"),
        "override": decision.data["override"],
        "score": _score(basis, language),
        "conditions": _rows(decision.data["conditions"], language),
        "digests": [(titles[language], str(head) if name == "register" else basis[name]) for name, titles in _DIGESTS],
        "file": file_of(decision.number, language),
    }
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template("certificate.html.j2").render(values).encode()


def _score(basis: Mapping[str, Any], language: str) -> str:
    numbers = {name: f"{basis[name]:.0f}" for name in ("mean", "low", "high")}
    return _WORDS[language]["score"].format(**numbers, edition=basis["edition"], said=basis["said"][language])


def _rows(rows: Sequence[Mapping[str, str]], language: str) -> list[dict[str, str]]:
    return [
        {
            "title": conditions.title(one["name"], language),
            "found": conditions.words(one["found"], language),
            "needed": conditions.words(one["needed"], language),
            "holds": conditions.holds(one["holds"], language),
        }
        for one in rows
    ]


def _day(text: str, language: str) -> str:
    day = date.fromisoformat(text)
    return day.strftime("%d.%m.%Y") if language == "ro" else day.isoformat()
