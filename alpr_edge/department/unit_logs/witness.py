"""The department's key that cosigns checkpoints of units' access logs; made when it is first needed."""

import secrets
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.log_proofs.cosignatures import cosign
from alpr_edge.domain.log_proofs.notes import COSIGNATURE, NoteKey, note_key
from alpr_edge.evidence.signer import WITNESS
from alpr_edge.runtime.durable_files import create_file
from alpr_edge.runtime.key_derivation import derive_key

FILE_NAME = "witness.key"
_SEED_BYTES = 32


class Witness:
    """Cosigns checkpoints.

    Raises:
        DepartmentError: the key cannot be read or made.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        """The department's folder, which the database need not be in."""
        self._seed = _load_or_create(directory / FILE_NAME)
        self._key = Ed25519PrivateKey.from_private_bytes(self._seed)
        self.key: NoteKey = note_key(WITNESS, self._key, COSIGNATURE)
        """The public key."""

    def other_key(self, purpose: str) -> Ed25519PrivateKey:
        """A key of the department for another purpose, which this one is not derived from."""
        return Ed25519PrivateKey.from_private_bytes(derive_key(self._seed, f"department {purpose}"))

    def cosign(self, text: str, at: datetime) -> str:
        """Cosign the text of a checkpoint; a signature line of a note."""
        return cosign(text, WITNESS, self._key, int(at.timestamp())).line


def _load_or_create(path: Path) -> bytes:
    try:
        if not path.exists():
            _create(path)
        mode = path.stat().st_mode
        seed = path.read_bytes()
    except OSError as error:
        raise DepartmentError(f"{path}: cannot be used: {error.strerror}") from None
    if mode & 0o077:
        raise DepartmentError(f"{path}: others may read this key; run: chmod 600 {path}")
    if len(seed) != _SEED_BYTES:
        raise DepartmentError(f"{path}: not a key of {_SEED_BYTES} bytes; restore it")
    return seed


def _create(path: Path) -> None:
    try:
        create_file(path, secrets.token_bytes(_SEED_BYTES))
    except FileExistsError:
        return  # another process made it meanwhile
