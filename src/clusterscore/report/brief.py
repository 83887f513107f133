"""The policy brief of a region, a sector, a country or the whole: what notebook ``08-policy`` shows, part by part."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pandas as pd
from markupsafe import Markup

from clusterscore.advice.places import ALL, PLACES
from clusterscore.errors import UnknownName
from clusterscore.frames import each
from clusterscore.report import text
from clusterscore.report.display import Html, Table, facts, paragraph
from clusterscore.report.finding import slug
from clusterscore.report.landscape import companion
from clusterscore.report.language import ENGLISH, document, of, say, speak, spoken
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.reckoning import effect
from clusterscore.vocabulary import INTERVAL_KIND, Kind

WAYS: Final = (*PLACES, ALL)
_MOST: Final = 45
"""Units that are listed one by one: what fits on four pages."""
_NAMED: Final = 6
"""Units that are named beside an instrument."""
_WIDE: Final = 20.0
"""Points from which on an interval is called wide."""


@dataclass(frozen=True, eq=False)
class Brief:
    """One place within an edition; each method returns what a cell of the notebook shows."""

    data: EditionData
    by: str
    value: str

    @cached_property
    def units(self) -> pd.DataFrame:
        """Scores of the units of the place, in the order of their names."""
        about = self.data.scores.units.set_index("unit")
        here = self.data.current
        if self.by != ALL:
            here = here[here["unit"].map(about[self.by]) == self.value]
        return here.assign(name=here["unit"].map(self.data.names)).sort_values(["name", "unit"])

    @property
    def title(self) -> str:
        """What the brief is about."""
        plural = say(self.data.plural)
        if self.by == ALL:
            return say("{plural} of all regions", plural=plural)
        return say("{plural}, {by} {value}", plural=plural, by=say(self.by), value=self.value)

    def banner(self) -> Html:
        """Say what must be known first."""
        return self.data.banner()

    def summary(self) -> Html:
        """What a minister reads: how many, how good, how sure, and what is known of the region itself."""
        lines = [self._mean(), self._verdicts(), *self._region(), self._evidence()]
        items = Markup("").join(Markup("<li>{}</li>").format(line) for line in lines)
        return Html(Markup("<ul>{}</ul>").format(items))

    def _mean(self) -> str:
        table = self.data.advice("places")
        row = next(each(table[(table["by"] == self.by) & (table["value"] == self.value)]), None)
        said = say(
            "{n} {plural} have a score in edition {edition}",
            n=len(self.units),
            plural=say(self.data.plural),
            edition=str(self.data.edition),
        )
        if row is not None:
            said += say(
                "; their mean is {mean} of 100 ({interval} {span})",
                mean=text.points(row.mean),
                interval=text.interval(),
                span=text.span(row.q05, row.q95),
            )
            if self.by != ALL:
                said += say(
                    "; that it lies above the mean of all is {likelihood} (probability {probability})",
                    likelihood=text.likelihood(row.p_above),
                    probability=text.percent(row.p_above),
                )
        return f"{said}."

    def _verdicts(self) -> str:
        counts = self.units["verdict"].value_counts()
        told = ", ".join(f"{say(str(word))} {count}" for word, count in sorted(counts.items()))
        return say("The peers' verdicts: {verdicts}.", verdicts=told)

    def _region(self) -> list[str]:
        found = companion(self.data, Kind.REGION) if self.by == "region" else None
        row = None if found is None else next(each(found.current[found.current["unit"] == self.value]), None)
        if found is None or row is None:
            return []
        return [
            say(
                "The region itself, in edition {edition} of {title}: {score} of 100 ({interval} {span}).",
                edition=str(found.edition),
                title=of(found.function.title),
                score=text.points(row.score_median),
                interval=text.interval(),
                span=text.span(row.q05, row.q95),
            )
        ]

    def _evidence(self) -> str:
        return say("Evidence is thin for {n} of them.", n=len(self._thin))

    def listed(self) -> Table:
        """The units, by name, each with what is not known of it."""
        rows = [
            (
                r.name,
                text.points(r.score_median),
                text.span(r.q05, r.q95),
                text.ranks(r.rank_q05, r.rank_q95),
                say(r.verdict),
            )
            for r in each(self.units.head(_MOST))
        ]
        columns = (say("score (median)"), text.interval(), say("rank interval"), say("peers' verdict"))
        plural = say(self.data.plural)
        caption = (
            say("The {plural}, the first {most} of {n} by name", plural=plural, most=_MOST, n=len(self.units))
            if len(self.units) > _MOST
            else say("The {plural}, by name", plural=plural)
        )
        return Table(caption, (say(self.data.function.kind), *columns), rows)

    def financial(self) -> Table | Html:
        """Instruments that cost public money."""
        return self._instruments(financial=True)

    def other(self) -> Table | Html:
        """Instruments that do not."""
        return self._instruments(financial=False)

    def _instruments(self, *, financial: bool) -> Table | Html:
        table = self.data.advice("recommendations")
        table = table[(table["audience"] == "policy") & table["unit"].isin(self.units["unit"])]
        table = table[table["financial"].astype(bool) == financial]
        kind = say("financial") if financial else say("non-financial")
        if table.empty:
            return paragraph(say("No gap is real enough for a {kind} instrument to be recommended here.", kind=kind))
        rows = [
            (
                str(part[f"text_{spoken()}"].iloc[0]),
                self._concerned(part),
                *effect(part),
                text.joined(text.percent(part["probability"].min()), text.percent(part["probability"].max())),
            )
            for _, part in sorted(table.groupby("rule"), key=lambda pair: (-len(pair[1]), pair[0]))
        ]
        columns = (
            *(say("instrument"), say("for whom"), say("mean gain (points)"), text.interval()),
            say("probability of the gap"),
        )
        return Table(say("Instruments, {kind}: what closing the gap would be worth", kind=kind), columns, rows)

    def _concerned(self, part: pd.DataFrame) -> str:
        names = [self.data.names[unit] for unit in part.sort_values("place")["unit"]]
        if len(names) == len(self.units) > 1:
            return say("all {n}", n=len(names))
        more = say(" and {n} more", n=len(names) - _NAMED) if len(names) > _NAMED else ""
        return f"{len(names)}: {', '.join(sorted(names)[:_NAMED])}{more}"

    @cached_property
    def _thin(self) -> dict[str, str]:
        """Why evidence is thin, by unit."""
        known = self.data.scores.validation
        known = known[known["year"] == self.data.edition].set_index("unit")
        driven = set(
            self.data.scores.sensitivity.loc[self.data.scores.sensitivity["prior_driven"].astype(bool), "unit"]
        )
        reasons = {}
        for row in each(self.units):
            found = known.loc[row.unit]
            said = []
            if found["n_raters"] < self.data.minimum_raters:
                raters = text.counted(int(found["n_raters"]))
                said.append(say("{raters}, {least} are needed", raters=raters, least=self.data.minimum_raters))
            if not found["n_figures"]:
                said.append(say("no figures"))
            if row.q95 - row.q05 > _WIDE:
                said.append(say("the interval is {wide} points wide", wide=text.fixed(row.q95 - row.q05, 0)))
            if row.unit in driven:
                said.append(say("the priors decide"))
            if said:
                reasons[row.unit] = "; ".join(said)
        return reasons

    def thin(self) -> Table | Html:
        """Where little is known, and why."""
        if not self._thin:
            return paragraph(
                say(
                    "For none: each has enough raters and figures, and no interval is wider than {wide} points.",
                    wide=text.fixed(_WIDE, 0),
                )
            )
        rows = [(self.data.names[unit], why) for unit, why in list(self._thin.items())[:_MOST]]
        return Table(say("Where evidence is thin"), (say(self.data.function.kind), say("why")), rows, words=True)

    def colophon(self) -> Html:
        """What the numbers are, and where they come from."""
        run = self.data.run
        return facts(
            {
                say("Gains"): say(
                    "What the score would rise if the gap to the upper quartile of the peer group were closed: an "
                    "association, not the effect of an instrument. Ends of an interval: means of the ends of each."
                ),
                say("Intervals"): say("Every interval is a {kind}.", kind=say(INTERVAL_KIND)),
                say("Method"): document(self.data.function.reconstruction),
                say("Ledger head"): run.head,
                say("Posterior"): f"{run.id} ({say(run.status)})",
            }
        )


def file_name(by: str, value: str) -> str:
    """Return the name of a brief's file: nothing that people wrote but small letters, digits and hyphens."""
    if by == ALL:
        return ALL
    return f"{by}-{slug(value)[:40]}-{hashlib.sha256(value.encode()).hexdigest()[:6]}"


def brief_page(
    workspace: str | Path, function: str, edition: int, by: str, value: str, language: str = ENGLISH
) -> Brief:
    """Return the brief of a place, in a language that is spoken from now on.

    Raises
    ------
    UnknownName
        Where there is no such way of dividing, or no unit with a score is in the place.
    """
    speak(language)
    data = load_edition(workspace, function, edition)
    if by not in WAYS:
        raise UnknownName("way of dividing", by, WAYS)
    if by == ALL:
        return Brief(data, by, ALL)
    about = data.scores.units.set_index("unit")[by]
    known = sorted({str(about[unit]) for unit in data.current["unit"] if isinstance(about[unit], str)})
    if value not in known:
        raise UnknownName(by, value, known)
    return Brief(data, by, value)
