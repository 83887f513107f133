"""What could be asked about a unit in an edition's last year: figures not yet reported, raters who have not answered.

Neither the figures of members nor those that are derived are asked for here. A rater who belongs or is tied to a unit
is never asked about it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.errors import UnknownName
from clusterscore.model.design import Design, make_design
from clusterscore.model.distributions import distribution
from clusterscore.model.evidence import concerning, speaking
from clusterscore.model.function import Function, Indicator
from clusterscore.model.transforms import restore
from clusterscore.observations.observed import Observations
from clusterscore.posterior.gain import N_BATCHES, Outcomes
from clusterscore.posterior.likelihood import expected_figures, samples_of
from clusterscore.posterior.outcomes import NegativeBinomial, Sheet, StudentT, halos, of_both, of_count, of_figure
from clusterscore.posterior.predict import Answering, Samples, answering_in, refuse_other_cells
from clusterscore.posterior.record import Posterior

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEW: Final = "(new)"
"""A rater of whom nothing is known yet; no id is written like this."""
_MOST: Final = 64 * N_BATCHES  # draws


@dataclass(frozen=True, eq=False)
class Inquiry:
    """What is known where it is asked what to ask.

    Attributes
    ----------
    design
        What was fitted.
    here
        The same with the cells of the edition's last year only.
    samples
        Draws by variable, dims (sample, ...), cells as in ``here``.
    answering
        How raters answer, the new one last; None where nobody has answered yet.
    raters
        The raters of the design, then the new one where it can be told what a new one is like.
    reported
        Figures on units in the last year: value by unit and indicator.
    observations
        Everything observed.
    """

    design: Design
    here: Design
    samples: Samples
    answering: Answering | None
    raters: tuple[str, ...]
    reported: Mapping[tuple[str, str], float]
    observations: Observations

    @property
    def units(self) -> tuple[str, ...]:
        """The units that have a score in the last year."""
        return tuple(self.here.units[unit] for unit in self.here.cell_unit)

    @cached_property
    def scale_of(self) -> dict[tuple[int, int], int]:
        """Number of each scale by item and rater; -1 for all raters."""
        pairs = self.here.scales[["item", "rater"]].to_numpy().tolist()
        return {(item, rater): number for number, (item, rater) in enumerate(pairs)}

    def cell_of(self, unit: str) -> int:
        """Return where a unit stands in ``here``.

        Raises
        ------
        UnknownName
            Where it has no score in the last year.
        """
        if unit not in self.units:
            raise UnknownName(f"{self.design.function.kind} scored in the edition's last year", unit, self.units)
        return self.units.index(unit)


def inquire(function: Function, posterior: Posterior, observations: Observations, seed: int = 1) -> Inquiry:
    """Return what is known where it is asked what to ask.

    Parameters
    ----------
    function
        The document that was fitted.
    posterior
        Draws from everything observed.
    observations
        Everything observed, of all kinds of units: ties may lead through members.
    seed
        Of what is drawn of a new rater.

    Raises
    ------
    ValueError
        Where the draws are those of other cells, or too few.
    """
    edition = posterior.run.edition
    seen = concerning(function, observations, edition)
    design = make_design(function, seen)
    refuse_other_cells(posterior, design)
    size = min(posterior.draws.sizes["chain"] * posterior.draws.sizes["draw"], _MOST) // N_BATCHES * N_BATCHES
    if not size:
        raise ValueError(f"fewer than {N_BATCHES} draws cannot tell what to ask")
    last = np.flatnonzero(np.asarray(design.years)[design.cell_year] == edition)
    here = replace(design, cell_unit=design.cell_unit[last], cell_year=design.cell_year[last])
    samples = dict(samples_of(posterior.draws, size))
    samples |= {name: samples[name][:, last] for name in ("state", "function", "standing")}
    answering = answering_in(here, samples) if len(design.answers) else None
    raters = design.raters
    if answering is not None and function.has_severity and "severity_sd" in samples:
        answering, raters = _with_new_rater(answering, here, samples, np.random.default_rng(seed)), (*raters, NEW)
    return Inquiry(design, here, samples, answering, raters, _reported(function, seen, edition), observations)


def figures(inquiry: Inquiry, unit: str, seed: int = 1) -> Iterator[tuple[str, Outcomes]]:
    """Yield each figure not yet reported of a unit, by its indicator; a count together with its exposure where need be.

    Raises
    ------
    UnknownName
        Where the unit has no score in the last year.
    """
    cell, parts = inquiry.cell_of(unit), inquiry.design.function.indicators
    if "intercept" not in inquiry.samples:
        return
    for number, part in enumerate(parts):
        rng = np.random.default_rng([seed, number])
        if (unit, part.id) in inquiry.reported or not _is_asked(part):
            continue
        if part.transform != "count":
            yield part.id, of_figure(*_continuous(inquiry, cell, number), rng)
        elif part.exposure is None or (exposure := inquiry.reported.get((unit, part.exposure), 0.0)) > 0.0:
            yield part.id, of_count(*_count(inquiry, cell, number, 1.0 if part.exposure is None else exposure), rng)
        elif (unit, part.exposure) not in inquiry.reported:
            beside = next(place for place, other in enumerate(parts) if other.id == part.exposure)
            if parts[beside].transform != "count" and _is_asked(parts[beside]):
                yield f"{part.exposure} and {part.id}", _with_exposure(inquiry, cell, number, beside, rng)


def sheets(
    inquiry: Inquiry, unit: str, raters: Collection[str] | None = None
) -> Iterator[tuple[str, Ints, Sheet, bool]]:
    """Yield each rater who may be asked about a unit: name, items (index), sheet, whether all items are still open.

    With ``raters`` these alone; a sheet takes its time.

    Raises
    ------
    UnknownName
        Where the unit has no score in the last year.
    """
    cell, answering = inquiry.cell_of(unit), inquiry.answering
    if answering is None:
        return
    year, tied = int(inquiry.here.cell_year[cell]), inquiry.observations.tied_to(unit)
    halo, weight = halos(answering.halo_sd)
    for rater, name in enumerate(inquiry.raters):
        if name in tied or (raters is not None and name not in raters):
            continue
        numbers = [(item, _scale(inquiry, item, rater)) for item in range(len(inquiry.design.function.items))]
        items, scales = np.array([pair for pair in numbers if pair[1] >= 0], dtype=np.int64).reshape(-1, 2).T
        answered, categories = _answered(inquiry, unit, year, rater)
        asked = np.flatnonzero(~np.isin(items, answered))
        if not len(asked):
            continue
        seen = answering.consistency[:, [rater]] * answering.signal[:, cell, items]
        height = seen - answering.severity[:, [rater], year]
        sheet = Sheet(height, answering.cuts[:, scales], halo, weight)
        sheet = sheet.given(np.searchsorted(items, answered), categories)
        yield name, items[asked], sheet.only(asked), not len(answered)


def _is_asked(part: Indicator) -> bool:
    return part.of == "unit" and part.derived is None


def _reported(function: Function, seen: Observations, year: int) -> dict[tuple[str, str], float]:
    rows, _ = speaking(function, seen)
    rows = rows[rows["member"].isna() & (rows["year"] == year)]
    return {(unit, name): value for unit, name, value in rows[["unit", "indicator", "value"]].itertuples(index=False)}


def _answered(inquiry: Inquiry, unit: str, year: int, rater: int) -> tuple[Ints, Ints]:
    """Return which items a rater has answered about a unit, and the categories, from 0."""
    design = inquiry.design
    cell = np.flatnonzero((design.cell_unit == design.units.index(unit)) & (design.cell_year == year))[0]
    sheet = np.flatnonzero((design.questionnaires["cell"] == cell) & (design.questionnaires["rater"] == rater))
    rows = design.answers[design.answers["questionnaire"].isin(sheet)].sort_values("item")
    return rows["item"].to_numpy(np.int64), rows["category"].to_numpy(np.int64)


def _scale(inquiry: Inquiry, item: int, rater: int) -> int:
    """Return the scale on which a rater answers an item, or -1 where it has none yet."""
    return inquiry.scale_of.get((item, -1), inquiry.scale_of.get((item, rater), -1))


def _with_new_rater(answers: Answering, design: Design, samples: Samples, rng: np.random.Generator) -> Answering:
    """Return how raters answer, with one more who is like any other, drawn anew in each draw."""
    n_samples = len(answers.halo_sd)
    sd = samples["severity_sd"]
    if "drift_sd" in samples:
        sd = np.hypot(sd, samples["drift_sd"] * np.sqrt(design.years[-1] - design.years[0]))
    severity = np.broadcast_to((sd * rng.normal(size=n_samples))[:, None, None], (n_samples, 1, len(design.years)))
    consistency = np.exp(samples.get("consistency_sd", np.zeros(n_samples)) * rng.normal(size=n_samples))
    return replace(
        answers,
        severity=np.concatenate([answers.severity, severity], axis=1),
        consistency=np.concatenate([answers.consistency, consistency[:, None]], axis=1),
    )


def _expected(inquiry: Inquiry, cell: int, number: int) -> Floats:
    return expected_figures(inquiry.here, inquiry.samples, np.array([cell]), np.array([number]))[:, 0]


def _continuous(inquiry: Inquiry, cell: int, number: int) -> StudentT:
    location, freedom = _expected(inquiry, cell, number), inquiry.design.function.errors.degrees_of_freedom
    scale = _spread(inquiry, "error_sd", inquiry.design.figures, number)
    if freedom != "learned":
        return location, scale, np.full_like(location, freedom)
    learned = inquiry.samples.get("degrees_of_freedom")
    return location, scale, 2.0 + (_prior(inquiry, "degrees_of_freedom", number) if learned is None else learned)


def _count(inquiry: Inquiry, cell: int, number: int, exposure: float) -> NegativeBinomial:
    part = inquiry.design.function.indicators[number]
    mean = exposure * part.typical * np.exp(part.spread * _expected(inquiry, cell, number))
    return mean, _spread(inquiry, "overdispersion", inquiry.design.counts, number)


def _with_exposure(inquiry: Inquiry, cell: int, number: int, beside: int, rng: np.random.Generator) -> Outcomes:
    part = inquiry.design.function.indicators[beside]
    mean, shape = _count(inquiry, cell, number, 1.0)
    least = np.finfo(np.float64).tiny  # a logarithm that admits zero is restored to less than nothing far out
    return of_both(
        _continuous(inquiry, cell, beside),
        lambda standardised: (mean * max(float(restore(part, standardised)), least), shape),
        rng,
    )


def _spread(inquiry: Inquiry, name: str, rows: pd.DataFrame, number: int) -> Floats:
    """Return draws of what scatters an indicator; of one that nobody ever reported, from the prior."""
    reported = np.unique(rows["indicator"].to_numpy(np.int64))
    if number in reported:
        return inquiry.samples[name][:, np.searchsorted(reported, number)]
    return _prior(inquiry, name, number)


def _prior(inquiry: Inquiry, name: str, number: int) -> Floats:
    size, rng = len(inquiry.samples["standing"]), np.random.default_rng([number, 1])
    drawn = distribution(inquiry.design.function.prior(name)).rvs(size, random_state=rng)
    return np.asarray(drawn, dtype=np.float64)
