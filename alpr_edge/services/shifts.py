"""Sums up a shift, from a user's sign-in to "End of shift", and ends what lasts as long at the unit."""

from dataclasses import dataclass

from alpr_edge.access.authorisation.decisions import offered_operations
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.authorisation.sign_ins import SignInService
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import Person, SourcePermission
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.services.hits.mutes import UnitMutes
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.reads.hit_queries import hit_counts_since
from alpr_edge.store.reads.queries import read_count_since
from alpr_edge.store.unit_store import UnitStore


@dataclass(frozen=True, slots=True)
class ShiftSummary:
    """Counts of a shift, each None if it is unknown or the user may not see it."""

    read_count: int | None = None
    hit_count: int | None = None
    """Hits of lists that the user may see (policy 462.4(e)); covert hits are never counted in the car."""
    open_count: int | None = None
    """Hits among them that wait for an answer."""


class UnitShifts:
    """The shifts at a unit."""

    def __init__(self, store: UnitStore, lists: HotlistSettings, mutes: UnitMutes) -> None:
        self._store = store
        self._lists = lists
        self._mutes = mutes

    def summary(self, person: Person, profile: Profile, begun: Instant) -> ShiftSummary:
        """Return the counts of a shift: no more than its user may see.

        Raises:
            StoreError: the store cannot be read.
        """
        offered = offered_operations(profile, person, [Operation.SHOW_READS, Operation.SHOW_HIT])
        sees_reads = Operation.SHOW_READS in offered and SourcePermission.DEPARTMENT in person.sources
        with self._store.database.read() as connection:
            read_count = read_count_since(connection, begun) if sees_reads else None
            if Operation.SHOW_HIT not in offered:
                return ShiftSummary(read_count)
            counts = hit_counts_since(connection, begun)
        seen = [pair for source, *pair in counts if self._lists.permission_of(source) in person.sources]
        return ShiftSummary(read_count, sum(hits for hits, _ in seen), sum(waiting for _, waiting in seen))

    def end_if_last(self, sign_ins: SignInService, now: Instant) -> None:
        """End what lasts for a shift once no user with an open session is left at the unit to end it: a mute.

        Raises:
            StoreError: the unit cannot be asked at present.
        """
        if not sign_ins.has_open_session():
            self._mutes.end_unattended(now)
