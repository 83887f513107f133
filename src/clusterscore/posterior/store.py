"""Posteriors on disk: draws and run record, written once, never overwritten, opened only when their digest fits.

``data/processed/posterior/<function>/<edition>/<id>/`` holds ``posterior.nc`` and ``run.json``; ``current.json``
beside it names the trusted one. What one channel says alone lies under ``alone/<channel>/`` in the same form, and
``alone.json`` beside the draws of everything says which of these belong to them. The id is a digest of everything the
draws depend on, so the same question is answered once.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from clusterscore.durable import TEMPORARY_PREFIX, digest_of, fsync_folder, write_atomically
from clusterscore.errors import CheckFailed, NotFitted
from clusterscore.paths import Workspace
from clusterscore.vocabulary import Channel

if TYPE_CHECKING:
    from clusterscore.posterior.basis import Basis

DRAWS: Final = "posterior.nc"
RUN: Final = "run.json"
CURRENT: Final = "current.json"
ALONE: Final = "alone.json"
TRUSTED: Final = "trusted"
FAILED: Final = "failed"
APPROXIMATE: Final = "approximate"


@dataclass(frozen=True, slots=True)
class Run:
    """Where a posterior comes from and whether it may be published.

    Attributes
    ----------
    id
        Digest of all that the draws depend on.
    function, edition
        What was fitted, through which year.
    channel
        Whose word alone counts (``figures`` or ``peers``), or None for everything observed.
    status
        ``trusted``, ``failed``, or ``approximate``: for a first look, never published.
    parent
        Id of the posterior that this one corrects, or None.
    head
        Head of the ledger, ``count:digest``.
    digests
        SHA-256 by name: function, observations, code, draws.
    demonstration
        Whether any observation is invented.
    sampler
        Settings: chains, tune, draws, seed, target_accept, method.
    diagnostics
        Worst values by quantity, and the failures in words; what the first round missed, where there was a second. Of
        an approximation the Pareto shape of its importance ratios.
    design
        Sizes: cells, units, figures, answers; and observations left out, by reason.
    versions
        Of the packages that drew.
    created
        UTC, ISO 8601.
    seconds
        Wall time by stage.
    sensitivity
        Of each unit's standing in the edition's year, to the prior and to its own observations; see
        :mod:`clusterscore.posterior.sensitivity`. Of a trusted posterior of everything observed only.
    """

    id: str
    function: str
    edition: int
    status: str
    parent: str | None
    head: str
    digests: dict[str, str]
    demonstration: bool
    sampler: dict[str, Any]
    diagnostics: dict[str, Any]
    design: dict[str, Any]
    versions: dict[str, str]
    created: str
    seconds: dict[str, float] = field(default_factory=dict)
    channel: str | None = None
    sensitivity: list[dict[str, Any]] = field(default_factory=list)

    def home(self, workspace: Workspace) -> Path:
        """Return the folder of all posteriors of this function, edition and channel."""
        return workspace.posterior(self.function, self.edition, Channel(self.channel) if self.channel else None)


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws and the record of their run.

    Attributes
    ----------
    sampled
        What was sampled: as ``draws``.
    run
        The run record.
    chosen
        dims (sample): which samples count, chains joined, some several times; None where each counts once.
    basis
        What it takes to correct this posterior, see :class:`clusterscore.posterior.basis.Basis`; None where the draws
        alone were asked for.
    """

    sampled: xr.Dataset
    run: Run
    chosen: np.ndarray | None = None
    basis: Basis | None = None

    @cached_property
    def draws(self) -> xr.Dataset:
        """Equally likely draws.

        dims (chain, draw, ...): state (cell, pillar), function (cell), standing (cell), weight (pillar), slope
        (measure) and so on; coordinates ``unit`` and ``year`` along cell.
        """
        return self.sampled if self.chosen is None else taken(self.sampled, self.chosen)

    def flat(self, name: str) -> np.ndarray:
        """Return the draws of one variable, chains joined: dims (sample, ...), float64."""
        values = joined(self.sampled[name])
        return values if self.chosen is None else values[self.chosen]

    def standing_in(self, year: int) -> pd.DataFrame:
        """Return mean and standard deviation of the standing of each unit in a year; the index is the unit."""
        cells = np.flatnonzero(self.sampled["year_of_cell"].to_numpy() == year)
        values = joined(self.sampled["standing"].isel(cell=cells))
        values = values if self.chosen is None else values[self.chosen]
        units = self.sampled["unit_of_cell"].to_numpy()[cells]
        return pd.DataFrame({"mean": values.mean(axis=0), "sd": values.std(axis=0)}, index=units)


def joined(draws: xr.DataArray) -> np.ndarray:
    """Return draws with their chains joined, one after the other: dims (sample, ...), float64."""
    values = draws.transpose("chain", "draw", ...).to_numpy()
    return values.reshape(-1, *values.shape[2:]).astype(np.float64)


