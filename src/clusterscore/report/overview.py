"""The overview of an edition: what notebook ``07-edition`` shows, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markupsafe import Markup

from clusterscore.frames import each
from clusterscore.report import beginning, downloads, figures, landscape, raters, reckoning, since, text, weights
from clusterscore.report.display import Html, Picture, Pictures, Table, facts, new_axes, paragraph
from clusterscore.report.field import MOST_ROWS, score_table
from clusterscore.report.finding import findable
from clusterscore.report.language import ENGLISH, of, say, speak
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.style import WIDTH, styled
from clusterscore.vocabulary import Verdict

_NOBODY: Final = "No peers are asked about these units."


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
            *since.held(data),
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
        table = since.changes(self.data)
        return say(
            "Since the edition before, {up} rose and {down} fell with a probability of at least {mass}.",
            up=int((table["p_up"] >= since.SURE).sum()),
            down=int((table["p_up"] <= 1.0 - since.SURE).sum()),
            mass=text.percent(since.SURE),
        )

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
        return since.movers(self.data)

    def weights(self) -> Picture | Html:
        """What the function consists of, before and after the data."""
        return weights.weights(self.data)

    def persistence(self) -> Table | Html:
        """How much of the order stays from edition to edition."""
        return since.persistence(self.data)

    def raters(self) -> Html:
        """How many raters there are and how different, without naming any."""
        table = self.data.scores.raters
        if len(table) < self.data.rules.raters:
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
        least = self.data.rules.raters
        return paragraph(say("Fewer than {n} raters answered, so nothing is said of them.", n=least))

    def flags(self) -> Html:
        """How many raters are flagged, and how often one is by chance; nobody is named where everybody reads."""
        scores = self.data.scores
        if len(scores.raters) < self.data.rules.raters:
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

    def corrected(self) -> Picture | Html:
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


def edition_page(workspace: str | Path, function: str, edition: int, language: str = ENGLISH) -> EditionPage:
    """Return the overview of a function and edition, in a language that is spoken from now on."""
    speak(language)
    return EditionPage(load_edition(workspace, function, edition))
