r"""Signs rosters, and opens those that the department signed.

A signed roster is one file: a signed note (C2SP ``signed-note``: text, an empty line, signature lines) that names the
department, the serial and the digest of the roster, and behind it the roster's JSON. The signature so covers every byte
of the roster, and stays short enough for any tool that reads notes::

    alpr-edge roster v1
    modesto-pd
    17
    sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

    — modesto-pd dHJ1c3QgbWUsIHRoaXMgaXMgbm90IGEgc2lnbmF0dXJlIG9mIGFueWJvZHkgYXQgYWxsLi4u
    {"department_id":"modesto-pd", ...}
"""

from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_edge.domain.errors import AuditError, RosterError
from alpr_edge.domain.log_proofs.notes import ED25519, NoteKey, NoteSignature, sign_note
from alpr_edge.domain.people.roster import Roster, RosterFault
from alpr_edge.domain.people.roster_json import decode_roster, encode_roster
from alpr_edge.domain.protocol.items import digest

FIRST_LINE = "alpr-edge roster v1"
NOTE_BYTES_MAX = 4096
_BODY = b"\n{"


@dataclass(frozen=True, slots=True)
class RosterKey:
    """The department's public key for rosters, which a unit pins at its enrollment."""

    department_id: str
    public_key: Ed25519PublicKey

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a verifier key of C2SP signed-note: ``name+hexadecimal key id+base64 of type and key``.

        Raises:
            RosterError: it is none.
        """
        try:
            key = NoteKey.parse(text)
        except AuditError as error:
            raise RosterError(RosterFault.UNREADABLE, str(error)) from None
        if key.type != ED25519:
            raise RosterError(RosterFault.UNREADABLE, "not a key that signs rosters: it is a cosigner's")
        return cls(key.name, Ed25519PublicKey.from_public_bytes(key.public_key))

    def __str__(self) -> str:
        return self.note_key.text

    @property
    def note_key(self) -> NoteKey:
        """The key as signed notes have it."""
        return NoteKey(self.department_id, ED25519, self.public_key.public_bytes_raw())


def sign_roster(roster: Roster, key: Ed25519PrivateKey) -> bytes:
    """The signed file of a roster."""
    body = encode_roster(roster)
    department_id = roster.header.department_id
    text = _note_text(department_id, roster.header.serial, body)
    return sign_note(text, department_id, key).whole.encode() + body


def open_roster(content: bytes, key: RosterKey) -> Roster:
    """The roster of a signed file; whether it may replace another is for :func:`check_roster` to say.

    Raises:
        RosterError: unreadable, unsigned, signed by another department, or changed.
    """
    end = content.find(_BODY, 0, NOTE_BYTES_MAX)
    if end < 0 or not content.startswith(FIRST_LINE.encode() + b"\n"):
        raise RosterError(RosterFault.UNREADABLE, "not a signed roster")
    body = content[end + 1 :]
    try:
        text, _, signatures = content[: end + 1].decode().partition("\n\n")
    except UnicodeDecodeError:
        raise RosterError(RosterFault.UNREADABLE, "not a signed roster: its note is not UTF-8") from None
    _check_signature(f"{text}\n", signatures, key)
    roster = _decode_signed(body, text)
    if _note_text(roster.header.department_id, roster.header.serial, body) != f"{text}\n":
        raise RosterError(RosterFault.TAMPERED, "the roster is not the one that its signature names")
    return roster


def _decode_signed(body: bytes, text: str) -> Roster:
    """The roster of a body whose digest the note names; nothing else is parsed."""
    if text.rpartition("\n")[2] != f"sha256:{digest(body)}":
        raise RosterError(RosterFault.TAMPERED, "the roster was changed after it was signed")
    return decode_roster(body)


def _note_text(department_id: str, serial: int, body: bytes) -> str:
    return f"{FIRST_LINE}\n{department_id}\n{serial}\nsha256:{digest(body)}\n"


def _check_signature(text: str, signatures: str, key: RosterKey) -> None:
    """Check that one of the signature lines is the key's, and holds; lines of other keys are ignored."""
    if text.split("\n")[1] != key.department_id:
        raise RosterError(RosterFault.OTHER_DEPARTMENT, "the roster is another department's")
    signature = _signature_by(signatures, key.note_key)
    if signature is None:
        raise RosterError(RosterFault.UNSIGNED, "the roster is not signed by the department's key")
    if not key.note_key.holds(text.encode(), signature.signature):
        raise RosterError(RosterFault.TAMPERED, "the roster's signature does not hold")


def _signature_by(lines: str, key: NoteKey) -> NoteSignature | None:
    """The first signature that claims to be the key's; what is no signature is passed over."""
    for line in lines.split("\n"):
        try:
            signature = NoteSignature.parse(line)
        except AuditError:
            continue
        if key.is_named_by(signature):
            return signature
    return None
