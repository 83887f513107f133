"""BlackJAX's SMC tempered with data: ``python -m rivals.tempered W1 BEFORE AFTER POINTS.npz SECONDS.npz``.

The particles are points of a posterior before something arrived, the same that ours starts from. They are weighed by
what arrived, resampled, and moved by Hamiltonian Monte Carlo on all of the posterior. What is compiled is compiled
beforehand and not counted.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import pymc as pm
from blackjax.smc import extend_params, resampling
from jax.flatten_util import ravel_pytree
from pymc.sampling.jax import get_jaxified_logp

from clusterscore.model import peers
from clusterscore.model.build import build
from clusterscore.model.design import make_design
from rivals.graph import graph
from rivals.workloads import WORKLOADS, function, observations

N_PARTICLES, MOVES, LEAPFROGS, STEP = 1000, 4, 10, 0.2


def main(name: str, before: Path, after: Path, points: Path, seconds: Path) -> None:
    """Take one step from the posterior before to that after, twice, and keep how long the second took."""
    models = [model(name, files) for files in (before, after)]
    old, new = map(get_jaxified_logp, models)
    with np.load(points) as held:
        values = {models[1].rvs_to_values[models[1][block]].name: held[block] for block in held.files}
    some = np.linspace(0, len(next(iter(values.values()))) - 1, N_PARTICLES).astype(int)
    particles = [jnp.asarray(values[variable.name][some]) for variable in models[1].value_vars]
    flat = jax.vmap(lambda point: ravel_pytree(point)[0])(particles)
    hmc: dict[str, Any] = {
        "step_size": STEP,
        "inverse_mass_matrix": flat.var(axis=0),
        "num_integration_steps": LEAPFROGS,
    }

    def density(mask: Any) -> Any:
        return lambda point: jnp.where(mask[0], new(point), old(point))

    smc = blackjax.partial_posteriors_smc(
        blackjax.hmc.build_kernel(),
        blackjax.hmc.init,
        extend_params(hmc),
        resampling.systematic,
        MOVES,
        partial_logposterior_factory=density,
    )
    step = jax.jit(smc.step)
    for key in (1, 2):
        started = time.perf_counter()
        state, info = step(jax.random.key(key), smc.init(particles, 1), jnp.ones(1))
        jax.block_until_ready(state.particles)
        took = time.perf_counter() - started
        print(f"{took:.1f} s, accepted {float(jnp.mean(info.update_info.acceptance_rate)):.2f}", flush=True)
    np.savez(seconds, seconds=took)


def model(name: str, files: Path) -> pm.Model:
    """Return the PyMC model of what is known in a folder."""
    with mock.patch.object(peers, "graded_response", graph):
        return build(make_design(function(), observations(WORKLOADS[name], files)))


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
