"""Print ``environment.yml``, the same environment for conda; ``make lock`` writes the file, a test compares it."""

from __future__ import annotations

import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"

TEMPLATE = """\
# Generated from pyproject.toml by `make lock`. Two steps, because pip refuses "-e ." beside requirements with digests:
#   conda env create -f environment.yml && conda activate clusterscore
#   pip install --no-deps --no-build-isolation -e .
name: {name}
channels:
  - conda-forge
dependencies:
  - python{python}
  - pip
  - pip:
      - -r requirements.lock
"""


def environment(project: Path = PROJECT) -> str:
    """Return the text of ``environment.yml``: conda brings Python and pip, the lock pins everything else."""
    metadata = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    return TEMPLATE.format(name=metadata["name"], python=metadata["requires-python"])


if __name__ == "__main__":
    print(environment(), end="")
