"""Makes the entries of the access log that the services themselves write."""

from dataclasses import dataclass

from alpr_edge.domain.access import Actor, Purpose
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, record_moment
from alpr_edge.domain.instants import Instant

COMMAND_LINE = "command_line"
UNIT = "unit"
"""Who acts where nobody asked: the unit itself."""


@dataclass(frozen=True, slots=True)
class AccessAction:
    """What is done, and to what."""

    name: str
    component: str = COMMAND_LINE
    objects: tuple[str, ...] = ()
    shown: int = 0
    """Number of objects shown."""
    shown_bytes: int = 0
    note: str = ""


def allowed_entry(actor: Actor, purpose: Purpose, action: AccessAction, now: Instant) -> AccessEntry:
    """The entry of an access that is allowed."""
    return AccessEntry(
        person_id=actor.person_id,
        person=actor.name,
        organisation=actor.agency,
        session=actor.session_id,
        component=action.component,
        action=action.name,
        objects=action.objects,
        purpose=purpose.code,
        offence=purpose.offence or "",
        case=purpose.case or "",
        note=action.note or purpose.note,
        outcome=AccessOutcome.ALLOWED,
        shown=action.shown,
        shown_bytes=action.shown_bytes,
        happened=record_moment(now),
    )


def unit_entry(component: str, action: str, now: Instant) -> AccessEntry:
    """The entry of something that the unit does by itself, such as its start."""
    return AccessEntry(
        person_id="",
        person=UNIT,
        component=component,
        action=action,
        purpose="maintenance",
        outcome=AccessOutcome.ALLOWED,
        happened=record_moment(now),
    )
