"""Vouchers: certificates by which the department's authority says whose a key is, and what they are checked for.

The key that signs packages and the one that cosigns access logs are Ed25519 keys; the authority, whose certificate
units already trust for TLS, certifies both for signing documents (RFC 9336). ``openssl verify`` checks them as well.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.protocol.certificate_faults import CERTIFICATE_FAULTS

DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""Extended key usage id-kp-documentSigning (RFC 9336)."""


@dataclass(frozen=True, slots=True)
class VouchedKey:
    """A key and whose it is, by an authority."""

    name: str
    """The id of the unit, or the name of the department's key for cosignatures."""
    public_key: bytes
    """Raw Ed25519."""
    authority: str
    """SHA-256 of the authority's certificate (DER), lower-case hex."""
    begins: datetime
    ends: datetime


def open_voucher(certificate: bytes, authority: bytes) -> VouchedKey:
    """The key that an authority vouches for; whether the authority is to be trusted is for the caller to say.

    Raises:
        EvidenceError: the authority did not issue it, or it is for another purpose or kind of key.
    """
    try:
        issuer = x509.load_pem_x509_certificate(authority)
        issued = x509.load_pem_x509_certificate(certificate)
        issued.verify_directly_issued_by(issuer)
        is_authority = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        purposes = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        (name,) = issued.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        key = issued.public_key()
    except CERTIFICATE_FAULTS:
        raise EvidenceError("the certificate of the key was not issued by the authority beside it") from None
    if not is_authority or DOCUMENT_SIGNING not in purposes or not isinstance(key, Ed25519PublicKey):
        raise EvidenceError("the certificate of the key is for something else than signing evidence")
    return VouchedKey(
        str(name.value),
        key.public_bytes_raw(),
        fingerprint_of(authority),
        issued.not_valid_before_utc,
        issued.not_valid_after_utc,
    )


def fingerprint_of(certificate: bytes) -> str:
    """SHA-256 of a certificate (PEM) in its DER form, lower-case hex."""
    try:
        return x509.load_pem_x509_certificate(certificate).fingerprint(SHA256()).hex()
    except CERTIFICATE_FAULTS:
        raise EvidenceError("not a certificate in PEM") from None


def parse_fingerprint(text: str) -> str:
    """A SHA-256 as somebody typed it: 64 hexadecimal digits, with colons or without.

    Raises:
        EvidenceError: it is none.
    """
    digits = "".join(text.split()).replace(":", "").lower()
    if len(digits) != 64 or any(digit not in "0123456789abcdef" for digit in digits):
        raise EvidenceError("not a fingerprint: SHA-256 has 64 hexadecimal digits")
    return digits
