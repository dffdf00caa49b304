"""Lets an officer who may answer hits keep an entry quiet at this unit for their shift; each order is on record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.callers import live_session_ids
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.errors import DispositionError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.page_requests.quiet import QUIETED_MAX, EndOfQuiet, QuietOrder
from alpr_edge.domain.page_requests.request import PageRequest
from alpr_edge.domain.sessions.session import SessionLimits
from alpr_edge.domain.vehicle_alerts import EntryKey
from alpr_edge.services.hits.hit_views import HitViews
from alpr_edge.store.access.accounts import AccountStore
from alpr_edge.store.db.database import Database
from alpr_edge.store.requests.page_requests import add_request, quiet_entries, quiet_requests


@dataclass(frozen=True, slots=True)
class EntryQuiet:
    """Orders about one entry."""

    orders: tuple[PageRequest, ...] = ()
    """Oldest first."""
    in_force: PageRequest | None = None
    """The order that keeps it quiet; None: it sounds."""

    def is_waiting(self, now: Instant) -> bool:
        """Whether the unit has not answered the newest order yet."""
        return bool(self.orders) and self.orders[-1].answer is None and not self.orders[-1].is_too_late(now)


class EntryQuiets:
    """The quiet entries of a unit."""

    def __init__(
        self,
        database: Database,
        accounts: AccountStore,
        limits: SessionLimits,
        views: HitViews,
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._limits = limits
        self._views = views
        self._new_id = new_id

    def begin(self, authoriser: Authoriser, hit_id: str) -> None:
        """Order that the entry of a hit is quiet until the caller's session ends.

        Raises:
            AccessError: it is refused.
            DispositionError: there is no such hit, or too many entries are quiet.
            StoreError: the unit answers nothing at present.
        """
        self._order(authoriser, Operation.QUIET_ENTRY, QuietOrder(hit_id))

    def end(self, authoriser: Authoriser, hit_id: str) -> None:
        """Order that the entry of a hit sounds again; raises as :meth:`begin`."""
        self._order(authoriser, Operation.END_QUIET, EndOfQuiet(hit_id))

    def by_entry(self, now: Instant) -> Mapping[EntryKey, EntryQuiet]:
        """Return the orders of this boot by entry; one whose officer ended their shift is not in force."""
        with self._database.read() as connection:
            made = quiet_requests(connection, now.boot_id)
        if not made:
            return {}
        with self._accounts.reading() as rows:
            sessions = live_session_ids(rows, now, self._limits)
        in_force = {key: each for key, each in quiet_entries(made).items() if each.session in sessions}
        return {key: EntryQuiet(tuple(orders), in_force.get(key)) for key, orders in made.items()}

    def _order(self, authoriser: Authoriser, operation: Operation, content: QuietOrder | EndOfQuiet) -> None:
        purpose, subject = self._views.subject(authoriser, content.hit_id)
        with authoriser.access(operation, purpose, subject) as access:
            in_force = [each for each in self.by_entry(access.now).values() if each.in_force is not None]
            if isinstance(content, QuietOrder) and len(in_force) >= QUIETED_MAX:
                raise DispositionError(f"{QUIETED_MAX} entries are quiet already; let one of them sound again")
            actor = access.actor
            who = (actor.person_id, actor.name, actor.session_id)
            with self._database.write() as connection:
                add_request(connection, PageRequest(self._new_id(), content, *who, access.now))
