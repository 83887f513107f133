"""Draws that cannot be trusted publish nothing."""

import shutil
from pathlib import Path

import pytest

from clusterscore.posterior import diagnostics, store
from clusterscore.posterior.record import FAILED
from clusterscore.vocabulary import Exit
from tests.command import Command
from tests.edition.whole import EDITION, LAND, Whole, send_a_year_of_regions
from tests.observations.association import snapshot

NEXT = EDITION + 1


@pytest.fixture(scope="module")
def later(whole: Whole, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Return a workspace in which another year of one function was observed and nothing was drawn for it yet."""
    return send_a_year_of_regions(whole.copied(tmp_path_factory.mktemp("later") / "workspace"), NEXT)


@pytest.fixture
def failed(later: Whole, command: Command, monkeypatch: pytest.MonkeyPatch) -> tuple[Whole, tuple[object, str, str]]:
    """Return that workspace after a publication whose draws missed a gate; the second time they are known."""
    monkeypatch.setattr(diagnostics, "E_BFMI", 99.0)
    return later, command("publication", "--workspace", later.workspace.root)


def test_failed_diagnostics_end_in_code_4_and_say_why(failed: tuple[Whole, tuple[object, str, str]]) -> None:
    """The message names each gate that was missed and where the draws are."""
    _, (code, _, messages) = failed
    assert code == Exit.DIAGNOSTICS
    assert "E-BFMI" in messages
    assert f"data/processed/posterior/{LAND}/{NEXT}/" in messages
    assert "Traceback" not in messages


def test_failed_diagnostics_publish_nothing(whole: Whole, failed: tuple[Whole, tuple[object, str, str]]) -> None:
    """No new folder in reports, no tables; what was published before stands unchanged."""
    later, _ = failed
    assert later.editions == [str(EDITION)]
    assert not later.workspace.scores(LAND, NEXT).exists()
    assert snapshot(later.pages) == snapshot(whole.pages)


def test_the_other_functions_are_published_all_the_same(
    later: Whole, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in the way of one function does not keep back another; it is told in the end."""
    own = later.copied(tmp_path / "workspace")
    shutil.rmtree(own.workspace.editions)
    monkeypatch.setattr(diagnostics, "E_BFMI", 99.0)
    assert command("publication", "--workspace", own.workspace.root)[0] == Exit.DIAGNOSTICS
    assert {path.name for path in own.pages.glob("*s.html")} == {"clusters.html"}


def test_failed_draws_are_kept_as_failed_and_are_not_current(failed: tuple[Whole, tuple[object, str, str]]) -> None:
    """They can be looked at, and no later step reads them."""
    home: Path = failed[0].workspace.posterior(LAND, NEXT)
    (record,) = home.glob(f"*/{store.RUN}")
    assert store.read_run(record.parent).status == FAILED
    assert not (home / store.CURRENT).exists()


@pytest.mark.parametrize("verb", [("publish", "--edition", NEXT), ("report", "--edition", NEXT, "--cluster", "RG-1")])
def test_nothing_can_be_published_from_failed_draws(
    failed: tuple[Whole, tuple[object, str, str]], command: Command, verb: tuple[object, ...]
) -> None:
    """Asked for that edition by name, the answer is the next command."""
    later, _ = failed
    code, output, messages = command(*verb, "--function", LAND, "--workspace", later.workspace.root)
    assert (code, output) == (2, "")
    assert f"clusterscore fit --function {LAND} --edition {NEXT}" in messages
    assert later.editions == [str(EDITION)]


def test_status_names_a_failed_fit(failed: tuple[Whole, tuple[object, str, str]], command: Command) -> None:
    """Whoever asks sees that it was tried."""
    code, output, _ = command("status", "--workspace", failed[0].workspace.root)
    lines = [line.split() for line in output.splitlines()]
    assert code == 0
    assert [words[4] for words in lines if words[:3] == ["posterior", LAND, str(NEXT)]] == [FAILED]
    assert [words[1] for words in lines if words[0] == "edition"] == [str(EDITION)]
