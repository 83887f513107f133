"""The peers' likelihood against SciPy, against finite differences, and against itself where it is interpreted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode
from scipy.special import expit

from clusterscore.model.compiled.graded import BEYOND, Runs, careful_pass, quick_pass, runs_of
from clusterscore.model.graded import graded_response

Compiled = Callable[..., list[np.ndarray]]

STEP = 1e-5
SLACK = 1e-6
"""A central difference errs by STEP**2 / 6 times a third derivative, and by rounding: 1e3 * 1e-16 / STEP = 1e-8."""


@dataclass(frozen=True)
class Case:
    """Answers about some cells on items with scales of their own length."""

    signal: np.ndarray
    strictness: np.ndarray
    cuts: list[np.ndarray]
    answers: list[tuple[int, int, int, int]]  # cell, item, questionnaire, category from 0

    @classmethod
    def random(cls, sizes: Sequence[int], seed: int, n_answers: int = 60) -> "Case":
        """Return random answers; every category may be answered."""
        rng = np.random.default_rng(seed)
        items = rng.integers(len(sizes), size=n_answers)
        answers = [
            (int(rng.integers(4)), int(item), int(rng.integers(3)), int(rng.integers(sizes[item]))) for item in items
        ]
        cuts = [np.sort(rng.normal(0.0, 2.0, size - 1)) for size in sizes]
        return cls(rng.normal(size=(len(sizes), 4)), rng.normal(size=3), cuts, answers)

    @property
    def inputs(self) -> list[np.ndarray]:
        """What the operation takes: all cuts in one vector between sentinels, and index vectors."""
        vector = np.concatenate([[-BEYOND, *cuts, BEYOND] for cuts in self.cuts])
        first = np.cumsum([0, *(len(cuts) + 2 for cuts in self.cuts)])
        cell, item, questionnaire, category = np.array(self.answers, dtype=np.int64).T
        runs = runs_of(cell, item, questionnaire, first[item] + category)
        return [self.signal, self.strictness, vector, *runs]

    @property
    def log_probability(self) -> float:
        """The definition: P(answer >= k) = logistic(height - cut_k), and what lies between two of them."""
        total = 0.0
        for cell, item, questionnaire, category in self.answers:
            height = self.signal[item, cell] - self.strictness[questionnaire]
            at_least = np.array([1.0, *expit(height - self.cuts[item]), 0.0])
            total += np.log(at_least[category] - at_least[category + 1])
        return total


def _compiled(linker: str) -> Compiled:
    signal, strictness, cuts = pt.dmatrix(), pt.dvector(), pt.dvector()
    where = [pt.vector(dtype="uint32") for _ in Runs._fields]
    value = graded_response(signal, strictness, cuts, Runs(*where))
    gradients = pytensor.grad(value, [signal, strictness, cuts])
    mode = Mode(linker=linker, optimizer="fast_compile")
    return pytensor.function([signal, strictness, cuts, *where], [value, *gradients], mode=mode)


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    """Return value and gradients as the sampler runs them."""
    return _compiled("numba")


@pytest.fixture(scope="module")
def interpreted() -> Compiled:
    """Return value and gradients through the operation's ``perform``."""
    return _compiled("py")


@pytest.mark.parametrize("sizes", [[2], [3, 5], [5, 2, 5, 7], [21], list(range(2, 22))])
def test_the_value_is_that_of_the_graded_response(compiled: Compiled, sizes: list[int]) -> None:
    """For scales of 2 to 21 categories, mixed or not, the sum is that of the definition."""
    case = Case.random(sizes, seed=len(sizes))
    assert float(compiled(*case.inputs)[0]) == pytest.approx(case.log_probability, rel=1e-10)


@pytest.mark.parametrize("sizes", [[2], [5, 2, 5], [21]])
def test_the_probabilities_of_all_categories_sum_to_one(compiled: Compiled, sizes: list[int]) -> None:
    """Whatever the item, somebody who answers gives one of its answers."""
    case = Case.random(sizes, seed=7)
    for item, size in enumerate(sizes):
        one = [Case(case.signal, case.strictness, case.cuts, [(0, item, 0, category)]) for category in range(size)]
        assert sum(np.exp(compiled(*each.inputs)[0]) for each in one) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("argument", [0, 1, 2], ids=["signal", "strictness", "cuts"])
def test_the_gradient_is_that_of_finite_differences(compiled: Compiled, argument: int) -> None:
    """By signal, by strictness and by cuts."""
    inputs = Case.random([5, 2, 21], seed=3).inputs
    gradient = compiled(*inputs)[1 + argument]
    for place in np.ndindex(inputs[argument].shape):
        if abs(inputs[argument][place]) == BEYOND:
            continue
        sides = []
        for side in (STEP, -STEP):
            moved = [array.copy() for array in inputs]
            moved[argument][place] += side
            sides.append(float(compiled(*moved)[0]))
        assert gradient[place] == pytest.approx((sides[0] - sides[1]) / (2.0 * STEP), abs=SLACK, rel=SLACK)


