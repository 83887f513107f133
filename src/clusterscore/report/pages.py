"""What the pages of one function and edition are made from, read once and verified."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from clusterscore.errors import UnknownName
from clusterscore.model.function import Function, read_functions
from clusterscore.paths import Workspace
from clusterscore.posterior.store import Run, read_run
from clusterscore.report.display import Html, facts, ordered, paragraph
from clusterscore.scores import tables
from clusterscore.scores.compute import Scores
from clusterscore.scores.history import path_of, weights_of
from clusterscore.vocabulary import INTERVAL_KIND, Kind

PLURAL = {Kind.CLUSTER: "clusters", Kind.TEAM: "teams", Kind.MEMBER: "members", Kind.REGION: "regions"}
RECONSTRUCTION = (
    "A documented reconstruction: the association's own formula, weights and questionnaire are not public, "
    "and this is not them."
)
DEMONSTRATION = "Demonstration data: all clusters, names and figures on this page are invented."


@dataclass(frozen=True, eq=False)
class EditionData:
    """Everything that the pages of one function and edition show.

    Attributes
    ----------
    function
        The document.
    edition
        Last year that counts.
    scores
        The published tables.
    run
        Record of the posterior they rest on.
    workspace
        Where earlier posteriors are; None where there are none to be looked for.
    """

    function: Function
    edition: int
    scores: Scores
    run: Run
    workspace: Workspace | None = None

    def history(self, unit: str) -> pd.DataFrame:
        """Return a unit's score over time of arrival in this edition, the newest first; nothing without a workspace."""
        if self.workspace is None:
            return pd.DataFrame()
        table = path_of(self.workspace, self.run, unit)
        return table[table["edition"] == self.edition]

    def weights_before(self) -> pd.DataFrame:
        """Return the weights in the posteriors before this one, the newest first; nothing without a workspace."""
        if self.workspace is None:
            return pd.DataFrame()
        table = weights_of(self.workspace, self.run)
        return table[table["id"] != self.run.id]

    @property
    def plural(self) -> str:
        """What the units are called."""
        return PLURAL[self.function.kind]

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each unit, as people wrote it."""
        return dict(zip(self.scores.units["unit"], self.scores.units["name"], strict=True))

    @cached_property
    def current(self) -> pd.DataFrame:
        """Scores of the edition's last year, best first."""
        rows = self.scores.scores[self.scores.scores["year"] == self.edition]
        return ordered(rows, "score_median")

    @cached_property
    def editions(self) -> tuple[int, ...]:
        """Last years of all editions so far, from the observed years and the document's rhythm."""
        first = int(self.scores.scores["year"].min())
        return tuple(range(self.edition, first - 1, -self.function.edition.every))[::-1]

    @cached_property
    def pillar_titles(self) -> dict[str, str]:
        """English title of each pillar."""
        return {pillar.id: pillar.title.en for pillar in self.function.pillars}

    @property
    def minimum_raters(self) -> int:
        """How many independent raters a verdict needs; 0 where nobody is asked."""
        return self.function.questionnaire.minimum_raters if self.function.questionnaire else 0

    def banner(self) -> Html:
        """Say first what must be known of the page: invented data, and that the method is a reconstruction."""
        return (
            paragraph(DEMONSTRATION, "demonstration") if self.run.demonstration else paragraph(RECONSTRUCTION, "note")
        )

    def colophon(self) -> Html:
        """Where every number comes from."""
        sampler, versions, design = self.run.sampler, self.run.versions, self.run.design
        title = self.function.title.en
        observed = f"{design['figures']} figures, {design['answers']} answers of {design['raters']} raters"
        if design.get("members"):
            observed += f"; figures of members, {design['members']} rows of a member and an indicator"
        return facts(
            {
                "Method": f"{RECONSTRUCTION} Function {self.function.function}, version {self.function.version}.",
                "Intervals": f"Every interval is a {INTERVAL_KIND}; ranks are intervals of the same mass.",
                "Ledger head": self.run.head,
                "Posterior": f"{self.run.id} ({self.run.status}), SHA-256 {self._digest}",
                "Observations": observed,
                "Draws": f"{sampler['chains']} chains, seed {sampler['seed']}; {self.diagnosis}",
                "Software": ", ".join(f"{name} {number}" for name, number in versions.items()),
                "Cite as": f"clusterscore, {title}, edition {self.edition}, ledger head {self.run.head[:20]}",
            }
        )

    @property
    def _digest(self) -> str:
        """Digest of what the posterior holds itself, and which sampling it corrects, if any."""
        since = "" if self.run.basis is None else f"; corrected since the sampling {self.run.basis[1]}"
        return self.run.own_digest + since

    @property
    def diagnosis(self) -> str:
        """The diagnostics of what is published, in one line."""
        shown = [row for row in self.run.diagnostics["worst"] if row["published"]]
        r_hat, ess = max(row["r_hat"] for row in shown), min(min(row["ess_bulk"], row["ess_tail"]) for row in shown)
        divergences = self.run.diagnostics["divergences"]
        return (
            f"largest R-hat {r_hat:.3f}, smallest effective sample size {ess:.0f}, {divergences} divergent transitions"
        )


def load_edition(workspace: str | Path, function: str, edition: int) -> EditionData:
    """Read and verify what the pages of a function and edition show.

    Raises
    ------
    UnknownName
        Where the workspace has no such function.
    NotFitted, CheckFailed
        Where there are no tables, or not those that were written.
    """
    place = Workspace.find(Path(workspace))
    functions = read_functions(place.functions)
    if function not in functions:
        raise UnknownName("function", function, functions)
    run = read_run(place.posterior(function, edition) / tables.manifest(place, function, edition)["posterior"])
    return EditionData(functions[function], edition, tables.read(place, function, edition), run, place)
