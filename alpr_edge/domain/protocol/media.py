"""The files on a portable medium that carries items from a unit to its department, and receipts back.

::

    alpr-edge-medium.json            which medium this is
    <unit>/<2 digits>/<digest>.item  an item: sealed for the department, signed by the unit; named by its id's SHA-256
    <unit>/receipts-0001.signed      receipts of what the department stored, signed by it

A signed file is a first line that names its format, then two blocks of bytes, each behind its length (four bytes, the
most significant first), then an ECDSA signature (SHA-256, DER) over all before it. In an item the first block is a
:class:`ItemHeader`, which may be read by anybody and holds no plate, and the second is what HPKE makes of
:class:`ItemLabel` (behind its length) and body: RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
AES-256-GCM, with the header as ``info``. In receipts the first block is :class:`ReceiptsPayload` and the second the
certificate (DER) of the department's server, whose key signed.
"""

from pydantic import Field

from alpr_edge.domain.protocol.items import BODY_BYTES_MAX, ITEM_ID_PATTERN, digest
from alpr_edge.domain.protocol.payload import Payload

MEDIUM_FILE = "alpr-edge-medium.json"
MEDIUM_BYTES_MAX = 1024
ITEM_SUFFIX = ".item"
ITEM_LINE = b"alpr-edge item, sealed, 1\n"
ITEM_FILE_BYTES_MAX = BODY_BYTES_MAX + 16_384
"""Largest file of an item: its body, and what is around it."""
RECEIPTS_PREFIX, RECEIPTS_SUFFIX = "receipts-", ".signed"
RECEIPTS_LINE = b"alpr-edge receipts, 1\n"
RECEIPTS_MAX = 5000
"""Most receipts in one file."""
RECEIPTS_BYTES_MAX = 2 * 1024 * 1024
MEDIA_KEY_BYTES_MAX = 1024
"""Largest public key of the department for media, as PEM."""

_DIGEST = r"^[0-9a-f]{64}$"


class MediumPayload(Payload):
    """The identity of a medium."""

    medium_id: str = Field(pattern=r"^[0-9a-f]{32}$")


class ItemHeader(Payload):
    """The header of an item: who wrote it, and which keys it needs."""

    unit_id: str = Field(max_length=64)
    medium_id: str = Field(max_length=64)
    """The medium it was written to first; a copy may lie on another."""
    written: str | None = None
    """When it was written, RFC 3339; None when the unit's clock was not known."""
    certificate_sha256: str = Field(pattern=_DIGEST)
    """Digest of the unit's certificate (DER), whose key signed."""
    media_key_sha256: str = Field(pattern=_DIGEST)
    """Digest of the department's public key (SubjectPublicKeyInfo, DER) for which it is sealed."""


class ItemLabel(Payload):
    """The identity of an item; sealed with its body."""

    item_id: str = Field(pattern=ITEM_ID_PATTERN)
    kind: str = Field(max_length=32)
    sha256: str = Field(pattern=_DIGEST)


class ReceiptPayload(Payload):
    """A receipt: the department stored this content under this id."""

    item_id: str = Field(pattern=ITEM_ID_PATTERN)
    sha256: str = Field(pattern=_DIGEST)


class ReceiptsPayload(Payload):
    """The receipts for items of one unit."""

    unit_id: str = Field(max_length=64)
    receipts: list[ReceiptPayload] = Field(max_length=RECEIPTS_MAX)


def item_file(item_id: str) -> tuple[str, str]:
    """Folder and name of an item's file below its unit's folder; an id may hold letters that a medium does not take."""
    name = digest(item_id.encode())
    return name[:2], f"{name}{ITEM_SUFFIX}"
