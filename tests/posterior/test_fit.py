"""A real fit of a tiny association: what is kept, what is recorded, and how a fit ends that cannot be trusted."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from arviz_stats.base import array_stats

from clusterscore import steps
from clusterscore.cli import main
from clusterscore.errors import DiagnosticsFailed, NotFitted
from clusterscore.model.compiled.density import Density
from clusterscore.model.design import make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.diagnostics import Diagnostics
from clusterscore.posterior.identity import code_digest, identify, versions
from clusterscore.posterior.record import FAILED, TRUSTED, Posterior
from tests.posterior import tiny

PASSED = Diagnostics((), 0, (0.9,), (), only_too_few=False)
TOO_FEW = Diagnostics((), 0, (0.9,), ("standing: bulk ESS 12, must be at least 400",), only_too_few=True)
BROKEN = Diagnostics((), 3, (0.9,), ("3 divergent transitions, must be 0",), only_too_few=False)

FALSE_ALARM = 5.0  # standard errors, which are themselves estimated from 400 draws: less than once in 10,000 runs


@pytest.fixture
def verdicts(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what decides how draws are diagnosed, one after the other."""
    from clusterscore.posterior import fit  # noqa: PLC0415 - imports PyMC

    def say(*said: Diagnostics) -> None:
        results = iter(said)
        monkeypatch.setattr(fit, "diagnose", lambda _draws, _stats: next(results))

    return say


