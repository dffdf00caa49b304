"""One record of the access log: an access that was asked for, allowed or refused (Civil Code 1798.90.52, policy 462.6).

Its bytes are canonical JSON: keys in order, no spaces, UTF-8, whole numbers alone, which is what RFC 8785 prescribes
for such values. They are the leaf of the log's Merkle tree, so they are kept and sent as they were written.

A plate stands in a record only as the query of a search, where 1798.90.52(a)(2) asks for it. Text that cannot be
printed (control characters, turns of the writing direction) is refused: it could make one record look like another.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationError,
    model_serializer,
    model_validator,
)

from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.instants import NS_PER_MS, Instant
from alpr_edge.domain.protocol.items import encode
from alpr_edge.domain.protocol.payload import Payload

RECORD_VERSION = 1
RECORD_BYTES_MAX = 64 * 1024
"""Largest record; one of a person who looked at a read has some 700 bytes."""
OBJECTS_MAX = 1000
CHANGES_MAX = 100
COUNT_MAX = 2**53 - 1
"""Largest number that every reader of JSON keeps exactly (RFC 8785, 3.2.2.3)."""
LOG_ID_PATTERN = r"^[0-9a-f]{32}$"
_ORIGIN = "alpr-edge/log/"
DEPARTMENT = "department"
"""Stands in the department's own records where those of a car name the unit."""
DRIFT_FOUND, RECORD_NOT_KEPT = "drift_found", "record_not_kept"
"""Actions of the unit itself that tell that something is wrong: the department notes each as a finding."""
BEGIN_LOG, START_SERVICE, STOP_SERVICE = "begin_log", "start_service", "stop_service"
DROP_OLD_RECORDS = "drop_old_records"
UPKEEP_ACTIONS = frozenset({BEGIN_LOG, START_SERVICE, STOP_SERVICE, DROP_OLD_RECORDS})
"""Actions of the unit itself that a full log takes too: without them nothing old could go from it."""


class AccessOutcome(StrEnum):
    """What came of an access."""

    ALLOWED = "allowed"
    REFUSED = "refused"


def _require_printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds characters that cannot be printed")
    return text


_Printable = AfterValidator(_require_printable)
Word = Annotated[str, StringConstraints(max_length=128), _Printable]
"""An id or a name."""
Sentence = Annotated[str, StringConstraints(max_length=500), _Printable]
"""Free text."""
Corners = Annotated[str, StringConstraints(max_length=800), _Printable]
"""The corners of an area; 32 with all their digits have 735 characters."""
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A word of a closed list."""
Count = Annotated[int, Field(ge=0, le=COUNT_MAX, strict=True)]


class RecordMoment(Payload):
    """A moment as a record has it."""

    utc: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\dZ$")] | None
    """UTC to a hundredth of a second; None: the clock was not set."""
    source: Word
    """A :class:`~alpr_edge.domain.instants.UtcSource`."""
    uncertainty_ms: Count | None
    """How far it may be off; None: unknown."""
    boot_id: Word | None = None
    """Identity of the boot that :attr:`boottime_ms` counts from; None, and not in the bytes: it does not say."""
    boottime_ms: Count | None = None
    """Milliseconds since that boot: nanoseconds pass :data:`COUNT_MAX` after 104 days."""

    @model_serializer(mode="wrap")
    def _leave_out_unknown_boot(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the boot where it is not known, as records of older releases are: their bytes stay the same."""
        values: dict[str, Any] = handler(self)
        return {name: value for name, value in values.items() if value is not None or not name.startswith("boot")}


class _Received(Payload):
    received: RecordMoment


class RecordedChange(Payload):
    """A value that was changed; a secret stands as its digest."""

    name: Word
    before: Sentence
    after: Sentence


