"""What the notebooks for researchers look at: one function through one edition, read when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from clusterscore.model.design import Design, make_design
from clusterscore.model.evidence import concerning
from clusterscore.model.function import Function
from clusterscore.observations.ledger import Ledger, Record
from clusterscore.observations.observed import Observations, observations_of
from clusterscore.observations.state import State
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.record import Posterior
from clusterscore.steps import function_of, latest_edition, newest_posterior


@dataclass(frozen=True, eq=False)
class Study:
    """One function through one edition of a workspace.

    Attributes
    ----------
    workspace
        Where everything is.
    function
        The document.
    edition
        Last year that counts.
    records
        The whole ledger, in order.
    everything
        All live observations, on units of every kind.
    """

    workspace: Workspace
    function: Function
    edition: int
    records: tuple[Record, ...]
    everything: Observations

    @cached_property
    def observations(self) -> Observations:
        """What is observed of the function's kind of unit, through the edition."""
        return concerning(self.function, self.everything, self.edition)

    @cached_property
    def design(self) -> Design:
        """Axes and index vectors of the fit."""
        return make_design(self.function, self.observations)

    @cached_property
    def posterior(self) -> Posterior:
        """The trusted draws."""
        return store.load(self.workspace, self.function.function, self.edition)

    @cached_property
    def titles(self) -> dict[str, str]:
        """English title of each pillar and indicator, by id; an item's is its id in words."""
        pillars = {pillar.id: pillar.title.en for pillar in self.function.pillars}
        indicators = {part.id: part.title.en for part in self.function.indicators}
        return pillars | indicators | {item.id: item.id.replace("_", " ") for item in self.function.items}


def study(workspace: str | Path, function: str, edition: int, *, fitted: bool = False) -> Study:
    """Read what is known of a function.

    Parameters
    ----------
    workspace
        Folder with functions and data.
    function
        Id of a document.
    edition
        Last year that counts; 0 for the newest.
    fitted
        Whether the newest is that of the newest trusted posterior, or of the last observation.

    Raises
    ------
    UnknownName
        Where the workspace has no such function.
    NothingToFit, NotFitted
        Where the newest is asked for and there is none.
    """
    place = Workspace.find(Path(workspace))
    document = function_of(place, function)
    records, head = Ledger(place.ledger).history()
    everything = observations_of(State.of(records), head)
    if not edition:
        edition = newest_posterior(place, function) if fitted else latest_edition(document, everything)
    return Study(place, document, edition, records, everything)
