"""Every code of screening is explained in English and in Romanian."""

import re
from pathlib import Path

import clusterscore
from clusterscore.documents import load_yaml

PACKAGE = Path(clusterscore.__file__).parent
MESSAGES = load_yaml(PACKAGE / "messages" / "screening.yml")


def test_every_code_of_screening_has_its_sentences() -> None:
    """What a rule can say, the messages can explain."""
    sources = [*(PACKAGE / "observations" / "screening").glob("*.py"), *(PACKAGE / "observations").glob("*.py")]
    raised = {code for path in sources for code in re.findall(r'"([WN]-[A-Z0-9-]+)"', path.read_text(encoding="utf-8"))}
    elsewhere = set(load_yaml(PACKAGE / "messages" / "reading.yml"))
    assert raised <= set(MESSAGES) | elsewhere
    assert not set(MESSAGES) & elsewhere
    assert {code for code in MESSAGES if code.startswith("W-")} <= raised


def test_sentences_are_complete_and_romanian_letters_right() -> None:
    """Both languages, both sentences, commas below and no cedillas."""
    for code, languages in MESSAGES.items():
        assert set(languages) == {"en", "ro"}, code
        for words in languages.values():
            assert set(words) == {"what", "fix"}, code
            assert all(text.endswith(".") and not re.search("[şţŞŢ]", text) for text in words.values()), code
