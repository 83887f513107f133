"""What only reads, reports or answers --help starts without the sampler."""

import subprocess
import sys

import pytest

SAMPLER = {"arviz", "arviz_stats", "numba", "nutpie", "pymc", "pytensor"}
LIGHT = (
    "clusterscore",
    "clusterscore.observations.ingest",
    "clusterscore.scores",
    "clusterscore.report",
    "clusterscore.advising",
    "clusterscore.accrediting",
    "clusterscore.steps",
    "clusterscore.cli",
    "clusterscore.correct",
)


@pytest.mark.parametrize("module", LIGHT)
def test_the_sampler_is_imported_only_where_something_is_sampled(module: str) -> None:
    """PyMC and its company take seconds to import."""
    assert _imported_by(module) & SAMPLER == set()


def test_the_package_itself_imports_no_pandas() -> None:
    """To ask for a version or a name costs nothing."""
    assert _imported_by("clusterscore") & {"numpy", "pandas"} == set()


def _imported_by(module: str) -> set[str]:
    """Return the packages that a fresh interpreter holds after importing a module."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())
