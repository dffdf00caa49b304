"""What is noted beside a published list: who published it, and what the check of its feed found."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from alpr_edge.domain.protocol.payload import Payload

AUTHOR_CHARACTERS_MAX = 200


class PublicationRecord(Payload):
    """The note on one published list; it holds no plate."""

    by: Annotated[str, Field(max_length=AUTHOR_CHARACTERS_MAX)]
    """A login as ``login:NAME``, or a person's name."""
    sha256: str
    """Of the feed as it is handed out."""
    entries: int | None = None
    """Of the list with this feed; None: it was not checked, likewise all that follow."""
    added: int | None = None
    removed: int | None = None
    changed: int | None = None
    rejected: int | None = None
    """Lines of the feed that were not understood."""
    issued: datetime | None = None
    """When its maker made it; None also where it does not say."""
    is_signed: bool = False
    """Whether its maker's signature was checked."""
