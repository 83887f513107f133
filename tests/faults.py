"""Calls to the system that fail, one after another: a full disk, a broken one, a write that is cut short."""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

_CHANGES = ("mkdir", "open", "fsync", "replace", "rename", "link", "unlink", "rmdir", "chmod")


class Fault(StrEnum):
    """What fails: calls that change something, for want of room; any call; or writes, half way."""

    FULL = "disk full"
    BROKEN = "input or output error"
    SHORT = "short write"


class Countdown:
    """Counts calls within a folder, and makes one of them fail.

    Attributes
    ----------
    left
        How many calls are still to come before the one that fails; below 1 once it has.
    """

    def __init__(self, folder: Path, number: int, fault: Fault) -> None:
        self.left, self.fault, self._folder = number, fault, str(folder)

    @property
    def code(self) -> int:
        """The error that is raised."""
        return errno.EIO if self.fault is Fault.BROKEN else errno.ENOSPC

    def concerns(self, target: Any) -> bool:
        """Whether a path, or an open file, lies in the folder."""
        if isinstance(target, int):
            target = Path(f"/proc/self/fd/{target}").readlink()
        return os.fsdecode(target).startswith(self._folder) if isinstance(target, str | bytes | os.PathLike) else False

    def due(self) -> bool:
        """Count one call; return whether it fails."""
        self.left -= 1
        return self.left == 0

    def fail(self) -> None:
        """Raise the error."""
        raise OSError(self.code, os.strerror(self.code))


class _Writing(io.FileIO):
    """An open file whose writes count; a write that is cut short leaves half."""

    countdown: Countdown

    def write(self, data: Any, /) -> int:
        """Write, or fail."""
        if self.countdown.due():
            if self.countdown.fault is Fault.SHORT:
                super().write(bytes(data)[: len(data) // 2])
            self.countdown.fail()
        return super().write(data)


@contextmanager
def failing(patch: pytest.MonkeyPatch, folder: Path, number: int, fault: Fault) -> Iterator[Countdown]:
    """Let the call of a number fail within; calls about files outside the folder do not count."""
    countdown = Countdown(folder, number, fault)
    with patch.context() as within:
        if fault is not Fault.SHORT:
            for name in _CHANGES:
                within.setattr(os, name, _counted(getattr(os, name), countdown))
        within.setattr(os, "fdopen", _counted_fdopen(os.fdopen, countdown))
        if fault is Fault.BROKEN:
            within.setattr(io, "open", _counted(io.open, countdown))
            within.setattr(builtins, "open", _counted(builtins.open, countdown))
        yield countdown


def _counted(call: Callable[..., Any], countdown: Countdown) -> Callable[..., Any]:
    def once(target: Any, *arguments: Any, **named: Any) -> Any:
        if (named.get("dir_fd") is not None or countdown.concerns(target)) and countdown.due():
            countdown.fail()
        return call(target, *arguments, **named)

    return once


def _counted_fdopen(call: Callable[..., Any], countdown: Countdown) -> Callable[..., Any]:
    def opened(descriptor: int, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if mode != "wb" or not countdown.concerns(descriptor):
            return call(descriptor, mode, *arguments, **named)
        raw = _Writing(descriptor, "wb")
        raw.countdown = countdown
        return io.BufferedWriter(raw)

    return opened
