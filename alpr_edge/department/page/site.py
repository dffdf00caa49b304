"""What the page reaches of its department, opened once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alpr_edge.access.authorisation.authoriser import Authoriser, Policy
from alpr_edge.access.authorisation.sign_ins import SignInDesk
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.department.single_sign_on.sign_on import SingleSignOn
from alpr_edge.web.challenges import Challenges
from alpr_edge.web.lookup_memory import LookupMemory
from alpr_edge.web.visitor import Visitor

if TYPE_CHECKING:
    from alpr_edge.department.provisioning.scim_endpoint import ScimEndpoint

COMPONENT = "department_page"
"""The page, as records name it, and as sessions are bound to it."""
PICTURES_PER_SESSION_MAX = 20


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
    lookups: LookupMemory = field(default_factory=LookupMemory, repr=False)
    """The searches of people at present."""
    pictures: LookupMemory = field(
        default_factory=lambda: LookupMemory(per_session_max=PICTURES_PER_SESSION_MAX), repr=False
    )
    """The pictures of pages that were just shown; the address of each is good once."""
    challenges: Challenges = field(default_factory=Challenges, repr=False)

    @property
    def policy(self) -> Policy:
        """The rules in force."""
        return self.office.policy

    def desk(self, visitor: Visitor) -> SignInDesk:
        """What signs a visitor in."""
        return self.office.desk(visitor.caller)

    def authoriser(self, visitor: Visitor) -> Authoriser:
        """What allows and records whatever a visitor asks for."""
        return self.office.authoriser(visitor.caller)

    def forget(self, visitor: Visitor) -> None:
        """Drop all that the session of a visitor looks up: it is locked, or it ends."""
        self.lookups.forget(visitor)
        self.pictures.forget(visitor)