def taken(sampled: xr.Dataset, chosen: np.ndarray) -> xr.Dataset:
    """Return some samples, chains joined, in the shape of all: dims (chain, draw, ...)."""
    n_draws = sampled.sizes["draw"]
    place = {name: (("chain", "draw"), part.reshape(-1, n_draws)) for name, part in _places(chosen, n_draws).items()}
    chain, draw = (xr.DataArray(values, dims=dims) for dims, values in place.values())
    found = sampled.drop_vars(["chain", "draw"], errors="ignore").isel(chain=chain, draw=draw)
    return found.transpose("chain", "draw", ...).assign_coords({name: sampled[name] for name in ("chain", "draw")})


def _places(chosen: np.ndarray, n_draws: int) -> dict[str, np.ndarray]:
    return {"chain": chosen // n_draws, "draw": chosen % n_draws}


def save(workspace: Workspace, posterior: Posterior) -> Path:
    """Store a posterior, whole or not at all, and make it current where it is trusted.

    Returns
    -------
    folder of the posterior
    """
    home = posterior.run.home(workspace)
    home.mkdir(parents=True, exist_ok=True)
    folder = home / posterior.run.id
    if not folder.exists():
        temporary = Path(tempfile.mkdtemp(dir=home, prefix=TEMPORARY_PREFIX))
        try:
            _write(temporary, posterior)
            temporary.chmod(0o755)
            temporary.rename(folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        fsync_folder(home)
    if read_run(folder).status == TRUSTED:  # what is stored decides: it is never overwritten
        make_current(workspace, posterior.run)
    return folder


def make_current(workspace: Workspace, run: Run) -> None:
    """Let later steps read this run."""
    _point(run.home(workspace) / CURRENT, {"id": run.id})


def _point(path: Path, ids: Mapping[str, str]) -> None:
    """Write which runs are meant; what says so already is left alone."""
    content = json.dumps(ids) + "\n"
    if not path.is_file() or path.read_text() != content:
        write_atomically(path, content.encode())


def accompany(workspace: Workspace, run: Run, alone: Iterable[Run]) -> None:
    """Record which posteriors of single channels belong beside one of everything observed."""
    _point(run.home(workspace) / run.id / ALONE, {str(one.channel): one.id for one in alone})


def companions(workspace: Workspace, run: Run) -> dict[Channel, Run]:
    """Return the runs of single channels that belong beside a run."""
    path = run.home(workspace) / run.id / ALONE
    ids: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
    return {
        Channel(name): read_run(workspace.posterior(run.function, run.edition, Channel(name)) / number)
        for name, number in ids.items()
    }


def load(workspace: Workspace, function: str, edition: int) -> Posterior:
    """Return the trusted posterior of a function and edition, its digest verified.

    Raises
    ------
    NotFitted
        Where there is none.
    CheckFailed
        Where the file is not the one that was stored.
    """
    return open_draws(workspace, current_run(workspace, function, edition))


def open_draws(workspace: Workspace, run: Run) -> Posterior:
    """Return the posterior of a run, its digest verified.

    Raises
    ------
    CheckFailed
        Where the file is not the one that was stored.
    """
    folder = run.home(workspace) / run.id
    verify(folder, run)
    with xr.open_dataset(folder / DRAWS, engine="h5netcdf") as draws:
        return Posterior(draws.load(), run)


def current_run(workspace: Workspace, function: str, edition: int, channel: Channel | None = None) -> Run:
    """Return the record of the trusted run of a function and edition.

    Raises
    ------
    NotFitted
        Where there is none.
    """
    home = workspace.posterior(function, edition, channel)
    if not (home / CURRENT).is_file():
        command = f"clusterscore fit --function {function} --edition {edition}"
        raise NotFitted(f"no trusted posterior of {function!r} for edition {edition}; run: {command}")
    return read_run(home / json.loads((home / CURRENT).read_text())["id"])


def read_run(folder: Path) -> Run:
    """Return the run record of a stored posterior."""
    return Run(**json.loads((folder / RUN).read_text()))


def verify(folder: Path, run: Run) -> None:
    """Raise :class:`CheckFailed` where the draws are not those that the record describes."""
    found = digest_of(folder / DRAWS) if (folder / DRAWS).is_file() else "absent"
    if found != run.digests["draws"]:
        raise CheckFailed([f"{folder / DRAWS}: SHA-256 is {found}, the run record says {run.digests['draws']}"])


def _write(folder: Path, posterior: Posterior) -> None:
    path = folder / DRAWS
    encoding: Mapping[Any, Any] = {name: _encoding(array) for name, array in posterior.draws.data_vars.items()}
    posterior.draws.to_netcdf(path, engine="h5netcdf", encoding=encoding)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    digests = posterior.run.digests | {"draws": digest_of(path)}
    record = asdict(posterior.run) | {"digests": digests}
    write_atomically(folder / RUN, (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode())


def _encoding(array: xr.DataArray) -> dict[str, Any]:
    if array.dtype.kind != "f":
        return {}
    return {"dtype": "float32", "zlib": True, "complevel": 1, "shuffle": True}
