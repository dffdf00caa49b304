"""Turns what a command raises into one line on stderr and an exit code, at one place for all commands."""

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import typer
from typer.core import TyperGroup

from alpr_edge.domain.errors import AccessError, AlprEdgeError
from alpr_edge.runtime.interrupts import INTERRUPTED, InterruptGuard

PIPE_CLOSED = 141
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.ENAMETOOLONG})
"""Why even ``Path.exists`` raises: whoever looks whether a file is there may not tell by that."""


class ErrorHandlingGroup(TyperGroup):
    """The root of the command line: a deliberate error of any command ends as its line, an interrupt in silence."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - of what typer wraps, and keeps to itself
        """Parse the options before the command; the shell's completion is installed at that."""
        with _errors_as_exits():
            try:
                return list(super().parse_args(ctx, args))
            except OSError as error:
                if error.filename is None:
                    raise
                raise AlprEdgeError(
                    f"{os.fsdecode(error.filename)}: {error.strerror}; the completion is not installed there;"
                    " to keep it elsewhere: alpr-edge --show-completion"
                ) from None

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as above
        """Run the chosen command."""
        with _errors_as_exits():
            return super().invoke(ctx)


@contextmanager
def _errors_as_exits() -> Iterator[None]:
    try:
        yield
    except AlprEdgeError as error:
        _print_error(error)
        raise typer.Exit(error.exit_code) from None
    except typer.BadParameter as error:
        from alpr_edge.settings.validation_words import plain_words

        error.message = plain_words(error.message)
        raise
    except BrokenPipeError:
        # Before typer sees it, which would end with 1, the code of a deliberate error.
        _discard_output()
        raise typer.Exit(PIPE_CLOSED) from None
    except OSError as error:
        if not _is_forbidden_path(error):
            raise
        told = _forbidden_path_error(Path(os.fsdecode(error.filename)), error)
        _print_error(told)
        raise typer.Exit(told.exit_code) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def run_command_line(run: Callable[[], None]) -> None:
    """Run a program, of Typer or not; errors, and output that cannot be written, end in lines or in silence."""
    _escape_output()
    try:
        with InterruptGuard():
            run()
    except AlprEdgeError as error:
        _print_error(error)
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        # The reader of our output went away (``| head``): nobody is left to tell.
        _discard_output()
        raise SystemExit(PIPE_CLOSED) from None
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:
            raise
        _discard_output()
        sys.stderr.write("alpr-edge: the output could not be written: no space left; give it another place\n")
        raise SystemExit(1) from None


def _is_forbidden_path(error: OSError) -> bool:
    """Whether a path was asked for that this user may not enter or that no file can have, which is no fault of ours."""
    return error.errno in _FORBIDDEN and isinstance(error.filename, (str, bytes, os.PathLike))


def _forbidden_path_error(path: Path, error: OSError) -> AlprEdgeError:
    """What to tell of a path that may not be looked at: whose folder it lies in, where that is somebody else's."""
    for folder in reversed(path.absolute().parents):
        if os.access(folder, os.X_OK):
            continue
        with suppress(OSError):
            if folder.stat().st_uid != os.geteuid():
                return AccessError(
                    f"{path}: {error.strerror}; only the owner of {folder} or root may run this; run it as that user"
                )
        break
    return AlprEdgeError(f"{path}: {error.strerror}")


def _print_error(error: AlprEdgeError) -> None:
    try:
        for line in str(error).splitlines() or [type(error).__name__]:
            typer.echo(f"alpr-edge: {line}", err=True)
    except BrokenPipeError:
        _discard_output(sys.stderr)


def _escape_output() -> None:
    """Have the name of a file that is not UTF-8 printed with its bytes escaped, as stderr does; else printing fails."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _discard_output(stream: TextIO | None = None) -> None:
    """Send further output nowhere, what the interpreter flushes at its end included; None: standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), (stream or sys.stdout).fileno())
