"""Kernels that start in half a second: each is forked from one process that has imported what every page needs.

A real ipykernel in a fresh process for every notebook, so nothing leaks from one page to the next. Where the system
cannot fork (Windows), the ordinary kernel is started instead: slower, same outputs.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext, ForkServerContext
from multiprocessing.process import BaseProcess
from subprocess import Popen
from types import ModuleType
from typing import Any, Final, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

PRELOADED: Final = (
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "clusterscore.report"),
    *("IPython.core.debugger", "IPython.core.completerlib", "tornado.platform.asyncio", "pyarrow.pandas_compat"),
)
"""Imported once. Nothing that starts threads (numba, PyMC) may be among them."""

_context: ForkServerContext | None = None
_starting = threading.Lock()


def can_fork() -> bool:
    """Whether kernels can be forked: by this system, and by this process, since a daemon may have no children."""
    known = "forkserver" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
    return known and not multiprocessing.current_process().daemon


def processes() -> BaseContext:
    """Return how processes are started: forked from the one that has imported everything, where the system can."""
    return _forkserver() if can_fork() else multiprocessing.get_context("spawn")


def die_with_parent() -> None:
    """End this process as soon as the one that started it is gone, however that ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive_nobody, args=(parent.sentinel,), daemon=True).start()


def _outlive_nobody(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _forkserver() -> ForkServerContext:
    global _context  # noqa: PLW0603 - one server for the life of the process
    if _context is None:
        _context = multiprocessing.get_context("forkserver")
        _context.set_forkserver_preload(list(PRELOADED))
    return _context


def _run_kernel(arguments: list[str], folder: str | None, environment: dict[str, str]) -> None:
    gc.freeze()  # what was imported stays: looking through it would copy it
    os.setsid()
    die_with_parent()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)  # the kernel's greeting
    os.environ.clear()
    os.environ.update(environment)
    if folder:
        os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.modules.setdefault("debugpy", cast("ModuleType", None))  # nobody debugs a page; it takes long to import
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415 - imported before the fork, found here

    app = IPKernelApp.instance(log_level=40)
    app.initialize([*arguments, "--HistoryManager.enabled=False"])
    try:
        app.start()
    finally:
        os._exit(0)


@contextlib.contextmanager
def without_main() -> Iterator[None]:
    """Keep a new process from reading the caller's script again, which a script without a main guard would not bear."""
    with _starting:
        main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


class _ForkedProcess:
    """A forked process with the few methods that a provisioner expects of ``subprocess.Popen``."""

    stdin = stdout = stderr = None

    def __init__(self, process: BaseProcess) -> None:
        self._process, self.pid = process, process.pid

    def poll(self) -> int | None:
        return None if self._process.is_alive() else (self._process.exitcode or 0)

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self._process.pid or 0, number)

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()


class ForkProvisioner(LocalProvisioner):
    """Starts a kernel by forking instead of by running an interpreter."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Fork a kernel; ``cmd`` is used for its connection file only."""
        arguments = cmd[cmd.index("-f") :]
        environment = dict(options.get("env") or os.environ)
        process = _forkserver().Process(target=_run_kernel, args=(arguments, options.get("cwd"), environment))
        with without_main():
            process.start()
        self.process = cast("Popen[bytes]", _ForkedProcess(process))
        self.pid = self.pgid = process.pid
        return self.connection_info


class ForkKernelManager(AsyncKernelManager):
    """A kernel manager that forks, whatever the kernel specification says."""

    async def _async_pre_start_kernel(self, **options: Any) -> Any:
        if self.provisioner is None:
            self.kernel_id = self.kernel_id or options.pop("kernel_id", None) or os.urandom(8).hex()
            self.provisioner = ForkProvisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
        return await super()._async_pre_start_kernel(**options)
