"""The running posterior of a workspace: corrected, sampled anew at times, walked back, and never torn."""

import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clusterscore import correct, steps
from clusterscore.audit import check
from clusterscore.errors import NotFitted, UnknownName
from clusterscore.observations.ledger import Head, Ledger
from clusterscore.observations.observed import Observations, observe
from clusterscore.paths import Workspace
from clusterscore.posterior import running, store
from clusterscore.posterior.record import TRUSTED, Run
from clusterscore.posterior.update import KNOWN, REWEIGHTED, SAMPLED, basis_of, sampler
from clusterscore.report.cluster import cluster_page
from clusterscore.report.display import Picture
from clusterscore.scores.history import weights_of
from clusterscore.vocabulary import Kind
from tests.children import a_child, heard, tell
from tests.command import Command
from tests.posterior import made, tiny
from tests.posterior.arrivals import BEFORE

COLUMNS = {"figures": ["unit", "year", "indicator", "value"], "answers": ["unit", "year", "rater", "item", "answer"]}
LATE = "figures-late.csv"
UNIT = "B"


def send(folder: Path, state: Observations) -> list[Path]:
    """Write everything that an association knows as files."""
    folder.mkdir(exist_ok=True)
    parts = {
        "units": pd.DataFrame({"unit": state.units["unit"], "name": state.units["name"], "kind": "cluster"}),
        "raters": pd.DataFrame({"rater": state.raters["rater"]}),
        **{name: getattr(state, name)[columns] for name, columns in COLUMNS.items()},
    }
    paths = []
    for name, frame in parts.items():
        paths.append(folder / f"{name}.csv")
        frame.to_csv(paths[-1], index=False)
    return paths


@pytest.fixture(scope="session")
def _fitted(tmp_path_factory: pytest.TempPathFactory, observed: Callable[..., Observations]) -> Path:
    invented = tiny.invented(tiny.document(), observed, seed=4)  # its draws pass all gates at once
    folder = tmp_path_factory.mktemp("running")
    workspace = made.workspace(folder / "workspace")
    made.take_in(workspace, send(folder / "sent", BEFORE["figure"](invented)))
    run, _, _ = steps.fit(workspace, "tiny")
    assert run.status == TRUSTED
    late = pd.concat([invented.figures, BEFORE["figure"](invented).figures]).drop_duplicates(
        COLUMNS["figures"], keep=False
    )
    late[COLUMNS["figures"]].to_csv(folder / LATE, index=False)
    return folder


@pytest.fixture
def workspace(_fitted: Path, tmp_path: Path) -> Workspace:
    """Return a workspace with a posterior, from before the last figure arrived."""
    shutil.copytree(_fitted, tmp_path / "copy")
    return Workspace.find(tmp_path / "copy" / "workspace")


def late(workspace: Workspace) -> Path:
    """Return the file with the figure that arrives late."""
    return workspace.root.parent / LATE


def current(workspace: Workspace) -> Run:
    """Return the record of the running posterior."""
    return store.current_run(workspace, "tiny", tiny.EDITION)


def test_a_figure_is_taken_in_and_corrects_the_posterior(workspace: Workspace, command: Command) -> None:
    """In one command, which says how; the stored posterior is one that later steps and the audit can read."""
    before = current(workspace)
    code, output, messages = command("update", late(workspace), "--workspace", workspace.root)
    run = current(workspace)
    assert (code, messages.strip()) == (0, "")
    assert f"tiny {tiny.EDITION} {run.id}  reweighted in " in output
    assert run.parent == before.id
    assert run.update is not None
    assert run.update["way"] == REWEIGHTED
    assert run.head == str(Ledger(workspace.ledger).head())
    assert len(steps.score(workspace, "tiny", tiny.EDITION)) > 0
    assert any(run.id in line for line in check(workspace))


