"""The messages about certificates between a unit and its department.

Enrollment happens on a port of its own, where no client certificate is asked for: a unit has none yet. Renewal happens
where everything else does, with the certificate that is to be renewed. In both the unit made its key itself and sends
a certificate request (PKCS#10, RFC 2986) that it signed with it; the key never travels.
"""

from enum import StrEnum

from pydantic import Field

from alpr_edge.domain.protocol.media import MEDIA_KEY_BYTES_MAX
from alpr_edge.domain.protocol.payload import Payload

AUTHORITY_PATH = "/v1/authority"
"""The authority's certificate as PEM. Public, and worth nothing until its SHA-256 was compared with a trusted copy."""
ENROL_PATH = "/v1/enrol"
RENEW_PATH = "/v1/renew"
KEYS_PATH = "/v1/keys"
"""The department's public keys, for a unit that enrolled before there were any."""
VERIFIER_KEY_CHARACTERS_MAX = 300
"""Longest verifier key (C2SP signed-note): a name of 200, and the key behind it."""
PAGE_CERTIFICATE_PATH = "/v1/page-certificate"
"""A unit asks for the certificate of its page, which browsers in the car check."""
EVIDENCE_VOUCHER_PATH = "/v1/evidence-voucher"
"""A unit asks the department to vouch for the key by which it signs evidence packages (Ed25519)."""
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
    NAME = "name"
    """There is no name for the unit's page: the department has no domain, the unit's id can be no part of one, or
    the name is the department's own."""
    AUTHORITY = "authority"
    """This department cannot issue at present: it has no key of an authority, or the authority has ended."""


class EnrolPayload(Payload):
    """A unit asks for its first certificate."""

    unit_id: str = Field(max_length=64)
    code: str = Field(max_length=64)
    """The code in its canonical form (:mod:`~alpr_edge.domain.protocol.enrolment_codes`)."""
    request: str = Field(max_length=REQUEST_BYTES_MAX)
    """The certificate request as PEM. Only its key counts: subject and extensions asked for are ignored."""


class RenewPayload(Payload):
    """A unit asks for a new certificate before the one of its connection ends."""

    request: str = Field(max_length=REQUEST_BYTES_MAX)


class RetirePayload(Payload):
    """A unit is taken out of service: the certificates of the unit that the connection belongs to are revoked."""

    reason: str = Field(max_length=200)
    """The reason, for the department's record."""


class RetiredPayload(Payload):
    """What the department revoked."""

    certificates: int
    codes: int


class DepartmentKeysPayload(Payload):
    """The department's public keys; one that it does not have, as in an earlier release, is empty."""

    media_key: str = Field(default="", max_length=MEDIA_KEY_BYTES_MAX)
    """For media (X25519, PEM)."""
    roster_key: str = Field(default="", max_length=VERIFIER_KEY_CHARACTERS_MAX)
    """Signs rosters: a verifier key of C2SP signed-note, which a unit pins."""
    witness_key: str = Field(default="", max_length=VERIFIER_KEY_CHARACTERS_MAX)
    """Cosigns checkpoints of access logs: likewise."""


class IssuedPayload(DepartmentKeysPayload):
    """The certificate that the department issues, with its keys."""

    certificate: str = Field(max_length=REQUEST_BYTES_MAX)
    """The certificate as PEM, with the unit's id as its common name."""


class EvidenceVoucherPayload(Payload):
    """Certificates by the department's authority, PEM."""

    certificate: str = Field(max_length=REQUEST_BYTES_MAX)
    """Of the unit's key for evidence packages."""
    witness_certificate: str = Field(max_length=REQUEST_BYTES_MAX)
    """Of the department's key that cosigns access logs."""


class RefusedPayload(Payload):
    """Why the department refuses."""

    reason: str = ""
    """A :class:`Refusal`; a unit that does not know the word goes by ``detail``."""
    detail: str = ""
