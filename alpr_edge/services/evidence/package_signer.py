"""Loads what signs a unit's packages: its key, and the department's word for whose that is."""

from dataclasses import replace
from datetime import datetime

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence.signer import KeyVoucher, PackageSigner
from alpr_edge.evidence.vouchers import open_voucher
from alpr_edge.settings import Settings
from alpr_edge.store.keys import load_evidence_key
from alpr_edge.uplink.documents.held_voucher import held_voucher


def load_package_signer(settings: Settings) -> PackageSigner:
    """What signs packages of this unit; without the department's word for its key the package says so.

    Raises:
        StoreError: the key of the access log, from which it is derived, is missing, or readable by others.
    """
    key, held = load_evidence_key(settings.store.keys_directory), held_voucher(settings.uplink)
    voucher = None if held is None else KeyVoucher(held.certificate, held.authority)
    return PackageSigner(settings.unit.id, key, voucher)


def with_valid_voucher(signer: PackageSigner, moment: datetime | None) -> PackageSigner:
    """The same, without the department's word where it is none: no package would verify by it.

    Args:
        moment: when; None: not known, and the dates are not compared.
    """
    return signer if signer.voucher is None or _holds(signer, signer.voucher, moment) else replace(signer, voucher=None)


def _holds(signer: PackageSigner, voucher: KeyVoucher, moment: datetime | None) -> bool:
    """Whether a voucher is for the signer's key and name, and in force."""
    try:
        vouched = open_voucher(voucher.certificate, voucher.authority)
    except EvidenceError:
        return False
    is_own = (vouched.name, vouched.public_key) == (signer.name, signer.key.public_key().public_bytes_raw())
    return is_own and (moment is None or vouched.begins <= moment <= vouched.ends)


def witness_certificate(settings: Settings) -> bytes:
    """The department's certificate of the key that cosigns access logs, PEM; empty where this unit has none."""
    held = held_voucher(settings.uplink)
    return b"" if held is None else held.witness_certificate
