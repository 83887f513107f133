"""A posterior: draws, which of them count, and the record of where they come from; over xarray alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
import xarray as xr

from clusterscore.paths import Workspace
from clusterscore.vocabulary import CHAIN, DRAW, INTERVAL_TAIL, Channel

CHOSEN_DIGEST: Final = "chosen"
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
        SHA-256 by name: function, observations, code, and draws or, where it was re-weighted, what is ``chosen`` of
        those of its basis; the points kept of a sampling, and the changes since it.
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
    update
        How it was found from an earlier one, as :class:`clusterscore.posterior.update.Update` says; of a sampling what
        the running posterior before it said, and how far off that was. None of a first sampling.
    standing
        unit, mean, sd, q05, q95: standing in the edition's last year.
    weights
        pillar, mean, q05, q95: what the function consists of.
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
    update: dict[str, Any] | None = None
    standing: list[dict[str, Any]] = field(default_factory=list)
    weights: list[dict[str, Any]] = field(default_factory=list)

    @property
    def basis(self) -> tuple[int, str] | None:
        """Edition and id of the sampling that this posterior corrects; None where it is a sampling itself."""
        if self.update is None or self.update["basis"] == self.id:
            return None
        return int(self.update["basis_edition"]), str(self.update["basis"])

    @property
    def own_digest(self) -> str:
        """SHA-256 of what the posterior holds itself: its draws, or which draws of its basis count."""
        return self.digests[CHOSEN_DIGEST if CHOSEN_DIGEST in self.digests else "draws"]

    def home(self, workspace: Workspace) -> Path:
        """Return the folder of all posteriors of this function, edition and channel."""
        return workspace.posterior(self.function, self.edition, Channel(self.channel) if self.channel else None)


class Ground(Protocol):
    """What a posterior knows of its :class:`clusterscore.posterior.basis.Basis`, which itself rests on records."""

    @property
    def run(self) -> Run:
        """Record of the sampling."""

    @property
    def sampled(self) -> xr.Dataset:
        """What was sampled."""

    @property
    def points(self) -> np.ndarray:
        """Where the sampler was in some of the draws."""

    @property
    def places(self) -> np.ndarray:
        """Which samples these are."""

    @property
    def ess(self) -> float:
        """Smallest effective sample size of anything published."""


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
    basis: Ground | None = None

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
        """Return mean, sd, q05 and q95 of the standing of each unit in a year; the index is the unit."""
        units, values = self._standings(year)
        low, high = np.quantile(values, [INTERVAL_TAIL, 1.0 - INTERVAL_TAIL], axis=0)
        found = {"mean": values.mean(axis=0), "sd": values.std(axis=0), "q05": low, "q95": high}
        return pd.DataFrame(found, index=units)

    def moments_in(self, year: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return units, and mean and sd of their standing in a year; dims (unit)."""
        units, values = self._standings(year)
        return units, values.mean(axis=0), values.std(axis=0)

    def _standings(self, year: int) -> tuple[np.ndarray, np.ndarray]:
        cells = np.flatnonzero(self.sampled["year_of_cell"].to_numpy() == year)
        values = in_line(self.sampled["standing"])[:, cells]
        values = values if self.chosen is None else values[self.chosen]
        return self.sampled["unit_of_cell"].to_numpy()[cells], values.astype(np.float64)


def joined(draws: xr.DataArray) -> np.ndarray:
    """Return draws with their chains joined, one after the other: dims (sample, ...), float64."""
    return in_line(draws).astype(np.float64)


def in_line(draws: xr.DataArray) -> np.ndarray:
    """Return what :func:`joined` does, as precisely as it is kept and without a copy where it lies in that order."""
    if draws.dims[:2] != (CHAIN, DRAW):  # to find that out takes less time than to have nothing transposed
        draws = draws.transpose(CHAIN, DRAW, ...)
    values = draws.to_numpy()
    return values.reshape(values.shape[0] * values.shape[1], *values.shape[2:])


def taken(sampled: xr.Dataset, chosen: np.ndarray) -> xr.Dataset:
    """Return some samples, chains joined, in the shape of all: dims (chain, draw, ...)."""
    n_draws = sampled.sizes["draw"]
    place = {name: (("chain", "draw"), part.reshape(-1, n_draws)) for name, part in _places(chosen, n_draws).items()}
    chain, draw = (xr.DataArray(values, dims=dims) for dims, values in place.values())
    found = sampled.drop_vars(["chain", "draw"], errors="ignore").isel(chain=chain, draw=draw)
    return found.transpose("chain", "draw", ...).assign_coords({name: sampled[name] for name in ("chain", "draw")})


def _places(chosen: np.ndarray, n_draws: int) -> dict[str, np.ndarray]:
    return {"chain": chosen // n_draws, "draw": chosen % n_draws}
