"""The unit's keys, sealed as systemd credentials with this computer's key, and with its TPM where there is one.

Without a TPM the computer's key lies on the disk that the data lies on: whoever takes that disk takes both. With one
the disk alone opens nothing. What they were sealed with is noted, for "unit check" to tell.
"""

import re
import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.provision.machine import ManagedFile, ProvisioningError, leftovers, run, succeeds

STORE = Path("/etc/credstore.encrypted")
SEALED_WITH = Path("/etc/alpr-edge/keys-sealed-with")
NAMES = ("outbox", "lists", "access", "signing")
"""The keys that every unit has."""
_CREDENTIAL = re.compile(r"(?m)^LoadCredentialEncrypted=alpr-edge-([a-z0-9-]+)$")
KEY_BYTES = 32
DATA = Path("/var/lib/alpr-edge")
DATA_OF_KEYS = {
    "outbox": ("edge.db", "damaged-*/edge.db"),
    "lists": ("hotlists/*.list",),
    "access": ("access.db", "accounts.db", "access-log-damaged-*/access.db"),
    "signing": ("access.db",),
}
"""Files of the data folder that are lost without a key: without it they do not open, or are no proof any more."""
HOST, HOST_AND_TPM = "host", "host+tpm2"
SEAL_S_MAX = 60
MAKE_KEY = "make "
"""How a change begins that makes a key."""


class KeysStep:
    """Keys of the store, the lists and the access log; one that exists stays, and is sealed anew for a TPM.

    Args:
        store: the folder of the sealed keys.
        sealed_with: the note of what they are sealed with.
        data: the unit's data folder: a key that existing data need is never drawn anew.
        has_tpm: whether this computer has a TPM that systemd can use; None asks systemd.
        creds: the program that seals and opens keys.
        names: the names of the keys: those of :func:`key_names`.
    """

    name = "keys"

    def __init__(
        self,
        store: Path = STORE,
        sealed_with: Path = SEALED_WITH,
        data: Path = DATA,
        has_tpm: bool | None = None,  # noqa: FBT001 - one fact among five
        creds: str | Path = "systemd-creds",
        names: Sequence[str] = NAMES,
    ) -> None:
        self._store, self._note, self._data = store, sealed_with, data
        self._has_tpm, self._creds, self._names = has_tpm, creds, names

    def pending(self) -> list[str]:
        """The keys that are missing or could be sealed better, and what a power cut left; those there must open.

        Raises:
            ProvisioningError: a key does not open, or one that existing data need is gone.
        """
        missing = [name for name in self._names if not self._sealed_path(name).exists()]
        for name in missing:
            self._require_no_data(name)
        there = [name for name in self._names if name not in missing]
        for name in there:
            self._plain_key(name)
        again = [f"seal {self._sealed_path(name)} with the TPM" for name in there] if self._seals_anew() else []
        note = [] if self._told_note().is_current else [f"write {self._note}"]
        stale = [f"remove {path}" for path in self._leftovers()]
        return [*(f"{MAKE_KEY}{self._sealed_path(name)}" for name in missing), *again, *note, *stale]

    def _require_no_data(self, name: str) -> None:
        """Refuse to draw a key anew while data need the one that is gone."""
        found = (path for pattern in DATA_OF_KEYS.get(name, ()) for path in sorted(self._data.glob(pattern)))
        if (path := next(found, None)) is not None:
            raise ProvisioningError(
                f"{self._sealed_path(name)}: gone, and {path} opens with it alone; restore it, or move the data away"
            )

    def apply(self, undo: ExitStack) -> None:
        """Make missing keys, and seal those that could be sealed better; the plain key is never on a disk.

        The note is written last: wherever the power goes, it names the TPM only when nothing opens without it.
        """
        for path in self._leftovers():
            path.unlink()
        seals_anew, keys = self._seals_anew(), []
        for name in self._names:
            is_there = self._sealed_path(name).exists()
            if seals_anew or not is_there:
                key = self._plain_key(name) if is_there else secrets.token_bytes(KEY_BYTES)
                keys.append(self._seal(name, key))
        for file in keys:
            file.install(undo)
        for file in keys:
            file.forget_before()  # a copy that opens without the TPM would make it worth nothing
        note = self._told_note()
        note.install(undo)
        note.forget_before()

    def _leftovers(self) -> list[Path]:
        files = [*(self._sealed_path(name) for name in self._names), self._note]
        return [path for file in files for path in leftovers(file)]

    def _seals_anew(self) -> bool:
        return self._with() == HOST_AND_TPM and self._current_seal() != HOST_AND_TPM

    def _with(self) -> str:
        """What keys are to be sealed with.

        Raises:
            ProvisioningError: they were sealed with a TPM, and none can be used now.
        """
        if self._has_tpm is None:
            self._has_tpm = succeeds("systemd-analyze", "has-tpm2") or succeeds(self._creds, "has-tpm2")
        if self._has_tpm:
            return HOST_AND_TPM
        if self._current_seal() == HOST_AND_TPM:
            raise ProvisioningError(
                f"{self._note}: keys are sealed with a TPM, and none can be used: look in the firmware"
            )
        return HOST

    def _current_seal(self) -> str:
        try:
            return self._note.read_text(encoding="ascii").strip()
        except OSError:
            return ""

    def _told_note(self) -> ManagedFile:
        return ManagedFile(self._note, f"{self._with()}\n".encode())

    def _plain_key(self, name: str) -> bytes:
        return self._unseal(name, self._sealed_path(name).read_bytes())

    def _seal(self, name: str, key: bytes) -> ManagedFile:
        """The key sealed; opened once, as some systemd seals for a TPM that it cannot use."""
        seal = (self._creds, "encrypt", f"--with-key={self._with()}", f"--name=alpr-edge-{name}", "-", "-")
        sealed_key = run(*seal, stdin=key, timeout_s=SEAL_S_MAX).encode()
        if self._unseal(name, sealed_key) != key:
            raise ProvisioningError(f"{self._sealed_path(name)}: does not open again; nothing was changed")
        return ManagedFile(self._sealed_path(name), sealed_key, 0o600)

    def _unseal(self, name: str, sealed_key: bytes) -> bytes:
        open_it = (self._creds, "decrypt", f"--name=alpr-edge-{name}", "--transcode=hex", "-", "-")
        return bytes.fromhex(run(*open_it, stdin=sealed_key, timeout_s=SEAL_S_MAX))

    def _sealed_path(self, name: str) -> Path:
        return self._store / f"alpr-edge-{name}"


def key_names(release: Path) -> tuple[str, ...]:
    """The names of the keys that the services of a release open, those of every unit among them.

    An update runs the code of the release before, which does not know what keys a newer one has: its unit files do.

    Args:
        release: the folder of the release, or a checkout.
    """
    texts = [path.read_text(encoding="utf-8") for path in sorted((release / "systemd").glob("*.service"))]
    return tuple(dict.fromkeys((*NAMES, *(name for text in texts for name in _CREDENTIAL.findall(text)))))
