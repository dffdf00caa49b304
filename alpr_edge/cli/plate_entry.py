"""Plates are typed or piped in, never given on a command line.

A command line is read by every user of the computer while the command runs (``/proc``), and sudo writes it to the
journal, which outlives the entry, the read and the list it was about.
"""

import sys
from typing import Annotated

import typer

from alpr_edge.cli.text_input import prompt, read_input_line
from alpr_edge.domain.errors import FeedError, SettingsError

LINE_CHARACTERS_MAX = 500
STANDARD_INPUT = "-"
PlateArgument = Annotated[
    str,
    typer.Argument(
        metavar="-",
        show_default=False,
        help="Leave out: the plate is asked for, or read from standard input.",
    ),
]
_ON_COMMAND_LINE = (
    "no plate on the command line: all users of this computer see it there and sudo writes it to the journal; leave it"
    " out and type it when asked, or pass it on standard input"
)


def typed_plate(argument: str, question: str) -> str:
    """The line that somebody types at a terminal, or the first of standard input."""
    if argument != STANDARD_INPUT:
        raise SettingsError([_ON_COMMAND_LINE])
    if sys.stdin.isatty():
        return prompt(question, err=True)
    line = read_line()
    if not line:
        raise FeedError("no plate on standard input; the first line must be the plate")
    return line


def read_line() -> str:
    """The next line of standard input without outer blanks; empty: it is blank, or there is none."""
    line = read_input_line(LINE_CHARACTERS_MAX + 1)
    if len(line) > LINE_CHARACTERS_MAX:
        raise FeedError(f"a line of standard input is not a plate: longer than {LINE_CHARACTERS_MAX} characters")
    return line.strip()
