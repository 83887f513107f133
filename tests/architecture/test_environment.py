"""One source of pins: pyproject.toml; the locks, environment.yml and bootstrap.py follow it."""

import re
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Environment, Marker, default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import bootstrap
from tools.environment import environment

LOCKS = ("requirements.lock", "requirements-lab.lock")
SYSTEMS = (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))
LINE = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)( ; (?P<marker>[^\\]+))? \\"
    r"|    --hash=sha256:[0-9a-f]{64}( \\)?"
    r"|    # via( [\w.:() -]+)?"
    r"|    #   [\w.:() -]+"
)
"""All that a line of a lock may be."""


@pytest.fixture(scope="module")
def pyproject(root: Path) -> dict[str, Any]:
    """Return the content of pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_conda_environment_is_the_generated_one(root: Path) -> None:
    """Who uses conda gets what the others get; make lock writes the file."""
    assert (root / "environment.yml").read_text(encoding="utf-8") == environment()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_pins_and_digests_and_no_address(root: Path, lock: str) -> None:
    """Where packages come from is a matter of the machine, not of the repository."""
    lines = (root / lock).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []


@pytest.mark.parametrize("minor", bootstrap.MINORS)
@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_pinned_once_and_within_its_range(
    root: Path, pyproject: dict[str, Any], lock: str, minor: str
) -> None:
    """A lock is never older than what pyproject.toml asks for, on any system and any Python that we support."""
    lab = pyproject["project"]["optional-dependencies"]["lab"] if lock == "requirements-lab.lock" else []
    wanted = [*pyproject["project"]["dependencies"], *pyproject["dependency-groups"]["dev"], *lab]
    pins = _pins(root / lock)
    for system, line in product(SYSTEMS, wanted):
        requirement = Requirement(line)
        machine = _machine(minor, *system)
        name = canonicalize_name(requirement.name)
        versions = [version for version, marker in pins[name] if not marker or Marker(marker).evaluate(machine)]
        assert len(versions) == 1, f"{line}: pinned as {versions} on {system[0]}, Python {minor}"
        assert requirement.specifier.contains(versions[0]), f"{line}: pinned as {versions[0]}"


def test_the_laboratory_only_adds_to_the_lock(root: Path) -> None:
    """With JupyterLab the numbers are computed by the same versions as without."""
    pins, lab = _pins(root / "requirements.lock"), _pins(root / "requirements-lab.lock")
    versions = {name: {version for version, _ in found} for name, found in lab.items()}
    assert {name for name, found in pins.items() if {version for version, _ in found} != versions.get(name)} == set()


def test_the_bootstrap_looks_for_the_pythons_that_the_package_supports(pyproject: dict[str, Any]) -> None:
    """The range stands twice, because bootstrap.py runs on Pythons that cannot read TOML."""
    assert pyproject["project"]["requires-python"] == bootstrap.SUPPORTED
    supported = {f"3.{minor}" for minor in range(30) if f"3.{minor}.0" in SpecifierSet(bootstrap.SUPPORTED)}
    assert set(bootstrap.MINORS) == supported


def _pins(lock: Path) -> dict[str, list[tuple[str, str | None]]]:
    """Return the versions of each package with the marker that selects each."""
    pins: dict[str, list[tuple[str, str | None]]] = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        found = LINE.fullmatch(line)
        if found and found["name"]:
            pins.setdefault(found["name"], []).append((found["version"], found["marker"]))
    return pins


def _machine(minor: str, platform: str, system: str, os_name: str) -> Environment:
    """Return what markers ask about, for a system other than this one."""
    machine = default_environment()
    machine.update(
        python_version=minor,
        python_full_version=f"{minor}.0",
        sys_platform=platform,
        platform_system=system,
        os_name=os_name,
    )
    return machine
