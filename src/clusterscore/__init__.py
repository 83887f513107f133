"""Bayesian measurement of the competitiveness of business clusters: from raw files to a published edition.

The six steps, each a subpackage that imports only from those before it:

``raw``           files exactly as received
``observations``  one validated record per observation
``model``         what we assume: the function document, its priors, the PyMC model
``posterior``     what we believe now: draws, diagnostics, storage
``scores``        what we publish: scores, ranks, weights, verdicts
``report``        what a reader sees: pages and editions

The verbs act on a :class:`Workspace`; the command line calls the same ones. A documented reconstruction: no formula
of any association is public, and none is claimed.
"""

from __future__ import annotations

from typing import Any

from clusterscore.paths import Workspace

_VERBS = ("new", "ingest", "fit", "score", "render", "publish", "ask", "status")
_CORRECTIONS = ("update", "history", "explain", "at")

__all__ = [
    "Workspace",
    "ask",
    "at",
    "check",
    "explain",
    "fit",
    "forecast",
    "history",
    "ingest",
    "new",
    "publication",
    "publish",
    "render",
    "score",
    "simulate",
    "skill",
    "status",
    "update",
]


def __getattr__(name: str) -> Any:
    """Import a verb when it is first used, so that importing the package stays cheap."""
    if name in _VERBS:
        from clusterscore import steps  # noqa: PLC0415 - imports pandas

        return getattr(steps, name)
    if name in _CORRECTIONS:
        from clusterscore import correct  # noqa: PLC0415 - imports pandas

        return getattr(correct, name)
    if name in {"forecast", "skill"}:
        from clusterscore import forecasting  # noqa: PLC0415 - imports pandas

        return getattr(forecasting, name)
    if name == "simulate":
        from clusterscore import inventing  # noqa: PLC0415 - imports pandas

        return inventing.simulate
    if name == "publication":
        from clusterscore import publishing  # noqa: PLC0415 - imports Jupyter

        return publishing.publication
    if name == "check":
        from clusterscore import audit  # noqa: PLC0415 - imports pandas

        return audit.check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
