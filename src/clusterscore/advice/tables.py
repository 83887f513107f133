"""What follows from scores, on disk: tables with their digests in ``advice.json``.

Tables hold sentences and text that people wrote, so they are JSON: no spreadsheet takes a name for a formula.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
from pydantic_core import from_json

from clusterscore.durable import digest_of, write_atomically
from clusterscore.errors import CheckFailed, NotFitted
from clusterscore.paths import Workspace
from clusterscore.posterior.record import Run
from clusterscore.scores.tables import Artefact

MANIFEST: Final = "advice.json"
TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "recommendations": (
        *("unit", "place", "rule", "audience", "financial", "effort", "horizon_months", "ground", "about"),
        *("n_group", "group_en", "group_ro", "gap_mean", "gap_q05", "gap_q95", "probability"),
        *("gain_mean", "gain_q05", "gain_q95", "next_level", "p_next_now", "p_next_then"),
        *("text_en", "text_ro", "because_en", "because_ro", "source", "source_ro"),
    ),
    "whatif": (
        *("unit", "kind", "about", "point", "x", "now", "mean", "q05", "q95", "p_next", "next_level", "reliable"),
    ),
    "levels": ("unit", "firm", "low", "high", "probability", "said_en", "said_ro"),
    "conditions": ("unit", "level", "condition", "holds", "found", "needed", "source", "source_ro"),
    "partners": (
        *("unit", "place", "partner", "gains", "p_gains", "gives", "p_gives", "strength", "sector_distance"),
        *("region_distance", "shared_members", "because_en", "because_ro"),
    ),
    "places": ("by", "value", "n", "mean", "q05", "q95", "p_above"),
}
"""Columns of each table; ``levels`` has one more for each level, ``p_<id>``."""
NETWORK: Final = "network.json"
_DECIMALS: Final = 6


def write(
    workspace: Workspace,
    run: Run,
    made: Mapping[str, pd.DataFrame],
    network: Mapping[str, Any],
    documents: Mapping[str, str],
) -> list[Artefact]:
    """Write all tables of one function and edition, the manifest last.

    Parameters
    ----------
    run
        Record of the posterior that they rest on.
    made
        Tables by name.
    network
        Nodes and edges.
    documents
        SHA-256 of the documents that they rest on, by name.
    """
    folder = workspace.advice(run.function, run.edition)
    files: list[Artefact] = []
    contents = {f"{name}.json": (_records(table), len(table)) for name, table in made.items()}
    contents[NETWORK] = (_plain(network), len(network["edges"]))
    for name, (content, rows) in contents.items():
        write_atomically(folder / name, content)
        files.append(Artefact(workspace.relative(folder / name), rows, hashlib.sha256(content).hexdigest()))
    manifest = {
        "posterior": run.id,
        "head": run.head,
        "demonstration": run.demonstration,
        "documents": dict(documents),
        "files": {Path(one.path).name: one.sha256 for one in files},
    }
    write_atomically(folder / MANIFEST, _plain(manifest))
    return files


def posterior_of(workspace: Workspace, function: str, edition: int) -> str | None:
    """Return the id of the posterior on which the tables of one function and edition rest; None without tables."""
    path = workspace.advice(function, edition) / MANIFEST
    return str(json.loads(path.read_text(encoding="utf-8"))["posterior"]) if path.is_file() else None


def rests_on(workspace: Workspace, run: Run, documents: Mapping[str, str]) -> bool:
    """Whether all tables are there, as they were written, from this posterior and these documents."""
    folder = workspace.advice(run.function, run.edition)
    if posterior_of(workspace, run.function, run.edition) != run.id or check(workspace, folder):
        return False
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return bool(manifest["documents"] == dict(documents) and "places.json" in manifest["files"])


def read(workspace: Workspace, function: str, edition: int, name: str) -> pd.DataFrame:
    """Return one table, its digest verified; empty where the function has none such, as levels are of one function.

    Raises
    ------
    NotFitted
        Where there are no tables at all.
    CheckFailed
        Where its file is not the one that was written.
    """
    folder = workspace.advice(function, edition)
    if not (folder / MANIFEST).is_file():
        command = f"clusterscore advise --function {function} --edition {edition}"
        raise NotFitted(f"no advice on {function!r} for edition {edition}; run: {command}")
    file = f"{name}.json"
    problems = check(workspace, folder, file)
    if problems:
        raise CheckFailed(problems)
    recorded = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    rows = from_json((folder / file).read_bytes()) if file in recorded else []
    return pd.DataFrame(rows, columns=None if rows else TABLES[name])


def check(workspace: Workspace, folder: Path, only: str | None = None) -> list[str]:
    """Return every table of a folder whose digest is not the recorded one, or one of them, in words."""
    recorded = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    return [
        f"{workspace.relative(folder / name)}: SHA-256 is not the one that {MANIFEST} says"
        for name, digest in recorded.items()
        if name == (only or name)
        if not (folder / name).is_file() or digest_of(folder / name) != digest
    ]


def _records(table: pd.DataFrame) -> bytes:
    return (table.round(_DECIMALS).to_json(orient="records", force_ascii=False, indent=1) + "\n").encode()


def _plain(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
