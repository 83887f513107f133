"""The command line: a verb per step. Output is a line per artefact; the exit code says how it ended.

Exit codes: 0 done, 1 bug, 2 input refused, 3 input held for a decision, 4 diagnostics failed.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from clusterscore import cli_door, cli_publishing, cli_register, cli_running, cli_sending
from clusterscore.console import (
    Demonstration,
    EditionYear,
    Encoding,
    FunctionName,
    Json,
    Language,
    MappingName,
    Marked,
    NumberLocale,
    Place,
    Seed,
    Source,
    Who,
    artefact_line,
    asked_language,
    published_line,
    say,
    taken_line,
)
from clusterscore.errors import ClusterscoreError, InputHeld, InputRefused
from clusterscore.paths import Workspace
from clusterscore.vocabulary import Exit

_OBJECTS = 1_000_000
"""Objects made before those are sought that hold each other: a ledger makes many that last, a call of a verb few."""

app = typer.Typer(
    name="clusterscore",
    help="Measure the competitiveness of business clusters: files in, posterior, scores, pages out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line; a known error ends in one message and its exit code, without a traceback."""
    gc.set_threshold(_OBJECTS)
    try:
        app()
    except ClusterscoreError as error:
        _fail(error, error.record(), error.exit_code)
    except OSError as error:  # a full disk, a folder that may not be written
        _fail(error, {"error": type(error).__name__, "message": str(error)}, Exit.BUG)
    finally:
        gc.freeze()  # what is left goes with the process: to look through it would take most of a second


def _fail(error: Exception, record: Mapping[str, Any], exit_code: int) -> NoReturn:
    from clusterscore.messages.catalogue import explained, message

    language, codes = asked_language(), _codes(error)
    if "--json" in sys.argv:
        told = {code: asdict(found) for code in codes if (found := message(code, language)) is not None}
        print(json.dumps({**record, "messages": told} if codes else record, ensure_ascii=False, indent=2))
    else:
        print("\n".join([f"clusterscore: {error}", *explained(codes, language)]), file=sys.stderr)
    sys.exit(exit_code)


def _codes(error: Exception) -> list[str]:
    """Return the code of every fault or doubt that an error is about."""
    faults = error.faults if isinstance(error, InputRefused) else ()
    doubts = error.doubts if isinstance(error, InputHeld) else ()
    return [fault.code for fault in faults] + [doubt.fault.code for doubt in doubts]


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    function: Annotated[
        str, typer.Option("--function", help="A function of the shipped workspace, or the path of a document.")
    ],
    workspace: Place = None,
) -> None:
    """Make an empty workspace with one function."""
    from clusterscore import steps

    document = Path(function) if function.endswith(".yml") else steps.document_of(_shipped(workspace), function)
    made = steps.new(folder, document)
    print(f"{made.root}  function {document.stem}; next: clusterscore ingest --workspace {folder} FILES")


def _shipped(workspace: Path | None) -> Workspace:
    """Return the workspace from which a new one takes its function: the one named, the current one, or the checkout."""
    checkout = Path(__file__).resolve().parents[2]
    here = Path.cwd()
    return Workspace.find(workspace or (here if (here / "functions").is_dir() else checkout))


@app.command()
def ingest(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Canonical CSV files, workbooks that were sent out, exports of survey tools; "
            "default: all files kept in data/raw."
        ),
    ] = None,
    source: Source = "received",
    who: Who = None,
    demonstration: Demonstration = False,
    mapping: MappingName = None,
    locale: NumberLocale = None,
    encoding: Encoding = None,
    marked: Marked = None,
    language: Language = "en",
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Validate files and record their observations: all of them, or nothing and every fault."""
    from clusterscore import steps

    place = Workspace.find(workspace)
    try:
        taken, head = steps.ingest(
            place,
            files or (),
            who=who,
            source=source,
            demonstration=demonstration,
            mapping=mapping,
            locale=locale,
            encoding=encoding,
        )
    except (InputRefused, InputHeld) as error:
        if marked is not None:
            _mark(place, files or [], error, marked, language, encoding)
        raise
    lines = [*map(taken_line, taken)]
    say(as_json, {"taken": taken, "head": str(head)}, [*lines, f"ledger head {head}"])


def _mark(
    place: Workspace,
    files: list[Path],
    error: InputRefused | InputHeld,
    folder: Path,
    language: str,
    encoding: str | None,
) -> None:
    """Write marked-up copies of files that were refused or are held, and say where they are."""
    from clusterscore import exchange

    faults = error.faults if isinstance(error, InputRefused) else [doubt.fault for doubt in error.doubts]
    for path in exchange.marked(place, files, faults, folder, language, encoding):
        print(f"{path}  a marked-up copy, to be sent back", file=sys.stderr)


@app.command()
def fit(
    function: FunctionName,
    edition: EditionYear = None,
    seed: Seed = 1,
    fast: Annotated[
        bool, typer.Option("--fast", help="A first look in seconds: approximate scores, which are never published.")
    ] = False,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Draw the posterior of a function, and what each channel says alone; a fit that fails a diagnostic is refused."""
    from clusterscore import steps
    from clusterscore.progress import bars

    place = Workspace.find(workspace)
    with bars(quiet=as_json) as told:
        run, folder, drawn = steps.fit(place, function, edition, seed, told, fast=fast)
        alone = [] if fast else steps.fit_channels(place, run, told)
    if fast:
        _look(place.relative(folder), run, steps.first_look(place, run), as_json)
        return
    worst = min((row for row in run.diagnostics["worst"] if row["published"]), key=lambda row: row["ess_bulk"])
    line = (
        f"{place.relative(folder)}  {'drawn' if drawn else 'known'}; {run.design['units']} units, "
        f"{run.design['figures']} figures, {run.design['answers']} answers; "
        f"smallest published ESS {worst['ess_bulk']:.0f} ({worst['variable']}); ledger head {run.head[:20]}"
    )
    beside = [f"{place.relative(one.home(place) / one.id)}  what the {one.channel} say alone" for one in alone]
    say(as_json, run, [line, *beside])


