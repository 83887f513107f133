"""What the model expects before any data: draws from the prior, and what they say of figures, answers and ranks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from clusterscore.model.design import Design
from clusterscore.model.transforms import restore
from clusterscore.posterior.likelihood import blocks, count_rates, figure_errors
from clusterscore.posterior.predict import Samples, answering_in, replicate_answers
from clusterscore.scores.summaries import ranks

Floats = NDArray[np.float64]

_LATENT = {
    "general",
    "entry",
    "step",
    "shock",
    "halo",
    "halo_drawn",
    "slope_contrast",
    "consistency_contrast",
    "severity_drawn",
}


@dataclass(frozen=True, eq=False)
class PriorDraws:
    """Draws from the prior, for the units, years and raters of a design; nothing of what was observed is in them.

    Attributes
    ----------
    design
        Who is there.
    samples
        Draws by variable, dims (sample, ...), as a posterior has them.
    seed
        Of all that is drawn from them.
    """

    design: Design
    samples: Samples
    seed: int

    @cached_property
    def answers(self) -> pd.DataFrame:
        """Share of each category of each item in one drawn data set: sample, item, category (from 1), share of 1."""
        rng, rows, parts = np.random.default_rng(self.seed), self.design.answers["item"].to_numpy(), []
        n_items, size = len(self.design.function.items), int(self.design.scales["categories"].max())
        for block in blocks(self.samples, 20):
            category = replicate_answers(answering_in(self.design, block), self.design, rng)
            parts += [np.bincount(one, minlength=n_items * size) for one in rows * size + category]
        counts = np.array(parts, dtype=float).reshape(-1, n_items, size)
        counts = counts[:, counts[0].sum(axis=1) > 0]
        share = counts / counts.sum(axis=2, keepdims=True)
        labels = pd.MultiIndex.from_product([range(len(share)), range(share.shape[1]), range(1, size + 1)])
        return pd.Series(share.ravel(), labels.set_names(["sample", "item", "category"]), name="share").reset_index()

    @cached_property
    def figures(self) -> Floats:
        """Standardised figures of one drawn data set; dims (sample, figure)."""
        rng = np.random.default_rng(self.seed + 1)
        location, scale, nu = figure_errors(self.design, self.samples)
        return np.asarray(location + scale * rng.standard_t(nu[:, None], size=location.shape))

    @cached_property
    def counts(self) -> Floats:
        """Counts of one drawn data set; dims (sample, count)."""
        rng = np.random.default_rng(self.seed + 2)
        mean, shape = count_rates(self.design, self.samples)
        mean = np.minimum(mean, 1e12)  # beyond, no Poisson number can be drawn
        return np.asarray(rng.poisson(rng.gamma(shape, mean / shape)), dtype=float)

    def spreads(self) -> pd.DataFrame:
        """Standard deviation of each indicator's figures between all cells: sample, indicator, sd (spreads)."""
        number = self.design.figures["indicator"].to_numpy()
        parts = [
            pd.DataFrame({"indicator": part.id, "sd": self.figures[:, number == at].std(axis=1)})
            for at, part in enumerate(self.design.function.indicators)
            if (number == at).sum() > 1
        ]
        return pd.concat(parts, ignore_index=True)

    def ranges(self) -> pd.DataFrame:
        """What a single figure may be before any data: indicator, q05, median, q95 in the indicator's own measure."""
        design, rows = self.design, []
        for at, part in enumerate(design.function.indicators):
            drawn = self.counts if part.transform == "count" else self.figures
            here = (design.counts if part.transform == "count" else design.figures)["indicator"].to_numpy() == at
            if here.any():
                quantiles = np.quantile(drawn[:, here], [0.05, 0.5, 0.95])
                rows.append((part.id, *(quantiles if part.transform == "count" else restore(part, quantiles))))
        return pd.DataFrame(rows, columns=["indicator", "q05", "median", "q95"])

    def changes(self) -> Floats:
        """Change of a unit's score since the edition before, score points; one number per draw and pair of cells."""
        design, every = self.design, self.design.function.edition.every
        score = 100.0 * ndtr(self.samples["standing"])
        year = np.asarray(design.years)[design.cell_year]
        last = np.flatnonzero(year == design.years[-1])
        place = {(int(unit), int(at)): cell for cell, (unit, at) in enumerate(zip(design.cell_unit, year, strict=True))}
        pairs = [(place.get((int(design.cell_unit[cell]), int(year[cell]) - every)), cell) for cell in last]
        kept = [(before, after) for before, after in pairs if before is not None]
        before, after = np.array(kept, dtype=int).reshape(-1, 2).T
        return np.asarray((score[:, after] - score[:, before]).ravel())

    def ranks(self, unit: str) -> Floats:
        """Share of draws in which a unit has each rank in the last year, from the first rank."""
        design = self.design
        cells = np.flatnonzero(design.cell_year == len(design.years) - 1)
        column = list(np.asarray(design.units)[design.cell_unit[cells]]).index(unit)
        found = ranks(self.samples["standing"][:, cells])[:, column]
        return np.bincount(found, minlength=len(cells) + 1)[1:] / len(found)


def draw_prior(design: Design, draws: int, seed: int) -> PriorDraws:
    """Draw all quantities of the model from their priors; no MCMC, about half a minute for the compiling.

    Parameters
    ----------
    draws
        Number of draws.
    seed
        Of the draws.
    """
    import pymc as pm  # noqa: PLC0415 - takes seconds to import

    from clusterscore.model.build import build  # noqa: PLC0415 - imports PyMC

    model = build(design)
    wanted = [v for v in (*model.free_RVs, *model.deterministics) if v.name not in _LATENT]
    values = pm.draw(wanted, draws=draws, random_seed=seed)
    drawn = {v.name: np.asarray(value, dtype=np.float64) for v, value in zip(wanted, values, strict=True)}
    return PriorDraws(design, drawn, seed)
