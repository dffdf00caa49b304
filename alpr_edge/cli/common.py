"""What every command shares: the settings option, who may see plates, and one-line errors."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from alpr_edge.domain.errors import AccessError, AlprEdgeError

SettingsOption = Annotated[
    Path,
    typer.Option(
        "--settings",
        envvar="ALPR_EDGE_SETTINGS",
        help="The unit's settings file.",
        show_default=True,
    ),
]
DEFAULT_SETTINGS = Path("/etc/alpr-edge/alpr-edge.toml")
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def fail(error: AlprEdgeError) -> NoReturn:
    """End the command with the error's line on stderr and its exit code."""
    for line in str(error).splitlines() or [type(error).__name__]:
        typer.echo(f"alpr-edge: {line}", err=True)
    raise typer.Exit(error.exit_code)


def require_owner(directory: Path) -> None:
    """Let only the owner of the data folder or root see stored plates, until accounts exist (policy 462.6(a)).

    Raises:
        AccessError: the caller is neither, or there is no such folder.
    """
    try:
        owner = directory.stat().st_uid
    except OSError:
        raise AccessError(f"{directory}: no data folder there; is this the unit, and --settings its file?") from None
    if os.geteuid() not in {0, owner}:
        raise AccessError(f"only the owner of {directory} or root may see stored plates; run it as that user")


@contextmanager
def private_files() -> Iterator[None]:
    """What is written inside is its owner's alone: it holds plates."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def guarded(run: Callable[[], None]) -> None:
    """Run the command line; a deliberate error ends as one line, an interrupt as silence."""
    try:
        run()
    except AlprEdgeError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"alpr-edge: {line}\n")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        # The reader of our output went away (``| head``): nobody is left to tell.
        _leave_output()
        raise SystemExit(141) from None
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:
            raise
        _leave_output()
        sys.stderr.write("alpr-edge: the output could not be written: no space left; give it another place\n")
        raise SystemExit(1) from None


def _leave_output() -> None:
    """Let nothing more go to where output cannot go, not at the interpreter's end either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
