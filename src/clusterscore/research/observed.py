"""What is in the ledger: what notebook ``01-observations`` shows, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.frames import each
from clusterscore.model.design import connected_parts
from clusterscore.model.evidence import speaking
from clusterscore.observations.ledger import Action, Record
from clusterscore.observations.observed import Observations
from clusterscore.report.display import Html, Table, paragraph
from clusterscore.report.style import styled
from clusterscore.research import figures
from clusterscore.research.plate import WIDE, Plate, Sheet, grid, quantiles
from clusterscore.research.study import Study, study
from clusterscore.vocabulary import Kind

_WHY_UNUSED = {
    "answers of tied raters": "own-cluster and tied answers are shown to that cluster and never counted",
    "counts without their exposure": "without the figure that it is counted per, a count says nothing of a rate",
    "figures of later years": "the edition ends before",
    "answers of later years": "the edition ends before",
    "figures of other functions": "this document has no such indicator",
    "answers of other functions": "this document has no such item",
}


@dataclass(frozen=True, eq=False)
class ObservationsPage:
    """What a researcher checks before any model: what is there, what is not, who said it, what was corrected."""

    study: Study

    @property
    def observations(self) -> Observations:
        """The tables themselves: units, raters, figures, answers."""
        return self.study.observations

    def head(self) -> Table:
        """Which ledger this is."""
        files = [record for record in self.study.records if record.action is Action.FILE]
        head = str(self.study.everything.head)
        seen = self.observations
        rows = [
            ("function and edition", f"{self.study.function.title.en}, through {self.study.edition}"),
            ("ledger head", f"{head[:24]}… (records, and the last digest)"),
            (
                "files taken in",
                f"{len(files)}, the last on {max((r.when for r in files), default='')[:10]}",
            ),
            ("units and raters", f"{len(seen.units)} and {len(seen.raters)}"),
            ("invented", "yes, at least in part: a demonstration" if seen.demonstration else "no"),
        ]
        return Sheet("What this is about", ("", ""), rows)

    def counts(self) -> Table:
        """Live observations by table, kind of unit and year."""
        rows, everything = [], self.study.everything
        for kind in Kind:
            seen = everything.about(kind)
            for name, frame in (("figures", seen.figures), ("answers", seen.answers)):
                if len(frame):
                    rows.append((f"{name} on {kind} units", len(seen.units), frame["year"].value_counts()))
        years = sorted({int(year) for _, _, by_year in rows for year in by_year.index})
        shown = [
            (name, str(units), *(f"{by_year.get(year, 0):,}" for year in years), f"{int(by_year.sum()):,}")
            for name, units, by_year in rows
        ]
        return Table("Live observations by year", ("what", "units", *map(str, years), "all"), shown)

    def coverage(self) -> Plate:
        """Which figure of which unit was reported in which year; of figures on members, by what share of them."""
        units, years, seen = self._reported
        titles = [part.title.en for part in self.study.function.indicators]
        share = seen.mean(axis=(0, 2))
        least = int(share.argmin())
        finding = (
            f"{100 * seen.mean():.0f} % of all possible figures are there; "
            f"least often: {titles[least].lower()} ({100 * share[least]:.0f} %)"
        )
        with styled():
            figure, (ax,) = grid(1, 1, 1.7 + 0.12 * max(len(units), 10))
            figures.plot_coverage(seen, units, years, titles, ax=ax)
        rows = [(title, f"{100 * s:.0f} %") for title, s in zip(titles, share, strict=True)]
        return Plate(
            figure,
            finding,
            f"Units by indicators and years, filled where a figure was reported. {finding}.",
            "Blue: reported. Pale: not. In between: by some of the unit's members, where it is they who report. A row "
            "is a unit, a block an indicator. Rows that begin late are units that joined later; a pale stripe across "
            "all units is a year in which nobody was asked.",
            Table("Share of figures reported", ("indicator", "reported"), rows, folded=True),
        )

    def placement(self) -> Plate:
        """Where figures lie after the transform, against where the document expects them."""
        table = quantiles(self._standardised, "indicator", "value")
        table["title"] = table["indicator"].map(self.study.titles)
        furthest = table.iloc[int(table["median"].abs().to_numpy().argmax())]
        inside = int((table["median"].abs() <= 1).sum())
        finding = (
            f"{inside} of {len(table)} medians lie within one spread of the typical value; "
            f"furthest: {furthest['title'].lower()} ({furthest['median']:+.1f})"
        )
        with styled():
            figure, (ax,) = grid(1, 1, 0.9 + 0.3 * len(table))
            figures.plot_placement(table, ax=ax)
        rows = [(r.title, f"{r.median:+.2f}", f"{r.q05:+.2f} to {r.q95:+.2f}") for r in each(table)]
        return Plate(
            figure,
            finding,
            f"Distribution of each indicator after its transform. {finding}.",
            "Dot: median. Thick: middle half. Thin: middle 90 %. Grey: where about two thirds of units lie if the "
            "document's typical value and spread are right. Both only place the prior; the data rescale nothing.",
            Table("Standardised figures", ("indicator", "median", "middle 90 %"), rows, folded=True),
        )

    def shares(self) -> Plate | Html:
        """How often each answer was given, item by item."""
        items, answers = self.study.function.items, self._untied
        if answers.empty:
            return paragraph("Nobody is asked about these units.")
        shares = pd.crosstab(answers["item"], answers["answer"], normalize="index")
        shares = shares.loc[[item.id for item in items if item.id in shares.index]]
        largest = shares.max(axis="columns")
        item = str(shares.index[int(largest.to_numpy().argmax())])
        answer = shares.columns[int(shares.to_numpy().max(axis=0).argmax())]
        turned = sum(part.direction < 0 for part in items)
        most = f"{100 * largest.max():.0f} %"
        finding = f"No answer takes more than {most} of an item ({self.study.titles[item]}, answer {answer})"
        with styled():
            figure, (ax,) = grid(1, 1, 1.3 + 0.21 * len(shares))
            figures.plot_shares(shares.rename(index=self.study.titles), ax=ax)
        rows = [
            (self.study.titles[str(name)], *(f"{100 * share:.0f} %" for share in row))
            for name, row in zip(shares.index, shares.to_numpy(), strict=True)
        ]
        return Plate(
            figure,
            finding,
            f"Shares of the answers by item. {finding}.",
            f"As recorded, by untied raters; {turned} items are put in the negative and are turned round in the model.",
            Table("Shares of answers", ("item", *map(str, shares.columns)), rows, folded=True),
        )

    def network(self) -> Plate | Html:
        """Who rated whom."""
        answers = self._answers
        if answers.empty:
            return paragraph("Nobody is asked about these units.")
        units, raters = sorted(answers["unit"].unique()), sorted(answers["rater"].unique())
        asked = answers.drop_duplicates(["unit", "rater", "year"])
        years = pd.crosstab(asked["unit"], asked["rater"]).reindex(index=units, columns=raters, fill_value=0)
        tied = pd.crosstab(answers["unit"], answers["rater"], values=answers["tied"], aggfunc="any").reindex_like(years)
        untied = asked[~asked["tied"]]
        by_unit, by_rater = untied.groupby("unit")["rater"].nunique(), untied.groupby("rater")["unit"].nunique()
        finding = (
            f"A unit is known to {by_unit.median():.0f} raters (at least {by_unit.min()}), "
            f"a rater judges {by_rater.median():.0f} units (at least {by_rater.min()})"
        )
        with styled():
            figure, (ax,) = grid(1, 1, 3.4, width=WIDE)
            figures.plot_network(years.to_numpy(float), tied.eq(True).to_numpy(), units, raters, ax=ax)  # noqa: FBT003
        rows = [
            (name, f"{n.min():,.0f}", f"{n.median():,.0f}", f"{n.max():,.0f}")
            for name, n in (
                ("raters of a unit", by_unit),
                ("units of a rater", by_rater),
                ("questionnaires of a rater", untied["rater"].value_counts()),
            )
        ]
        return Plate(
            figure,
            finding,
            f"Units by raters, darker the more years the rater answered. {finding}.",
            "The darker, the more years in which the rater answered about the unit. Crosses: answers of a rater who "
            "belongs or is tied to the unit; they are kept and not counted.",
            Table("Raters and units, untied", ("what", "least", "median", "most"), rows, folded=True),
        )

    def parts(self) -> Html | Table:
        """Whether severities can be compared: the connected parts of raters and units."""
        parts = connected_parts(self._untied)
        if len(parts) <= 1:
            said = "Raters and units form one connected part" if parts else "There are no raters"
            return paragraph(f"{said}: severities can be compared." if parts else f"{said}.")
        numbered = enumerate(parts, start=1)
        rows = [(str(number), ", ".join(part["units"]), ", ".join(part["raters"])) for number, part in numbered]
        caption = f"{len(parts)} parts share no answers: severities cannot be compared, and no fit will start"
        return Sheet(caption, ("part", "units", "raters"), rows)

    def ties(self) -> Table | Html:
        """Answers of raters who belong or are tied to the unit."""
        tied = self._answers[self._answers["tied"]]
        if tied.empty:
            return paragraph("No answer comes from a rater who belongs or is tied to the unit.")
        counts = tied.groupby(["unit", "rater"]).agg(years=("year", "nunique"), answers=("item", "size")).reset_index()
        rows = [(r.unit, r.rater, str(r.years), str(r.answers)) for r in each(counts)]
        return Table(f"{len(tied)} tied answers, kept and not counted", ("unit", "rater", "years", "answers"), rows)

    def corrections(self) -> Table | Html:
        """What was corrected or withdrawn, and why."""
        records = {record.number: record for record in self.study.records}
        changed = [record for record in self.study.records if record.action in {Action.CORRECT, Action.WITHDRAW}]
        if not changed:
            return paragraph("Nothing was corrected or withdrawn.")
        rows = [
            (
                str(record.number),
                f"{record.table} {' '.join(map(str, record.key))}",
                _change(record, records.get(record.supersedes or 0)),
                record.reason or "",
                record.when[:10],
            )
            for record in changed
        ]
        return Sheet("Corrections and withdrawals", ("record", "what", "change", "reason", "taken in"), rows)

    def unused(self) -> Table | Html:
        """What is recorded and stays out of the likelihood."""
        function, edition = self.study.function, self.study.edition
        seen = self.study.everything.about(function.kind)
        counts = dict(self.study.design.unused)
        for name, frame, column, known in (
            ("figures", seen.figures, "indicator", {part.id for part in function.indicators}),
            ("answers", seen.answers, "item", {part.id for part in function.items}),
        ):
            counts[f"{name} of later years"] = int((frame["year"] > edition).sum())
            counts[f"{name} of other functions"] = int((~frame[column].isin(known) & (frame["year"] <= edition)).sum())
        rows = [(name, f"{count:,}", _WHY_UNUSED[name]) for name, count in counts.items() if count]
        if not rows:
            return paragraph("Everything that is recorded is used.")
        return Sheet("Recorded and not in the likelihood", ("what", "observations", "why"), rows)

    @cached_property
    def _reported(self) -> tuple[list[str], list[int], NDArray[np.float64]]:
        """Units, years, and the share of possible figures that was reported; dims (unit, indicator, year)."""
        function = self.study.function
        told, _ = speaking(function, self.observations)
        units, years = sorted(told["unit"].unique()), sorted(told["year"].unique())
        members = self.observations.units.groupby("parent")["unit"].size().reindex(units, fill_value=0).to_numpy()
        seen = np.zeros((len(units), len(function.indicators), len(years)))
        for number, part in enumerate(function.indicators):
            rows = told[told["indicator"] == part.id]
            counts = pd.crosstab(rows["unit"], rows["year"])
            possible = np.maximum(members, 1) if part.of == "members" else np.ones(len(units))
            seen[:, number] = counts.reindex(index=units, columns=years, fill_value=0) / possible[:, None]
        return units, years, seen

    @property
    def _answers(self) -> pd.DataFrame:
        known = [part.id for part in self.study.function.items]
        return self.observations.answers[self.observations.answers["item"].isin(known)]

    @property
    def _untied(self) -> pd.DataFrame:
        return self._answers[~self._answers["tied"]]

    @cached_property
    def _standardised(self) -> pd.DataFrame:
        """Figures on the model's scale: indicator, value; of a count, the log of its ratio to what is expected."""
        design, indicators = self.study.design, self.study.function.indicators
        names = np.array([part.id for part in indicators], dtype=object)
        spread = np.array([part.spread for part in indicators])
        figures_seen, counts = design.figures, design.counts
        rate = np.log(counts["value"].to_numpy(dtype=float) + 0.5) - counts["log_expected"].to_numpy()
        number = np.concatenate([figures_seen["indicator"], counts["indicator"]]).astype(np.int64)
        value = np.concatenate([figures_seen["value"], rate / spread[counts["indicator"].to_numpy(np.int64)]])
        table = pd.DataFrame({"indicator": pd.Categorical(names[number], names), "value": value})
        table["indicator"] = table["indicator"].cat.remove_unused_categories()
        return table.sort_values("indicator").astype({"indicator": str})


def _change(record: Record, before: Record | None) -> str:
    if record.action is Action.WITHDRAW:
        return "withdrawn"
    old = before.data if before else {}
    return "; ".join(f"{k}: {old.get(k)} → {v}" for k, v in record.data.items() if old.get(k) != v) or "unchanged"


def observations_page(workspace: str | Path, function: str, edition: int = 0) -> ObservationsPage:
    """Return what is recorded of a function through an edition; 0 is the last year observed."""
    return ObservationsPage(study(workspace, function, edition))
