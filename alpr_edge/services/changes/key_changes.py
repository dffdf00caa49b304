"""Records which keys a unit has, after some were made; a record holds digests that tell nothing of them."""

from pathlib import Path

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.services.changes.values_in_force import key_values


def record_keys(authoriser: Authoriser | None, directory: Path) -> None:
    """Record keys that were made.

    Args:
        authoriser: puts it on record; None: the unit has no log yet, and its first start records all.

    Raises:
        AccessError: the caller may not.
        StoreError: it is not on record.
    """
    if authoriser is not None:
        with authoriser.access(Operation.CREATE_KEYS) as access:
            access.changes = authoriser.changes_to(key_values(directory))
