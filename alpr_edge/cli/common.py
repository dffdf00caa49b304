"""What every command shares: the settings option, and who may see plates."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.cli.caller import caller
from alpr_edge.domain.access import ALL_PERMISSIONS, QUEUE_PERMISSIONS, Actor
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
DEFAULT_SETTINGS = Path("/etc/alpr-edge/alpr-edge.toml")
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def require_owner(directory: Path) -> Actor:
    """Let only the owner of the data folder or root see stored plates, until accounts exist (policy 462.6(a)).

    Returns:
        The caller, who may do everything.

    Raises:
        AccessError: the caller is neither, or there is no such folder.
    """
    try:
        owner = directory.stat().st_uid
    except OSError:
        raise AccessError(f"{directory}: no data folder there; is this the unit, and --settings its file?") from None
    if os.geteuid() not in {0, owner}:
        raise AccessError(f"only the owner of {directory} or root may see stored plates; run it as that user")
    name = caller()
    return Actor(name, name, ALL_PERMISSIONS)


def queue_actor() -> Actor:
    """Return the caller as one who may see and change the queue, which holds no plates in the open."""
    name = caller()
    return Actor(name, name, QUEUE_PERMISSIONS)


@contextmanager
def private_files() -> Iterator[None]:
    """Make new files readable by their owner alone while the block runs, as they hold plates."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
