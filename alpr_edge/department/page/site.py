"""What the page reaches of its department, opened once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import Response

from alpr_edge.access.authorisation.authoriser import Authoriser, Policy
from alpr_edge.access.authorisation.decisions import offered_operations
from alpr_edge.access.authorisation.operations import RULES, Operation
from alpr_edge.access.authorisation.sign_ins import SignInService
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.department.page.maps.site_maps import SiteMaps
from alpr_edge.department.page.page_jobs import PageJobs
from alpr_edge.department.page.page_parts import PAGES
from alpr_edge.department.single_sign_on.sign_on import SingleSignOn
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.permissions.decision import offered_purposes
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.domain.permissions.table import purposes_of
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.web.lookup_memory import LookupMemory
from alpr_edge.web.visitor import Visitor

if TYPE_CHECKING:
    from alpr_edge.department.provisioning.scim_endpoint import ScimEndpoint

COMPONENT = "department_page"
"""The page, as records name it, and as sessions are bound to it."""
PICTURES_PER_SESSION_MAX = 20
LOOKUPS_MAX = 10_000
"""Most that all sessions look up at a time, and most pictures that wait to be shown."""
MARGIN_S = 5
"""After the time that a session may be idle, until its page leads away from what it shows."""
LINKS = (
    ("/search", "Search", Operation.SEARCH_READS),
    ("/hits", "Hits", Operation.SHOW_HIT),
    ("/saved-searches", "Saved", Operation.LIST_SAVED_SEARCHES),
    ("/holds", "Holds", Operation.SHOW_HOLDS),
    ("/evidence", "Evidence", Operation.SHOW_EXPORTS),
    ("/units", "Units", Operation.SHOW_UNITS),
    ("/lists", "Lists", Operation.SHOW_LISTS),
    ("/roster", "Roster", Operation.SHOW_PEOPLE),
    ("/releases", "Releases", Operation.SHOW_RELEASES),
    ("/audits", "Audits", Operation.SHOW_AUDITS),
    ("/incidents", "Incidents", Operation.SHOW_INCIDENTS),
    ("/saved-searches/people", "Searches by person", Operation.COUNT_SAVED_SEARCHES),
)
"""The pages, and what whoever may open them does there."""
LIVE = {"hits", "hit"}
"""The templates that make themselves anew."""
PLACES = {
    **dict.fromkeys(("hits", "hit", "history", "history_form"), "/hits"),
    **dict.fromkeys((f"settings/{name}" for name in ("all", "one", "new")), "/units"),
    **dict.fromkeys((f"lists/{name}" for name in ("all", "one", "upload", "check", "audience")), "/lists"),
    "lists/roster": "/roster",
    **dict.fromkeys(("saved/list", "saved/form", "saved/one"), "/saved-searches"),
    "saved/people": "/saved-searches/people",
    **dict.fromkeys(("cases/hold_purpose", "cases/holds", "cases/hold", "cases/hold_form"), "/holds"),
    "cases/held_reads": "/holds",
    **dict.fromkeys((f"cases/{name}" for name in ("package_purpose", "packages", "passphrase")), "/evidence"),
    **dict.fromkeys(("cases/package_form", "cases/booked"), "/evidence"),
}
"""The link that a template stands below; one in a folder that of its folder, any other the search."""


@dataclass(frozen=True, slots=True, eq=False)
class DepartmentSite:
    """The open department; threads may share it."""

    office: InquiryOffice
    name: str
    """The department's, as pages show it."""
    passkey_site: RelyingParty | None
    """The site that passkeys sign in at; None: the server has no name that they could be bound to."""
    sign_on: SingleSignOn | None = field(default=None, repr=False)
    """Single sign-on; None: the settings name no provider."""
    scim: ScimEndpoint | None = field(default=None, repr=False)
    """What another system tells of people by; None: the settings name none."""
    maps: SiteMaps = field(default_factory=SiteMaps, repr=False)
    """What maps show beneath reads."""
    lookups: LookupMemory = field(default_factory=lambda: LookupMemory(total_max=LOOKUPS_MAX), repr=False)
    """The searches of people at present."""
    pictures: LookupMemory = field(
        default_factory=lambda: LookupMemory(per_session_max=PICTURES_PER_SESSION_MAX, total_max=LOOKUPS_MAX),
        repr=False,
    )
    """The pictures of pages that were just shown; the address of each is good once."""
    jobs: PageJobs = field(default_factory=PageJobs, repr=False)
    """What takes long, and was begun on a page."""

    @property
    def policy(self) -> Policy:
        """The rules in force."""
        return self.office.policy

    def sign_ins(self, visitor: Visitor) -> SignInService:
        return self.office.sign_ins(visitor.caller)

    def authoriser(self, visitor: Visitor) -> Authoriser:
        """What allows and records whatever a visitor asks for."""
        return self.office.authoriser(visitor.caller)

    def links(self, visitor: Visitor) -> list[tuple[str, str]]:
        """The pages that the visitor's roles may open: path and name."""
        return links_for(self.policy.profile, self.sign_ins(visitor).presence().person)

    def is_closed(self, visitor: Visitor) -> bool:
        """Whether the session of a visitor is locked or ended."""
        return self.sign_ins(visitor).state() is not SessionState.OPEN

    def purpose_of(self, visitor: Visitor, operation: Operation, preferred: PurposeCode) -> Purpose:
        """The one purpose for which a visitor does something whose purpose is no choice of theirs.

        Args:
            preferred: the purpose where they may do it for several, or for none: then they are refused, on record.
        """
        person = self.sign_ins(visitor).presence().person
        offered = {} if person is None else offered_purposes(person, RULES[operation].action, self.policy.profile)
        return Purpose(preferred.value if preferred in offered else next(iter(offered), preferred.value))

    def may(self, visitor: Visitor, operation: Operation) -> bool:
        """Whether a visitor may do something for some purpose; it is put on record when it is done."""
        return self.authoriser(visitor).decide(operation, None).is_allowed

    def require(self, visitor: Visitor, operation: Operation, purpose: Purpose | None = None) -> None:
        """Offer a form to whoever may do what it is for; others are refused, on record (policy 462.6(a)).

        Args:
            purpose: what they do that for; None: its only purpose.
        """
        self.authoriser(visitor).require(operation, purpose or _only_purpose(operation))

    def page(self, template: str, visitor: Visitor, status: int = 200, /, **values: object) -> Response:
        """A page for somebody who is signed in."""
        idle = self.policy.security.sessions.idle_max.total_seconds()
        strip = {
            "department": self.name,
            "links": self.links(visitor),
            "here": PLACES.get(template, f"/{template.partition('/')[0]}" if "/" in template else "/search"),
            "is_live": template in LIVE,
            "maps": self.maps,
        }
        return PAGES.page(template, status, leave_s=round(idle) + MARGIN_S, **(strip | values))

    def forget(self, visitor: Visitor) -> None:
        """Drop all that the session of a visitor looks up: it is locked, or it ends."""
        self.lookups.forget(visitor)
        self.pictures.forget(visitor)
        self.jobs.forget(visitor)
        self.office.hits.forget(visitor.token)


def _only_purpose(operation: Operation) -> Purpose:
    """The one purpose that an operation has; of one with several, that none was given."""
    code, *others = purposes_of(RULES[operation].action)
    return Purpose("" if others else code)


def links_for(profile: Profile, person: Person | None) -> list[tuple[str, str]]:
    """The pages that a person's roles may open: path and name; None may open none."""
    return [(path, name) for path, name, operation in LINKS if offered_operations(profile, person, [operation])]
