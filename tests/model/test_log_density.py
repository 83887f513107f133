"""The PyMC model against a log-density written from `model.md` in plain NumPy and SciPy, observation by observation.

It reads the rows as they were recorded, not the design. It shares with the model only the order of its axes (sorted
labels), the bases in which zero-sum quantities are drawn (tested in test_contrasts.py and test_slopes.py) and the
degrees of centring, which are changes of variables and drop out of the posterior.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaln, log_expit, logit

from clusterscore.model.centring import centring
from clusterscore.model.compiled.density import Density as Sampled
from clusterscore.model.compiled.density import density_of
from clusterscore.model.compiled.quantities import quantities
from clusterscore.model.contrasts import deviations
from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function, Indicator
from clusterscore.model.slopes import slope_basis
from clusterscore.observations.observed import Observations

N_POINTS = 200
TOLERANCE = 1e-6  # reliability.md, A1: absolute, or relative where the density itself is above 1 in size
SPREADS = (
    0.3,
    0.7,
    1.2,
)  # of the unconstrained points around the start; beyond, single answers lie hundreds of logits off

STEP = 1e-5
DIFFERENCE = 1e-5  # of a central difference: a third derivative times STEP**2, and 1e-16 of the density over STEP

Cell = tuple[str, int]


@dataclass(frozen=True)
class Density:
    """The model's log-density and all its quantities as one compiled function of the unconstrained point."""

    design: Design
    observations: Observations
    evaluate: Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]
    start: Mapping[str, np.ndarray]
    unbounded_name: Mapping[str, str]
    sampled: Sampled

    def named(self, point: np.ndarray) -> dict[str, np.ndarray]:
        """Return a point of the sampler as PyMC takes it."""
        blocks = self.sampled.layout.blocks
        return {self.unbounded_name[b.name]: point[b.start : b.end].reshape(b.shape) for b in blocks}

    def points(self, seed: int, number: int) -> Iterator[dict[str, np.ndarray]]:
        """Yield what the model says at random unconstrained points."""
        rng = np.random.default_rng(seed)
        for turn in range(number):
            spread = SPREADS[turn % len(SPREADS)]
            yield self.evaluate({name: at + spread * rng.normal(size=np.shape(at)) for name, at in self.start.items()})


def _compiled(function: Function, observations: Observations) -> Density:
    from clusterscore.model.build import build  # noqa: PLC0415 - PyMC takes seconds to import

    design = make_design(function, observations)
    model = build(design)
    wanted = [*model.free_RVs, *model.deterministics]
    outputs = [model.logp(jacobian=False), model.logp(), *model.replace_rvs_by_values(wanted)]
    compiled = model.compile_fn(outputs, inputs=model.value_vars, point_fn=True)
    names = ["log_density", "unbounded", *(variable.name for variable in wanted)]
    return Density(
        design,
        observations,
        lambda point: dict(zip(names, compiled(point), strict=True)),
        model.initial_point(random_seed=0),
        {variable.name: model.rvs_to_values[variable].name for variable in model.free_RVs},
        density_of(design),
    )


@pytest.fixture(scope="session")
def clusters(small: Function, patchwork: Observations) -> Density:
    """Return the density of a small function with all three channels."""
    return _compiled(small, patchwork)


@pytest.fixture(scope="session")
def regional(functions: dict[str, Function], regions: Observations) -> Density:
    """Return the density of the regional function: one pillar, one indicator, no peers."""
    return _compiled(functions["regional"], regions)


@pytest.fixture(scope="session")
def grouped(small: Function, patchwork: Observations) -> Density:
    """Return the density with groups, drifting severities, consistencies of raters and halos that stand out."""
    content = small.model_dump(mode="json")
    content["groups"] = {"by": ["country", "region"], "why": "both kinds"}
    content["questionnaire"] |= {"drift": True, "discriminations": "rater"}
    return _compiled(Function.model_validate(content), _in_moods(small, _in_regions(patchwork)))


@pytest.fixture(scope="session")
def experts(small: Function, patchwork: Observations) -> Density:
    """Return the density with thresholds by rater, without halo, and with measures of which nothing is known."""
    content = small.model_dump(mode="json")
    content["questionnaire"] |= {"thresholds": "rater", "halo": False}
    figures, answers = patchwork.figures, patchwork.answers
    unknown = {small.pillars[0].indicators[0].id, *(pillar.items[0].id for pillar in small.pillars if pillar.items)}
    known = dataclasses.replace(
        patchwork,
        figures=figures[~figures["indicator"].isin(unknown)],
        answers=answers[~answers["item"].isin(unknown)],
    )
    return _compiled(Function.model_validate(content), known)


