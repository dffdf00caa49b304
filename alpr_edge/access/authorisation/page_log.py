"""The access log as a page writes to it: refusals of whoever is not signed in get few records of their own.

Records stay for years, and a log that is full shows nothing to anybody. So of one address some refusals in ten minutes
are on record each, of all addresses together ten times as many, and the rest as one record that counts them. What only
somebody with the right password can bring about is always on record, and so is the lock of an account.
"""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from alpr_edge.access.attempts import SignInOutcome
from alpr_edge.access.authorisation.callers import Caller, login_actor
from alpr_edge.access.authorisation.record_log import RecordLog
from alpr_edge.access.authorisation.record_texts import LOCKED_NOW, record_sentence, record_word
from alpr_edge.domain.access_log.changes import RecordedValues
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, AccessRecord, record_moment
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.permissions.decision import DecisionReason
from alpr_edge.runtime.network.rate_limit import WrongTries, subscriber_network

# The access log for pages that are only opened: the same refusal of one session is on record once a minute.
#
# Policy 462.6(a) wants each access by name, date and time, and a refused one tells who tried. Yet a browser loads a
# page again by one key, and by itself when it is started: a thousand such refusals tell nothing that the first does
# not, and records stay for years. So a page that is refused to a session again within a minute, for the same reason,
# adds none. What was sent is on record each time, and so is whatever was allowed.

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


