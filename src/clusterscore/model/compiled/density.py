"""The log-density of one design and its gradient: see :mod:`clusterscore.model.build`."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from clusterscore.model.beginnings import rough_entries
from clusterscore.model.compiled.figures import FigureData, figure_data, figures
from clusterscore.model.compiled.held import Held, kind_of, load
from clusterscore.model.compiled.jit import as_c, inner
from clusterscore.model.compiled.layout import Back, Floats, Here, Layout, Places, Top, layout_of, top_of
from clusterscore.model.compiled.peers import PeerData, answers, peer_data
from clusterscore.model.compiled.preconditioner import Preconditioner, plain
from clusterscore.model.compiled.preconditioner import backward as to_coordinates
from clusterscore.model.compiled.preconditioner import forward as to_point
from clusterscore.model.compiled.state import StateData, backward, forward, state_data
from clusterscore.model.compiled.top import priors
from clusterscore.model.contrasts import coefficients_of
from clusterscore.model.design import Design
from clusterscore.model.priors import Prior

_numba: Any = numba  # its stubs are of little use
_types: Any = types
_DOUBLES: Final = _types.CPointer(types.double)
_CORES: Final = 2
_TOGETHER: Final = 100  # points: as many as a core keeps at hand
_SIGNATURE: Final = types.int64(types.uint64, _DOUBLES, _DOUBLES, _DOUBLES, types.voidptr)


class Data(NamedTuple):
    """Everything that a density hangs on: where quantities stand in the point, priors, and each room's own.

    ``coordinates`` is how those of a sampler become the point.
    """

    coordinates: Preconditioner
    at: Places
    top: Top
    state: StateData
    figures: FigureData
    peers: PeerData


class Form(NamedTuple):
    """What is drawn of each effect: see :mod:`clusterscore.model.centring` and :mod:`clusterscore.model.slopes`."""

    entry_degree: Floats
    step_degree: Floats
    shock_degree: Floats
    gain_share: Floats
    severity_degree: float
    halo_centred: bool

    def record(self) -> dict[str, Any]:
        """Return plain data."""
        return {name: np.asarray(value).tolist() for name, value in self._asdict().items()}

    @classmethod
    def read(cls, record: dict[str, Any]) -> Form:
        """Return the form of a record."""
        values: dict[str, Any] = {n: np.array(v) if isinstance(v, list) else v for n, v in record.items()}
        return cls(**values)


@dataclass(frozen=True, eq=False)
class Density:
    """The log-density of a design as a function of the sampler's point.

    Attributes
    ----------
    design
        Axes and index vectors.
    layout
        Where each free quantity stands in the point.
    given
        The form of effects; None where that follows from the design itself.
    """

    design: Design
    layout: Layout
    given: Form | None = None

    @property
    def size(self) -> int:
        """Number of elements of a point."""
        return self.layout.size

    @cached_property
    def data(self) -> Data:
        """Everything that the density hangs on."""
        design, layout = self.design, self.layout
        state, peers = state_data(design), peer_data(design, layout)
        if self.given is not None:
            form = self.given._asdict()
            state = state._replace(**{name: form[name] for name in Form._fields if name in state._fields})
            peers = peers._replace(**{name: form[name] for name in Form._fields if name in peers._fields})
        return Data(plain(layout.size), layout.places(), top_of(design, layout), state, figure_data(design), peers)

    @property
    def form(self) -> Form:
        """The form of effects."""
        state, peers = self.data.state._asdict(), self.data.peers._asdict()
        return Form(**{name: state[name] if name in state else peers[name] for name in Form._fields})

    @cached_property
    def held(self) -> Held:
        """The data in memory, for compiled code."""
        return Held(self.data)

    def start(self, seed: int) -> Floats:
        """Return a point to begin at: the beginning, each element moved by up to 1."""
        return self.beginning + np.random.default_rng(seed).uniform(-1.0, 1.0, self.size)

    @cached_property
    def beginning(self) -> Floats:
        """The middle, but entries about where the data place them; dims (element)."""
        point, degree, at = self.middle.copy(), self.data.state.entry_degree, self.data.at
        rough = np.empty((len(self.design.units), len(degree)))
        rough[self.design.place_of_unit] = rough_entries(self.design)
        rough *= np.exp(self.middle[at.pillar_scale : at.pillar_scale + len(degree)]) ** degree
        base, later = np.split(rough, [self.design.n_base])
        entry = np.concatenate([coefficients_of(base), later - base.mean(axis=0)])
        point[at.entry : at.entry + entry.size] = entry.ravel()
        return point

    @cached_property
    def middle(self) -> Floats:
        """Medians of the priors at the top, and zeros below; dims (element)."""
        middle, function = np.zeros(self.size), self.design.function
        for block in self.layout.blocks:
            if block.prior is not None:
                middle[block.start : block.end] = unbounded(function.prior(block.prior))
        return middle

    @cached_property
    def scales(self) -> NDArray[np.int64]:
        """Elements that are no locations: whatever is positive, or a share, at the top of the hierarchy."""
        prior = self.design.function.prior
        wanted = [b for b in self.layout.blocks if b.prior is not None and prior(b.prior).family != "normal"]
        return np.concatenate([np.arange(block.start, block.end) for block in wanted])

    @cached_property
    def prior_sd(self) -> Floats:
        """Standard deviations of the scales in the point before any data; dims as ``scales``."""
        parts = [
            np.full(block.end - block.start, spread_of(self.design.function.prior(block.prior)))
            for block in self.layout.blocks
            if block.prior is not None and block.start in self.scales
        ]
        return np.concatenate(parts)

    def __call__(self, point: Floats) -> tuple[float, Floats]:
        """Return the log-density, constants included, and its gradient; point and gradient have dims (element).

        Where a point is so far off that its density is no number, the result is minus infinity.
        """
        point, gradient, value = np.ascontiguousarray(point, dtype=np.float64), np.empty(self.size), np.empty(1)
        if point.shape != (self.size,):
            raise ValueError(f"a point has {self.size} elements, got {point.shape}")
        pointers = (array.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for array in (point, gradient, value))
        log_density().ctypes(self.size, *pointers, self.held.address)
        return float(value[0]) if np.isfinite(value[0]) else -np.inf, gradient


def density_of(design: Design, form: Form | None = None) -> Density:
    """Return the log-density of a design, in a form that is given or follows from the design."""
    return Density(design, layout_of(design), form)


def log_densities(held: Held, points: NDArray[np.float64]) -> tuple[Floats, NDArray[np.float64]]:
    """Return the log-density at several points and its gradient.

    Parameters
    ----------
    held
        The data of a density.
    points
        dims (sample, element).

    Returns
    -------
    dims (sample), minus infinity where it is no number; dims (sample, element)
    """
    points, values, gradients = np.ascontiguousarray(points), np.empty(len(points)), np.empty(points.shape)
    call, held_at, size = log_density().ctypes, ctypes.c_void_p(held.address), points.shape[1]
    double = ctypes.POINTER(ctypes.c_double)
    starts = [array.ctypes.data for array in (points, gradients, values)]
    for number in range(len(points)):
        at = (starts[0] + number * size * 8, starts[1] + number * size * 8, starts[2] + number * 8)
        call(size, *(ctypes.cast(place, double) for place in at), held_at)
    return np.where(np.isfinite(values), values, -np.inf), gradients


def in_pieces[R](n: int, work: Callable[[slice], R]) -> list[R]:
    """Work on some of ``n`` samples at a time, on two cores: compiled code lets go of Python's lock."""
    pieces = [slice(first, min(first + _TOGETHER, n)) for first in range(0, n, _TOGETHER)]
    with ThreadPoolExecutor(_CORES) as pool:
        return list(pool.map(work, pieces))


def unbounded(prior: Prior, probability: Floats | float = 0.5) -> Floats:
    """Return where quantiles of a prior stand in a point; without a probability, its median."""
    from clusterscore.model.distributions import distribution  # noqa: PLC0415 - imports much of SciPy

    value = distribution(prior).ppf(probability)
    if prior.family == "normal":
        return np.asarray(value)
    return np.asarray(np.log(value / (1.0 - value) if prior.family == "beta" else value))


def spread_of(prior: Prior) -> float:
    """Return the standard deviation of a prior in a point, from a thousand of its quantiles."""
    return float(unbounded(prior, (np.arange(1000) + 0.5) / 1000).std())


@inner
def _density(point: Floats, gradient: Floats, data: Data) -> float:
    """Fill in the gradient and return the log-density."""
    here = Here(point, np.empty(len(point)), data.at)
    for i in range(len(gradient)):
        gradient[i] = 0.0
    total = priors(point, data.top, here.value, gradient)
    state = forward(here, data.state)
    back = Back(gradient, np.zeros_like(state.position), np.zeros_like(state.composite), np.zeros_like(state.slope))
    total += figures(here, data.figures, state, back)
    if len(data.peers.sheet_cell):
        total += answers(here, data.peers, state, back)
    return total + backward(here, data.state, state, back)


_KIND: Final = kind_of(Data)


def _log_density(size: int, coordinates: Any, gradient: Any, value: Any, held: Any) -> int:
    slots, given, data = _numba.carray(gradient, size), _numba.carray(coordinates, size), load(held, _KIND)
    point = np.empty(size)
    to_point(given, data.coordinates, point)
    total = _density(point, slots, data)
    value[0] = total
    to_coordinates(slots, data.coordinates)
    finite = np.isfinite(total)
    for i in range(size):
        finite &= np.isfinite(slots[i])
    return 0 if finite else 1


def _point(size: int, _size: int, coordinates: Any, point: Any, held: Any) -> int:
    to_point(_numba.carray(coordinates, size), load(held, _KIND).coordinates, _numba.carray(point, size))
    return 0


@cache
def log_density() -> Any:
    """Return the log-density as a C function; ``address`` says where it is.

    ``int64 (uint64 size, double* coordinates, double* gradient, double* log_density, void* held)`` returns 0 where
    value and gradient are finite, else 1.
    """
    return as_c(_SIGNATURE)(_log_density)


@cache
def point_of() -> Any:
    """Return a C function that fills in the point of some coordinates, as samplers want to be told what follows.

    ``int64 (uint64 size, uint64 size, double* coordinates, double* point, void* held)``
    """
    return as_c(_types.int64(_types.uint64, _types.uint64, _DOUBLES, _DOUBLES, _types.voidptr))(_point)
