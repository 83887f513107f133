"""Draws from a model: from the compiled density of a design, or from a PyMC model that a researcher has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import nutpie
import pyarrow as pa  # type: ignore[import-untyped] # it has no stubs
import xarray as xr
from numpy.typing import NDArray
from nutpie.compile_pymc import CompiledPyMCModel

from clusterscore.model.axes import axes_of
from clusterscore.model.compiled.density import Density, log_density, same_point
from clusterscore.model.compiled.quantities import quantities
from clusterscore.posterior.identity import Sampler
from clusterscore.progress import Progress
from clusterscore.vocabulary import CHAIN, DRAW

if TYPE_CHECKING:
    import pymc as pm

Drawn = tuple[xr.Dataset, xr.Dataset]
"""Draws of the model's quantities, and what is known of each draw (``diverging``, ``energy``): dims (chain, draw)."""
Draw = Callable[[Sampler, Progress], Drawn]
"""What draws with some settings, telling its progress."""

_STATS: Final = ("diverging", "energy")
_POINT: Final = "point"


def from_density(density: Density) -> Draw:
    """Return what draws from a compiled density."""
    size = density.size
    compiled = CompiledPyMCModel(
        dims={},
        compiled_logp_func=log_density(),
        compiled_expand_func=same_point(),
        initial_point_func=density.start,
        shared_data={},
        shared_var_keys={},
        user_data=density.held.memory,
        n_expanded=size,
        shape_info=([_POINT], [slice(0, size)], [(size,)]),
        logp_func=density,  # kept alive with the model
        expand_func=None,
        _n_dim=size,
        _shapes={_POINT: (size,)},
        _coords={},
    )

    def draw(settings: Sampler, told: Progress) -> Drawn:
        points, stats = _raw(compiled, settings, told)
        return named(density, points), stats

    return draw


def named(density: Density, points: Sequence[NDArray[np.float64]]) -> xr.Dataset:
    """Return the model's quantities at points of the sampler, dims (draw, element) for each chain, with their axes."""
    chains = [quantities(density, chain) for chain in points]
    variables = {
        name: ((CHAIN, DRAW, *dims), np.stack([chain[name][1] for chain in chains]))
        for name, (dims, _) in chains[0].items()
    }
    used = {dim for dims, _ in chains[0].values() for dim in dims}
    axes = {name: labels for name, labels in axes_of(density.design).items() if name in used}
    return xr.Dataset(variables, coords=_numbered(len(points), len(points[0])) | axes)


def from_pymc(model: pm.Model) -> Draw:
    """Return what draws from a PyMC model; compiling it takes a minute or two."""
    compiled = nutpie.compile_pymc_model(model)

    def draw(settings: Sampler, told: Progress) -> Drawn:
        result = nutpie.sample(compiled, save_warmup=False, **_options(settings, told))
        return result["posterior"].dataset.astype(np.float32), result["sample_stats"].dataset[list(_STATS)]

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
    """Return the points of each chain, dims (draw, element), as the sampler holds them, and the statistics."""
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
    return points, xr.Dataset(columns, coords=_numbered(settings.chains, settings.draws))


def _numbered(chains: int, draws: int) -> dict[str, NDArray[np.int64]]:
    return {CHAIN: np.arange(chains), DRAW: np.arange(draws)}
