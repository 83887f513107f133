"""The page of one management team: notebook ``06-management``. It never enters the cluster's score."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from clusterscore.errors import UnknownName
from clusterscore.frames import each
from clusterscore.report import text
from clusterscore.report.cluster import ClusterPage
from clusterscore.report.crosswalk import Audited, Crosswalk, read_crosswalk
from clusterscore.report.display import Html, Table, paragraph, sentences
from clusterscore.report.language import ENGLISH, of, say, speak
from clusterscore.report.pages import load_edition

_SURE: Final = 0.9
_BRONZE, _SILVER, _GOLD = "bronze", "silver", "gold"


@dataclass(frozen=True, eq=False)
class ManagementPage(ClusterPage):
    """One team within its edition; each method returns what a cell of the notebook shows."""

    def apart(self) -> Html:
        """Say what this score is not."""
        parts = [
            say("This score is of the team. It does not enter the score of its cluster, and that does not enter here."),
            say("Members of the cluster answer; the team and the cluster's own staff do not count."),
        ]
        return paragraph(" ".join(parts), "note")

    def value_added(self) -> Html:
        """How the team does given the circumstances of its cluster."""
        found = self._of(self.data.scores.value_added)
        if found.empty:
            return paragraph(
                say(
                    "Size, age and sector of its cluster are not all recorded, or too few teams are, to set them apart."
                )
            )
        row = found.iloc[0]
        side = "more" if row["p_above"] >= 0.5 else "less"  # noqa: PLR2004 - even chances
        probability = max(row["p_above"], 1.0 - row["p_above"])
        sure = probability >= _SURE
        return sentences(
            [
                say(
                    "Teams of clusters of such size, age and sector would stand at {expected} standard deviations; it "
                    "stands {added} ({interval} {low} to {high}) from there.",
                    expected=text.deviations(row["expected"]),
                    added=text.deviations(row["mean"]),
                    interval=text.interval(),
                    low=text.deviations(row["q05"]),
                    high=text.deviations(row["q95"]),
                ),
                say(
                    "That it does {side} than its circumstances let expect is {likelihood} "
                    "(probability {probability}).",
                    side=say(side),
                    likelihood=text.likelihood(probability),
                    probability=text.percent(probability),
                )
                if sure
                else say("It cannot be told apart from what its circumstances let expect."),
                say(
                    "This is a view beside the score and no score of its own: whatever else makes the work of a team "
                    "easy or hard counts here as the team's."
                ),
            ]
        )

    def circumstances(self) -> Table | Html:
        """What circumstances are worth."""
        table = self.data.scores.circumstances
        if table.empty:
            return paragraph(say("What circumstances are worth is not known."))
        names = {
            "size": say("larger cluster (one standard deviation)"),
            "age": say("older cluster (one standard deviation)"),
        }
        rows = [
            (
                names.get(row.circumstance) or say("sector {sector}", sector=row.circumstance),
                text.deviations(row.mean),
                text.joined(text.deviations(row.q05), text.deviations(row.q95)),
            )
            for row in each(table)
        ]
        caption = say("What circumstances are worth to a team's standing, in standard deviations of the base cohort")
        return Table(
            caption,
            (say("circumstance"), say("mean"), text.interval()),
            rows,
            folded=True,
            label="What circumstances are worth",
        )

    def assessor(self) -> Table | Html:
        """What an assessor of a label looks at, least known and weakest first."""
        crosswalk = self._crosswalk
        if crosswalk is None:
            return paragraph(say("This workspace has no crosswalk to the indicators of the labels."))
        blocks = {block.id: block for block in crosswalk.blocks}
        ranked = sorted(crosswalk.indicators, key=self._weakness)
        rows = [
            (
                f"{part.id} {of(part.title)}",
                _asked_by(part, bronze=blocks[part.block].bronze),
                self._known(part),
                of(part.evidence),
            )
            for part in ranked
        ]
        columns = (say("public audit indicator"), say("looked at for"), say("what is known here"), say("have ready"))
        caption = say("What an assessor would ask next: what is not known here first, then what is weakest")
        return Table(caption, columns, rows, words=True)

    def labels(self) -> Html:
        """Say what is public of each label, and that no threshold is."""
        crosswalk = self._crosswalk
        if crosswalk is None:
            return paragraph(say("This workspace has no crosswalk to the indicators of the labels."))
        unknown = [part for part in crosswalk.indicators if not (part.pillars or part.indicators)]
        bronze = ", ".join(of(block.title).lower() for block in crosswalk.blocks if block.bronze)
        silver = sum(part.label == _SILVER for part in crosswalk.indicators)
        return sentences(
            [
                say("Bronze looks at these blocks: {blocks}. Its 36 indicators are not public.", blocks=bronze),
                say(
                    "Silver looks at {n} of the audit indicators below, gold at all {all}.",
                    n=silver,
                    all=len(crosswalk.indicators),
                ),
                say(
                    "On {n} of them nothing is recorded here: {titles}.",
                    n=len(unknown),
                    titles=", ".join(of(one.title).lower() for one in unknown),
                ),
                say("The labels' thresholds are not public. Nothing on this page says whether a label would be given."),
            ]
        )

    def profile(self) -> Table | Html:
        """Fields of the public profile, as far as they are known here."""
        crosswalk = self._crosswalk
        if crosswalk is None:
            return paragraph(say("This workspace has no crosswalk to the indicators of the labels."))
        rows = [
            (
                of(part.title),
                say("criterion of validation") if part.of == "validation" else say("field of the profile"),
                self._field(part.field) or say("not recorded here"),
            )
            for part in crosswalk.profile
        ]
        columns = (say("field"), say("what it is"), say("known here"))
        return Table(say("The profile at the European Cluster Collaboration Platform"), columns, rows, words=True)

    @property
    def _crosswalk(self) -> Crosswalk | None:
        workspace = self.data.workspace
        return read_crosswalk(workspace.catalogue / "crosswalk.yml") if workspace else None

    def _pillar(self, name: str) -> pd.Series | None:
        table = self._of(self.data.scores.pillars)
        found = table[(table["year"] == self.data.edition) & (table["pillar"] == name)]
        return found.iloc[0] if len(found) else None

    def _weakness(self, part: Audited) -> tuple[float, str]:
        known = [row["mean"] for name in part.pillars if (row := self._pillar(name)) is not None]
        return (min(known) if known else -1.0 if part.indicators else -2.0, part.id)

    def _known(self, part: Audited) -> str:
        parts = {one.id: one for one in self.data.function.indicators}
        figures = self._of(self.data.scores.origins).sort_values("year")
        said = []
        for name in part.pillars:
            row = self._pillar(name)
            if row is not None:
                title = self.data.pillar_titles[name].lower()
                said.append(f"{title}: {text.points(row['mean'])} ({text.span(row['q05'], row['q95'])})")
        for name in part.indicators:
            rows = figures[figures["indicator"] == name]
            if len(rows) and name in parts:
                last = rows.iloc[-1]
                value = text.quantity(last["value"], parts[name].measure)
                said.append(f"{of(parts[name].title).lower()}: {value} ({last['year']})")
        return "; ".join(said) or say("nothing recorded here")

    def _field(self, name: str | None) -> str:
        about = self._of(self.data.scores.units).iloc[0]
        if name is None:
            return ""
        if name in about.index and pd.notna(about[name]):
            return str(about[name])
        rows = self._of(self.data.scores.origins)
        rows = rows[rows["indicator"] == name].sort_values("year")
        if rows.empty:
            return ""
        last = rows.iloc[-1]
        return f"{text.quantity(last['value'], str(last['measure']))} ({last['year']})"


def _asked_by(part: Audited, *, bronze: bool) -> str:
    labels = [say("block of bronze")] if bronze else []
    labels += [say(_SILVER)] if part.label == _SILVER else []
    return ", ".join([*labels, say(_GOLD)])


def management_page(
    workspace: str | Path, function: str, edition: int, unit: str, language: str = ENGLISH
) -> ManagementPage:
    """Return the page of one team, in a language that is spoken from now on.

    Raises
    ------
    UnknownName
        Where no score of this team was published in the edition.
    """
    speak(language)
    data = load_edition(workspace, function, edition)
    if unit not in set(data.current["unit"]):
        raise UnknownName(f"{data.function.kind} with a score in {edition}", unit, data.current["unit"])
    return ManagementPage(data, unit)
