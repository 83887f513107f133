"""The command line: a verb per step. Output is a line per artefact; the exit code says how it ended.

Exit codes: 0 done, 1 bug, 2 input refused, 3 input held for a decision, 4 diagnostics failed.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from clusterscore.errors import ClusterscoreError
from clusterscore.paths import WORKSPACE_VARIABLE, Workspace
from clusterscore.vocabulary import Exit

app = typer.Typer(
    name="clusterscore",
    help="Measure the competitiveness of business clusters: files in, posterior, scores, pages out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

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


def main() -> None:
    """Run the command line; a known error ends in one message and its exit code, without a traceback."""
    try:
        app()
    except ClusterscoreError as error:
        _fail(error, error.record(), error.exit_code)
    except OSError as error:  # a full disk, a folder that may not be written
        _fail(error, {"error": type(error).__name__, "message": str(error)}, Exit.BUG)


def _fail(error: Exception, record: Mapping[str, Any], exit_code: int) -> NoReturn:
    if "--json" in sys.argv:
        print(json.dumps(record, ensure_ascii=False, indent=2))
    else:
        print(f"clusterscore: {error}", file=sys.stderr)
    sys.exit(exit_code)


def _say(as_json: bool, record: Any, lines: Iterable[str]) -> None:
    if as_json:
        print(json.dumps(record, ensure_ascii=False, indent=2, default=_plain))
    else:
        for line in lines:
            print(line)


def _plain(value: Any) -> Any:
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else str(value)


def _artefact(artefact: Any) -> str:
    return f"{artefact.path}  {artefact.rows} rows  sha256 {artefact.sha256[:12]}"


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
        list[Path] | None, typer.Argument(help="Canonical CSV files; default: all files kept in data/raw.")
    ] = None,
    source: Annotated[str, typer.Option(help="Who sent them: small letters, digits, hyphens.")] = "received",
    who: Annotated[
        str | None, typer.Option(help="Who takes them in; default: the user's name on this machine.")
    ] = None,
    demonstration: Annotated[
        bool, typer.Option("--demonstration", help="The files are invented; every page will say so.")
    ] = False,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Validate files and record their observations: all of them, or nothing and every fault."""
    from clusterscore import steps

    taken, head = steps.ingest(
        Workspace.find(workspace), files or (), who=who, source=source, demonstration=demonstration
    )
    lines = [f"{t.name}  {t.table}: {t.new} new, {t.known} known  sha256 {t.sha256[:12]}" for t in taken]
    _say(as_json, {"taken": taken, "head": str(head)}, [*lines, f"ledger head {head}"])


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
    _say(as_json, run, [line, *beside])


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
    _say(as_json, {"approximate": True, "run": run, "scores": scores.to_dict("records")}, [line, *lines])


@app.command()
def update(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Canonical CSV files; without any, what the ledger already holds.")
    ] = None,
    source: Annotated[str, typer.Option(help="Who sent them: small letters, digits, hyphens.")] = "received",
    who: Annotated[
        str | None, typer.Option(help="Who takes them in; default: the user's name on this machine.")
    ] = None,
    demonstration: Annotated[
        bool, typer.Option("--demonstration", help="The files are invented; every page will say so.")
    ] = False,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Record observations and correct every posterior for them at once; it says which way was taken and why."""
    from clusterscore import correct
    from clusterscore.progress import bars

    place = Workspace.find(workspace)
    with bars(quiet=as_json) as told:
        taken, head, corrected = correct.update(
            place, files or (), who=who, source=source, demonstration=demonstration, progress=told
        )
    lines = [f"{t.name}  {t.table}: {t.new} new, {t.known} known  sha256 {t.sha256[:12]}" for t in taken]
    lines += [line for found in corrected for line in _correction(found)]
    _say(as_json, {"taken": taken, "head": str(head), "corrected": corrected}, [*lines, f"ledger head {head}"])


def _correction(found: Any) -> list[str]:
    """Say how a posterior was corrected, and what moved most."""
    run, told = found.run, found.update
    name = f"{run.function} {run.edition} {run.id}"
    if told is None:
        return [f"{name}  sampled: package or document have changed since"]
    shape = "" if told.pareto_k is None or told.way == "known" else f", Pareto k {told.pareto_k:.2f}"
    lines = [
        f"{name}  {told.way} in {told.seconds:.2f} s: {told.came} came, {told.went} went, ESS {told.ess:.0f}{shape}"
    ]
    lines += [f"  why: {reason}" for reason in told.why]
    lines += [
        f"  {row.unit}  standing {row.before:+.2f} -> {row.after:+.2f} (sd {row.sd:.2f}), {row.shift:+.2f} sd"
        for row in told.moved.head(3).itertuples()
        if told.way != "known" and row.shift == row.shift
    ]
    checked = (run.update or {}).get("compared")
    if checked:
        verdict = "WITHDRAWN, too far off" if checked["withdrawn"] else f"within the limit of {checked['limit']}"
        lines.append(f"  the running posterior was off by {checked['shift']:+.2f} sd at {checked['unit']}: {verdict}")
    return lines


UnitName = Annotated[str, typer.Option("--cluster", help="Id of the cluster (or region, team, member).")]


@app.command()
def history(
    cluster: UnitName,
    function: FunctionName = "competitiveness",
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Show a score over time of arrival: each posterior, how it was found, and what came before it."""
    from clusterscore import correct

    table = correct.history(Workspace.find(workspace), function, cluster)
    lines = [
        f"{row.created}  {row.records} records  {row.edition}  {row.score:.0f} ({row.q05:.0f} to {row.q95:.0f})  "
        f"{row.way}{' WITHDRAWN' if row.withdrawn else ''}  {row.id}  {row.new}"
        for row in table.itertuples()
    ]
    _say(as_json, table.to_dict("records"), lines)


