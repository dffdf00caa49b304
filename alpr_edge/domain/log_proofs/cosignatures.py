"""Cosignatures: somebody else's statement, with a date, that a log only ever grew (C2SP tlog-cosignature, Ed25519).

A cosignature says that at that time its checkpoint was the largest consistent one that the cosigner had seen.
"""

import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.log_proofs.notes import COSIGNATURE, NoteKey, NoteSignature, SignedNote, note_key

SECONDS_MAX = 2**63 - 1
_TIME = struct.Struct(">Q")


def cosign(text: str, name: str, key: Ed25519PrivateKey, at_s: int) -> NoteSignature:
    """Cosign a checkpoint.

    Args:
        at_s: the moment, in seconds since 1970 (POSIX).
    """
    signature = key.sign(cosigned_message(text, at_s))
    return NoteSignature(name, note_key(name, key, COSIGNATURE).key_id, _TIME.pack(at_s) + signature)


def cosigned_at(text: str, signature: NoteSignature, key: NoteKey) -> int:
    """When a cosigner signed a checkpoint, in seconds since 1970."""
    at_s = time_of(signature)
    if key.type != COSIGNATURE or not key.is_named_by(signature):
        raise AuditError(f"not cosigned by {key.name} with the key {key.key_id.hex()}")
    if not key.holds(cosigned_message(text, at_s), signature.signature[_TIME.size :]):
        raise AuditError(
            f"the cosignature of {key.name} does not hold: text or date was changed, or somebody else made it"
        )
    return at_s


def time_of(signature: NoteSignature) -> int:
    """The time that a cosignature states, unchecked.

    Raises:
        AuditError: it states none.
    """
    if len(signature.signature) < _TIME.size:
        raise AuditError("not a cosignature: it is too short for a date")
    at_s: int = _TIME.unpack(signature.signature[: _TIME.size])[0]
    if at_s > SECONDS_MAX:
        raise AuditError("not a cosignature: its date is out of range")
    return at_s


def check_cosignature(note: SignedNote, key: NoteKey) -> int:
    """When a cosigner signed a note, in seconds since 1970; the last time of several.

    Raises:
        AuditError: it did not, or a signature that says so does not hold.
    """
    signatures = note.by(key)
    if not signatures:
        raise AuditError(f"not cosigned by {key.name} with the key {key.key_id.hex()}")
    return max(cosigned_at(note.text, signature, key) for signature in signatures)


def cosigned_message(text: str, at_s: int) -> bytes:
    """The bytes that a cosignature signs: whoever has the key can check them with any program for Ed25519."""
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()