@pytest.fixture(scope="session")
def nested(of_members: Function, patchwork_of_members: Observations) -> Density:
    """Return the density with figures of members."""
    return _compiled(of_members, patchwork_of_members)


def _in_moods(function: Function, observations: Observations) -> Observations:
    """Return observations whose questionnaires differ by more than chance: each is answered high or low throughout."""
    rows = observations.answers
    high = rows.groupby(["rater", "unit", "year"]).ngroup() % 3 > 0
    most = rows["item"].map({item.id: function.categories(item) for item in function.items})
    reversed_item = rows["item"].map({item.id: item.direction < 0 for item in function.items})
    return dataclasses.replace(observations, answers=rows.assign(answer=np.where(high ^ reversed_item, most, 1)))


def _in_regions(observations: Observations) -> Observations:
    """Return the observations of units in two countries and three regions; of one unit the region is not recorded."""
    where = {"A": ("MD", "MD"), "B": ("RO", "RO11"), "C": ("RO", "RO11"), "D": ("RO", "RO12"), "E": ("MD", "MD")}
    place = [where.get(unit, ("RO", None)) for unit in observations.units["unit"]]
    country, region = zip(*place, strict=True)
    return dataclasses.replace(observations, units=observations.units.assign(country=country, region=region))


@pytest.fixture(params=["clusters", "regional", "grouped", "experts", "nested"])
def density(request: pytest.FixtureRequest) -> Density:
    """Return each density in turn."""
    return request.getfixturevalue(request.param)


def test_the_log_density_is_that_of_the_stated_model(density: Density) -> None:
    """At 200 random points the model's joint log-density is the one written down independently."""
    gaps = []
    for values in density.points(seed=1, number=N_POINTS):
        stated = Stated(density.design, density.observations, values).log_density
        gaps.append(abs(float(values["log_density"]) - stated) / max(1.0, abs(stated)))
    assert len(gaps) == N_POINTS
    assert max(gaps) <= TOLERANCE


@pytest.mark.parametrize("name", ["state", "function", "standing", "slope"])
def test_a_published_quantity_is_that_of_the_stated_model(density: Density, name: str) -> None:
    """What later steps read is what the model says of the free quantities."""
    for values in density.points(seed=2, number=30):
        stated = getattr(Stated(density.design, density.observations, values), name)
        np.testing.assert_allclose(values[name], stated, rtol=1e-9, atol=1e-9)


def _random(density: Density, seed: int, number: int) -> Iterator[np.ndarray]:
    """Yield random points of the sampler around its start.

    Cuts stay within some ten logits: PyMC works them out from shares, and far out those have few digits left.
    """
    rng = np.random.default_rng(seed)
    shares = [block for block in density.sampled.layout.blocks if block.name.startswith("answer_share")]
    for turn in range(number):
        spread = np.full(density.sampled.size, SPREADS[turn % len(SPREADS)])
        for block in shares:
            spread[block.start : block.end] = SPREADS[0]
        yield density.sampled.middle + spread * rng.normal(size=density.sampled.size)


def test_both_ways_to_draw_halos_are_held_to_the_stated_model(clusters: Density, grouped: Density) -> None:
    """Around what a questionnaire says on average, where questionnaires stand out, and in units of their sd."""
    assert not centring(clusters.design).halo
    assert centring(grouped.design).halo


def test_positions_are_drawn_as_large_as_they_show(clusters: Density, experts: Density) -> None:
    """Where nothing is known of a measure, its slope moves no position; where all are known there is nothing to do."""
    point = experts.evaluate(experts.start)
    gains = [
        Stated(each.design, each.observations, each.evaluate(each.start | {"slope_contrast": slopes})).gain
        for each, slopes in (
            (clusters, 0.5 + clusters.start["slope_contrast"]),
            (experts, 0.5 + experts.start["slope_contrast"]),
        )
    ]
    assert point["slope"].tolist() == [1.0] * len(point["slope"])
    np.testing.assert_allclose(gains[0], 1.0)
    assert np.abs(np.log(gains[1])).max() > 0.01


