"""The overview of an edition: what notebook ``07-edition`` shows, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
from markupsafe import Markup

from clusterscore.frames import each
from clusterscore.report import beginning, downloads, figures, landscape, raters, reckoning, text
from clusterscore.report.display import Html, Picture, Pictures, Table, facts, new_axes, paragraph
from clusterscore.report.field import MOST_ROWS, score_table
from clusterscore.report.finding import findable
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.style import WIDTH, styled
from clusterscore.vocabulary import INTERVAL_MASS, Verdict

SURE: Final = INTERVAL_MASS
"""How probable a direction must be for a change to be named."""
_MOST_BEFORE: Final = 4
"""Earlier posteriors that a table of weights shows."""


@dataclass(frozen=True, eq=False)
class EditionPage:
    """All units of one function and edition; each method returns what a cell of the notebook shows."""

    data: EditionData

    def banner(self) -> Html:
        """Say what must be known first."""
        return self.data.banner()

    def summary(self) -> Html:
        """Name, question and what was found, in sentences from the tables."""
        data = self.data
        field = data.current
        top = field[field["rank_q05"] == 1]
        leaders = ", ".join(data.names[unit] for unit in top["unit"])
        sentences = [
            f"{len(field)} {data.plural} have a score in this edition.",
            f"The first place cannot be ruled out (rank interval from 1) for {len(top)} of them: {leaders}.",
            f"On average a rank is known to within {(field['rank_q95'] - field['rank_q05'] + 1).mean():.0f} places.",
            *beginning.tier_finding(data),
            self._moved(),
            self._verdicts(),
            *([text.correction(data.scores.gains)] if len(data.scores.gains) else []),
        ]
        items = Markup("").join(Markup("<li>{}</li>").format(sentence) for sentence in sentences)
        title = f"{data.function.title.en}, edition {data.edition}"
        return Html(
            Markup('<p class="who"><strong>{}</strong><br>{}</p><ul>{}</ul>').format(
                title, data.function.question.en, items
            )
        )

    def _moved(self) -> str:
        table = self.data.scores.changes[self.data.scores.changes["year_to"] == self.data.edition]
        up, down = (int((table["p_up"] >= SURE).sum()), int((table["p_up"] <= 1.0 - SURE).sum()))
        return (
            f"Since the edition before, {up} rose and {down} fell with a probability of at least {text.percent(SURE)}."
        )

    def _verdicts(self) -> str:
        if not self.data.minimum_raters:
            return "No peers are asked about these units."
        counts = self.data.current["verdict"].value_counts()
        confirmed, contradicted, open_ = (
            counts.get(verdict, 0) for verdict in (Verdict.VALIDATED, Verdict.CONTRADICTED, Verdict.NOT_ENOUGH_EVIDENCE)
        )
        return (
            f"The peers confirm the figures of {confirmed}, contradict those of {contradicted}, "
            f"and for {open_} there is not enough evidence."
        )

    def field(self) -> Picture:
        """All scores as intervals; without names where there are too many to be read."""
        data = self.data
        table = data.current
        sure = int(((table["q05"] > 50) | (table["q95"] < 50)).sum())  # noqa: PLR2004 - the scale's middle
        finding = f"{sure} of {len(table)} {data.plural} stand clearly above or below the base edition's mean"
        few = len(table) <= MOST_ROWS
        with styled():
            axes = new_axes(WIDTH, 0.7 + 0.21 * min(len(table), MOST_ROWS))
            figures.plot_field(table, data.names if few else {}, ax=axes, finding=finding)
        return Picture(
            axes,
            f"Scores of {len(table)} {data.plural} with intervals, best on top. {finding}.",
            text.FIELD_CAPTION,
            score_table(data, "The numbers of the figure", table, linked=None, folded=True),
        )

    def directory(self) -> Table:
        """All units with links to their pages."""
        data = self.data
        rows = [
            (
                findable(data.names[r.unit], data.function.kind, r.unit, address=f"{data.plural}/{r.unit}.html"),
                text.points(r.score_median),
                text.span(r.q05, r.q95),
                text.ranks(r.rank_q05, r.rank_q95),
                r.verdict,
            )
            for r in each(data.current)
        ]
        columns = (data.function.kind, "score (median)", text.INTERVAL, "rank interval", "peers' verdict")
        return Table(f"All {data.plural}, with links to their pages", columns, rows)

    def movers(self) -> Html | Table:
        """Who moved since the edition before, most certain first."""
        data = self.data
        table = data.scores.changes[data.scores.changes["year_to"] == data.edition]
        certain = table.assign(sure=(table["p_up"] - 0.5).abs() + 0.5).sort_values(
            ["sure", "unit"], ascending=[False, True]
        )
        moved = certain[certain["sure"] >= SURE]
        if moved.empty:
            return Html(
                Markup("<p>{}</p>").format(
                    "No change since the edition before is certain enough to be named (probability 90 %)."
                )
            )
        rows = [
            (
                data.names[r.unit],
                text.changes(r.mean, r.q05, r.q95)[0],
                " to ".join(text.changes(r.mean, r.q05, r.q95)[1:]),
                text.percent(r.sure),
            )
            for r in each(moved)
        ]
        columns = (data.function.kind, "change (points)", text.INTERVAL, "probability of this direction")
        return Table(
            f"Changes since {int(moved['year_from'].iloc[0])} with a probability of at least 90 %", columns, rows
        )

    def weights(self) -> Picture | Html:
        """What the function consists of, before and after the data."""
        data = self.data
        if len(data.function.pillars) == 1:
            return paragraph("This function has one pillar, so its weight is 1.")
        table = data.scores.weights.assign(title=lambda t: t["pillar"].map(data.pillar_titles))
        earlier = data.weights_before()
        if len(earlier):
            last = earlier[earlier["id"] == earlier["id"].iloc[0]].set_index("pillar")["mean"]
            table = table.assign(before=table["pillar"].map(last))
        moved = 100 * (table["mean"] - table["prior_mean"]).abs()
        furthest = table["title"].iloc[int(moved.argmax())].lower()
        finding = f"The weights moved by at most {moved.max():.1f} percentage points ({furthest})"
        with styled():
            axes = figures.plot_weights(table, ax=new_axes(WIDTH, 1.2 + 0.32 * len(table)), finding=finding)
        drawn = f"Bar: agreed. Dot: posterior mean. {'Circle: in the posterior before. ' if len(earlier) else ''}"
        return Picture(
            axes,
            f"Weights of {len(table)} pillars before and after the data. {finding}.",
            f"{drawn}Line: {text.INTERVAL}. Only the peers' overall judgement can move weights.",
            self._weight_table(table, earlier),
        )

    def _weight_table(self, table: pd.DataFrame, earlier: pd.DataFrame) -> Table:
        """Weights now beside what was agreed and what was believed before, with the evidence of each."""
        before = list(earlier.groupby("id", sort=False))[:_MOST_BEFORE]
        rows = [
            (
                r.title,
                _share(r.prior_mean),
                _share(r.mean),
                f"{100 * r.q05:.1f} to {100 * r.q95:.1f} %",
                *(_share(one.set_index("pillar")["mean"][r.pillar]) for _, one in before),
            )
            for r in each(table)
        ]
        told = [f"{one['figures'].iloc[0]:,} figures, {one['answers'].iloc[0]:,} answers" for _, one in before]
        columns = ("pillar", "agreed", "posterior mean", text.INTERVAL, *(f"mean from {words}" for words in told))
        return Table("Weights of the pillars", columns, rows, folded=True)

    def persistence(self) -> Table | Html:
        """How much of the order stays from edition to edition."""
        data = self.data
        table = data.scores.persistence
        table = table[table["year_to"].isin(data.editions)]
        if table.empty:
            return Html(Markup("<p>{}</p>").format("There is one edition only, or too few units to compare."))
        rows = [
            (f"{r.year_from} to {r.year_to}", str(r.n_units), f"{r.mean:.3f}", f"{r.q05:.3f} to {r.q95:.3f}")
            for r in each(table)
        ]
        return Table(
            "Correlation of the units' standing between editions", ("editions", "units", "mean", text.INTERVAL), rows
        )

    def raters(self) -> Html:
        """How different the raters are, without naming any."""
        table = self.data.scores.raters
        if table.empty:
            return Html(Markup("<p>{}</p>").format("No peers are asked about these units."))
        tied = self.data.run.design["unused"]["answers of tied raters"]
        strict, mild = table["severity_mean"].max(), table["severity_mean"].min()
        sentence = (
            f"{len(table)} raters gave {int(table['n_answers'].sum())} answers that count. "
            "Their severities, which the model removes, reach from "
            f"{text.deviations(mild)} to {text.deviations(strict)} logits "
            f"(posterior means; each known to about {table['severity_sd'].median():.1f}). "
            f"{tied} answers of raters who belong or are tied to the unit are recorded and do not count."
        )
        return Html(Markup("<p>{}</p>").format(sentence))

    def flags(self) -> Html:
        """Raters to look at, with the evidence; or that there are none, and how often one is flagged by chance."""
        scores = self.data.scores
        if scores.rater_fit.empty:
            return paragraph("No peers are asked about these units.")
        found = list(raters.flags(scores)) or ["No rater, no pair of raters and no group of units is flagged."]
        items = Markup("").join(Markup("<li>{}</li>").format(line) for line in [*found, *raters.unassessed(scores)])
        return Html(Markup("<p>{}</p><ul>{}</ul>").format(raters.purpose(), items))

    def quality(self) -> Html:
        """What the edition rests on."""
        design = self.data.run.design
        counted = {
            "Units": str(design["units"]),
            "Years observed": f"{design['years'][0]} to {design['years'][-1]}",
            "Figures": str(design["figures"]),
            "Answers": f"{design['answers']} in {design['questionnaires']} questionnaires",
            **{f"Left out: {reason}": str(count) for reason, count in design["unused"].items()},
            "Prior-driven scores": self._driven,
        }
        return facts(counted)

    @property
    def _driven(self) -> str:
        """How many scores hang more on the model's assumptions than on what was observed of the unit, and which."""
        table = self.data.scores.sensitivity
        if table.empty:
            return "not examined"
        named = ", ".join(table.loc[table["prior_driven"], "unit"])
        return f"{int(table['prior_driven'].sum())} of {len(table)}" + (f": {named}" if named else "")

    def how_to_read(self) -> Picture:
        """One score as twenty equally likely ones."""
        return beginning.example(self.data)

    def words(self) -> Table:
        """Words of probability, each with its numbers."""
        return beginning.words()

    def tiers(self) -> Table | Html:
        """Thirds with probabilities instead of a league table."""
        return beginning.tier_table(self.data)

    def pillars(self) -> Pictures:
        """How units are spread on each pillar."""
        return Pictures(landscape.pillars(self.data))

    def regions(self) -> Picture | Html:
        """Regions as a map of tiles."""
        return landscape.region_map(self.data)

    def sectors(self) -> Picture | Html:
        """Mean scores of the sectors."""
        return landscape.sectors(self.data)

    def quotients(self) -> Table | Html:
        """How concentrated sectors are in their regions."""
        return landscape.quotients(self.data)

    def teams(self) -> Picture | Html:
        """The management teams, where they were scored."""
        return landscape.teams(self.data)

    def members(self) -> Pictures:
        """Members as distributions."""
        return Pictures(landscape.members(self.data))

    def peers(self) -> Picture | Html:
        """Whether the peers confirm the figures, over all."""
        return reckoning.peers(self.data)

    def corrected(self) -> Table | Html:
        """By how much the edition before was wrong."""
        return reckoning.corrected(self.data)

    def gains(self) -> Html:
        """Whether the function is shown to correct itself."""
        return reckoning.gains(self.data)

    def instruments(self) -> Table | Html:
        """What policy may do."""
        return reckoning.instruments(self.data)

    def indicators(self) -> Table:
        """What is measured, and why."""
        return landscape.indicators(self.data)

    def method(self) -> Html:
        """What the function is and what it assumes, in words."""
        return reckoning.method(self.data)

    def priors(self) -> Table:
        """Every prior with its reason."""
        return reckoning.priors(self.data)

    def coverage(self) -> Table | Html:
        """How much is known of each."""
        return reckoning.coverage(self.data)

    def diagnostics(self) -> Table:
        """Whether the draws can be trusted."""
        return reckoning.diagnostics(self.data)

    def errata(self) -> Table | Html:
        """What was superseded."""
        return reckoning.errata(self.data)

    def downloads(self) -> Table | Html:
        """Files to take away."""
        return downloads.downloads(self.data)

    def citation(self) -> Html:
        """How the edition is cited."""
        return downloads.citation(self.data)

    def colophon(self) -> Html:
        """Where every number comes from."""
        return self.data.colophon()


def _share(part: float) -> str:
    """Return a weight as a percentage with one digit: weights move by little."""
    return f"{100 * part:.1f} %"


def edition_page(workspace: str | Path, function: str, edition: int) -> EditionPage:
    """Return the overview of a function and edition."""
    return EditionPage(load_edition(workspace, function, edition))
