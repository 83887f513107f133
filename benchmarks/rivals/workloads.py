"""The two associations that every sampler is measured on: observations drawn by :mod:`clusterscore.model.simulate`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from clusterscore.model.function import Function
from clusterscore.model.simulate import Plan, simulate
from clusterscore.observations.ledger import Head
from clusterscore.observations.observed import Observations

DOCUMENT = Path(__file__).resolve().parents[2] / "functions" / "competitiveness.yml"
FIRST_YEAR, RATERS_PER_UNIT, SEED = 2001, 6, 1
TABLES = ("figures", "answers")
UNIT_COLUMNS = ["unit", "name", "kind", "parent", "country", "region", "sector", "founded", "demonstration"]


@dataclass(frozen=True)
class Workload:
    """So many clusters over so many years, with so many answers."""

    n_units: int
    n_years: int
    n_answers: int

    @property
    def edition(self) -> int:
        """Last year of the workload."""
        return FIRST_YEAR + self.n_years - 1

    @property
    def title(self) -> str:
        """What a table calls it."""
        return f"{self.n_units} clusters x {self.n_years} years, {self.n_answers:,} answers"


WORKLOADS = {"W1": Workload(20, 3, 9_000), "W2": Workload(60, 5, 45_000)}


def function() -> Function:
    """Return the function that is fitted: the association's, as shipped."""
    return Function.read(DOCUMENT)


def invent(workload: Workload, folder: Path) -> None:
    """Write what is sent: all figures, as many answers as asked for, none about the rater's own cluster."""
    folder.mkdir(parents=True, exist_ok=True)
    units, affiliation = _who(workload)
    years = range(FIRST_YEAR, workload.edition + 1)
    plan = Plan(dict.fromkeys(units, FIRST_YEAR), years, years, affiliation, RATERS_PER_UNIT)
    drawn = simulate(function(), plan, SEED)
    kept = np.random.default_rng(SEED).choice(len(drawn.answers), workload.n_answers, replace=False)
    drawn.figures.to_csv(folder / "figures.csv", index=False)
    drawn.answers.iloc[np.sort(kept)].to_csv(folder / "answers.csv", index=False)


def observations(workload: Workload, folder: Path) -> Observations:
    """Return what was sent, from the files that hold it."""
    units, affiliation = _who(workload)
    figures, answers = (pd.read_csv(folder / f"{name}.csv", float_precision="round_trip") for name in TABLES)
    return Observations(
        units=pd.DataFrame({"unit": units, "kind": "cluster", "demonstration": True}).reindex(columns=UNIT_COLUMNS),
        raters=pd.DataFrame({"rater": list(affiliation), "affiliation": units, "ties": [()] * len(units)}),
        figures=numbered(figures),
        answers=numbered(answers.assign(tied=False)),
        head=Head(len(figures) + len(answers), "0" * 64),
    )


def _who(workload: Workload) -> tuple[list[str], dict[str, str]]:
    units = [f"U{number:02d}" for number in range(workload.n_units)]
    return units, {f"R{number:02d}": unit for number, unit in enumerate(units)}


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows as the ledger numbers them."""
    return frame.reset_index(drop=True).assign(record=np.arange(len(frame)))
