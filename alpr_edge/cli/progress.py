"""The progress bar of commands: on a terminal's stderr, gone when the work is done, nothing in a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
