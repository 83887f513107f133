"""The parts of an edition about the whole field: pillars, regions, sectors, management teams, members."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from clusterscore.frames import each
from clusterscore.model.function import Indicator, read_functions
from clusterscore.report import drawings, text
from clusterscore.report.display import Html, Picture, Table, new_axes, ordered, paragraph
from clusterscore.report.finding import findable
from clusterscore.report.language import document, measured_in, of, say
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.style import WIDTH, styled
from clusterscore.report.tiles import tiles
from clusterscore.vocabulary import INTERVAL_MASS, Kind

_HOW: Final = "they are made together with recommendations."
_DOTS: Final = 20
_A_DOT: Final = 5
"""Members that a dot stands for at least: what is shown is their mean, so that nobody is recognised."""


def pillars(data: EditionData) -> tuple[Picture, ...]:
    """Show how the units are spread on each pillar."""
    table = data.scores.pillars[data.scores.pillars["year"] == data.edition]
    return tuple(_pillar(data, pillar, table[table["pillar"] == pillar]) for pillar in data.pillar_titles)


def _pillar(data: EditionData, pillar: str, rows: pd.DataFrame) -> Picture:
    title, field, plural = data.pillar_titles[pillar], ordered(rows, "mean"), say(data.plural)
    finding = say(
        "{title}: {above} of {n} {plural} clearly above 50, {below} clearly below",
        title=title,
        above=int((field["q05"] > 50).sum()),  # noqa: PLR2004 - the middle
        below=int((field["q95"] < 50).sum()),  # noqa: PLR2004 - the middle
        n=len(field),
        plural=plural,
    )
    with styled():
        axes = drawings.plot_strip(field.iloc[::-1], ax=new_axes(WIDTH, 1.5), finding=finding)
    cells = [(r.unit, data.names[r.unit], text.points(r.mean), text.span(r.q05, r.q95)) for r in each(field)]
    return Picture(
        axes,
        say("Standing of {n} {plural} on the pillar. {finding}.", n=len(field), plural=plural, finding=finding),
        say(
            "Each line is one of the {plural}: dot for the mean, line for the {interval}; 50 is the mean of the base "
            "edition.",
            plural=plural,
            interval=text.interval(),
        ),
        Table(
            say("Standing: {title}", title=title),
            (say("id"), say(data.function.kind), say("mean"), text.interval()),
            cells,
            folded=True,
        ),
    )


def companion(data: EditionData, kind: Kind) -> EditionData | None:
    """Return what is published of another kind of unit in this edition, or else in the last one before it."""
    if data.workspace is None:
        return None
    for name, function in sorted(read_functions(data.workspace.functions).items()):
        home = data.workspace.scores(name, data.edition).parent
        years = sorted(int(path.name) for path in home.glob("*") if path.name.isdecimal())
        known = [year for year in years if year <= data.edition]
        if function.kind == kind and known:
            return load_edition(data.workspace.root, name, known[-1])
    return None


def places(data: EditionData, by: str) -> pd.DataFrame:
    """Return the mean score of places from the tables of advice; nothing where they rest on another posterior."""
    found = data.advice("places")
    return found[found["by"] == by].reset_index(drop=True)


def region_map(data: EditionData) -> Picture | Html:
    """Show the mean score of each region's clusters on a map of tiles."""
    table = places(data, "region")
    arranged = tiles().tiles
    if table.empty or not set(table["value"]) & set(arranged):
        return paragraph(say("No mean scores of regions rest on this posterior; {how}", how=say(_HOW)))
    known = table.set_index("value").reindex(list(arranged))
    shown = known.assign(
        name=[one.name for one in arranged.values()],
        column=[one.column for one in arranged.values()],
        row=[one.row for one in arranged.values()],
        n=known["n"].fillna(0).astype(int),
    )
    finding, plural = _sure(table, "regions"), say(data.plural)
    with styled():
        axes = drawings.plot_tiles(shown, ax=new_axes(WIDTH, 4.6), finding=finding)
    elsewhere = sorted(set(table["value"]) - set(arranged))
    caption = say(
        "Number: mean score of the region's {plural}; below it: {interval} and how many there are. The arrangement of "
        "the tiles is our own.",
        plural=plural,
        interval=text.interval(),
    )
    beyond = " " + say("Not on the map: {places}.", places=", ".join(elsewhere)) if elsewhere else ""
    return Picture(
        axes,
        say(
            "Map of {n} regions as tiles, each with the mean score of its {plural}. {finding}.",
            n=len(arranged),
            plural=plural,
            finding=finding,
        ),
        caption + beyond,
        region_table(data, table),
    )


