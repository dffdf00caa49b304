"""Certificates of the keys that evidence rests on: those that sign packages, and the one that cosigns access logs.

What they say is that a key is that unit's, or the department's own. Whoever verifies a package years later needs the
fingerprint of the authority for that, and nothing else of the department.
"""

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from alpr_edge.department.pki.authority import UNIT_DAYS, Authority
from alpr_edge.department.pki.refusals import CertificateRefusedError
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.domain.protocol.certificate_faults import CERTIFICATE_FAULTS
from alpr_edge.domain.protocol.enrolment import Refusal
from alpr_edge.evidence.signer import KeyVoucher
from alpr_edge.evidence.vouchers import DOCUMENT_SIGNING

VOUCHER_LIFETIME = timedelta(days=UNIT_DAYS)
"""How long the authority vouches for a key; that of a unit which is revoked counts on until then."""


def signing_key_of(request: str) -> Ed25519PublicKey:
    """The Ed25519 key whose holder signed a certificate request (PEM)."""
    try:
        read = x509.load_pem_x509_csr(request.encode("ascii"))
        key = read.public_key()
        fits = read.is_signature_valid
    except CERTIFICATE_FAULTS:
        raise CertificateRefusedError(Refusal.REQUEST) from None
    if not fits or not isinstance(key, Ed25519PublicKey):
        raise CertificateRefusedError(Refusal.REQUEST)
    return key


def vouch_for_signer(authority: Authority, unit_id: str, key: Ed25519PublicKey, days: int = UNIT_DAYS) -> KeyVoucher:
    """Vouch that a key signs the evidence packages of a unit."""
    certificate = authority.issue(unit_id, key, DOCUMENT_SIGNING, days)
    return KeyVoucher(certificate.public_bytes(Encoding.PEM), authority.certificate.public_bytes(Encoding.PEM))


def vouch_for_witness(authority: Authority, key: NoteKey, days: int = UNIT_DAYS) -> bytes:
    """Vouch that a key cosigns access logs for the department; the certificate, PEM."""
    public_key = Ed25519PublicKey.from_public_bytes(key.public_key)
    return authority.issue(key.name, public_key, DOCUMENT_SIGNING, days).public_bytes(Encoding.PEM)
