"""How fast a fit is against the same model in other hands: ``pm.sample()``, numpyro and Stan.

Two associations drawn from the model (:mod:`rivals.workloads`) are fitted, each by one process at a time. What counts
is the smallest bulk ESS of the function over all clusters and years, per second of the **whole process**: start,
compilation, sampling (and, of ours, the diagnostics that decide whether more is drawn). All begin with empty caches,
each samples 4 chains on 2 cores with its own defaults; the rivals have environments of their own (``.venv-rivals``,
made here, not counted).

A rival that is not done after ``--limit`` seconds is stopped. How long it would have taken follows from the share of
its iterations that were done, and it is granted as many effective draws per draw as the best of the others had: both
are marked ``~``; one that had hardly begun has no rate. Same posterior: of the last year's function the largest
distance of means (in posterior standard deviations), the range of the ratios of standard deviations, and the largest
|z| by the Monte Carlo errors of both.

Run alone: ``python benchmarks/fit.py``; it takes as long as the limit allows, up to eight times. The last line holds
ratios of our rate to theirs, the smaller of both workloads.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from arviz_stats.base import array_stats
from rivals.stan_data import stan_data
from rivals.workloads import WORKLOADS, Workload, function, invent, observations

from clusterscore.model.design import make_design

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ENVIRONMENTS = ROOT / ".venv-rivals"
OURS, WARM, STAN = "clusterscore", "clusterscore again", "Stan"
ENOUGH = 0.05  # share of its iterations from which on it can be said how long a rival would have taken
N_DRAWS = 4000  # of a rival with its defaults: 4 chains of 1,000
RIVALS = {"pm.sample()": "pymc", "numpyro": "numpyro"}


@dataclass(frozen=True)
class Outcome:
    """What one process came to; ``share`` of its iterations were done when it ended or was stopped."""

    seconds: float
    share: float
    peak_gib: float
    draws: np.ndarray | None
    note: str


def smallest_ess(draws: np.ndarray) -> float:
    """Return the smallest bulk ESS over all cells of draws, dims (chain, draw, cell)."""
    return float(np.min(array_stats.ess(draws, chain_axis=0, draw_axis=1)))


def environment(name: str, python: str | Path = sys.executable) -> Path:
    """Return the Python of a rival's own environment, made where it is not there yet."""
    folder = ENVIRONMENTS / name
    done = folder / "complete"
    if not done.exists():
        print(f"making {folder.relative_to(ROOT)}", flush=True)
        subprocess.run([python, "-m", "venv", folder], check=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", HERE / "rivals" / f"{name}.txt"], check=True)
        done.touch()
    return folder / "bin" / "python"


def python_for_stan() -> Path:
    """Return a Python 3.12: the code that httpstan 4.17 generates does not load in 3.13."""
    versions = sorted((Path.home() / ".pyenv" / "versions").glob("3.12*/bin/python3.12"))
    found = versions[-1] if versions else shutil.which("python3.12")  # on PATH pyenv has a stand-in that may not run
    if found is None:
        raise SystemExit("Stan needs Python 3.12: on PATH as python3.12, or among pyenv's versions")
    return Path(found)


def run(command: list[str | Path], draws: Path, caches: Path, limit: float) -> Outcome:
    """Run one process to its end or the limit."""
    variables = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(HERE), str(ROOT / "src")]),
        "PYTENSOR_FLAGS": f"base_compiledir={caches / 'pytensor'}",
        "NUMBA_CACHE_DIR": str(caches / "numba"),
        "XDG_CACHE_HOME": str(caches),
        "XLA_FLAGS": "--xla_force_host_platform_device_count=4",
        "OMP_NUM_THREADS": "1",
    }
    log = draws.with_suffix(".log")
    started = time.perf_counter()
    with log.open("wb") as words:
        process = subprocess.Popen(
            command, env=variables, stdout=words, stderr=words, start_new_session=True, cwd=draws.parent
        )  # where Stan leaves what it builds
        stopped, usage = False, None
        while usage is None:
            ended, status, found = os.wait4(process.pid, os.WNOHANG)
            usage = found if ended else None
            if usage is None and not stopped and time.perf_counter() - started > limit:
                os.killpg(process.pid, signal.SIGKILL)
                stopped = True
            time.sleep(0.05)
    seconds = time.perf_counter() - started
    peak = usage.ru_maxrss / 2**20
    said = log.read_text(encoding="utf-8", errors="replace")
    if stopped:
        return Outcome(seconds, progress(said), peak, None, "stopped")
    if os.waitstatus_to_exitcode(status):
        return Outcome(seconds, 0.0, peak, None, said.strip().splitlines()[-1][:90] if said.strip() else "failed")
    with np.load(draws) as kept:
        return Outcome(seconds, 1.0, peak, kept["function"].astype(float), str(kept["note"]))


