"""Functions compiled once on each machine: their code is kept on disk under a digest of all their sources.

Numba by itself looks only at the file of the function that is called: one changed in another file would go on in its
old form, without a word.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import numba

_numba: Any = numba  # its stubs take the decorated function for its result
_WITHIN: Final[Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_HERE: Final = Path(__file__).resolve().parent
SOURCES: Final = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(_HERE.glob("*.py")))).hexdigest()[:16]
"""Digest of everything in this folder."""


def compiled[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Return a function compiled by numba; it lets go of Python's lock, and dividing by zero gives infinity."""
    return _compiled(function)


def inner[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that only compiled ones can call: what takes arguments from Python takes long to compile."""
    return _compiled(function, **_WITHIN)


def vectorised[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Return an inner function whose sums and products may be taken in any order, several elements at a time."""
    return _compiled(function, fastmath={"reassoc", "contract"}, **_WITHIN)


def as_c(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return what compiles a function to one that C can call; its ``address`` says where it is."""
    return lambda function: _kept(lambda: _numba.cfunc(signature, cache=True, error_model="numpy")(function))


def _compiled[**P, R](function: Callable[P, R], **options: Any) -> Callable[P, R]:
    made: Callable[P, R] = _kept(lambda: _numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function))
    return made


def _kept(decorator: Callable[[], Any]) -> Any:
    """Run a decorator while numba's folder for compiled code is that of this version of the sources."""
    given = _numba.config.CACHE_DIR
    _numba.config.CACHE_DIR = str(_root() / SOURCES)
    try:
        return decorator()
    finally:
        _numba.config.CACHE_DIR = given


@cache
def _root() -> Path:
    """Return the first folder that may be written to: numba's own setting, beside the sources, or a temporary one."""
    places = (_numba.config.CACHE_DIR, _HERE / "__pycache__", Path.home() / ".cache" / "clusterscore")
    for place in (Path(place) for place in places if place):
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                return place
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="clusterscore-"))
