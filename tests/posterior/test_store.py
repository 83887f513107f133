"""Posteriors on disk: written once and whole, never overwritten, opened only when their digest fits."""

import json
import os
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clusterscore.durable import digest_of
from clusterscore.errors import CheckFailed, NotFitted
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.record import FAILED, TRUSTED, Posterior, Run
from clusterscore.posterior.store import CURRENT, DRAWS, RUN
from tests.observations.association import snapshot
from tests.posterior import made
from tests.posterior.tiny import EDITION


def home(workspace: Workspace) -> Path:
    """Return the folder of the posteriors of the tiny function."""
    return workspace.posterior("tiny", EDITION)


def current(workspace: Workspace) -> str:
    """Return the id that later steps read."""
    return store.current_run(workspace, "tiny", EDITION).id


@pytest.mark.parametrize("name", ["fitted", "made"])
def test_what_is_loaded_is_what_was_saved(bare: Workspace, fitted: Posterior, name: str) -> None:
    """Draws, coordinates and record of a real fit and of one made by hand."""
    saved = made.posterior() if name == "made" else Posterior(fitted.draws, replace(fitted.run, status=TRUSTED))
    folder = store.save(bare, saved)
    loaded = store.load(bare, "tiny", EDITION)
    xr.testing.assert_equal(loaded.draws, saved.draws)
    digests = saved.run.digests | {"draws": digest_of(folder / DRAWS)}
    expected = replace(saved.run, digests=digests, standing=loaded.run.standing, weights=loaded.run.weights)
    assert loaded.run == Run(**json.loads(json.dumps(asdict(expected))))
    assert [row["unit"] for row in loaded.run.standing] == ([] if name == "made" else list("ABCDEFG"))
    if name == "fitted":
        believed = saved.flat("weight").mean(axis=0)
        np.testing.assert_allclose([row["mean"] for row in loaded.run.weights], believed, rtol=1e-6)


@given(
    values=arrays.arrays(
        np.float32,
        arrays.array_shapes(min_dims=3, max_dims=3, max_side=5),
        elements=st.floats(-(2.0**20), 2.0**20, width=32),
    )
)
def test_no_bit_of_a_draw_is_lost(values: np.ndarray) -> None:
    """Any shape, any number."""
    draws = xr.Dataset({"standing": (("chain", "draw", "cell"), values)})
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        store.save(workspace, made.posterior(draws))
        loaded = store.load(workspace, "tiny", EDITION)
    np.testing.assert_array_equal(loaded.draws["standing"].to_numpy(), values)
    flat = loaded.flat("standing")
    assert flat.dtype == np.float64
    np.testing.assert_array_equal(flat, values.reshape(-1, values.shape[2]))


def test_the_chains_are_joined_one_after_the_other() -> None:
    """However the dimensions are laid out."""
    posterior = made.posterior()
    turned = Posterior(posterior.draws.transpose("cell", "draw", "chain"), posterior.run)
    np.testing.assert_array_equal(turned.flat("standing"), posterior.flat("standing"))
    np.testing.assert_array_equal(posterior.flat("standing")[5:], posterior.draws["standing"].to_numpy()[1])


def test_a_stored_posterior_is_never_overwritten(bare: Workspace) -> None:
    """The same id again, with other draws: what was stored stands."""
    folder = store.save(bare, made.posterior())
    before = snapshot(folder)
    other = made.posterior()
    store.save(bare, Posterior(other.draws + 1.0, replace(other.run, created="2023-01-01T00:00:00+00:00")))
    assert snapshot(folder) == before


