"""The page of one cluster (or region, team, member): what notebook ``04-cluster`` shows, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from clusterscore.errors import UnknownName
from clusterscore.frames import each, of_unit
from clusterscore.report import advised, agreement, among, cooperation, field, inside, level, past, text, whatif
from clusterscore.report.display import Html, Picture, Table, sentences
from clusterscore.report.language import ENGLISH, say, speak
from clusterscore.report.pages import EditionData, load_edition


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
        return self.data.row(self.unit)

    @property
    def validation(self) -> pd.Series:
        """Verdict of the unit in the edition's last year, and what it rests on."""
        return self.data.validation(self.unit)

    def _of(self, table: pd.DataFrame) -> pd.DataFrame:
        return of_unit(table, self.unit)

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
                '<p class="verdict {css}">{verdict}</p>{level}</section>{short}'
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
                level=level.badge(data, self.unit),
                short=sentences(self._in_short()).markup,
            )
        )

    def _in_short(self) -> list[str]:
        """What a reader takes away in a minute, one sentence each."""
        data, row = self.data, self.row
        position = text.position(row, float(data.current["score_median"].median()))
        return [
            " ".join([position, *among.in_short(data, self.unit), *self._driven]),
            text.movement(past.moved(self.data, self.unit)),
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
        return agreement.disagreement(self.data, self.unit)

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
        return field.certainty(self.data, self.unit)

    def standing(self) -> Picture:
        """The unit within the field, as intervals; in a large field, its neighbours."""
        return field.standing(self.data, self.unit)

    def level(self) -> Html:
        """Which level of accreditation its score reaches."""
        return level.level(self.data, self.unit)

    def conditions(self) -> Html:
        """Which conditions of which level it fulfils."""
        return level.fulfilled(self.data, self.unit)

    def recommendations(self) -> Html:
        """What to do, the largest expected gain first."""
        return advised.recommendations(self.data, self.unit)

    def what_if(self) -> Html:
        """What the score would be if one thing were another."""
        return whatif.what_if(self.data, self.unit)

    def partners(self) -> Html:
        """With whom it could work, and why."""
        return cooperation.partners(self.data, self.unit)

    def network(self) -> Picture | Html:
        """Who complements whom."""
        return cooperation.network(self.data, self.unit)

    def change(self) -> Html:
        """What changed since the edition before."""
        return past.change(self.data, self.unit)

    def path(self) -> Picture:
        """The score over the years."""
        return past.path(self.data, self.unit)

    def history(self) -> Picture | Html:
        """The score over time of arrival, with what moved it."""
        return past.history(self.data, self.unit)

    def pillars(self) -> Picture | Html:
        """Standing on each pillar, beside the field's median."""
        return inside.pillars(self.data, self.unit)

    def verdict(self) -> Html:
        """Whether the peers confirm the figures, in words."""
        return agreement.verdict(self.data, self.unit)

    def agreement(self) -> Picture | Html:
        """What the figures say beside what the peers say."""
        return agreement.agreement(self.data, self.unit)

    def fair(self) -> Table | Html:
        """What the peers answered, beside what an average rater would have answered."""
        return agreement.fair(self.data, self.unit)

    def region(self) -> Html:
        """Show how concentrated the unit's sector is in its region, where employment was counted."""
        return inside.region(self.data, self.unit)

    def unknown(self) -> Html:
        """What is missing, and which pillars are least certain."""
        return inside.unknown(self.data, self.unit)

    def colophon(self) -> Html:
        """Where every number comes from."""
        return self.data.colophon()


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