def region_table(data: EditionData, table: pd.DataFrame) -> Table:
    """Show what is known of clusters and of the region itself, side by side."""
    regions = companion(data, Kind.REGION)
    own = {} if regions is None else {row.unit: row for row in each(regions.current)}
    arranged = tiles().tiles
    rows = []
    for row in each(table):
        region = own.get(row.value)
        of_region = say("not known") if region is None else text.points(region.score_median)
        sure = "-" if region is None else text.span(region.q05, region.q95)
        name = f"{arranged[row.value].name} ({row.value})" if row.value in arranged else row.value
        standing = text.points(row.mean), text.span(row.q05, row.q95), text.percent(row.p_above)
        rows.append((name, str(row.n), *standing, of_region, sure))
    itself = say("the region itself")
    if regions is not None:
        itself = say("the region itself, edition {edition}", edition=regions.edition)
    of_clusters = (say("clusters"), say("mean score"), text.interval(), say("P(above the mean of all)"))
    columns = (say("region"), *of_clusters, itself, text.interval())
    return Table(say("Regions: their clusters, and the region itself"), columns, rows, folded=True)


def sectors(data: EditionData) -> Picture | Html:
    """Show the mean score of each sector's clusters."""
    table = places(data, "sector").sort_values(["mean", "value"], ascending=[False, True])
    if table.empty:
        return paragraph(say("No mean scores of sectors rest on this posterior; {how}", how=say(_HOW)))
    finding = _sure(table, "sectors")
    with styled():
        axes = drawings.plot_means(table, ax=new_axes(WIDTH, 0.9 + 0.26 * len(table)), finding=finding)
    rows = [
        (r.value, str(r.n), text.points(r.mean), text.span(r.q05, r.q95), text.percent(r.p_above)) for r in each(table)
    ]
    columns = (say("mean score"), text.interval(), say("P(above the mean of all)"))
    return Picture(
        axes,
        say("Mean scores of {n} sectors with intervals. {finding}.", n=len(table), finding=finding),
        say(
            "Dot: mean score of the sector's {plural}. Line: {interval}. Bar at 50: mean of the base edition.",
            plural=say(data.plural),
            interval=text.interval(),
        ),
        Table(say("Sectors"), (say("sector"), say(data.plural), *columns), rows, folded=True),
    )


def _sure(table: pd.DataFrame, what: str) -> str:
    return say(
        "{above} of {n} {what} lie above the mean of all with a probability of at least {mass}, {below} below",
        above=int((table["p_above"] >= INTERVAL_MASS).sum()),
        n=len(table),
        what=say(what),
        mass=text.percent(INTERVAL_MASS),
        below=int((table["p_above"] <= 1.0 - INTERVAL_MASS).sum()),
    )


def quotients(data: EditionData) -> Table | Html:
    """Show how concentrated sectors are in their regions, where employment was counted."""
    table = data.scores.quotients
    if table.empty:
        return paragraph(say("No table of employment has come in, so no location quotient is known."))
    last = table.sort_values("year").drop_duplicates(["region", "sector"], keep="last")
    rows = [
        (
            say("{sector} in {region}", sector=r.sector, region=r.region),
            str(r.year),
            text.fixed(r.employed, 0),
            text.fixed(r.quotient, 2),
            say("yes") if r.strong else say("no"),
        )
        for r in each(last.sort_values(["quotient", "unit"], ascending=[False, True]))
    ]
    columns = (
        *(say("sector and region"), say("year"), say("employed"), say("location quotient")),
        say("strong by the rule of U.S. Cluster Mapping"),
    )
    return Table(say("Location quotients: ratios of counts, without an interval"), columns, rows)


