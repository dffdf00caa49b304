r"""Signs the settings that a department gives a unit, and opens those that the department signed.

A document is one file: a signed note (C2SP ``signed-note``) that names the department, the serial and the digest of the
JSON behind it, as rosters have it and by the same key, which units pin at their enrollment::

    alpr-edge settings v1
    modesto-pd
    4
    sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

    — modesto-pd dHJ1c3QgbWUsIHRoaXMgaXMgbm90IGEgc2lnbmF0dXJlIG9mIGFueWJvZHkgYXQgYWxsLi4u
    {"department_id":"modesto-pd","unit_id":"car-7","serial":4, ...}

It names its unit, so that what was signed for one car cannot be given to another. Serials only rise, on withdrawals
too: a document from before is refused.
"""

from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, ValidationError

from alpr_edge.domain.department_settings.exchange import DOCUMENT_BYTES_MAX, SERIAL_MAX
from alpr_edge.domain.errors import AuditError, DepartmentSettingsError
from alpr_edge.domain.log_proofs.notes import SignedNote, check_note, sign_note
from alpr_edge.domain.people.signed_roster import NOTE_BYTES_MAX, RosterKey
from alpr_edge.domain.protocol.items import digest
from alpr_edge.domain.protocol.payload import Payload

FIRST_LINE = "alpr-edge settings v1"
_BODY = b"\n{"

Value = bool | int | float | str
Values = dict[str, dict[str, Value]]
"""Values by table and key, as TOML has them: ``{"decision": {"timeout_ms": 800.0}}``."""


class UnitSettingsPayload(Payload):
    """What a department sets in one unit."""

    department_id: str
    unit_id: str
    serial: Annotated[int, Field(ge=1, le=SERIAL_MAX)]
    """Of the newest step that concerns the unit, be it a publication or a withdrawal."""
    publication: Annotated[int, Field(ge=0, le=SERIAL_MAX)]
    """Serial of the publication whose values these are; 0: all were withdrawn, and the unit's own file counts."""
    values: Values


def sign_settings(payload: UnitSettingsPayload, key: Ed25519PrivateKey) -> bytes:
    """The signed document of a unit."""
    body = payload.model_dump_json().encode()
    return sign_note(_note_text(payload, body), payload.department_id, key).whole.encode() + body


def open_settings(content: bytes, key: RosterKey, unit_id: str) -> UnitSettingsPayload:
    """The settings of a signed document of a unit; nothing of what is not signed is parsed.

    Raises:
        DepartmentSettingsError: unreadable, unsigned, changed, or another department's or unit's.
    """
    end = content.find(_BODY, 0, NOTE_BYTES_MAX)
    if end < 0 or len(content) > DOCUMENT_BYTES_MAX:
        raise DepartmentSettingsError("they are no signed document")
    body = content[end + 1 :]
    try:
        note = SignedNote.parse(content[: end + 1].decode())
        check_note(note, key.note_key)
    except (AuditError, UnicodeDecodeError):
        raise DepartmentSettingsError("they are not signed by the department's key") from None
    if not note.text.endswith(f"\nsha256:{digest(body)}\n"):
        raise DepartmentSettingsError("they were changed after they were signed")
    try:
        payload = UnitSettingsPayload.model_validate_json(body)
    except ValidationError:
        raise DepartmentSettingsError("they cannot be read; update this unit") from None
    if note.text != _note_text(payload, body) or payload.department_id != key.department_id:
        raise DepartmentSettingsError("they are not those that their signature names")
    if payload.unit_id != unit_id:
        raise DepartmentSettingsError(f"they are those of another unit, {payload.unit_id}")
    return payload


def keep_with_key(content: bytes, key: RosterKey) -> bytes:
    """A document as a unit keeps it: behind a line with the key that it has to be signed by."""
    return f"{key}\n".encode() + content


def split_key(kept: bytes) -> tuple[str, bytes]:
    """The key's line and the document of what a unit keeps; neither is checked."""
    line, _, content = kept.partition(b"\n")
    return line.decode("ascii", "replace"), content


def _note_text(payload: UnitSettingsPayload, body: bytes) -> str:
    return f"{FIRST_LINE}\n{payload.department_id}\n{payload.serial}\nsha256:{digest(body)}\n"
