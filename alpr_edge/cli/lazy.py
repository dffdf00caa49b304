"""Groups whose commands are imported when one is used: help and completion of names load none of them."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from alpr_edge.cli.text_input import require_text
from alpr_edge.runtime.interrupts import end_at_once


@dataclass(frozen=True, slots=True)
class LazyTarget:
    """Where a command is, and its line in the help of its group."""

    target: str
    """``package.module:name`` of a function or of a Typer app."""
    summary: str
    """The first sentence of its help, without the full stop."""


class LazyCommand(TyperCommand):
    """A command or group in the list of its group that stands for the real one until it is used."""

    def __init__(self, name: str, target: LazyTarget) -> None:
        super().__init__(name, short_help=target.summary, callback=None, params=[])
        self._target = target

    def load(self) -> Any:  # noqa: ANN401 - a command or group of typer, which keeps their class to itself
        """Import the real command, which takes no text that is not UTF-8."""
        module, _, name = self._target.target.partition(":")
        with end_at_once():
            value = getattr(importlib.import_module(module), name)
        parent = typer.Typer(rich_markup_mode=None, add_completion=False)
        if isinstance(value, typer.Typer):
            parent.add_typer(value, name=self.name)
        else:
            parent.command(self.name)(value)
            parent.callback()(_nothing)
        command = cast("TyperGroup", typer.main.get_command(parent)).commands[str(self.name)]
        require_text(command)
        return command

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401 - of typer
        """Parse the arguments of the real command."""
        return self.load().make_context(info_name, args, parent=parent, **extra)


def lazy_app(
    commands: Mapping[str, LazyTarget],
    base: type[TyperGroup] = TyperGroup,
    **options: Any,  # noqa: ANN401 - those of Typer
) -> typer.Typer:
    """Make a Typer app of commands that are imported when one is used."""

    class LazyGroup(base):  # type: ignore[valid-type, misc] # chosen by the caller
        def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - of typer
            stand_ins = {name: LazyCommand(name, target) for name, target in commands.items()}
            super().__init__(**attributes | {"commands": stand_ins | attributes.get("commands", {})})

    app = typer.Typer(cls=LazyGroup, no_args_is_help=True, **options)
    keep_group: Callable[[Callable[[], None]], object] = app.callback()
    keep_group(_nothing)
    return app


def _nothing() -> None:
    """Do nothing before the command: the callback that makes an app a group."""
