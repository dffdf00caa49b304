"""What travels of the access log: its records as they are, its checkpoints, and what the department says of both.

A record's item is the record (:mod:`alpr_edge.domain.access_log.records`); its number is part of the item's id, so that
a unit whose log was set back comes to send another record under the id of one that the department has.
"""

from typing import NamedTuple

from pydantic import Field

from alpr_edge.domain.protocol.payload import Payload

LOG_SCHEMA_VERSION = 1
RECORD_PREFIX = "access_record:"
CHECKPOINT_PREFIX = "checkpoint:"
NOTE_CHARACTERS_MAX = 4096
LOGS_MAX = 5
"""Logs of a unit that an answer speaks of, the newest."""
KEY_CHARACTERS_MAX = 512
FINDING_CHARACTERS_MAX = 500
_ROOT_DIGITS = 16


class LogPlace(NamedTuple):
    """A place in a log."""

    log_id: str
    number: int
    """Sequence number of a record, or size of a checkpoint."""


class CheckpointPayload(Payload):
    """A checkpoint as the department stores it."""

    schema_version: int = LOG_SCHEMA_VERSION
    unit_id: str = Field(max_length=64)
    log_id: str = Field(max_length=64)
    size: int
    note: str = Field(max_length=NOTE_CHARACTERS_MAX)
    """The signed checkpoint."""
    key: str = Field(max_length=KEY_CHARACTERS_MAX)
    """The public key that signed it; the first of a log is the only one from then on."""


class LogStatementPayload(Payload):
    """What the department says of one log of a unit."""

    log_id: str = Field(max_length=64)
    size: int = Field(default=0, ge=0, lt=2**63)
    """Size of the largest checkpoint that it cosigned."""
    signature: str = Field(default="", max_length=NOTE_CHARACTERS_MAX)
    """The cosignature of that checkpoint, as a line of a note; empty before the first."""
    witness_key: str = Field(default="", max_length=KEY_CHARACTERS_MAX)
    """The public key that cosigns."""
    finding: str = Field(default="", max_length=FINDING_CHARACTERS_MAX)
    """What is wrong with the log, until somebody at the department acknowledges it; empty: nothing."""


def record_item_id(log_id: str, sequence: int) -> str:
    return f"{RECORD_PREFIX}{log_id}:{sequence}"


def record_id_range(log_id: str) -> tuple[str, str]:
    """The ids of a log's records, in the order of their bytes: from the first of both up to the second, not included.

    The second ends in ``;``, the character after ``:``, so every id that begins with the first lies between them.
    """
    return f"{RECORD_PREFIX}{log_id}:", f"{RECORD_PREFIX}{log_id};"


def checkpoint_item_id(log_id: str, size: int, root: bytes) -> str:
    """Id of the item of a checkpoint; two that differ in their root are two items, and both are kept."""
    return f"{CHECKPOINT_PREFIX}{log_id}:{size}:{root.hex()[:_ROOT_DIGITS]}"


def place_in(item_id: str) -> LogPlace | None:
    """The log and number that the id of a record's or checkpoint's item names; None: it names none."""
    parts = item_id.split(":")
    prefix, is_record = f"{parts[0]}:", parts[0] + ":" == RECORD_PREFIX
    if prefix not in {RECORD_PREFIX, CHECKPOINT_PREFIX} or len(parts) != (3 if is_record else 4):
        return None
    digits = parts[2]
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 20 and str(int(digits)) == digits
    return LogPlace(parts[1], int(digits)) if is_number else None
