"""The running posterior on disk: opened with its basis, compared with the truth, withdrawn."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd

from clusterscore.durable import write_atomically
from clusterscore.model.function import Function
from clusterscore.observations.ledger import Head, Ledger
from clusterscore.observations.observed import observe
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.identity import code_digest
from clusterscore.posterior.lineage import WITHDRAWN
from clusterscore.posterior.record import TRUSTED, Posterior, Run

EVERY: Final = 25
"""Corrections after which everything is sampled anew, whether it seems needed or not."""
FAR: Final = 0.2
"""Standard deviations by which a corrected posterior may be off from the sampling that replaces it."""


def is_of(workspace: Workspace, run: Run, function: Function) -> bool:
    """Whether a posterior rests on a sampling by this package and of this document, so that it can be corrected."""
    digests = store.basis_run(workspace, run).digests
    return (digests["function"], digests["code"]) == (function.digest, code_digest())


def restore(workspace: Workspace, run: Run, function: Function) -> Posterior:
    """Return a posterior with its basis, so that it can be corrected; :func:`is_of` says whether it can.

    Raises
    ------
    CheckFailed
        Where a file is not the one that was stored.
    LedgerBroken
        Where the ledger does not hold what the basis was drawn from.
    """
    ground = store.basis_run(workspace, run)
    observed = observe(Ledger(workspace.ledger), Head.parse(ground.head))
    sampled = store.open_draws(workspace, ground).sampled
    basis = Basis(function, observed, sampled, ground, partial(store.open_points, workspace, ground))
    if run.id == ground.id:
        return Posterior(sampled, run, basis=basis)
    own = store.open_own(workspace, run)
    return Posterior(sampled, run, own, basis) if isinstance(own, np.ndarray) else Posterior(own, run, basis=basis)


def compared(running: Run, sampled: Posterior) -> dict[str, Any]:
    """Return how far a corrected posterior was from the sampling that replaces it, at the same observations.

    Returns
    -------
    running (its id), unit (the one that is off most), shift (difference of the means in standard deviations), z (the
    same in Monte Carlo standard errors of both), limit, withdrawn (whether the shift is above it)
    """
    known = {row["unit"]: row for row in running.standing}
    now = sampled.standing_in(sampled.run.edition)
    shift = pd.Series(
        {unit: (known[unit]["mean"] - row["mean"]) / row["sd"] for unit, row in now.iterrows() if unit in known},
        dtype=float,
    )
    far = str(shift.abs().idxmax())
    ess = sampled.basis.ess if sampled.basis else np.inf
    error = np.sqrt(1.0 / ess + 1.0 / (running.update["ess"] if running.update else ess))
    return {
        "running": running.id,
        "unit": far,
        "shift": float(shift[far]),
        "z": float(shift[far] / error),
        "limit": FAR,
        "withdrawn": bool(abs(shift[far]) > FAR),
    }


def settled(workspace: Workspace, running: Run | None, posterior: Posterior) -> Posterior:
    """Return a sampling whose record says how far the running posterior that it replaces was off.

    Only where there was one that rests on the same observations. One that was too far off is withdrawn: a file beside
    its record says so.
    """
    run = posterior.run
    if running is None or running.basis is None or run.status != TRUSTED:
        return posterior
    if running.digests["observations"] != run.digests["observations"]:
        return posterior
    found = compared(running, posterior)
    if found["withdrawn"]:
        content = (json.dumps(found, indent=2) + "\n").encode()
        write_atomically(running.home(workspace) / running.id / WITHDRAWN, content)
    update = {"way": "sampled", "basis": run.id, "compared": found}
    return replace(posterior, run=replace(run, update=update))
