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
from clusterscore.report.finding import both, findable
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.style import WIDTH, styled
from clusterscore.report.tiles import tiles
from clusterscore.vocabulary import INTERVAL_MASS, Kind

_UNKNOWN: Final = "No mean scores of {} rest on this posterior; they are made together with recommendations."
_DOTS: Final = 20
_A_DOT: Final = 5
"""Members that a dot stands for at least: what is shown is their mean, so that nobody is recognised."""


def pillars(data: EditionData) -> tuple[Picture, ...]:
    """Show how the units are spread on each pillar."""
    table = data.scores.pillars[data.scores.pillars["year"] == data.edition]
    return tuple(_pillar(data, pillar, table[table["pillar"] == pillar]) for pillar in data.pillar_titles)


def _pillar(data: EditionData, pillar: str, rows: pd.DataFrame) -> Picture:
    title, field = data.pillar_titles[pillar], ordered(rows, "mean")
    above, below = int((field["q05"] > 50).sum()), int((field["q95"] < 50).sum())  # noqa: PLR2004 - the middle
    finding = f"{title}: {above} of {len(field)} {data.plural} clearly above 50, {below} clearly below"
    with styled():
        axes = drawings.plot_strip(field.iloc[::-1], ax=new_axes(WIDTH, 1.5), finding=finding)
    cells = [(r.unit, data.names[r.unit], text.points(r.mean), text.span(r.q05, r.q95)) for r in each(field)]
    return Picture(
        axes,
        f"Standing of {len(field)} {data.plural} on the pillar. {finding}.",
        f"Each line is one of the {data.plural}: dot for the mean, line for the {text.INTERVAL}; 50 is the mean of the "
        "base edition.",
        Table(f"Standing: {title}", ("id", data.function.kind, "mean", text.INTERVAL), cells, folded=True),
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
        return paragraph(_UNKNOWN.format("regions"))
    known = table.set_index("value").reindex(list(arranged))
    shown = known.assign(
        name=[one.name for one in arranged.values()],
        column=[one.column for one in arranged.values()],
        row=[one.row for one in arranged.values()],
        n=known["n"].fillna(0).astype(int),
    )
    finding = _sure(table, "regions")
    with styled():
        axes = drawings.plot_tiles(shown, ax=new_axes(WIDTH, 4.6), finding=finding)
    elsewhere = sorted(set(table["value"]) - set(arranged))
    beyond = f" Not on the map: {', '.join(elsewhere)}." if elsewhere else ""
    return Picture(
        axes,
        f"Map of {len(arranged)} regions as tiles, each with the mean score of its {data.plural}. {finding}.",
        f"Number: mean score of the region's {data.plural}; below it: {text.INTERVAL} and how many there are. "
        f"The arrangement of the tiles is our own.{beyond}",
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
        of_region = "not known" if region is None else text.points(region.score_median)
        sure = "-" if region is None else text.span(region.q05, region.q95)
        name = f"{arranged[row.value].name} ({row.value})" if row.value in arranged else row.value
        standing = text.points(row.mean), text.span(row.q05, row.q95), text.percent(row.p_above)
        rows.append((name, str(row.n), *standing, of_region, sure))
    last = f", edition {regions.edition}" if regions is not None else ""
    of_clusters = ("clusters", "mean score", text.INTERVAL, "P(above the mean of all)")
    columns = ("region", *of_clusters, f"the region itself{last}", text.INTERVAL)
    return Table("Regions: their clusters, and the region itself", columns, rows, folded=True)


def sectors(data: EditionData) -> Picture | Html:
    """Show the mean score of each sector's clusters."""
    table = places(data, "sector").sort_values(["mean", "value"], ascending=[False, True])
    if table.empty:
        return paragraph(_UNKNOWN.format("sectors"))
    finding = _sure(table, "sectors")
    with styled():
        axes = drawings.plot_means(table, ax=new_axes(WIDTH, 0.9 + 0.26 * len(table)), finding=finding)
    rows = [
        (r.value, str(r.n), text.points(r.mean), text.span(r.q05, r.q95), text.percent(r.p_above)) for r in each(table)
    ]
    columns = ("sector", data.plural, "mean score", text.INTERVAL, "P(above the mean of all)")
    return Picture(
        axes,
        f"Mean scores of {len(table)} sectors with intervals. {finding}.",
        f"Dot: mean score of the sector's {data.plural}. Line: {text.INTERVAL}. Bar at 50: mean of the base edition.",
        Table("Sectors", columns, rows, folded=True),
    )


def _sure(table: pd.DataFrame, what: str) -> str:
    above = int((table["p_above"] >= INTERVAL_MASS).sum())
    below = int((table["p_above"] <= 1.0 - INTERVAL_MASS).sum())
    sure = text.percent(INTERVAL_MASS)
    return (
        f"{above} of {len(table)} {what} lie above the mean of all with a probability of at least {sure}, {below} below"
    )


def quotients(data: EditionData) -> Table | Html:
    """Show how concentrated sectors are in their regions, where employment was counted."""
    table = data.scores.quotients
    if table.empty:
        return paragraph("No table of employment has come in, so no location quotient is known.")
    last = table.sort_values("year").drop_duplicates(["region", "sector"], keep="last")
    rows = [
        (
            f"{r.sector} in {r.region}",
            str(r.year),
            f"{r.employed:,.0f}",
            f"{r.quotient:.2f}",
            "yes" if r.strong else "no",
        )
        for r in each(last.sort_values(["quotient", "unit"], ascending=[False, True]))
    ]
    columns = (
        "sector and region",
        "year",
        "employed",
        "location quotient",
        "strong by the rule of U.S. Cluster Mapping",
    )
    return Table("Location quotients: ratios of counts, without an interval", columns, rows)


def teams(data: EditionData) -> Picture | Html:
    """Show the scores of the management teams, which are another function, kept apart from the clusters'."""
    found = companion(data, Kind.TEAM)
    if found is None:
        return paragraph("No management team has been scored in this edition.")
    field = found.current.rename(columns={"score_median": "mean"})
    above, below = int((field["q05"] > 50).sum()), int((field["q95"] < 50).sum())  # noqa: PLR2004 - the middle
    finding = f"{above} of {len(field)} management teams clearly above 50, {below} clearly below"
    with styled():
        axes = drawings.plot_strip(field.iloc[::-1], ax=new_axes(WIDTH, 1.8), finding=finding)
    rows = [(found.names[r.unit], text.points(r.mean), text.span(r.q05, r.q95)) for r in each(field)]
    return Picture(
        axes,
        f"Scores of {len(field)} management teams. {finding}.",
        f"Each line is a team: dot for the median, line for the {text.INTERVAL}. Edition {found.edition}.",
        Table("Management teams", ("team", "score (median)", text.INTERVAL), rows, folded=True),
    )


def members(data: EditionData) -> tuple[Picture | Html, ...]:
    """Show how members are spread, in groups that are too large for anybody to be recognised."""
    table = data.scores.members
    of = {part.id: part for part in data.function.indicators if part.id in set(table["indicator"])}
    shown = [_members(of[str(name)], rows["median"]) for name, rows in table.groupby("indicator") if _enough(rows)]
    if not shown:
        least = _DOTS * _A_DOT
        return (paragraph(f"Members are shown where at least {least} of them have figures; that many have not."),)
    return tuple(shown)


def _enough(rows: pd.DataFrame) -> bool:
    return len(rows) >= _DOTS * _A_DOT


def _members(part: Indicator, values: pd.Series) -> Picture:
    groups = np.array_split(np.sort(values.to_numpy()), _DOTS)
    means = pd.Series([float(group.mean()) for group in groups])
    low, high = _amount(means.iloc[0]), _amount(means.iloc[-1])
    finding = f"{part.title.en}: from {low} in the lowest twentieth of members to {high} in the highest"
    with styled():
        axes = drawings.plot_dots_of(means, part.measure, ax=new_axes(WIDTH, 1.7), finding=finding)
    least = min(len(group) for group in groups)
    return Picture(
        axes,
        f"Dot plot of {len(values)} members. {finding}.",
        f"Each dot is the mean of one twentieth of {len(values)} members, at least {least} ({part.measure}). No "
        "member is shown alone.",
        Table(
            f"Members: {part.title.en}",
            ("twentieth, the lowest first", "mean"),
            [(str(n), _amount(mean)) for n, mean in enumerate(means, 1)],
            folded=True,
        ),
    )


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"  # noqa: PLR2004 - digits that say something


def indicators(data: EditionData) -> Table:
    """List what is measured, each with its definition, so that it can be found and linked to."""
    counted = data.scores.indicators.set_index("indicator")["n_figures"]
    rows = [
        (
            findable(part.title.en, "indicator", f"indicator-{part.id}", also=part.title.ro),
            both(pillar.title.en, pillar.title.ro),
            part.measure,
            str(counted.get(part.id, 0)),
            Markup("{} <em>{}</em>").format(part.why, part.source),
        )
        for pillar in data.function.pillars
        for part in pillar.indicators
    ]
    columns = ("indicator", "pillar", "measure", "figures", "why and source")
    return Table("Indicators, with what they measure and why", columns, rows)
