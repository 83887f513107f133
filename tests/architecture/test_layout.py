"""The house has its rooms, and nothing in it belongs to one edition."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

ROOMS = ("raw", "observations", "model", "posterior", "scores", "advice", "report")
FOLDERS = (
    *(f"src/clusterscore/{room}" for room in ROOMS),
    *("benchmarks", "catalogue", "data/processed", "data/raw", "docs", "functions", "notebooks", "reports", "tests"),
)
FILES = (
    *("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "Makefile", "pyproject.toml"),
    *("requirements.lock", "requirements-lab.lock", "environment.yml", ".ci/run"),
)

# Not 2000, a common round number; not 0.2024, not #202020, not PLR2004.
YEAR = re.compile(r"(?<![\d.#A-Z])(?:200[1-9]|20[1-4]\d)(?!\d)")

CITED = (
    "Betancourt 2019",
    "Chopin 2002",
    "Jordan, Krüger and Lerch 2019",
    "Juárez and Steel 2010",
    "Kallioinen et al. 2024",
    "Marquardt and Pemstein 2018",
    "Neal 2001",
    "Paananen et al. 2021",
    "Papaspiliopoulos, Roberts and Sköld 2007",
    "Vehtari et al. 2024",
    "Waudby-Smith et al. 2024",
    "Zhang and Stephens 2009",
)
"""Works that src and notebooks cite, spelled out: the only years that may stand in code."""

BY_YEAR = ("reading/rates.csv", "reading/deflators.csv", "reading/money.yml")
"""Documents whose rows are years, and the one that says at which year's prices money is recorded."""


def test_every_room_of_the_house_exists(root: Path) -> None:
    """A step has its folder, so that a reader sees the way of the data without reading code."""
    assert [name for name in FOLDERS if not (root / name).is_dir()] == []


def test_every_document_of_the_house_exists(root: Path) -> None:
    """A reader finds the usual files at their usual places."""
    assert [name for name in FILES if not (root / name).is_file()] == []


def test_no_code_and_no_notebook_carries_a_year(root: Path) -> None:
    """An edition is a parameter, never a copy; what is known by year stands in documents."""
    assert [place for folder in ("src", "notebooks") for place in _years(root / folder)] == []
    assert [name for name in BY_YEAR if not (root / "src" / "clusterscore" / name).is_file()] == []


def test_every_cited_work_is_cited(root: Path) -> None:
    """The list of exceptions stays as short as it can be."""
    text = "\n".join(_plain(path) for folder in ("src", "notebooks") for path in _files(root / folder))
    assert [work for work in CITED if work not in text] == []


def test_the_citation_names_the_version_of_the_package(root: Path) -> None:
    """Who cites the package cites what was released."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = YAML(typ="safe").load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["title"], citation["version"]) == (project["name"], project["version"])


def _years(folder: Path) -> Iterator[str]:
    for path in _files(folder):
        if path.as_posix().endswith(BY_YEAR):
            continue
        text = _plain(path)
        for work in CITED:
            text = text.replace(work, "")
        for number, line in enumerate([path.name, *text.splitlines()]):
            if YEAR.search(line):
                yield f"{path}:{number}: {line.strip()}"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _plain(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