def test_the_sampled_density_is_that_of_the_model(density: Density) -> None:
    """What is compiled by hand is the PyMC model, changes of variables and constants included, at 200 points."""
    gaps = []
    for point in _random(density, seed=5, number=N_POINTS):
        said = float(density.evaluate(density.named(point))["unbounded"])
        gaps.append(abs(density.sampled(point)[0] - said) / max(1.0, abs(said)))
    assert len(gaps) == N_POINTS
    assert max(gaps) <= TOLERANCE


def test_the_gradient_is_that_of_differences(density: Density) -> None:
    """By every element of the point, by central differences."""
    worst = 0.0
    for point in _random(density, seed=6, number=6):
        _, gradient = density.sampled(point)
        for at in range(density.sampled.size):
            sides = []
            for side in (STEP, -STEP):
                moved = point.copy()
                moved[at] += side
                sides.append(density.sampled(moved)[0])
            found = (sides[0] - sides[1]) / (2.0 * STEP)
            worst = max(worst, abs(found - gradient[at]) / max(1.0, abs(found), np.abs(gradient).max() * 1e-3))
    assert worst <= DIFFERENCE


def test_what_follows_from_a_point_is_what_the_model_says(density: Density) -> None:
    """Every quantity that is kept, by name, in single precision."""
    points = np.array(list(_random(density, seed=7, number=9)))
    found = quantities(density.sampled, points)
    for number, point in enumerate(points):
        said = density.evaluate(density.named(point))
        for name, (_, values) in found.items():
            np.testing.assert_allclose(values[number], said[name], rtol=1e-5, atol=1e-5, err_msg=name)
    deterministic = {"state", "function", "standing", "weight", "slope"}
    assert deterministic <= set(found)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_an_impossible_point_has_no_density(density: Density, wrong: float) -> None:
    """Whichever element is no number, or infinite: minus infinity, and no error."""
    for at in np.linspace(0, density.sampled.size - 1, 20).astype(int):
        point = density.sampled.middle.copy()
        point[at] = wrong
        assert density.sampled(point)[0] == -np.inf


def test_a_point_of_another_length_is_refused(density: Density) -> None:
    """It belongs to another design."""
    with pytest.raises(ValueError, match="elements"):
        density.sampled(np.zeros(density.sampled.size + 1))


def test_a_wild_point_never_gives_an_undefined_density(density: Density) -> None:
    """Far out the density is a number or zero: constraints hold by construction, for the sampler's worst step too."""
    rng = np.random.default_rng(3)
    points = [
        {name: rng.uniform(-5.0, 5.0, np.shape(at)) for name, at in density.start.items()} for _ in range(N_POINTS)
    ]
    found = np.array([float(density.evaluate(point)["log_density"]) for point in points])
    assert (found < np.inf).all(), (
        f"{np.isnan(found).sum()} of {N_POINTS} undefined, {np.isposinf(found).sum()} infinite"
    )


def test_the_direction_is_a_mirror(functions: dict[str, Function], regions: Observations, regional: Density) -> None:
    """A figure of which less is better, turned round, is the figure of which more is better: at any point, exactly."""
    content = functions["regional"].model_dump(mode="json")
    content["pillars"][0]["indicators"][0]["direction"] = -1
    figures = regions.figures.assign(value=-regions.figures["value"])
    turned = _compiled(Function.model_validate(content), dataclasses.replace(regions, figures=figures))
    rng = np.random.default_rng(4)
    for _ in range(20):
        point = {name: at + rng.normal(size=np.shape(at)) for name, at in regional.start.items()}
        mirrored = turned.evaluate(point | {"intercept": -point["intercept"]})["log_density"]
        assert float(mirrored) == pytest.approx(float(regional.evaluate(point)["log_density"]), rel=1e-12)


