"""Make ``.venv``, the environment that everything here runs in; ``make setup`` calls this.

Standard library only, on any Python >= 3.9, because it runs before anything is installed. The environment itself needs
a newer Python: one on PATH, one of pyenv's versions, or one that uv brings. Nothing outside the checkout is written.

Each step leaves a stamp in ``.venv`` with the digest of what it was made from. The stamp is written last, so that a
step that was interrupted is done again and a step that was finished is not.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

SUPPORTED = ">=3.12,<3.15"  # a test holds it against pyproject.toml
MINORS = ("3.13", "3.12", "3.14")  # best first

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BROUGHT = ROOT / ".venv-python"  # Pythons that uv brought
LOCK, LAB_LOCK, PROJECT = ROOT / "requirements.lock", ROOT / "requirements-lab.lock", ROOT / "pyproject.toml"

ADVICE = """\
no Python 3.12, 3.13 or 3.14 (CPython, with its venv module) was found, and uv could not bring one.
Install one and try again, for example with one of
  apt install python3.13-venv      brew install python@3.13      pyenv install 3.13"""

# A free-threaded build is refused: the compiled packages have no wheels for it.
PROBE = """\
import ensurepip, sys, sysconfig, venv
print(sys.implementation.name, "%d.%d" % sys.version_info[:2], sysconfig.get_config_var("Py_GIL_DISABLED") or 0)"""

# Settings of the caller that would break the environment or put files elsewhere. Some images forbid bytecode, and
# without it every import of PyMC takes ten seconds more.
DROPPED = {"PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "PIP_PREFIX", "PIP_TARGET", "PIP_USER"}


class Failed(Exception):
    """A step went wrong; the message says all there is to know."""


def main() -> int:
    """Bring ``.venv`` up to date and return the exit code."""
    parser = argparse.ArgumentParser(description="Make .venv from requirements.lock.")
    parser.add_argument("--lab", action="store_true", help="install JupyterLab as well and register the kernel")
    options = parser.parse_args()
    if VENV.is_symlink():  # somebody's own arrangement, possibly shared: emptying it is not ours to do
        say(f".venv is a link to {VENV.resolve()}: used as it is")
        return 0
    try:
        step("environment", LOCK, make_environment)
        step("package", PROJECT, install_package)
        if options.lab:
            step("lab", LAB_LOCK, install_lab)
    except Failed as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    say(".venv is ready")
    return 0


def step(name: str, source: Path, work: Callable[[], None]) -> None:
    """Do a piece of work, unless its stamp says that it was done from the same source."""
    stamp = VENV / f".{name}.stamp"
    if is_done(stamp, source):
        return
    stamp.unlink(missing_ok=True)
    work()
    stamp.write_text(digest(source))


def is_done(stamp: Path, source: Path) -> bool:
    """Whether a step was finished with the same source, and the Python that it was made with is still there."""
    try:
        return venv_program("python").exists() and stamp.read_text() == digest(source)
    except FileNotFoundError:
        return False


def digest(source: Path) -> str:
    """Digest of a file and of what else a stamp depends on: the Python, and the place, which scripts spell out."""
    facts = [source.read_bytes(), os.fsencode(ROOT), (VENV / "pyvenv.cfg").read_bytes()]
    return hashlib.sha256(b"\0".join(facts)).hexdigest()


def make_environment() -> None:
    """Make ``.venv`` anew with exactly what the lock pins: updating it would leave what is no longer pinned."""
    python = find_python()
    say(f".venv: made with {python}")
    run(python, "-m", "venv", "--clear", VENV)
    install_pins(LOCK)


def install_pins(lock: Path) -> None:
    """Install what a lock pins, each file checked against its digest."""
    pins = len(re.findall(r"^\S+==", lock.read_text(encoding="utf-8"), flags=re.MULTILINE))
    say(f".venv: installing from {lock.name}, up to {pins} packages; about a minute")
    pip("--require-hashes", "-r", lock)


def install_package() -> None:
    """Install this package editable; its build backend is in the lock, so nothing unpinned is fetched."""
    say(".venv: installing clusterscore, editable")
    pip("--no-build-isolation", "-e", ROOT)


def install_lab() -> None:
    """Add JupyterLab, and a kernel that is known inside ``.venv`` only."""
    install_pins(LAB_LOCK)
    say(".venv: registering the kernel clusterscore")
    name = ("--name", "clusterscore", "--display-name", "clusterscore")
    run(venv_program("python"), "-m", "ipykernel", "install", "--sys-prefix", *name)


def find_python() -> str:
    """Return the first Python that works, looked for from the cheapest place to the dearest."""
    for python in chain(on_path(), installed(), through_uv()):
        if works(python):
            return python
    raise Failed(ADVICE)


def on_path() -> Iterator[str]:
    """Every candidate of every folder: a shim of pyenv may stand, broken, before a Python that works."""
    for name in [f"python{minor}" for minor in MINORS] + ["python3"]:
        for folder in os.get_exec_path():
            found = shutil.which(name, path=folder)
            if found:
                yield found
    yield sys.executable


def installed() -> Iterator[str]:
    """Versions that pyenv installed, whichever of them it has on PATH, and what uv brought before."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser()
    for minor in MINORS:
        versions = chain(pyenv.glob(f"versions/{minor}.*"), BROUGHT.glob(f"cpython-{minor}.*"))
        for version in sorted(versions, key=patch, reverse=True):
            yield str(version / "bin" / "python3")


