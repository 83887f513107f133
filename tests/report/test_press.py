"""Pages printed one after the other by one browser: one that fails prints nothing, and nobody waits for it."""

import os
import sys
from pathlib import Path

import pytest

from clusterscore.report import paper
from clusterscore.report.press import NotPrinted, press

pytestmark = pytest.mark.skipif(os.name != "posix", reason="speaks through pipes of POSIX")

ENDS = "import sys; sys.exit(0)"
REFUSES = """
import json, os
heard = b""
while part := os.read(3, 4096):
    heard += part
    while b"\\0" in heard:
        message, _, heard = heard.partition(b"\\0")
        refused = {"id": json.loads(message)["id"], "error": {"message": "not here"}}
        os.write(4, json.dumps({"method": "Target.heard"}).encode() + b"\\0" + json.dumps(refused).encode() + b"\\0")
"""


def program(folder: Path, text: str) -> str:
    """Return the path of a program that stands in for a browser."""
    path = folder / "browser"
    path.write_text(f"#!{sys.executable}\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(("text", "why"), [(ENDS, "ended|Broken pipe"), (REFUSES, "Target.createTarget: not here")])
def test_a_browser_that_does_not_print_says_why(tmp_path: Path, text: str, why: str) -> None:
    """It is not waited for."""
    with press(program(tmp_path, text), []) as browser, pytest.raises(NotPrinted, match=why):
        browser.pdf(tmp_path / "page.html")


@pytest.mark.parametrize("text", [ENDS, REFUSES])
def test_where_no_browser_prints_there_is_no_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Each page is tried by a browser of its own before it is given up."""
    browser = program(tmp_path, text)  # written once: what runs cannot be written again
    monkeypatch.setattr(paper, "chromium", lambda: browser)
    pages = [(tmp_path / f"{number}.html", tmp_path / f"{number}.pdf") for number in range(3)]
    assert paper.print_pages(pages) == [False] * 3
    assert not list(tmp_path.glob("*.pdf"))


def test_messages_come_in_any_pieces(tmp_path: Path) -> None:
    """One message in two pieces, and two in one."""
    text = """
import json, os, time
asked = json.loads(os.read(3, 4096).partition(b"\\0")[0])
answer = json.dumps({"id": asked["id"], "result": {"asked": asked["method"]}}).encode() + b"\\0"
os.write(4, json.dumps({"method": "one"}).encode() + b"\\0" + answer[:7])
time.sleep(0.1)
os.write(4, answer[7:])
os.read(3, 4096)
"""
    with press(program(tmp_path, text), []) as browser:
        assert browser.ask("Browser.getVersion") == {"asked": "Browser.getVersion"}
