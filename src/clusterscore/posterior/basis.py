"""A sampled posterior with all that it was drawn from: where every correction starts, until the next sampling.

Corrections never rest on one another. What is known now is compared with what was known when the draws were made, and
the draws are corrected for all of the difference; so neither errors nor the order of arrival can add up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clusterscore.frames import each
from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.identity import heard
from clusterscore.posterior.likelihood import Floats, Ints
from clusterscore.posterior.record import Run, in_line, joined
from clusterscore.vocabulary import Channel

if TYPE_CHECKING:
    from clusterscore.model.compiled.density import Density

MOST_POINTS: Final = 2000
"""Points of the sampler that are kept: for local moves and for a warm start."""


@dataclass(frozen=True, eq=False)
class Basis:
    """A sampled posterior and what it was drawn from.

    Attributes
    ----------
    function
        The function document.
    observed
        Everything that was observed then, whether it counted or not.
    sampled
        The draws, dims (chain, draw, ...).
    run
        The run record of the sampling.
    kept
        Gives the points that were kept of the sampler, and which samples these are; called when first asked for.
    hashes
        Of the rows of each table of ``observed``, for finding what differs; filled in when first asked for.
    """

    function: Function
    observed: Observations
    sampled: xr.Dataset
    run: Run
    kept: Callable[[], tuple[NDArray[np.float32], Ints]]
    hashes: dict[str, NDArray[np.uint64]] = field(default_factory=dict)

    @property
    def channel(self) -> Channel | None:
        """Whose word alone counted, or None."""
        return Channel(self.run.channel) if self.run.channel else None

    @cached_property
    def _kept(self) -> tuple[NDArray[np.float32], Ints]:
        return self.kept()

    @property
    def points(self) -> NDArray[np.float32]:
        """Where the sampler was in some of the draws, evenly spaced: dims (point, element).

        None where a model of one's own was sampled.
        """
        return self._kept[0]

    @property
    def places(self) -> Ints:
        """Which samples these are, chains joined: dims (point)."""
        return self._kept[1]

    @cached_property
    def heard(self) -> tuple[Observations, int | None]:
        """What counted, and the first year of the base edition where one channel alone did."""
        return heard(self.function, self.observed, self.run.edition, self.channel)

    @cached_property
    def design(self) -> Design:
        """Axes and index vectors of what was sampled."""
        return make_design(self.function, *self.heard)

    @cached_property
    def density(self) -> Density:
        """The density that was sampled, in the form in which it was."""
        from clusterscore.model.compiled.density import Form, density_of  # noqa: PLC0415 - compiles; weights do without

        form = self.run.sampler.get("form")
        return density_of(self.design, Form.read(form) if form else None)

    @cached_property
    def density_at_points(self) -> tuple[Floats, Floats]:
        """The log-density at the points, dims (point), and the mean of its gradient there, dims (element)."""
        from clusterscore.model.compiled.density import in_pieces, log_densities  # noqa: PLC0415 - compiles

        def at(points: slice) -> tuple[Floats, Floats]:
            values, gradients = log_densities(self.density.held, self.points[points].astype(np.float64))
            return values, gradients.sum(axis=0)

        values, gradients = zip(*in_pieces(len(self.points), at), strict=True)
        return np.concatenate(values), np.sum(gradients, axis=0) / len(self.points)

    @cached_property
    def cells(self) -> dict[tuple[str, int], int]:
        """Number of each cell, by unit and year."""
        design = self.design
        units, years = np.array(design.units)[design.cell_unit], np.asarray(design.years)[design.cell_year]
        return {pair: number for number, pair in enumerate(zip(units.tolist(), years.tolist(), strict=True))}

    @cached_property
    def sheets(self) -> frozenset[tuple[str, str, int]]:
        """Questionnaires that counted: rater, unit and year."""
        rows, cells = self.design.questionnaires, list(self.cells)
        return frozenset((self.design.raters[row.rater], *cells[row.cell]) for row in each(rows))

    @cached_property
    def lone(self) -> frozenset[str]:
        """Indicators whose figures hang on no other figure, and no other hangs on."""
        parts = self.function.indicators
        exposures = {part.exposure for part in parts}
        alone = [part for part in parts if part.of == "unit" and part.transform != "count" and not part.derived]
        return frozenset(part.id for part in alone) - exposures

    @cached_property
    def reported(self) -> dict[str, Ints]:
        """Which indicators were ever reported, by the name of what is drawn for each: dims (indicator)."""
        rows = (self.design.figures, self.design.counts, self.design.members.groups)
        names = ("error_sd", "overdispersion", "member_sd")
        return {n: np.unique(r["indicator"].to_numpy(np.int64)) for n, r in zip(names, rows, strict=True)}

    @property
    def size(self) -> int:
        """Number of samples."""
        return self.sampled.sizes["chain"] * self.sampled.sizes["draw"]

    @property
    def ess(self) -> float:
        """Smallest bulk effective sample size of anything published."""
        worst = self.run.diagnostics["worst"]
        return float(min((row["ess_bulk"] for row in worst if row["published"]), default=self.size))

    def samples(self, cells: Ints) -> dict[str, Floats]:
        """Return the samples by variable, dims (sample, ...), of some cells; those of all cells are left out."""
        chosen = {name: in_line(self.sampled[name])[:, cells].astype(np.float64) for name in ("state", "function")}
        return self._of_no_cell | chosen

    @cached_property
    def _of_no_cell(self) -> dict[str, Floats]:
        names = [str(name) for name, array in self.sampled.data_vars.items() if "cell" not in array.dims]
        return {name: joined(self.sampled[name]) for name in names}


def thinned(points: list[NDArray[np.float64]]) -> tuple[NDArray[np.float32], Ints]:
    """Return at most :data:`MOST_POINTS` points of all chains, evenly spaced, and which samples they are."""
    size = sum(map(len, points))
    if not size:
        return np.empty((0, 0), np.float32), np.empty(0, np.int64)
    places = np.linspace(0, size - 1, min(size, MOST_POINTS)).round().astype(np.int64)
    return np.concatenate(points)[places].astype(np.float32), places
