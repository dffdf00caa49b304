"""Loads what signs a unit's packages: its key, and the department's word for whose that is."""

from alpr_edge.evidence.signer import KeyVoucher, PackageSigner
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


def witness_certificate(settings: Settings) -> bytes:
    """The department's certificate of the key that cosigns access logs, PEM; empty where this unit has none."""
    held = held_voucher(settings.uplink)
    return b"" if held is None else held.witness_certificate