ADDRESS_RECORDS_MAX = 30
"""Records of refusals that one address gets within :data:`WINDOW_S`."""
RECORDS_MAX = 300
"""Those that all addresses get: on the network of a car one computer may take many."""
WINDOW_S = 600.0
ADDRESSES_NAMED_MAX = 8
ACTIONS_NAMED_MAX = 4
_LAST = "more refusals of this address are counted in one record"
"""What the last refusal of an address says that has a record of its own: a power cut may take the count."""
SUMMED = "refusals_summed"
"""The action of a record that counts refusals."""
_BY_ANYBODY = frozenset(
    {
        *(SignInOutcome.NOTICE, SignInOutcome.NO_ROSTER, SignInOutcome.ROSTER_EXPIRED, SignInOutcome.CLOCK_UNKNOWN),
        *(SignInOutcome.UNKNOWN, SignInOutcome.LOCKED, SignInOutcome.WRONG_PASSWORD, SignInOutcome.WRONG_PASSKEY),
        *(SignInOutcome.PROVIDER, SignInOutcome.NO_SESSION, DecisionReason.SESSION_ENDED),
    }
)
"""Reasons of refusals that need no right password, passkey or session."""
_OF_A_PASSWORD = frozenset({SignInOutcome.WRONG_CODE, SignInOutcome.CODE_USED})
"""Reasons that need a right password. They count like a wrong one: the bound may not tell that it was right."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Sum:
    """Refusals that have no record of their own."""

    component: str
    begun_s: float
    addresses: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)

    def add(self, network: str, action: str) -> None:
        self._add_address(network, 1)
        self.actions[action] += 1

    def add_later(self, later: "_Sum") -> None:
        """Count those in that were counted after these."""
        for network, count in later.addresses.items():
            self._add_address(network, count)
        self.actions += later.actions

    def _add_address(self, network: str, count: int) -> None:
        is_named = network in self.addresses or len(self.addresses) < ADDRESSES_NAMED_MAX
        self.addresses[network if is_named else "others"] += count

    def entry(self, now: Instant, span_s: float) -> AccessEntry:
        """The record that counts them."""
        addresses, actions = (
            ", ".join(f"{name} {count}" for name, count in counts.most_common(most))
            for counts, most in ((self.addresses, ADDRESSES_NAMED_MAX + 1), (self.actions, ACTIONS_NAMED_MAX))
        )
        actor = login_actor(self.component)
        return AccessEntry(
            person_id=actor.person_id,
            person=actor.name,
            component=self.component,
            action=SUMMED,
            purpose="none",
            note=record_sentence(
                f"{self.actions.total()} more refusals of whoever was not signed in, within {span_s:.0f} s;"
                f" by address: {addresses}; by action: {actions}"
            ),
            outcome=AccessOutcome.REFUSED,
            reason="summed",
            address=record_word(next(iter(self.addresses)) if len(self.addresses) == 1 else ""),
            happened=record_moment(now),
        )


class PageLog:
    """The access log for the services of a page; threads may share it.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, records: RecordLog, clock: Callable[[], float] = time.monotonic) -> None:
        self._records = records
        self._clock = clock
        self._lock = threading.Lock()
        self._of_addresses = WrongTries(ADDRESS_RECORDS_MAX, WINDOW_S, clock)
        self._of_all = WrongTries(RECORDS_MAX, WINDOW_S, clock)
        self._sum: _Sum | None = None
        self._tries = PageTries(self, clock)

    def of(self, caller: Caller) -> RecordLog:
        """The log as a caller's accesses go on record: a page that is only opened is refused once a minute on it."""
        return self._tries if caller.is_view else self

    def append(self, entry: AccessEntry, now: Instant) -> AccessRecord | None:
        """Append a record, or count it among those that get one together, which this is None of.

        Raises:
            StoreError: it is not on record: nothing may be shown.
        """
        reason, _, more = entry.reason.partition("; ")
        if entry.outcome is AccessOutcome.ALLOWED or entry.session or reason not in _BY_ANYBODY | _OF_A_PASSWORD:
            return self._records.append(entry, now)
        network = subscriber_network(entry.address)
        with self._lock:
            if self._is_bounded(network):
                if reason in _BY_ANYBODY and more != LOCKED_NOW:
                    self._count(network, entry)
                    return None
            elif self._is_last(network):
                log.warning("access_log.refusals_bounded", address=network, component=entry.component)
                note = "; ".join(part for part in (_LAST, entry.note) if part)
                entry = entry.model_copy(update={"note": record_sentence(note)})
        return self._records.append(entry, now)

    def values(self) -> RecordedValues:
        """What the records say is in force."""
        return self._records.values()

    def digest(self, text: str) -> str:
        """What stands in a record in place of a secret or a plate."""
        return self._records.digest(text)

    def wait_s(self, address: str) -> float:
        """Seconds until a refusal of an address gets a record of its own again; 0: the next one does."""
        return self._of_addresses.wait_s(subscriber_network(address))

    def write_sum(self, now: Instant, *, is_end: bool = False) -> None:
        """Put the refusals that were counted on record, once their ten minutes are over; where that fails, they wait.

        The log may be busy for seconds. Refusals are counted on meanwhile, and whoever calls this may wait so long.
        """
        with self._lock:
            counted = self._sum
            if counted is None:
                return
            span_s = self._clock() - counted.begun_s
            if span_s < WINDOW_S and not is_end:
                return
            self._sum = None
        entry = counted.entry(now, span_s)
        try:
            self._records.append(entry, now)
        except StoreError as error:
            log.error("access_log.refusals_not_summed", reason=str(error), counted=entry.note)
            self._put_back(counted)

    def _put_back(self, counted: _Sum) -> None:
        """Have refusals wait for the next sum, with those that were counted since."""
        with self._lock:
            if self._sum is not None:
                counted.add_later(self._sum)
            self._sum = counted

    def _is_bounded(self, network: str) -> bool:
        return self._of_addresses.wait_s(network) > 0 or self._of_all.wait_s("") > 0

    def _is_last(self, network: str) -> bool:
        """Note a refusal that gets its record; whether the next of the address does not."""
        self._of_addresses.note(network)
        self._of_all.note("")
        return self._is_bounded(network)

    def _count(self, network: str, entry: AccessEntry) -> None:
        self._sum = self._sum or _Sum(entry.component, self._clock())
        self._sum.add(network, entry.action)
