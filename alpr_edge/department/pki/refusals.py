"""Refusals of a certificate: a reason for the unit's program, a line for a person."""

from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.enrolment import Refusal

WORDS = {
    Refusal.CODE: "not the code of this unit",
    Refusal.EXPIRED: "the code has expired",
    Refusal.USED: "the code was used already",
    Refusal.WITHDRAWN: "the code was withdrawn",
    Refusal.UNIT: "not a unit id: letters, digits and ._- only, at most 64",
    Refusal.REQUEST: "not a certificate request signed by its own P-256 key with SHA-256",
    Refusal.KEY: "this key may not be certified; make a new one",
    Refusal.TRIES: "too many wrong tries from this address; wait",
    Refusal.REVOKED: "the certificate to be renewed no longer counts",
    Refusal.NUMBER: "the unit holds as many certificates as it may; revoke it and enroll it again",
    Refusal.NAME: "no name for the page: this department has no domain, the unit id is more than a-z, 0-9 and -, "
    "or it names the server",
    Refusal.AUTHORITY: "this department cannot issue certificates at present",
}


class CertificateRefusedError(DepartmentError):
    """No certificate is given."""

    def __init__(self, reason: Refusal, retry_after_s: float | None = None) -> None:
        super().__init__(WORDS[reason])
        self.reason = reason
        self.retry_after_s = retry_after_s