class Stated:
    """The stated model at one point, in loops over recorded rows."""

    def __init__(self, design: Design, observations: Observations, values: Mapping[str, Any]) -> None:
        self.document, self.design = design.function, design
        self.value = {name: np.asarray(value) for name, value in values.items()}
        answers = observations.answers
        self.about = observations.units.set_index("unit")
        self.degree = centring(design)
        own = observations.figures["unit"].map(self.about["kind"]) == self.document.kind
        self.figures = list(observations.figures[own].itertuples(index=False))
        self.of_members = observations.figures[~own]
        self.answers = list(answers[~answers["tied"]].itertuples(index=False))
        home = zip(self.of_members["unit"].map(self.about["parent"]), self.of_members["year"], strict=True)
        self.cells = sorted({(row.unit, row.year) for row in (*self.figures, *self.answers)} | set(home))
        self.years = sorted({year for _, year in self.cells})
        self.first = dict(reversed(self.cells))
        self.units = sorted(self.first)
        self.base_end = self.years[0] + self.document.edition.every - 1
        self.in_base = np.array([self.first[unit] <= self.base_end for unit in self.units])
        self.pillars = [pillar.id for pillar in self.document.pillars]
        self.scale = self.value["pillar_scale"]

    # What the free quantities mean ---------------------------------------------------------------------------------

    @cached_property
    def slope(self) -> np.ndarray:
        """Of every measure."""
        _, basis = slope_basis(self.document)
        return np.exp(basis @ self.value["slope_contrast"]) if basis.shape[1] else np.ones(len(basis))

    @cached_property
    def gain(self) -> np.ndarray:
        """Geometric mean of the slopes of what was recorded at all, by pillar; what is drawn is larger by that much."""
        reported = {*(row.indicator for row in self.figures), *self.of_members["indicator"]}
        seen = reported | {row.item for row in self.answers}
        logs = [
            [
                np.log(self.slope[number])
                for number, name in enumerate(self.document.measures)
                if name in seen and self.document.pillar_of[name] == pillar
            ]
            for pillar in self.pillars
        ]
        return np.exp([np.mean(own) if own else 0.0 for own in logs])

    @cached_property
    def reach(self) -> np.ndarray:
        """Scale of what is drawn, by pillar."""
        return self.scale * self.gain

    @cached_property
    def entry(self) -> np.ndarray:
        """Deviation of every unit where it enters; dims (unit, pillar)."""
        return self._unfolded(self.value["entry"]) * self.reach ** (1.0 - self.degree.entry) / self.gain

    def _unfolded(self, coefficients: np.ndarray) -> np.ndarray:
        """Deviations of every unit: the base cohort's from coefficients of contrasts, then the others' own."""
        free = self.in_base.sum() - 1
        unfolded = np.empty((len(self.units), coefficients.shape[1]))
        unfolded[self.in_base] = deviations(coefficients[:free])
        unfolded[~self.in_base] = coefficients[free:]
        return unfolded

    @cached_property
    def change(self) -> dict[Cell, np.ndarray]:
        """Change of a unit since it was last seen."""
        later = [(unit, year) for unit, year in self.cells if year > self.first[unit]]
        unit = (self.value["innovation_sd"] * self.reach) ** (1.0 - self.degree.step) / self.gain
        return dict(zip(later, self.value["step"] * unit, strict=True))

    @cached_property
    def shock_unit(self) -> np.ndarray:
        """What a drawn shock of each pillar counts in."""
        unit: np.ndarray = (self.value["shock_sd"] * self.reach) ** (1.0 - self.degree.shock) / self.gain
        return unit

    @cached_property
    def level(self) -> dict[int, np.ndarray]:
        """What all units share in a year: nothing in the base edition."""
        shocks, levels, level = iter(self.value["shock"]), {}, np.zeros(len(self.pillars))
        for year in self.years:
            level = level + next(shocks) * self.shock_unit if year > self.base_end else level
            levels[year] = level
        return levels

    @cached_property
    def position(self) -> dict[Cell, np.ndarray]:
        """Place of every cell on every pillar, in spreads and logits."""
        positions, walk = {}, np.zeros(len(self.pillars))
        for unit, year in self.cells:
            walk = self.entry[self.units.index(unit)] if year == self.first[unit] else walk + self.change[unit, year]
            positions[unit, year] = walk + self.level[year]
        return positions

    @cached_property
    def state(self) -> np.ndarray:
        """In standard deviations of the base cohort."""
        return np.array([self.position[cell] / self.scale for cell in self.cells])

    @cached_property
    def function(self) -> np.ndarray:
        """The weighted sum."""
        return np.array([sum(w * s for w, s in zip(self.value["weight"], row, strict=True)) for row in self.state])

    @cached_property
    def standing(self) -> np.ndarray:
        """The function among the base cohort, each unit at its last cell of the base edition."""
        last = {unit: number for number, (unit, year) in enumerate(self.cells) if year <= self.base_end}
        cohort = self.function[list(last.values())]
        return (self.function - np.mean(cohort)) / np.sqrt(np.mean((cohort - np.mean(cohort)) ** 2))

    # How probable they and the observations are --------------------------------------------------------------------

    @cached_property
    def log_density(self) -> float:
        """Of everything: the free quantities, the figures and the answers."""
        return float(
            self._parameters() + self._units() + self._walks() + self._figures() + self._members() + self._answers()
        )

    def _parameters(self) -> float:
        total = sum(np.sum(self._prior(name)) for name in self.value if name in SINGLE)
        total += stats.dirichlet.logpdf(self.value["weight"], self._weights()) if len(self.pillars) > 1 else 0.0
        alike = self.document.prior("answer_share")["concentration"]
        for name, shares in self.value.items():
            if name.startswith("answer_share"):
                total += sum(stats.dirichlet.logpdf(row, np.full(len(row), alike)) for row in shares)
            if name.endswith("_deviation") and name != "discrepancy_deviation":
                total += stats.norm.logpdf(shares).sum()  # of groups
        pillar_of = [self.document.pillar_of[name] for name in self.document.measures]
        for pillar in self.pillars:
            own = np.log(self.slope[[where == pillar for where in pillar_of]])
            if len(own) > 1:
                total += _zero_sum(own, self.value["slope_sd"])
        return total

    def _weights(self) -> np.ndarray:
        agreed = np.array([pillar.weight for pillar in self.document.pillars], dtype=float)
        return self.document.weights.concentration * agreed / agreed.sum()

    def _prior(self, name: str) -> np.ndarray:
        prior = self.document.prior("group_sd" if name in {"country_sd", "region_sd"} else name)
        x = self.value[name]
        match prior.family:
            case "normal":
                return stats.norm.logpdf(x, prior["mean"], prior["sd"])
            case "half_normal":
                return stats.halfnorm.logpdf(x, scale=prior["sd"])
            case "log_normal":
                return stats.lognorm.logpdf(x, prior["log_sd"], scale=prior["median"])
            case "beta":
                return stats.beta.logpdf(x, prior["a"], prior["b"])
            case _:
                return stats.gamma.logpdf(x, prior["shape"], scale=1.0 / prior["rate"])

    def _units(self) -> float:
        """Entry: what pillars have in common and what is their own, each summing to zero over the base cohort."""
        changed = (len(self.units) - 1) * np.sum((1.0 - self.degree.entry) * np.log(self.reach) - np.log(self.gain))
        if len(self.pillars) == 1:
            return float(changed + self._cohort(self.entry[:, 0], self.scale[0]))
        share, general = self.value["general_share"], self._unfolded(self.value["general"])[:, 0]
        total = changed + self._cohort(general, 1.0)
        for number, scale in enumerate(self.scale):
            own = self.entry[:, number] - scale * (np.sqrt(share) * general + self._levels(number))
            total += self._cohort(own, np.sqrt(1.0 - share) * scale)
        return float(total)

    def _levels(self, pillar: int) -> np.ndarray:
        """What its groups say of each unit on a pillar, from the base cohort's mean; nothing where none is known."""
        total = np.zeros(len(self.units))
        for grouping in self.document.groups.by if self.document.groups else ():
            names = sorted(set(self.about.loc[self.units, grouping].dropna()))
            level = dict(zip(names, self.value[f"{grouping}_level"][:, pillar], strict=True))
            own = np.array([level.get(self.about.loc[unit, grouping], 0.0) for unit in self.units])
            total += own - own[self.in_base].mean()
        return total

    def _cohort(self, x: np.ndarray, sd: float) -> float:
        return _zero_sum(x[self.in_base], sd) + stats.norm.logpdf(x[~self.in_base], 0.0, sd).sum()

    def _walks(self) -> float:
        """Changes of units and of all: variance grows with the years since the last cell, or year, observed."""
        total, yearly_sd = 0.0, self.value["innovation_sd"] * self.scale
        seen = dict(zip(self.cells[1:], self.cells, strict=False))
        for (unit, year), change in self.change.items():
            total += stats.norm.logpdf(change, 0.0, np.sqrt(year - seen[unit, year][1]) * yearly_sd).sum()
            total += np.sum((1.0 - self.degree.step) * np.log(yearly_sd * self.gain))  # the change of variables
            total -= np.sum(np.log(self.gain))
        for year, before in zip(self.years[1:], self.years, strict=False):
            if year > self.base_end:
                shock = self.level[year] - self.level[before]
                total += np.sum(np.log(self.shock_unit))  # the change of variables
                total += stats.norm.logpdf(
                    shock, 0.0, np.sqrt(year - before) * self.value["shock_sd"] * self.scale
                ).sum()
        return total

    def _figures(self) -> float:
        parts = {part.id: part for part in self.document.indicators}
        reported = {(row.unit, row.year, row.indicator): row.value for row in self.figures}
        kinds = {name for _, _, name in reported}
        continuous = [name for name, part in parts.items() if part.transform != "count" and name in kinds]
        counted = [name for name, part in parts.items() if part.transform == "count" and name in kinds]
        freedom = self.value.get("degrees_of_freedom")
        nu = self.document.errors.degrees_of_freedom if freedom is None else 2.0 + freedom
        total = 0.0
        for (unit, year, name), value in reported.items():
            part = parts[name]
            mean = self._expected(part, (unit, year))
            if part.transform != "count":
                sd = self.value["error_sd"][continuous.index(name)]
                total += stats.t.logpdf(_transformed(part, value), nu, loc=mean, scale=sd)
                continue
            exposure = 1.0 if part.exposure is None else reported.get((unit, year, part.exposure))
            if exposure is not None:
                shape = self.value["overdispersion"][counted.index(name)]
                log_rate = np.log(exposure * part.typical) + part.spread * mean
                total += _negative_binomial(value, log_rate, shape)
        return total

    def _members(self) -> float:
        """Each member's figures on one indicator, jointly normal: their own deviation is in all of them."""
        parts = {part.id: part for part in self.document.indicators}
        kinds = [name for name in parts if name in set(self.of_members["indicator"])]
        total = 0.0
        for (member, name), rows in self.of_members.groupby(["unit", "indicator"]):
            number, unit = kinds.index(name), self.about.loc[member, "parent"]
            mean = [self._expected(parts[name], (unit, year)) for year in rows["year"]]
            seen = [_transformed(parts[name], value) for value in rows["value"]]
            own, error = self.value["member_sd"][number], self.value["member_error_sd"][number]
            covariance = own**2 + error**2 * np.eye(len(rows))
            total += stats.multivariate_normal.logpdf(seen, mean, covariance)
        return total

    def _expected(self, part: Indicator, cell: Cell) -> float:
        number = [indicator.id for indicator in self.document.indicators].index(part.id)
        place = self.position[cell][self.pillars.index(self.document.pillar_of[part.id])]
        return self.value["intercept"][number] + part.direction * self.slope[number] * place

    def _answers(self) -> float:
        if not self.answers:
            return 0.0
        total = stats.norm.logpdf(self.value["discrepancy_deviation"]).sum() + self._raters()
        asked = sorted({(row.rater, row.unit, row.year) for row in self.answers})
        halos = np.zeros(len(asked))
        if self.document.questionnaire.halo:
            halos, sd = self.value["halo"], self.value["halo_sd"]
            total += stats.norm.logpdf(halos, 0.0, sd).sum()
            total += 0.0 if self.degree.halo else len(halos) * np.log(sd)  # the change of variables
        items = {item.id: item for item in self.document.items}
        for row in self.answers:
            halo = halos[asked.index((row.rater, row.unit, row.year))]
            signal = self._consistency(row.rater) * self._signal(row.item, (row.unit, row.year))
            height = signal - self._severity(row.rater, row.year) - halo
            total += self._answer(items[row.item], row.rater, int(row.answer), height)
        return total

    @cached_property
    def raters(self) -> list[str]:
        """Whoever is not tied to everything judged."""
        return sorted({row.rater for row in self.answers})

    def _raters(self) -> float:
        """Severities, which may walk from year to year, and consistencies: each summing to zero over the raters."""
        total, sheet = 0.0, self.document.questionnaire
        if sheet.thresholds == "item":
            sd = self.value["severity_sd"]
            path = self.value.get("severity_path", self.value["severity"][:, None])
            total += _zero_sum(path[:, 0], sd)
            total += (len(self.raters) - 1) * (1.0 - self.degree.severity) * np.log(sd)  # the change of variables
            if sheet.drift:
                moved = np.diff(path, axis=1) / (self.value["drift_sd"] * np.sqrt(np.diff(self.years)))
                total += sum(_zero_sum(step, 1.0) for step in moved.T)
        if sheet.discriminations == "rater":
            total += _zero_sum(np.log(self.value["consistency"]), self.value["consistency_sd"])
        return float(total)

    def _severity(self, rater: str, year: int) -> float:
        if "severity_path" in self.value:
            return float(self.value["severity_path"][self.raters.index(rater), self.years.index(year)])
        return float(self.value["severity"][self.raters.index(rater)]) if "severity" in self.value else 0.0

    def _consistency(self, rater: str) -> float:
        return float(self.value["consistency"][self.raters.index(rater)]) if "consistency" in self.value else 1.0

    def _signal(self, item: str, cell: Cell) -> float:
        if item in self.document.pillar_of:
            place = self.position[cell][self.pillars.index(self.document.pillar_of[item])]
            return self.slope[self.document.measures.index(item)] * place
        number = [overall.id for overall in self.document.overall].index(item)
        own = self.value["discrepancy_sd"] * self.value["discrepancy_deviation"][self.units.index(cell[0])]
        return self.value["overall_slope"][number] * (self.function[self.cells.index(cell)] + own)

    def _answer(self, item: Any, rater: str, answer: int, height: float) -> float:
        """Log of sigma(u) - sigma(l) = sigma(u) sigma(-l) (1 - exp(l - u)), which keeps its digits in both tails."""
        size = self.document.categories(item)
        share = self.value[f"answer_share_{size}"][self._scales(size).index(self._scale(item.id, rater))]
        place = answer if item.direction > 0 else size + 1 - answer
        below, through = share[: place - 1].sum(), share[:place].sum()
        if place == 1:
            return log_expit(logit(through) - height)
        if place == size:
            return log_expit(height - logit(below))
        upper, lower = height - logit(below), height - logit(through)
        return log_expit(upper) + log_expit(-lower) + np.log(-np.expm1(lower - upper))

    def _scale(self, item: str, rater: str) -> tuple[int, str]:
        """What thresholds belong to: the item, or the rater on the item."""
        order = [other.id for other in self.document.items].index(item)
        return order, "" if self._on_items else rater

    @property
    def _on_items(self) -> bool:
        return self.document.questionnaire.thresholds == "item"

    def _scales(self, size: int) -> list[tuple[int, str]]:
        """Every scale of one size, whether it was used or not; a rater's own only where it was."""
        alike = {item.id for item in self.document.items if self.document.categories(item) == size}
        if self._on_items:
            return sorted(self._scale(item, "") for item in alike)
        return sorted({self._scale(row.item, row.rater) for row in self.answers if row.item in alike})


