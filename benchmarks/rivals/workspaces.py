"""A workload as a workspace on disk, so that the command line can be measured on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from clusterscore import steps
from clusterscore.documents import dump_yaml
from clusterscore.durable import digest_of
from clusterscore.inventing import decide_as_drawn
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.observed import Observations, observe
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.record import Posterior
from clusterscore.raw.limits import MAXIMUM_ROWS
from rivals.workloads import DOCUMENT

COLUMNS = {
    "units": ["unit", "name", "kind"],
    "raters": ["rater", "affiliation"],
    "figures": ["unit", "year", "indicator", "value"],
    "answers": ["unit", "year", "rater", "item", "answer"],
}


def made(folder: Path, known: Observations, posterior: Posterior) -> Workspace:
    """Make a workspace that has taken in what is known, with the posterior that was drawn from it."""
    functions = folder / "functions"
    functions.mkdir(parents=True)
    shutil.copyfile(DOCUMENT, functions / DOCUMENT.name)
    workspace = Workspace.find(folder)
    delivered = workspace.raw / "benchmark" / date(known.figures["year"].max() + 1, 1, 1).isoformat()
    delivered.mkdir(parents=True)
    paths = []
    for table, name, rows in _files(known):
        paths.append(written(delivered / f"{name}.csv", table, rows))
        origin = {
            "sha256": digest_of(paths[-1]),
            "source": "benchmark",
            "received": delivered.name,
            "demonstration": True,
        }
        paths[-1].with_name(f"{name}.csv.origin.yml").write_text(dump_yaml(origin))
    decide_as_drawn(workspace, paths)
    steps.ingest(workspace)
    observed = observe(Ledger(workspace.ledger))
    run = replace(posterior.run, head=str(observed.head))
    store.save(workspace, replace(posterior, run=run, basis=replace(posterior.basis, run=run, observed=observed)))
    return workspace


def _files(known: Observations) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield what is sent: table, name and rows of each file, no more than one may hold."""
    for table in COLUMNS:
        rows = getattr(known, table)
        for number, first in enumerate(range(0, len(rows), MAXIMUM_ROWS), start=1):
            yield table, f"{table}-{number}", rows.iloc[first : first + MAXIMUM_ROWS]


def written(path: Path, name: str, rows: Observations | pd.DataFrame) -> Path:
    """Write a table as it is sent."""
    table = getattr(rows, name) if isinstance(rows, Observations) else rows
    table = table.assign(name=table["unit"]) if name == "units" else table
    path.parent.mkdir(parents=True, exist_ok=True)
    table[COLUMNS[name]].to_csv(path, index=False, lineterminator="\n")
    return path
