"""The port of an access log: what appends to it does not know whether it is a unit's or the department's."""

from typing import Protocol

from alpr_edge.domain.access_log.changes import RecordedValues
from alpr_edge.domain.access_log.records import AccessEntry, AccessRecord
from alpr_edge.domain.instants import Instant


class RecordLog(Protocol):
    """Where records go."""

    def append(self, entry: AccessEntry, now: Instant) -> AccessRecord | None:
        """Append a record; on the disk when this returns, StoreError where it is not; None: it is only counted."""

    def values(self) -> RecordedValues:
        """What the records say is in force."""

    def digest(self, text: str) -> str:
        """What stands in a record in place of a secret or a plate."""
