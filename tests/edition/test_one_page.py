"""The page of one unit: by the command line, and by Papermill as README.md says."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import Command
from tests.edition.whole import CRAFT, EDITION, Whole
from tests.observations.association import snapshot
from tests.report.reading import read

SCRIPT = """
import sys
from pathlib import Path
from clusterscore import Workspace, render
page = render(Workspace.find(Path(sys.argv[1])), "craft", 2023, "C-02")
print(page.index)
"""
UNIT = "C-02"
PAGE = f"clusters/{UNIT}.html"


@pytest.fixture
def unpublished_whole(own: Whole) -> Whole:
    """Return a workspace with draws and tables and no pages."""
    shutil.rmtree(own.workspace.editions)
    return own


def test_report_on_an_unpublished_edition_makes_its_pages(
    whole: Whole, unpublished_whole: Whole, command: Command
) -> None:
    """It ends with the address of the unit's page; no link of that page leads nowhere, and the check passes."""
    place = ["--workspace", unpublished_whole.workspace.root]
    code, output, _ = command("report", "--function", CRAFT, "--cluster", UNIT, *place)
    assert (code, output.partition("  ")[0]) == (0, f"reports/{EDITION}/{PAGE}")
    assert snapshot(unpublished_whole.pages / "clusters") == snapshot(whole.pages / "clusters")
    assert (unpublished_whole.pages / "clusters.html").is_file()
    assert command("check", *place)[0] == 0


def test_report_after_another_fit_renews_every_page(own: Whole, command: Command) -> None:
    """An edition never mixes posteriors."""
    place = ["--workspace", own.workspace.root]
    path = own.pages / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["functions"][CRAFT]["posterior"] = "0123456789abcdef"
    for page in manifest["pages"].values():
        page["key"] = "of that posterior"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert command("report", "--function", CRAFT, "--cluster", UNIT, *place)[0] == 0
    renewed = json.loads(path.read_text(encoding="utf-8"))
    assert renewed["functions"][CRAFT]["posterior"] != "0123456789abcdef"
    assert [n for n, p in renewed["pages"].items() if p["function"] == CRAFT and p["key"] == "of that posterior"] == []


def test_report_leaves_the_other_pages_of_an_edition_alone(whole: Whole, own: Whole, command: Command) -> None:
    """A page that was damaged is made again; the others keep their bytes, the index stays."""
    (own.pages / PAGE).write_text("", encoding="utf-8")
    assert command("report", "--function", CRAFT, "--cluster", UNIT, "--workspace", own.workspace.root)[0] == 0
    before, after = snapshot(whole.pages), snapshot(own.pages)
    assert {name for name in before if after.get(name) != before[name]} == set()


def test_a_plain_script_renders_a_page(unpublished_whole: Whole, tmp_path: Path) -> None:
    """The verbs of the package work in a file of a few lines, guarded as every script that starts processes."""
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    words = [sys.executable, "script.py", str(unpublished_whole.workspace.root)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"reports/{EDITION}/{PAGE}\n"), done.stderr


@pytest.mark.parametrize("unknown", ["C-20", "C02", "c-02", "", "../C-02", "RG-1"])
def test_an_unknown_unit_ends_in_code_2_with_the_nearest_ids(
    own: Whole, whole: Whole, command: Command, unknown: str
) -> None:
    """The message names what is known; nothing is written."""
    words = ["report", "--function", CRAFT, "--cluster", unknown, "--workspace", own.workspace.root]
    code, output, messages = command(*words)
    assert (code, output) == (2, "")
    assert f"unknown cluster with a score in {EDITION} {unknown!r}" in messages
    assert UNIT in messages
    assert snapshot(own.workspace.editions) == snapshot(whole.workspace.editions)


def test_the_commands_of_the_readme_make_the_same_page(root: Path, whole: Whole, tmp_path: Path) -> None:
    """Plain Papermill and nbconvert, with other parameters, and the same findings on the page."""
    values = {"workspace": str(whole.workspace.root), "function": CRAFT, "edition": str(EDITION), "unit": UNIT}
    for line in _commands(root):
        words = shlex.split(line)
        for place, word in enumerate(words[:-2]):
            if word in {"-r", "-p"}:
                words[place + 2] = values.pop(words[place + 1])
        words = [str(root / word) if word.startswith("notebooks/") else word for word in words]
        words[0] = str(Path(sys.executable).with_name(words[0]))
        subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    made, published = read(tmp_path / "page.html"), read(whole.pages / PAGE)
    assert values == {}
    assert made.strangers() == []
    assert [each.text for each in made.all("p", "finding")] == [each.text for each in published.all("p", "finding")]
    assert made.pictures == published.pictures
    assert made.one("section", "headline").text == published.one("section", "headline").text


def _commands(root: Path) -> list[str]:
    """Return the commands of README.md that start with Papermill or Jupyter."""
    text = (root / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^\$ ((?:papermill|jupyter nbconvert) .+)$", text, flags=re.MULTILINE)
    assert len(found) == 2
    return found
