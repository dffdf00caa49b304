"""Finds out for how long the department has not answered, and whether a certificate ends.

The uplink, which faces the network, writes both: the time of the department's newest answer into the database, and what
it knows of the link and the certificates into its health file.
"""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.deletion_dates import DepartmentDate
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Clock
from alpr_edge.runtime.health import current_health
from alpr_edge.services.unit_health.daemons import UPLINK
from alpr_edge.store.db.database import Database
from alpr_edge.store.outbox.oldest_item import OldestWaiting
from alpr_edge.store.retention.deletion_dates import department_date
from alpr_edge.uplink.uploader import Link

CONNECT_S = 900.0
"""Time after a start that the link may take: a car that stood for a weekend is not told of it before. Longer than the
uplink waits between two notes of an answer."""
_ENDED = "has expired"
"""In the uplink's line about a certificate that is over."""


class LinkWatch:
    """Looks when the department answered last.

    Args:
        longest_h: the longest time without an answer, in hours.
    """

    interval_s = 10.0

    def __init__(
        self,
        database: Database,
        clock: Clock,
        directory: Path,
        longest_h: float,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._oldest = OldestWaiting(database)
        self._clock = clock
        self._directory = directory
        self._longest = timedelta(hours=longest_h)
        self._seconds = seconds
        self._began_s = seconds()
        self._silence: timedelta | None = None
        self._is_refused = False

    def look(self) -> None:
        """Compare the time of the newest answer with the present; what cannot be read changes nothing."""
        health = current_health(self._directory, UPLINK)
        self._is_refused = health is not None and health.figures.get("link") == Link.UNAUTHORISED
        try:
            self._silence = self._silence_at(department_date(self._database), self._clock.now())
        except StoreError:
            return  # the database tells of itself

    def faults(self) -> list[Fault]:
        """That the department has not answered for too long."""
        silence, running_s = self._silence, self._seconds() - self._began_s
        if silence is None or silence <= self._longest or running_s < min(CONNECT_S, self._longest.total_seconds()):
            return []
        hours = f"{silence / timedelta(hours=1):.0f} hours"
        text = f"link: the department has not answered for {hours}"
        if self._is_refused:
            text = f"link: the department does not accept this unit, and has taken nothing for {hours}"
        return [Fault(FaultKind.LINK_DOWN, "link", text)]

    def _silence_at(self, answer: DepartmentDate | None, now: Instant) -> timedelta:
        """How long the department has been silent; without an answer ever, since the oldest item waits."""
        running = timedelta(seconds=self._seconds() - self._began_s)
        if answer is None:
            waiting_since = self._oldest.queued_utc()
            if waiting_since is None or now.trusted_utc is None:
                return running
            return max(running, now.trusted_utc - waiting_since)
        if answer.received_at.boot_id == now.boot_id:
            return timedelta(milliseconds=now.ms_since(answer.received_at))
        return running if now.trusted_utc is None else max(running, now.trusted_utc - answer.utc)


class CertificateEndWatch:
    """Looks what the uplink says of the certificates."""

    interval_s = 10.0

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lines: tuple[str, ...] = ()

    def look(self) -> None:
        """Read the uplink's health file; while it does not run, nothing is known."""
        health = current_health(self._directory, UPLINK)
        self._lines = () if health is None else tuple(map(str, health.figures.get("certificate_warnings", ())))

    def faults(self) -> list[Fault]:
        """A fault for each certificate that ends soon, has ended or is not renewed."""
        return [_certificate_fault(line) for line in self._lines]


def _certificate_fault(line: str) -> Fault:
    """A fault of a line, which begins with the certificate's name."""
    kind = FaultKind.CERTIFICATE_ENDED if _ENDED in line else FaultKind.CERTIFICATE_ENDING
    subject = re.split(" (?:has expired|expires|is not) ", line, maxsplit=1)[0]
    return Fault(kind, subject, line)