def progress(said: str) -> float:
    """Return the share of its iterations that a process has reported; several bars count by their mean."""
    bars = re.findall(r"chain (\d+): +(\d+)%", said)
    if bars:  # numpyro: one bar for each chain
        latest = {chain: int(percent) for chain, percent in bars}
        return sum(latest.values()) / 400.0
    counts = re.findall(r"(\d+)/(\d+)", said)
    return int(counts[-1][0]) / int(counts[-1][1]) if counts else 0.0


def apart(ours: np.ndarray, others: np.ndarray) -> str:
    """Say how far another's posterior is from ours; both dims (chain, draw, cell)."""
    mean = [draws.mean(axis=(0, 1)) for draws in (ours, others)]
    sd = [draws.std(axis=(0, 1)) for draws in (ours, others)]
    error = [array_stats.mcse(draws, chain_axis=0, draw_axis=1) for draws in (ours, others)]
    distance, ratio = np.abs(mean[0] - mean[1]), sd[1] / sd[0]
    z = distance / np.hypot(*error)
    return f"means {np.max(distance / sd[0]):.2f} sd, sd x {ratio.min():.2f} to {ratio.max():.2f}, |z| {z.max():.1f}"


def measure(name: str, workload: Workload, limit: float, folder: Path) -> dict[str, float]:
    """Run all on one workload, print their rows, and return the rate of each in ESS per second."""
    invent(workload, files := folder / name)
    design = make_design(function(), observations(workload, files))
    data = folder / f"{name}.json"
    data.write_text(json.dumps(stan_data(design)), encoding="utf-8")
    last = np.flatnonzero(np.asarray(design.years)[design.cell_year] == workload.edition)
    plain, stan = environment("pymc"), environment("stan", python_for_stan())
    commands: dict[str, tuple[list[str | Path], str]] = {
        OURS: ([sys.executable, "-m", "rivals.ours", name, files], "ours"),
        WARM: ([sys.executable, "-m", "rivals.ours", name, files], "ours"),
        **{title: ([plain, "-m", "rivals.plain", sampler, name, files], sampler) for title, sampler in RIVALS.items()},
        STAN: ([stan, "-m", "rivals.stan", data], "stan"),
    }
    print(f"\n{name}: {workload.title}", flush=True)
    print(f"{'':20}{'seconds':>9}{'ESS':>8}{'ESS/s':>9}{'GiB':>6}  same posterior as ours", flush=True)
    rates: dict[str, float] = {}
    per_draw: list[float] = []
    ours: np.ndarray | None = None
    for title, (command, cache) in commands.items():
        draws = folder / f"{name}-{title.replace(' ', '-')}.npz"
        patience = float("inf") if cache == "ours" else limit
        found = run([*command, draws], draws, folder / f"cache-{name}-{cache}", patience)
        if found.draws is not None:
            ess, seconds, mark = smallest_ess(found.draws), found.seconds, ""
            per_draw.append(ess / found.draws[..., 0].size)
            words = found.note if ours is None else f"{apart(ours, found.draws[..., last])}; {found.note}"
            ours = found.draws[..., last] if ours is None else ours
        elif found.share >= ENOUGH and per_draw:
            ess, seconds, mark = N_DRAWS * max(per_draw), found.seconds / found.share, "~"
            words = f"stopped after {found.seconds:.0f} s with {found.share:.1%} of its iterations done"
        else:
            print(f"{title:20}{found.seconds:9.0f}{'-':>8}{'-':>9}{found.peak_gib:6.1f}  {found.note}", flush=True)
            continue
        rates[title] = ess / seconds
        row = f"{mark}{seconds:.0f}", f"{mark}{ess:.0f}", f"{mark}{ess / seconds:.2f}"
        print(f"{title:20}{row[0]:>9}{row[1]:>8}{row[2]:>9}{found.peak_gib:6.1f}  {words}", flush=True)
    return rates


def main() -> None:
    """Measure both workloads and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=600.0, help="seconds after which a rival is stopped")
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=WORKLOADS)
    parser.add_argument("--keep", type=Path, help="folder for draws and logs; without it they are thrown away")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = (options.keep or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        rates = [measure(name, WORKLOADS[name], options.limit, folder) for name in options.workloads]
    vs_stan = min(ratio(rate, [STAN]) for rate in rates)
    vs_best = min(ratio(rate, RIVALS) for rate in rates)
    print(f"\nvs_stan={vs_stan:.1f} vs_best_other={vs_best:.1f}")


def ratio(rates: dict[str, float], others: Iterable[str]) -> float:
    """Return our rate over the best of others; not a number where we, or all of them, came to nothing."""
    known = [rates[title] for title in others if title in rates]
    return rates.get(OURS, np.nan) / max(known, default=np.nan)


if __name__ == "__main__":
    main()
