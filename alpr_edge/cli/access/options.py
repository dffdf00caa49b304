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
        help="What it is for; left out: asked for at a terminal.",
        autocompletion=complete_purpose,
        show_default=False,
    ),
]
OffenceOption = Annotated[
    str,
    typer.Option("--offence", help="The offence, where the purpose asks for one.", autocompletion=complete_offence),
]
CaseOption = Annotated[str, typer.Option("--case", help="The case number, where the purpose asks for one.")]
BreakGlassOption = Annotated[
    str,
    typer.Option(
        "--break-glass",
        metavar="REASON",
        help="As root, when no account can be used: why. Asks who you are; it is loud, and on record.",
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
