"""The verbs of the package on a workspace, in the order of the six steps; the command line calls these."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import getpass
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from clusterscore.durable import write_atomically
from clusterscore.errors import (
    ClusterscoreError,
    DiagnosticsFailed,
    Doubt,
    NotFitted,
    NothingToFit,
    UnknownName,
)
from clusterscore.model.codebook import make_codebook
from clusterscore.model.evidence import observed_years
from clusterscore.model.function import Function, read_functions
from clusterscore.observations.ingest import Taken
from clusterscore.observations.ingest import ingest as take_in
from clusterscore.observations.ledger import Head, Ledger
from clusterscore.observations.observed import Observations, observe
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.identity import Sampler, heard, identify
from clusterscore.posterior.lineage import newest
from clusterscore.posterior.record import FAILED, TRUSTED, Run
from clusterscore.progress import Progress, silent
from clusterscore.raw.held import hold
from clusterscore.raw.readers import RawFile
from clusterscore.raw.receive import keep, receive, stored_files
from clusterscore.reading.recognise import reader_of
from clusterscore.scores import tables
from clusterscore.scores.disclosure import Rules, seal_of
from clusterscore.scores.peer_groups import Rule
from clusterscore.scores.tables import Artefact
from clusterscore.vocabulary import Channel

if TYPE_CHECKING:
    import pandas as pd

    from clusterscore.report.edition import Published
    from clusterscore.report.rendering import Hands
    from clusterscore.scores.compute import Scores

Beside = Callable[[Workspace, str, int], None]
"""What writes tables beside the scores of one function and edition."""


def functions_of(workspace: Workspace) -> dict[str, Function]:
    """Return the function documents of a workspace, by id."""
    return read_functions(workspace.functions)


def function_of(workspace: Workspace, name: str) -> Function:
    """Return one function document.

    Raises
    ------
    UnknownName
        Where the workspace has no such function.
    """
    functions = functions_of(workspace)
    if name not in functions:
        raise UnknownName("function", name, functions)
    return functions[name]


def document_of(workspace: Workspace, name: str) -> Path:
    """Return the path of a function document.

    Raises
    ------
    UnknownName
        Where the workspace has no such function.
    """
    known = {path.stem: path for path in workspace.functions.glob("*.yml")}
    if name not in known:
        raise UnknownName("function", name, known)
    return known[name]


def new(folder: Path, function_document: Path) -> Workspace:
    """Make an empty workspace with one function, and the catalogue that lies beside its folder, if any.

    Raises
    ------
    UnknownName
        Where the folder holds a workspace already.
    """
    if (folder / "functions").exists():
        raise UnknownName("empty folder for a new workspace", str(folder), ())
    function = Function.read(function_document)
    write_atomically(folder / "functions" / f"{function.function}.yml", function_document.read_bytes())
    workspace = Workspace.find(folder)
    for document in sorted((function_document.parent.parent / workspace.catalogue.name).glob("*.yml")):
        write_atomically(workspace.catalogue / document.name, document.read_bytes())
    for part in (workspace.raw, workspace.processed, workspace.editions):
        part.mkdir(parents=True)
    return workspace


def ingest(  # noqa: PLR0913 - everything that somebody says of files that come
    workspace: Workspace,
    paths: Iterable[Path] = (),
    *,
    who: str | None = None,
    source: str = "received",
    demonstration: bool = False,
    locale: Literal["ro", "en"] | None = None,
    mapping: str | None = None,
    encoding: str | None = None,
) -> tuple[list[Taken], Head]:
    """Take files into the ledger, all of them or none; without paths, every file kept in ``data/raw``.

    ``mapping`` names the document by which files are read that are not canonical, ``encoding`` what text that is not
    UTF-8 is written in.

    Returns
    -------
    what became of each file, and the ledger's new head

    Raises
    ------
    InputRefused
        With every fault of every file; nothing changes.
    InputHeld
        With every doubt that nobody has decided; the files are kept in ``data/held``.
    """
    codebook = make_codebook(functions_of(workspace), workspace.reference)
    known = frozenset(
        code for codes in (codebook.figures, codebook.answers) for kind in codes.values() for code in kind
    )
    files, unreadable = receive(
        workspace,
        list(paths) or stored_files(workspace),
        source,
        demonstration=demonstration,
        locale=locale,
        encoding=encoding,
        reader=reader_of(workspace, mapping, known),
    )
    keeper, name = functools.partial(keep, workspace), who or getpass.getuser()

    def aside(raws: list[RawFile], doubts: list[tuple[RawFile, Doubt]]) -> tuple[str, list[Doubt]]:
        parcel = hold(workspace, raws, doubts, name)
        return workspace.relative(parcel.folder), parcel.open

    return take_in(Ledger(workspace.ledger), files, codebook, name, keeper, unreadable, aside)


def latest_edition(function: Function, observations: Observations) -> int:
    """Return the last year in which anything was observed for a function.

    Raises
    ------
    NothingToFit
        Where nothing was.
    """
    return observed_years(function, observations)[-1]


def fit(  # noqa: PLR0913 - options by name
    workspace: Workspace,
    name: str,
    edition: int | None = None,
    seed: int = 1,
    progress: Progress | None = None,
    observations: Observations | None = None,
    channel: Channel | None = None,
    *,
    fast: bool = False,
    current: bool = True,
) -> tuple[Run, Path, bool]:
    """Draw and store the posterior of a function through an edition; one that exists already is kept.

    Parameters
    ----------
    channel
        Whose word alone counts, or None for everything observed.
    fast
        Whether an approximation will do, in seconds: it is stored as such, and no later step takes it.
    current
        Whether later steps shall take it.

    Returns
    -------
    run record, its folder, and whether it was drawn now

    Raises
    ------
    DiagnosticsFailed
        Where the draws miss a gate; they are stored as failed.
    """
    function = function_of(workspace, name)
    observed = observations or observe(Ledger(workspace.ledger))
    through = edition or latest_edition(function, observed)
    sampler = Sampler(seed=seed, method="laplace") if fast else Sampler(seed=seed)
    seen, start = heard(function, observed, through, channel)
    folder = workspace.posterior(name, through, channel) / identify(function, seen, through, sampler, start)
    drawn = not (folder / store.RUN).is_file()
    if drawn:
        folder = _draw(workspace, function, observed, through, sampler, progress, channel, current=current)
    run = store.read_run(folder)
    if run.status == FAILED:
        raise DiagnosticsFailed(workspace.relative(folder), run.diagnostics["failures"])
    if current and run.status == TRUSTED:
        store.make_current(workspace, run)
    return run, folder, drawn


def _draw(  # noqa: PLR0913 - all that a sampling depends on
    workspace: Workspace,
    function: Function,
    observed: Observations,
    edition: int,
    sampler: Sampler,
    progress: Progress | None,
    channel: Channel | None,
    *,
    current: bool,
) -> Path:
    """Draw and store a posterior; where a running one said the same question, record how far it was off."""
    from clusterscore.posterior.fit import fit as draw  # noqa: PLC0415 - imports the sampler
    from clusterscore.posterior.running import settled  # noqa: PLC0415 - imports the density
    from clusterscore.posterior.sensitivity import examined  # noqa: PLC0415 - imports ArviZ

    before = _before(workspace, function.function, edition, channel)
    posterior = draw(
        function,
        observed,
        edition,
        sampler,
        parent=before.id if before else None,
        progress=progress,
        channel=channel,
    )
    if posterior.run.status == TRUSTED and channel is None:
        posterior = examined(function, posterior, observed)
    return store.save(workspace, settled(workspace, before, posterior), current=current)


def first_look(workspace: Workspace, run: Run) -> pd.DataFrame:
    """Return about where each unit stands by an approximation; see :mod:`clusterscore.scores.look`."""
    from clusterscore.scores.look import look  # noqa: PLC0415 - not needed by other verbs

    return look(store.open_draws(workspace, run))


def _before(workspace: Workspace, name: str, edition: int, channel: Channel | None) -> Run | None:
    try:
        return store.current_run(workspace, name, edition, channel)
    except ClusterscoreError:
        return None


def fit_channels(
    workspace: Workspace,
    run: Run,
    progress: Progress | None = None,
    observations: Observations | None = None,
) -> list[Run]:
    """Draw what figures and peers say, each alone, where the function has both, and store it beside a run.

    Returns
    -------
    the trusted runs; a channel that has nothing to say, or whose draws miss a gate, is left out
    """
    function, seed = function_of(workspace, run.function), int(run.sampler["seed"])
    runs = []
    for channel in Channel if function.indicators and function.items else ():
        with contextlib.suppress(NothingToFit, DiagnosticsFailed):
            told = staged(progress or silent, f"{channel} alone")
            runs.append(fit(workspace, run.function, run.edition, seed, told, observations, channel)[0])
    store.accompany(workspace, run, runs)
    return runs


def score(workspace: Workspace, name: str, edition: int) -> list[Artefact]:
    """Write the published tables of a trusted posterior; tables that already rest on it are left alone.

    Returns
    -------
    the files, whether written now or before
    """
    run = store.current_run(workspace, name, edition)
    alone = store.companions(workspace, run)
    ids = {channel: one.id for channel, one in alone.items()}
    then = tables.run_before(workspace, name, edition)
    documents = {"peers": Rule.of(workspace.catalogue).digest} | seal_of(workspace.root)
    rests = {"alone": ids, "before": None if then is None else then.id, "documents": documents}
    try:
        known = tables.manifest(workspace, name, edition)
        now = {"posterior": run.id, "head": run.head, "code": tables.code(), **rests}
        if now.items() <= known.items() and not tables.check(workspace, name, edition):
            return tables.artefacts(workspace, name, edition)
    except ClusterscoreError:
        pass
    return tables.write(workspace, computed(workspace, run), run, rests)


def computed(workspace: Workspace, run: Run) -> Scores:
    """Return all published tables of a trusted posterior, from the ledger as the posterior had seen it."""
    from clusterscore.asking import open_questions  # noqa: PLC0415 - imports numba
    from clusterscore.scores.beside import Beside  # noqa: PLC0415 - as above
    from clusterscore.scores.compute import compute  # noqa: PLC0415 - not needed where nothing changed

    function, ledger, head = function_of(workspace, run.function), Ledger(workspace.ledger), Head.parse(run.head)
    around, posterior = observe(ledger, head), store.open_draws(workspace, run)
    observations, _ = heard(function, around, run.edition)
    then = tables.run_before(workspace, run.function, run.edition)
    known = Beside(
        around,
        open_questions(function, posterior, around),
        Rules.of(workspace.root),
        Rule.of(workspace.catalogue),
        None if then is None else store.open_draws(workspace, then),
    )
    alone = {channel: store.open_draws(workspace, one) for channel, one in store.companions(workspace, run).items()}
    return compute(function, posterior, observations, alone, ledger.read()[: head.count], known)


def ask(
    workspace: Workspace, name: str, edition: int, unit: str | None, top: int, progress: Progress | None = None
) -> pd.DataFrame:
    """Return what to ask next about one unit, or about every one; see :func:`clusterscore.posterior.ask.ask`.

    Raises
    ------
    NotFitted
        Where no trusted posterior knows all that has been observed: what came in since would be asked for again.
    UnknownName
        Where the unit has no score in the edition's last year.
    """
    from clusterscore.posterior.ask import ask as list_proposals  # noqa: PLC0415 - imports numba
    from clusterscore.posterior.candidates import inquire  # noqa: PLC0415 - imports numba

    run, function = store.current_run(workspace, name, edition), function_of(workspace, name)
    observed = observe(Ledger(workspace.ledger))
    now = {"function": function.digest, "observations": heard(function, observed, edition)[0].digest}
    if not now.items() <= run.digests.items():
        command = f"clusterscore fit --function {name} --edition {edition}"
        raise NotFitted(f"observations or the document changed since posterior {run.id} was drawn; run: {command}")
    inquiry = inquire(function, store.open_draws(workspace, run), observed)
    return list_proposals(inquiry, inquiry.units if unit is None else (unit,), top, progress or silent)


def newest_posterior(workspace: Workspace, name: str) -> int:
    """Return the latest edition for which a function has a trusted posterior.

    Raises
    ------
    NotFitted
        Where it has none.
    """
    run = newest(workspace, name)
    if run is None:
        raise NotFitted(f"no trusted posterior of {name!r} yet; run: clusterscore fit --function {name}")
    return run.edition


def render(workspace: Workspace, name: str, edition: int, unit: str, beside: Beside | None = None) -> Published:
    """Make the page of one unit; ``beside`` as for :func:`publish`."""
    from clusterscore.report.edition import publish as make  # noqa: PLC0415 - imports Jupyter

    score(workspace, name, edition)
    if beside is not None:
        beside(workspace, name, edition)
    return make(workspace, name, edition, unit=unit)


def render_member(workspace: Workspace, name: str, edition: int, member: str, language: str) -> Published:
    """Make the page of one member, for that member only."""
    from clusterscore.report.private import publish_member  # noqa: PLC0415 - imports Jupyter

    score(workspace, name, edition)
    return publish_member(workspace, name, edition, member, language)


def publish(
    workspace: Workspace,
    name: str,
    edition: int,
    progress: Progress | None = None,
    beside: Beside | None = None,
    hands: Hands | None = None,
) -> Published:
    """Make all pages of a function and edition and the edition's index.

    ``beside`` writes what pages show besides scores, once those are there.
    """
    from clusterscore.report.edition import publish as make  # noqa: PLC0415 - imports Jupyter

    run = store.current_run(workspace, name, edition)
    if run.basis is not None:  # an edition is closed with everything sampled anew, and the running posterior compared
        fresh, _, _ = fit(workspace, name, edition, int(run.sampler["seed"]), progress)
        fit_channels(workspace, fresh, progress)
    score(workspace, name, edition)
    if beside is not None:
        beside(workspace, name, edition)
    return make(workspace, name, edition, progress, hands=hands)


def staged(told: Progress, name: str) -> Progress:
    """Return a progress whose stages begin with a name."""
    return lambda stage, share: told(f"{name}: {stage}", share)


@dataclass(frozen=True, slots=True)
class Status:
    """What a workspace holds."""

    root: str
    functions: tuple[str, ...]
    head: str
    observations: Mapping[str, int]
    posteriors: tuple[Mapping[str, Any], ...]
    editions: tuple[str, ...]


def status(workspace: Workspace) -> Status:
    """Return what a workspace holds: documents, observations, posteriors with their state, editions."""
    observed = observe(Ledger(workspace.ledger))
    counts = {
        field.name: len(getattr(observed, field.name)) for field in dataclasses.fields(observed) if field.name != "head"
    }
    runs = [store.read_run(path.parent) for path in sorted(workspace.posteriors.glob("*/*/*/" + store.RUN))]
    rows = [
        {"function": run.function, "edition": run.edition, "id": run.id, "status": run.status, "created": run.created}
        for run in runs
    ]
    editions = tuple(path.name for path in sorted(workspace.editions.glob("[!.]*")) if (path / "index.html").is_file())
    return Status(
        str(workspace.root), tuple(functions_of(workspace)), str(observed.head), counts, tuple(rows), editions
    )
