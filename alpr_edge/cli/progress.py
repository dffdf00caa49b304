"""The progress bar of commands: on a terminal's stderr, gone when the work is done, nothing in a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from alpr_edge.cli.output import json_text

TOLD_EVERY_PERCENT = 5
Show = Callable[[str, int, int | None], None]
"""Shows what is worked on, how much of it is done, and how much there is; None: not known."""


@contextmanager
def progress_bar(description: str, total: int | None = None) -> Iterator[Show]:
    """Show a bar while the work inside goes on."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(description, total=total)
        yield lambda name, done, total: progress.update(task, description=name, completed=done, total=total)


@contextmanager
def reads_progress(*, as_json: bool) -> Iterator[Callable[[int, int], None]]:
    """Show how many reads of a package are written: a bar on a terminal, or lines of JSON on stderr."""
    if not as_json:
        with progress_bar("Reads") as show:
            yield lambda done, total: show("Reads", done, total)
        return
    told = -1

    def tell(done: int, total: int) -> None:
        nonlocal told
        percent = 100 * done // max(1, total)
        if percent // TOLD_EVERY_PERCENT != told or done == total:
            told = percent // TOLD_EVERY_PERCENT
            typer.echo(json_text({"reads": done, "of": total}), err=True)

    yield tell
