"""A clock for stages that wait for days."""

from datetime import UTC, datetime, timedelta

from alpr_edge.domain.instants import Instant, UtcSource


class LaterClock:
    """A trusted clock of some days from now."""

    def __init__(self, days: int) -> None:
        self.ahead = timedelta(days=days)

    def now(self) -> Instant:
        """The present instant, later."""
        return Instant("boot-2", 10**9, datetime.now(UTC) + self.ahead, UtcSource.GNSS, 5.0)
