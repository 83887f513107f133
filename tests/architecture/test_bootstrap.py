"""The first command that anybody runs finds a Python that works, and does nothing twice."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

GOOD, OLD, SHIM = "echo cpython 3.13 0", "echo cpython 3.11 0", "echo command not found >&2; exit 127"


@pytest.fixture
def checkout(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty checkout whose machine has no Python at all but the one that runs this test, which is refused."""
    place = tmp_path / "checkout"
    place.mkdir()
    shutil.copy(root / "bootstrap.py", place)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr("sys.executable", str(tmp_path / "nowhere"))
    return place


@pytest.fixture
def bootstrap(checkout: Path) -> ModuleType:
    """Return bootstrap.py, loaded from that checkout."""
    spec = importlib.util.spec_from_file_location("bootstrap_of_checkout", checkout / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_broken_shim_hides_no_python_behind_it(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shims of pyenv stand first on PATH and fail where their version is not chosen."""
    _program(tmp_path / "path" / "python3.13", SHIM)
    expected = _program(tmp_path / "behind" / "python3.13", GOOD)
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:{tmp_path / 'behind'}")
    assert bootstrap.find_python() == str(expected)


def test_a_python_that_is_too_old_is_passed_over(bootstrap: ModuleType, tmp_path: Path) -> None:
    """The system's python3 runs bootstrap.py; the environment needs a newer one."""
    _program(tmp_path / "path" / "python3", OLD)
    expected = _program(tmp_path / "pyenv" / "versions" / "3.13.0" / "bin" / "python3", GOOD)
    assert bootstrap.find_python() == str(expected)


def test_the_latest_patch_of_the_best_minor_comes_first(bootstrap: ModuleType, tmp_path: Path) -> None:
    """Versions are compared as numbers, not as text."""
    versions = ["3.13.9", "3.12.99", "3.13.10"]
    programs = {name: _program(tmp_path / "pyenv" / "versions" / name / "bin" / "python3", GOOD) for name in versions}
    assert bootstrap.find_python() == str(programs["3.13.10"])


def test_uv_is_asked_last(bootstrap: ModuleType, tmp_path: Path) -> None:
    """Where uv knows a Python, that one is taken."""
    expected = _program(tmp_path / "of uv" / "python3", GOOD)
    _program(tmp_path / "path" / "uv", f"echo '{expected}'")
    assert bootstrap.find_python() == str(expected)


def test_without_any_python_the_message_says_what_to_install(bootstrap: ModuleType, tmp_path: Path) -> None:
    """A user is told what to do, and sees why uv could not help."""
    _program(tmp_path / "path" / "uv", "echo no network >&2; exit 2")
    with pytest.raises(bootstrap.Failed, match=r"(?s)no network.*pyenv install"):
        bootstrap.find_python()


def test_a_step_is_done_once_and_again_when_its_source_changed(bootstrap: ModuleType, checkout: Path) -> None:
    """A repeated make setup does only what changed."""
    _environment(checkout)
    source, done = checkout / "some.lock", []
    for content in ("one", "one", "two"):
        source.write_text(content)
        bootstrap.step("some", source, lambda: done.append(source.read_text()))
    assert done == ["one", "two"]


def test_an_interrupted_step_is_done_again(bootstrap: ModuleType, checkout: Path) -> None:
    """A half-made environment never passes for a whole one."""
    _environment(checkout)
    source, done = checkout / "some.lock", []
    source.write_text("one")

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bootstrap.step("some", source, interrupted)
    bootstrap.step("some", source, lambda: done.append("again"))
    assert done == ["again"]


def test_a_linked_environment_is_left_alone(
    bootstrap: ModuleType, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A developer may link .venv to an environment that others use too."""
    (tmp_path / "shared").mkdir()
    (checkout / ".venv").symlink_to(tmp_path / "shared")
    monkeypatch.setattr("sys.argv", ["bootstrap.py"])
    assert bootstrap.main() == 0
    assert list((tmp_path / "shared").iterdir()) == []


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def _environment(checkout: Path) -> None:
    _program(checkout / ".venv" / "bin" / "python", GOOD)
    (checkout / ".venv" / "pyvenv.cfg").write_text("version = 3.13.0\n")