def _look(folder: str, run: Any, scores: Any, as_json: bool) -> None:
    """Say about where units stand; every line says that it is an approximation."""
    k = run.diagnostics["pareto_k"]
    check = (
        "re-weighted to the target" if run.diagnostics["reweighted"] else "too far from the target to be re-weighted"
    )
    lines = [
        f"approximate  {row.unit}  {row.median:.0f} ({row.q05:.0f} to {row.q95:.0f})"
        for row in scores.itertuples(index=False)
    ]
    line = f"{folder}  approximate, not for publication; Pareto k {k:.1f}: {check}; score, central 90 % interval"
    say(as_json, {"approximate": True, "run": run, "scores": scores.to_dict("records")}, [line, *lines])


@app.command()
def scores(
    function: FunctionName,
    edition: EditionYear = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Write the published tables of a trusted posterior."""
    from clusterscore import steps

    place = Workspace.find(workspace)
    made = steps.score(place, function, edition or steps.newest_posterior(place, function))
    say(as_json, made, map(artefact_line, made))


@app.command()
def publication(seed: Seed = 1, workspace: Place = None) -> None:
    """Do everything: take in data/raw, fit, score and publish every function that has observations."""
    from clusterscore import publishing
    from clusterscore.progress import bars

    place = Workspace.find(workspace)
    with bars(quiet=False) as told:
        made = publishing.publication(place, seed, told)
    for published in made:
        print(published_line(published))


@app.command()
def check(
    edition: Annotated[
        Path | None, typer.Argument(help="Folder of a published edition, to be computed again and compared.")
    ] = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Verify the digests of everything; with an edition, also compute its tables and pages again."""
    from clusterscore import audit

    place = Workspace.find(workspace)
    verified = audit.check(place)
    if edition is not None:
        from clusterscore import publishing
        from clusterscore.errors import UnknownName
        from clusterscore.progress import bars

        if not edition.name.isdecimal():
            raise UnknownName("published edition", str(edition), ())
        with bars(quiet=as_json) as told:
            verified += publishing.recomputed(place, int(edition.name), told)
    say(as_json, {"verified": verified}, verified)


@app.command()
def status(workspace: Place = None, as_json: Json = False) -> None:
    """Say what the workspace holds."""
    from clusterscore import steps

    held = steps.status(Workspace.find(workspace))
    lines = [
        f"workspace {held.root}",
        f"functions {', '.join(held.functions)}",
        "observed " + ", ".join(f"{count} {name}" for name, count in held.observations.items()),
        f"ledger head {held.head}",
        *(
            f"posterior {row['function']} {row['edition']} {row['id']} {row['status']} {row['created']}"
            for row in held.posteriors
        ),
        *(f"edition {name}" for name in held.editions),
    ]
    say(as_json, held, lines)


@app.command()
def simulate(
    first_year: Annotated[int, typer.Option(help="First year with figures.")],
    function: FunctionName = "competitiveness",
    editions: Annotated[int, typer.Option(help="Number of editions.", min=3)] = 5,
    seed: Annotated[int, typer.Option(help="Seed of all draws.")] = 20,
    source: Annotated[str, typer.Option(help="Folder under data/raw.")] = "demonstration-association",
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Write the files of an invented association, drawn from the model, marked as demonstration."""
    from clusterscore import inventing

    made = inventing.simulate(Workspace.find(workspace), function, first_year, editions, seed, source)
    say(as_json, made, map(artefact_line, made))


app.add_typer(cli_door.app)
app.add_typer(cli_running.app)
app.add_typer(cli_publishing.app)
app.add_typer(cli_register.app)
app.add_typer(cli_sending.app)
