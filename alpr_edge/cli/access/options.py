"""The options by which every command that shows or changes anything of a plate says what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from alpr_edge.domain.permissions.profile import Profile


def _profile() -> Profile:
    """The profile whose words are completed: that of the unit's settings, else the one that is the default."""
    import os
    from pathlib import Path

    from alpr_edge.cli.common import DEFAULT_SETTINGS
    from alpr_edge.domain.errors import SettingsError
    from alpr_edge.settings import load
    from alpr_edge.settings.policy import PolicySettings
    from alpr_edge.settings.profiles import load_profile

    try:
        policy = load(Path(os.environ.get("ALPR_EDGE_SETTINGS", DEFAULT_SETTINGS))).policy
    except SettingsError:
        policy = PolicySettings()
    return load_profile(policy)


def complete_purpose(incomplete: str) -> list[tuple[str, str]]:
    """The purposes that begin so, with their words."""
    purposes = _profile().purposes
    return [(code, rule.words) for code, rule in purposes.items() if code.startswith(incomplete)]


def complete_offence(incomplete: str) -> list[tuple[str, str]]:
    """The offences that begin so, with their words."""
    return [(code, words) for code, words in _profile().offences.items() if code.startswith(incomplete)]


PurposeOption = Annotated[
    str,
    typer.Option(
        "--purpose",
        help="Purpose of the access; asked for at a terminal if omitted.",
        autocompletion=complete_purpose,
        show_default=False,
    ),
]
OffenceOption = Annotated[
    str,
    typer.Option("--offense", help="The offense, if the purpose requires one.", autocompletion=complete_offence),
]
CaseOption = Annotated[str, typer.Option("--case", help="The case number, if the purpose requires one.")]
BreakGlassOption = Annotated[
    str,
    typer.Option(
        "--break-glass",
        metavar="REASON",
        help="As root, if no account can be used: the reason. Asks for your name; raises an alarm and is recorded.",
    ),
]


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody said that a command is for, as it was typed."""

    purpose: str = ""
    offence: str = ""
    case: str = ""
    break_glass: str = ""
    """Why no account can be used; empty: an account is used."""