@app.command()
def explain(
    cluster: UnitName,
    function: FunctionName = "competitiveness",
    since: Annotated[
        str | None, typer.Option(help="Head of the ledger, count:digest; default: that of the posterior before.")
    ] = None,
    by: Annotated[str, typer.Option(help="batch, indicator or rater.")] = "batch",
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Say how much each batch, indicator or rater moved a score: what its absence would change."""
    from clusterscore import correct

    table = correct.explain(Workspace.find(workspace), function, cluster, correct.head_of(since), by)
    lines = [
        f"{row.group}  {row.n} observations  {row.shift:+.1f} points ({row.sd_shift:+.2f} sd)"
        if row.reliable
        else f"{row.group}  {row.n} observations  too much for re-weighting: only a new sampling could say"
        for row in table.itertuples()
    ]
    _say(as_json, table.to_dict("records"), lines)


@app.command()
def at(
    head: Annotated[str, typer.Option("--head", help="Head of the ledger, count:digest, as at the foot of each page.")],
    function: FunctionName = "competitiveness",
    edition: EditionYear = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Rebuild what was known at a head of the ledger: the scores as they were."""
    from clusterscore import correct

    run, table = correct.at(Workspace.find(workspace), function, correct.head_of(head), edition)
    lines = [
        f"{row.unit}  {row.year}  {row.score_mean:.1f} ({row.q05:.1f} to {row.q95:.1f})  rank {row.rank_q05} to "
        f"{row.rank_q95}  {row.verdict}"
        for row in table[table["year"] == run.edition].itertuples()
    ]
    _say(as_json, table.to_dict("records"), [f"posterior {run.id}, ledger head {run.head}", *lines])


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
    _say(as_json, made, map(_artefact, made))


@app.command()
def forecast(
    function: FunctionName,
    edition: EditionYear = None,
    through: Annotated[
        int | None, typer.Option("--through", help="Last year predicted; default: that of the next edition.")
    ] = None,
    who: Annotated[str | None, typer.Option(help="Who records them; default: the user's name on this machine.")] = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Predict the figures to come from a trusted posterior, and record that in the ledger before they come."""
    from clusterscore import forecasting

    made = forecasting.forecast(Workspace.find(workspace), function, edition, through, who)
    line = (
        f"forecasts of {function}, {made.edition + 1} to {made.through}, by posterior {made.posterior}: "
        f"{made.new} new, {len(made.table) - made.new} known"
    )
    record = {
        "posterior": made.posterior,
        "edition": made.edition,
        "through": made.through,
        "new": made.new,
        "head": str(made.head),
        "forecasts": made.table.to_dict("records"),
    }
    _say(as_json, record, [line, f"ledger head {made.head}"])


@app.command()
def skill(function: FunctionName, workspace: Place = None, as_json: Json = False) -> None:
    """Compare recorded forecasts with the figures that came, and with simple rivals; say what is shown."""
    from clusterscore import forecasting
    from clusterscore.frames import each
    from clusterscore.report import text

    found = forecasting.skill(Workspace.find(workspace), function)
    lines = [
        f"{row.baseline}  {row.rule}  n {row.n}  gain {text.nats(row.mean_gain)}  se {row.se:.3f}  "
        f"95 % confidence sequence {text.bounds(row.low, row.high)}  {'shown' if row.shown else 'not shown'}"
        for row in each(found.gains)
    ]
    counted = f"{found.ineligible} figures came before any forecast of them; {found.pending} forecasts wait"
    said = text.correction(found.gains)
    record = {
        "gains": found.gains.to_dict("records"),
        "ineligible": found.ineligible,
        "pending": found.pending,
        "sentence": said,
    }
    _say(as_json, record, [*lines, counted, said])


@app.command()
def report(
    cluster: Annotated[str, typer.Option("--cluster", help="Id of the cluster (or region, team, member).")],
    function: FunctionName = "competitiveness",
    edition: EditionYear = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Render the page of one cluster."""
    from clusterscore import steps

    place = Workspace.find(workspace)
    made = steps.render(place, function, edition or steps.newest_posterior(place, function), cluster)
    _say(as_json, made, [f"{made.index}  {made.bytes} bytes  sha256 {made.sha256[:12]}"])


@app.command()
def publish(
    function: FunctionName = "competitiveness",
    edition: EditionYear = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Render the pages of all clusters and the index of an edition."""
    from clusterscore import steps
    from clusterscore.progress import bars

    place = Workspace.find(workspace)
    with bars(quiet=as_json) as told:
        published = steps.publish(place, function, edition or steps.newest_posterior(place, function), told)
    _say(as_json, published, [_published(published)])


def _published(published: Any) -> str:
    return (
        f"{published.index}  {published.pages} pages, {published.rendered} rendered now  sha256 {published.sha256[:12]}"
    )


@app.command()
def publication(seed: Seed = 1, workspace: Place = None) -> None:
    """Do everything: take in data/raw, fit, score and publish every function that has observations."""
    from clusterscore import steps
    from clusterscore.progress import bars

    place = Workspace.find(workspace)
    with bars(quiet=False) as told:
        made = steps.publication(place, seed, told)
    for published in made:
        print(_published(published))


@app.command()
def ask(
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="Id of one cluster (or region, team, member); default: all.")
    ] = None,
    function: FunctionName = "competitiveness",
    edition: EditionYear = None,
    top: Annotated[int, typer.Option("--top", help="Proposals of each kind for each cluster.", min=1)] = 5,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """List what to ask next: the figures, questionnaires and single answers that would narrow a score most."""
    from clusterscore import steps
    from clusterscore.progress import bars

    place = Workspace.find(workspace)
    with bars(quiet=as_json) as told:
        year = edition or steps.newest_posterior(place, function)
        found = steps.ask(place, function, year, cluster, top, told)
    head = (
        f"{function} {year}  each by itself, as if it came next; variance of the score +- Monte Carlo standard error; "
        "levels are the quarters of the base cohort"
    )
    _say(as_json, {"proposals": found.to_dict("records")}, [head, *map(_proposal, found.itertuples(index=False))])


def _proposal(row: Any) -> str:
    """Say what one more observation is expected to do; what noise alone might do is called so."""
    what = f"{row.what} by {row.rater}" if row.rater else row.what
    said = [f"variance {-100.0 * row.variance_share:+.1f} % +- {100.0 * row.mc_error:.1f}"]
    said += [f"sd {row.sd_before:.1f} to {row.sd_after:.1f}" if row.above_noise else "not more than noise"]
    wrong = f"wrong level {100.0 * row.wrong_level_before:.0f} %"
    falls = row.wrong_level_before - row.wrong_level_after > 2.0 * row.wrong_level_error
    said += [f"{wrong} to {100.0 * row.wrong_level_after:.0f} %" if falls else wrong]
    said += [f"one of {row.n_as_good} that cannot be told apart"] if row.as_good and row.n_as_good > 1 else []
    return f"{row.unit}  {row.kind}  {what}: {', '.join(said)}"


@app.command()
def check(workspace: Place = None, as_json: Json = False) -> None:
    """Verify the digests of raw files, ledger, posteriors, scores and reports."""
    from clusterscore import audit

    verified = audit.check(Workspace.find(workspace))
    _say(as_json, {"verified": verified}, verified)


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
    _say(as_json, held, lines)


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
    from clusterscore import steps

    made = steps.simulate(Workspace.find(workspace), function, first_year, editions, seed, source)
    _say(as_json, made, map(_artefact, made))
