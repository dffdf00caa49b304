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

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alpr_edge.domain.errors import RosterError
from alpr_edge.domain.people.roster import Roster, RosterFault
from alpr_edge.domain.people.roster_json import decode_roster, encode_roster
from alpr_edge.domain.protocol.items import digest

FIRST_LINE = "alpr-edge roster v1"
NOTE_BYTES_MAX = 4096
_ED25519 = b"\x01"
"""Signature type of Ed25519 in a key id (C2SP signed-note)."""
_KEY_ID_BYTES = 4
_DASH = "\N{EM DASH} "
_BODY = b"\n{"


@dataclass(frozen=True, slots=True)
class RosterKey:
    """The department's public key for rosters, which a unit pins at its enrolment."""

    department_id: str
    public_key: Ed25519PublicKey

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a verifier key of C2SP signed-note: ``name+hexadecimal key id+base64 of type and key``.

        Raises:
            RosterError: it is none.
        """
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            content = base64.b64decode(encoded, validate=True)
            key = cls(name, Ed25519PublicKey.from_public_bytes(content[1:]))
        except (binascii.Error, ValueError):
            raise RosterError(RosterFault.UNREADABLE, "no verifier key of a roster: name+id+base64") from None
        if not name or content[:1] != _ED25519 or key.key_id.hex() != key_id.lower():
            raise RosterError(RosterFault.UNREADABLE, "the verifier key's id does not belong to its name and key")
        return key

    def __str__(self) -> str:
        content = base64.b64encode(_ED25519 + self._raw).decode()
        return f"{self.department_id}+{self.key_id.hex()}+{content}"

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names the key."""
        return hashlib.sha256(self.department_id.encode() + b"\n" + _ED25519 + self._raw).digest()[:_KEY_ID_BYTES]

    @property
    def _raw(self) -> bytes:
        return self.public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def sign_roster(roster: Roster, key: Ed25519PrivateKey) -> bytes:
    """The signed file of a roster."""
    body = encode_roster(roster)
    department_id = roster.header.department_id
    text = _note_text(department_id, roster.header.serial, body)
    signature = RosterKey(department_id, key.public_key()).key_id + key.sign(text.encode())
    line = f"{_DASH}{department_id} {base64.b64encode(signature).decode()}\n"
    return f"{text}\n{line}".encode() + body


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
    for line in signatures.split("\n"):
        signature = _signature_by(line, key)
        if signature is not None:
            try:
                key.public_key.verify(signature, text.encode())
            except InvalidSignature:
                raise RosterError(RosterFault.TAMPERED, "the roster's signature does not hold") from None
            return
    raise RosterError(RosterFault.UNSIGNED, "the roster is not signed by the department's key")


def _signature_by(line: str, key: RosterKey) -> bytes | None:
    """The signature of a line if it claims to be the key's."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or name != key.department_id:
        return None
    try:
        content = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    is_canonical = base64.b64encode(content).decode() == encoded  # bits that no byte needs are zero
    return content[_KEY_ID_BYTES:] if is_canonical and content[:_KEY_ID_BYTES] == key.key_id else None
