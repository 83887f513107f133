"""Every code is explained in both languages, and every explanation is of a code."""

import re
from pathlib import Path

from clusterscore.messages.catalogue import LANGUAGES, catalogue, explained, message

CODE = re.compile(r'"([EWN]-[A-Z0-9]+(?:-[A-Z0-9]+)*)[":]')
SPOKEN = re.compile(r"\b([EWN]-[A-Z0-9]+(?:-[A-Z0-9]+)*)\b")
PARTS = {"E-TPL"}  # a beginning that the reader of templates looks for
NOT_OF_FILES = re.compile("E-(?:CONF|DESIGN|KEY|LEDGER|PARAM|POST)-")  # said of no file, in one line that says all


def codes(root: Path) -> set[str]:
    """Return every code that the package raises."""
    found: set[str] = set()
    for path in (root / "src" / "clusterscore").rglob("*.py"):
        found |= set(CODE.findall(path.read_text(encoding="utf-8")))
    return {code for code in found - PARTS if not NOT_OF_FILES.match(code)}


def test_every_code_is_explained_in_both_languages(root: Path) -> None:
    """What it names, and what to do about it; Romanian with its own letters."""
    missing = codes(root) - set(catalogue())
    assert missing == set()
    for code, told in catalogue().items():
        assert set(told) == set(LANGUAGES), code
        assert all(each.what.endswith(".") and each.fix.endswith(".") for each in told.values()), code
        if code != "N-RO-CEDILLA":  # which shows the letters that it is about
            assert not re.search("[şţŞŢ]", told["ro"].what + told["ro"].fix), code


def test_every_explanation_is_of_a_code(root: Path) -> None:
    """A rule that was taken away takes its sentences with it."""
    spoken = {
        code
        for path in (root / "src" / "clusterscore").rglob("*.py")
        for code in SPOKEN.findall(path.read_text(encoding="utf-8"))
    }
    assert set(catalogue()) - spoken == set()


def test_codes_are_explained_once_and_in_order() -> None:
    """Under a heading in the language asked for; an unknown code is passed over."""
    lines = explained(["E-CSV-WIDTH", "E-EMPTY", "E-CSV-WIDTH", "E-NONE-SUCH"], "ro")
    assert len(lines) == 3
    told = message("E-CSV-WIDTH", "ro")
    assert told is not None
    assert lines[1] == f"  E-CSV-WIDTH: {told.what} {told.fix}"
    assert explained([]) == []
