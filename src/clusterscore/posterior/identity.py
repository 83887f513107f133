"""What a posterior depends on, and the id that follows: the same question has the same id and is answered once."""

from __future__ import annotations

import hashlib
import importlib.metadata
import inspect
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Literal

from clusterscore.model.evidence import concerning, observed_years
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.vocabulary import Channel

_PACKAGES: Final = ("pymc", "pytensor", "nutpie", "numba", "numpy", "arviz", "xarray")
_CODE: Final = ("model", "posterior", "observations")
_FURTHER: Final = 1_000_003  # apart from any seed that a person would choose next
_ROOT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Sampler:
    """Settings of the sampler; chains run in parallel.

    With ``laplace`` the posterior is approximated in seconds, for a first look: ``chains`` times ``draws`` of it are
    drawn, and nothing is published from them.

    A sampling that begins where another ended tunes for ``warm_tune`` steps and makes at most ``warm_draws``: in
    coordinates that fit, each is worth two or three.

    Draws that are only too few are joined by as many from further chains, until there are ``longer`` times as many.
    Where something else stood against them, that many are drawn anew, with twice the tuning and smaller steps.
    """

    chains: int = 4
    tune: int = 600
    warm_tune: int = 300
    draws: int = 1500
    warm_draws: int = 1000
    longer: int = 4
    seed: int = 1
    target_accept: float = 0.9
    careful_accept: float = 0.97
    cores: int = 2
    method: Literal["nuts", "laplace"] = "nuts"

    def further(self, number: int) -> Sampler:
        """Return the settings of further chains."""
        return replace(self, seed=self.seed + _FURTHER * number)

    def begun(self) -> Sampler:
        """Return the settings of a sampling that begins where another ended."""
        return replace(self, tune=self.warm_tune, draws=min(self.draws, self.warm_draws))

    def careful(self) -> Sampler:
        """Return the settings of draws that are made anew."""
        return replace(
            self,
            draws=self.draws * self.longer,
            warm_draws=self.warm_draws * self.longer,
            tune=2 * self.tune,
            warm_tune=2 * self.warm_tune,
            target_accept=self.careful_accept,
        )


def heard(
    function: Function, observations: Observations, edition: int, channel: Channel | None = None
) -> tuple[Observations, int | None]:
    """Return what counts for a posterior, and the first year of the base edition where one channel alone counts.

    The base edition is that of everything observed, so that what two channels say is on one scale.
    """
    seen = concerning(function, observations, edition)
    return (seen, None) if channel is None else (seen.alone(channel), observed_years(function, seen)[0])


def identify(
    function: Function,
    observations: Observations,
    edition: int,
    sampler: Sampler,
    start: int | None = None,
    *,
    model: str | None = None,
    warm: str | None = None,
) -> str:
    """Return the id of the posterior that these inputs give: a digest of all that the draws depend on.

    ``model`` is the digest of a researcher's own model, ``warm`` the id of the sampling from whose end this one began,
    where there is one.
    """
    content = [function.digest, observations.digest, edition, asdict(sampler), start, code_digest(), versions()]
    content += [part for part in (model, warm) if part]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def source_digest(model: Callable[..., object]) -> str:
    """Return a SHA-256 of the file in which a researcher's model stands."""
    return hashlib.sha256(Path(inspect.getfile(model)).read_bytes()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of the packages that draw."""
    return {name: importlib.metadata.version(name) for name in _PACKAGES}


def code_digest(rooms: Iterable[str] = _CODE) -> str:
    """Return a SHA-256 of the source of some rooms; as it stands, of what decides what is drawn."""
    total = hashlib.sha256()
    for room in rooms:
        for path in sorted((_ROOT / room).rglob("*.py")):
            total.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()
