"""The tables of ``department.toml`` about other systems that know people: single sign-on, and SCIM."""

from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator

from alpr_edge.settings.base import Section

_HTTPS = r"^$|^https://[^\s?#@/]+(/[^\s?#@]*)?$"
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+$")]


class SingleSignOnTable(Section):
    """[single_sign_on]: the department's own OpenID Connect provider, by which people sign in at its page."""

    issuer: Annotated[str, Field(max_length=300, pattern=_HTTPS)] = ""
    """The provider, as its tokens name it; empty: there is none."""
    client_id: Annotated[str, Field(max_length=200, pattern=r"^[!-~]*$")] = ""
    client_secret: Annotated[str, Field(max_length=500)] = ""
    """A file with the secret of this client, or ``credential:NAME``."""
    ca_file: Annotated[str, Field(max_length=500, pattern=r"^$|^/[^\x00-\x1f\x7f]*$")] = ""
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
    organisation: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    """The organisation of everybody who comes so; empty: the name of [people]."""
    links_single_sign_on: bool = False
    """Whether its ``externalId`` is the subject of [single_sign_on], and links the person to it."""
