"""The command line, verbs on a running posterior: corrected, looked back on, held to what it foretold, asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from clusterscore.console import (
    Demonstration,
    EditionYear,
    Encoding,
    FunctionName,
    Json,
    Language,
    NumberLocale,
    Place,
    Source,
    UnitName,
    Who,
    say,
    taken_line,
)
from clusterscore.paths import Workspace

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer()

_SHOWN: Final = 3  # units, of those that moved and of those that are new


@app.command()
def update(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Canonical CSV files; without any, what the ledger already holds.")
    ] = None,
    source: Source = "received",
    who: Who = None,
    demonstration: Demonstration = False,
    locale: NumberLocale = None,
    encoding: Encoding = None,
    language: Language = "en",  # noqa: ARG001 - of messages, which are printed where the call ends
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Record observations and correct every posterior for them at once; it says which way was taken and why."""
    from clusterscore import correct
    from clusterscore.progress import bars

    place = Workspace.find(workspace)
    with bars(quiet=as_json) as told:
        taken, head, corrected = correct.update(
            place,
            files or (),
            who=who,
            source=source,
            demonstration=demonstration,
            locale=locale,
            encoding=encoding,
            progress=told,
        )
    lines = [*map(taken_line, taken)]
    lines += [line for found in corrected for line in _correction(found)]
    say(as_json, {"taken": taken, "head": str(head), "corrected": corrected}, [*lines, f"ledger head {head}"])


def _correction(found: Any) -> list[str]:
    """Say how a posterior was corrected, and what moved most."""
    run, told = found.run, found.update
    name = f"{run.function} {run.edition} {run.id}"
    if told is None:
        why = "nothing came that it is about" if found.way == "known" else "package or document have changed since"
        return [f"{name}  {found.way}: {why}"]
    shape = "" if told.pareto_k is None or told.way == "known" else f", Pareto k {told.pareto_k:.2f}"
    lines = [
        f"{name}  {told.way} in {told.seconds:.2f} s: {told.came} came, {told.went} went, ESS {told.ess:.0f}{shape}"
    ]
    lines += [f"  why: {reason}" for reason in told.why]
    lines += [] if told.way == "known" else _moved(told.moved)
    checked = (run.update or {}).get("compared")
    if checked:
        verdict = "WITHDRAWN, too far off" if checked["withdrawn"] else f"within the limit of {checked['limit']}"
        lines.append(f"  the running posterior was off by {checked['shift']:+.2f} sd at {checked['unit']}: {verdict}")
    return lines


def _moved(moved: pd.DataFrame) -> list[str]:
    """Say which units moved most, and which have a standing for the first time."""
    known = moved["before"].notna()
    lines = [
        f"  {row.unit}  standing {row.before:+.2f} -> {row.after:+.2f} (sd {row.sd:.2f}), {row.shift:+.2f} sd"
        for row in moved[known].head(_SHOWN).itertuples()
    ]
    first = [f"  {row.unit}  is new: standing {row.after:+.2f} (sd {row.sd:.2f})" for row in moved[~known].itertuples()]
    more = [f"  and {len(first) - _SHOWN} more that are new"] if len(first) > _SHOWN else []
    return [*lines, *first[:_SHOWN], *more]


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
    say(as_json, table.to_dict("records"), lines)


@app.command()
def explain(
    cluster: UnitName,
    function: FunctionName = "competitiveness",
    since: Annotated[
        str | None, typer.Option(help="Head of the ledger, count:digest; default: that of the posterior before.")
    ] = None,
    by: Annotated[str, typer.Option(help="batch, indicator or rater.")] = "batch",
    quick: Annotated[
        bool, typer.Option("--quick", help="Never sample anew, which takes minutes; say what is not known instead.")
    ] = False,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Say how much each batch, indicator or rater moved a score: what its absence would change."""
    from clusterscore import correct
    from clusterscore.posterior.update import sampler
    from clusterscore.progress import bars

    with bars(quiet=as_json or quick) as told:
        refit = None if quick else sampler(told)
        table = correct.explain(Workspace.find(workspace), function, cluster, correct.head_of(since), by, refit=refit)
    say(as_json, table.to_dict("records"), [_explained(row) for row in table.itertuples()])


def _explained(row: Any) -> str:
    """Say what the absence of a group of observations would change."""
    what = f"{row.group}  {row.n} observations"
    if not row.reliable:
        return f"{what}  too much for re-weighting: only a new sampling could say"
    if row.shift != row.shift:
        return f"{what}  without them nothing is known of this score"
    return f"{what}  {row.shift:+.1f} points ({row.sd_shift:+.2f} sd)  {row.way}"


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
    say(as_json, table.to_dict("records"), [f"posterior {run.id}, ledger head {run.head}", *lines])


@app.command()
def forecast(
    function: FunctionName,
    edition: EditionYear = None,
    through: Annotated[
        int | None, typer.Option("--through", help="Last year predicted; default: that of the next edition.")
    ] = None,
    who: Who = None,
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
        "widths": made.widths,
    }
    learnt = [
        f"{indicator}: {width:.2f} times as wide as the posterior says, as forecasts before turned out"
        for indicator, width in made.widths.items()
    ]
    say(as_json, record, [line, *learnt, f"ledger head {made.head}"])


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
    say(as_json, record, [*lines, counted, said])


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
    say(as_json, {"proposals": found.to_dict("records")}, [head, *map(_proposal, found.itertuples(index=False))])


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
