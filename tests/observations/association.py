"""A small association for tests: a workspace with one function, and files sent to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clusterscore import deciding, steps
from clusterscore.errors import Doubt, Fault, InputHeld, InputRefused
from clusterscore.observations.ingest import Taken
from clusterscore.observations.ledger import Head, Ledger
from clusterscore.observations.observed import Observations, observe
from clusterscore.observations.schema import columns
from clusterscore.paths import Workspace
from clusterscore.vocabulary import Table

FUNCTION = """
function: small
version: 1
kind: cluster
title: {en: A small function, ro: O funcție mică}
question: {en: How is it?, ro: Cum este?}
reconstruction: Made for tests.
edition: {every: 1, why: Made for tests.}
pillars:
  - id: economy
    title: {en: Economy, ro: Economie}
    why: &why Made for tests.
    source: *why
    indicators:
      - {id: turnover, title: &turnover {en: Turnover, ro: Cifra de afaceri}, measure: EUR, transform: log,
         typical: 1000000, spread: 1, why: *why, source: *why}
      - {id: employees, title: *turnover, measure: persons, transform: count,
         typical: 100, spread: 1, why: *why, source: *why}
      - {id: export_share, title: *turnover, measure: share, transform: logit,
         typical: 0.3, spread: 1, resolution: 0.001, why: *why, source: *why}
      - {id: balance, title: *turnover, measure: points, transform: identity,
         typical: 0, spread: 1, minimum: -4, maximum: 4, why: *why, source: *why}
    items:
      - {id: cooperation, text: {en: Do they cooperate?, ro: Cooperează?}, why: *why, source: *why}
questionnaire: {categories: 5, why: *why}
errors: {degrees_of_freedom: 4, why: *why}
weights: {concentration: 50, why: *why, source: *why}
validation: {why: *why}
"""

UNITS = """unit,name,kind,parent
CL-01,Northern Furniture,cluster,
CL-02,Western Textiles,cluster,
CL-01-M1,First Member,member,CL-01
CL-02-M1,Second Member,member,CL-02
CL-01-T1,Team of the North,team,CL-01
"""
RATERS = """rater,affiliation,ties
R-01,,
R-02,CL-02-M1,
"""
FIGURES = """unit,year,indicator,value
CL-01,2023,turnover,1000000
CL-02,2023,turnover,2000000
"""
ANSWERS = """unit,year,rater,item,answer
CL-01,2023,R-01,cooperation,4
"""
EVERYTHING = {"units.csv": UNITS, "raters.csv": RATERS, "figures.csv": FIGURES, "answers.csv": ANSWERS}

_CORRECTION_COLUMNS = columns(Table.CORRECTIONS)


@dataclass(frozen=True, slots=True)
class Association:
    """A workspace in a folder of its own, with room beside it for files on their way."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Association:
        """Return an association with one function and nothing recorded."""
        functions = folder / "workspace" / "functions"
        functions.mkdir(parents=True)
        (functions / "small.yml").write_text(FUNCTION, encoding="utf-8")
        return cls(folder)

    @property
    def workspace(self) -> Workspace:
        """The workspace."""
        return Workspace(self.folder / "workspace")

    @property
    def ledger(self) -> Ledger:
        """The workspace's ledger."""
        return Ledger(self.workspace.ledger)

    def send(self, name: str, content: str | bytes, folder: str = "sent") -> Path:
        """Write a file outside the workspace."""
        path = self.folder / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def take(
        self, sent: Mapping[str, str | bytes], *, source: str = "received", demonstration: bool = False
    ) -> tuple[list[Taken], Head]:
        """Send files and take them in, in one call; where invented values are in doubt, each doubt is dispelled."""
        paths = [self.send(name, content) for name, content in sent.items()]
        return undoubted(self.workspace, paths, source=source, demonstration=demonstration)

    def doubts(self, sent: Mapping[str, str | bytes]) -> tuple[Doubt, ...]:
        """Return the doubts for which files are held."""
        paths = [self.send(name, content) for name, content in sent.items()]
        with pytest.raises(InputHeld) as held:
            steps.ingest(self.workspace, paths, who="a tester")
        return held.value.doubts

    def faults(self, sent: Mapping[str, str | bytes]) -> tuple[Fault, ...]:
        """Return the faults for which files are refused."""
        with pytest.raises(InputRefused) as refused:
            self.take(sent)
        return refused.value.faults

    def observed(self) -> Observations:
        """Return what the ledger says."""
        return observe(self.ledger)

    def raw_files(self) -> dict[str, bytes]:
        """Return what lies in ``data/raw``, by path."""
        return snapshot(self.workspace.raw)


def undoubted(workspace: Workspace, paths: list[Path], **about: Any) -> tuple[list[Taken], Head]:
    """Take files in; where invented values are in doubt, each doubt is dispelled."""
    try:
        return steps.ingest(workspace, paths, **{"who": "a tester"} | about)
    except InputHeld as held:
        for doubt in held.doubts:
            decided = deciding.accept(workspace, doubt.id, "invented for a test", "a tester")
        assert decided.head is not None
        return list(decided.taken), decided.head


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder, by relative path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def places(faults: tuple[Fault, ...]) -> list[tuple[str, int, str, str]]:
    """Return where faults are and what they are called: file, row, column, code."""
    return [(fault.file, fault.row, fault.column, fault.code) for fault in faults]


def corrections(*rows: Mapping[str, str]) -> str:
    """Return a corrections.csv; the reason is given where none is."""
    lines = [",".join(_CORRECTION_COLUMNS)]
    for row in rows:
        cells = {"reason": "a slip"} | dict(row)
        lines.append(",".join(cells.get(name, "") for name in _CORRECTION_COLUMNS))
    return "\n".join(lines) + "\n"


def corrected_turnover(value: str, *, expect: str = "1000000", unit: str = "CL-01") -> str:
    """Return a corrections.csv that changes one recorded turnover."""
    key = {"table": "figures", "unit": unit, "year": "2023", "indicator": "turnover"}
    return corrections(key | {"action": "correct", "expect": expect, "value": value})
