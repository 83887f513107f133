"""The page of one member organisation: notebook ``05-member``. It is for the member; of others it shows no value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from clusterscore.errors import UnknownName
from clusterscore.frames import each
from clusterscore.model.function import Indicator
from clusterscore.report import figures, text
from clusterscore.report.display import Html, Picture, Table, new_axes, paragraph, sentences
from clusterscore.report.language import ENGLISH, measured_in, of, say, speak
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.style import WIDTH, styled


@dataclass(frozen=True, eq=False)
class MemberPage:
    """One member within its cluster and sector; each method returns what a cell of the notebook shows."""

    data: EditionData
    member: str

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Levels of the member, one row per indicator."""
        table = self.data.scores.members
        return table[table["member"] == self.member].reset_index(drop=True)

    @property
    def unit(self) -> str:
        """Id of its cluster."""
        return str(self.rows["unit"].iloc[0])

    @property
    def name(self) -> str:
        """Name of the member, as people wrote it."""
        table = self.data.scores.organisations.set_index("member")["name"]
        return str(table[self.member])

    @cached_property
    def parts(self) -> dict[str, Indicator]:
        """Indicators of members by id."""
        return {part.id: part for part in self.data.function.indicators if part.of == "members"}

    def banner(self) -> Html:
        """Say what must be known first."""
        return self.data.banner()

    def headline(self) -> Html:
        """Who it is, where it stands in its cluster, and for whom this page is."""
        lines = [
            say(
                "{title}: {median} ({interval} {span}), from figures of {n} years, the last of {year}.",
                title=of(self.parts[row.indicator].title),
                median=self._value(row.median, row.indicator) + self._in(row.indicator),
                interval=text.interval(),
                span=self._span(row.q05, row.q95, row.indicator),
                n=row.n_years,
                year=row.year,
            )
            for row in each(self.rows)
        ]
        lines += [
            say(
                "That this is better than is typical of its cluster is {likelihood} (probability {probability}).",
                likelihood=text.likelihood(row.p_above),
                probability=text.percent(row.p_above),
            )
            for row in each(self.rows)
        ]
        shares = self.data.scores.member_shares
        lines += [
            say(
                "Better than is typical of its sector: probability {probability}.",
                probability=text.percent(row.p_above_sector),
            )
            for row in each(shares[(shares["member"] == self.member) & shares["p_above_sector"].notna()])
        ]
        who = Markup('<p class="who"><strong>{}</strong><br>{} · {}</p>').format(
            self.name, self.data.names.get(self.unit, self.unit), self.member
        )
        return Html(who + sentences(lines).markup)

    def private(self) -> Html:
        """For whom this page is, and what it keeps from its reader."""
        return paragraph(
            say(
                "This page is for the member and for nobody else. It holds no figure of another member: what is "
                "typical is the model's distribution of all, and is shown only where at least {n} others stand behind "
                "it.",
                n=self.data.rules.members,
            ),
            "note",
        )

    def among(self) -> Picture | Html:
        """The member beside what is typical of its cluster and of its sector."""
        rows = self._compared()
        if len(rows) < 2:  # noqa: PLR2004 - itself, and something to compare with
            return self._too_few()
        own = self.rows.iloc[0]
        finding = say(
            "{median} ({span}); better than is typical of its cluster with a probability of {probability}",
            median=self._value(own["median"], own["indicator"]) + self._in(own["indicator"]),
            span=self._span(own["q05"], own["q95"], own["indicator"]),
            probability=text.percent(own["p_above"]),
        )
        part = self.parts[str(own["indicator"])]
        with styled():
            axes = figures.plot_levels(
                rows,
                ax=new_axes(WIDTH, 1.1 + 0.35 * len(rows)),
                finding=finding,
                label=measured_in(part.measure),
                logarithmic=part.transform == "log",
            )
        cells = [
            (row.title, self._value(row.median, part.id), self._span(row.low, row.high, part.id)) for row in each(rows)
        ]
        return Picture(
            axes,
            say("Level of {name} beside its cluster and its sector. {finding}.", name=self.name, finding=finding),
            say(
                "{title}. Member: median and {interval}. Cluster and sector: level of a middling member, and between "
                "which values half of the members are expected.",
                title=of(part.title),
                interval=text.interval(),
            ),
            Table(say("Levels"), (say("who"), say("median"), say("interval, or middle half")), cells, folded=True),
        )

    def contribution(self) -> Html:
        """What the member brings to its cluster."""
        table = self.data.scores.member_shares
        found = table[table["member"] == self.member]
        if found.empty:
            return self._too_few()
        return sentences([self._brings(row) for row in each(found)])

    def cluster(self) -> Html:
        """Where its cluster stands, as published."""
        current = self.data.current
        row = current[current["unit"] == self.unit]
        if row.empty:
            return paragraph(say("Its cluster has no score in this edition."))
        one = row.iloc[0]
        return paragraph(
            say(
                "{name}: score {score} of 100 ({interval} {span}), rank {ranks} of {n}.",
                name=self.data.names[self.unit],
                score=text.points(one["score_median"]),
                interval=text.interval(),
                span=text.span(one["q05"], one["q95"]),
                ranks=text.ranks(one["rank_q05"], one["rank_q95"]),
                n=len(current),
            )
        )

    def colophon(self) -> Html:
        """Where every number comes from."""
        return self.data.colophon()

    def _compared(self) -> pd.DataFrame:
        """Return title, median, low, high, own: of the member and, where enough stand behind them, of the others."""
        own = self.rows.iloc[0]
        about = self.data.scores.units.set_index("unit")
        sector = about["sector"].get(self.unit)
        groups = {
            "unit": (self.unit, self.data.names.get(self.unit, self.unit)),
            "sector": (sector, say("sector {sector}", sector=sector)),
        }
        levels = self.data.scores.member_levels
        others = [
            {"title": groups[row.of][1], "median": row.median, "low": row.low, "high": row.high, "own": False}
            for row in each(levels[levels["indicator"] == own["indicator"]])
            if row.group == groups[row.of][0]
        ]
        me = {"title": self.name, "median": own["median"], "low": own["q05"], "high": own["q95"], "own": True}
        return pd.DataFrame([me, *others])

    def _brings(self, row: Any) -> str:
        part = self.parts[row.indicator]
        ends = (row.q05, row.mean, row.q95)
        if part.transform == "log":
            low, mean, high = (text.change_points(100 * math.expm1(part.spread * end), 1) for end in ends)
            unit = say("per cent")
        else:
            low, mean, high = (text.change_points(end, 2) for end in ends)
            unit = say("spreads")
        side = "raises" if row.p_raises >= 0.5 else "lowers"  # noqa: PLR2004 - even chances
        return say(
            "{title}: with this member the mean of the {n} members of its cluster is different by {mean} {unit} "
            "({interval} {low} to {high}). That it {side} it is {likelihood} (probability {probability}).",
            title=of(part.title),
            n=row.n_members,
            mean=mean,
            unit=unit,
            interval=text.interval(),
            low=low,
            high=high,
            side=say(side),
            likelihood=text.likelihood(max(row.p_raises, 1.0 - row.p_raises)),
            probability=text.percent(max(row.p_raises, 1.0 - row.p_raises)),
        )

    def _value(self, value: float, name: str) -> str:
        return text.quantity(value, self.parts[name].measure)

    def _in(self, name: str) -> str:
        """Return the unit of an indicator, to follow a value; nothing after a percentage."""
        measure = self.parts[name].measure
        return "" if measure.startswith("share") else f" {measured_in(measure)}"

    def _span(self, low: float, high: float, name: str) -> str:
        return text.joined(self._value(low, name), self._value(high, name))

    def _too_few(self) -> Html:
        n = self.data.rules.members
        return paragraph(say("Fewer than {n} other members reported, so nothing is shown of them.", n=n))


def member_page(workspace: str | Path, function: str, edition: int, member: str, language: str = ENGLISH) -> MemberPage:
    """Return the page of one member, in a language that is spoken from now on.

    Raises
    ------
    UnknownName
        Where nothing is published of this member in the edition.
    """
    speak(language)
    data = load_edition(workspace, function, edition)
    known = data.scores.members["member"]
    if member not in set(known):
        raise UnknownName(f"member with figures in {edition}", member, known.unique()[:5])
    return MemberPage(data, member)