@pytest.mark.parametrize("most", [1, 2, 7, 1000])
def test_both_passes_agree_however_answers_are_taken_together(most: int) -> None:
    """The careful pass is the plain sum; the quick one is held to it, wherever a block of answers ends."""
    signal, strictness, cuts, *runs = Case.random([5, 2, 21], seed=9, n_answers=300).inputs
    careful = careful_pass(signal, strictness, cuts, Runs(*runs))
    for one, other in zip(quick_pass(signal, strictness, cuts, Runs(*runs), most), careful, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_the_sentinels_have_no_gradient(compiled: Compiled) -> None:
    """Nothing can be gained by moving the ends of a scale."""
    inputs = Case.random([5, 2], seed=4).inputs
    assert compiled(*inputs)[3][np.abs(inputs[2]) == BEYOND].tolist() == [0.0] * 4


@pytest.mark.parametrize("sizes", [[2], [5, 2, 5], [21]])
def test_a_far_off_cell_changes_nothing_elsewhere(compiled: Compiled, sizes: list[int]) -> None:
    """It makes the kernel take each answer by itself; sum and gradients of the others stay what they were."""
    signal, *others = Case.random(sizes, seed=8).inputs
    near = compiled(signal, *others)
    far = compiled(np.hstack([signal, np.full((signal.shape[0], 1), 400.0)]), *others)
    np.testing.assert_allclose(far[0], near[0], rtol=1e-12)
    np.testing.assert_allclose(far[1][:, :-1], near[1], atol=1e-10)
    np.testing.assert_array_equal(far[1][:, -1], 0.0)
    for kind in (2, 3):
        np.testing.assert_allclose(far[kind], near[kind], atol=1e-10)


@pytest.mark.parametrize("sizes", [[2], [5, 2, 5], [21]])
def test_compiled_and_interpreted_agree(compiled: Compiled, interpreted: Compiled, sizes: list[int]) -> None:
    """What the sampler runs and what Python runs are one operation."""
    inputs = Case.random(sizes, seed=5, n_answers=500).inputs
    for one, other in zip(compiled(*inputs), interpreted(*inputs), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_the_order_of_answers_does_not_matter(compiled: Compiled) -> None:
    """The denominators are multiplied up in rounds; where a round ends must not show."""
    case = Case.random([5], seed=6, n_answers=2000)
    turned = Case(case.signal, case.strictness, case.cuts, case.answers[::-1])
    assert float(compiled(*turned.inputs)[0]) == pytest.approx(float(compiled(*case.inputs)[0]), rel=1e-12)


@pytest.mark.parametrize("height", [-2000.0, -720.0, -600.0, -40.0, 40.0, 600.0, 720.0, 2000.0])
@pytest.mark.parametrize("category", range(5))
def test_an_extreme_height_is_never_undefined(compiled: Compiled, height: float, category: int) -> None:
    """The sampler's worst step gets the log-probability as it is, with its gradient."""
    cuts = np.array([-1.5, -0.5, 0.5, 1.5])
    value, *gradients = compiled(*Case(np.array([[height]]), np.zeros(1), [cuts], [(0, 0, 0, category)]).inputs)
    assert value <= 0.0  # false for what is undefined as well
    assert not any(np.isnan(gradient).any() for gradient in gradients)
    # one logit of height costs one of log-probability in every category but the one at that end
    at_end = category == (4 if height > 0 else 0)
    assert float(gradients[0][0, 0]) == pytest.approx(0.0 if at_end else -np.sign(height), abs=1e-12)
    if not at_end:
        nearer = cuts[category] if height > 0 else cuts[category - 1]
        assert float(value) == pytest.approx(-abs(height - nearer), abs=1.0)  # the width of the category is 1


@pytest.mark.parametrize("height", [-40.0, 40.0])
def test_forty_logits_lose_no_digits(compiled: Compiled, height: float) -> None:
    """Far in a tail the log-probability is the distance to the nearer cut, plus the width of the category."""
    low, high = -0.5, 0.5
    value = compiled(*Case(np.array([[height]]), np.zeros(1), [np.array([low, high])], [(0, 0, 0, 1)]).inputs)[0]
    # sigma(u) - sigma(l) -> exp(-|h|) (e^high - e^low) above, exp(-|h|) (e^-low - e^-high) below; both the same here
    assert float(value) == pytest.approx(-abs(height) + np.log(np.exp(high) - np.exp(low)), abs=1e-10)


def test_categories_that_nobody_chose_do_not_matter(compiled: Compiled) -> None:
    """Answers at the ends of a long scale only: value and gradients are those of the cuts next to them."""
    answers = [(0, 0, 0, 0), (1, 0, 1, 6)] * 5
    rng = np.random.default_rng(8)
    signal, strictness, ends = rng.normal(size=(1, 2)), rng.normal(size=2), (-1.0, 1.0)
    crowded = Case(signal, strictness, [np.linspace(*ends, 6)], answers)
    sparse = Case(signal, strictness, [np.array([ends[0], -0.9, -0.8, -0.7, -0.6, ends[1]])], answers)
    one, other = compiled(*crowded.inputs), compiled(*sparse.inputs)
    assert float(one[0]) == pytest.approx(float(other[0]), rel=1e-13)
    assert one[3][2:-2].tolist() == [0.0] * 4


def test_a_category_without_width_that_nobody_chose_does_not_crash(compiled: Compiled) -> None:
    """Two cuts that rounding makes equal leave the other answers as probable as they are."""
    level = Case(np.zeros((1, 1)), np.zeros(1), [np.array([0.0, 0.0])], [(0, 0, 0, 0), (0, 0, 0, 2)])
    assert float(compiled(*level.inputs)[0]) == pytest.approx(2.0 * np.log(0.5), abs=1e-12)
