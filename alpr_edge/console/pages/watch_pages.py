"""The watch page: the gravest hit that waits, large; the others as a row; and what the officer answers."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.console.lookups.hold_form import hold_values
from alpr_edge.console.lookups.navigation import header_values
from alpr_edge.console.page_parts import PAGES, PageRoute, go, locked_address, page_to_return_to
from alpr_edge.console.pages.health_pages import may_look_at_hits
from alpr_edge.console.pages.speed_pages import ANSWERS, SpeedPages, first_to_show
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.console.waiting_hits import GLANCES_MAX
from alpr_edge.domain.dispositions.disposition import DispositionPart, DispositionText
from alpr_edge.domain.dispositions.terminal_text import confirmation_obstacle, terminal_text
from alpr_edge.domain.errors import DispositionError
from alpr_edge.domain.page_requests.corrections import is_state_vouched_for
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.services.hits.dispositions import HitAnswer
from alpr_edge.services.hits.hit_rows import WAITING_MAX, group_of
from alpr_edge.services.hits.hit_views import HitCard, gravest_first, is_waiting
from alpr_edge.store.reads.hit_queries import HitGlance
from alpr_edge.web.pictures import picture_response
from alpr_edge.web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class TerminalText:
    """A text that one touch copies."""

    name: str
    """What it is for."""
    text: str


@dataclass(frozen=True, slots=True)
class ShownHit:
    """The hit that a page shows large."""

    hit_id: str
    """Empty: there is none."""
    address: str
    """Where the page is had again by GET."""
    fault: str = ""
    """What is wrong with a form that was sent; empty: nothing."""


class WatchPages:
    """The pages on which hits are looked at.

    Args:
        site: gives the site that passkeys sign in at; None: there is none.
    """

    def __init__(self, unit: ConsoleUnit, site: Callable[[], RelyingParty | None]) -> None:
        self._unit = unit
        self._site = site
        self._speed_pages = SpeedPages(unit)
        self.steps: tuple[PageRoute, ...] = (
            ("/", "GET", self.watch),
            ("/hits/{hit_id}", "GET", self.hit),
            ("/hits/{hit_id}/answers", "POST", self.answer),
            ("/hits/{hit_id}/same-answer", "POST", self.answer_alike),
            ("/hits/{hit_id}/pictures/{kind}", "GET", self.picture),
            ("/hits/{hit_id}/thumbnail", "GET", self.thumbnail),
        )

    def watch(self, visitor: Visitor) -> Response:
        """The gravest hit that waits, or in glance mode its tone alone; a covert one comes up for nobody by itself."""
        presence = self._unit.sign_ins(visitor).presence()
        if presence.state not in {SessionState.OPEN, SessionState.GLANCE}:
            return go("/sign-in")
        if presence.state is SessionState.GLANCE:
            self._unit.speed.end_passenger(visitor)
            return self.glance_page(visitor)
        if (back := page_to_return_to(visitor)) != "/" and not self._unit.speed.applies_to(visitor):
            return go(back)
        if not may_look_at_hits(presence.person):
            return go("/health")
        glances = self._glances(visitor, presence.person)
        if self._unit.speed.applies_to(visitor):
            return self._speed_pages.page(visitor, presence.person, glances)
        first = first_to_show(self._unit, presence.person, glances)
        return self._page(visitor, ShownHit(first.hit_id if first else "", "/"), presence.person)

    def hit(self, visitor: Visitor) -> Response:
        """One hit, chosen in the row; at speed nobody chooses, and a session that is not open has none."""
        hit_id, state = visitor.parameters["hit_id"], self._unit.sign_ins(visitor).state()
        if state is SessionState.GLANCE:
            return go(locked_address(f"/hits/{hit_id}"))
        if state is not SessionState.OPEN or self._unit.speed.applies_to(visitor):
            return go("/")
        return self.with_fault(visitor, hit_id, "")

    def picture(self, visitor: Visitor) -> Response:
        """A picture of a hit; at speed there is none."""
        self._unit.speed.require_slow(visitor)
        try:
            kind = EvidenceKind(visitor.parameters["kind"])
        except ValueError:
            raise DispositionError("there is no such picture") from None
        jpeg = self._unit.views.picture(self._unit.authoriser(visitor), visitor.parameters["hit_id"], kind)
        return picture_response(jpeg)

    def thumbnail(self, visitor: Visitor) -> Response:
        """The picture of a row; at speed there is none."""
        self._unit.speed.require_slow(visitor)
        authoriser = self._unit.authoriser(visitor)
        return picture_response(self._unit.views.thumbnail(authoriser, visitor.parameters["hit_id"]))

    def answer_alike(self, visitor: Visitor) -> Response:
        """Give the answers of a hit to all hits of its row that wait."""
        self._unit.speed.require_slow(visitor)
        hit_id, newest_id = visitor.parameters["hit_id"], visitor.fields.get("newest", "")
        try:
            self._unit.dispositions.record_same(self._unit.authoriser(visitor), hit_id, newest_id)
        except DispositionError as error:
            return self.with_fault(visitor, hit_id, str(error))
        return go(f"/hits/{hit_id}")

    def answer(self, visitor: Visitor) -> Response:
        """Record an answer to a hit, or undo the newest of a part."""
        fields, hit_id = visitor.fields, visitor.parameters["hit_id"]
        try:
            part = DispositionPart(fields.get("part", ""))
        except ValueError:
            raise DispositionError("this page is out of date; go back and try again") from None
        is_at_speed = self._unit.speed.applies_to(visitor)
        if is_at_speed and (part, fields.get("answer", "")) not in ANSWERS:
            self._unit.speed.require_slow(visitor)
        text = DispositionText(fields.get("reason", ""), fields.get("number", ""), fields.get("name", ""))
        given = HitAnswer(part, fields.get("answer", ""), text, fields.get("undoes", ""))
        try:
            self._unit.dispositions.record(self._unit.authoriser(visitor), hit_id, given)
        except DispositionError as error:
            if is_at_speed:
                raise
            return self.with_fault(visitor, hit_id, str(error))
        return go(f"/hits/{hit_id}")

    def with_fault(self, visitor: Visitor, hit_id: str, fault: str) -> Response:
        """A hit, with a line that says what is wrong with a form; empty: nothing."""
        shown_hit, person = ShownHit(hit_id, f"/hits/{hit_id}", fault), self._unit.sign_ins(visitor).presence().person
        return self._page(visitor, shown_hit, person)

    def glance_page(self, visitor: Visitor, fault: str = "") -> Response:
        """What everybody in the car may see while the session is locked; without hits for whoever may see none.

        Args:
            fault: why the session was not opened; empty: nobody tried.
        """
        person, back = self._unit.sign_ins(visitor).presence().person, page_to_return_to(visitor)
        shown = {
            "glances": gravest_first(self._unit.views.glances(GLANCES_MAX)) if may_look_at_hits(person) else None,
            "has_passkeys": self._site() is not None,
            "fault": fault,
            "back": back,
            "address": locked_address(back),
            "is_open": False,
            **header_values(self._unit, person, "/"),
            "links": (),
            "may_mute": False,
        }
        return PAGES.page("glance", 403 if fault else 200, **shown)

    def _terminal_texts(self, card: HitCard) -> list[TerminalText]:
        """What can be copied for a hit; a confirmation is asked for by the number of the record.

        An inquiry has the text as read, and the state that a person said, or that the unit read and the list has as
        well: with a wrong one it would find no record. A confirmation is about the record, and has its plate and state.
        """
        settings, read, entry = self._unit.settings.console, card.read.read, card.hit.entry
        read_state = read.state if is_state_vouched_for(read, [entry.state]) else None
        texts = [TerminalText("inquiry", terminal_text(settings.terminal_text, read.text, read_state, entry.record_id))]
        if not confirmation_obstacle(card.hit):
            text = terminal_text(settings.confirmation_text, entry.text, entry.state, entry.record_id)
            texts.append(TerminalText("confirmation", text))
        return texts

    def _glances(self, visitor: Visitor, person: Person | None) -> list[HitGlance]:
        """The row of hits of a visitor, the gravest first; covert ones only of somebody who is cleared."""
        authoriser = self._unit.authoriser(visitor) if person is not None else None
        return gravest_first(self._unit.views.glances(GLANCES_MAX, authoriser))

    def _page(self, visitor: Visitor, shown_hit: ShownHit, person: Person | None) -> Response:
        """The page with a hit large; without one it says that nothing waits."""
        authoriser, now = self._unit.authoriser(visitor), self._unit.clock.now()
        card = self._unit.views.card(authoriser, shown_hit.hit_id) if shown_hit.hit_id else None
        rows = self._unit.rows.rows(authoriser.without_use(), frozenset() if person is None else person.sources)
        glances = [glance for row in rows for glance in row.glances]
        waiting, quiets = sum(map(is_waiting, glances)), self._unit.quiets.by_entry(now)
        shown: dict[str, object] = {
            "glances": glances,
            "rows": rows,
            "quiet_keys": {key for key, quiet in quiets.items() if quiet.in_force is not None},
            "group": group_of(rows, card, quiets) if isinstance(card, HitCard) else None,
            "now": now,
            "card": card if isinstance(card, HitCard) else None,
            "terminal_texts": self._terminal_texts(card) if isinstance(card, HitCard) else (),
            "obstacle": confirmation_obstacle(card.hit) if isinstance(card, HitCard) else "",
            "withheld": None if isinstance(card, HitCard) else card,
            "waiting": waiting if waiting < WAITING_MAX else self._unit.views.waiting_count(),
            "address": shown_hit.address,
            "fault": shown_hit.fault,
            **header_values(self._unit, person, "/"),
        }
        if isinstance(card, HitCard):
            shown["corrections"] = self._unit.corrections.of_card(card, now)
            shown |= hold_values(self._unit, [card.read.read.read_id])
        return PAGES.page("watch", 422 if shown_hit.fault else 200, **shown)
