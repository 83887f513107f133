"""ARCHITECTURE.md is a map of the code as it is: a heading per room, a table row per module."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOM = re.compile(r"^### `(?P<room>[\w/]+)/`: (?P<purpose>\S.*)$", flags=re.MULTILINE)
MODULE = re.compile(r"^\| `(?P<module>[\w/]+\.py)` \| (?P<purpose>\S.*) \|$", flags=re.MULTILINE)


@pytest.fixture(scope="module")
def chart(root: Path) -> str:
    """Return the part of the map that shows the package."""
    return (root / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("\n## The package\n")[2]


def test_the_map_shows_every_module_once_and_no_other(root: Path, chart: str) -> None:
    """A reader can trust the map; a new module comes with its sentence."""
    package = root / "src" / "clusterscore"
    modules = [path.relative_to(package).as_posix() for path in package.rglob("*.py")]
    rooms = {f"{found['room']}/__init__.py" for found in ROOM.finditer(chart)}
    assert Counter(found["module"] for found in MODULE.finditer(chart)) == Counter(set(modules) - rooms)


def test_the_map_has_a_heading_for_every_room_and_no_other(root: Path, chart: str) -> None:
    """A room is a subpackage; its heading says what it holds."""
    package = root / "src" / "clusterscore"
    rooms = sorted(path.parent.relative_to(package).as_posix() for path in package.glob("*/**/__init__.py"))
    assert sorted(found["room"] for found in ROOM.finditer(chart)) == rooms


def test_every_module_stands_under_the_heading_of_its_room(chart: str) -> None:
    """The tables do not mix rooms; what belongs to no room stands before them."""
    sections = ROOM.split(chart)  # text, room, purpose, text, room, purpose, text ...
    listed = {"": sections[0]} | dict(zip(sections[1::3], sections[3::3], strict=True))
    strays = [
        found["module"]
        for room, text in listed.items()
        for found in MODULE.finditer(text)
        if found["module"].rpartition("/")[0] != room
    ]
    assert strays == []
