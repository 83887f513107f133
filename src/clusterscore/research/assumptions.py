"""What is assumed before any data: what notebook ``02-model`` shows, part by part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import beta

from clusterscore.frames import each
from clusterscore.model.distributions import distribution
from clusterscore.model.function import Function
from clusterscore.model.priors import DEFAULT_PRIORS
from clusterscore.report.display import Html, Table, paragraph
from clusterscore.report.style import styled
from clusterscore.research import figures
from clusterscore.research.calibration import Calibration, calibration_plate, ranks_of
from clusterscore.research.graph import Graph, graph_of
from clusterscore.research.plate import Plate, Sheet, grid, quantiles
from clusterscore.research.prior import PriorDraws, draw_prior
from clusterscore.research.study import Study, study
from clusterscore.vocabulary import INTERVAL_TAIL

_ALL_ALIKE = 0.9  # share of one answer at which an item says nothing
_SPREADS = (0.1, 10.0)  # of figures between units, in the document's spreads: beyond, the document is wrong
_LEAP = 50.0  # score points within one edition
_DRAWS_OF_RANKS = 3.5  # standard errors by which a rank's share may differ from a lot's


@dataclass(frozen=True, eq=False)
class ModelPage:
    """The assumptions, and what they imply where somebody can judge it.

    Attributes
    ----------
    study
        The function and who there is; what was observed is not looked at.
    draws, seed
        Of the prior.
    """

    study: Study
    draws: int
    seed: int

    @cached_property
    def prior(self) -> PriorDraws:
        """The draws themselves."""
        return draw_prior(self.study.design, self.draws, self.seed)

    @cached_property
    def _graph(self) -> Graph:
        return graph_of(self.study.design)

    def priors(self) -> Sheet:
        """Every prior that this document uses, with its reason and its source."""
        function, used = self.study.function, self._used
        rows = []
        for name in (name for name in DEFAULT_PRIORS if name in used):
            prior = function.prior(name)
            numbers = ", ".join(f"{key} {value:g}" for key, value in prior.parameters.items())
            where = "this document" if name in function.priors else "default"
            family = prior.family.replace("_", "-")
            rows.append((name, f"{family} ({numbers})", _middle(name, function), prior.why, prior.source, where))
        agreed, weights = len(function.pillars), function.weights
        rows.append(
            (
                "weight",
                f"dirichlet (concentration {weights.concentration:g} x {agreed} agreed weights)",
                _share(weights.concentration * min(function.agreed_weights.values()), weights.concentration),
                weights.why,
                weights.source,
                "this document",
            )
        )
        columns = ("prior", "family", "middle 90 %", "why", "source", "from")
        return Sheet("Every prior of this function", columns, rows)

    def graph(self) -> Plate:
        """What depends on what."""
        graph = self._graph
        arrows = [(cause, name) for name, found in graph.parents.items() for cause in found]
        finding = f"{len(graph.parents)} quantities, {len(graph.observed)} of them seen: {', '.join(graph.observed)}"
        with styled():
            figure, (ax,) = grid(1, 1, 5.6)
            figures.plot_graph(graph.places, arrows, graph.observed, ax=ax)
        about = graph.variables.set_index("variable")
        rows = [
            (name, *(about.loc[name] if name in about.index else ("observed", "", "")), ", ".join(sorted(found)))
            for name, found in graph.parents.items()
        ]
        return Plate(
            figure,
            finding,
            f"Directed graph of the model, causes on the left. {finding}.",
            "An arrow: is used to compute, or to draw. Blue: data. Read from the model itself.",
            Sheet(
                "Variables of the PyMC model",
                ("variable", "distribution", "dims", "size", "depends on"),
                rows,
                folded=True,
            ),
        )

    def shares(self) -> Plate | Html:
        """What the prior expects of an item's answers."""
        if self.study.design.answers.empty:
            return paragraph("Nobody is asked about these units.")
        answers = self.prior.answers
        table = quantiles(answers.assign(percent=100.0 * answers["share"]), "category", "percent")
        table["title"] = [f"answer {category}" for category in table["category"]]
        alike = float((answers.groupby(["sample", "item"])["share"].max() > _ALL_ALIKE).mean())
        finding = f"{_chance(alike)} does one answer take over 90 % of an item"
        with styled():
            figure, (ax,) = grid(1, 1, 0.9 + 0.32 * len(table))
            ax.set_xlim(0, 100)
            figures.plot_quantiles(
                table, ax=ax, label="% of an item's answers, all units and raters", absurd=((100 * _ALL_ALIKE, 100.0),)
            )
        return self._plate(figure, finding, table, "%")

    def spreads(self) -> Plate | Html:
        """What the prior expects of the spread of figures."""
        if self.study.design.figures.empty:
            return paragraph("This function has no continuous figures.")
        spreads = self.prior.spreads()
        table = quantiles(spreads, "indicator", "sd")
        table["title"] = table["indicator"].map(self.study.titles)
        absurd = float((~spreads["sd"].between(*_SPREADS)).mean())
        finding = f"{_chance(absurd)} is the spread of figures one that nobody would believe"
        with styled():
            figure, (ax,) = grid(1, 1, 0.9 + 0.3 * len(table))
            ax.set_xscale("log")
            ax.set_xlim(0.05, 20.0)
            figures.plot_quantiles(
                table,
                ax=ax,
                label="standard deviation of figures between cells, in the document's spreads",
                absurd=((0.0, _SPREADS[0]), (_SPREADS[1], np.inf)),
            )
            ax.xaxis.set_major_formatter("{x:g}")
        return self._plate(figure, finding, table, "spreads")

    def ranges(self) -> Sheet:
        """What a single figure may be before any data, in its own measure."""
        parts = {part.id: part for part in self.study.function.indicators}
        rows = [
            (parts[r.indicator].title.en, _plain(r.q05), _plain(r.median), _plain(r.q95), parts[r.indicator].measure)
            for r in each(self.prior.ranges())
        ]
        columns = ("indicator", "5 %", "median", "95 %", "measure")
        return Sheet("A single figure before any data: too wide is better than too narrow", columns, rows)

    def changes(self) -> Plate | Html:
        """What the prior expects of changes between two editions."""
        change = self.prior.changes()
        if not len(change):
            return paragraph("There is one edition only, so nothing can have changed.")
        leap, middle = float((np.abs(change) > _LEAP).mean()), float(np.median(np.abs(change)))
        finding = (
            f"A score moves by {middle:.0f} points as a rule. {_chance(leap)} does it move by more than {_LEAP:.0f}"
        )
        with styled():
            figure, (ax,) = grid(1, 1, 2.6)
            figures.plot_histogram(
                change,
                ax=ax,
                bins=np.linspace(-100, 100, 51),
                label="change since the edition before, score points",
                absurd=((-100.0, -_LEAP), (_LEAP, 100.0)),
            )
        table = quantiles(pd.DataFrame({"title": "change", "points": change}), "title", "points")
        plate = self._plate(figure, finding, table, "score points")
        return replace(
            plate, caption=f"All units of the last edition. Shaded: what nobody would believe. {self.draws} draws."
        )

    def ranks(self, unit: str = "") -> Plate:
        """What the prior expects of one unit's rank; of the first unit of the base cohort where none is named."""
        design = self.study.design
        there = {design.units[unit] for unit in design.cell_unit[design.cell_year == len(design.years) - 1]}
        base = [name for name, is_base in zip(design.units, design.base_unit, strict=True) if is_base and name in there]
        name = unit or base[0]
        shares = self.prior.ranks(name)
        expected = 1.0 / len(shares)
        allowed = _DRAWS_OF_RANKS * np.sqrt(expected * (1.0 - expected) / self.draws)
        fair = bool((np.abs(shares - expected) <= allowed).all())
        words = "Every rank is as likely as by lot" if fair else "Some ranks are likelier than by lot"
        finding = f"{words}, for {name} before any data"
        with styled():
            figure, (ax,) = grid(1, 1, 2.4)
            figures.plot_ranks(shares, expected, ax=ax)
        rows = [(str(rank), f"{100 * share:.1f} %") for rank, share in enumerate(shares, start=1)]
        return Plate(
            figure,
            finding,
            f"Ranks of {name} in {self.draws} prior draws. {finding}.",
            "Line: by lot. A rank that cannot be reached, or one that is favoured, would be absurd.",
            Table("Ranks before any data", ("rank", "prior draws"), rows, folded=True),
        )

    def calibration(self) -> Plate | Html:
        """Whether truths lie anywhere among the draws of fits to data invented from them: simulation-based calibration.

        The function that is calibrated is one for tests, with every channel: ``tests/calibration/calibrated.yml``.
        """
        found = Calibration.read()
        if found is None:
            return paragraph(
                "Nothing is known of calibration yet: make calibrate runs it, and can be stopped any time."
            )
        return calibration_plate(found)

    def calibration_of_edition(self) -> Plate | Html:
        """Whether the same holds of what was observed: truths drawn from the posterior of an edition.

        To each truth observations of the same design are drawn, and fitted together with those that were made; where
        that would take days, those of some units only (``--every`` of ``tests/calibration/posterior.py``).
        """
        name = self.study.function.function
        found = Calibration.read(ranks_of(self.study.workspace, name))
        if found is None:
            return paragraph(f"Nothing is known of this function's editions yet: make calibrate FUNCTION={name} asks.")
        return calibration_plate(found, "what was observed, of all units or some, and as much again from the truth")

    @property
    def _used(self) -> set[str]:
        """Names of the priors that the model of this design draws from."""
        names = set(self._graph.variables["variable"])
        used = {name for name in DEFAULT_PRIORS if name in names}
        if any(name.startswith("answer_share") for name in names):
            used.add("answer_share")
        return used | ({"group_sd"} if self.study.design.groups else set())

    def _plate(self, figure: Figure, finding: str, table: pd.DataFrame, measure: str) -> Plate:
        rows = [(r.title, f"{r.median:.2f}", f"{r.q05:.2f} to {r.q95:.2f}") for r in each(table)]
        return Plate(
            figure,
            finding,
            f"Prior predictive distribution. {finding}.",
            "Dot: median. Thick: middle half. Thin: middle 90 %. Shaded: what nobody would believe. "
            f"{self.draws} draws from the prior.",
            Table(f"Before any data, in {measure}", ("what", "median", "middle 90 %"), rows, folded=True),
        )


def _middle(name: str, function: Function) -> str:
    prior = function.prior(name)
    if prior.family == "dirichlet":
        questionnaire = function.questionnaire
        size = questionnaire.categories if questionnaire else 1
        return _share(prior["concentration"], prior["concentration"] * size)
    low, high = distribution(prior).ppf([INTERVAL_TAIL, 1.0 - INTERVAL_TAIL])
    return f"{low:.2g} to {high:.2g}"


def _share(concentration: float, total: float) -> str:
    if total <= concentration:
        return "1"
    low, high = beta(concentration, total - concentration).ppf([INTERVAL_TAIL, 1.0 - INTERVAL_TAIL])
    return f"{low:.2g} to {high:.2g}"


def _chance(share: float) -> str:
    return f"In {100 * share:.2g} % of prior draws" if share else "In no prior draw"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2g}"  # noqa: PLR2004 - no decimals from here


def model_page(workspace: str | Path, function: str, edition: int = 0, draws: int = 500, seed: int = 1) -> ModelPage:
    """Return the assumptions of a function; 0 is the last year observed."""
    return ModelPage(study(workspace, function, edition), draws, seed)
