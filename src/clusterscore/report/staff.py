"""What only staff may read of an edition: raters to look at, by pseudonym, each with its evidence.

Notebook ``09-staff``. A pseudonym beside an answer is a person, so that this page lies in ``private/`` and is never
part of what is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from clusterscore.frames import each
from clusterscore.report import raters, text
from clusterscore.report.display import Html, Table, paragraph
from clusterscore.report.language import ENGLISH, say, speak
from clusterscore.report.pages import EditionData, load_edition


@dataclass(frozen=True, eq=False)
class StaffPage:
    """The raters of one function and edition; each method returns what a cell of the notebook shows."""

    data: EditionData

    def banner(self) -> Html:
        """Say what must be known first."""
        return self.data.banner()

    def flags(self) -> Html:
        """Every flag with its evidence; or that there are none, and how often one is raised by chance."""
        scores = self.data.scores
        if scores.rater_fit.empty:
            return paragraph(say("No peers are asked about these units."))
        found = list(raters.flags(scores)) or [say("No rater, no pair of raters and no group of units is flagged.")]
        items = Markup("").join(Markup("<li>{}</li>").format(line) for line in [*found, *raters.unassessed(scores)])
        return Html(Markup("<p>{}</p><ul>{}</ul>").format(raters.purpose(), items))

    def severities(self) -> Table | Html:
        """How severe each rater is, the most severe first."""
        table = self.data.scores.raters
        if table.empty:
            return paragraph(say("No peers are asked about these units."))
        rows = [
            (
                row.rater,
                text.deviations(row.severity_mean),
                text.joined(text.deviations(row.q05), text.deviations(row.q95)),
                str(row.n_answers),
            )
            for row in each(table.sort_values(["severity_mean", "rater"], ascending=[False, True]))
        ]
        columns = (say("rater"), say("severity (logits)"), text.interval(), say("answers that count"))
        return Table(say("Severities of the raters, which the model removes from every score"), columns, rows)

    def colophon(self) -> Html:
        """Where every number comes from."""
        return self.data.colophon()


def staff_page(workspace: str | Path, function: str, edition: int, language: str = ENGLISH) -> StaffPage:
    """Return the raters of a function and edition, in a language that is spoken from now on."""
    speak(language)
    return StaffPage(load_edition(workspace, function, edition))
