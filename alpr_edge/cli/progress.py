"""The progress bar of commands: on a terminal's stderr, gone when the work is done, nothing in a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import typer

from alpr_edge.cli.output import json_text

TOLD_EVERY_PERCENT = 5
Tell = Callable[[int, int], None]
"""Tells how much is done, and how much there is."""
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
def reads_progress(*, as_json: bool) -> Iterator[Tell]:
    """Show how many reads of a package are written: a bar on a terminal, or lines of JSON on stderr."""
    with package_progress(as_json=as_json) as (_, reads):
        yield reads


@contextmanager
def package_progress(*, as_json: bool) -> Iterator[tuple[Tell, Tell]]:
    """Show how many records of access logs were looked at, and how many reads are written; shown likewise."""
    if as_json:
        yield _teller("records"), _teller("reads")
        return
    with progress_bar("Reads") as show:
        yield partial(show, "Records"), partial(show, "Reads")


def _teller(noun: str) -> Tell:
    """Tells of things as lines of JSON on stderr."""
    told = -1

    def tell(done: int, total: int) -> None:
        nonlocal told
        percent = 100 * done // max(1, total)
        if percent // TOLD_EVERY_PERCENT != told or done == total:
            told = percent // TOLD_EVERY_PERCENT
            typer.echo(json_text({noun: done, "of": total}), err=True)

    return tell
