"""Loads what signs a unit's packages: its key, and the department's word for whose that is."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.evidence.signer import PackageSigner
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.settings import Settings
from alpr_edge.store.keys import load_key

PURPOSE = "evidence signing"
"""Purpose of the key that signs packages, which ``derive_key`` makes from that of the access log.

Whoever exports has that key anyway, as nothing is exported that is not on record, and a unit of an earlier release
needs no new one."""


def load_package_signer(settings: Settings) -> PackageSigner:
    """What signs packages of this unit.

    Raises:
        StoreError: the key of the access log is missing, or readable by others.
    """
    seed = derive_key(load_key("access", settings.store.keys_directory), PURPOSE)
    return PackageSigner(settings.unit.id, Ed25519PrivateKey.from_private_bytes(seed))
