"""What all verbs of the command line share: options, and how results are printed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from clusterscore.errors import printable
from clusterscore.paths import WORKSPACE_VARIABLE

Place = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        envvar=WORKSPACE_VARIABLE,
        help="Folder with functions/, data/ and reports/; default: the current one.",
    ),
]
FunctionName = Annotated[str, typer.Option("--function", help="Id of a document in functions/.")]
EditionYear = Annotated[
    int | None, typer.Option("--edition", help="Last year that counts; default: the last one observed.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the sampler.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")]
UnitName = Annotated[str, typer.Option("--cluster", help="Id of the cluster (or region, team, member).")]
Source = Annotated[str, typer.Option(help="Who sent them: small letters, digits, hyphens.")]
Who = Annotated[str | None, typer.Option(help="Who records it; default: the user's name on this machine.")]
Encoding = Annotated[
    str | None, typer.Option("--encoding", help="Encoding of text files that are not UTF-8, such as cp1250.")
]
Marked = Annotated[
    Path | None,
    typer.Option("--marked", help="Folder for marked-up copies of refused files, to be sent back to who sent them."),
]
Demonstration = Annotated[bool, typer.Option("--demonstration", help="The files are invented; every page will say so.")]


def say(as_json: bool, record: Any, lines: Iterable[str]) -> None:
    """Print a record as one JSON document, or lines."""
    if as_json:
        print(json.dumps(record, ensure_ascii=False, indent=2, default=_plain))
    else:
        for line in lines:
            print(line)


def _plain(value: Any) -> Any:
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else str(value)


def artefact_line(artefact: Any) -> str:
    """Return the line of a file that was made."""
    return f"{artefact.path}  {artefact.rows} rows  sha256 {artefact.sha256[:12]}"


def taken_line(taken: Any) -> str:
    """Return the line of a file that was taken in."""
    return f"{taken.name}  {taken.table}: {taken.new} new, {taken.known} known  sha256 {taken.sha256[:12]}"


def note_line(note: Any) -> str:
    """Return the line of something that was normalised."""
    sheet = f", sheet {printable(note.sheet)}" if note.sheet else ""
    row = f", row {note.row}" if note.row else ""
    column = f", column {printable(note.column)}" if note.column else ""
    return f"  {note.code}{sheet}{row}{column}: {printable(note.was)} -> {printable(note.became)}"
