"""A browser that prints page after page: Chromium, spoken to through a pipe in the protocol of its developer tools.

To start it takes as long as to print a page. Through a pipe no port is open, so that nobody else can speak to it, and
it ends when this process does. The protocol: https://chromedevtools.github.io/devtools-protocol/.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

_SECONDS: Final = 120
_PARTING: Final = 10
_FREE: Final = 5  # number from which no pipe takes the place of those that Chromium expects, 3 and 4
_BEGIN: Final = """
import os, sys
reading, writing, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
os.dup2(reading, 3)
os.dup2(writing, 4)
os.execv(program, sys.argv[3:])
"""
_PRINTED: Final = {"printBackground": True, "preferCSSPageSize": True, "generateTaggedPDF": True}
_SETTLED: Final = "document.fonts.ready.then(() => true)"


class NotPrinted(Exception):
    """The browser ended, does not answer, or says that it cannot."""


@contextlib.contextmanager
def press(program: str, options: Sequence[str]) -> Iterator[Press]:
    """Start a browser for as long as a block lasts.

    Parameters
    ----------
    program
        Path of Chromium.
    options
        Its options; not how it is spoken to.
    """
    (theirs_in, ours_out), (ours_in, theirs_out) = _pipe(), _pipe()
    words = [sys.executable, "-ISc", _BEGIN, str(theirs_in), str(theirs_out), program, *options]
    silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    own: Any = {"pass_fds": (theirs_in, theirs_out), **silent}
    process = subprocess.Popen([*words, "--remote-debugging-pipe"], **own)  # noqa: S603 - spelled out
    os.close(theirs_in)
    os.close(theirs_out)
    made = Press(ours_in, ours_out)
    try:
        yield made
        with contextlib.suppress(NotPrinted):
            made.ask("Browser.close")
    finally:
        os.close(ours_out)
        os.close(ours_in)
        try:
            process.wait(_PARTING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _pipe() -> tuple[int, int]:
    """Return the reading and the writing end of a pipe, numbered beyond those that have a meaning."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FREE) for end in ends)
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


class Press:
    """A browser at the other end of two pipes; messages are JSON, each ended by a zero byte."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._number, self._heard = 0, b""
        self._told: list[dict[str, Any]] = []

    def pdf(self, page: Path) -> bytes:
        """Return a page as it is printed.

        Raises
        ------
        NotPrinted
            Where it is not.
        """
        self._told.clear()
        tab = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = str(self.ask("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"])
        self.ask("Page.enable", session)
        self.ask("Page.navigate", session, url=page.resolve().as_uri())
        self._wait_for("Page.loadEventFired", session)
        self.ask("Runtime.evaluate", session, expression=_SETTLED, awaitPromise=True)
        printed = base64.b64decode(self.ask("Page.printToPDF", session, **_PRINTED)["data"])
        self.ask("Target.closeTarget", targetId=tab)
        return printed

    def ask(self, method: str, session: str = "", **params: object) -> dict[str, Any]:
        """Ask for something and return the answer; raises as :meth:`pdf`."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        message |= {"sessionId": session} if session else {}
        try:
            os.write(self._writing, json.dumps(message).encode() + b"\0")
        except OSError as error:
            raise NotPrinted(str(error)) from None
        while (told := self._next()).get("id") != self._number:
            self._told.append(told)
        if "error" in told:
            raise NotPrinted(f"{method}: {told['error']['message']}")
        answer: dict[str, Any] = told["result"]
        return answer

    def _wait_for(self, event: str, session: str) -> None:
        while not any((told.get("method"), told.get("sessionId")) == (event, session) for told in self._told):
            self._told.append(self._next())

    def _next(self) -> dict[str, Any]:
        """Return the next message."""
        while b"\0" not in self._heard:
            if not select.select([self._reading], [], [], _SECONDS)[0]:
                raise NotPrinted(f"no answer within {_SECONDS} s")
            heard = os.read(self._reading, 1 << 20)
            if not heard:
                raise NotPrinted("the browser ended")
            self._heard += heard
        message, _, self._heard = self._heard.partition(b"\0")
        told: dict[str, Any] = json.loads(message)
        return told