def teams(data: EditionData) -> Picture | Html:
    """Show the scores of the management teams, which are another function, kept apart from the clusters'."""
    found = companion(data, Kind.TEAM)
    if found is None:
        return paragraph(say("No management team has been scored in this edition."))
    field = found.current.rename(columns={"score_median": "mean"})
    finding = say(
        "{above} of {n} management teams clearly above 50, {below} clearly below",
        above=int((field["q05"] > 50).sum()),  # noqa: PLR2004 - the middle
        below=int((field["q95"] < 50).sum()),  # noqa: PLR2004 - the middle
        n=len(field),
    )
    with styled():
        axes = drawings.plot_strip(field.iloc[::-1], ax=new_axes(WIDTH, 1.8), finding=finding)
    rows = [(found.names[r.unit], text.points(r.mean), text.span(r.q05, r.q95)) for r in each(field)]
    return Picture(
        axes,
        say("Scores of {n} management teams. {finding}.", n=len(field), finding=finding),
        say(
            "Each line is a team: dot for the median, line for the {interval}. Edition {edition}.",
            interval=text.interval(),
            edition=found.edition,
        ),
        Table(say("Management teams"), (say("team"), say("score (median)"), text.interval()), rows, folded=True),
    )


def members(data: EditionData) -> tuple[Picture | Html, ...]:
    """Show how members are spread, in groups that are too large for anybody to be recognised."""
    table = data.scores.members
    parts = {part.id: part for part in data.function.indicators if part.id in set(table["indicator"])}
    shown = [_members(parts[str(name)], rows["median"]) for name, rows in table.groupby("indicator") if _enough(rows)]
    if not shown:
        said = say(
            "Members are shown where at least {least} of them have figures; that many have not.", least=_DOTS * _A_DOT
        )
        return (paragraph(said),)
    return tuple(shown)


def _enough(rows: pd.DataFrame) -> bool:
    return len(rows) >= _DOTS * _A_DOT


def _members(part: Indicator, values: pd.Series) -> Picture:
    groups = np.array_split(np.sort(values.to_numpy()), _DOTS)
    means = pd.Series([float(group.mean()) for group in groups])
    title, measure = of(part.title), measured_in(part.measure)
    finding = say(
        "{title}: from {low} in the lowest twentieth of members to {high} in the highest",
        title=title,
        low=_amount(means.iloc[0]),
        high=_amount(means.iloc[-1]),
    )
    with styled():
        axes = drawings.plot_dots_of(means, measure, ax=new_axes(WIDTH, 1.7), finding=finding)
    return Picture(
        axes,
        say("Dot plot of {n} members. {finding}.", n=len(values), finding=finding),
        say(
            "Each dot is the mean of one twentieth of {n} members, at least {least} ({measure}). No member is shown "
            "alone.",
            n=len(values),
            least=min(len(group) for group in groups),
            measure=measure,
        ),
        Table(
            say("Members: {title}", title=title),
            (say("twentieth, the lowest first"), say("mean")),
            [(str(n), _amount(mean)) for n, mean in enumerate(means, 1)],
            folded=True,
        ),
    )


def _amount(value: float) -> str:
    return text.fixed(value, 0 if abs(value) >= 100 else 2)  # noqa: PLR2004 - digits that say something


def indicators(data: EditionData) -> Table:
    """List what is measured, each with its definition, so that it can be found and linked to."""
    counted = data.scores.indicators.set_index("indicator")["n_figures"]
    rows = [
        (
            findable(of(part.title), say("indicator"), f"indicator-{part.id}", also=f"{part.title.en} {part.title.ro}"),
            of(pillar.title),
            measured_in(part.measure),
            str(counted.get(part.id, 0)),
            Markup("{} <em>{}</em>").format(document(part.why), document(part.source)),
        )
        for pillar in data.function.pillars
        for part in pillar.indicators
    ]
    columns = (say("indicator"), say("pillar"), say("measure"), say("figures"), say("why and source"))
    return Table(say("Indicators, with what they measure and why"), columns, rows)
