"""The key that signs the roster of a unit without a department; derived from the access key, so there is no file of it.

Its name, the department's id in such a roster, is the unit's id.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.domain.people.signed_roster import RosterKey
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.settings import Settings
from alpr_edge.store.keys import load_key

_PURPOSE = "local-roster"


def local_signing_key(settings: Settings) -> Ed25519PrivateKey:
    """The unit's own key for rosters."""
    seed = derive_key(load_key("access", settings.store.keys_directory), _PURPOSE)
    return Ed25519PrivateKey.from_private_bytes(seed)


def local_roster_key(settings: Settings) -> RosterKey:
    """The public half. Raises StoreError as :func:`local_signing_key` does."""
    return RosterKey(settings.unit.id, local_signing_key(settings).public_key())


def is_local_key(settings: Settings, key: RosterKey | None) -> bool:
    """Whether a pinned key is the unit's own, whatever the unit was called when it was pinned.

    Raises:
        StoreError: the access key is missing, or readable by others.
    """
    own = local_roster_key(settings).public_key
    return key is not None and key.public_key.public_bytes_raw() == own.public_bytes_raw()
