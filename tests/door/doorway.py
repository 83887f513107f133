"""The real command, call after call, in processes of their own: started by test_corpus.py.

Reads calls from its input, one JSON document a line: ``words`` of the command line, ``output`` and ``messages``, the
files that take what it prints. For each it forks, so that modules are imported once, runs the command line as the
installed program does, and answers with one line: exit code, seconds, and megabytes at most.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from clusterscore import deciding, steps  # noqa: F401 - what `ingest` imports when it runs
from clusterscore.cli import main
from clusterscore.messages.catalogue import catalogue

PATIENCE = 60


def _run(words: list[str]) -> int:
    sys.argv = ["clusterscore", *words]
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - what the interpreter would print
        traceback.print_exc()
        return 1
    return 0


def _child(call: dict[str, Any], answer: int) -> None:
    signal.alarm(PATIENCE)
    for stream, path in ((1, call["output"]), (2, call["messages"])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    start = time.process_time()
    code = _run(call["words"])
    sys.stdout.flush()
    sys.stderr.flush()
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s*(\d+)", status.read_text()) if status.is_file() else None  # its own, not its parent's
    kilobytes = int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = {"code": code, "seconds": time.process_time() - start, "megabytes": kilobytes / 1024}
    os.write(answer, json.dumps(told).encode())


def run() -> None:
    """Answer one call after another; sentences are read once."""
    catalogue()
    for line in sys.stdin:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _child(json.loads(line), writing)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as told:
            answer = told.read()
        os.waitpid(pid, 0)
        sys.stdout.write((answer or '{"code": -1, "seconds": 0, "megabytes": 0}') + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    run()
