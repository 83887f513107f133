"""Posteriors on disk: draws and run record, written once, never overwritten, opened only when their digest fits.

``data/processed/posterior/<function>/<edition>/<id>/`` holds ``posterior.nc`` and ``run.json``; ``current.json``
beside it names the trusted one. What a correction needs of the sampler lies in ``points.npz``; a posterior that was
re-weighted holds ``chosen.npy`` instead of draws: which samples of its basis count, and how often. What one channel
says alone lies under ``alone/<channel>/`` in the same form, and ``alone.json`` beside the draws of everything says
which of these belong to them. The id is a digest of everything the draws depend on, so the same question is answered
once.

Draws are NetCDF 3 without compression: they open thirty times as fast as NetCDF 4, and what is random hardly shrinks.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from clusterscore.durable import TEMPORARY_PREFIX, digest_of, fsync_folder, write_atomically
from clusterscore.errors import CheckFailed, NotFitted
from clusterscore.frames import each
from clusterscore.paths import Workspace
from clusterscore.posterior.record import CHOSEN_DIGEST, TRUSTED, Posterior, Run
from clusterscore.vocabulary import Channel

DRAWS: Final = "posterior.nc"
POINTS: Final = "points.npz"
CHOSEN: Final = "chosen.npy"
RUN: Final = "run.json"
CURRENT: Final = "current.json"
ALONE: Final = "alone.json"
POINTS_DIGEST: Final = "points"


def save(workspace: Workspace, posterior: Posterior, *, current: bool = True) -> Path:
    """Store a posterior, whole or not at all, and make it current where it is trusted and wanted so.

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
    if current and read_run(folder).status == TRUSTED:  # what is stored decides: it is never overwritten
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
    own = open_own(workspace, run)
    if isinstance(own, xr.Dataset):
        return Posterior(own, run)
    return Posterior(open_draws(workspace, basis_run(workspace, run)).sampled, run, own)


def open_own(workspace: Workspace, run: Run) -> xr.Dataset | np.ndarray:
    """Return what a run holds itself: draws, or which samples of its basis count; raises as :func:`open_draws`."""
    folder = run.home(workspace) / run.id
    verify(folder, run)
    if CHOSEN_DIGEST in run.digests:
        return np.asarray(np.load(folder / CHOSEN, allow_pickle=False), dtype=np.int64)
    with xr.open_dataset(folder / DRAWS, engine="scipy") as stored:
        draws = stored.load()
    return draws.assign_coords({str(name): _as_made(array) for name, array in draws.coords.items()})


def basis_run(workspace: Workspace, run: Run) -> Run:
    """Return the record of the sampling on which a posterior rests: of a sampling, itself."""
    if run.basis is None:
        return run
    edition, number = run.basis
    channel = Channel(run.channel) if run.channel else None
    return read_run(workspace.posterior(run.function, edition, channel) / number)


def open_points(workspace: Workspace, run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Return the points that were kept of a sampling, and which samples they are; none where none were.

    Raises
    ------
    CheckFailed
        Where the file is not the one that was stored.
    """
    path = run.home(workspace) / run.id / POINTS
    if POINTS_DIGEST not in run.digests:
        return np.empty((0, 0), np.float32), np.empty(0, np.int64)
    _verify_file(path, run.digests[POINTS_DIGEST])
    with np.load(path, allow_pickle=False) as held:
        return held["points"], held["places"]


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
    """Raise :class:`CheckFailed` where the draws are not those that the record describes, or no draws at all."""
    path, signature = (folder / CHOSEN, b"\x93NUMPY") if CHOSEN_DIGEST in run.digests else (folder / DRAWS, b"CDF")
    _verify_file(path, run.own_digest)
    with path.open("rb") as file:
        if file.read(len(signature)) != signature:  # whoever wrote the digest as well may have put a pickle there
            raise CheckFailed([f"E-POST-TYPE: {path}: posteriors are stored as NetCDF, and this is none"])


def _verify_file(path: Path, expected: str) -> None:
    found = digest_of(path) if path.is_file() else "absent"
    if found != expected:
        raise CheckFailed([f"{path}: SHA-256 is {found}, the run record says {expected}"])


def _write(folder: Path, posterior: Posterior) -> None:
    run, basis = posterior.run, posterior.basis
    digests = dict(run.digests)
    if posterior.chosen is not None and basis is not None and posterior.sampled is basis.sampled:
        np.save(folder / CHOSEN, posterior.chosen.astype(np.int32))
        digests[CHOSEN_DIGEST] = _synced(folder / CHOSEN)
    else:
        draws = posterior.draws
        encoding: Mapping[Any, Any] = {
            n: {"dtype": "float32"} for n, v in draws.data_vars.items() if v.dtype.kind == "f"
        }
        draws.drop_encoding().to_netcdf(folder / DRAWS, engine="scipy", format="NETCDF3_64BIT", encoding=encoding)
        digests["draws"] = _synced(folder / DRAWS)
    if basis is not None and basis.run.id == run.id and len(basis.points):
        np.savez(folder / POINTS, points=basis.points, places=basis.places)
        digests[POINTS_DIGEST] = _synced(folder / POINTS)
    record = asdict(replace(run, digests=digests, standing=_standing(posterior), weights=_weights(posterior)))
    write_atomically(folder / RUN, (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode())


def _standing(posterior: Posterior) -> list[dict[str, Any]]:
    if "standing" not in posterior.sampled or "year_of_cell" not in posterior.sampled.coords:
        return []
    table = posterior.standing_in(posterior.run.edition).rename_axis("unit").reset_index()
    columns = ["mean", "sd", "q05", "q95"]
    return [{"unit": str(row.unit)} | {name: float(getattr(row, name)) for name in columns} for row in each(table)]


def _weights(posterior: Posterior) -> list[dict[str, Any]]:
    if "weight" not in posterior.sampled:
        return []
    values = posterior.flat("weight")
    found = zip(values.mean(axis=0), *np.quantile(values, [0.05, 0.95], axis=0), strict=True)
    names = posterior.sampled["pillar"].to_numpy()
    return [
        {"pillar": str(name), "mean": float(mean), "q05": float(low), "q95": float(high)}
        for name, (mean, low, high) in zip(names, found, strict=True)
    ]


def _synced(path: Path) -> str:
    """Make a file durable and return its SHA-256."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return digest_of(path)


def _as_made(labels: xr.DataArray) -> xr.DataArray:
    """Return labels as they were before they were stored: NetCDF 3 knows no long integers, and no text of its own."""
    kinds = {"i": np.int64, "O": np.str_}
    return labels.astype(kinds[labels.dtype.kind]) if labels.dtype.kind in kinds else labels
