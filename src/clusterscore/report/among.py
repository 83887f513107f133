"""A unit among its peers: parts of its page that compare, what to ask next, and where its figures come from."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from clusterscore.advice.groups import shared, traits_of
from clusterscore.frames import each, of_unit
from clusterscore.report import figures, text
from clusterscore.report.display import Html, Picture, Table, new_axes, paragraph
from clusterscore.report.language import measured_in, of, say, spoken
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled

_SURE: Final = 0.9  # the mass of the published intervals
_NEW_RATER: Final = "one more independent rater"


def in_short(data: EditionData, unit: str) -> list[str]:
    """Say where a unit stands among its peers, in a sentence; nothing where it has none."""
    return [
        say(
            "Against its {n} peers ({rule}) it is above their median with a probability of {probability}.",
            n=row.n_peers,
            rule=_rule(row.rule),
            probability=text.percent(row.p_above),
        )
        for row in each(of_unit(data.scores.peer_groups, unit))
    ]


def _rule(rule: Any) -> str:
    """Return what a peer group shares, in words."""
    return shared(traits_of(rule), spoken())


def ahead_and_behind(data: EditionData, unit: str) -> list[str]:
    """Say on which pillars a unit is ahead of its peers and on which behind, where that is sure enough."""
    table = of_unit(data.scores.strengths, unit)
    if table.empty:
        return []
    ahead, behind = table[table["p_above"] >= _SURE], table[table["p_above"] <= 1.0 - _SURE]
    said = []
    if len(ahead):
        best = ahead.sort_values("gap", ascending=False)
        said.append(say("Ahead of its peers in {pillars}.", pillars=_listed(data, best)))
    if len(behind):
        said.append(say("Behind its peers in {pillars}.", pillars=_listed(data, behind.sort_values("gap"))))
    return said or [say("On no pillar is it surely ahead of its peers or behind them (probability 90 %).")]


def _listed(data: EditionData, rows: pd.DataFrame) -> str:
    return "; ".join(
        say(
            "{pillar} (by {gap} points, {low} to {high}; probability {probability})",
            pillar=data.pillar_titles[row.pillar].lower(),
            gap=text.change_points(row.gap),
            low=text.change_points(row.q05),
            high=text.change_points(row.q95),
            probability=text.percent(max(row.p_above, 1.0 - row.p_above)),
        )
        for row in each(rows.head(3))
    )


def next_question(data: EditionData, unit: str) -> list[str]:
    """Say what to ask first, and what it would tell."""
    table = _told(data, unit)
    if table.empty:
        return []
    row = table.iloc[0]
    return [
        say(
            "To know it better, ask first for {what}: it would take away {share} of the score's variance.",
            what=_question(data, row["what"]),
            share=text.percent(row["variance_share"]),
        )
    ]


def standing(data: EditionData, unit: str) -> Picture | Html:
    """Where a unit stands among its peers: everyone's interval, their median, their best."""
    found = of_unit(data.scores.peer_groups, unit)
    if found.empty:
        return paragraph(say("There is nobody to compare it with."))
    row = found.iloc[0]
    peers = str(row["peers"]).split()
    finding = say(
        "Above the median of its {n} peers with a probability of {probability}",
        n=row["n_peers"],
        probability=text.percent(row["p_above"]),
    )
    field = data.current[data.current["unit"].isin([*peers, unit])]
    with styled():
        axes = new_axes(WIDTH, 0.9 + 0.21 * len(field))
        figures.plot_field(field, data.names, ax=axes, finding=finding, highlight=unit)
        figures.mark_interval(row["median_q05"], row["median"], row["median_q95"], ax=axes)
    lines = [(data.names[one.unit], text.points(one.score_median), text.span(one.q05, one.q95)) for one in each(field)]
    lines += [
        (say("median of the peers"), text.points(row["median"]), text.span(row["median_q05"], row["median_q95"])),
        (say("best of the peers"), text.points(row["best"]), text.span(row["best_q05"], row["best_q95"])),
    ]
    return Picture(
        axes,
        say(
            "Scores of {name} and its {n} peers with intervals. {finding}.",
            name=data.names[unit],
            n=len(peers),
            finding=finding,
        ),
        say(
            "Peers: {rule}; of a list of descriptions the narrowest that enough others share, the same for all. "
            "Band: their median, {median} ({median_span}). Their best: {best} ({best_span}). In brackets: {interval}.",
            rule=_rule(row["rule"]),
            median=text.points(row["median"]),
            median_span=text.span(row["median_q05"], row["median_q95"]),
            best=text.points(row["best"]),
            best_span=text.span(row["best_q05"], row["best_q95"]),
            interval=text.interval(),
        ),
        Table(say("Scores among peers"), (say(data.function.kind), say("median"), text.interval()), lines, folded=True),
    )


