"""Draws from a model: from the compiled density of a design, or from a PyMC model that a researcher has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import nutpie
import pyarrow as pa  # type: ignore[import-untyped] # it has no stubs
import xarray as xr
from numpy.typing import NDArray
from nutpie.compile_pymc import CompiledPyMCModel

from clusterscore.model.compiled.density import Density, log_density, point_of
from clusterscore.model.compiled.held import Held
from clusterscore.posterior.identity import Sampler
from clusterscore.posterior.keep import named, numbered
from clusterscore.posterior.start import Start
from clusterscore.progress import Progress
from clusterscore.vocabulary import CHAIN, DRAW

if TYPE_CHECKING:
    import pymc as pm


class Drawn(NamedTuple):
    """What a sampler brings.

    Attributes
    ----------
    draws
        The model's quantities, dims (chain, draw, ...).
    stats
        What is known of each draw, ``diverging`` and ``energy``: dims (chain, draw).
    points
        Where the sampler was, dims (draw, element) for each chain; none of a PyMC model.
    """

    draws: xr.Dataset
    stats: xr.Dataset
    points: list[NDArray[np.float64]]


Draw = Callable[[Sampler, Progress], Drawn]
"""What draws with some settings, telling its progress."""

_STATS: Final = ("diverging", "energy")
_POINT: Final = "point"


def from_density(density: Density, start: Start | None = None) -> Draw:
    """Return what draws from a compiled density, from a start or from the middle of the prior."""
    size = density.size
    held = density.held if start is None else Held(density.data._replace(coordinates=start.coordinates))
    compiled = CompiledPyMCModel(
        dims={},
        compiled_logp_func=log_density(),
        compiled_expand_func=point_of(),
        initial_point_func=density.start if start is None else start.place,
        shared_data={},
        shared_var_keys={},
        user_data=held.memory,
        n_expanded=size,
        shape_info=([_POINT], [slice(0, size)], [(size,)]),
        logp_func=held,  # kept alive with the model
        expand_func=None,
        _n_dim=size,
        _shapes={_POINT: (size,)},
        _coords={},
    )

    def draw(settings: Sampler, told: Progress) -> Drawn:
        points, stats = _raw(compiled, settings if start is None else settings.begun(), told)
        return Drawn(named(density, points), stats, points)

    return draw


def from_pymc(model: pm.Model) -> Draw:
    """Return what draws from a PyMC model; compiling it takes a minute or two."""
    compiled = nutpie.compile_pymc_model(model)

    def draw(settings: Sampler, told: Progress) -> Drawn:
        result = nutpie.sample(compiled, save_warmup=False, **_options(settings, told))
        draws = result["posterior"].dataset.astype(np.float32).drop_attrs()
        return Drawn(draws, result["sample_stats"].dataset[list(_STATS)], [])

    return draw


def _options(settings: Sampler, told: Progress) -> dict[str, Any]:
    total = settings.chains * (settings.tune + settings.draws)
    return {
        "chains": settings.chains,
        "tune": settings.tune,
        "draws": settings.draws,
        "cores": settings.cores,
        "seed": settings.seed,
        "target_accept": settings.target_accept,
        "progress_bar": False,
        "progress_callback": lambda chains: told("sample", sum(chain.finished_draws for chain in chains) / total),
        "progress_rate": 500,
    }


def _raw(compiled: Any, settings: Sampler, told: Progress) -> tuple[list[NDArray[np.float64]], xr.Dataset]:
    """Return the points of each chain, dims (draw, element), and the statistics."""
    trace = nutpie.sample(compiled, save_warmup=False, return_raw_trace=True, **_options(settings, told))
    batches, stats = trace.get_arrow_trace()
    if [batch.num_rows for batch in batches] != [settings.tune + settings.draws] * settings.chains:
        raise KeyboardInterrupt  # which nutpie takes for a wish to see what there is
    last = slice(settings.tune, None)  # tuning comes first
    points = [
        pa.array(batch.column(_POINT)).flatten().to_numpy().reshape(batch.num_rows, -1)[last] for batch in batches
    ]
    columns = {
        name: ((CHAIN, DRAW), np.stack([pa.array(s.column(name)).to_numpy(zero_copy_only=False)[last] for s in stats]))
        for name in _STATS
    }
    return points, xr.Dataset(columns, coords=numbered(settings.chains, settings.draws))
