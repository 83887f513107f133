"""The page of one cluster (or region, team, member): what notebook ``04-cluster`` shows, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
from markupsafe import Markup

from clusterscore.errors import UnknownName
from clusterscore.frames import each
from clusterscore.report import figures, text
from clusterscore.report.display import Html, Picture, Table, link, new_axes, paragraph
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.style import WIDTH, styled
from clusterscore.vocabulary import INTERVAL_MASS

_SAID: Final = (
    ("figures_alone", "figures", "figures alone"),
    ("peers_alone", "peers", "peers alone"),
    ("figures", "figures", "figures, with all else"),
    ("peers", "peers", "peers, with all else"),
    ("judged", "peers", "peers' judgement overall"),
)
_MOST_STEPS: Final = 8
MOST_ROWS: Final = 61
"""Rows of a figure of the field: more cannot be read."""


@dataclass(frozen=True, eq=False)
class ClusterPage:
    """One unit within its edition; each method returns what a cell of the notebook shows."""

    data: EditionData
    unit: str

    @property
    def name(self) -> str:
        """Name of the unit, as people wrote it."""
        return self.data.names[self.unit]

    @property
    def row(self) -> pd.Series:
        """Scores of the unit in the edition's last year."""
        return self._of(self.data.current).iloc[0]

    @property
    def validation(self) -> pd.Series:
        """Verdict of the unit in the edition's last year, and what it rests on."""
        table = self._of(self.data.scores.validation)
        return table[table["year"] == self.data.edition].iloc[0]

    def _of(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[table["unit"] == self.unit].reset_index(drop=True)

    def banner(self) -> Html:
        """Say what must be known first."""
        return self.data.banner()

    def headline(self) -> Html:
        """Name, score, interval, ranks, verdict: what a reader takes away in a minute."""
        row, data = self.row, self.data
        about = self._of(data.scores.units).iloc[0]
        parts = [about["sector"], about["region"], self.unit]
        kind = " · ".join(dict.fromkeys(part for part in parts if isinstance(part, str)))
        return Html(
            Markup(
                '<section class="headline"><p class="who"><strong>{name}</strong><br>{kind}</p>'
                '<p class="score"><span class="number">{score}</span> <span class="of">of 100</span></p>'
                '<p class="sure">{interval}: {span}<br>rank {ranks} of {n} {plural}</p>'
                '<p class="verdict {css}">{verdict}</p></section><p>{sentence}</p>'
            ).format(
                name=self.name,
                kind=kind,
                score=text.points(row["score_median"]).replace("over ", ">").replace("under ", "<"),
                interval=text.INTERVAL,
                span=text.span(row["q05"], row["q95"]),
                ranks=text.ranks(row["rank_q05"], row["rank_q95"]),
                n=len(data.current),
                plural=data.plural,
                css=str(row["verdict"]).replace(" ", "-"),
                verdict=f"peers' verdict: {row['verdict']}",
                sentence=" ".join([text.position(row, float(data.current["score_median"].median())), *self._driven]),
            )
        )

    @property
    def _driven(self) -> list[str]:
        """What to say where the prior decides."""
        table = self._of(self.data.scores.sensitivity)
        return [text.prior_driven(row.foremost) for row in each(table) if row.prior_driven]

    def certainty(self) -> Picture:
        """Twenty equally likely scores."""
        dots = self._of(self.data.scores.quantiles)["score"]
        row = self.row
        finding = (
            f"The score {text.between(row['q05'], row['q95'])} with a probability of {text.percent(INTERVAL_MASS)}"
        )
        with styled():
            axes = figures.plot_dots(dots, ax=new_axes(WIDTH, 1.7), finding=finding)
        return Picture(
            axes,
            f"Dot plot of the score of {self.name}: median {text.points(row['score_median'])}, "
            f"{text.INTERVAL} {text.span(row['q05'], row['q95'])}.",
            "Each dot is one chance in twenty. Score: standing within the base edition's cohort, 0 to 100.",
            Table(
                "Equally likely scores, each one chance in twenty",
                ("dot", "score"),
                [(str(n), f"{s:.1f}") for n, s in enumerate(dots, 1)],
                folded=True,
            ),
        )

    def standing(self) -> Picture:
        """The unit within the field, as intervals; in a large field, its neighbours."""
        data, row = self.data, self.row
        field = data.current
        place = text.ranks(row["rank_q05"], row["rank_q95"])
        finding = (
            f"Its rank among {len(field)} {data.plural} is {place}, with a probability of {text.percent(INTERVAL_MASS)}"
        )
        shown = neighbours(field, self.unit)
        part = f" Shown: the {len(shown)} nearest of {len(field)}." if len(shown) < len(field) else ""
        with styled():
            axes = new_axes(WIDTH, 0.7 + 0.21 * len(shown))
            figures.plot_field(shown, data.names, ax=axes, finding=finding, highlight=self.unit)
        return Picture(
            axes,
            f"Scores of {len(shown)} {data.plural} with intervals. {self.name} is highlighted: "
            f"{text.span(row['q05'], row['q95'])}. {finding}.",
            text.FIELD_CAPTION + part,
            score_table(data, f"Scores, edition {data.edition}", shown, linked="", folded=True),
        )

    def change(self) -> Html:
        """What changed since the edition before."""
        table = self._of(self.data.scores.changes)
        row = table[table["year_to"] == self.data.edition]
        return Html(Markup("<p>{}</p>").format(text.movement(row.iloc[0] if len(row) else None)))

    def path(self) -> Picture:
        """The score over the years."""
        data = self.data
        years = self._of(data.scores.scores).sort_values("year")
        years = years.assign(edition=years["year"].isin(data.editions))
        first, last = years.iloc[0], years.iloc[-1]
        start, end = text.points(first["score_median"]), text.points(last["score_median"])
        finding = f"From {start} in {first['year']} to {end} in {last['year']}"
        with styled():
            axes = figures.plot_path(years, ax=new_axes(WIDTH, 2.6), finding=finding)
        rows = [
            (str(r.year), text.points(r.score_median), text.span(r.q05, r.q95), text.ranks(r.rank_q05, r.rank_q95))
            for r in each(years)
        ]
        return Picture(
            axes,
            f"Score of {self.name} by year. {finding}; "
            f"{text.INTERVAL} at the end: {text.span(last['q05'], last['q95'])}.",
            f"Line: median. Band: {text.INTERVAL}. Dots: editions. "
            "All years are estimated again with everything known now.",
            Table("Score by year", ("year", "median", text.INTERVAL, "rank interval"), rows, folded=True),
        )

    def history(self) -> Picture | Html:
        """The score over time of arrival, with what moved it."""
        past = self.data.history(self.unit)
        if len(past) < 2:  # noqa: PLR2004 - a path has two ends
            return paragraph("This is the first posterior of this edition, so there is no earlier one to compare with.")
        shown = past.head(_MOST_STEPS)[::-1]
        first, last = shown.iloc[0], shown.iloc[-1]
        start, end = text.points(first["score"]), text.points(last["score"])
        path = f"Still {end}" if start == end else f"From {start} to {end}"
        sure = text.span(last["q05"], last["q95"])
        finding = f"{path} ({sure}) after {last['records'] - first['records']:,} further records"
        with styled():
            axes = figures.plot_history(shown, ax=new_axes(WIDTH, 2.6), finding=finding)
        ways = {"reweighted": "re-weighted", "moved": "extended", "sampled": "sampled anew"}
        rows = [
            (
                f"{r.records:,}",
                text.points(r.score),
                text.span(r.q05, r.q95),
                f"{ways[r.way]}{', withdrawn' if r.withdrawn else ''}",
                r.new,
            )
            for r in each(past.head(_MOST_STEPS))
        ]
        return Picture(
            axes,
            f"Score of {self.name} in {len(shown)} posteriors, by time of arrival. {finding}.",
            f"Dot: score at the mean standing, filled where everything was sampled anew. Line, and in brackets: "
            f"{text.INTERVAL}. "
            "Always for the edition's last year: what was believed when so many records were known.",
            Table(
                "What was believed, the newest first",
                ("records", "score", text.INTERVAL, "found by", "what had come"),
                rows,
                folded=True,
            ),
        )

    def pillars(self) -> Picture | Html:
        """Standing on each pillar, beside the field's median."""
        data = self.data
        if len(data.function.pillars) == 1:
            return paragraph("This function has one pillar, so there is nothing to take apart.")
        table = data.scores.pillars[data.scores.pillars["year"] == data.edition]
        field = table.groupby("pillar")["mean"].median()
        mine = self._of(table).assign(
            title=lambda t: t["pillar"].map(data.pillar_titles), field=lambda t: t["pillar"].map(field)
        )
        finding = text.contrast(mine)
        with styled():
            axes = figures.plot_pillars(mine, ax=new_axes(WIDTH, 1.2 + 0.32 * len(mine)), finding=finding)
        rows = [(r.title, text.points(r.mean), text.span(r.q05, r.q95), text.points(r.field)) for r in each(mine)]
        return Picture(
            axes,
            f"Standing of {self.name} on {len(mine)} pillars. {finding}.",
            f"Dot: mean. Line: {text.INTERVAL}. Bar: median of all {data.plural}. "
            "Standing within the base edition's cohort, 0 to 100.",
            Table("Standing by pillar", ("pillar", "mean", text.INTERVAL, "median of all"), rows, folded=True),
        )

    def verdict(self) -> Html:
        """Whether the peers confirm the figures, in words."""
        return Html(Markup("<p>{}</p>").format(text.confirmation(self.validation, self.data.minimum_raters)))

    def agreement(self) -> Picture | Html:
        """What the figures say beside what the peers say."""
        row, data = self.validation, self.data
        if "figures_mean" not in row.index:
            return Html(Markup("<p>{}</p>").format("There is nothing to draw: this function has figures only."))
        table = pd.DataFrame(
            [
                {"label": label, "source": source, "alone": "alone" in name}
                | {summary: row[f"{name}_{summary}"] for summary in ("mean", "q05", "q95")}
                for name, source, label in _SAID
                if pd.notna(row.get(f"{name}_mean"))
            ]
        )
        said = f"figures {text.deviations(row['figures_mean'])}, peers {text.deviations(row['peers_mean'])}"
        finding = f"In standard deviations: {said}; {row['verdict']}"
        with styled():
            axes = figures.plot_validation(
                table,
                data.function.validation.equivalence,
                ax=new_axes(WIDTH, 0.9 + 0.32 * len(table)),
                finding=finding,
            )
        rows = [
            (str(r.label), text.deviations(r.mean), f"{text.deviations(r.q05)} to {text.deviations(r.q95)}")
            for r in each(table)
        ]
        return Picture(
            axes,
            f"What figures and peers say of {self.name}. {finding}.",
            f"Dot: mean. Line: {text.INTERVAL}. Hollow: {_alone(table)} Filled: from everything observed, which the "
            "verdict rests on. Grey: what the document treats as agreement with the figures.",
            Table(
                "Figures and peers, in standard deviations of the base cohort",
                ("source", "mean", text.INTERVAL),
                rows,
                folded=True,
            ),
        )

    def fair(self) -> Table | Html:
        """What the peers answered, beside what an average rater would have answered."""
        data = self.data
        table = self._of(data.scores.fair_averages)
        table = table[table["year"].between(data.edition - data.function.edition.every + 1, data.edition)]
        if data.scores.fair_averages.empty:
            return paragraph("No peers are asked about these units.")
        if table.empty:
            return paragraph("No answers that count were given on it in this edition.")
        titles = data.pillar_titles | {"": "the unit as a whole"}
        rows = [
            (
                titles[r.pillar],
                text.answer(r.raw_mean),
                text.answer(r.mean),
                f"{text.answer(r.q05)} to {text.answer(r.q95)}",
                str(r.n_answers),
            )
            for r in each(table[table["year"] == table["year"].max()].fillna({"pillar": ""}))
        ]
        return Table(
            f"Mean answers in {table['year'].max()} (1 is lowest, reversed questions turned round), "
            "and what an average rater would have answered",
            ("asked about", "as given", "by an average rater", text.INTERVAL, "answers"),
            rows,
        )

    def region(self) -> Html:
        """Show how concentrated the unit's sector is in its region, where employment was counted."""
        table = self._of(self.data.scores.quotients)
        about = self._of(self.data.scores.units).iloc[0]
        if table.empty:
            place = " and ".join(part for part in (about["region"], about["sector"]) if isinstance(part, str))
            return paragraph(f"No table of employment covers {place or 'its place'}, so no location quotient is known.")
        row = table.sort_values("year").iloc[-1]
        return paragraph(text.concentration(row))

    def unknown(self) -> Html:
        """What is missing, and which pillars are least certain."""
        data, row = self.data, self.validation
        table = data.scores.pillars[data.scores.pillars["year"] == data.edition]
        mine = self._of(table).assign(width=lambda t: t["q95"] - t["q05"]).sort_values("width", ascending=False)
        widest = ", ".join(
            f"{data.pillar_titles[r.pillar].lower()} ({text.span(r.q05, r.q95)})" for r in each(mine.head(2))
        )
        counted = not self._of(data.scores.quotients).empty
        own = [part for part in data.function.indicators if part.of == "unit" and (counted or not part.derived)]
        possible = len(own) * data.function.edition.every
        return Html(
            Markup("<ul><li>{}</li><li>{}</li><li>{}</li></ul>").format(
                f"Figures in this edition: {row['n_figures']} of {possible} possible.",
                f"Independent raters in this edition: {row['n_raters']}; a verdict needs {data.minimum_raters}."
                if data.minimum_raters
                else "No peers are asked.",
                f"Least certain: {widest}.",
            )
        )

    def colophon(self) -> Html:
        """Where every number comes from."""
        return self.data.colophon()


def _alone(table: pd.DataFrame) -> str:
    if table["alone"].any():
        return "from the figures alone, or the peers alone, as if the others had not been asked."
    return "nothing; no posterior of the figures alone or the peers alone passed its diagnostics."


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
        cells.append((name, score, span, text.ranks(row.rank_q05, row.rank_q95), row.verdict))
    columns = (data.function.kind, "score (median)", text.INTERVAL, "rank interval", "peers' verdict")
    return Table(caption, columns, cells, folded)


def cluster_page(workspace: str | Path, function: str, edition: int, unit: str) -> ClusterPage:
    """Return the page of one unit.

    Raises
    ------
    UnknownName
        Where no score of this unit was published in the edition.
    """
    data = load_edition(workspace, function, edition)
    if unit not in set(data.current["unit"]):
        raise UnknownName(f"{data.function.kind} with a score in {edition}", unit, data.current["unit"])
    return ClusterPage(data, unit)
