"""The messages about certificates between a unit and its department.

Enrolment happens on a port of its own, where no client certificate is asked for: a unit has none yet. Renewal happens
where everything else does, with the certificate that is to be renewed. In both the unit made its key itself and sends
a certificate request (PKCS#10, RFC 2986) that it signed with it; the key never travels.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from alpr_edge.domain.protocol.media import MEDIA_KEY_BYTES_MAX

AUTHORITY_PATH = "/v1/authority"
"""The authority's certificate as PEM. Public, and worth nothing until its SHA-256 was compared with a trusted copy."""
ENROL_PATH = "/v1/enrol"
RENEW_PATH = "/v1/renew"
RETIRE_PATH = "/v1/retire"
"""A unit that is taken out of service asks for its own certificates and code to be revoked."""
REQUEST_BYTES_MAX = 8192
"""Largest certificate request; one of P-256 takes some 400 bytes as PEM."""


class Refusal(StrEnum):
    """The reasons why the department refuses a certificate."""

    CODE = "code"
    """The code is not this unit's; also the answer where there is no such unit, so that nobody can list units."""
    EXPIRED = "expired"
    USED = "used"
    WITHDRAWN = "withdrawn"
    """A newer code took its place, or the unit was revoked."""
    UNIT = "unit"
    """The unit id is not allowed."""
    REQUEST = "request"
    """The certificate request is none, is not signed by its own key, or its key is of another kind than P-256."""
    KEY = "key"
    """The key is another unit's, or was revoked, or is the one to be renewed."""
    TRIES = "tries"
    """Too many wrong tries from this address: wait."""
    REVOKED = "revoked"
    """The certificate to be renewed is no longer accepted."""
    NUMBER = "number"
    """The unit holds as many certificates as it may."""
    AUTHORITY = "authority"
    """This department cannot issue at present: it has no key of an authority, or the authority has ended."""


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class EnrolPayload(_Payload):
    """A unit asks for its first certificate."""

    unit_id: str = Field(max_length=64)
    code: str = Field(max_length=64)
    """The code in its canonical form (:mod:`~alpr_edge.domain.protocol.enrolment_codes`)."""
    request: str = Field(max_length=REQUEST_BYTES_MAX)
    """The certificate request as PEM. Only its key counts: subject and extensions asked for are ignored."""


class RenewPayload(_Payload):
    """A unit asks for a new certificate before the one of its connection ends."""

    request: str = Field(max_length=REQUEST_BYTES_MAX)


class RetirePayload(_Payload):
    """A unit is taken out of service: the certificates of the unit that the connection belongs to are revoked."""

    reason: str = Field(max_length=200)
    """The reason, for the department's record."""


class RetiredPayload(_Payload):
    """What the department revoked."""

    certificates: int
    codes: int


class IssuedPayload(_Payload):
    """The certificate and the media key that the department issues."""

    certificate: str = Field(max_length=REQUEST_BYTES_MAX)
    """The certificate as PEM, with the unit's id as its common name."""
    media_key: str = Field(default="", max_length=MEDIA_KEY_BYTES_MAX)
    """The department's public key for media (X25519, PEM); empty of a department that has none."""


class RefusedPayload(_Payload):
    """Why the department refuses."""

    reason: str = ""
    """A :class:`Refusal`; a unit that does not know the word goes by ``detail``."""
    detail: str = ""