@pytest.fixture
def few(bare: Workspace, invented: Observations, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace of the tiny association in which every fit has absurdly few draws."""
    monkeypatch.setattr(steps, "Sampler", lambda seed: replace(tiny.FEW, seed=seed))
    monkeypatch.setattr(steps, "observe", lambda _ledger: invented)
    return bare


def test_the_draws_are_named_and_labelled(fitted: Posterior, document: Function, invented: Observations) -> None:
    """Cells carry unit, year and whether they set the scale; pillars, measures, raters and units their ids."""
    design, draws = make_design(document, invented), fitted.draws
    units = np.array(design.units)[design.cell_unit]
    assert draws["unit_of_cell"].to_numpy().tolist() == units.tolist()
    assert draws["year_of_cell"].to_numpy().tolist() == np.array(design.years)[design.cell_year].tolist()
    assert np.flatnonzero(draws["base_cell"].to_numpy()).tolist() == sorted(design.base_cells)
    assert draws["pillar"].to_numpy().tolist() == ["sales", "ties"]
    assert draws["measure"].to_numpy().tolist() == list(document.measures)
    assert draws["rater"].to_numpy().tolist() == list(tiny.PLAN.affiliation)
    assert draws["unit"].to_numpy().tolist() == list(tiny.PLAN.entry)


def test_only_what_later_steps_read_is_kept(fitted: Posterior) -> None:
    """Single precision, no transformed variables and no effects of single questionnaires."""
    assert {"state", "function", "standing", "weight", "slope", "severity", "threshold_5", "discrepancy"} <= set(
        fitted.draws.data_vars
    )
    assert not [name for name in fitted.draws.data_vars if str(name).startswith(("halo_d", "step", "entry"))]
    assert "halo" not in fitted.draws
    assert {array.dtype for array in fitted.draws.data_vars.values()} == {np.dtype(np.float32)}


def test_the_draws_keep_what_the_model_says(fitted: Posterior) -> None:
    """Weights sum to 1, slopes are positive, severities sum to zero, and the base cohort sets the scale."""
    base = fitted.draws["base_cell"].to_numpy()
    np.testing.assert_allclose(fitted.flat("weight").sum(axis=1), 1.0, rtol=1e-5)
    assert (fitted.flat("slope") > 0).all()
    np.testing.assert_allclose(fitted.flat("severity").sum(axis=1), 0.0, atol=1e-5)
    np.testing.assert_allclose(fitted.flat("standing")[:, base].mean(axis=1), 0.0, atol=1e-5)
    np.testing.assert_allclose(fitted.flat("standing")[:, base].std(axis=1), 1.0, rtol=1e-5)
    composite = np.einsum("scp,sp->sc", fitted.flat("state"), fitted.flat("weight"))
    np.testing.assert_allclose(composite, fitted.flat("function"), atol=1e-5)


def test_the_record_says_where_the_draws_come_from(
    fitted: Posterior, document: Function, invented: Observations
) -> None:
    """Id, digests, settings, versions, sizes and the posterior before it."""
    run, seen = fitted.run, invented.about(document.kind, through=tiny.EDITION)
    assert run.id == identify(document, seen, tiny.EDITION, tiny.SHORT)
    assert run.digests == {"function": document.digest, "observations": seen.digest, "code": code_digest()}
    assert (run.function, run.edition, run.parent) == ("tiny", tiny.EDITION, "0123456789abcdef")
    assert run.head == str(invented.head)
    assert run.demonstration
    assert run.sampler["seed"] == tiny.SHORT.seed
    assert run.versions == versions()
    assert (run.design["units"], run.design["base_units"], run.design["raters"]) == (7, 6, 5)
    assert run.design["answers"] == len(invented.answers)
    assert set(run.seconds) == {"compile", "sample"}


def test_the_status_follows_the_diagnostics(fitted: Posterior) -> None:
    """Trusted where nothing failed, failed otherwise."""
    assert fitted.run.status == (FAILED if fitted.run.diagnostics["failures"] else TRUSTED)


def test_the_same_seed_gives_the_same_draws(document: Function, invented: Observations, fitted: Posterior) -> None:
    """To the last bit, whichever chain ends first."""
    again = tiny.draw(document, invented, tiny.SHORT)
    assert again.run.id == fitted.run.id
    assert again.draws.equals(fitted.draws)


def test_another_seed_gives_other_draws(document: Function, invented: Observations, fitted: Posterior) -> None:
    """And another id."""
    other = tiny.draw(document, invented, replace(tiny.SHORT, seed=2))
    assert other.run.id != fitted.run.id
    assert not other.draws.equals(fitted.draws)


def test_both_stages_are_told_to_their_end(document: Function, invented: Observations) -> None:
    """What a progress bar shows."""
    told: list[tuple[str, float]] = []
    tiny.draw(document, invented, tiny.FEW, progress=lambda stage, share: told.append((stage, share)))
    assert told[:2] == [("compile", 0.0), ("compile", 1.0)]
    assert {stage for stage, _ in told[2:]} == {"sample"}
    assert told[-1][1] == pytest.approx(1.0)
    assert all(0.0 <= share <= 1.0 for _, share in told)


def test_draws_that_are_only_too_few_are_joined_by_further_chains(
    document: Function, invented: Observations, verdicts: Callable[..., None]
) -> None:
    """Other draws, not the same again, until they pass; the record tells what the first missed."""
    verdicts(TOO_FEW, TOO_FEW, PASSED)
    posterior = tiny.draw(document, invented, replace(tiny.FEW, longer=4))
    assert dict(posterior.draws.sizes)["draw"] == tiny.FEW.draws
    assert posterior.draws["chain"].to_numpy().tolist() == list(range(3 * tiny.FEW.chains))
    standing = posterior.draws["standing"].to_numpy().reshape(3, -1)
    assert len(np.unique(standing[:, 0])) == 3
    assert posterior.run.status == TRUSTED
    assert tuple(posterior.run.diagnostics["first_round"]) == TOO_FEW.failures


def test_draws_with_another_fault_are_drawn_again_with_more_care(
    document: Function, invented: Observations, verdicts: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Smaller steps and twice the tuning, once."""
    import nutpie  # noqa: PLC0415 - takes seconds to import

    asked: list[dict[str, Any]] = []
    sample = nutpie.sample
    monkeypatch.setattr(
        nutpie, "sample", lambda compiled, **options: asked.append(options) or sample(compiled, **options)
    )
    verdicts(BROKEN, PASSED)
    assert tiny.draw(document, invented, tiny.FEW).run.status == TRUSTED
    first, second = asked
    assert (first["tune"], first["target_accept"]) == (tiny.FEW.tune, tiny.FEW.target_accept)
    assert (second["tune"], second["target_accept"]) == (2 * tiny.FEW.tune, tiny.FEW.careful_accept)


@pytest.mark.parametrize("said", [[BROKEN, BROKEN], [TOO_FEW]], ids=["broken", "too few even then"])
def test_draws_that_a_second_round_does_not_mend_fail(
    document: Function, invented: Observations, verdicts: Callable[..., None], said: list[Diagnostics]
) -> None:
    """There is no third attempt, and what was wrong is recorded."""
    verdicts(*said)
    posterior = tiny.draw(document, invented, tiny.FEW)
    assert posterior.run.status == FAILED
    assert tuple(posterior.run.diagnostics["failures"]) == said[-1].failures


def test_a_model_of_ones_own_gives_the_same_posterior(
    document: Function, invented: Observations, fitted: Posterior
) -> None:
    """What a researcher changes is drawn from as PyMC declares it; unchanged, it says the same within its error."""
    from clusterscore.model.build import build  # noqa: PLC0415 - PyMC takes seconds to import

    other = tiny.draw(document, invented, tiny.SHORT, model=build)
    assert set(other.draws.data_vars) == set(fitted.draws.data_vars)
    for name, array in fitted.draws.data_vars.items():
        assert other.draws[name].dims == array.dims
        assert all(other.draws[dim].to_numpy().tolist() == array[dim].to_numpy().tolist() for dim in array.dims[2:])
    draws = [posterior.draws["standing"].to_numpy().astype(float) for posterior in (fitted, other)]
    mean, error = zip(
        *((d.mean(axis=(0, 1)), array_stats.mcse(d, chain_axis=0, draw_axis=1)) for d in draws), strict=True
    )
    z = (mean[0] - mean[1]) / np.hypot(*error)
    assert np.abs(z).max() < FALSE_ALARM


def test_a_model_of_ones_own_is_not_approximated(document: Function, invented: Observations) -> None:
    """The approximation knows the package's density only."""
    with pytest.raises(ValueError, match="sampled, not approximated"):
        tiny.draw(document, invented, replace(tiny.SHORT, method="laplace"), model=lambda _design: None)


def test_later_years_than_the_edition_are_left_out(
    document: Function, invented: Observations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edition that is drawn again later is the same as it was."""
    from clusterscore.posterior import fit  # noqa: PLC0415 - imports the sampler

    fitted: list[Density] = []
    monkeypatch.setattr(fit, "from_density", lambda density, _start: fitted.append(density) or _stop())
    with pytest.raises(StopIteration):
        fit.fit(document, invented, tiny.EDITION - 1)
    design = fitted[0].design
    assert design.years == (2020, 2021)
    assert "G" not in design.units


def _stop() -> None:
    raise StopIteration


def test_too_few_draws_end_in_diagnostics_failed(few: Workspace) -> None:
    """The error holds each failure in words."""
    with pytest.raises(DiagnosticsFailed) as failed:
        steps.fit(few, "tiny")
    assert any(failure.startswith("standing: bulk ESS ") for failure in failed.value.failures)
    assert failed.value.exit_code == 4


def test_a_failed_fit_is_stored_as_failed_and_publishes_nothing(few: Workspace) -> None:
    """It can be looked at in its folder; no later step finds it."""
    with pytest.raises(DiagnosticsFailed) as failed:
        steps.fit(few, "tiny")
    run = store.read_run(few.root / failed.value.where)
    assert run.status == FAILED
    assert tuple(run.diagnostics["failures"]) == failed.value.failures
    with pytest.raises(NotFitted):
        steps.score(few, "tiny", tiny.EDITION)
    assert not few.scores("tiny", tiny.EDITION).exists()


def test_a_failed_fit_is_not_drawn_again_and_fails_again(few: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same question has the same answer."""
    from clusterscore.posterior import fit  # noqa: PLC0415 - imports the sampler

    with pytest.raises(DiagnosticsFailed) as first:
        steps.fit(few, "tiny")
    monkeypatch.setattr(fit, "from_density", lambda _density, _start: _stop())
    with pytest.raises(DiagnosticsFailed) as second:
        steps.fit(few, "tiny")
    assert second.value.failures == first.value.failures


def test_a_failed_fit_leaves_the_trusted_one_current(few: Workspace, verdicts: Callable[..., None]) -> None:
    """What was published before still stands."""
    verdicts(PASSED, BROKEN, BROKEN)
    run, _, drawn = steps.fit(few, "tiny", seed=1)
    assert drawn
    with pytest.raises(DiagnosticsFailed):
        steps.fit(few, "tiny", seed=2)
    assert store.current_run(few, "tiny", tiny.EDITION).id == run.id


def test_a_trusted_fit_is_drawn_once_and_names_the_one_before(few: Workspace, verdicts: Callable[..., None]) -> None:
    """The second time it is known; another seed is another fit, which knows its parent."""
    verdicts(PASSED, PASSED)
    first, _, drawn = steps.fit(few, "tiny", seed=1)
    known, _, again = steps.fit(few, "tiny", seed=1)
    assert (drawn, again) == (True, False)
    assert known == first
    second, _, _ = steps.fit(few, "tiny", seed=2)
    assert (first.parent, second.parent) == (None, first.id)


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_line_ends_in_code_4_with_everything_that_failed(
    few: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    """A line per failure, with the value and the limit; no traceback."""
    options = ["--json"] if as_json else []
    monkeypatch.setattr(
        sys, "argv", ["clusterscore", "fit", "--function", "tiny", "--workspace", str(few.root), *options]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 4
    output, messages = capsys.readouterr()
    (path,) = few.posterior("tiny", tiny.EDITION).glob("*/" + store.RUN)
    failures = store.read_run(path.parent).diagnostics["failures"]
    assert failures
    if as_json:
        assert json.loads(output)["failures"] == failures
    else:
        assert [line.strip() for line in messages.splitlines() if line.strip() in failures] == failures
        assert "Traceback" not in messages
