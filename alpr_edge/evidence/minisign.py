r"""Signatures and keys as ``minisign`` has them: Ed25519 over the BLAKE2b-512 of a file (its format ``ED``).

A signature is four lines: an untrusted comment, the signature, a trusted comment, and a second signature over the first
and the trusted comment. Source: jedisct1.github.io/minisign, "Signature format".
"""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.log_proofs.notes import PUBLIC_KEY_BYTES, decode_base64, encode_base64

_OF_DIGEST = b"ED"
_OF_KEY = b"Ed"
_KEY_ID_BYTES = 8
_SIGNATURE_BYTES = 64
_UNTRUSTED = "untrusted comment: "
_TRUSTED = "trusted comment: "


@dataclass(frozen=True, slots=True)
class MinisignSignature:
    """A signature, unchecked."""

    key_id: bytes
    signature: bytes
    trusted_comment: str
    global_signature: bytes

    @property
    def text(self) -> str:
        """The file."""
        first = encode_base64(_OF_DIGEST + self.key_id + self.signature)
        lines = (_untrusted_line("signature", self.key_id), first, _TRUSTED + self.trusted_comment)
        return "".join(f"{line}\n" for line in (*lines, encode_base64(self.global_signature)))

    @classmethod
    def parse(cls, text: str) -> "MinisignSignature":
        """Parse a file that this product wrote, to the byte: its untrusted comment, which nothing signs, as well."""
        lines = text.split("\n")
        if len(lines) == 5:
            first, last = decode_base64(lines[1]), decode_base64(lines[3])
            key_id, signature = first[2 : 2 + _KEY_ID_BYTES], first[2 + _KEY_ID_BYTES :]
            parsed = cls(key_id, signature, lines[2].removeprefix(_TRUSTED), last)
            if parsed.text == text and len(signature) == len(last) == _SIGNATURE_BYTES:
                return parsed
        raise EvidenceError("not a minisign signature as this product writes it")

    def holds(self, content: bytes, key: bytes) -> bool:
        """Whether a raw public key made both signatures, over this content."""
        public_key = Ed25519PublicKey.from_public_bytes(key)
        try:
            public_key.verify(self.signature, hashlib.blake2b(content).digest())
            public_key.verify(self.global_signature, self.signature + self.trusted_comment.encode())
        except InvalidSignature:
            return False
        return True


def sign_with_minisign(content: bytes, trusted_comment: str, key: Ed25519PrivateKey) -> str:
    """The signature file of a content."""
    signature = key.sign(hashlib.blake2b(content).digest())
    global_signature = key.sign(signature + trusted_comment.encode())
    key_id = key_id_of(key.public_key().public_bytes_raw())
    return MinisignSignature(key_id, signature, trusted_comment, global_signature).text


def public_key_text(key: bytes) -> str:
    """The public key file of a raw public key."""
    return f"{_untrusted_line('public key', key_id_of(key))}\n{encode_base64(_OF_KEY + key_id_of(key) + key)}\n"


def parse_public_key(text: str) -> bytes:
    """The raw public key of a file that this product wrote."""
    material = decode_base64(text.split("\n")[1]) if text.count("\n") == 2 else b""
    key = material[2 + _KEY_ID_BYTES :]
    if len(key) != PUBLIC_KEY_BYTES or public_key_text(key) != text:
        raise EvidenceError("not a minisign public key as this product writes it")
    return key


def key_id_of(key: bytes) -> bytes:
    """The id of a key: eight bytes of its digest, since minisign takes any eight."""
    return hashlib.sha256(key).digest()[:_KEY_ID_BYTES]


def _untrusted_line(what: str, key_id: bytes) -> str:
    return f"{_UNTRUSTED}alpr-edge {what} {key_id[::-1].hex().upper()}"
