"""The links at the top of a page: to what the person may do, and to nothing else."""

from dataclasses import dataclass
from typing import Any

import structlog
from starlette.responses import Response

from alpr_edge.access.authorisation.decisions import offered_operations
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.console.page_parts import PAGES
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.console.waiting_hits import WaitingHits, waiting_hits
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.web.visitor import Visitor

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """A link to a page."""

    path: str
    words: str


_LINKS = {
    Operation.SHOW_HIT: NavigationLink("/", "Hits"),
    Operation.SHOW_READS: NavigationLink("/reads", "Reads"),
    Operation.SHOW_CAMERAS: NavigationLink("/cameras", "Cameras"),
    Operation.SEARCH_READS: NavigationLink("/search", "Search"),
    Operation.SHOW_ENTRIES: NavigationLink("/entries", "Entries"),
    Operation.EXPORT_CASE: NavigationLink("/evidence", "Evidence"),
    Operation.SHOW_HOLDS: NavigationLink("/holds", "Holds"),
    Operation.START_CANVASS: NavigationLink("/canvass", "Canvass"),
    Operation.REPORT_PRECISION: NavigationLink("/reports", "Reports"),
}


def header_values(unit: ConsoleUnit, person: Person | None, here: str) -> dict[str, Any]:
    """Return the values of a page's header."""
    offered = offered_operations(unit.policy.profile, person, [*_LINKS, Operation.MUTE_ALERTS])
    try:
        mute = unit.mute_state()
    except StoreError as error:  # health is told all the same
        log.warning("console.mute_not_known", failure=str(error))
        mute = None
    if Operation.SHOW_READS in offered:  # whose page has the cameras as well
        offered = [operation for operation in offered if operation is not Operation.SHOW_CAMERAS]
    return {
        "unit": unit.settings.unit.id,
        "person": "" if person is None else person.name,
        "links": [_LINKS[operation] for operation in offered if operation in _LINKS],
        "may_mute": Operation.MUTE_ALERTS in offered,
        "mute": mute,
        "here": here,
    }


def waiting_for(unit: ConsoleUnit, visitor: Visitor) -> WaitingHits:
    """How many hits wait for an answer; none for whoever may see none."""
    return _waiting_for(unit, _person_at(unit, visitor))


def lookup_page(
    unit: ConsoleUnit, visitor: Visitor, here: str, name: str, status: int = 200, **values: object
) -> Response:
    """A page with the links above it."""
    person = _person_at(unit, visitor)
    shown = {
        **header_values(unit, person, here),
        "after_lock": here if visitor.parameters else "",  # a lock forgets what is looked up
        "waiting": _waiting_for(unit, person),
    }
    return PAGES.page(name, status, **shown, **values)


def _waiting_for(unit: ConsoleUnit, person: Person | None) -> WaitingHits:
    is_offered = offered_operations(unit.policy.profile, person, [Operation.SHOW_HIT])
    return waiting_hits(unit) if is_offered else WaitingHits()


def _person_at(unit: ConsoleUnit, visitor: Visitor) -> Person | None:
    """The holder of the visitor's session, if it is open."""
    presence = unit.sign_ins(visitor).presence()
    return presence.person if presence.state is SessionState.OPEN else None
