"""The same PyMC model without our kernel, by ``pm.sample()``: ``python -m rivals.plain SAMPLER W1 FILES DRAWS.npz``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pymc as pm

from clusterscore.model import peers
from clusterscore.model.build import build
from clusterscore.model.design import make_design
from rivals.graph import graph
from rivals.workloads import WORKLOADS, function, observations

EVERY = 20


def main(sampler: str, name: str, files: Path, draws: Path) -> None:
    """Sample with the defaults and keep the function; dims (chain, draw, cell)."""
    with mock.patch.object(peers, "graded_response", graph):
        workload = WORKLOADS[name]
        model = build(make_design(function(), observations(workload, files)))
    options: dict[str, Any] = {"random_seed": 1, "cores": 2}
    if sampler == "pymc":
        options |= {"callback": Count(), "progressbar": False}
    with model:
        drawn = pm.sample(chains=4, nuts_sampler=sampler, **options)
    np.savez(draws, function=drawn["posterior"]["function"].to_numpy(), note="")


class Count:
    """Says on standard error how far ``pm.sample`` is: 4 chains of 1,000 + 1,000."""

    def __init__(self) -> None:
        self._done = 0

    def __call__(self, trace: Any, draw: Any) -> None:  # noqa: ARG002 - what PyMC calls back with
        """Count one draw."""
        self._done += 1
        if self._done % EVERY == 0:
            print(f"{self._done}/8000", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(Path, sys.argv[3:]))