class AccessEntry(Payload):
    """What the caller says of an access; the log adds the rest (:class:`AccessRecord`)."""

    person_id: Word
    """Id of the person; empty: the unit itself, or break-glass."""
    person: Word
    """The person's name, or the name that was given with break-glass."""
    organisation: Word = ""
    break_glass: Annotated[bool, Field(strict=True)] = False
    """Whether it was done by root on the machine itself, without a session."""
    session: Word = ""
    """Id of the session, no secret; empty: there was none."""
    component: Code
    """The program that asks: ``run``, ``console``, ``command_line``, ``department``."""
    action: Code
    objects: Annotated[tuple[Word, ...], Field(max_length=OBJECTS_MAX)] = ()
    """Ids of what was asked for or shown."""
    query: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9?*]{0,16}$")] = ""
    """The plate, or part of one, that was searched for; empty for everything but a search."""
    purpose: Code
    offence: Word = ""
    case: Word = ""
    note: Sentence = ""
    corners: Corners = ""
    """The corners of the area that was searched, with those of a canvass, which a note has no room for (Civil Code
    1798.90.52(a)(2)); empty for everything else. A circle is in the note."""
    outcome: AccessOutcome
    reason: Sentence = ""
    """Why it was refused, or why it was allowed beyond the rules."""
    shown: Count = 0
    """Number of objects shown."""
    shown_bytes: Count = 0
    address: Word = ""
    """Where the request came from; empty: this machine."""
    changes: Annotated[tuple[RecordedChange, ...], Field(max_length=CHANGES_MAX)] = ()
    """What was changed, in settings, lists, people."""
    happened: RecordMoment

    @property
    def whole_note(self) -> str:
        """The note, with the corners that it speaks of."""
        return ": ".join(part for part in (self.note, self.corners) if part)

    @model_validator(mode="after")
    def _check_reason(self) -> "AccessEntry":
        if self.outcome is AccessOutcome.REFUSED and not self.reason:
            raise ValueError("a refusal needs its reason")
        return self


class AccessRecord(AccessEntry):
    """A record, as it stands in the log."""

    version: int = RECORD_VERSION
    unit_id: Word
    log_id: Annotated[str, StringConstraints(pattern=LOG_ID_PATTERN)]
    """Which log it is; a unit begins a new one only with a new database."""
    sequence: Count
    """Its place in the log, from 0."""
    received: RecordMoment
    """When the log took it."""


def record_moment(instant: Instant) -> RecordMoment:
    uncertainty = instant.uncertainty_ms
    return RecordMoment(
        utc=None if instant.utc is None else utc_text(instant.utc),
        source=instant.utc_source.value,
        uncertainty_ms=None if uncertainty is None else min(round(uncertainty), COUNT_MAX),
    )


def log_moment(instant: Instant) -> RecordMoment:
    """An instant at which a log takes a record: with its boot, by which one that has no sure time is dated later."""
    boottime_ms = min(max(instant.boottime_ns, 0) // NS_PER_MS, COUNT_MAX)
    moment = record_moment(instant)
    return RecordMoment(**dict(moment) | {"boot_id": instant.boot_id or None, "boottime_ms": boottime_ms})


def utc_text(moment: datetime) -> str:
    """UTC to a hundredth of a second, never rounded up."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 10_000:02d}Z"


def encode_record(record: AccessRecord) -> bytes:
    """The bytes of a record.

    Raises:
        AuditError: it is larger than a record may be.
    """
    body = encode(record)
    if len(body) > RECORD_BYTES_MAX:
        raise AuditError(f"a record of the access log has at most {RECORD_BYTES_MAX} bytes, this one {len(body)}")
    return body


def parse_record(body: bytes) -> AccessRecord:
    """Parse the bytes of a record; fields of newer versions are left out.

    Raises:
        AuditError: they are none; the message holds no value of it.
    """
    if len(body) > RECORD_BYTES_MAX:
        raise AuditError("no record of an access log: it is too long")
    try:
        return AccessRecord.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise AuditError(f"no record of an access log: {field}: {first['type']}") from None


def received_moment(body: bytes) -> RecordMoment:
    """When the log took a record, of which nothing else is parsed.

    Raises:
        AuditError: the bytes are none of a record.
    """
    try:
        return _Received.model_validate_json(body).received
    except ValidationError:
        raise AuditError("no record of an access log: it does not say when it was received") from None


def is_break_glass(body: bytes) -> bool:
    """Whether the bytes of a record tell of break-glass; its key stands bare only where it is one."""
    return b'"break_glass":true' in body


def origin_of(log_id: str) -> str:
    """The name that a log has in its checkpoints, and its key with it."""
    return _ORIGIN + log_id


def log_id_of(origin: str) -> str:
    """The log that a checkpoint or key is about.

    Raises:
        AuditError: it is about no access log.
    """
    log_id = origin.removeprefix(_ORIGIN)
    if log_id == origin:
        raise AuditError("not of an access log: its name does not begin with " + _ORIGIN)
    return log_id
