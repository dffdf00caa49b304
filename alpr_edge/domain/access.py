"""Who asks for something of a plate, and what for (policy 462.6): what every use case takes before it touches data."""

from dataclasses import dataclass
from enum import StrEnum

from alpr_edge.domain.errors import AccessError


class Permission(StrEnum):
    """What an actor may do."""

    SEE_PLATES = "see_plates"
    """Show stored reads, and look plates up."""
    EDIT_ENTRIES = "edit_entries"
    """Add and remove an officer's entries."""
    SEE_COVERT = "see_covert"
    """Show covert entries, which no screen of the car shows."""
    MANAGE_LISTS = "manage_lists"
    """Import, roll back and drop lists, and dismiss refused feeds."""
    HOLD_READS = "hold_reads"
    """Keep reads from deletion, and release them."""
    SEE_QUEUE = "see_queue"
    """Show what waits for the department; no plates."""
    CHANGE_QUEUE = "change_queue"
    """Send what was refused again."""
    SEE_LOG = "see_log"
    """Verify the access log, and show records of it."""
    REVIEW_LOG = "review_log"
    """Note that a week of the access log was reviewed."""
    SALVAGE_DATABASES = "salvage_databases"
    """Save what can be read of damaged databases, end their alarm, and delete them once all came over."""


ALL_PERMISSIONS = frozenset(Permission)
QUEUE_PERMISSIONS = frozenset({Permission.SEE_QUEUE, Permission.CHANGE_QUEUE})


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who uses the unit."""

    person_id: str
    name: str
    """As it stands on record."""
    permissions: frozenset[Permission]
    agency: str = ""
    roles: frozenset[str] = frozenset()
    session_id: str = ""
    """Empty: no session, as on the command line."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What an actor wants the data for."""

    code: str
    offence: str | None = None
    case: str | None = None
    note: str = ""


AUDIT = Purpose("audit")
"""The purpose of commands about the access log."""
MAINTENANCE = Purpose("maintenance")
"""The purpose of commands run by the owner of the data folder."""


def authorise(actor: Actor, purpose: Purpose, permission: Permission) -> None:
    """Check that an actor has a permission and states a purpose.

    Raises:
        AccessError: the actor may not, or the purpose has no code.
    """
    if permission not in actor.permissions:
        raise AccessError(f"{actor.name} lacks the permission {permission}; ask the owner of the unit")
    if not purpose.code:
        raise AccessError("no purpose was given; say what the data is for")
