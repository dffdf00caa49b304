"""Signed notes: a text, an empty line, and a line for each signature (C2SP signed-note).

A key is told by its name and a key id of four bytes, the beginning of a digest over name, signature type and public
key. Its text form, the *vkey*, is what people hand to each other to check a log: ``NAME+KEY_ID+BASE64``.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_edge.domain.errors import AuditError

NOTE_BYTES_MAX = 16 * 1024
SIGNATURES_MAX = 16
"""Signatures that a note may have; a verifier has to accept at least so many."""
ED25519 = 0x01
"""Signature type of a log."""
COSIGNATURE = 0x04
"""Signature type of a cosigner (:mod:`~alpr_edge.domain.log_proofs.cosignatures`)."""
KEY_ID_BYTES = 4
PUBLIC_KEY_BYTES = 32
NAME_CHARACTERS_MAX = 200
_DASH = "— "


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature line."""

    name: str
    """The key's name."""
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line, with its newline."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}\n"

    @classmethod
    def parse(cls, line: str) -> "NoteSignature":
        """Parse a line without its newline.

        Raises:
            AuditError: it is no signature.
        """
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        data = decode_base64(encoded)
        if not line.startswith(_DASH) or len(data) <= KEY_ID_BYTES:
            raise AuditError("not a signed note: a line behind the empty one is no signature")
        check_name(name)
        return cls(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key that signs notes.

    Raises:
        AuditError: the name is empty, too long, or holds spaces or a plus.
    """

    name: str
    type: int
    """:data:`ED25519` or :data:`COSIGNATURE`."""
    public_key: bytes

    def __post_init__(self) -> None:
        """Check the name."""
        check_name(self.name)

    @property
    def key_id(self) -> bytes:
        """Which key it is, beside its name."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public_key).digest()[:KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The vkey."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(bytes([self.type]) + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> "NoteKey":
        """Parse a vkey.

        Raises:
            AuditError: it is none, is of an unknown type, or its key id does not belong to its key.
        """
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        material = decode_base64(encoded)
        if not material or material[0] not in {ED25519, COSIGNATURE} or len(material) != 1 + PUBLIC_KEY_BYTES:
            raise AuditError("not a verifier key: it looks like NAME+KEY_ID+BASE64, for Ed25519")
        key = cls(name, material[0], material[1:])
        if key_id != key.key_id.hex():
            raise AuditError("not a verifier key: its id does not belong to it; was a character changed?")
        return key

    def is_named_by(self, signature: NoteSignature) -> bool:
        """Whether a signature says that it is by this key."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made a bare Ed25519 signature over a message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note with its signatures, none of which is checked."""

    text: str
    """What is signed, with its last newline."""
    signatures: tuple[NoteSignature, ...]

    @property
    def whole(self) -> str:
        """The note as it is written."""
        return self.text + "\n" + "".join(signature.line for signature in self.signatures)

    @classmethod
    def parse(cls, whole: str) -> "SignedNote":
        """Parse a note.

        Raises:
            AuditError: it is none; nothing is said of its signatures.
        """
        if len(whole.encode()) > NOTE_BYTES_MAX or any(
            ord(character) < 0x20 and character != "\n" for character in whole
        ):
            raise AuditError(f"not a signed note: longer than {NOTE_BYTES_MAX} bytes, or with control characters")
        text, gap, lines = whole.rpartition("\n\n")
        if not gap or not lines.endswith("\n"):
            raise AuditError("not a signed note: it has no signatures behind an empty line")
        signatures = tuple(NoteSignature.parse(line) for line in lines.removesuffix("\n").split("\n"))
        if len(signatures) > SIGNATURES_MAX:
            raise AuditError(f"not a signed note: more than {SIGNATURES_MAX} signatures")
        return cls(text + "\n", signatures)

    def by(self, key: NoteKey) -> Sequence[NoteSignature]:
        return [signature for signature in self.signatures if key.is_named_by(signature)]


def check_name(name: str) -> None:
    """Check the name of a key.

    Raises:
        AuditError: it is empty, too long, or holds spaces, a plus or what cannot be printed.
    """
    if not 0 < len(name) <= NAME_CHARACTERS_MAX or not name.isprintable() or any(c.isspace() or c == "+" for c in name):
        raise AuditError("the name of a key is empty, too long, or holds a space or a plus")


def note_key(name: str, key: Ed25519PrivateKey, key_type: int = ED25519) -> NoteKey:
    """The public side of a signing key."""
    return NoteKey(name, key_type, key.public_key().public_bytes_raw())


def sign_note(text: str, name: str, key: Ed25519PrivateKey) -> SignedNote:
    return SignedNote(text, (NoteSignature(name, note_key(name, key).key_id, key.sign(text.encode())),))


def check_note(note: SignedNote, key: NoteKey) -> None:
    """Check that a log's key signed a note.

    Raises:
        AuditError: it did not, or a signature that says so does not hold.
    """
    signatures = note.by(key)
    if not signatures:
        raise AuditError(f"not signed by {key.name} with the key {key.key_id.hex()}")
    if not all(key.holds(note.text.encode(), signature.signature) for signature in signatures):
        raise AuditError(f"the signature of {key.name} does not hold: the text was changed, or somebody else signed it")


def encode_base64(data: bytes) -> str:
    """Standard base 64 (RFC 4648, 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Bytes of standard base 64 in its one canonical form; empty when it is none."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if encode_base64(data) == text else b""
