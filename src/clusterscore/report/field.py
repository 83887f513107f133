"""A unit's score and where it lies in the whole field."""

from __future__ import annotations

from typing import Final

import pandas as pd
from markupsafe import Markup

from clusterscore.frames import each, of_unit
from clusterscore.report import figures, text
from clusterscore.report.display import Picture, Table, link, new_axes
from clusterscore.report.language import say
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled
from clusterscore.vocabulary import INTERVAL_MASS

MOST_ROWS: Final = 61
"""Rows of a figure of the field: more cannot be read."""


def certainty(data: EditionData, unit: str) -> Picture:
    """Twenty equally likely scores."""
    dots = of_unit(data.scores.quantiles, unit)["score"]
    row = data.row(unit)
    finding = say(
        "The score {between} with a probability of {mass}",
        between=text.between(row["q05"], row["q95"]),
        mass=text.percent(INTERVAL_MASS),
    )
    with styled():
        axes = figures.plot_dots(dots, ax=new_axes(WIDTH, 1.7), finding=finding)
    return Picture(
        axes,
        say(
            "Dot plot of the score of {name}: median {median}, {interval} {span}.",
            name=data.names[unit],
            median=text.points(row["score_median"]),
            interval=text.interval(),
            span=text.span(row["q05"], row["q95"]),
        ),
        say("Each dot is one chance in twenty. Score: standing within the base edition's cohort, 0 to 100."),
        Table(
            say("Equally likely scores, each one chance in twenty"),
            (say("dot"), say("score")),
            [(str(n), text.fixed(s, 1)) for n, s in enumerate(dots, 1)],
            folded=True,
        ),
    )


def standing(data: EditionData, unit: str) -> Picture:
    """The unit within the field, as intervals; in a large field, its neighbours."""
    row = data.row(unit)
    field = data.current
    place = text.ranks(row["rank_q05"], row["rank_q95"])
    finding = say(
        "Its rank among {n} {plural} is {place}, with a probability of {mass}",
        n=len(field),
        plural=say(data.plural),
        place=place,
        mass=text.percent(INTERVAL_MASS),
    )
    shown = neighbours(field, unit)
    fewer = len(shown) < len(field)
    part = " " + say("Shown: the {n} nearest of {all}.", n=len(shown), all=len(field)) if fewer else ""
    with styled():
        axes = new_axes(WIDTH, 0.7 + 0.21 * len(shown))
        figures.plot_field(shown, data.names, ax=axes, finding=finding, highlight=unit)
    return Picture(
        axes,
        say(
            "Scores of {n} {plural} with intervals. {name} is highlighted: {span}. {finding}.",
            n=len(shown),
            plural=say(data.plural),
            name=data.names[unit],
            span=text.span(row["q05"], row["q95"]),
            finding=finding,
        ),
        text.field_caption() + part,
        score_table(data, say("Scores, edition {edition}", edition=data.edition), shown, linked="", folded=True),
    )


def neighbours(field: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return the rows around a unit, at most :data:`MOST_ROWS`; ``field`` is ordered."""
    place = int((field["unit"] == unit).to_numpy().argmax())
    start = max(0, min(place - MOST_ROWS // 2, len(field) - MOST_ROWS))
    return field.iloc[start : start + MOST_ROWS]


def score_table(data: EditionData, caption: str, rows: pd.DataFrame, *, linked: str | None, folded: bool) -> Table:
    """Return the table of units of an edition, best first.

    Parameters
    ----------
    rows
        The rows of ``data.current`` to be shown.
    linked
        Folder of the units' pages as seen from this page, or None for names without links.
    """
    cells = []
    for row in each(rows):
        name: str | Markup = data.names[row.unit]
        if linked is not None:
            name = link(name, f"{linked}{row.unit}.html")
        score, span = text.points(row.score_median), text.span(row.q05, row.q95)
        cells.append((name, score, span, text.ranks(row.rank_q05, row.rank_q95), say(row.verdict)))
    columns = (
        say(data.function.kind),
        say("score (median)"),
        text.interval(),
        say("rank interval"),
        say("peers' verdict"),
    )
    return Table(caption, columns, cells, folded)
