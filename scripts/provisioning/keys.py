"""The unit's keys, sealed as systemd credentials: with this computer's key, and its TPM's where there is one."""

import secrets
from contextlib import ExitStack
from pathlib import Path

from scripts.provisioning.machine import ManagedFile, ProvisioningError, run

STORE = Path("/etc/credstore.encrypted")
NAMES = ("outbox", "lists", "access")
KEY_BYTES = 32
DATABASE = Path("/var/lib/alpr-edge/edge.db")


class Keys:
    """Keys of the store, the lists and the access log; one that exists is never touched."""

    name = "keys"

    def pending(self) -> list[str]:
        """The keys that are missing; those that are there must open.

        Raises:
            ProvisioningError: a key does not open, or the one of an existing database is gone.
        """
        missing = [name for name in NAMES if not _sealed(name).exists()]
        if "outbox" in missing and DATABASE.exists():
            raise ProvisioningError(
                f"{_sealed('outbox')}: gone, and {DATABASE} opens with it alone; restore it, or move the data away"
            )
        for name in set(NAMES) - set(missing):
            run("systemd-creds", "decrypt", f"--name=alpr-edge-{name}", _sealed(name), "-", timeout_s=60)
        return [f"make {_sealed(name)}" for name in missing]

    def apply(self, undo: ExitStack) -> None:
        """Draw them; the plain key is never on a disk."""
        for name in NAMES:
            if not _sealed(name).exists():
                key = secrets.token_bytes(KEY_BYTES)
                seal = ("systemd-creds", "encrypt", f"--name=alpr-edge-{name}", "-", "-")
                sealed = run(*seal, stdin=key, timeout_s=60)
                ManagedFile(_sealed(name), sealed.encode(), 0o600).install(undo)


def _sealed(name: str) -> Path:
    return STORE / f"alpr-edge-{name}"
