"""How long it will take: what the verbs tell, and a bar per stage on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

Progress = Callable[[str, float], None]
"""Told the stage and the share of it that is done."""


def silent(_stage: str, _share: float) -> None:
    """Tell nobody."""


@contextmanager
def bars(*, quiet: bool) -> Iterator[Progress]:
    """Yield a function that takes a stage's name and the share of it that is done, and draws one bar per stage.

    Bars go to standard error, so that standard output holds results only. What is over at once draws none.
    """
    with ExitStack() as stack:
        drawing: list[Progress] = []

        def told(stage: str, share: float) -> None:
            if not drawing:
                drawing.append(stack.enter_context(_drawn(quiet=quiet)))
            drawing[0](stage, share)

        yield told


@contextmanager
def _drawn(*, quiet: bool) -> Iterator[Progress]:
    from rich import progress as rich  # noqa: PLC0415 - most verbs are over before anything is drawn
    from rich.console import Console  # noqa: PLC0415 - as above

    columns = (
        rich.TextColumn("{task.description:<32}"),
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TimeElapsedColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True, quiet=quiet)) as progress:
        tasks: dict[str, rich.TaskID] = {}

        def told(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=1.0)
            progress.update(tasks[stage], completed=share)

        yield told
