"""Every code that reading gives has its sentences in both languages."""

import re
from pathlib import Path

from ruamel.yaml import YAML

RAISED = re.compile(r'"([EWN]-(?:NUM|MEASURE|MONEY|REF|TXT|UNIT|RO|NFC|ID-TRIM)[A-Z0-9-]*)"')


def test_every_code_is_explained_in_both_languages(root: Path) -> None:
    """Whoever gets a code finds what it means and what to do, in English and in Romanian with its own letters."""
    package = root / "src" / "clusterscore"
    files = (package / "messages").glob("*.yml")
    messages = {
        code: message
        for path in files
        for code, message in YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")).items()
    }
    sources = [*(package / "reading").glob("*.py"), package / "observations" / "harmonise.py"]
    raised = {code for path in sources for code in RAISED.findall(path.read_text(encoding="utf-8"))}
    assert raised - set(messages) == set()
    for code, message in messages.items():
        assert set(message) == {"en", "ro"}, code
        assert all(set(told) == {"what", "fix"} and all(told.values()) for told in message.values()), code
    romanian = [sentence for code, message in messages.items() for sentence in message["ro"].values()]
    assert not any(re.search("[ţŢŞ]|ş(?! și ţ)", text) for text in romanian if "sedilă" not in text)