@pytest.mark.parametrize("broken", ["to_netcdf", "write_atomically", "rename"])
def test_what_could_not_be_written_whole_is_not_there_at_all(
    bare: Workspace, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """No folder, nothing temporary, and what was current still is."""
    store.save(bare, made.posterior(id="a" * 16))
    before = snapshot(home(bare))

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("no space left on device")

    target = {"to_netcdf": xr.Dataset, "write_atomically": store, "rename": Path}[broken]
    monkeypatch.setattr(target, broken, fail)
    with pytest.raises(OSError, match="no space left"):
        store.save(bare, made.posterior(id="b" * 16))
    assert snapshot(home(bare)) == before
    assert sorted(path.name for path in home(bare).iterdir()) == ["a" * 16, CURRENT]


def test_nothing_temporary_is_left(bare: Workspace) -> None:
    """A folder with two files, and the name of the current one beside it."""
    folder = store.save(bare, made.posterior())
    assert sorted(path.name for path in folder.iterdir()) == [DRAWS, RUN]
    assert sorted(path.name for path in home(bare).iterdir()) == [folder.name, CURRENT]


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_others_may_read_what_is_stored(bare: Workspace) -> None:
    """A folder made by ``mkdtemp`` could be opened by its owner alone."""
    folder = store.save(bare, made.posterior())
    assert folder.stat().st_mode & 0o055 == 0o055


def test_a_trusted_posterior_becomes_current(bare: Workspace) -> None:
    """The last one that was trusted."""
    for name in ("a" * 16, "b" * 16):
        store.save(bare, made.posterior(id=name))
        assert current(bare) == name


def test_a_failed_posterior_is_stored_and_never_becomes_current(bare: Workspace) -> None:
    """It can be looked at; later steps read the one before."""
    store.save(bare, made.posterior(id="a" * 16))
    folder = store.save(bare, made.posterior(id="b" * 16, status=FAILED))
    assert store.read_run(folder).status == FAILED
    assert (folder / DRAWS).is_file()
    assert current(bare) == "a" * 16


def test_where_all_failed_there_is_nothing_to_load(bare: Workspace) -> None:
    """The message says what to run."""
    store.save(bare, made.posterior(status=FAILED))
    with pytest.raises(NotFitted, match=f"clusterscore fit --function tiny --edition {EDITION}"):
        store.load(bare, "tiny", EDITION)


def test_a_stored_failure_never_becomes_current(bare: Workspace) -> None:
    """Not even where the same id is saved again as trusted: what is stored decides, since it is never overwritten."""
    store.save(bare, made.posterior(id="a" * 16))
    store.save(bare, made.posterior(id="b" * 16, status=FAILED))
    store.save(bare, made.posterior(id="b" * 16))
    assert store.current_run(bare, "tiny", EDITION).status == TRUSTED


def test_an_older_posterior_is_current_again_where_it_is_saved_again(bare: Workspace) -> None:
    """Where a correction is taken back the first question is asked again, and it was answered already."""
    for name in ("a" * 16, "b" * 16, "a" * 16):
        store.save(bare, made.posterior(id=name))
    assert current(bare) == "a" * 16


def test_editions_and_functions_do_not_touch_each_other(bare: Workspace) -> None:
    """Each has a current posterior of its own."""
    store.save(bare, made.posterior(id="a" * 16))
    store.save(bare, made.posterior(id="b" * 16, edition=EDITION + 1))
    store.save(bare, made.posterior(id="c" * 16, function="other"))
    assert current(bare) == "a" * 16


@given(data=st.data())
def test_one_edited_byte_of_the_draws_is_found(data: st.DataObject) -> None:
    """Wherever it is; the file and both digests are named."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        path = store.save(workspace, made.posterior()) / DRAWS
        content = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        with pytest.raises(CheckFailed) as failed:
            store.load(workspace, "tiny", EDITION)
    assert str(path) in str(failed.value)
    assert "SHA-256" in str(failed.value)


def test_another_digest_in_the_record_is_found(bare: Workspace) -> None:
    """The draws are those of the record or they are not opened."""
    folder = store.save(bare, made.posterior())
    record = json.loads((folder / RUN).read_text())
    record["digests"]["draws"] = "0" * 64
    (folder / RUN).write_text(json.dumps(record))
    with pytest.raises(CheckFailed):
        store.verify(folder, store.read_run(folder))


def test_draws_are_opened_as_they_were_stored(bare: Workspace) -> None:
    """Values, labels and the types of both, although the format knows neither text nor long integers."""
    stored = made.posterior()
    store.save(bare, stored)
    opened = store.load(bare, "tiny", EDITION).draws
    xr.testing.assert_allclose(opened, stored.draws.astype(np.float32))
    for name, labels in stored.draws.coords.items():
        assert opened.coords[name].dtype.kind == np.asarray(labels.to_numpy().tolist()).dtype.kind


@pytest.mark.parametrize("content", [b"\x80\x04N.", b"PK\x03\x04", b""], ids=["pickle", "zip", "nothing"])
def test_what_is_no_netcdf_is_not_opened_whatever_the_record_says(bare: Workspace, content: bytes) -> None:
    """T15: whoever changes the draws can change their digest, but nothing that is loaded here runs."""
    folder = store.save(bare, made.posterior())
    (folder / DRAWS).write_bytes(content)
    record = json.loads((folder / RUN).read_text())
    record["digests"]["draws"] = digest_of(folder / DRAWS)
    (folder / RUN).write_text(json.dumps(record))
    with pytest.raises(CheckFailed, match="E-POST-TYPE"):
        store.load(bare, "tiny", EDITION)


def test_the_record_is_readable_json(bare: Workspace) -> None:
    """Somebody without this program can read where a posterior comes from."""
    folder = store.save(bare, made.posterior())
    record = json.loads((folder / RUN).read_text(encoding="utf-8"))
    assert (record["function"], record["edition"], record["status"]) == ("tiny", EDITION, "trusted")
    assert set(record["digests"]) == {"function", "observations", "code", "draws"}
