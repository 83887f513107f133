"""The overview of an edition: what notebook ``07-edition`` shows, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
from markupsafe import Markup

from clusterscore.frames import each
from clusterscore.report import beginning, downloads, figures, landscape, raters, reckoning, since, text
from clusterscore.report.display import Html, Picture, Pictures, Table, facts, new_axes, paragraph
from clusterscore.report.field import MOST_ROWS, score_table
from clusterscore.report.finding import findable
from clusterscore.report.language import ENGLISH, of, say, speak
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.style import WIDTH, styled
from clusterscore.vocabulary import INTERVAL_MASS, Verdict

SURE: Final = INTERVAL_MASS
"""How probable a direction must be for a change to be named."""
_NOBODY: Final = "No peers are asked about these units."
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
        sentences = [
            say("{n} {plural} have a score in this edition.", n=len(field), plural=say(data.plural)),
            say(
                "The first place cannot be ruled out (rank interval from 1) for {n} of them: {leaders}.",
                n=len(top),
                leaders=", ".join(data.names[unit] for unit in top["unit"]),
            ),
            say(
                "On average a rank is known to within {n} places.",
                n=text.fixed((field["rank_q95"] - field["rank_q05"] + 1).mean(), 0),
            ),
            *beginning.tier_finding(data),
            self._moved(),
            self._verdicts(),
            *([text.correction(data.scores.gains)] if len(data.scores.gains) else []),
        ]
        items = Markup("").join(Markup("<li>{}</li>").format(sentence) for sentence in sentences)
        title = say("{title}, edition {edition}", title=of(data.function.title), edition=data.edition)
        return Html(
            Markup('<p class="who"><strong>{}</strong><br>{}</p><ul>{}</ul>').format(
                title, of(data.function.question), items
            )
        )

    def _moved(self) -> str:
        table = self._changes
        return say(
            "Since the edition before, {up} rose and {down} fell with a probability of at least {mass}.",
            up=int((table["p_up"] >= SURE).sum()),
            down=int((table["p_up"] <= 1.0 - SURE).sum()),
            mass=text.percent(SURE),
        )

    @property
    def _changes(self) -> pd.DataFrame:
        return self.data.scores.changes[self.data.scores.changes["year_to"] == self.data.edition]

    def _verdicts(self) -> str:
        if not self.data.minimum_raters:
            return say(_NOBODY)
        counts = self.data.current["verdict"].value_counts()
        return say(
            "The peers confirm the figures of {confirmed}, contradict those of {contradicted}, and for {open} there is "
            "not enough evidence.",
            confirmed=counts.get(Verdict.VALIDATED, 0),
            contradicted=counts.get(Verdict.CONTRADICTED, 0),
            open=counts.get(Verdict.NOT_ENOUGH_EVIDENCE, 0),
        )

    def field(self) -> Picture:
        """All scores as intervals; without names where there are too many to be read."""
        data = self.data
        table, plural = data.current, say(data.plural)
        finding = say(
            "{sure} of {n} {plural} stand clearly above or below the base edition's mean",
            sure=int(((table["q05"] > 50) | (table["q95"] < 50)).sum()),  # noqa: PLR2004 - the scale's middle
            n=len(table),
            plural=plural,
        )
        few = len(table) <= MOST_ROWS
        with styled():
            axes = new_axes(WIDTH, 0.7 + 0.21 * min(len(table), MOST_ROWS))
            figures.plot_field(table, data.names if few else {}, ax=axes, finding=finding)
        return Picture(
            axes,
            say(
                "Scores of {n} {plural} with intervals, best on top. {finding}.",
                n=len(table),
                plural=plural,
                finding=finding,
            ),
            text.field_caption(),
            score_table(data, say("The numbers of the figure"), table, linked=None, folded=True),
        )

    def directory(self) -> Table:
        """All units with links to their pages."""
        data = self.data
        kind = say(data.function.kind)
        rows = [
            (
                findable(data.names[r.unit], kind, r.unit, address=f"{data.plural}/{r.unit}.html"),
                text.points(r.score_median),
                text.span(r.q05, r.q95),
                text.ranks(r.rank_q05, r.rank_q95),
                say(r.verdict),
            )
            for r in each(data.current)
        ]
        columns = (say("score (median)"), text.interval(), say("rank interval"), say("peers' verdict"))
        return Table(say("All {plural}, with links to their pages", plural=say(data.plural)), (kind, *columns), rows)

    def movers(self) -> Html | Table:
        """Who moved since the edition before, most certain first."""
        data, table = self.data, self._changes
        certain = table.assign(sure=(table["p_up"] - 0.5).abs() + 0.5).sort_values(
            ["sure", "unit"], ascending=[False, True]
        )
        moved = certain[certain["sure"] >= SURE]
        if moved.empty:
            return paragraph(
                say(
                    "No change since the edition before is certain enough to be named (probability {mass}).",
                    mass=text.percent(SURE),
                )
            )
        rows = []
        for r in each(moved):
            change, low, high = text.changes(r.mean, r.q05, r.q95)
            rows.append((data.names[r.unit], change, say("{low} to {high}", low=low, high=high), text.percent(r.sure)))
        columns = (say("change (points)"), text.interval(), say("probability of this direction"))
        caption = say(
            "Changes since {year} with a probability of at least {mass}",
            year=int(moved["year_from"].iloc[0]),
            mass=text.percent(SURE),
        )
        return Table(caption, (say(data.function.kind), *columns), rows)

    def weights(self) -> Picture | Html:
        """What the function consists of, before and after the data."""
        data = self.data
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
            self._weight_table(table, earlier),
        )

    def _weight_table(self, table: pd.DataFrame, earlier: pd.DataFrame) -> Table:
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

    def persistence(self) -> Table | Html:
        """How much of the order stays from edition to edition."""
        data = self.data
        table = data.scores.persistence
        table = table[table["year_to"].isin(data.editions)]
        if table.empty:
            return paragraph(say("There is one edition only, or too few units to compare."))
        rows = [
            (
                say("{low} to {high}", low=str(r.year_from), high=str(r.year_to)),
                str(r.n_units),
                text.fixed(r.mean, 3),
                text.joined(text.fixed(r.q05, 3), text.fixed(r.q95, 3)),
            )
            for r in each(table)
        ]
        columns = (say("editions"), say("units"), say("mean"), text.interval())
        return Table(say("Correlation of the units' standing between editions"), columns, rows)

    def raters(self) -> Html:
        """How many raters there are and how different, without naming any."""
        table = self.data.scores.raters
        if len(table) < self.data.fewest_raters:
            return self._hardly_any
        return paragraph(
            say(
                "{n} raters gave {answers} answers that count. The standard deviation of their severities, which the "
                "model removes, is {spread} logits (posterior means; each known to about {sd}). {tied} answers of "
                "raters who belong or are tied to the unit are recorded and do not count.",
                n=len(table),
                answers=int(table["n_answers"].sum()),
                spread=text.fixed(table["severity_mean"].std(ddof=0), 1),
                sd=text.fixed(table["severity_sd"].median(), 1),
                tied=self.data.run.design["unused"]["answers of tied raters"],
            )
        )

    @property
    def _hardly_any(self) -> Html:
        """What is said where there are too few raters to say anything of them."""
        if self.data.scores.raters.empty:
            return paragraph(say(_NOBODY))
        least = self.data.fewest_raters
        return paragraph(say("Fewer than {n} raters answered, so nothing is said of them.", n=least))

    def flags(self) -> Html:
        """How many raters are flagged, and how often one is by chance; nobody is named where everybody reads."""
        scores = self.data.scores
        if len(scores.raters) < self.data.fewest_raters:
            return self._hardly_any
        lines = [*raters.counted(scores), *raters.unassessed(scores)]
        items = Markup("").join(Markup("<li>{}</li>").format(line) for line in lines)
        return Html(Markup("<p>{}</p><ul>{}</ul>").format(raters.purpose(), items))

    def quality(self) -> Html:
        """What the edition rests on."""
        design = self.data.run.design
        first, last = str(design["years"][0]), str(design["years"][-1])
        counted = {
            say("Units"): str(design["units"]),
            say("Years observed"): say("{low} to {high}", low=first, high=last),
            say("Figures"): text.fixed(design["figures"], 0),
            say("Answers"): say(
                "{answers} in {n} questionnaires",
                answers=text.fixed(design["answers"], 0),
                n=text.fixed(design["questionnaires"], 0),
            ),
            **{say("Left out: {reason}", reason=say(why)): str(count) for why, count in design["unused"].items()},
            say("Prior-driven scores"): self._driven,
        }
        return facts(counted)

    @property
    def _driven(self) -> str:
        """How many scores hang more on the model's assumptions than on what was observed of the unit, and which."""
        table = self.data.scores.sensitivity
        if table.empty:
            return say("not examined")
        named = ", ".join(table.loc[table["prior_driven"], "unit"])
        said = say("{some} of {all}", some=int(table["prior_driven"].sum()), all=len(table))
        return said + (f": {named}" if named else "")

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
        return since.corrected(self.data)

    def foretold(self) -> Table | Html:
        """How figures that came lie in what had been said of them."""
        return since.foretold(self.data)

    def severities(self) -> Picture | Html:
        """How severe raters are now and were before, as distributions."""
        return since.severities(self.data)

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
    return f"{text.fixed(100 * part, 1)} %"


def edition_page(workspace: str | Path, function: str, edition: int, language: str = ENGLISH) -> EditionPage:
    """Return the overview of a function and edition, in a language that is spoken from now on."""
    speak(language)
    return EditionPage(load_edition(workspace, function, edition))
