"""The access log for pages that are only opened: the same refusal of one session is on record once a minute.

Policy 462.6(a) wants each access by name, date and time, and a refused one tells who tried. Yet a browser loads a page
again by one key, and by itself when it is started: a thousand such refusals tell nothing that the first does not, and
records stay for years. So a page that is refused to a session again within a minute, for the same reason, adds none.
What was sent is on record each time, and so is whatever was allowed.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from alpr_edge.access.authorisation.record_log import RecordLog
from alpr_edge.domain.access_log.changes import RecordedValues
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, AccessRecord
from alpr_edge.domain.instants import Instant

AGAIN_S = 60.0
TRIES_MAX = 1000
"""Refusals that are known at a time; the oldest is forgotten first, and then has a record again."""


class PageTries:
    """The access log for whoever only opens pages; threads may share it.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, records: RecordLog, clock: Callable[[], float] = time.monotonic) -> None:
        self._records = records
        self._clock = clock
        self._lock = threading.Lock()
        self._known = OrderedDict[tuple[object, ...], float]()
        """When each refusal was put on record, the oldest first."""

    def append(self, entry: AccessEntry, now: Instant) -> AccessRecord | None:
        """Append a record; None of a refusal that is on record from within the last minute."""
        if entry.outcome is AccessOutcome.ALLOWED or not entry.session:
            return self._records.append(entry, now)
        said = entry.query, entry.purpose, entry.offence, entry.case, entry.note, entry.corners
        key = (entry.session, entry.action, entry.objects, *said, entry.reason)
        if self._is_known(key):
            return None
        record = self._records.append(entry, now)
        with self._lock:
            self._known[key] = self._clock()
            if len(self._known) > TRIES_MAX:
                self._known.popitem(last=False)
        return record

    def values(self) -> RecordedValues:
        """What the records say is in force."""
        return self._records.values()

    def digest(self, text: str) -> str:
        """What stands in a record in place of a secret or a plate."""
        return self._records.digest(text)

    def _is_known(self, key: tuple[object, ...]) -> bool:
        with self._lock:
            while self._known and next(iter(self._known.values())) <= self._clock() - AGAIN_S:
                self._known.popitem(last=False)
            return key in self._known
