"""The tables of ``department.toml`` about people: whose they are, and other systems that know them."""

from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator

from alpr_edge.department.setting_types import HttpsOrigin, LineOfText, ShortPath
from alpr_edge.settings.base import Section

_HTTPS = r"^$|^https://[^\s?#@/]+(/[^\s?#@]*)?$"
_ISSUER = "an address that begins with https://, without user, query and fragment, or nothing"
_DOMAIN = r"^$|^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$"
APPROVAL_MAX = timedelta(days=366)
Word = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^[!-~]+$", description="1 to 200 ASCII characters without spaces"),
]
OrganisationName = Annotated[LineOfText, Field(min_length=1, description="one line of text of 1 to 200 characters")]
ShortWords = Annotated[LineOfText, Field(min_length=3, description="one line of text of 3 to 200 characters")]


class PeopleTable(Section):
    """[people]: the accounts of the department's people."""

    name: Annotated[
        str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f:]*$", description="one line of text without colons")
    ] = ""
    """What authenticator apps and browsers show; empty: the department's domain."""
    organisations: Annotated[tuple[OrganisationName, ...], Strict(strict=False), Field(max_length=20)] = ()
    """Other ways in which accounts name this department, beside ``name``, [provisioning] and [administration]."""
    oris: Annotated[tuple[Word, ...], Strict(strict=False), Field(max_length=20)] = ()
    """The department's originating agency identifiers; empty: those of accounts are compared with nothing."""
    domain: Annotated[str, Field(max_length=253, pattern=_DOMAIN, description="a domain in lower case, or nothing")] = (
        ""
    )
    """The domain that passkeys are bound to; empty: the server's first name that is no address."""
    address: HttpsOrigin = ""
    """Where people reach the page of invitations; empty: the domain, at the port that is served."""
    invitation_hours: Annotated[int, Field(ge=1, le=72)] = 24
    roster_days: Annotated[int, Field(ge=2, le=365)] = 30
    """How long a roster is valid; ``department serve`` publishes the next after half of it."""
    security_profile: Literal["cjis", "nist"] = "cjis"
    """The rules of passwords."""


class OutsideOrganisationTable(Section):
    """[[outside_organisation]]: people of another organisation who have accounts, as a dated exception.

    For a contractor, or a task force under this department's command: another agency asks in writing (policy 462.7).
    """

    name: OrganisationName
    """As their accounts name it."""
    reason: ShortWords
    """What they do for this department, and on what ground; the public reads it."""
    approved_by: ShortWords
    """The Operations Division Commander or the authorised designee."""
    approved_on: date
    until: date
    """The last day of their accounts; a year after the approval at most."""

    @model_validator(mode="after")
    def _require_term(self) -> Self:
        if not self.approved_on <= self.until <= self.approved_on + APPROVAL_MAX:
            raise ValueError(f"until: name a day within {APPROVAL_MAX.days} days of approved_on")
        return self


class SingleSignOnTable(Section):
    """[single_sign_on]: the department's own OpenID Connect provider, by which people sign in at its page."""

    issuer: Annotated[str, Field(max_length=300, pattern=_HTTPS, description=_ISSUER)] = ""
    """The provider, as its tokens name it; empty: there is none."""
    client_id: Annotated[
        str, Field(max_length=200, pattern=r"^[!-~]*$", description="ASCII characters without spaces")
    ] = ""
    client_secret: Annotated[str, Field(max_length=500)] = ""
    """A file with the secret of this client, or ``credential:NAME``."""
    ca_file: ShortPath = ""
    """The authorities (PEM) that vouch for the provider; empty: those of the system."""
    acr_values: Annotated[tuple[Word, ...], Strict(strict=False), Field(max_length=16)] = ()
    """Values of ``acr`` that stand for two factors at the provider; they are asked for."""
    amr_values: Annotated[tuple[Word, ...], Strict(strict=False), Field(max_length=16)] = ()
    """Values of ``amr`` that do; with neither a code of the person's own app is asked for at each sign-in."""
    max_age_minutes: Annotated[int, Field(ge=1, le=720)] = 15
    """How long ago a person may have given their factors to the provider."""
    subject_claim: Literal["sub", "oid"] = "sub"
    """The claim that people are linked by; ``oid`` where a provider gives each client other subjects."""

    @model_validator(mode="after")
    def _require_whole(self) -> Self:
        if self.issuer and not (self.client_id and self.client_secret):
            raise ValueError("issuer needs client_id and client_secret")
        return self


class ProvisioningTable(Section):
    """[provisioning]: another system of the department that says by SCIM 2 who is there, and who is no more."""

    token: Annotated[str, Field(max_length=500)] = ""
    """A file with the SHA-256 of the token that it sends, or ``credential:NAME``; empty: nobody may."""
    organisation: LineOfText = ""
    """The organisation of everybody who comes so; empty: the name of [people], else of [administration]."""
    links_single_sign_on: bool = False
    """Whether its ``externalId`` is the subject of [single_sign_on], and links the person to it."""
