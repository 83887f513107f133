"""Posteriors made by hand: draws of known properties in a record that says what the test wants."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from clusterscore import deciding, steps
from clusterscore.errors import InputHeld
from clusterscore.model.design import Design
from clusterscore.paths import Workspace
from clusterscore.posterior.record import TRUSTED, Posterior, Run
from tests.posterior import tiny


def workspace(folder: Path) -> Workspace:
    """Make a workspace with the tiny function and nothing else."""
    (folder / "functions").mkdir(parents=True)
    shutil.copyfile(Path(__file__).with_name("tiny.yml"), folder / "functions" / "tiny.yml")
    return Workspace.find(folder)


def take_in(workspace: Workspace, paths: Iterable[Path]) -> None:
    """Take invented files in; what is in doubt about them was invented so."""
    try:
        steps.ingest(workspace, paths, source="tests")
    except InputHeld as held:
        for doubt in held.doubts:
            deciding.accept(workspace, doubt.id, "invented for a test", "a tester")


def run(**changes: Any) -> Run:
    """Return a run record with some of its parts changed."""
    parts: dict[str, Any] = {
        "id": "0" * 16,
        "function": "tiny",
        "edition": tiny.EDITION,
        "status": TRUSTED,
        "parent": None,
        "head": "12:" + "0" * 64,
        "digests": {"function": "1" * 64, "observations": "2" * 64, "code": "3" * 64},
        "demonstration": True,
        "sampler": {"chains": 2, "tune": 0, "draws": 5, "seed": 1},
        "diagnostics": {"worst": [], "divergences": 0, "e_bfmi": [0.9, 0.8], "failures": [], "only_too_few": False},
        "design": {"cells": 3, "units": 3, "years": [2022]},
        "versions": {"numpy": np.__version__},
        "created": "2022-12-01T12:00:00+00:00",
        "seconds": {"compile": 1.0, "sample": 2.5},
    }
    return Run(**(parts | changes))


def posterior(draws: xr.Dataset | None = None, **changes: Any) -> Posterior:
    """Return a posterior of three cells, or of other draws, with some parts of its record changed."""
    if draws is None:
        rng = np.random.default_rng(1)
        draws = dataset({"standing": (("cell",), rng.normal(size=(2, 5, 3)))})
    return Posterior(draws, run(**changes))


def dataset(variables: Mapping[str, tuple[tuple[str, ...], np.ndarray]], **coords: Any) -> xr.Dataset:
    """Return draws as a fit keeps them: dims (chain, draw, ...), float32."""
    parts = {name: (("chain", "draw", *dims), values.astype(np.float32)) for name, (dims, values) in variables.items()}
    return xr.Dataset(parts, coords=coords)


def thresholds(
    design: Design, shape: tuple[int, ...], rng: np.random.Generator
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Return draws of all thresholds of a design, as variables by name; ``shape`` is that of the draws."""
    sizes = design.scales["categories"].to_numpy()
    made = {}
    for size in np.unique(sizes):
        gaps = rng.uniform(0.7, 1.3, size=(*shape, int((sizes == size).sum()), size - 1))
        cuts = np.cumsum(gaps, axis=-1)
        made[f"threshold_{size}"] = ((f"scale_{size}", f"cut_{size}"), cuts - cuts.mean(axis=-1, keepdims=True))
    return made
