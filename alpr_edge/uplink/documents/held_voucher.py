"""The voucher of the department for the key that signs evidence packages, as it lies on this unit; opens no connection.

It lies beside the certificate of the department's authority, which has to have issued it.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.protocol.enrolment import REQUEST_BYTES_MAX, EvidenceVoucherPayload
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink import key_pair

FILE_NAME = "evidence-voucher.json"


@dataclass(frozen=True, slots=True)
class HeldVoucher:
    """What the department vouches for, PEM."""

    certificate: bytes
    """Of the key that signs this unit's packages."""
    witness_certificate: bytes
    """Of the department's key for cosignatures."""
    authority: bytes


def voucher_file(settings: UplinkSettings) -> Path:
    """Where the voucher lies: beside the authority's certificate."""
    return settings.ca_file.with_name(FILE_NAME)


def held_voucher(settings: UplinkSettings) -> HeldVoucher | None:
    """The voucher that the department's present authority gave; None: there is none."""
    try:
        with voucher_file(settings).open("rb") as file:
            payload = EvidenceVoucherPayload.model_validate_json(file.read(4 * REQUEST_BYTES_MAX))
        authority = key_pair.load_authority(settings)
        certificate, witness = payload.certificate.encode("ascii"), payload.witness_certificate.encode("ascii")
        for pem in (certificate, witness):
            x509.load_pem_x509_certificate(pem).verify_directly_issued_by(authority)
    except (OSError, ValidationError, ValueError, TypeError, InvalidSignature, UplinkError):
        return None
    return HeldVoucher(certificate, witness, authority.public_bytes(Encoding.PEM))
