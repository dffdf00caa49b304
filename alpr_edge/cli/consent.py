"""Asks before a command does what cannot be undone."""

from typing import Annotated

import typer

from alpr_edge.domain.errors import AlprEdgeError

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]


class NoConsentError(AlprEdgeError):
    """The person did not agree; nothing was changed."""


def require_consent(question: str, *, yes: bool) -> None:
    """Ask a question that only "y" answers; without a person at the terminal nobody agrees.

    Args:
        yes: whether the person agreed beforehand, with ``--yes``.
    """
    if yes:
        return
    try:
        agrees = typer.confirm(question, err=True)
    except (typer.Abort, UnicodeDecodeError):
        agrees = False
    if not agrees:
        raise NoConsentError("nothing was changed; answer y, or pass --yes to agree in advance")
