"""Every code that this part of the house raises is explained, in both languages."""

import re
from pathlib import Path

from clusterscore.documents import load_yaml


def test_every_code_is_explained_in_both_languages(root: Path) -> None:
    """And no code is explained that is never raised."""
    package = root / "src" / "clusterscore"
    source = "".join(
        path.read_text(encoding="utf-8") for room in ("reading", "sending") for path in (package / room).glob("*.py")
    )
    raised = set(re.findall(r'"((?:E-MAP|E-SURVEY|E-TPL|N-MAP|N-SURVEY)[A-Z-]+|E-NUM-DATE|E-SCHEMA-VERSION)"', source))
    explained = load_yaml(package / "messages" / "surveys.yml")
    assert raised == set(explained)
    for entry in explained.values():
        assert {language: set(words) for language, words in entry.items()} == {
            "en": {"what", "fix"},
            "ro": {"what", "fix"},
        }
        assert not set("şţŞŢ") & set(str(entry))
