"""Issues a certificate for a certificate request. What is issued is recorded in the same transaction.

A request shows that its sender holds the key (its signature) and says which key that is. Everything else in it, subject
and extensions, is ignored: a sender may write anything there.
"""

from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection, func, insert, select

from alpr_edge.department.db.database import naive_utc_now
from alpr_edge.department.db.schema import certificates
from alpr_edge.department.pki.authority import UNIT_DAYS, Authority
from alpr_edge.department.pki.refusals import CertificateRefusedError
from alpr_edge.domain.protocol.certificate_faults import CERTIFICATE_FAULTS
from alpr_edge.domain.protocol.enrolment import Refusal
from alpr_edge.domain.protocol.items import digest

VALID_MAX = 8
"""Most valid certificates of one unit at a time. Two are usual: the old one until it ends, and the new one."""


@dataclass(frozen=True, slots=True)
class CertificateOrder:
    """A request for a certificate: for which unit and key, and from where."""

    unit_id: str
    key: ec.EllipticCurvePublicKey
    address: str | None
    predecessor: str | None = None
    """Fingerprint of the certificate to be renewed; None for a first one."""

    @property
    def key_sha256(self) -> str:
        """Digest of the public key."""
        return digest(self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def key_of(request: str) -> ec.EllipticCurvePublicKey:
    """The P-256 key whose holder signed a certificate request (PEM)."""
    try:
        read = x509.load_pem_x509_csr(request.encode("ascii"))
        key = read.public_key()
        fits = (
            isinstance(key, ec.EllipticCurvePublicKey)
            and isinstance(key.curve, ec.SECP256R1)
            and isinstance(read.signature_hash_algorithm, SHA256)
            and read.is_signature_valid
        )
    except CERTIFICATE_FAULTS:
        raise CertificateRefusedError(Refusal.REQUEST) from None
    if not fits or not isinstance(key, ec.EllipticCurvePublicKey):
        raise CertificateRefusedError(Refusal.REQUEST)
    return key


def issue(connection: Connection, authority: Authority, order: CertificateOrder, days: int = UNIT_DAYS) -> bytes:
    """Issue and record a certificate; returns its PEM."""
    now = naive_utc_now()
    if authority.certificate.not_valid_after_utc.replace(tzinfo=None) <= now:
        raise CertificateRefusedError(Refusal.AUTHORITY)
    _check_key(connection, order)
    valid = (certificates.c.unit_id == order.unit_id, certificates.c.revoked_at.is_(None))
    count = select(func.count()).select_from(certificates).where(*valid, certificates.c.not_after > now)
    if (connection.scalar(count) or 0) >= VALID_MAX:
        raise CertificateRefusedError(Refusal.NUMBER)
    certificate = authority.certify(order.unit_id, order.key, days)
    origin = "renewed" if order.predecessor else "enrolled"
    record(connection, certificate, order, origin)
    return certificate.public_bytes(Encoding.PEM)


def record(connection: Connection, certificate: x509.Certificate, order: CertificateOrder, origin: str) -> None:
    """Record a certificate; only a recorded one is accepted on a connection."""
    row = {
        "fingerprint": certificate.fingerprint(SHA256()).hex(),
        "serial": f"{certificate.serial_number:X}",
        "unit_id": order.unit_id,
        "key_sha256": order.key_sha256,
        "pem": certificate.public_bytes(Encoding.PEM),
        "origin": origin,
        "predecessor": order.predecessor,
        "address": order.address,
        "issued_at": naive_utc_now(),
        "not_after": certificate.not_valid_after_utc.replace(tzinfo=None),
    }
    connection.execute(insert(certificates).values(row))


def issued_before(connection: Connection, order: CertificateOrder) -> bytes | None:
    """The certificate that was issued for this very renewal before, whose answer was lost; None when there is none."""
    query = select(certificates.c.pem).where(
        certificates.c.predecessor == order.predecessor,
        certificates.c.key_sha256 == order.key_sha256,
        certificates.c.unit_id == order.unit_id,
        certificates.c.revoked_at.is_(None),
        certificates.c.not_after > naive_utc_now() + timedelta(days=1),
    )
    return connection.scalar(query)


def _check_key(connection: Connection, order: CertificateOrder) -> None:
    """Check that a key stays with its unit, is not renewed with itself, and was never revoked."""
    query = select(certificates.c.unit_id, certificates.c.revoked_at).where(
        certificates.c.key_sha256 == order.key_sha256
    )
    for row in connection.execute(query):
        if order.predecessor or row.unit_id != order.unit_id or row.revoked_at is not None:
            raise CertificateRefusedError(Refusal.KEY)
