"""What the pages of one function and edition are made from, read once and verified."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from clusterscore.advice import tables as advised
from clusterscore.errors import UnknownName
from clusterscore.frames import of_unit
from clusterscore.model.function import Function
from clusterscore.paths import Workspace
from clusterscore.posterior.record import Run
from clusterscore.posterior.store import read_run
from clusterscore.report.display import Html, facts, ordered, paragraph
from clusterscore.report.language import numeral, of, say
from clusterscore.scores import tables
from clusterscore.scores.compute import Scores
from clusterscore.scores.disclosure import Rules
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
        table = path_of(self.workspace, self.run, unit, named=False)
        return table[table["edition"] == self.edition]

    def weights_before(self) -> pd.DataFrame:
        """Return the weights in the posteriors before this one, the newest first; nothing without a workspace.

        Those that this one corrects, and those of the edition before.
        """
        if self.workspace is None:
            return pd.DataFrame()
        before = tables.run_before(self.workspace, self.function.function, self.edition)
        runs = [self.run] if before is None else [self.run, before]
        table = pd.concat([weights_of(self.workspace, run) for run in runs])
        return table[table["id"] != self.run.id].drop_duplicates(["id", "pillar"])

    def advice(self, table: str) -> pd.DataFrame:
        """Return a table of what follows from the scores; empty where there is none from the same posterior."""
        if self.workspace is None or not self.is_advised:
            return pd.DataFrame(columns=list(advised.TABLES[table]))
        return advised.read(self.workspace, self.function.function, self.edition, table)

    @property
    def is_advised(self) -> bool:
        """Whether there is advice from the same posterior."""
        if self.workspace is None:
            return False
        return advised.posterior_of(self.workspace, self.function.function, self.edition) == self.run.id

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

    def row(self, unit: str) -> pd.Series:
        """Return a unit's scores in the edition's last year."""
        return of_unit(self.current, unit).iloc[0]

    def validation(self, unit: str) -> pd.Series:
        """Return a unit's verdict in the edition's last year, and what it rests on."""
        table = of_unit(self.scores.validation, unit)
        return table[table["year"] == self.edition].iloc[0]

    @cached_property
    def editions(self) -> tuple[int, ...]:
        """Last years of all editions so far, from the observed years and the document's rhythm."""
        first = int(self.scores.scores["year"].min())
        return tuple(range(self.edition, first - 1, -self.function.edition.every))[::-1]

    @cached_property
    def pillar_titles(self) -> dict[str, str]:
        """Title of each pillar."""
        return {pillar.id: of(pillar.title) for pillar in self.function.pillars}

    @property
    def minimum_raters(self) -> int:
        """How many independent raters a verdict needs; 0 where nobody is asked."""
        return self.function.questionnaire.minimum_raters if self.function.questionnaire else 0

    @cached_property
    def rules(self) -> Rules:
        """What may be shown of others, by the workspace's own numbers."""
        return Rules() if self.workspace is None else Rules.of(self.workspace.root)

    def banner(self) -> Html:
        """Say first what must be known of the page: invented data, and that the method is a reconstruction."""
        return (
            paragraph(say(DEMONSTRATION), "demonstration")
            if self.run.demonstration
            else paragraph(say(RECONSTRUCTION), "note")
        )

    def colophon(self) -> Html:
        """Where every number comes from."""
        sampler, versions, design = self.run.sampler, self.run.versions, self.run.design
        observed = say(
            "{figures} figures, {answers} answers of {raters} raters",
            figures=design["figures"],
            answers=design["answers"],
            raters=design["raters"],
        )
        if design.get("members"):
            observed += say("; figures of members, {n} rows of a member and an indicator", n=design["members"])
        method = say("Function {id}, version {version}.", id=self.function.function, version=self.function.version)
        title, head = of(self.function.title), self.run.head[:20]
        return facts(
            {
                say("Method"): f"{say(RECONSTRUCTION)} {method}",
                say("Intervals"): say(
                    "Every interval is a {kind}; ranks are intervals of the same mass.", kind=say(INTERVAL_KIND)
                ),
                say("Ledger head"): self.run.head,
                say("Posterior"): f"{self.run.id} ({say(self.run.status)}), SHA-256 {self._digest}",
                say("Observations"): observed,
                say("Draws"): say(
                    "{chains} chains, seed {seed}; {diagnosis}",
                    chains=sampler["chains"],
                    seed=sampler["seed"],
                    diagnosis=self.diagnosis,
                ),
                say("Software"): ", ".join(f"{name} {number}" for name, number in versions.items()),
                say("Cite as"): say(
                    "clusterscore, {title}, edition {edition}, ledger head {head}",
                    title=title,
                    edition=self.edition,
                    head=head,
                ),
            }
        )

    @property
    def _digest(self) -> str:
        """Digest of what the posterior holds itself, and which sampling it corrects, if any."""
        since = (
            "" if self.run.basis is None else say("; corrected since the sampling {digest}", digest=self.run.basis[1])
        )
        return self.run.own_digest + since

    @property
    def diagnosis(self) -> str:
        """The diagnostics of what is published, in one line."""
        shown = [row for row in self.run.diagnostics["worst"] if row["published"]]
        r_hat, ess = max(row["r_hat"] for row in shown), min(min(row["ess_bulk"], row["ess_tail"]) for row in shown)
        divergences = self.run.diagnostics["divergences"]
        return say(
            "largest R-hat {r_hat}, smallest effective sample size {ess}, {divergences} divergent transitions",
            r_hat=numeral(f"{r_hat:.3f}"),
            ess=f"{ess:.0f}",
            divergences=divergences,
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
    known = sorted(path.stem for path in place.functions.glob("*.yml"))
    if function not in known:
        raise UnknownName("function", function, known)
    document = Function.read(place.functions / f"{function}.yml")  # the others take longer than a page's figures
    run = read_run(place.posterior(function, edition) / tables.manifest(place, function, edition)["posterior"])
    return EditionData(document, edition, tables.read(place, function, edition), run, place)
