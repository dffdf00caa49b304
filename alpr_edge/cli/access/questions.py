"""Asks for what was not given: at a terminal in words, else a line of standard input each.

Passwords and codes are never arguments: a command line is read by every user of the computer, and kept in histories.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from alpr_edge.cli.access.options import Statement
from alpr_edge.cli.text_input import prompt, read_input_line
from alpr_edge.domain.errors import AccessError

if TYPE_CHECKING:
    from alpr_edge.domain.permissions.profile import Profile

LINE_CHARACTERS_MAX = 2000


def is_terminal() -> bool:
    """Whether somebody sits there to be asked."""
    return sys.stdin.isatty()


def ask(question: str, *, hidden: bool = False) -> str:
    """The answer to a question: typed at a terminal, else the next line of standard input."""
    if is_terminal():
        return prompt(question, hide_input=hidden, default="", show_default=False, err=True).strip()
    line = read_input_line(LINE_CHARACTERS_MAX + 1)
    if not line:
        raise AccessError(f"no answer on standard input to: {question}")
    return line.strip("\r\n")


def complete_statement(stated: Statement, profile: Profile) -> Statement:
    """Ask at a terminal for what a purpose needs and was not given; elsewhere the refusal says what is missing."""
    from alpr_edge.domain.permissions.profile import Need

    if not is_terminal():
        return stated
    purpose, offence, case = stated.purpose, stated.offence, stated.case
    if not purpose:
        _list("purposes", {code: rule.words for code, rule in profile.purposes.items()})
        purpose = ask("Purpose")
    rule = profile.purposes.get(purpose)
    if rule is not None and rule.offence is Need.REQUIRED and not offence:
        _list("offenses", profile.offences)
        offence = ask("Offense")
    if rule is not None and rule.case is Need.REQUIRED and not case:
        case = ask(f"Case number ({' or '.join(profile.case_formats.formats)})")
    return Statement(purpose, offence, case, stated.break_glass)


def _list(what: str, words_of: Mapping[str, str]) -> None:
    typer.echo(f"{what}:", err=True)
    for code, words in words_of.items():
        typer.echo(f"  {code:24} {words}", err=True)
