"""The verb that invents an association: its files, drawn from the model, each marked as demonstration."""

from __future__ import annotations

from pathlib import Path

from clusterscore import steps
from clusterscore.documents import dump_yaml
from clusterscore.durable import digest_of, write_atomically
from clusterscore.model.codebook import make_codebook
from clusterscore.model.demonstration import demonstrate
from clusterscore.model.teams import demonstrate_teams
from clusterscore.observations.ingest import examine
from clusterscore.paths import Workspace
from clusterscore.raw.origin import Decision, write_origin
from clusterscore.raw.receive import receive, stored_files
from clusterscore.scores.tables import Artefact
from clusterscore.vocabulary import Kind


def simulate(workspace: Workspace, name: str, first_year: int, editions: int, seed: int, source: str) -> list[Artefact]:
    """Write an invented association's files into ``data/raw``, each marked as demonstration.

    Drawn values are what they are, however unlikely: what the door would doubt is decided in the sidecars.
    """
    made, paths, function = [], [], steps.function_of(workspace, name)
    invented = demonstrate_teams if function.kind is Kind.TEAM else demonstrate
    for delivery in invented(function, first_year, editions, seed):
        suffix = "-teams" if function.kind is Kind.TEAM else ""
        path = workspace.raw / source / f"{delivery.year}-11-30" / f"{delivery.table}{suffix}.csv"
        write_atomically(path, delivery.rows.to_csv(index=False, lineterminator="\n").encode())
        artefact = Artefact(workspace.relative(path), len(delivery.rows), digest_of(path))
        command = (
            f"clusterscore simulate --function {name} --first-year {first_year} --editions {editions} --seed {seed}"
        )
        sidecar = {
            "sha256": artefact.sha256,
            "source": command,
            "received": f"{delivery.year}-11-30",
            "demonstration": True,
            "note": "Invented data of an invented association, drawn from the model; not about any real cluster.",
        }
        write_atomically(path.with_name(path.name + ".origin.yml"), dump_yaml(sidecar).encode())
        made.append(artefact)
        paths.append(path)
    decide_as_drawn(workspace, paths)
    return made


def decide_as_drawn(workspace: Workspace, paths: list[Path]) -> None:
    """Accept in its sidecar each doubt about an invented file: it was drawn so."""
    files, _ = receive(workspace, stored_files(workspace), "simulate", demonstration=True)
    decided: dict[Path, list[Decision]] = {}
    for raw, doubt in examine(files, make_codebook(steps.functions_of(workspace))):
        if raw.origin is not None and raw.path in paths:
            decision = Decision(
                doubt=doubt.id,
                code=doubt.fault.code,
                verdict="accept",
                who="clusterscore simulate",
                when=raw.origin.received,
                reason="drawn so from the model, or one of the demonstration's stories; no real value is in doubt",
            )
            decided.setdefault(raw.path, []).append(decision)
    for raw in files:
        if raw.path in decided and raw.origin is not None:
            decisions = tuple({one.doubt: one for one in decided[raw.path]}.values())
            write_origin(raw.path, raw.origin.model_copy(update={"decisions": decisions}))
