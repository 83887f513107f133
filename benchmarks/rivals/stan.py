"""The same model in Stan, sampled as it comes: ``python -m rivals.stan DATA.json DRAWS.npz``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import stan


def main(data: Path, draws: Path) -> None:
    """Build, sample with Stan's defaults and keep the function; dims (chain, draw, cell)."""
    code = Path(__file__).with_name("model.stan").read_text(encoding="utf-8")
    model = stan.build(code, data=json.loads(data.read_text(encoding="utf-8")), random_seed=1)
    fit = model.sample(num_chains=4)
    composite = fit["composite"]  # dims (cell, draw of each chain in turn)
    by_chain = composite.reshape(len(composite), -1, fit.num_chains)
    np.savez(draws, function=by_chain.transpose(2, 1, 0), note=f"{int(fit['divergent__'].sum())} divergences")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
