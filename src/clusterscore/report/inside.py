"""What a unit's score is made of, where the unit works, and what is not known of it."""

from __future__ import annotations

from clusterscore.frames import each, of_unit
from clusterscore.report import figures, text
from clusterscore.report.display import Html, Picture, Table, new_axes, paragraph, sentences
from clusterscore.report.language import say
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled


def pillars(data: EditionData, unit: str) -> Picture | Html:
    """Standing on each pillar, beside the field's median."""
    if len(data.function.pillars) == 1:
        return paragraph(say("This function has one pillar, so there is nothing to take apart."))
    table = data.scores.pillars[data.scores.pillars["year"] == data.edition]
    field = table.groupby("pillar")["mean"].median()
    mine = of_unit(table, unit).assign(
        title=lambda t: t["pillar"].map(data.pillar_titles), field=lambda t: t["pillar"].map(field)
    )
    finding = text.contrast(mine)
    with styled():
        axes = figures.plot_pillars(mine, ax=new_axes(WIDTH, 1.2 + 0.32 * len(mine)), finding=finding)
    rows = [(r.title, text.points(r.mean), text.span(r.q05, r.q95), text.points(r.field)) for r in each(mine)]
    return Picture(
        axes,
        say("Standing of {name} on {n} pillars. {finding}.", name=data.names[unit], n=len(mine), finding=finding),
        say(
            "Dot: mean. Line: {interval}. Bar: median of all {plural}. "
            "Standing within the base edition's cohort, 0 to 100.",
            interval=text.interval(),
            plural=say(data.plural),
        ),
        Table(
            say("Standing by pillar"),
            (say("pillar"), say("mean"), text.interval(), say("median of all")),
            rows,
            folded=True,
        ),
    )


def region(data: EditionData, unit: str) -> Html:
    """Show how concentrated the unit's sector is in its region, where employment was counted."""
    table = of_unit(data.scores.quotients, unit)
    about = of_unit(data.scores.units, unit).iloc[0]
    if table.empty:
        parts = [part for part in (about["region"], about["sector"]) if isinstance(part, str)]
        place = say(" and ").join(parts) or say("its place")
        return paragraph(say("No table of employment covers {place}, so no location quotient is known.", place=place))
    row = table.sort_values("year").iloc[-1]
    return paragraph(text.concentration(row))


def unknown(data: EditionData, unit: str) -> Html:
    """What is missing, and which pillars are least certain."""
    row = data.validation(unit)
    table = data.scores.pillars[data.scores.pillars["year"] == data.edition]
    mine = of_unit(table, unit).assign(width=lambda t: t["q95"] - t["q05"]).sort_values("width", ascending=False)
    widest = ", ".join(
        f"{data.pillar_titles[r.pillar].lower()} ({text.span(r.q05, r.q95)})" for r in each(mine.head(2))
    )
    counted = not of_unit(data.scores.quotients, unit).empty
    own = [part for part in data.function.indicators if part.of == "unit" and (counted or not part.derived)]
    possible = len(own) * data.function.edition.every
    needed = say(
        "Independent raters in this edition: {n}; a verdict needs {minimum}.",
        n=row["n_raters"],
        minimum=data.minimum_raters,
    )
    return sentences(
        [
            say("Figures in this edition: {n} of {possible} possible.", n=row["n_figures"], possible=possible),
            needed if data.minimum_raters else say("No peers are asked."),
            say("Least certain: {widest}.", widest=widest),
        ]
    )
