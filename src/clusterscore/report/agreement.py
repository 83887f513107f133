"""Whether the peers confirm the figures of a unit, and what they answered, so that nobody is recognised."""

from __future__ import annotations

from typing import Final

import pandas as pd
from markupsafe import Markup

from clusterscore.frames import each, of_unit
from clusterscore.report import figures, text
from clusterscore.report.display import Html, Picture, Table, new_axes, paragraph
from clusterscore.report.language import say
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled
from clusterscore.scores.opinions import ALL, NONE, OTHER, SAME

_SAID: Final = (
    ("figures_alone", "figures", "figures alone"),
    ("peers_alone", "peers", "peers alone"),
    ("figures", "figures", "figures, with all else"),
    ("peers", "peers", "peers, with all else"),
    ("judged", "peers", "peers' judgement overall"),
)
_DISAGREE: Final = 0.95
_GROUPS: Final = {
    ALL: "all",
    SAME: "raters of the same sector",
    OTHER: "raters of other sectors",
    NONE: "raters of no cluster",
}


def verdict(data: EditionData, unit: str) -> Html:
    """Whether the peers confirm the figures, in words."""
    return Html(Markup("<p>{}</p>").format(text.confirmation(data.validation(unit), data.minimum_raters)))


def agreement(data: EditionData, unit: str) -> Picture | Html:
    """What the figures say beside what the peers say."""
    row = data.validation(unit)
    if "figures_mean" not in row.index:
        return paragraph(say("There is nothing to draw: this function has figures only."))
    table = pd.DataFrame(
        [
            {"label": say(label), "source": source, "alone": "alone" in name}
            | {summary: row[f"{name}_{summary}"] for summary in ("mean", "q05", "q95")}
            for name, source, label in _SAID
            if pd.notna(row.get(f"{name}_mean"))
        ]
    )
    finding = say(
        "In standard deviations: figures {figures}, peers {peers}; {verdict}",
        figures=text.deviations(row["figures_mean"]),
        peers=text.deviations(row["peers_mean"]),
        verdict=say(row["verdict"]),
    )
    with styled():
        axes = figures.plot_validation(
            table,
            data.function.validation.equivalence,
            ax=new_axes(WIDTH, 0.9 + 0.32 * len(table)),
            finding=finding,
        )
    rows = [
        (str(r.label), text.deviations(r.mean), text.joined(text.deviations(r.q05), text.deviations(r.q95)))
        for r in each(table)
    ]
    return Picture(
        axes,
        say("What figures and peers say of {name}. {finding}.", name=data.names[unit], finding=finding),
        say(
            "Dot: mean. Line: {interval}. Hollow: {alone} Filled: from everything observed, which the verdict "
            "rests on. Grey: what the document treats as agreement with the figures.",
            interval=text.interval(),
            alone=_alone(table),
        ),
        Table(
            say("Figures and peers, in standard deviations of the base cohort"),
            (say("source"), say("mean"), text.interval()),
            rows,
            folded=True,
        ),
    )


def _alone(table: pd.DataFrame) -> str:
    if table["alone"].any():
        return say("from the figures alone, or the peers alone, as if the others had not been asked.")
    return say("nothing; no posterior of the figures alone or the peers alone passed its diagnostics.")


def fair(data: EditionData, unit: str) -> Table | Html:
    """What the peers answered, beside what an average rater would have answered; only what enough raters said."""
    if data.scores.fair_averages.empty:
        return paragraph(say("No peers are asked about these units."))
    table = _in_edition(data, data.scores.fair_averages, unit)
    if table.empty:
        return paragraph(say("No answers that count were given on it in this edition."))
    table = table[(table["year"] == table["year"].max()) & (table["n_raters"] >= data.rules.raters)]
    if table.empty:
        return _too_few(data)
    titles = data.pillar_titles | {"": say("the unit as a whole")}
    rows = [
        (
            titles[row.pillar],
            text.answer(row.raw_mean),
            text.answer(row.mean),
            text.joined(text.answer(row.q05), text.answer(row.q95)),
            str(row.n_answers),
        )
        for row in each(table.fillna({"pillar": ""}))
    ]
    caption = say(
        "Mean answers in {year} (1 is lowest, reversed questions turned round), "
        "and what an average rater would have answered",
        year=table["year"].max(),
    )
    columns = (say("asked about"), say("as given"), say("by an average rater"), text.interval(), say("answers"))
    return Table(caption, columns, rows)


def _in_edition(data: EditionData, table: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return the rows on a unit in the years of this edition."""
    rows = of_unit(table, unit)
    return rows[rows["year"].between(data.edition - data.function.edition.every + 1, data.edition)]


def _too_few(data: EditionData) -> Html:
    return paragraph(
        say(
            "Fewer than {n} raters answered, so nothing is shown of what they said: none can be recognised.",
            n=data.rules.raters,
        )
    )


def disagreement(data: EditionData, unit: str) -> Table | Html:
    """On what those who answered disagree, and which group of them sees it otherwise."""
    if data.scores.fair_averages.empty:
        return paragraph(say("No peers are asked about these units."))
    table = _in_edition(data, data.scores.opinions, unit)
    if table.empty:
        return _too_few(data)
    table = table[table["year"] == table["year"].max()].fillna({"pillar": ""})
    titles = data.pillar_titles | {"": say("the unit as a whole")}
    rows = [
        (
            titles[row.pillar],
            f"{say(_GROUPS[row.who])}: {row.n_raters}",
            f"{text.fixed(row.spread, 2)} ({text.fixed(row.expected, 2)})",
            text.percent(row.p_more),
            text.change_points(row.above, 1),
        )
        for row in each(table)
    ]
    apart = [titles[row.pillar].lower() for row in each(table[table["who"] == ALL]) if row.p_more >= _DISAGREE]
    caption = (
        say("Raters disagree more than the model expects on: {pillars}", pillars=", ".join(apart))
        if apart
        else say("On nothing do raters disagree more than the model expects (probability 95 %)")
    )
    columns = (
        *(say("asked about"), say("raters"), say("spread of answers (expected)")),
        *(say("probability of more"), say("above what is expected (steps)")),
    )
    return Table(caption, columns, rows)
