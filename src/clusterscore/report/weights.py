"""The weights of the pillars: what was agreed, and what the peers' overall judgement made of it."""

from __future__ import annotations

from typing import Final

import pandas as pd

from clusterscore.frames import each
from clusterscore.report import figures, text
from clusterscore.report.display import Html, Picture, Table, new_axes, paragraph
from clusterscore.report.language import say
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled

_MOST_BEFORE: Final = 4
"""Earlier posteriors that a table of weights shows."""


def weights(data: EditionData) -> Picture | Html:
    """What the function consists of, before and after the data."""
    if len(data.function.pillars) == 1:
        return paragraph(say("This function has one pillar, so its weight is 1."))
    table = data.scores.weights.assign(title=lambda t: t["pillar"].map(data.pillar_titles))
    earlier = data.weights_before()
    if len(earlier):
        last = earlier[earlier["id"] == earlier["id"].iloc[0]].set_index("pillar")["mean"]
        table = table.assign(before=table["pillar"].map(last))
    moved = 100 * (table["mean"] - table["prior_mean"]).abs()
    finding = say(
        "The weights moved by at most {most} percentage points ({pillar})",
        most=text.fixed(moved.max(), 1),
        pillar=table["title"].iloc[int(moved.argmax())].lower(),
    )
    with styled():
        axes = figures.plot_weights(table, ax=new_axes(WIDTH, 1.2 + 0.32 * len(table)), finding=finding)
    drawn = [
        say("Bar: agreed. Dot: posterior mean."),
        *([say("Circle: in the posterior before.")] * bool(len(earlier))),
    ]
    said = say("Line: {interval}. Only the peers' overall judgement can move weights.", interval=text.interval())
    return Picture(
        axes,
        say("Weights of {n} pillars before and after the data. {finding}.", n=len(table), finding=finding),
        " ".join([*drawn, said]),
        _weight_table(table, earlier),
    )


def _weight_table(table: pd.DataFrame, earlier: pd.DataFrame) -> Table:
    """Weights now beside what was agreed and what was believed before, with the evidence of each."""
    known = list(earlier.groupby("id", sort=False))[:_MOST_BEFORE]
    rows = [
        (
            r.title,
            _share(r.prior_mean),
            _share(r.mean),
            text.joined(text.fixed(100 * r.q05, 1), _share(r.q95)),
            *(_share(one.set_index("pillar")["mean"][r.pillar]) for _, one in known),
        )
        for r in each(table)
    ]
    told = [
        say(
            "mean from {figures} figures, {answers} answers",
            figures=text.fixed(one["figures"].iloc[0], 0),
            answers=text.fixed(one["answers"].iloc[0], 0),
        )
        for _, one in known
    ]
    columns = (say("pillar"), say("agreed"), say("posterior mean"), text.interval(), *told)
    return Table(say("Weights of the pillars"), columns, rows, folded=True)


def _share(part: float) -> str:
    """Return a weight as a percentage with one digit: weights move by little."""
    return f"{text.fixed(100 * part, 1)} %"
