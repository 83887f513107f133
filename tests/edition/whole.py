"""A small edition made as people make one: a workspace, files, one command; two functions, drawn for real."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from clusterscore import deciding
from clusterscore.model.function import Function
from clusterscore.model.simulate import Plan, simulate
from clusterscore.paths import Workspace
from clusterscore.raw.held import parcels
from clusterscore.vocabulary import Exit

HERE: Final = Path(__file__).parent
CRAFT, LAND = "craft", "land"
EDITION: Final = 2023
YEARS: Final = range(2020, EDITION + 1)
WAVES: Final = (2021, EDITION)
SEED: Final = 3

CLUSTERS: Final = {
    "C-01": "O'Neil & Sons <SRL>",
    "C-02": "<script>alert(1)</script>",
    "C-03": "=cmd|' /C calc'!A0",
    "C-04": "תעשיות الصناعة Ltd",
    "C-05": '"><img src=x onerror=alert(1)>',
    "C-06": "Învățământ „Țara Făgărașului” " + "W" * 120,
}
"""Names as hostile as the door admits: markup, a formula, letters written from right to left, a word without end."""

REGIONS: Final = {f"RG-{number}": f"Ținutul {number}" for number in range(1, 7)}
RATERS: Final = {f"R-{number}": None for number in range(1, 9)}
TIED, FEW_RATERS, DISLIKED = "C-01", "C-03", "C-06"
"""The stories: one rater belongs to it; two raters only; peers think far less of it than everything else says."""

FIGURES: Final = ("unit", "year", "indicator", "value")

_TRUTH: Final[Mapping[str, Any]] = {
    "general_share": 0.9,  # what one pillar says of a unit, the other says as well
    "halo_sd": 0.3,
    "severity": np.linspace(-1.0, 1.0, len(RATERS)),
    "discrepancy": -5.0 * np.array([unit == DISLIKED for unit in CLUSTERS]),
}


@dataclass(frozen=True)
class Whole:
    """A workspace after ``clusterscore publication``.

    Attributes
    ----------
    workspace
        Where everything is.
    output
        What the command printed.
    """

    workspace: Workspace
    output: str

    @property
    def pages(self) -> Path:
        """Folder of the published edition."""
        return self.workspace.edition(EDITION)

    @property
    def editions(self) -> list[str]:
        """Names of all folders in ``reports`` that are not hidden."""
        return sorted(path.name for path in self.workspace.editions.iterdir() if not path.name.startswith("."))

    def copied(self, folder: Path) -> Whole:
        """Return the same in another place, where a test may change it."""
        shutil.copytree(self.workspace.root, folder)
        return replace(self, workspace=Workspace.find(folder))


def make(folder: Path) -> Whole:
    """Make a workspace, take the files in and publish, all by the command line."""
    root = folder / "workspace"
    command("new", root, "--function", HERE / f"{CRAFT}.yml")
    shutil.copy(HERE / f"{LAND}.yml", root / "functions")
    association, regions = send_association(folder / "sent"), send_regions(folder / "sent")
    take_in(root, *association, "--source", "association", "--demonstration")
    take_in(root, *regions, "--source", "statistics")
    return published(root)


def send_association(folder: Path) -> list[Path]:
    """Write the files of an invented association."""
    plan = Plan(dict.fromkeys(CLUSTERS, YEARS[0]), YEARS, WAVES, RATERS, raters_per_unit=len(RATERS))
    told = simulate(Function.read(HERE / f"{CRAFT}.yml"), plan, SEED, _TRUTH)
    first, second, *_ = RATERS
    answers = told.answers[(told.answers["unit"] != FEW_RATERS) | told.answers["rater"].isin([first, second])]
    return [
        write(
            folder / "units.csv",
            ["unit", "name", "kind", "country", "region", "sector", "founded"],
            [(unit, name, "cluster", "RO", "RO11", "crafts", 2010) for unit, name in CLUSTERS.items()],
        ),
        write(folder / "raters.csv", ["rater", "affiliation"], [(r, TIED if r == first else "") for r in RATERS]),
        write(folder / "figures.csv", FIGURES, told.figures.itertuples(index=False)),
        write(folder / "answers.csv", answers.columns, answers.itertuples(index=False)),
    ]


def send_regions(folder: Path) -> list[Path]:
    """Write the files on regions."""
    told = simulate(Function.read(HERE / f"{LAND}.yml"), Plan(dict.fromkeys(REGIONS, YEARS[0]), YEARS, ()), SEED)
    units = [(unit, name, "region") for unit, name in REGIONS.items()]
    return [
        write(folder / "units-regions.csv", ["unit", "name", "kind"], units),
        write(folder / "figures-regions.csv", FIGURES, told.figures.itertuples(index=False)),
    ]


def correct_a_region(whole: Whole) -> Whole:
    """Correct one figure of one region in a workspace of one's own, and publish again."""
    root, unit = whole.workspace.root, next(iter(REGIONS))
    figures = whole.workspace.raw.rglob("figures-regions.csv")
    with next(figures).open(encoding="utf-8", newline="") as file:
        wrong = next(row for row in csv.DictReader(file) if (row["unit"], row["year"]) == (unit, str(EDITION)))
    columns = ["table", "action", "unit", "year", "indicator", "expect", "value", "reason"]
    row = ["figures", "correct", unit, EDITION, wrong["indicator"], wrong["value"], "0.5", "digits exchanged"]
    path = write(root.parent / "sent" / "corrections.csv", columns, [row])
    take_in(root, path, "--source", "statistics")
    return published(root)


def send_a_year_of_regions(whole: Whole, year: int) -> Whole:
    """Take in another year of every region in a workspace of one's own."""
    rows = [(unit, year, "soil_index", place / 3 - 1) for place, unit in enumerate(REGIONS)]
    path = write(whole.workspace.root.parent / "sent" / "figures-later.csv", FIGURES, rows)
    take_in(whole.workspace.root, path, "--source", "statistics")
    return whole


def write(path: Path, columns: Iterable[str], rows: Iterable[Any]) -> Path:
    """Write a canonical file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([list(columns), *rows])
    return path


def published(root: Path) -> Whole:
    """Publish what a workspace holds."""
    return Whole(Workspace.find(root), command("publication", "--workspace", root))


def take_in(root: Path, *words: object) -> None:
    """Take files in; what is in doubt about them was drawn so, and is accepted."""
    command("ingest", *words, "--workspace", root, admitted=(0, Exit.HELD))
    for parcel in parcels(Workspace.find(root)):
        for doubt in parcel.open:
            deciding.accept(Workspace.find(root), doubt.id, "drawn so for a test", "a tester")


def command(*words: object, admitted: tuple[int, ...] = (0,)) -> str:
    """Run the command line in a process of its own and return what it prints."""
    program = Path(sys.executable).with_name("clusterscore")
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode not in admitted:
        raise RuntimeError(f"{words[0]} ended in {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout
