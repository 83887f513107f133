"""Coordinates of a sampler: they change no posterior, and make its samples about equally wide in every direction."""

import ctypes
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from clusterscore.model.compiled.density import density_of, log_densities, point_of
from clusterscore.model.compiled.held import Held
from clusterscore.model.compiled.labels import labels_of
from clusterscore.model.compiled.preconditioner import Preconditioner, plain
from clusterscore.model.design import make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior import precondition as room
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.precondition import inward, precondition
from clusterscore.posterior.proposal import Proposal
from clusterscore.posterior.record import Posterior
from clusterscore.posterior.start import start_from
from clusterscore.posterior.update import basis_of
from tests.posterior import tiny

SINGLE = 1e-5  # what is kept in single precision


@pytest.fixture(scope="module")
def basis(fitted: Posterior) -> Basis:
    """Return what a fit of the tiny association rests on."""
    return basis_of(fitted)


@pytest.fixture(scope="module")
def points(basis: Basis) -> np.ndarray:
    """Return its samples, dims (sample, element)."""
    return basis.points.astype(np.float64)


@pytest.fixture(scope="module")
def by(basis: Basis, points: np.ndarray) -> Preconditioner:
    """Return the coordinates that follow from them."""
    return precondition(basis.density, points)


def test_the_density_in_coordinates_is_that_of_their_points(
    basis: Basis, points: np.ndarray, by: Preconditioner
) -> None:
    """And its gradient is that by coordinates, as differences say."""
    held, some = Held(basis.density.data._replace(coordinates=by)), inward(by, points[:5])
    values, gradients = log_densities(held, some)
    np.testing.assert_allclose(values, log_densities(basis.density.held, points[:5])[0], rtol=1e-9)
    rng, step = np.random.default_rng(1), 1e-5
    for _ in range(20):
        along = rng.normal(size=some.shape)
        ends = [log_densities(held, some + sign * step * along)[0] for sign in (1.0, -1.0)]
        np.testing.assert_allclose((ends[0] - ends[1]) / (2.0 * step), (gradients * along).sum(axis=1), rtol=1e-4)


def test_coordinates_that_are_the_point_itself_change_nothing(basis: Basis, points: np.ndarray) -> None:
    """As those of a sampling that begins from nothing."""
    assert basis.density.data.coordinates.first.tolist() == [0]
    np.testing.assert_array_equal(inward(plain(basis.density.size), points[:0]), points[:0])


def test_every_element_is_in_one_block(basis: Basis) -> None:
    """The walk of a unit on a pillar is one; scales come first among those that are measured together."""
    density = basis.density
    blocks = room._blocks(density)
    assert sorted(np.concatenate(blocks).tolist()) == list(range(density.size))
    labels, design = labels_of(basis.design, density.layout), basis.design
    steps = {tuple(labels[k] for k in block if labels[k][0] == "step") for block in blocks}
    units = {unit: set(design.cell_year[design.cell_unit == number]) for number, unit in enumerate(design.units)}
    walked = [steps_of for steps_of in steps if steps_of]
    for one in walked:
        (unit,), (_pillar,) = {label[1][0][0] for label in one}, {label[2] for label in one}
        assert len(one) == len(units[unit]) - 1
    is_scale = np.isin(blocks[0], density.scales)
    assert (np.diff(is_scale.astype(int)) <= 0).all()
    assert is_scale.any()
    assert not is_scale.all()


def test_what_is_too_much_to_be_measured_together_stands_alone(basis: Basis, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest quantities first; no element is lost."""
    whole = room._blocks(basis.density)
    monkeypatch.setattr(room, "_MOST", 10)
    blocks = room._blocks(basis.density)
    assert len(blocks[0]) <= 10 < len(whole[0])
    assert sorted(np.concatenate(blocks).tolist()) == list(range(basis.density.size))


def test_samples_are_about_equally_wide_in_their_coordinates(points: np.ndarray, by: Preconditioner) -> None:
    """Within a walk they hang together no more; the stretched directions are as wide as all others."""
    coordinates = inward(by, points)
    spread = np.linalg.eigvalsh(np.cov(coordinates[:, by.member[by.first[1] : by.first[2]]].T))
    assert spread == pytest.approx(np.ones(len(spread)), abs=0.15)  # less of it the fewer samples
    assert (coordinates @ by.direction.T).std(axis=0) == pytest.approx(np.ones(len(by.direction)), abs=0.05)
    assert by.direction @ by.direction.T == pytest.approx(np.eye(len(by.direction)), abs=SINGLE)


def test_one_year_alone_has_no_steps(document: Function, invented: Observations) -> None:
    """And a unit's walk is where it entered."""
    first = tiny.PLAN.years[0]
    figures, answers = (rows[rows["year"] == first] for rows in (invented.figures, invented.answers))
    density = density_of(make_design(document, replace(invented, figures=figures, answers=answers)))
    assert "step" not in {block.name for block in density.layout.blocks}
    assert sorted(np.concatenate(room._blocks(density)).tolist()) == list(range(density.size))


def test_a_direction_that_is_not_found_is_not_stretched(
    basis: Basis, points: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Coordinates without directions do as well."""
    monkeypatch.setattr(room, "_RESTARTS", 1)
    monkeypatch.setattr(room, "_ROUGHLY", 1e-15)
    by = precondition(basis.density, points)
    assert len(by.direction) < room._SOFT
    np.testing.assert_allclose(
        log_densities(Held(basis.density.data._replace(coordinates=by)), inward(by, points[:3]))[0],
        log_densities(basis.density.held, points[:3])[0],
    )


def test_samples_that_all_agree_are_as_wide_as_one(basis: Basis, points: np.ndarray) -> None:
    """A posterior of one sample has coordinates, in which that sample can be found again."""
    one = np.repeat(points[:1], 3, axis=0)
    by = precondition(basis.density, one)
    assert all(np.isfinite(part).all() for part in by)
    held = Held(basis.density.data._replace(coordinates=by))
    assert log_densities(held, inward(by, one))[0] == pytest.approx(log_densities(basis.density.held, one)[0])


def test_a_sample_that_was_moved_beyond_all_numbers_is_no_place_to_begin(
    basis: Basis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are; where there are none, the sampling begins from nothing."""
    moved = Proposal.points

    def beyond(first: int) -> Callable[[Proposal, np.ndarray, slice], np.ndarray]:
        def points(self: Proposal, u: np.ndarray, samples: slice) -> np.ndarray:
            found = moved(self, u, samples)
            found[first:, 0] = np.inf
            return found

        return points

    monkeypatch.setattr(Proposal, "points", beyond(50))
    start = start_from(basis, basis.design)
    assert start is not None
    assert start.places.shape == (50, basis.density.size)
    assert np.isfinite(start.place(3)).all()
    monkeypatch.setattr(Proposal, "points", beyond(0))
    assert start_from(basis, basis.design) is None


def test_draws_are_told_as_points(basis: Basis, points: np.ndarray, by: Preconditioner) -> None:
    """The sampler is told what point follows from coordinates."""
    held, told = Held(basis.density.data._replace(coordinates=by)), np.empty(basis.density.size)
    for point in points[:5]:
        given = np.ascontiguousarray(inward(by, point[None])[0])
        pointers = [array.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for array in (given, told)]
        point_of().ctypes(len(told), len(told), *pointers, held.address)
        np.testing.assert_allclose(told, point, atol=1e-9)
