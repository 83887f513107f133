"""A page is in one language: every phrase has its Romanian, with the same places, and values are never phrases."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from clusterscore import paths
from clusterscore.documents import load_yaml
from clusterscore.errors import UnknownName
from clusterscore.report import language
from clusterscore.report.advised import _WORDS as _WORDS_OF_ADVICE
from clusterscore.report.agreement import _GROUPS, _SAID
from clusterscore.report.among import _NEW_RATER
from clusterscore.report.brief import WAYS
from clusterscore.report.downloads import PUBLIC
from clusterscore.report.finding import _CONTENTS
from clusterscore.report.landscape import _HOW
from clusterscore.report.language import ENGLISH, ROMANIAN, numeral, phrases, say, speaking
from clusterscore.report.overview import _NOBODY
from clusterscore.report.pages import DEMONSTRATION, PLURAL, RECONSTRUCTION
from clusterscore.report.raters import SENTENCES
from clusterscore.report.reckoning import _IN_ENGLISH
from clusterscore.report.render import _WORDS
from clusterscore.scores import tiers
from clusterscore.scores.baselines import Baseline
from clusterscore.scores.prequential import CORRECTS, IS_UPDATED
from clusterscore.vocabulary import INTERVAL_KIND, Kind, Verdict

PAGES = ("04-cluster", "05-member", "06-management", "07-edition", "08-policy", "09-staff")
SOURCES = sorted(Path(language.__file__).parent.glob("*.py"))
NOTEBOOKS = tuple(f"{name}.ipynb" for name in PAGES)
CHOSEN = {
    *(str(verdict) for verdict in Verdict),
    *(str(kind) for kind in Kind),
    *PLURAL.values(),
    *_GROUPS.values(),
    *(label for _, _, label in _SAID),
    *_WORDS.values(),
    *(DEMONSTRATION, RECONSTRUCTION, INTERVAL_KIND, _NEW_RATER),
    *("more", "less", "raises", "lowers", "silver", "gold", "point", "points", "rose", "fell", "trusted"),
    *("re-weighted", "moved", "sampled anew"),
    *_WORDS_OF_ADVICE.values(),
    *("Every point of what if", "Sources of the conditions"),
    *(*tiers.ORDER, *map(str, Baseline), CORRECTS, IS_UPDATED, *PUBLIC.values()),
    *(_NOBODY, _HOW, _IN_ENGLISH, _CONTENTS, "regions", "sectors"),
    *(*SENTENCES, *WAYS[:-1]),
    *("answers of tied raters", "counts without their exposure"),
}
"""What pages choose while they run."""


def _said() -> Iterator[str]:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                found = node.args[0]
                parts = [found.body, found.orelse] if isinstance(found, ast.IfExp) else [found]
                yield from (part.value for part in parts if isinstance(part, ast.Constant))


def _prose() -> Iterator[str]:
    for name in NOTEBOOKS:
        for cell in nbformat.read(paths.notebooks() / name, as_version=4).cells:
            if cell.cell_type == "markdown" and "how-to" not in cell.metadata.get("tags", []):
                yield cell.source


def test_every_phrase_of_a_page_has_its_romanian() -> None:
    """Those written in the code, those chosen while it runs, and those of the notebooks."""
    said = [*_said(), *CHOSEN, *_prose()]
    assert len(said) > 200
    assert sorted({phrase for phrase in said if phrase not in phrases(ROMANIAN)}) == []


def test_a_translation_has_the_places_of_its_phrase() -> None:
    """No number is lost, and none is asked for that nobody gives."""
    places = {
        english: [sorted(re.findall(r"\{(\w+)", text)) for text in (english, romanian)]
        for english, romanian in phrases(ROMANIAN).items()
    }
    assert [english for english, (own, other) in places.items() if own != other] == []


def test_a_phrase_stands_in_one_document_only() -> None:
    """Two translations of one phrase would take turns by the name of their file."""
    folder = Path(language.__file__).parent / "phrases"
    counted = Counter(phrase for path in folder.glob("ro*.yml") for phrase in load_yaml(path))
    assert [phrase for phrase, n in counted.items() if n > 1] == []


@pytest.mark.parametrize(
    ("english", "romanian"),
    [
        ("0.95", "0,95"),
        ("1,234.5", "1\N{NARROW NO-BREAK SPACE}234,5"),
        ("\N{MINUS SIGN}1.0", "\N{MINUS SIGN}1,0"),
        ("41", "41"),
    ],
)
def test_romanian_numbers_have_a_decimal_comma(english: str, romanian: str) -> None:
    """Thousands stand apart by a space, for a point could be read as a decimal one."""
    assert numeral(english) == english
    with speaking(ROMANIAN):
        assert numeral(english) == romanian


def test_romanian_is_written_with_commas_below() -> None:
    """The cedilla is of another alphabet."""
    assert not re.search("[şţŞŢ]", "".join(phrases(ROMANIAN).values()))


def test_a_phrase_without_its_romanian_is_refused() -> None:
    """A page is never half in another language."""
    with speaking(ROMANIAN), pytest.raises(UnknownName, match="Nobody said this"):
        say("Nobody said this.")


@pytest.mark.parametrize(
    ("n", "said"), [(1, "1"), (19, "19"), (20, "20 de"), (41, "41 de"), (101, "101"), (100, "100 de")]
)
def test_romanian_counts_with_de_from_twenty_on(n: int, said: str) -> None:
    """As it is spoken: 19 evaluatori, 20 de evaluatori, 101 evaluatori."""
    with speaking(ROMANIAN):
        assert say("{n} independent raters", n=n) == f"{said} evaluatori independenți"


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [
        (ENGLISH, 2025, "2025 independent raters"),
        (ENGLISH, 39728, "39,728 independent raters"),
        (ROMANIAN, 2025, "2025 de evaluatori independenți"),
        (ROMANIAN, 39728, "39\N{NARROW NO-BREAK SPACE}728 de evaluatori independenți"),
    ],
)
def test_thousands_stand_apart_from_ten_thousand_on(language: str, n: int, said: str) -> None:
    """So that a count is read at once, and a year is left as it is."""
    with speaking(language):
        assert say("{n} independent raters", n=n) == said


@pytest.mark.parametrize("value", ["{n}", "{0.__class__}", "over 99", "{{}}"])
def test_a_value_is_never_taken_for_a_phrase(value: str) -> None:
    """What people wrote is put in after the phrase was looked up."""
    for spoken in language.LANGUAGES:
        with speaking(spoken):
            assert value in say("Score by year") + say("sector {sector}", sector=value)


def test_the_language_comes_back_after_an_error() -> None:
    """One page in Romanian leaves the next in English."""
    with pytest.raises(UnknownName), speaking(ROMANIAN):
        say("Nobody said this.")
    assert language.spoken() == language.ENGLISH
