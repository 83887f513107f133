"""The published tables on disk: CSV with a schema, each with its digest in ``scores.json``.

The tables of units and organisations hold text that people wrote; they are JSON, so that no spreadsheet takes a name
for a formula.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from clusterscore.durable import digest_of, write_atomically
from clusterscore.errors import CheckFailed, NotFitted
from clusterscore.paths import Workspace
from clusterscore.posterior.identity import code_digest
from clusterscore.posterior.record import Run
from clusterscore.posterior.store import RUN, read_run

if TYPE_CHECKING:
    from clusterscore.scores.compute import Scores

MANIFEST: Final = "scores.json"
_DECIMALS: Final = 6
_WITH_TEXT: Final = ("units", "organisations")
_IDS: Final = (
    *"unit units member region sector pillar rater other item indicator verdict statistic flag foremost".split(),
    *"forecaster baseline rule".split(),
    *"peers who of group circumstance kind what file measure row column status".split(),
)
"""Columns of text, even where it reads like a number."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file that was made: where, how many rows, its SHA-256."""

    path: str
    rows: int
    sha256: str


def write(workspace: Workspace, scores: Scores, run: Run, rests: Mapping[str, Any] | None = None) -> list[Artefact]:
    """Write all tables of one function and edition, the manifest last.

    Parameters
    ----------
    rests
        What the tables rest on besides: ``alone``, ids of the posteriors of single channels; ``before``, id of the
        posterior of the edition before on which they look back; ``documents``, SHA-256 of those of the catalogue.

    Raises
    ------
    pandera.errors.SchemaErrors
        Where a table breaks its schema: a bug, found before it is published.
    """
    folder = workspace.scores(run.function, run.edition)
    made = []
    for name, content in contents(scores).items():
        path = folder / file_of(name)
        write_atomically(path, content)
        made.append(Artefact(workspace.relative(path), len(getattr(scores, name)), digest_of(path)))
    manifest = {
        "posterior": run.id,
        "alone": {},
        "before": None,
        "documents": {},
        **(rests or {}),
        "code": code(),
        "head": run.head,
        "demonstration": run.demonstration,
        "digests": run.digests,
        "files": {Path(artefact.path).name: artefact.sha256 for artefact in made},
    }
    write_atomically(folder / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())
    return made


def contents(scores: Scores) -> dict[str, bytes]:
    """Return what is written of each table, by its name.

    Raises
    ------
    pandera.errors.SchemaErrors
        Where a table breaks its schema.
    """
    from clusterscore.scores.schema import SCHEMAS  # noqa: PLC0415 - pandera takes a second to import

    checked = {
        field.name: SCHEMAS[field.name].validate(getattr(scores, field.name), lazy=True)
        for field in dataclasses.fields(scores)
    }
    return {name: _content(table, Path(file_of(name))) for name, table in checked.items()}


def code() -> str:
    """Return a SHA-256 of the source that turns draws into tables."""
    return code_digest(["scores"])


def manifest(workspace: Workspace, function: str, edition: int) -> dict[str, Any]:
    """Return what is recorded of the tables of one function and edition.

    Raises
    ------
    NotFitted
        Where there are none.
    """
    path = workspace.scores(function, edition) / MANIFEST
    if not path.is_file():
        command = f"clusterscore scores --function {function} --edition {edition}"
        raise NotFitted(f"no scores of {function!r} for edition {edition}; run: {command}")
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def edition_before(workspace: Workspace, function: str, edition: int) -> int | None:
    """Return the last edition of a function before one of which there are tables, or None."""
    homes = workspace.scores(function, edition).parent.glob(f"*/{MANIFEST}")
    return max((year for year in (int(path.parent.name) for path in homes) if year < edition), default=None)


def artefacts(workspace: Workspace, function: str, edition: int) -> list[Artefact]:
    """Return the files that were written before, as the manifest describes them."""
    folder = workspace.scores(function, edition)
    files = manifest(workspace, function, edition)["files"]
    return [
        Artefact(workspace.relative(folder / name), len(_table(folder / name)), digest)
        for name, digest in files.items()
    ]


def read(workspace: Workspace, function: str, edition: int) -> Scores:
    """Return the published tables, each digest verified.

    Raises
    ------
    CheckFailed
        Where a file is not the one that was written.
    """
    from clusterscore.scores.compute import Scores  # noqa: PLC0415 - what only corrects needs no tables

    folder = workspace.scores(function, edition)
    problems = check(workspace, function, edition)
    if problems:
        raise CheckFailed(problems)
    return Scores(**{field.name: _table(folder / file_of(field.name)) for field in dataclasses.fields(Scores)})


def run_before(workspace: Workspace, function: str, edition: int) -> Run | None:
    """Return the record of the posterior on which the tables of the edition before rest; None where there is none."""
    year = edition_before(workspace, function, edition)
    if year is None:
        return None
    home = workspace.posterior(function, year) / manifest(workspace, function, year)["posterior"]
    return read_run(home) if (home / RUN).is_file() else None


def read_one(workspace: Workspace, function: str, edition: int, name: str) -> pd.DataFrame:
    """Return one published table, its digest verified: of an old edition, whose other tables may be others than now.

    Raises
    ------
    CheckFailed
        Where the file is not the one that was written.
    """
    path = workspace.scores(function, edition) / file_of(name)
    recorded = manifest(workspace, function, edition)["files"].get(path.name)
    if not path.is_file() or digest_of(path) != recorded:
        raise CheckFailed([f"{workspace.relative(path)}: this is not the table of which {MANIFEST} has the digest"])
    return _table(path)


def file_of(name: str) -> str:
    """Return the file name of a table."""
    return f"{name}.json" if name in _WITH_TEXT else f"{name}.csv"


def _content(table: pd.DataFrame, path: Path) -> bytes:
    if path.suffix == ".json":
        return (table.to_json(orient="records", force_ascii=False, indent=1) + "\n").encode()
    return table.round(_DECIMALS).to_csv(index=False, lineterminator="\n").encode()


def _table(path: Path) -> pd.DataFrame:
    if path.suffix == ".json":
        rows = json.loads(path.read_text(encoding="utf-8"))
        return pd.DataFrame(rows, columns=None if rows else ["member", "unit", "name"])
    return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(_IDS, str))


def check(workspace: Workspace, function: str, edition: int) -> list[str]:
    """Return every table whose digest is not the recorded one, in words."""
    folder, problems = workspace.scores(function, edition), []
    for name, recorded in manifest(workspace, function, edition)["files"].items():
        path = folder / name
        found = digest_of(path) if path.is_file() else "absent"
        if found != recorded:
            problems.append(f"{workspace.relative(path)}: SHA-256 is {found}, {MANIFEST} says {recorded}")
    return problems