def test_a_unit_that_nobody_knew_is_named_with_its_first_standing(workspace: Workspace, command: Command) -> None:
    """With one figure it has a place, whatever way the posterior is found."""
    sent = workspace.root.parent
    (sent / "units.csv").write_text("unit,name,kind\nNEW,Nou,cluster\n")
    rows = pd.read_csv(late(workspace)).assign(unit="NEW")
    rows.to_csv(sent / "figures-new.csv", index=False)
    code, output, _ = command("update", sent / "units.csv", sent / "figures-new.csv", "--workspace", workspace.root)
    assert code == 0
    told = current(workspace).update
    assert told is not None
    (row,) = (row for row in told["moved"] if row["unit"] == "NEW")
    assert f"  NEW  is new: standing {row['after']:+.2f} (sd {row['sd']:.2f})\n" in output


def test_weights_stand_beside_those_of_the_posterior_before(workspace: Workspace) -> None:
    """Each with the evidence that it rests on, the newest first."""
    correct.update(workspace, [late(workspace)])
    run = current(workspace)
    table = weights_of(workspace, run)
    assert table["id"].drop_duplicates().tolist() == [run.id, run.parent]
    np.testing.assert_allclose(table.groupby("id")["mean"].sum(), 1.0, rtol=1e-6)
    assert table["records"].iloc[0] > table["records"].iloc[-1]
    assert (table["q05"] < table["mean"]).all()


def test_the_same_file_again_changes_nothing(workspace: Workspace) -> None:
    """Ten times: the same posterior, byte by byte, and no further folder."""
    correct.update(workspace, [late(workspace)])
    run, home = current(workspace), workspace.posterior("tiny", tiny.EDITION)
    held = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    for _ in range(10):
        _, _, found = correct.update(workspace, [late(workspace)])
        assert found[0].run.id == run.id
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == held


def test_a_wrong_figure_that_is_corrected_leaves_no_trace(workspace: Workspace) -> None:
    """The posterior is the one from before it."""
    before, row = current(workspace), pd.read_csv(late(workspace)).iloc[0]
    correct.update(workspace, [late(workspace)])
    path = late(workspace).with_name("corrections.csv")
    key = f"{row['unit']},{row['year']},{row['indicator']}"
    path.write_text(
        f"table,action,unit,year,indicator,expect,reason\nfigures,withdraw,{key},{row['value']},it was another's\n"
    )
    _, _, found = correct.update(workspace, [path])
    assert found[0].update is not None
    assert found[0].update.way == KNOWN
    assert current(workspace).id == before.id


