"""All commands of the program, loaded, by their words."""

from collections.abc import Iterator
from typing import Any

import typer

from alpr_edge.cli import app
from alpr_edge.cli.lazy import LazyCommand

Words = tuple[str, ...]
Command = Any
"""A command or group of typer, which keeps their classes to itself."""


def commands() -> dict[Words, Command]:
    """Each command by its words; groups that do something by themselves are among them."""
    return dict(_below((), typer.main.get_command(app)))


def groups() -> dict[Words, Command]:
    """Each group by its words, the program itself among them."""
    return {words: command for words, command in _all((), typer.main.get_command(app)) if hasattr(command, "commands")}


def load_command(command: Command) -> Command:
    """The command itself, of one that is imported when it is used."""
    return command.load() if isinstance(command, LazyCommand) else command


def _below(words: Words, command: Command) -> Iterator[tuple[Words, Command]]:
    for each, command_path in _all(words, command):
        if not hasattr(command_path, "commands") or command_path.invoke_without_command:
            yield each, command_path


def _all(words: Words, command: Command) -> Iterator[tuple[Words, Command]]:
    yield words, command
    for name, child in getattr(command, "commands", {}).items():
        yield from _all((*words, name), load_command(child))
