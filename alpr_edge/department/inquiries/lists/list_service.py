"""Shows and publishes hotlists for those who may manage them, each on record (policy 462.4(e), 462.6).

No plate is in it: a feed is told by its counts, and a line that was rejected by its number.
"""

from collections.abc import Collection

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.publishing.feed_check import FeedCheck, FeedToPublish
from alpr_edge.department.publishing.list_publisher import ListPublisher
from alpr_edge.department.publishing.list_state import ListStanding
from alpr_edge.domain.errors import DepartmentError


class ListService:
    """Shows lists and publishes feeds for people, as far as they may; threads may share it."""

    def __init__(self, publisher: ListPublisher) -> None:
        self._publisher = publisher

    def standings(self, authoriser: Authoriser) -> list[ListStanding]:
        """Every list."""
        with authoriser.access(Operation.SHOW_LISTS) as access:
            standings = self._publisher.standings()
            access.show(tuple(each.source for each in standings))
            return standings

    def standing(self, authoriser: Authoriser, source: str) -> ListStanding:
        """One list; raises as :meth:`standings`, and DepartmentError where there is none of this name."""
        with authoriser.access(Operation.SHOW_LISTS, subject=AccessSubject((source,))) as access:
            standing = self._publisher.standing(source)
            access.show((source,))
            return standing

    def check(self, authoriser: Authoriser, feed: FeedToPublish) -> FeedCheck:
        """Check a feed before it is published; raises as :meth:`standings`, and DepartmentError where it is refused."""
        subject = AccessSubject((feed.source,), note=f"check of a feed: {feed.change.value}")
        with authoriser.access(Operation.SHOW_LISTS, subject=subject) as access:
            check = self._publisher.check(feed)
            if check is None:
                raise DepartmentError(
                    f"{feed.source}: cannot be checked: department.toml has no [[feed]] with this name; add it"
                )
            access.show((feed.source,))
            return check

    def publish(self, authoriser: Authoriser, feed: FeedToPublish, check: FeedCheck) -> int:
        """Publish a feed that was checked; returns its serial; raises as :meth:`check`."""
        note = f"{feed.change.value}: {check.added} added, {check.removed} removed, {check.changed} changed"
        with authoriser.access(Operation.PUBLISH_LIST, subject=AccessSubject((feed.source,), note=note)) as access:
            return self._publisher.publish(feed, access.actor.name, check).serial

    def set_audience(self, authoriser: Authoriser, source: str, units: Collection[str] | None) -> None:
        """Set which units a list is meant for; None: all; raises as :meth:`check`."""
        words = "all units" if units is None else f"{len(units)} units"
        subject = AccessSubject((source, *sorted(units or ())), note=f"for {words}")
        with authoriser.access(Operation.SET_AUDIENCE, subject=subject):
            self._publisher.set_audience(source, units)