def strengths(data: EditionData, unit: str) -> Picture | Html:
    """On which pillars a unit is ahead of its peers, and on which behind."""
    table = of_unit(data.scores.strengths, unit)
    if table.empty:
        return paragraph(say("There is nobody to compare it with."))
    table = table.assign(title=table["pillar"].map(data.pillar_titles)).sort_values("gap", ascending=False)
    ahead, behind = int((table["p_above"] >= _SURE).sum()), int((table["p_above"] <= 1.0 - _SURE).sum())
    finding = say(
        "Of {n} pillars it is surely ahead of its peers on {ahead} and behind on {behind} (probability 90 %)",
        n=len(table),
        ahead=ahead,
        behind=behind,
    )
    with styled():
        axes = figures.plot_gaps(table, ax=new_axes(WIDTH, 1.0 + 0.32 * len(table)), finding=finding)
    rows = [
        (
            row.title,
            text.change_points(row.gap),
            text.joined(text.change_points(row.q05), text.change_points(row.q95)),
            text.percent(row.p_above),
            text.percent(row.p_top),
        )
        for row in each(table)
    ]
    columns = (
        say("pillar"),
        say("gap to the peers' median (points)"),
        text.interval(),
        say("probability to be above it"),
        say("probability to be in their upper quarter"),
    )
    return Picture(
        axes,
        say(
            "Gaps of {name} to its peers on {n} pillars. {finding}.",
            name=data.names[unit],
            n=len(table),
            finding=finding,
        ),
        say(
            "Dot: gap to the median of its peers, in score points. Line: {interval}. "
            "Filled where the line is on one side.",
            interval=text.interval(),
        ),
        Table(say("Strengths and weaknesses"), columns, rows, folded=True),
    )


def measured(data: EditionData, unit: str) -> Picture | Html:
    """Each indicator in its own unit, beside what a peer would be expected to report."""
    table = of_unit(data.scores.predicted, unit)
    if table.empty:
        return paragraph(say("No figure came in that could be compared."))
    parts = {part.id: part for part in data.function.indicators}
    table = table.assign(title=[of(parts[name].title) for name in table["indicator"]])
    ordered = table.sort_values("p_better")
    worst, best = ordered.iloc[0], ordered.iloc[-1]
    finding = say(
        "Best against a peer: {best} (better with {high}); weakest: {worst} (better with {low})",
        best=best["title"].lower(),
        high=text.percent(best["p_better"]),
        worst=worst["title"].lower(),
        low=text.percent(worst["p_better"]),
    )
    with styled():
        axes = figures.plot_places(table, ax=new_axes(WIDTH, 1.0 + 0.36 * len(table)), finding=finding)
    rows = [
        (
            f"{row.title} ({row.year})",
            text.quantity(row.value, parts[row.indicator].measure),
            text.quantity(row.median, parts[row.indicator].measure),
            text.joined(*(text.quantity(end, parts[row.indicator].measure) for end in (row.q05, row.q95))),
            text.percent(row.p_better),
        )
        for row in each(table)
    ]
    columns = (
        say("indicator"),
        say("reported"),
        say("peer, median"),
        say("peer, 90 % of cases"),
        say("probability to be better"),
    )
    return Picture(
        axes,
        say("Figures of {name} among what peers would report. {finding}.", name=data.names[unit], finding=finding),
        say(
            "Dot: probability that the last figure of this edition is better than that of a peer drawn at random, from "
            "the model's prediction of a peer's figure. Grey: the middle half. Units and figures are in the table."
        ),
        Table(say("Figures in their own units, and what a peer would report"), columns, rows, folded=True),
    )


def _told(data: EditionData, unit: str) -> pd.DataFrame:
    """Return what to ask next that is more than noise."""
    table = of_unit(data.scores.questions, unit)
    return table[table["variance_share"] > 2.0 * table["mc_error"]].fillna({"what": ""})


def _question(data: EditionData, what: Any) -> str:
    titles = {part.id: of(part.title).lower() for part in data.function.indicators}
    if not isinstance(what, str) or not what:
        return say(_NEW_RATER)
    return say(" and ").join(titles[name] for name in what.split(" and "))


def questions(data: EditionData, unit: str) -> Table | Html:
    """What to ask next about a unit, best first."""
    table = _told(data, unit)
    if table.empty:
        return paragraph(say("No single figure and no single further rater would tell more than can be worked out."))
    rows = [
        (
            _question(data, row.what),
            text.percent(row.variance_share),
            text.fixed(row.sd_before, 1),
            text.fixed(row.sd_after, 1),
        )
        for row in each(table)
    ]
    columns = (say("ask for"), say("share of the score's variance that goes"), say("sd before"), say("sd after"))
    return Table(say("What to ask next, each valued by itself (sd: standard deviation in score points)"), columns, rows)


def sheet(data: EditionData, unit: str) -> Table | Html:
    """Every figure of the edition with its place in the ledger and in its file."""
    table = of_unit(data.scores.origins, unit)
    if table.empty:
        return paragraph(say("No figure came in for this edition."))
    titles = {part.id: of(part.title) for part in data.function.indicators}
    rows = [
        (
            f"{titles[row.indicator]} ({row.year})",
            text.exact(row.value),
            measured_in(row.measure),
            str(row.record) if row.record else say("from the tables of employment"),
            f"{row.file[:12]}, {say('row')} {row.row}" if isinstance(row.file, str) else "",
        )
        for row in each(table)
    ]
    columns = (
        say("figure"),
        say("value"),
        say("unit of measure"),
        say("record in the ledger"),
        say("file (SHA-256) and row"),
    )
    caption = say("Every figure of edition {edition} and where it comes from", edition=data.edition)
    return Table(caption, columns, rows, folded=True, label="All figures and their origin")
