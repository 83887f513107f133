"""What the data made of it: what notebook ``03-posterior`` shows, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from clusterscore.frames import each
from clusterscore.model.distributions import distribution
from clusterscore.posterior import checks, sensitivity
from clusterscore.posterior.diagnostics import Element, least_mixed
from clusterscore.posterior.likelihood import LogLikelihood, log_likelihood, samples_of
from clusterscore.posterior.loo import QUESTIONNAIRE, LeftOut, leave_one_out
from clusterscore.posterior.predict import Samples
from clusterscore.report.display import Html, Table, paragraph
from clusterscore.report.style import styled
from clusterscore.research import figures
from clusterscore.research.plate import Plate, Sheet, grid
from clusterscore.research.study import Study, study
from clusterscore.scores.summaries import interval
from clusterscore.vocabulary import INTERVAL_MASS, INTERVAL_TAIL

_CLASSES = 20  # of the ranks of draws
_BINS = 10  # of places in predictions
_REPLICATED = 200  # samples from which answers are drawn
_MOST_GROUPS = 25  # rows of a figure
_CLEAR = 3.0  # standard errors
_SCALES = (
    *("general_share", "slope_sd", "severity_sd", "halo_sd", "drift_sd", "consistency_sd", "discrepancy_sd"),
    *("overall_slope", "degrees_of_freedom", "pillar_scale", "innovation_sd", "shock_sd", "error_sd", "overdispersion"),
)


@dataclass(frozen=True, eq=False)
class PosteriorPage:
    """The draws of one fit, and every reason not to trust them.

    Attributes
    ----------
    study
        The function, the observations and the posterior.
    samples
        Draws used for predictions, by variable, dims (sample, ...); thinned where many.
    """

    study: Study
    samples: Samples

    @cached_property
    def likelihood(self) -> LogLikelihood:
        """Log-likelihood of every figure, count and questionnaire under every sample."""
        return log_likelihood(self.study.design, self.samples)

    @cached_property
    def left_out(self) -> LeftOut:
        """Leave-one-out predictions of the same rows."""
        return leave_one_out(self.study.design, self.samples, self.likelihood)

    def run(self) -> Sheet:
        """The run record."""
        run = self.study.posterior.run
        sampler, design = run.sampler, run.design
        rows = [
            ("posterior", f"{run.id}, {run.status}, made {run.created[:16]}"),
            ("corrects", run.parent or "none: the first"),
            ("ledger head", f"{run.head[:24]}…"),
            (
                "observations",
                f"{design['figures']:,} figures, {design['answers']:,} answers, {design['cells']:,} cells",
            ),
            (
                "draws",
                f"{sampler['chains']} chains of {sampler['draws']:,} after {sampler['tune']}, seed {sampler['seed']}",
            ),
            ("seconds", ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in run.seconds.items())),
            ("software", ", ".join(f"{name} {number}" for name, number in run.versions.items())),
            ("digest of the draws", f"{run.digests['draws'][:24]}…"),
        ]
        return Sheet("Run record", ("", ""), rows)

    def diagnostics(self) -> Table:
        """The worst value of each diagnostic by variable, worst first."""
        found = self.study.posterior.run.diagnostics
        worst = sorted(found["worst"], key=lambda row: row["ess_bulk"])
        rows = [
            (
                row["variable"],
                "yes" if row["published"] else "",
                str(row["size"]),
                f"{row['r_hat']:.4f}",
                f"{row['ess_bulk']:,.0f}",
                f"{row['ess_tail']:,.0f}",
            )
            for row in worst
        ]
        energies = ", ".join(f"{value:.2f}" for value in found["e_bfmi"])
        caption = (
            f"{found['divergences']} divergent transitions; E-BFMI by chain {energies}. Worst element of each variable"
        )
        return Table(caption, ("variable", "published", "elements", "R-hat", "bulk ESS", "tail ESS"), rows)

    def chains(self, number: int = 4) -> Plate:
        """The elements that mix least: draws and ranks by chain."""
        elements = least_mixed(self.study.posterior.draws, number)
        worst = elements[0]
        size = self.study.posterior.draws.sizes
        effective = f"{worst.ess_bulk:,.0f} effective draws of {size['chain'] * size['draw']:,}"
        finding = f"The least mixed quantity, {_name(worst)}, has {effective}"
        with styled():
            figure, axes = grid(len(elements), 2, 1.35 * len(elements))
            for row, element in enumerate(elements):
                heights = _rank_shares(element.values)
                figures.plot_chains(
                    element.values, heights, _name(element), trace=axes[2 * row], rank=axes[2 * row + 1]
                )
        rows = [(_name(e), f"{e.r_hat:.4f}", f"{e.ess_bulk:,.0f}") for e in elements]
        return Plate(
            figure,
            finding,
            f"Draws by chain, and ranks by chain, of {len(elements)} quantities. {finding}.",
            "Left: draws in order, a colour a chain. Right: how often each chain holds the lowest to the highest of "
            "all "
            "draws; a chain that stays at 1 everywhere agrees with the others.",
            Table("The least mixed quantities", ("quantity", "R-hat", "bulk ESS"), rows, folded=True),
        )

    def learned(self) -> Plate:
        """The model's own parameters before and after the data."""
        table = self._learned
        moved = table[(table["q05"] > table["prior_q95"]) | (table["q95"] < table["prior_q05"])]
        little = int((table["narrower"] < 1.5).sum())  # noqa: PLR2004 - two thirds of the prior's width
        finding = (
            f"The data narrowed {len(table) - little} of {len(table)} parameters to less than two thirds of the prior; "
            f"{len(moved)} left it"
        )
        with styled():
            figure, (ax,) = grid(1, 1, 1.1 + 0.2 * len(table))
            figures.plot_learned(table, ax=ax)
        rows = [
            (r.title, f"{r.prior_q05:.2g} to {r.prior_q95:.2g}", f"{r.median:.2g}", f"{r.q05:.2g} to {r.q95:.2g}")
            for r in each(table)
        ]
        return Plate(
            figure,
            finding,
            f"Prior and posterior intervals of {len(table)} parameters. {finding}.",
            "Grey: middle 90 % of the prior. Blue: 90 % credible interval and median. Blue as long as grey: the data "
            "said "
            "nothing. Blue beside grey: prior and data disagree.",
            Table("Before and after the data", ("parameter", "prior", "median", "posterior"), rows, folded=True),
        )

    def covered(self) -> Plate | Html:
        """How many figures lie in the interval that all other observations predict."""
        if self._places.empty:
            return paragraph("This function has no figures.")
        table = checks.coverage(self._places)
        table["title"] = table["indicator"].map(self.study.titles)
        out = table[~table["covered"].between(table["low"], table["high"])]
        inside = 100 * float((table["covered"] * table["n"]).sum() / table["n"].sum())
        verdict = f"{len(out)} of {len(table)} indicators lie outside what chance allows"
        finding = f"{inside:.0f} % of figures lie in their 90 % interval; {verdict}"
        with styled():
            figure, (ax,) = grid(1, 1, 0.9 + 0.3 * len(table))
            figures.plot_coverage_of_intervals(table, INTERVAL_MASS, ax=ax)
        rows = [
            (r.title, str(r.n), f"{100 * r.covered:.1f} %", f"{100 * r.low:.1f} to {100 * r.high:.1f} %")
            for r in each(table)
        ]
        return Plate(
            figure,
            finding,
            f"Coverage of predictive intervals by indicator. {finding}.",
            "Dot: share covered, each figure predicted without itself. Grey: where it lies in 998 of 1,000 cases if "
            "the "
            "model is right. To the left: intervals too narrow; to the right: too wide.",
            Table(
                "Coverage of 90 % predictive intervals",
                ("indicator", "figures", "covered", "by chance"),
                rows,
                folded=True,
            ),
        )

    def places(self) -> Plate | Html:
        """Where figures lie in what is predicted of them, indicator by indicator."""
        if self._places.empty:
            return paragraph("This function has no figures.")
        groups = list(self._places.groupby("indicator", sort=False))
        columns = min(4, len(groups))
        rows = -(-len(groups) // columns)
        counts = {str(name): np.histogram(rows_["place"], bins=_BINS, range=(0, 1))[0] for name, rows_ in groups}
        odd = {name: float(((n - n.mean()) ** 2 / n.mean()).sum()) for name, n in counts.items()}
        worst = max(odd, key=lambda name: odd[name])
        distance = f"chi-squared {odd[worst]:.0f}, expected {_BINS - 1}"
        finding = f"Furthest from flat: {self.study.titles[worst].lower()} ({distance})"
        with styled():
            figure, axes = grid(rows, columns, 1.25 * rows)
            for ax, (name, found) in zip(axes, groups, strict=False):
                figures.plot_places(found, self.study.titles[str(name)], _BINS, ax=ax)
            for ax in axes[len(groups) :]:
                ax.set_axis_off()
        shown = [(self.study.titles[name], f"{odd[name]:.1f}", *map(str, n)) for name, n in counts.items()]
        return Plate(
            figure,
            finding,
            f"Histograms of probability integral transforms of {len(groups)} indicators. {finding}.",
            "0: below all that was predicted; 1: above. Flat: right. A hump: errors are smaller than assumed; horns: "
            "larger; a slope: the centre is off.",
            Table(
                "Figures by tenth of their prediction",
                ("indicator", "chi-squared", *map(str, range(1, _BINS + 1))),
                shown,
                folded=True,
            ),
        )

    def answers(self) -> Plate | Html:
        """Shares of answers by item, observed and expected."""
        if self.study.design.answers.empty:
            return paragraph("Nobody is asked about these units.")
        step = max(1, len(self.samples["state"]) // _REPLICATED)
        few = {name: values[::step] for name, values in self.samples.items()}
        table = checks.answer_shares(self.study.design, few)
        out = ~table["observed"].between(table["q05"], table["q95"])
        finding = f"{int(out.sum())} of {len(table)} shares lie outside their 90 % predictive interval"
        with styled():
            figure, (ax,) = grid(1, 1, 1.3 + 0.24 * table["item"].nunique())
            figures.plot_answers(table, self.study.titles, ax=ax)
        rows = [
            (
                self.study.titles[r.item],
                str(r.category),
                f"{100 * r.observed:.1f} %",
                f"{100 * r.q05:.1f} to {100 * r.q95:.1f} %",
            )
            for r in each(table)
        ]
        return Plate(
            figure,
            finding,
            f"Observed and predicted shares of answers by item. {finding}.",
            "Dot: observed. Line: 90 % of replicated shares, with new halos. Every item has thresholds of its own, so "
            "this "
            "check finds faults of the code rather than of the assumptions.",
            Table("Shares of answers", ("item", "answer", "observed", "predicted"), rows, folded=True),
        )

    def reliability(self) -> Table:
        """Of which observations the draws can tell how the posterior would look without them."""
        left, table = self.left_out, self.left_out.table
        figures_too = np.where(table["what"] == QUESTIONNAIRE, "questionnaires", "figures and counts")
        grouped = table.groupby(figures_too)
        rows = [
            (
                str(name),
                f"{len(found):,}",
                f"{found['elpd'].sum():,.0f}",
                f"{found['k_hat'].max():.2f}",
                f"{int((found['k_hat'] > left.limit).sum())}",
            )
            for name, found in grouped
        ]
        columns = ("observations", "number", "elpd, nats", "largest k-hat", f"k-hat above {left.limit:.2f}")
        return Table("Leave-one-out predictions", columns, rows)

    def predicted(self, column: str) -> Plate | Html:
        """How well the observations of each group are predicted by all others; ``unit``, ``rater`` or ``year``."""
        table = self.left_out.by(column)
        if table.empty:
            return paragraph(f"No observation has a {column}.")
        shown = table.head(_MOST_GROUPS).assign(title=table[column])
        bad = table[table["z"] < -_CLEAR]
        names = f": {', '.join(map(str, bad[column].head(5)))}" if len(bad) else ""
        finding = (
            f"Clearly worse predicted than the model expects: {len(bad) or 'none'} of {len(table)} {column}s{names}"
        )
        with styled():
            figure, (ax,) = grid(1, 1, 0.9 + 0.2 * max(len(shown), 4))
            label = "log-density less what the model expects of it, nats an observation"
            figures.plot_surprise(shown, self.left_out.limit, ax=ax, label=label)
        rows = [
            (
                str(row[column]),
                str(row["n"]),
                f"{row['relative']:+.2f}",
                f"{row['se']:.2f}",
                f"{row['k_hat']:.2f}",
                str(row["unreliable"]),
            )
            for row in table.to_dict("records")
        ]
        return Plate(
            figure,
            finding,
            f"Leave-one-out predictions by {column}, worst on top. {finding}.",
            f"Dot: mean over the {column}'s figures and questionnaires, each predicted without itself. Line: two "
            f"standard deviations in replicated data. Left of 0: surprising. Hollow: a k-hat above the "
            f"limit. At most {_MOST_GROUPS} are drawn.",
            Table(
                f"Predictions by {column}",
                (column, "observations", "nats", "se", "largest k-hat", "above limit"),
                rows,
                folded=True,
            ),
        )

    def sensitivity(self) -> Plate:
        """Whether the prior decides where a unit stands."""
        table = sensitivity.standing_sensitivity(self.study.design, self._all, self._all_likelihood, self.study.edition)
        driven, both = table["prior_driven"], table["diagnosis"] == sensitivity.CONFLICT
        finding = (
            f"The prior decides the standing of {int(driven.sum())} of {len(table)} units; "
            f"of {int(both.sum())} more, both pull (foremost prior: {table['foremost'].mode().iloc[0]})"
        )
        with styled():
            figure, (ax,) = grid(1, 1, 3.6, width=6.4)
            figures.plot_sensitivity(table, sensitivity.SENSITIVE, ax=ax)
        rows = [
            (r.unit, f"{r.prior:.3f}", f"{r.likelihood:.3f}", r.diagnosis, r.foremost)
            for r in each(table.sort_values("prior", ascending=False))
        ]
        return Plate(
            figure,
            finding,
            f"Power-scaling sensitivities of each unit's standing. {finding}.",
            "How far the standing's distribution moves when the power of the prior, or of the unit's own likelihood, "
            "is doubled (cumulative Jensen-Shannon distance). Lines: 0.05, about a third of a standard deviation. "
            "The prior is that of everything but the weights, which are agreed.",
            Sheet(
                "Sensitivity of the standing",
                ("unit", "prior", "likelihood", "diagnosis", "foremost prior"),
                rows,
                folded=True,
            ),
        )

    def priors_that_matter(self) -> Table:
        """To which prior the standings are sensitive."""
        table = sensitivity.prior_sensitivity(self.study.design, self._all, self.study.edition)
        rows = [(r.prior, f"{r.median:.3f}", f"{r.largest:.3f}") for r in each(table)]
        return Table("Sensitivity of standings to each prior", ("prior", "median unit", "most sensitive unit"), rows)

    @cached_property
    def _all(self) -> Samples:
        return samples_of(self.study.posterior.draws)

    @cached_property
    def _all_likelihood(self) -> LogLikelihood:
        thinned = len(self._all["state"]) != len(self.samples["state"])
        return log_likelihood(self.study.design, self._all) if thinned else self.likelihood

    @cached_property
    def _places(self) -> pd.DataFrame:
        return checks.places(self.study.design, self.samples, self.left_out.log_weights)

    @cached_property
    def _learned(self) -> pd.DataFrame:
        function, draws, rows = self.study.function, self.study.posterior.draws, []
        for name in (name for name in _SCALES if name in draws):
            before = distribution(function.prior(name)).ppf([INTERVAL_TAIL, 1.0 - INTERVAL_TAIL])
            values = self._all[name].reshape(len(self._all[name]), -1)
            labels = _labels(draws[name].dims[2:], draws, name, self.study.titles)
            low, high = interval(values)
            rows += [
                (title, *before, a, b, c)
                for title, a, b, c in zip(labels, low, np.median(values, axis=0), high, strict=True)
            ]
        table = pd.DataFrame(rows, columns=["title", "prior_q05", "prior_q95", "q05", "median", "q95"])
        table["narrower"] = np.log(table["prior_q95"] / table["prior_q05"]) / np.log(table["q95"] / table["q05"])
        return table


def _labels(dims: tuple[object, ...], draws: object, name: str, titles: dict[str, str]) -> list[str]:
    words = name.replace("_", " ")
    if not dims:
        return [words]
    return [f"{words}: {titles.get(str(part), str(part))}" for part in draws[dims[0]].to_numpy()]  # type: ignore[index]


def _name(element: Element) -> str:
    return f"{element.variable} [{element.label}]" if element.label else element.variable


def _rank_shares(values: np.ndarray) -> np.ndarray:
    order = values.ravel().argsort().argsort().reshape(values.shape)
    place = order * _CLASSES // values.size
    return np.array([np.bincount(chain, minlength=_CLASSES) * _CLASSES / len(chain) for chain in place])


def posterior_page(workspace: str | Path, function: str, edition: int = 0, draws: int = 1500) -> PosteriorPage:
    """Return the draws of a function and what tells against them.

    Parameters
    ----------
    edition
        Last year that counts; 0 for the newest that was fitted.
    draws
        Number of samples that predictions use at most; sensitivity uses all.
    """
    seen = study(workspace, function, edition, fitted=True)
    return PosteriorPage(seen, samples_of(seen.posterior.draws, draws))
