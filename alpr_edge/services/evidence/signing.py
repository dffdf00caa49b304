"""Loads what signs a unit's packages: its key, and the department's word for whose that is."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.evidence.signer import PackageSigner
from alpr_edge.settings import Settings
from alpr_edge.store.keys import load_key

KEY = "evidence"


def load_package_signer(settings: Settings) -> PackageSigner:
    """What signs packages of this unit.

    Raises:
        StoreError: the key is missing, or readable by others.
    """
    key = Ed25519PrivateKey.from_private_bytes(load_key(KEY, settings.store.keys_directory))
    return PackageSigner(settings.unit.id, key)