def patch(version: Path) -> list[int]:
    """Return the numbers of a version, so that 3.13.10 comes after 3.13.9."""
    return [int(number) for number in re.findall(r"\d+", version.name)]


def through_uv() -> Iterator[str]:
    """Ask uv for a Python, and pip for uv where it is missing."""
    uv = shutil.which("uv")
    if uv:
        yield from brought_by(uv)
        return
    say("no Python 3.12-3.14 found: fetching uv, which can bring one")
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".venv-uv-") as folder:
        try:
            run(sys.executable, "-m", "venv", folder)
            run(venv_program("python", folder), "-m", "pip", "install", "--no-cache-dir", "uv")
        except Failed as error:
            raise Failed(f"{error}\n{ADVICE}") from None
        yield from brought_by(venv_program("uv", folder))


def brought_by(uv: str | Path) -> Iterator[str]:
    """Yield a Python that uv knows already, then one that it fetches into the checkout."""
    find = (uv, "python", "find", "--no-cache", "--no-project", "--system", SUPPORTED)
    inside = {"UV_PYTHON_INSTALL_DIR": str(BROUGHT), "UV_PYTHON_INSTALL_BIN": "0"}
    try:
        yield run(*find).strip()
    except Failed:
        say(f"uv: fetching Python {MINORS[0]} into {BROUGHT.name}")
    try:
        run(uv, "python", "install", "--no-cache", MINORS[0], **inside)
        yield run(*find, **inside).strip()
    except Failed as error:
        raise Failed(f"{error}\n{ADVICE}") from None


def works(python: str) -> bool:
    """Whether an interpreter starts, has a version that we support and can make an environment (not out of itself)."""
    if VENV in Path(python).parents:
        return False
    try:
        answer = run(python, "-c", PROBE)
    except Failed:
        return False
    return answer.strip() in {f"cpython {minor} 0" for minor in MINORS}


def pip(*arguments: str | Path) -> None:
    """Install into ``.venv``: no dependencies, since the lock names them all, and no cache in the home folder."""
    run(venv_program("python"), "-m", "pip", "install", "--no-deps", "--no-cache-dir", *arguments)


def venv_program(name: str, venv: str | Path = VENV) -> Path:
    """Return where an environment keeps a program."""
    return Path(venv, "Scripts", f"{name}.exe") if os.name == "nt" else Path(venv, "bin", name)


def run(*command: str | Path, **settings: str) -> str:
    """Run a command and return what it printed; where it fails, that is the error."""
    words = [str(word) for word in command]
    environment = {name: value for name, value in os.environ.items() if name not in DROPPED} | settings
    try:
        done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Failed(f"{words[0]}: {error}") from None
    if done.returncode:
        raise Failed(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


def say(line: str) -> None:
    """Print one line at once, also where the output is a file."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
