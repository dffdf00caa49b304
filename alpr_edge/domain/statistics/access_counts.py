"""Counts what people did by the records of the access log: searches by purpose and offence, holds, exports, canvasses.

An access may leave several records: what is changed is on record before it is done, and once more with what came of it.
The pages of one search are one search. Nothing of a record is kept but digests, so that counting takes little memory.
"""

import hashlib
from collections import Counter
from datetime import datetime

from alpr_edge.domain.access_log.record_notes import EXPORTED_READS, NOT_DONE
from alpr_edge.domain.access_log.records import AccessOutcome, AccessRecord
from alpr_edge.domain.access_log.reports import EXPORTS
from alpr_edge.domain.statistics.periods import ReportPeriod

SEARCH_ACTIONS = frozenset({"search_reads", "look_back", "match_plate"})
"""Actions that look for a plate among reads or lists."""
HOLD_ACTIONS, RELEASE_ACTIONS = "hold_", "release_"
"""How the actions begin that keep reads from deletion, and that let them go."""
CANVASS_START = "start_canvass"
DISTINCT_MAX = 1_000_000
"""Most accesses that are told apart: 8 bytes of each are kept. More are counted record by record."""


class AccessTally:
    """Counts the records of a log that lie within some days."""

    def __init__(self, period: ReportPeriod) -> None:
        self._begin, self._end = period.span
        self.searches: Counter[tuple[str, ...]] = Counter()
        """By purpose and offence."""
        self.refused_searches = 0
        self.actions: Counter[tuple[str, ...]] = Counter()
        """Holds, releases, exports and canvasses, by action."""
        self.untimed_records = 0
        """Records whose time is not known; they are in no count."""
        self._seen: set[int] = set()
        self._repeated: set[int] = set()
        """Those of them that more than one record told of."""

    def add(self, record: AccessRecord) -> None:
        """Take the next record, in the order of the log."""
        is_search = record.action in SEARCH_ACTIONS
        if not (is_search or is_counted(record.action)):
            return
        moment = record.received.utc
        if moment is None:
            self.untimed_records += 1
        elif self._begin <= datetime.fromisoformat(moment) < self._end:
            self._add_search(record) if is_search else self._add_action(record)

    def _add_search(self, record: AccessRecord) -> None:
        if record.outcome is AccessOutcome.REFUSED:
            self.refused_searches += 1
        elif not record.note.startswith(NOT_DONE) and self._is_new(_search_digest(record)):
            self.searches[record.purpose, record.offence] += 1

    def _add_action(self, record: AccessRecord) -> None:
        names_reads = record.action.startswith(EXPORTS) and record.note.startswith(EXPORTED_READS)
        if record.outcome is AccessOutcome.REFUSED or names_reads:
            return
        digest = _access_digest(record)
        if not record.note.startswith(NOT_DONE):
            self._count_action(record.action, digest)
        elif digest in self._seen and digest not in self._repeated:
            self._seen.discard(digest)
            self.actions[record.action,] -= 1

    def _count_action(self, action: str, digest: int) -> None:
        """Count an access by its first record; one that has a second was done, whatever fails in the same moment."""
        if self._is_new(digest):
            self.actions[action,] += 1
        elif digest in self._seen:
            self._repeated.add(digest)

    def _is_new(self, digest: int) -> bool:
        """Whether an access was not counted yet."""
        if digest in self._seen:
            return False
        if len(self._seen) < DISTINCT_MAX:
            self._seen.add(digest)
        return True


def is_counted(action: str) -> bool:
    """Whether an action is a hold, a release of one, an export or the start of a canvass."""
    return action.startswith((HOLD_ACTIONS, RELEASE_ACTIONS, *EXPORTS)) or action == CANVASS_START


def _search_digest(record: AccessRecord) -> int:
    """The same for all pages of a search: the same person asks the same, for the same reason, in one session."""
    said = (record.purpose, record.offence, record.case)
    return _digest(record.person_id, record.session, record.action, record.query, record.whole_note, *said)


def _access_digest(record: AccessRecord) -> int:
    """The same for all records of an access: they have the moment in common at which it was asked for."""
    moment = record.happened.utc or ""
    return _digest(record.person_id, record.person, record.session, record.action, moment, *record.objects)


def _digest(*words: str) -> int:
    return int.from_bytes(hashlib.blake2b("\0".join(words).encode(), digest_size=8).digest())