SINGLE = (
    *(
        "pillar_scale",
        "general_share",
        "innovation_sd",
        "shock_sd",
        "slope_sd",
        "intercept",
        "error_sd",
        "degrees_of_freedom",
    ),
    *("overdispersion", "severity_sd", "halo_sd", "overall_slope", "discrepancy_sd", "drift_sd", "consistency_sd"),
    *("country_sd", "region_sd", "member_sd", "member_error_sd"),
)
"""Free quantities whose elements are drawn one by one from a prior of the same name."""


def _zero_sum(x: np.ndarray, sd: float) -> float:
    """Log-density of normal deviations given that they sum to zero: one dimension less."""
    free = len(x) - 1
    return float(-free * (np.log(sd) + 0.5 * np.log(2.0 * np.pi)) - 0.5 * np.sum(x**2) / sd**2)


def _negative_binomial(count: float, log_rate: float, shape: float) -> float:
    """In logarithms throughout, as SciPy's runs out of digits where the rate is far below or above the shape."""
    all_ways = gammaln(count + shape) - gammaln(count + 1.0) - gammaln(shape)
    return float(all_ways + shape * log_expit(np.log(shape) - log_rate) + count * log_expit(log_rate - np.log(shape)))


def _transformed(part: Indicator, value: float) -> float:
    """Return a figure in spreads from the typical value."""
    match part.transform:
        case "log":
            ratio = np.log(value / part.typical)
        case "log1p":
            ratio = np.log((1.0 + value) / (1.0 + part.typical))
        case "logit":
            share = min(max(value, part.resolution), 1.0 - part.resolution)
            ratio = np.log(share / (1.0 - share) / (part.typical / (1.0 - part.typical)))
        case _:
            ratio = value - part.typical
    return float(ratio / part.spread)
