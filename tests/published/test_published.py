"""The engine against published results on real data, each by a function document and no code of its own.

The data lie beside the checkout, in ``../shared/data``, and are not part of the project; where the folder is absent
these tests say so and are skipped.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.fit import fit
from clusterscore.posterior.identity import Sampler
from clusterscore.posterior.record import TRUSTED, Posterior

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data"
YEAR = 2000
PROBIT = 1.7  # logits in one probit unit
LONG = Sampler(tune=1500, draws=5000, longer=1)  # slopes of steep sources mix slowly

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no reference data in {DATA}"),
]

Made = Callable[..., Observations]


def posterior_of(name: str, answers: pd.DataFrame, observed: Made, sampler: Sampler | None = None) -> Posterior:
    """Return the trusted posterior of the document ``name.yml``."""
    function = Function.read(HERE / f"{name}.yml")
    posterior = fit(function, observed(answers=answers.assign(year=YEAR), kind=function.kind), YEAR, sampler)
    assert posterior.run.status == TRUSTED, posterior.run.diagnostics["failures"]
    return posterior


def severities(posterior: Posterior) -> pd.Series:
    """Return posterior mean severities by rater."""
    return pd.Series(posterior.flat("severity").mean(axis=0), index=posterior.draws["rater"].to_numpy())


def test_democracy_scores_are_those_of_the_official_release(observed: Made) -> None:
    """Pemstein, Meserve and Melton: 9,137 country-years, 12 sources; official means, and the printed loadings."""
    folder = DATA / "unified_democracy_scores"
    rated = pd.read_csv(folder / "ratings_2011_release_long.csv.gz")
    source = rated["rater"].str.removeprefix("pmm_")
    unit = "C" + rated["GWn"].astype(str) + "-" + rated["year"].astype(str)
    answers = pd.DataFrame({"unit": unit, "rater": source.str.upper(), "item": source, "answer": rated["category"]})
    posterior = posterior_of("democracy", answers, observed, LONG)
    official = pd.read_csv(folder / "uds_release_2011.csv.gz")
    key = "C" + official["GWn"].astype(str) + "-" + official["year"].astype(str)
    ours = pd.Series(posterior.flat("standing").mean(axis=0), index=posterior.draws["unit_of_cell"].to_numpy())
    assert np.corrcoef(ours.loc[key], official["mean"])[0, 1] >= 0.999
    slope = (posterior.flat("slope") * posterior.flat("pillar_scale")).mean(axis=0)
    loading = dict(zip(posterior.draws["measure"].to_numpy(), slope / np.hypot(slope, PROBIT), strict=True))
    printed = {
        "arat": 0.901,
        "blm": 0.992,
        "bollen": 0.951,
        "fh": 0.941,
        "hadenius": 0.986,
        "mainwaring": 0.994,
        "munck": 0.955,
        "pacl": 0.967,
        "polity": 0.954,
        "polyarchy": 0.965,
        "prc": 0.969,
        "vanhanen": 0.928,
    }
    assert {name: round(loading[name], 2) for name in printed} == pytest.approx(printed, abs=0.0101)


def test_severities_of_the_writing_ratings_are_those_of_tam(observed: Made) -> None:
    """135 pupils, 7 raters: within 0.1 logit; one factor turns cumulative logits into TAM's adjacent ones."""
    rated = pd.read_csv(DATA / "writing_ratings" / "ratings1.csv")
    unit, rater = "P" + rated["person"].astype(str), rated["rater"].str.upper()
    answers = pd.DataFrame({"unit": unit, "rater": rater, "item": rated["item"], "answer": rated["score"] + 1})
    ours = severities(posterior_of("writing", answers, observed))
    tam = pd.Series(
        {"DB01": 1.020, "DB02": 0.514, "DB03": 0.416, "DB07": -0.761, "DB08": -0.089, "DB31": -0.775, "DB54": -0.326}
    )
    factor = (ours @ tam.loc[ours.index]) / (ours @ ours)
    assert factor == pytest.approx(0.9, abs=0.1)
    assert (factor * ours - (tam - tam.mean()).loc[ours.index]).abs().max() <= 0.1


def test_papers_and_reviewers_differ_as_much_as_brms_finds(observed: Made) -> None:
    """57 papers, 20 reviewers, 128 scores: the reference's standard deviations lie in our intervals' middle halves."""
    rated = pd.read_csv(DATA / "kuhlisch_peer_review" / "reviews.csv")
    unit, rater = "P" + rated["idpaper"].astype(str), "R" + rated["idreviewer"].astype(str)
    answers = pd.DataFrame({"unit": unit, "rater": rater, "item": "score", "answer": rated["score"].astype(int)})
    posterior = posterior_of("reviews", answers, observed)
    for name, reference in (("pillar_scale", 1.12), ("severity_sd", 0.384)):
        low, high = np.quantile(posterior.flat(name) / PROBIT, [0.25, 0.75])
        assert low <= reference <= high, name


def test_judges_of_creativity_come_in_guilfords_order(observed: Made) -> None:
    """3 judges, 7 examinees, 5 traits: Brahe before Avogadro before Cavendish, and none of it certain."""
    rated = pd.read_csv(DATA / "guilford_creativity" / "ratings.csv")
    unit, rater = rated["examinee"].str.upper(), rated["judge"].str.upper()
    answers = pd.DataFrame({"unit": unit, "rater": rater, "item": rated["trait"].str.lower(), "answer": rated["score"]})
    posterior = posterior_of("guilford", answers, observed)
    ours = severities(posterior)
    assert ours["BRAHE"] > ours["AVOGADRO"] > ours["CAVENDISH"]
    assert posterior.flat("severity").std(axis=0).min() > 0.1
