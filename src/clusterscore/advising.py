"""The verbs on what follows from scores: advice written as tables, and levels with their conditions."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from clusterscore import steps
from clusterscore.advice import tables as written
from clusterscore.advice.catalogue import FILE, Catalogue, read_catalogue
from clusterscore.advice.conditions import (
    Facts,
    Membership,
    condition_table,
    coverage,
    facts_of,
    membership,
)
from clusterscore.advice.groups import peers_of
from clusterscore.advice.levels import Levels, read_levels
from clusterscore.advice.partners import network, partners
from clusterscore.advice.places import places
from clusterscore.advice.recommend import Evidence, recommend
from clusterscore.advice.standing import level_table
from clusterscore.advice.view import View, view
from clusterscore.advice.whatif import what_if
from clusterscore.chain import Head
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.observed import Observations, observations_of
from clusterscore.observations.state import State
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.identity import heard
from clusterscore.posterior.record import Run
from clusterscore.scores import tables
from clusterscore.scores.peer_groups import Rule
from clusterscore.scores.tables import Artefact


@dataclass(frozen=True, eq=False)
class Ground:
    """Everything that advice on one function and edition rests on, read once.

    Attributes
    ----------
    run
        Record of the trusted posterior.
    view
        Its draws in the edition's last year.
    catalogue, levels
        The workspace's documents; no levels where they are of another function.
    validation, changes, peer_groups
        Published tables of the edition's last year.
    covered
        By unit, share of what could be known that is known.
    known
        Who belongs to which cluster.
    everybody
        Every unit recorded, with the posterior's observations.
    """

    run: Run
    view: View
    catalogue: Catalogue
    levels: Levels | None
    validation: pd.DataFrame
    changes: pd.DataFrame
    peer_groups: pd.DataFrame
    covered: pd.Series
    known: Membership
    everybody: Observations

    def facts(self) -> dict[str, Facts]:
        """Return what is known of every unit besides its score."""
        return {unit: facts_of(unit, self.validation, self.covered, self.known) for unit in self.view.names}


def ground(workspace: Workspace, name: str, edition: int | None = None) -> Ground:
    """Read what advice rests on.

    Raises
    ------
    NotFitted
        Where there is no trusted posterior.
    FunctionInvalid
        Where a document of ``catalogue/`` breaks its schema or is not there.
    """
    functions = steps.functions_of(workspace)
    function = steps.function_of(workspace, name)
    year = edition or steps.newest_posterior(workspace, name)
    run = store.current_run(workspace, name, year)
    catalogue, levels = read_catalogue(workspace.catalogue, functions), read_levels(workspace.catalogue, functions)
    steps.score(workspace, name, year)
    scores = tables.read(workspace, name, year)
    records = Ledger(workspace.ledger).read()
    then = State.of(records[: Head.parse(run.head).count])
    everybody = observations_of(then, Head.parse(run.head))
    seen, _ = heard(function, everybody, year)
    return Ground(
        run=run,
        view=view(function, store.open_draws(workspace, run), seen),
        catalogue=catalogue,
        levels=levels if levels.function == name else None,
        validation=scores.validation[scores.validation["year"] == year],
        changes=scores.changes[scores.changes["year_to"] == year],
        peer_groups=scores.peer_groups,
        covered=coverage(function, seen, year),
        known=membership(State.of(records), levels, year, function.edition.every),
        everybody=everybody,
    )


def advise(workspace: Workspace, name: str, edition: int | None = None) -> list[Artefact]:
    """Write recommendations, what-if, levels, conditions and partners of one function and edition."""
    held = ground(workspace, name, edition)
    seen = held.view
    groups = peers_of(held.peer_groups, seen.names)
    evidence = Evidence(held.validation, held.changes, held.covered)
    names = dict(zip(held.everybody.units["unit"], held.everybody.units["name"], strict=True))
    proposed = partners(held.catalogue.partners, seen, held.known.members, names)
    made = {
        "recommendations": recommend(held.catalogue, seen, groups, held.levels, evidence),
        "whatif": what_if(seen, held.levels),
        "partners": proposed,
        "places": places(seen),
    }
    if held.levels is not None:
        made["levels"] = level_table(held.levels, seen.names, seen.score)
        made["conditions"] = condition_table(held.levels, seen.names, seen.score, held.facts())
    documents = _documents(workspace, held.catalogue, held.levels)
    return written.write(workspace, held.run, made, network(proposed, seen), documents)


def beside(workspace: Workspace, name: str, edition: int) -> None:
    """Advise on a function that the workspace's catalogue speaks about, unless that was done from the same posterior.

    A workspace without a catalogue has no advice, and its pages say so.
    """
    if not (workspace.catalogue / FILE).is_file():
        return
    functions = steps.functions_of(workspace)
    catalogue = read_catalogue(workspace.catalogue, functions)
    if name not in catalogue.functions:
        return
    levels = read_levels(workspace.catalogue, functions)
    documents = _documents(workspace, catalogue, levels if levels.function == name else None)
    run = store.current_run(workspace, name, edition)
    if not written.rests_on(workspace, run, documents):
        advise(workspace, name, edition)


def _documents(workspace: Workspace, catalogue: Catalogue, levels: Levels | None) -> dict[str, str]:
    """Return the digests of the documents on which advice rests, by name."""
    documents = {"catalogue": catalogue.digest, "peers": Rule.of(workspace.catalogue).digest}
    return documents if levels is None else documents | {"levels": levels.digest}


def levels_now(workspace: Workspace, edition: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the level of every cluster, and which conditions of which level it fulfils."""
    levels = levels_of(workspace)
    held = ground(workspace, levels.function, edition)
    return (
        level_table(levels, held.view.names, held.view.score),
        condition_table(levels, held.view.names, held.view.score, held.facts()),
    )


def levels_of(workspace: Workspace) -> Levels:
    """Return the levels of a workspace; raises as :func:`clusterscore.advice.levels.read_levels`."""
    return read_levels(workspace.catalogue, steps.functions_of(workspace))
