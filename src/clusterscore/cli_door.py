"""The command line, verbs at the door: what waits for a decision, the decisions, and a rater's wish to be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from clusterscore.console import Json, Place, say, taken_line
from clusterscore.errors import printable
from clusterscore.paths import Workspace

app = typer.Typer()

DoubtName = Annotated[str, typer.Argument(help="Id of the doubt, such as D-0123456789; see clusterscore held.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded with the decision.")]
Decider = Annotated[str, typer.Option("--who", help="Name of the person who decides; it is recorded.")]


@app.command()
def held(workspace: Place = None, as_json: Json = False) -> None:
    """List the files that wait for a decision, with every doubt, what speaks for it, and what was decided so far."""
    from clusterscore import deciding
    from clusterscore.raw.held import as_record

    waiting = deciding.held(Workspace.find(workspace))
    lines = [line for parcel in waiting for line in _parcel(parcel)]
    say(as_json, {"held": [as_record(parcel) for parcel in waiting]}, lines or ["nothing waits for a decision"])


def _parcel(parcel: Any) -> Iterator[str]:
    files = ", ".join(map(printable, parcel.files.values()))
    yield f"{parcel.name}  {len(parcel.open)} of {len(parcel.doubts)} doubts open; {parcel.who}, {parcel.when}; {files}"
    for _, doubt in parcel.doubts:
        decision = parcel.decisions.get(doubt.id)
        yield f"  {doubt}"
        if decision is not None:
            yield f"    {decision.verdict}ed by {decision.who}, {decision.when:%Y-%m-%d}: {decision.reason}"


@app.command()
def accept(doubt: DoubtName, reason: Reason, who: Decider, workspace: Place = None, as_json: Json = False) -> None:
    """Say that a value in doubt is right; once all doubts about its files are decided, they are taken in."""
    from clusterscore import deciding

    _say(as_json, deciding.accept(Workspace.find(workspace), doubt, reason, who))


@app.command()
def reject(
    doubt: Annotated[str, typer.Argument(help="Id of the doubt, or name of a whole parcel; see clusterscore held.")],
    reason: Reason,
    who: Decider,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Say that a value in doubt is wrong; the file it stands in stays out."""
    from clusterscore import deciding

    _say(as_json, deciding.reject(Workspace.find(workspace), doubt, reason, who))


def _say(as_json: bool, decided: Any) -> None:
    from clusterscore.raw.held import as_record

    lines = [
        f"{parcel.name}  {len(parcel.open)} doubts left: {', '.join(doubt.id for doubt in parcel.open)}"
        if parcel.open
        else f"{parcel.name}  decided"
        for parcel in decided.parcels
    ]
    lines += map(taken_line, decided.taken)
    lines += [f"ledger head {decided.head}"] if decided.head else []
    record = {
        "parcels": [as_record(parcel) for parcel in decided.parcels],
        "taken": decided.taken,
        "head": str(decided.head) if decided.head else None,
    }
    say(as_json, record, lines)


@app.command()
def forget(
    rater: Annotated[str, typer.Argument(help="Pseudonym of the rater.")],
    reason: Reason,
    who: Decider,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Withdraw a rater's answers, take the rater out of the files received, and say what remains."""
    from clusterscore import forgetting

    done = forgetting.forget(Workspace.find(workspace), rater, reason, who)
    lines = [
        f"{done.rater}  {done.withdrawn} records withdrawn",
        *(f"{name}  {rows} rows taken out" for name, rows in done.redacted),
        *(f"{name}  removed" for name in done.removed),
        *(f"what remains: {line}" for line in done.remains),
        f"ledger head {done.head}",
    ]
    say(as_json, done, lines)
