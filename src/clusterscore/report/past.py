"""What changed for a unit: over the years, and over what had come."""

from __future__ import annotations

from typing import Final

import pandas as pd

from clusterscore.frames import each, of_unit
from clusterscore.report import figures, text
from clusterscore.report.display import Html, Picture, Table, new_axes, paragraph
from clusterscore.report.language import say
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled

_MOST_STEPS: Final = 8


def change(data: EditionData, unit: str) -> Html:
    """What changed since the edition before."""
    return paragraph(text.movement(moved(data, unit)))


def moved(data: EditionData, unit: str) -> pd.Series | None:
    """Change since the edition before, if there was one."""
    table = of_unit(data.scores.changes, unit)
    row = table[table["year_to"] == data.edition]
    return row.iloc[0] if len(row) else None


def path(data: EditionData, unit: str) -> Picture:
    """The score over the years."""
    years = of_unit(data.scores.scores, unit).sort_values("year")
    years = years.assign(edition=years["year"].isin(data.editions))
    first, last = years.iloc[0], years.iloc[-1]
    start, end = text.points(first["score_median"]), text.points(last["score_median"])
    finding = say(
        "From {start} in {first} to {end} ({span}) in {last}",
        start=start,
        first=first["year"],
        end=end,
        span=text.span(last["q05"], last["q95"]),
        last=last["year"],
    )
    with styled():
        axes = figures.plot_path(years, ax=new_axes(WIDTH, 2.6), finding=finding)
    rows = [
        (str(r.year), text.points(r.score_median), text.span(r.q05, r.q95), text.ranks(r.rank_q05, r.rank_q95))
        for r in each(years)
    ]
    return Picture(
        axes,
        say("Score of {name} by year. {finding}.", name=data.names[unit], finding=finding),
        say(
            "Line: median. Band, and in brackets: {interval}. Dots: editions. "
            "All years are estimated again with everything known now.",
            interval=text.interval(),
        ),
        Table(
            say("Score by year"),
            (say("year"), say("median"), text.interval(), say("rank interval")),
            rows,
            folded=True,
        ),
    )


def history(data: EditionData, unit: str) -> Picture | Html:
    """The score over time of arrival, with what moved it."""
    past = data.history(unit)
    if len(past) < 2:  # noqa: PLR2004 - a path has two ends
        return paragraph(
            say("This is the first posterior of this edition, so there is no earlier one to compare with.")
        )
    shown = past.head(_MOST_STEPS)[::-1]
    first, last = shown.iloc[0], shown.iloc[-1]
    start, end = text.points(first["score"]), text.points(last["score"])
    same = start == end
    finding = say(
        "{path} ({span}) after {n} further records",
        path=say("Still {end}", end=end) if same else say("From {start} to {end}", start=start, end=end),
        span=text.span(last["q05"], last["q95"]),
        n=f"{last['records'] - first['records']:,}",
    )
    with styled():
        axes = figures.plot_history(shown, ax=new_axes(WIDTH, 2.6), finding=finding)
    ways = {"reweighted": "re-weighted", "moved": "moved", "sampled": "sampled anew"}
    rows = [
        (
            f"{r.records:,}",
            text.points(r.score),
            text.span(r.q05, r.q95),
            say(ways[r.way]) + (say(", withdrawn") if r.withdrawn else ""),
            r.new,
        )
        for r in each(past.head(_MOST_STEPS))
    ]
    return Picture(
        axes,
        say(
            "Score of {name} in {n} posteriors, by time of arrival. {finding}.",
            name=data.names[unit],
            n=len(shown),
            finding=finding,
        ),
        say(
            "Dot: score at the mean standing, filled where everything was sampled anew. Line, and in brackets: "
            "{interval}. Always for the edition's last year: what was believed when so many records were known.",
            interval=text.interval(),
        ),
        Table(
            say("What was believed, the newest first"),
            (say("records"), say("score"), text.interval(), say("found by"), say("what had come")),
            rows,
            folded=True,
        ),
    )
