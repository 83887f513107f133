"""The package's own fit: ``python -m rivals.ours W1 FILES DRAWS.npz``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from clusterscore.posterior.fit import fit
from rivals.workloads import WORKLOADS, function, observations


def main(name: str, files: Path, draws: Path) -> None:
    """Fit as ``clusterscore fit`` does, diagnostics and all, and keep the function; dims (chain, draw, cell)."""
    workload = WORKLOADS[name]
    posterior = fit(function(), observations(workload, files), workload.edition)
    np.savez(
        draws,
        function=posterior.draws["function"].transpose("chain", "draw", "cell").to_numpy(),
        note=f"{posterior.run.status}, {posterior.run.seconds}",
    )


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
