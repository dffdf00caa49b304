"""Makes the entries of the access log that the unit itself writes."""

from alpr_edge.access.authorisation.callers import UNIT
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, record_moment
from alpr_edge.domain.instants import Instant


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
