"""Other coordinates are the same model: the densities differ by the change of variables and by nothing else."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from clusterscore.model.centring import centring
from clusterscore.model.contrasts import coefficients_of
from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations


@pytest.fixture(scope="module")
def design(functions: dict[str, Function], observed: Callable[..., Observations]) -> Design:
    """Return six regions in three editions; one enters in the second."""
    rng = np.random.default_rng(1)
    rows = [
        (f"R{unit}", year, "rci_z", rng.normal())
        for unit in range(6)
        for year in (2000, 2003, 2006)
        if unit < 5 or year > 2000
    ]
    table = pd.DataFrame(rows, columns=["unit", "year", "indicator", "value"])
    return make_design(functions["regional"], observed(table, kind="region"))


@pytest.mark.slow
def test_both_densities_are_the_same(design: Design) -> None:
    """At random points, up to the logarithm of how wide each coordinate is."""
    from clusterscore.model.build import build  # noqa: PLC0415 - imports PyMC
    from tests.published import anchored  # noqa: PLC0415

    degrees = centring(design)
    assert (degrees.entry, degrees.step, degrees.shock) == (1.0, 1.0, 1.0)  # drawn as positions in the package
    plain, other = build(design), anchored.build(design)
    densities = [model.compile_logp(jacobian=False) for model in (plain, other)]
    rng = np.random.default_rng(2)
    seen = design.figures.sort_values("cell")["value"].to_numpy()
    apart = seen - (np.bincount(design.cell_year, seen) / np.bincount(design.cell_year))[design.cell_year]
    first, base = apart[design.first_cell], design.base_unit
    entry_seen = np.concatenate([coefficients_of(first[base]), first[~base]])
    step_seen = apart[design.later_cells] - apart[design.later_cells - 1]
    for _ in range(5):
        scale, error, step_sd, shock_sd = np.exp(rng.normal(-1.5, 0.3, size=4))
        shared = {"pillar_scale_log__": scale, "error_sd_log__": error, "innovation_sd_log__": step_sd}
        shared = {name: np.log([value]) for name, value in (shared | {"shock_sd_log__": shock_sd}).items()}
        shared["intercept"], shock = rng.normal(size=1), 0.1 * rng.normal(size=2)
        parts, widths = {}, 0.0
        for name, told, sd, noise in (
            ("entry", entry_seen, scale, 1.2 * error),
            ("step", step_seen, step_sd * scale * np.sqrt(design.gap_years), np.sqrt(2.0) * 1.2 * error),
        ):
            share = sd**2 / (sd**2 + noise**2)
            width = np.broadcast_to(np.sqrt(share) * noise, told.shape)
            drawn = rng.normal(size=told.shape)
            parts[name] = (drawn, share * told + width * drawn)
            widths += np.log(width).sum()
        weight = {"weight_simplex__": np.zeros(0)}
        here = {name: value[:, None] for name, (_, value) in parts.items()}
        one = densities[0](shared | here | weight | {"shock": shock[:, None]})
        two = densities[1](shared | {name: drawn for name, (drawn, _) in parts.items()} | {"shock": shock})
        assert one == pytest.approx(two - widths, abs=1e-6)
