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
        return f"{self.data.plural} of all regions" if self.by == ALL else f"{self.data.plural}, {self.by} {self.value}"

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
        count = f"{len(self.units)} {self.data.plural} have a score in edition {self.data.edition}"
        if row is None:
            return f"{count}."
        mean = f"{count}; their mean is {text.points(row.mean)} of 100 ({text.INTERVAL} {text.span(row.q05, row.q95)})"
        if self.by == ALL:
            return f"{mean}."
        return (
            f"{mean}; that it lies above the mean of all is {text.likelihood(row.p_above)} (probability "
            f"{text.percent(row.p_above)})."
        )

    def _verdicts(self) -> str:
        counts = self.units["verdict"].value_counts()
        return f"The peers' verdicts: {', '.join(f'{word} {count}' for word, count in sorted(counts.items()))}."

    def _region(self) -> list[str]:
        found = companion(self.data, Kind.REGION) if self.by == "region" else None
        row = None if found is None else next(each(found.current[found.current["unit"] == self.value]), None)
        if found is None or row is None:
            return []
        return [
            (
                f"The region itself, in edition {found.edition} of {found.function.title.en}: "
                f"{text.points(row.score_median)} of 100 ({text.INTERVAL} {text.span(row.q05, row.q95)})."
            )
        ]

    def _evidence(self) -> str:
        return f"Evidence is thin for {len(self._thin)} of them."

    def listed(self) -> Table:
        """The units, by name, each with what is not known of it."""
        rows = [
            (
                r.name,
                text.points(r.score_median),
                text.span(r.q05, r.q95),
                text.ranks(r.rank_q05, r.rank_q95),
                r.verdict,
            )
            for r in each(self.units.head(_MOST))
        ]
        shown = f"the first {_MOST} of {len(self.units)} by name" if len(self.units) > _MOST else "by name"
        columns = (self.data.function.kind, "score (median)", text.INTERVAL, "rank interval", "peers' verdict")
        return Table(f"The {self.data.plural}, {shown}", columns, rows)

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
        kind = "financial" if financial else "non-financial"
        if table.empty:
            return paragraph(f"No gap is real enough for a {kind} instrument to be recommended here.")
        rows = [
            (
                part["text_en"].iloc[0],
                self._concerned(part),
                *effect(part),
                f"{text.percent(part['probability'].min())} to {text.percent(part['probability'].max())}",
            )
            for _, part in sorted(table.groupby("rule"), key=lambda pair: (-len(pair[1]), pair[0]))
        ]
        columns = ("instrument", "for whom", "mean gain (points)", text.INTERVAL, "probability of the gap")
        return Table(f"Instruments, {kind}: what closing the gap would be worth", columns, rows)

    def _concerned(self, part: pd.DataFrame) -> str:
        names = [self.data.names[unit] for unit in part.sort_values("place")["unit"]]
        if len(names) == len(self.units) > 1:
            return f"all {len(names)}"
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
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
                said.append(f"{found['n_raters']} independent raters, {self.data.minimum_raters} are needed")
            if not found["n_figures"]:
                said.append("no figures")
            if row.q95 - row.q05 > _WIDE:
                said.append(f"the interval is {row.q95 - row.q05:.0f} points wide")
            if row.unit in driven:
                said.append("the priors decide")
            if said:
                reasons[row.unit] = "; ".join(said)
        return reasons

    def thin(self) -> Table | Html:
        """Where little is known, and why."""
        if not self._thin:
            return paragraph(
                f"For none: each has enough raters and figures, and no interval is wider than {_WIDE:.0f} points."
            )
        rows = [(self.data.names[unit], why) for unit, why in list(self._thin.items())[:_MOST]]
        return Table("Where evidence is thin", (self.data.function.kind, "why"), rows)

    def colophon(self) -> Html:
        """What the numbers are, and where they come from."""
        run = self.data.run
        return facts(
            {
                "Gains": "What the score would rise if the gap to the upper quartile of the peer group were closed: an "
                "association, not the effect of an instrument. Ends of an interval: means of the ends of each.",
                "Intervals": f"Every interval is a {INTERVAL_KIND}.",
                "Method": self.data.function.reconstruction,
                "Ledger head": run.head,
                "Posterior": f"{run.id} ({run.status})",
            }
        )


def file_name(by: str, value: str) -> str:
    """Return the name of a brief's file: nothing that people wrote but small letters, digits and hyphens."""
    if by == ALL:
        return ALL
    return f"{by}-{slug(value)[:40]}-{hashlib.sha256(value.encode()).hexdigest()[:6]}"


def brief_page(workspace: str | Path, function: str, edition: int, by: str, value: str) -> Brief:
    """Return the brief of a place.

    Raises
    ------
    UnknownName
        Where there is no such way of dividing, or no unit with a score is in the place.
    """
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
