"""The page of one cluster (or region, team, member): what notebook ``04-cluster`` shows, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
from markupsafe import Markup

from clusterscore.errors import UnknownName
from clusterscore.frames import each
from clusterscore.report import among, figures, text
from clusterscore.report.display import Html, Picture, Table, link, new_axes, paragraph, sentences
from clusterscore.report.language import ENGLISH, say, speak
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
                '<p class="score"><span class="number">{score}</span> <span class="of">{of}</span></p>'
                '<p class="sure">{interval}: {span}<br>{ranks}</p>'
                '<p class="verdict {css}">{verdict}</p></section>{short}'
            ).format(
                name=self.name,
                kind=kind,
                score=text.short_points(row["score_median"]),
                of=say("of 100"),
                interval=text.interval(),
                span=text.span(row["q05"], row["q95"]),
                ranks=say(
                    "rank {ranks} of {n} {plural}",
                    ranks=text.ranks(row["rank_q05"], row["rank_q95"]),
                    n=len(data.current),
                    plural=say(data.plural),
                ),
                css=str(row["verdict"]).replace(" ", "-"),
                verdict=say("peers' verdict: {verdict}", verdict=say(row["verdict"])),
                short=sentences(self._in_short()).markup,
            )
        )

    def _in_short(self) -> list[str]:
        """What a reader takes away in a minute, one sentence each."""
        data, row = self.data, self.row
        position = text.position(row, float(data.current["score_median"].median()))
        return [
            " ".join([position, *among.in_short(data, self.unit), *self._driven]),
            text.movement(self._moved),
            text.confirmation(self.validation, data.minimum_raters),
            *among.ahead_and_behind(data, self.unit),
            *among.next_question(data, self.unit),
        ]

    def peers(self) -> Picture | Html:
        """Where it stands in its peer group."""
        return among.standing(self.data, self.unit)

    def strengths(self) -> Picture | Html:
        """On which pillars it is ahead of its peers, and on which behind."""
        return among.strengths(self.data, self.unit)

    def measured(self) -> Picture | Html:
        """Each indicator in its own unit, beside what a peer would report."""
        return among.measured(self.data, self.unit)

    def disagreement(self) -> Table | Html:
        """On what those who answered disagree."""
        return among.disagreement(self.data, self.unit)

    def questions(self) -> Table | Html:
        """What to ask next, and what it would tell."""
        return among.questions(self.data, self.unit)

    def sheet(self) -> Table | Html:
        """Every figure of the edition with its place in the ledger and in its file."""
        return among.sheet(self.data, self.unit)

    @property
    def _driven(self) -> list[str]:
        """What to say where the prior decides."""
        table = self._of(self.data.scores.sensitivity)
        return [text.prior_driven(row.foremost) for row in each(table) if row.prior_driven]

    def certainty(self) -> Picture:
        """Twenty equally likely scores."""
        dots = self._of(self.data.scores.quantiles)["score"]
        row = self.row
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
                name=self.name,
                median=text.points(row["score_median"]),
                interval=text.interval(),
                span=text.span(row["q05"], row["q95"]),
            ),
            say("Each dot is one chance in twenty. Score: standing within the base edition's cohort, 0 to 100."),
            Table(
                say("Equally likely scores, each one chance in twenty"),
                (say("dot"), say("score")),
                [(str(n), f"{s:.1f}") for n, s in enumerate(dots, 1)],
                folded=True,
            ),
        )

    def standing(self) -> Picture:
        """The unit within the field, as intervals; in a large field, its neighbours."""
        data, row = self.data, self.row
        field = data.current
        place = text.ranks(row["rank_q05"], row["rank_q95"])
        finding = say(
            "Its rank among {n} {plural} is {place}, with a probability of {mass}",
            n=len(field),
            plural=say(data.plural),
            place=place,
            mass=text.percent(INTERVAL_MASS),
        )
        shown = neighbours(field, self.unit)
        fewer = len(shown) < len(field)
        part = " " + say("Shown: the {n} nearest of {all}.", n=len(shown), all=len(field)) if fewer else ""
        with styled():
            axes = new_axes(WIDTH, 0.7 + 0.21 * len(shown))
            figures.plot_field(shown, data.names, ax=axes, finding=finding, highlight=self.unit)
        return Picture(
            axes,
            say(
                "Scores of {n} {plural} with intervals. {name} is highlighted: {span}. {finding}.",
                n=len(shown),
                plural=say(data.plural),
                name=self.name,
                span=text.span(row["q05"], row["q95"]),
                finding=finding,
            ),
            text.field_caption() + part,
            score_table(data, say("Scores, edition {edition}", edition=data.edition), shown, linked="", folded=True),
        )

    def change(self) -> Html:
        """What changed since the edition before."""
        return paragraph(text.movement(self._moved))

    @property
    def _moved(self) -> pd.Series | None:
        """Change since the edition before, if there was one."""
        table = self._of(self.data.scores.changes)
        row = table[table["year_to"] == self.data.edition]
        return row.iloc[0] if len(row) else None

    def path(self) -> Picture:
        """The score over the years."""
        data = self.data
        years = self._of(data.scores.scores).sort_values("year")
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
            say("Score of {name} by year. {finding}.", name=self.name, finding=finding),
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

    def history(self) -> Picture | Html:
        """The score over time of arrival, with what moved it."""
        past = self.data.history(self.unit)
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
        ways = {"reweighted": "re-weighted", "moved": "extended", "sampled": "sampled anew"}
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
                name=self.name,
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

    def pillars(self) -> Picture | Html:
        """Standing on each pillar, beside the field's median."""
        data = self.data
        if len(data.function.pillars) == 1:
            return paragraph(say("This function has one pillar, so there is nothing to take apart."))
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
            say("Standing of {name} on {n} pillars. {finding}.", name=self.name, n=len(mine), finding=finding),
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

    def verdict(self) -> Html:
        """Whether the peers confirm the figures, in words."""
        return Html(Markup("<p>{}</p>").format(text.confirmation(self.validation, self.data.minimum_raters)))

    def agreement(self) -> Picture | Html:
        """What the figures say beside what the peers say."""
        row, data = self.validation, self.data
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
            say("What figures and peers say of {name}. {finding}.", name=self.name, finding=finding),
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

    def fair(self) -> Table | Html:
        """What the peers answered, beside what an average rater would have answered."""
        return among.fair(self.data, self.unit)

    def region(self) -> Html:
        """Show how concentrated the unit's sector is in its region, where employment was counted."""
        table = self._of(self.data.scores.quotients)
        about = self._of(self.data.scores.units).iloc[0]
        if table.empty:
            parts = [part for part in (about["region"], about["sector"]) if isinstance(part, str)]
            place = say(" and ").join(parts) or say("its place")
            return paragraph(
                say("No table of employment covers {place}, so no location quotient is known.", place=place)
            )
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

    def colophon(self) -> Html:
        """Where every number comes from."""
        return self.data.colophon()


def _alone(table: pd.DataFrame) -> str:
    if table["alone"].any():
        return say("from the figures alone, or the peers alone, as if the others had not been asked.")
    return say("nothing; no posterior of the figures alone or the peers alone passed its diagnostics.")


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


def cluster_page(workspace: str | Path, function: str, edition: int, unit: str, language: str = ENGLISH) -> ClusterPage:
    """Return the page of one unit, in a language that is spoken from now on.

    Raises
    ------
    UnknownName
        Where no score of this unit was published in the edition.
    """
    speak(language)
    data = load_edition(workspace, function, edition)
    if unit not in set(data.current["unit"]):
        raise UnknownName(f"{data.function.kind} with a score in {edition}", unit, data.current["unit"])
    return ClusterPage(data, unit)
