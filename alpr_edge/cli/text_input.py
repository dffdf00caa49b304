"""Text that somebody gives, as an argument or at standard input: what is not UTF-8 is refused before anything is done.

Python hands a stray byte on as half a character, which no database and no record takes: a command would fail halfway.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from alpr_edge.domain.errors import AlprEdgeError

_NOT_TEXT = "not UTF-8 text"
_Callback = Callable[[Any, Any, Any], Any]
"""What typer calls with a context, a parameter and its value; returns the value."""


def require_text(command: Any) -> None:  # noqa: ANN401 - a command or group of typer, which keeps their class to itself
    """Have a command and those below it refuse text arguments that are no text; the name of a file may be any bytes."""
    for parameter in command.params:
        parameter.callback = _text_check(parameter.callback)
    for child in getattr(command, "commands", {}).values():
        require_text(child)


def read_input_line(characters_max: int) -> str:
    """The next line of standard input with its end, or so many characters of it; empty: there is none."""
    with _text_alone():
        line = sys.stdin.readline(characters_max)
        line.encode()
    return line


def prompt(question: str, **options: Any) -> str:  # noqa: ANN401 - those of typer.prompt
    """What somebody types at a terminal."""
    with _text_alone():
        answer = str(typer.prompt(question, **options))
        answer.encode()
    return answer


@contextmanager
def _text_alone() -> Iterator[None]:
    try:
        yield
    except UnicodeError:
        raise AlprEdgeError(f"standard input: {_NOT_TEXT}") from None


def _text_check(callback: _Callback | None) -> _Callback:
    """The callback of a parameter, after a look at its value."""

    def check(context: Any, parameter: Any, value: Any) -> Any:  # noqa: ANN401 - of typer
        for text in value if isinstance(value, list | tuple) else (value,):
            if isinstance(text, str) and not _is_text(text):
                raise typer.BadParameter(_NOT_TEXT)
        return value if callback is None else callback(context, parameter, value)

    return check


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
