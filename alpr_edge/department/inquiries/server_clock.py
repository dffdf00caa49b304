"""The clock of the department's server, which the department decides by everywhere."""

from datetime import UTC, datetime

from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.runtime.boot import boot_id, boottime_ns


class ServerClock:
    """Tells instants of this server; its UTC counts as confirmed, as a server is set by time servers.

    Certificates, rosters and deletions go by the same clock: were it wrong, ``department purge`` refuses.
    """

    def __init__(self) -> None:
        self._boot_id = boot_id()

    def now(self) -> Instant:
        """The present instant."""
        return Instant(self._boot_id, boottime_ns(), datetime.now(UTC), UtcSource.NTP)
