"""Seals items for a portable medium and opens them again: encrypted for the department alone, signed by the unit.

The construction is HPKE (RFC 9180) as the ``cryptography`` package has it, with an ephemeral X25519 key for each item
and AES-256-GCM. What a file looks like is in :mod:`~alpr_edge.domain.protocol.media`.
"""

import struct
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from pydantic import ValidationError

from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.items import OutboxItem, digest, encode
from alpr_edge.domain.protocol.media import ITEM_LINE, ItemHeader, ItemLabel

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_LENGTH = struct.Struct(">I")


class SealedError(Exception):
    """A file of a medium that cannot be trusted or opened; its text says why, without any value of its content."""


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A signed file, taken apart; its signature is not checked yet."""

    first: bytes
    second: bytes
    message: bytes
    """All that the signature is about."""
    signature: bytes

    def verify(self, certificate: x509.Certificate) -> None:
        """Check that the key of a certificate signed it.

        Raises:
            SealedError: it did not.
        """
        key = certificate.public_key()
        try:
            if not isinstance(key, ec.EllipticCurvePublicKey):
                raise SealedError("signed with a key of another kind than ECDSA")
            key.verify(self.signature, self.message, ec.ECDSA(SHA256()))
        except InvalidSignature:
            raise SealedError("its signature does not hold: changed, or signed by somebody else") from None


def sign(line: bytes, first: bytes, second: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """A signed file of two blocks, under a first line that says what it is."""
    message = line + _LENGTH.pack(len(first)) + first + _LENGTH.pack(len(second)) + second
    return message + key.sign(message, ec.ECDSA(SHA256()))


def parse_signed_file(line: bytes, content: bytes) -> SignedFile:
    """The parts of a signed file.

    Raises:
        SealedError: it is none, or not all of one.
    """
    if not content.startswith(line):
        raise SealedError("not a file of this kind and version")
    try:
        first, end = _block(content, len(line))
        second, end = _block(content, end)
    except struct.error:
        raise SealedError("cut off") from None
    return SignedFile(first, second, content[:end], content[end:])


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals a unit's items."""

    unit_id: str
    medium_id: str
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    media_key: X25519PublicKey

    def seal(self, item: OutboxItem, written_at: datetime | None) -> bytes:
        """The file of an item.

        Args:
            written_at: now in UTC; None when unknown.
        """
        header = ItemHeader(
            unit_id=self.unit_id,
            medium_id=self.medium_id,
            written=None if written_at is None else rfc3339(written_at),
            certificate_sha256=self.certificate.fingerprint(SHA256()).hex(),
            media_key_sha256=media_key_digest(self.media_key),
        )
        label = encode(ItemLabel(item_id=item.item_id, kind=item.kind.value, sha256=item.sha256))
        first = encode(header)
        ciphertext = SUITE.encrypt(_LENGTH.pack(len(label)) + label + item.body, self.media_key, info=first)
        return sign(ITEM_LINE, first, ciphertext, self.key)


def header_of(file: SignedFile) -> ItemHeader:
    """Who wrote an item's file, as it says itself.

    Raises:
        SealedError: it does not say.
    """
    try:
        return ItemHeader.model_validate_json(file.first)
    except ValidationError:
        raise SealedError("its header is none") from None


def unseal(file: SignedFile, media_key: X25519PrivateKey) -> tuple[ItemLabel, bytes]:
    """Label and body of an item's file whose signature was checked.

    Raises:
        SealedError: it does not open with this key.
    """
    try:
        content = SUITE.decrypt(file.second, media_key, info=file.first)
        label, end = _block(content, 0)
        return ItemLabel.model_validate_json(label), content[end:]
    except (InvalidTag, ValueError, struct.error):
        raise SealedError("does not open with this department's key for media") from None


def media_key_in(pem: bytes) -> X25519PublicKey:
    """The department's public key for media.

    Raises:
        SealedError: it is none.
    """
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, X25519PublicKey):
        raise SealedError("no X25519 public key in PEM")
    return key


def media_key_digest(key: X25519PublicKey) -> str:
    return digest(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _block(content: bytes, start: int) -> tuple[bytes, int]:
    """A block behind its length, and where it ends. Raises struct.error where it is cut off."""
    (length,) = _LENGTH.unpack_from(content, start)
    end = start + _LENGTH.size + length
    if end > len(content):
        raise struct.error
    return content[start + _LENGTH.size : end], end
