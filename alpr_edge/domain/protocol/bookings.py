"""The booking of an evidence package, as it travels: who took what of which case to which medium, and its passphrase.

The passphrase is sealed for the department alone (HPKE as for portable media, :mod:`.sealing`), and bound to its
package: a booking whose passphrase was taken from another one does not open.
"""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from pydantic import Field

from alpr_edge.domain.protocol.items import SCHEMA_VERSION, InstantPayload
from alpr_edge.domain.protocol.payload import Payload
from alpr_edge.domain.protocol.sealing import SUITE, SealedError

PREFIX = "booking:"
_LINE = b"alpr-edge passphrase of a package, 1\n"
_DIGEST = r"^[0-9a-f]{64}$"


class BookingPayload(Payload):
    """A booking. Holds no plate text."""

    schema_version: int = SCHEMA_VERSION
    package_id: str = Field(max_length=64)
    unit_id: str
    case: str = Field(max_length=64)
    purpose: str
    offence: str
    person_id: str
    person: str
    session: str
    """The beginning of the digest of the session's token, as the access log names it."""
    medium: str = Field(max_length=100)
    """Media no. in the evidence room's own count; empty: none was given."""
    recipient: str = Field(max_length=200)
    """To whom it goes; empty: nobody was named."""
    file_name: str
    package_sha256: str = Field(pattern=_DIGEST)
    """Of the encrypted container, as the medium gives it back."""
    manifest_sha256: str = Field(pattern=_DIGEST)
    """Of the tag manifest inside it."""
    size_bytes: int = Field(ge=0)
    reads: int = Field(ge=0)
    hits: int = Field(ge=0)
    pictures: int = Field(ge=0)
    with_scenes: bool
    is_redacted: bool
    """Whether the plates of other vehicles are covered in its scenes."""
    booked: InstantPayload
    time_stamp: str = Field("", max_length=300)
    """What came of the time stamp (RFC 3161), in words; empty: the unit asks for none."""
    sealed_passphrase: str = Field(max_length=4096)
    """Base 64; empty: the unit knew no key of a department, and the passphrase is nowhere but with who was shown it."""


def booking_item_id(package_id: str) -> str:
    """Id of the item that carries the booking of a package."""
    return f"{PREFIX}{package_id}"


def seal_passphrase(passphrase: str, package_id: str, key: X25519PublicKey) -> str:
    """The passphrase of a package as its booking carries it."""
    sealed = SUITE.encrypt(passphrase.encode(), key, info=_LINE + package_id.encode())
    return base64.b64encode(sealed).decode("ascii")


def open_passphrase(sealed: str, package_id: str, key: X25519PrivateKey) -> str:
    """The passphrase that was sealed for a package.

    Raises:
        SealedError: it does not open with this key, or was sealed for another package.
    """
    try:
        content = base64.b64decode(sealed.encode("ascii"), validate=True)
        return SUITE.decrypt(content, key, info=_LINE + package_id.encode()).decode()
    except (InvalidTag, ValueError, binascii.Error):
        raise SealedError("the passphrase does not open with this department's key for media") from None
