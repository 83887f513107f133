"""What all verbs of the command line share: options, and how results are printed."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from clusterscore.paths import WORKSPACE_VARIABLE

LANGUAGE_VARIABLE = "CLUSTERSCORE_LANGUAGE"

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
MappingName = Annotated[
    str | None, typer.Option("--mapping", help="Name of a document in mappings/ that says what the columns hold.")
]
Source = Annotated[str, typer.Option(help="Who sent them: small letters, digits, hyphens.")]
Who = Annotated[str | None, typer.Option(help="Who records it; default: the user's name on this machine.")]
Encoding = Annotated[
    str | None, typer.Option("--encoding", help="Encoding of text files that are not UTF-8, such as cp1250.")
]
Marked = Annotated[
    Path | None,
    typer.Option("--marked", help="Folder for marked-up copies of refused files, to be sent back to who sent them."),
]
Language = Annotated[
    Literal["en", "ro"],
    typer.Option("--language", envvar=LANGUAGE_VARIABLE, help="Of what is said about faults: en or ro."),
]
Demonstration = Annotated[bool, typer.Option("--demonstration", help="The files are invented; every page will say so.")]

Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Processes that render pages; default: one a core.")
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", help="Address of a Dask scheduler, such as tcp://host:8786, whose workers render."),
]
NumberLocale = Annotated[
    Literal["ro", "en"] | None,
    typer.Option("--locale", help="How numbers are written: ro for 1.234,5; en for 1,234.5. Default: what they prove."),
]


def say(as_json: bool, record: Any, lines: Iterable[str]) -> None:
    """Print a record as one JSON document, or lines."""
    if as_json:
        print(json.dumps(record, ensure_ascii=False, indent=2, default=_plain))
    else:
        for line in lines:
            print(line)


def asked_language() -> str:
    """Return the language in which messages are wanted: that of the call, or of the environment, else English."""
    words = sys.argv[1:]
    named = [after for word, after in pairwise(words) if word == "--language"]
    named += [word.removeprefix("--language=") for word in words if word.startswith("--language=")]
    wanted = named[-1] if named else os.environ.get(LANGUAGE_VARIABLE, "en")
    return wanted if wanted in {"en", "ro"} else "en"


def _plain(value: Any) -> Any:
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else str(value)


def artefact_line(artefact: Any) -> str:
    """Return the line of a file that was made."""
    return f"{artefact.path}  {artefact.rows} rows  sha256 {artefact.sha256[:12]}"


def published_line(published: Any) -> str:
    """Return the line of an edition, or of the pages of all members: where it is and how much was made now."""
    return (
        f"{published.index}  {published.pages} pages, {published.rendered} rendered now  sha256 {published.sha256[:12]}"
    )


def taken_line(taken: Any) -> str:
    """Return the line of a file that was taken in, with what was normalised in it and what was flagged, first rows."""
    counts = Counter(note.code for note in taken.notes)
    notes = "  normalised: " + ", ".join(f"{count} {code}" for code, count in counts.items()) if counts else ""
    rows: dict[str, list[int]] = {}
    for flag in taken.flags:
        rows.setdefault(flag.code, []).append(flag.row)
    told = ", ".join(f"{len(found)} {code} (row {found[0]})" for code, found in rows.items())
    flags = f"  flagged: {told}" if told else ""
    line = f"{taken.name}  {taken.table}: {taken.new} new, {taken.known} known  sha256 {taken.sha256[:12]}"
    return line + flags + notes