def test_everything_is_sampled_anew_when_it_is_due(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """From nothing, at the same observations; the record says how far the running posterior was off."""
    monkeypatch.setattr(running, "EVERY", 1)
    first = current(workspace)
    _, _, found = correct.update(workspace, [late(workspace)])
    run = current(workspace)
    assert found[0].run == run
    assert found[0].update is not None
    assert found[0].update.way == REWEIGHTED
    assert run.basis is None
    assert "warm" not in run.sampler
    assert run.update is not None
    checked = run.update["compared"]
    assert checked["running"] == run.parent != first.id
    assert abs(checked["shift"]) < running.FAR
    assert [row.way for row in correct.history(workspace, "tiny", UNIT).itertuples()] == [
        SAMPLED,
        REWEIGHTED,
        SAMPLED,
    ]


def test_a_sampling_that_begins_where_another_ended_has_an_id_of_its_own(workspace: Workspace) -> None:
    """So that what is rebuilt from a head is drawn from nothing, and the same each time."""
    function, observed = steps.function_of(workspace, "tiny"), observe(Ledger(workspace.ledger))
    posterior = running.restore(workspace, current(workspace), function)
    assert posterior is not None
    warm = tiny.draw(function, observed, tiny.SHORT, warm=basis_of(posterior))
    cold = tiny.draw(function, observed, tiny.SHORT)
    assert warm.run.sampler["warm"] == posterior.run.id
    assert warm.run.id != cold.run.id


def test_a_corrected_posterior_predicts_and_asks(workspace: Workspace, command: Command) -> None:
    """The other verbs take it for what it is: the posterior of all that is known."""
    correct.update(workspace, [late(workspace)])
    run = current(workspace)
    assert run.digests["observations"] == observe(Ledger(workspace.ledger)).about(Kind.CLUSTER, run.edition).digest
    for verb in ("ask", "forecast"):
        code, output, messages = command(verb, "--function", "tiny", "--workspace", workspace.root)
        assert code == 0, messages
        assert output


def test_the_page_of_a_cluster_says_what_changed_our_mind(workspace: Workspace) -> None:
    """A figure of the path, with what had arrived in its table; before any correction, that there is none."""
    before = current(workspace)
    steps.score(workspace, "tiny", before.edition)
    page = cluster_page(workspace.root, "tiny", before.edition, UNIT)
    assert "first posterior" in page.history()._repr_html_()
    correct.update(workspace, [late(workspace)])
    steps.score(workspace, "tiny", before.edition)
    page = cluster_page(workspace.root, "tiny", before.edition, UNIT)
    picture, table = page.history(), correct.history(workspace, "tiny", UNIT)
    assert isinstance(picture, Picture)
    assert picture.axes.get_title(loc="left").endswith(
        f"after {table['records'][0] - table['records'][1]} further records"
    )
    assert picture.numbers.rows[0][-1] == table["new"][0]
    assert current(workspace).own_digest in page.colophon()._repr_html_()


def test_a_fit_says_how_far_the_running_posterior_was_off(workspace: Workspace) -> None:
    """At the same head: within the limit, so that it is not withdrawn."""
    correct.update(workspace, [late(workspace)])
    run, _, drawn = steps.fit(workspace, "tiny")
    assert drawn
    assert run.update is not None
    assert abs(run.update["compared"]["shift"]) < running.FAR
    assert run.update["compared"]["withdrawn"] is False


def test_a_running_posterior_that_was_too_far_off_is_withdrawn(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its history says so."""
    correct.update(workspace, [late(workspace)])
    monkeypatch.setattr(running, "FAR", 0.0)
    steps.fit(workspace, "tiny")
    assert correct.history(workspace, "tiny", UNIT)["withdrawn"].tolist() == [False, True, False]


def test_the_history_of_a_score_names_what_moved_it(workspace: Workspace) -> None:
    """The newest posterior first, each with what came before it."""
    correct.update(workspace, [late(workspace)])
    table, row = correct.history(workspace, "tiny", UNIT), pd.read_csv(late(workspace)).iloc[0]
    assert table["way"].tolist() == [REWEIGHTED, SAMPLED]
    assert table["new"].iloc[0] == f"figure {row['indicator']} {row['year']}"
    assert (table["q05"] < table["score"]).all()
    assert (table["score"] < table["q95"]).all()
    with pytest.raises(UnknownName):
        correct.history(workspace, "tiny", "NOBODY")


@pytest.mark.parametrize("by", ["batch", "indicator"])
def test_what_a_batch_did_is_what_its_absence_would_undo(workspace: Workspace, by: str) -> None:
    """Without the late figure the score is that of the posterior before it."""
    before = {row["unit"]: row for row in current(workspace).standing}[UNIT]["mean"]
    correct.update(workspace, [late(workspace)])
    table = correct.explain(workspace, "tiny", UNIT, by=by)
    now = {row["unit"]: row for row in current(workspace).standing}[UNIT]
    assert len(table) == 1
    assert table["reliable"].all()
    assert table["group"][0] == (LATE if by == "batch" else pd.read_csv(late(workspace))["indicator"][0])
    assert table["sd_shift"][0] == pytest.approx((now["mean"] - before) / now["sd"], abs=1e-9)


def test_what_re_weighting_cannot_say_is_sampled(workspace: Workspace) -> None:
    """A whole file is too much for weights: unknown without a sampling, a difference with one."""
    start = Head.parse(f"0:{'0' * 64}")
    quick = correct.explain(workspace, "tiny", UNIT, since=start).set_index("group")
    unknown = quick.index[quick["way"] == "unknown"]
    assert len(unknown) > 0
    assert quick.loc[unknown, "sd_shift"].isna().all()
    whole = correct.explain(workspace, "tiny", UNIT, since=start, refit=sampler()).set_index("group")
    sampled = whole.index[whole["way"] == SAMPLED]
    assert set(sampled) <= set(unknown)
    assert len(sampled) > 0
    assert whole.loc[sampled, "sd_shift"].abs().max() > 0.1


def test_what_was_known_at_a_head_is_rebuilt(workspace: Workspace, command: Command) -> None:
    """The same scores as then, although more is known now; and what is current stays so."""
    head = current(workspace).head
    _, then = correct.at(workspace, "tiny", Head.parse(head))
    correct.update(workspace, [late(workspace)])
    now = current(workspace)
    _, again = correct.at(workspace, "tiny", Head.parse(head))
    pd.testing.assert_frame_equal(then, again)
    assert current(workspace).id == now.id
    code, _, messages = command("at", "--head", "7:abc", "--function", "tiny", "--workspace", workspace.root)
    assert code != 0
    assert "Traceback" not in messages


def test_where_nothing_was_fitted_nothing_is_corrected(bare_workspace: Workspace) -> None:
    """Observations are recorded, and what asks for a posterior is refused by name."""
    assert correct.update(bare_workspace)[2] == []
    with pytest.raises(NotFitted):
        correct.explain(bare_workspace, "tiny", UNIT)
    with pytest.raises(NotFitted):
        correct.history(bare_workspace, "tiny", UNIT)


def test_an_unknown_grouping_is_refused_by_name(workspace: Workspace, command: Command) -> None:
    """With those that there are."""
    words = ("--function", "tiny", "--cluster", UNIT, "--by", "colour", "--workspace", workspace.root)
    code, _, messages = command("explain", *words)
    assert code == 2
    assert "batch, indicator, rater" in messages


@pytest.fixture
def bare_workspace(tmp_path: Path) -> Workspace:
    """Return a workspace with the tiny function and nothing else."""
    return made.workspace(tmp_path / "bare")


def torn(workspace: Workspace, n: int) -> Counter[str]:
    """Kill updates at ``n`` moments; after each the posterior opens, and it rests on a head that the ledger had."""
    rng, row = np.random.default_rng(1), pd.read_csv(late(workspace)).iloc[0]
    value = float(row["value"])
    key = f"{row['unit']},{row['year']},{row['indicator']}"
    started = time.monotonic()
    correct.update(workspace, [late(workspace)])
    whole, ends = 1.5 * (time.monotonic() - started), Counter[str]()
    with a_child(Path(__file__).with_name("update_until_killed.py")) as child:
        for number in range(n):
            path = late(workspace).with_name(f"corrections-{number}.csv")
            new = value * (1.0 + 0.0001 * (number + 1))
            held = next(
                r
                for r in reversed(Ledger(workspace.ledger).read())
                if r.data.get("indicator") == row["indicator"]
                and (r.data.get("unit"), r.data.get("year")) == (row["unit"], int(row["year"]))
            )
            path.write_text(
                "table,action,unit,year,indicator,column,value,expect,reason\n"
                f"figures,correct,{key},value,{new!r},{held.data['value']!r},misread\n"
            )
            before = current(workspace)
            tell(child, workspace.root, path, rng.uniform(0.0, whole))
            ends[heard(child)] += 1
            run = current(workspace)
            assert run.head == before.head or Head.parse(run.head).count > Head.parse(before.head).count
            Ledger(workspace.ledger).verify(Head.parse(run.head))
            opened = store.open_draws(workspace, run)
            assert np.isfinite(opened.flat("standing")).all()
    correct.update(workspace)
    assert current(workspace).head == str(Ledger(workspace.ledger).head())
    assert any(current(workspace).id in line for line in check(workspace))
    assert set(ends) <= {"killed", "done"}
    return ends


def test_an_update_that_is_killed_tears_nothing(workspace: Workspace) -> None:
    """At a few moments; the slow test takes a thousand."""
    assert torn(workspace, 8)["killed"]


@pytest.mark.slow
def test_a_thousand_updates_that_are_killed_tear_nothing(workspace: Workspace) -> None:
    """The last acknowledged posterior always opens, and ledger and posterior always agree."""
    ends = torn(workspace, 1000)
    sys.stderr.write(f"{dict(ends)}\n")
    assert ends["killed"] >= 300
