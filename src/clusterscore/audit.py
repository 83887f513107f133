"""Verify every digest of a workspace: nothing published rests on a file that was changed since."""

from __future__ import annotations

from collections.abc import Mapping

from clusterscore.advice import tables as written
from clusterscore.advice.register import Register, Step
from clusterscore.durable import digest_of
from clusterscore.errors import CheckFailed, ClusterscoreError
from clusterscore.observations.ledger import Action, Head, Ledger
from clusterscore.observations.state import State
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.record import Run
from clusterscore.raw.held import parcels
from clusterscore.raw.origin import read_origin
from clusterscore.raw.receive import stored_files
from clusterscore.scores import tables


def check(workspace: Workspace) -> list[str]:
    """Verify every digest: raw files, ledger, posteriors, scores and published editions.

    Returns
    -------
    what was verified, a line each

    Raises
    ------
    CheckFailed
        With everything that does not fit.
    """
    verified: list[str] = []
    problems: list[str] = []
    for verify in (
        _check_raw,
        _check_ledger,
        _check_held,
        _check_posteriors,
        _check_scores,
        _check_advice,
        _check_register,
        _check_editions,
    ):
        try:
            verified += verify(workspace, problems)
        except ClusterscoreError as error:
            problems.append(str(error))
    if problems:
        raise CheckFailed(problems)
    return verified


def _check_raw(workspace: Workspace, problems: list[str]) -> list[str]:
    files = stored_files(workspace)
    for path in files:
        try:
            read_origin(path, path.read_bytes())
        except ClusterscoreError as error:
            problems.append(str(error))
    return [f"raw: {len(files)} files match their sidecars"]


def _check_ledger(workspace: Workspace, problems: list[str]) -> list[str]:
    ledger = Ledger(workspace.ledger)
    records, head = ledger.history()
    kept = {digest_of(path) for path in stored_files(workspace)}
    redacted = State.of(records).redacted
    problems += [
        f"data/raw: {record.data['name']} is recorded, but no file has its digest {record.file}"
        for record in records
        if record.action is Action.FILE and not _is_kept(record.file, kept, redacted)
    ]
    for run in trusted_runs(workspace):
        try:
            ledger.verify(Head.parse(run.head))
        except ClusterscoreError as error:
            problems.append(f"posterior {run.function} {run.edition}: {error}")
    return [f"ledger: {head.count} records, head {head}"]


def _is_kept(file: str, kept: set[str], redacted: Mapping[str, str | None]) -> bool:
    """Whether a file is there, or what was left of it when a rater was forgotten, or rightly nothing of it."""
    now: str | None = file
    while now is not None and now not in kept and now in redacted:
        now = redacted[now]
    return now is None or now in kept


def _check_held(workspace: Workspace, problems: list[str]) -> list[str]:
    waiting = list(parcels(workspace))
    for path in (path for parcel in waiting for path in parcel.paths(workspace)):
        try:
            read_origin(path, path.read_bytes())
        except (ClusterscoreError, OSError) as error:
            problems.append(str(error))
    return [f"held: {len(parcel.open)} doubts about {len(parcel.files)} files in {parcel.name}" for parcel in waiting]


def _check_posteriors(workspace: Workspace, problems: list[str]) -> list[str]:
    runs = trusted_runs(workspace)
    runs += [one for run in runs for one in store.companions(workspace, run).values()]
    for run in runs:
        try:
            store.verify(run.home(workspace) / run.id, run)
        except ClusterscoreError as error:
            problems.append(str(error))
    words = {run.id: f" {run.channel} alone" if run.channel else "" for run in runs}
    return [f"posterior: {run.function} {run.edition}{words[run.id]} {run.id}" for run in runs]


def _check_scores(workspace: Workspace, problems: list[str]) -> list[str]:
    verified = []
    for path in sorted((workspace.processed / "scores").glob("*/*/" + tables.MANIFEST)):
        name, edition = path.parent.parent.name, int(path.parent.name)
        problems += tables.check(workspace, name, edition)
        verified.append(f"scores: {name} {edition}")
    return verified


def _check_advice(workspace: Workspace, problems: list[str]) -> list[str]:
    verified = []
    for path in sorted((workspace.processed / "advice").glob("*/*/" + written.MANIFEST)):
        problems += written.check(workspace, path.parent)
        verified.append(f"advice: {path.parent.parent.name} {path.parent.name}")
    return verified


def _check_register(workspace: Workspace, problems: list[str]) -> list[str]:
    if not workspace.register.is_dir():
        return []
    entries, head = Register(workspace.register).history()
    kept = {path.name: digest_of(path) for path in (workspace.register / "certificates").glob("A-*")}
    known = {digest for entry in entries if entry.step is Step.ISSUE for digest in entry.data["files"].values()}
    problems += [f"register: certificate {name} is not one that was issued" for name in kept if kept[name] not in known]
    return [f"register: {head.count} records, head {head}"]


def _check_editions(workspace: Workspace, problems: list[str]) -> list[str]:
    from clusterscore.report.edition import check_edition  # noqa: PLC0415 - not needed by other verbs

    verified = []
    for folder in sorted(path for path in workspace.editions.glob("[!.]*") if path.is_dir()):
        problems += check_edition(folder)
        verified.append(f"report: {workspace.relative(folder)}")
    return verified


def trusted_runs(workspace: Workspace) -> list[Run]:
    """Return the run records of all posteriors that later steps may read."""
    homes = sorted(path.parent for path in workspace.posteriors.glob("*/*/" + store.CURRENT))
    return [store.current_run(workspace, home.parent.name, int(home.name)) for home in homes]
