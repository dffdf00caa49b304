"""The pages of hotlists: all of them, one with its units, whom it is for, and a feed that waits to be published."""

import re
from dataclasses import dataclass, field

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.page.page_parts import PAGES, PageRoute, go, page_words
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.publishing.feed_check import FeedCheck, FeedToPublish
from alpr_edge.department.publishing.list_state import Holding
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.settings.base import is_name
from alpr_edge.web.visitor import Visitor

HOLDING_WORDS = {
    Holding.NEWEST: "has it",
    Holding.WAITING: "sent, not yet fetched",
    Holding.NEVER_ASKED: "never asked for it",
    Holding.NOT_FOR_IT: "not published for it",
}
CHANGES = {
    ListChange.COMPLETE: "the whole list",
    ListChange.ADDITIONS: "additions to it",
    ListChange.REMOVALS: "removals from it",
}
"""What a feed can do to the list, in words."""


@dataclass(frozen=True, slots=True, eq=False)
class WaitingFeed:
    """A feed that was uploaded and checked, until somebody publishes it or leaves it."""

    feed: FeedToPublish = field(repr=False)
    check: FeedCheck
    name: str
    """Of the file, as the browser told it."""


class ListPages:
    """The pages of lists."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self.steps: tuple[PageRoute, ...] = (
            ("/lists", "GET", self.show_all),
            ("/lists/{source}", "GET", self.show),
            ("/lists/{source}/upload", "GET", self.ask_for_feed),
            ("/lists/{source}/upload/{word}", "GET", self.show_check),
            ("/lists/{source}/upload/{word}", "POST", self.publish),
            ("/lists/{source}/audience", "GET", self.ask_for_audience),
            ("/lists/{source}/audience", "POST", self.set_audience),
        )

    def show_all(self, visitor: Visitor) -> Response:
        standings = self._site.office.lists.standings(self._site.authoriser(visitor))
        return self._site.page("lists/all", visitor, standings=standings)

    def show(self, visitor: Visitor) -> Response:
        """One list with its units."""
        try:
            standing = self._site.office.lists.standing(self._site.authoriser(visitor), _source(visitor))
        except DepartmentError as error:
            return PAGES.page("refused", 404, message=page_words(error))
        return self._site.page("lists/one", visitor, standing=standing, holdings=HOLDING_WORDS)

    def ask_for_feed(self, visitor: Visitor) -> Response:
        """The form of an upload."""
        self.require(visitor)
        return self.upload_form(visitor)

    def upload_form(self, visitor: Visitor, fault: str = "", status: int = 422) -> Response:
        """The form of an upload, with what went wrong before.

        Args:
            fault: what went wrong; empty: nothing.
        """
        values = {"source": _source(visitor), "changes": CHANGES, "fault": fault.replace("--", "")}
        return self._site.page("lists/upload", visitor, status if fault else 200, **values)

    def show_check(self, visitor: Visitor) -> Response:
        """What a feed that was uploaded holds and changes, before it is published."""
        self.require(visitor)
        waiting = self._waiting(visitor)
        values = {"waiting": waiting, "word": visitor.parameters["word"], "changes": CHANGES, "fault": ""}
        return self._site.page("lists/check", visitor, **values)

    def publish(self, visitor: Visitor) -> Response:
        """Publish a feed that was shown, or leave it."""
        self.require(visitor)
        waiting = self._waiting(visitor)
        self._site.lookups.take(visitor, visitor.parameters["word"], WaitingFeed)
        try:
            if visitor.fields.get("answer") == "publish":
                self._site.office.lists.publish(self._site.authoriser(visitor), waiting.feed, waiting.check)
        except DepartmentError as error:
            return self.upload_form(visitor, page_words(error))
        finally:
            waiting.feed.path.unlink(missing_ok=True)
        return go(f"/lists/{waiting.feed.source}")

    def ask_for_audience(self, visitor: Visitor) -> Response:
        """The form that asks which units a list is meant for."""
        self._site.require(visitor, Operation.SET_AUDIENCE)
        try:
            standing = self._site.office.lists.standing(self._site.authoriser(visitor), _source(visitor))
        except DepartmentError as error:
            return PAGES.page("refused", 404, message=page_words(error))
        units = " ".join(sorted(standing.audience or ()))
        return self._audience_form(visitor, {"whom": "all" if standing.audience is None else "some", "units": units})

    def set_audience(self, visitor: Visitor) -> Response:
        """Set which units a list is meant for."""
        self._site.require(visitor, Operation.SET_AUDIENCE)
        fields, source = visitor.fields, _source(visitor)
        units = [text for text in re.split(r"[,;\s]+", fields.get("units", "")) if text]
        if fields.get("whom") not in {"all", "some"}:
            return self._audience_form(visitor, fields, "choose for whom")
        try:
            chosen = None if fields["whom"] == "all" else units
            self._site.office.lists.set_audience(self._site.authoriser(visitor), source, chosen)
        except DepartmentError as error:
            return self._audience_form(visitor, fields, page_words(error))
        return go(f"/lists/{source}")

    def require(self, visitor: Visitor) -> None:
        """Refuse whoever may publish no list."""
        self._site.require(visitor, Operation.PUBLISH_LIST)

    def _audience_form(self, visitor: Visitor, fields: dict[str, str], fault: str = "") -> Response:
        values = {"source": _source(visitor), "fields": fields, "fault": fault}
        return self._site.page("lists/audience", visitor, 422 if fault else 200, **values)

    def _waiting(self, visitor: Visitor) -> WaitingFeed:
        """The feed that the address names; raises SearchError where there is none any more."""
        return self._site.lookups.find(visitor, visitor.parameters["word"], WaitingFeed)


def _source(visitor: Visitor) -> str:
    """The list of the address; a name that is none names no list."""
    source = visitor.parameters["source"]
    return source if is_name(source) else "none"
