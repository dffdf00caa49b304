"""What every command shares: the settings option, and who owns the unit's data."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.domain.errors import AccessError

SettingsOption = Annotated[
    Path,
    typer.Option(
        "--settings",
        envvar="ALPR_EDGE_SETTINGS",
        help="The unit's settings file.",
        show_default=True,
    ),
]
NUMBER_MAX = 2**63 - 1
"""Largest number that a record can have: databases keep it in 64 bits with its sign."""
DEFAULT_SETTINGS = Path("/etc/alpr-edge/alpr-edge.toml")
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def is_owner(directory: Path) -> bool:
    """Whether the owner of the unit's data folder or root runs this; where there is no folder yet, anybody does."""
    try:
        return os.geteuid() in {0, directory.stat().st_uid}
    except FileNotFoundError:
        return True
    except OSError:
        return False


def require_owner(directory: Path) -> None:
    """Let only the owner of the data folder or root see how the unit stands; no plate is shown for that alone."""
    if not is_owner(directory):
        raise AccessError(f"only the owner of {directory} or root may run this; run it as that user")
    if not directory.exists():
        raise AccessError(f"{directory}: no data folder there; is this the unit, and --settings its file?")


@contextmanager
def private_files() -> Iterator[None]:
    """Make new files readable by their owner alone while the block runs, as they hold plates."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
