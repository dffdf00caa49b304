"""The voucher of the department for the key that signs evidence packages, as it lies on this unit; opens no connection.

It lies beside the certificate of the department's authority, which has to have issued it.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.protocol.certificate_faults import CERTIFICATE_FAULTS
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


def parse_voucher(body: bytes, authority: x509.Certificate) -> HeldVoucher:
    """The voucher of an answer or a file, if an authority issued both its certificates."""
    try:
        payload = EvidenceVoucherPayload.model_validate_json(body)
        certificate, witness = payload.certificate.encode("ascii"), payload.witness_certificate.encode("ascii")
        for pem in (certificate, witness):
            x509.load_pem_x509_certificate(pem).verify_directly_issued_by(authority)
    except CERTIFICATE_FAULTS:
        raise UplinkError("the department's word for the evidence key is none of its own authority") from None
    return HeldVoucher(certificate, witness, authority.public_bytes(Encoding.PEM))


def held_voucher(settings: UplinkSettings) -> HeldVoucher | None:
    """The voucher that the department's present authority gave; None: there is none."""
    try:
        with voucher_file(settings).open("rb") as file:
            body = file.read(4 * REQUEST_BYTES_MAX)
        return parse_voucher(body, key_pair.load_authority(settings))
    except (OSError, UplinkError):
        return None
