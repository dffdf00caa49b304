"""The watch page: the gravest hit that waits, large; the others as a row; and what the officer answers."""

from starlette.responses import Response

from alpr_edge.console.lookups.navigation import navigation_links
from alpr_edge.console.page_parts import PAGES, go
from alpr_edge.console.speed_pages import ANSWERS, SpeedPages
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.console.visitor import Visitor
from alpr_edge.domain.dispositions.disposition import DispositionPart, DispositionText
from alpr_edge.domain.dispositions.terminal_text import terminal_text
from alpr_edge.domain.errors import DispositionError
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.services.hits.dispositions import HitAnswer
from alpr_edge.services.hits.hit_views import HitCard, gravest_first

GLANCES_MAX = 40
"""Hits in the row."""


class WatchPages:
    """The pages on which hits are looked at.

    Args:
        unit: the open unit.
    """

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self._speed_pages = SpeedPages(unit)

    def watch(self, visitor: Visitor) -> Response:
        """The gravest hit that waits, or in glance mode its tone alone."""
        state = self._unit.desk(visitor).state()
        if state not in {SessionState.OPEN, SessionState.GLANCE}:
            return go("/sign-in")
        newest = self._unit.views.glances(GLANCES_MAX)
        glances = gravest_first(newest)
        if state is SessionState.GLANCE:
            self._unit.speed.end_passenger(visitor)
            return PAGES.page("glance", glances=glances, unit=self._unit.settings.unit.id)
        if self._unit.speed.applies_to(visitor):
            return self._speed_pages.page(visitor, newest)
        return self._page(visitor, glances[0].hit_id if glances else "")

    def hit(self, visitor: Visitor) -> Response:
        """One hit, chosen in the row; at speed nobody chooses."""
        if self._unit.speed.applies_to(visitor):
            return go("/")
        return self._page(visitor, visitor.parameters["hit_id"])

    def picture(self, visitor: Visitor) -> Response:
        """A picture of a hit."""
        try:
            kind = EvidenceKind(visitor.parameters["kind"])
        except ValueError:
            raise DispositionError("there is no such picture") from None
        jpeg = self._unit.views.picture(self._unit.authoriser(visitor), visitor.parameters["hit_id"], kind)
        return Response(jpeg, media_type="image/jpeg")

    def answer(self, visitor: Visitor) -> Response:
        """Record an answer to a hit, or undo the newest of a part."""
        fields, hit_id = visitor.fields, visitor.parameters["hit_id"]
        try:
            part = DispositionPart(fields.get("part", ""))
        except ValueError:
            raise DispositionError("this form is none of the page's") from None
        is_at_speed = self._unit.speed.applies_to(visitor)
        if is_at_speed and (part, fields.get("answer", "")) not in ANSWERS:
            self._unit.speed.require_slow(visitor)
        text = DispositionText(fields.get("reason", ""), fields.get("number", ""), fields.get("name", ""))
        given = HitAnswer(part, fields.get("answer", ""), text)
        try:
            self._unit.dispositions.record(self._unit.authoriser(visitor), hit_id, given)
        except DispositionError as error:
            if is_at_speed:
                raise
            return self._page(visitor, hit_id, str(error))
        return go(f"/hits/{hit_id}")

    def _terminal_text(self, card: HitCard) -> str:
        read = card.read.read
        return terminal_text(self._unit.settings.console.terminal_text, read.plate, read.state)

    def _page(self, visitor: Visitor, hit_id: str, fault: str = "") -> Response:
        """The page with a hit large; without one it says that nothing waits."""
        glances = self._unit.views.glances(GLANCES_MAX)
        card = self._unit.views.card(self._unit.authoriser(visitor), hit_id) if hit_id else None
        shown = {
            "glances": gravest_first(glances),
            "card": card if isinstance(card, HitCard) else None,
            "terminal": self._terminal_text(card) if isinstance(card, HitCard) else "",
            "withheld": None if isinstance(card, HitCard) else card,
            "waiting": sum(not (glance.is_dealt_with or glance.is_withdrawn) for glance in glances),
            "unit": self._unit.settings.unit.id,
            "links": navigation_links(self._unit, visitor),
            "here": "/",
            "fault": fault,
        }
        return PAGES.page("watch", 422 if fault else 200, **shown)
