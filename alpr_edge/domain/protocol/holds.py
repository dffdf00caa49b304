"""The payloads of a hold and of its release, for the department, and of the department's own holds, for a unit.

A hold with many reads travels as several items, each with the terms and some of the reads, so that no item is large and
a canvass can add reads as they come. They may arrive in any order, and each more than once.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from alpr_edge.domain.access_log.records import Sentence, Word
from alpr_edge.domain.holds.hold import Hold, HoldKind, HoldOrigin, HoldPerson, HoldRelease, HoldTerms
from alpr_edge.domain.instants import Instant, rfc3339, to_utc
from alpr_edge.domain.protocol.items import SCHEMA_VERSION, InstantPayload, instant_payload
from alpr_edge.domain.protocol.payload import Payload

HOLD_PREFIX = "hold:"
RELEASE_PREFIX = "hold-release:"
READS_A_PART = 500
"""Most reads of one item."""
_PART_DIGITS = 16
HOLDS_PATH = "/v1/holds"
"""Where a unit asks for the department's holds on its reads."""
HOLDS_BYTES_MAX = 4 * 1024 * 1024
"""Largest answer of the department; ids of 10,000 reads take 1 MB."""
HOLDS_SPOOL_NAME = "@holds"
"""Its name among downloads; no list is called so, as a name begins with a letter or digit."""


class HoldPayload(Payload):
    """A hold, or a part of one. Holds no plate text."""

    schema_version: int = SCHEMA_VERSION
    hold_id: str
    unit_id: str
    kind: str
    """A :class:`~alpr_edge.domain.holds.hold.HoldKind`."""
    subject_id: str
    case_number: str
    reason: str
    until: str | None
    """RFC 3339; None: when somebody releases it."""
    origin: str
    """A :class:`~alpr_edge.domain.holds.hold.HoldOrigin`."""
    person_id: str
    person: str
    session: str
    made: InstantPayload
    read_ids: list[str] = Field(max_length=READS_A_PART)


class HoldReleasePayload(Payload):
    """The release of a hold. Holds no plate text."""

    schema_version: int = SCHEMA_VERSION
    hold_id: str
    unit_id: str
    person_id: str
    person: str
    session: str
    released: InstantPayload
    reason: str = ""
    """Why; empty: a unit that did not ask for it."""


class DepartmentHoldPayload(Payload):
    """A hold that the department placed on reads of one unit; its texts are such as the unit's access log takes."""

    hold_id: Word
    case_number: Word
    reason: Sentence
    until: str | None
    person: Word
    made: str
    """RFC 3339."""
    read_ids: list[Word]


class DepartmentHoldsPayload(Payload):
    """All holds of the department on reads of one unit that are neither released nor over."""

    unit_id: str
    holds: list[DepartmentHoldPayload]


def hold_item_id(hold_id: str, read_ids: Sequence[str]) -> str:
    """Id of the item that carries a part of a hold: no two parts of one hold have the same reads."""
    part = hashlib.sha256("\n".join(read_ids).encode()).hexdigest()[:_PART_DIGITS]
    return f"{HOLD_PREFIX}{hold_id}:{part}"


def hold_release_item_id(hold_id: str) -> str:
    """Id of the item that carries the release of a hold."""
    return f"{RELEASE_PREFIX}{hold_id}"


def hold_payload(hold: Hold, unit_id: str, read_ids: Sequence[str]) -> HoldPayload:
    """Payload of a part of a hold."""
    terms = hold.terms
    return HoldPayload(
        hold_id=hold.hold_id,
        unit_id=unit_id,
        kind=terms.kind.value,
        subject_id=terms.subject_id,
        case_number=terms.case_number,
        reason=terms.reason,
        until=None if terms.until is None else rfc3339(terms.until),
        origin=hold.origin.value,
        person_id=hold.by.person_id,
        person=hold.by.person,
        session=hold.by.session,
        made=instant_payload(hold.made),
        read_ids=list(read_ids),
    )


def hold_release_payload(hold_id: str, unit_id: str, release: HoldRelease) -> HoldReleasePayload:
    return HoldReleasePayload(
        hold_id=hold_id,
        unit_id=unit_id,
        person_id=release.by.person_id,
        person=release.by.person,
        session=release.by.session,
        released=instant_payload(release.at),
        reason=release.reason,
    )


def hold_of_department(payload: DepartmentHoldPayload, received: Instant) -> Hold:
    """The hold that a unit keeps for one of the department.

    Raises:
        ValueError: a moment of it is none.
    """
    until = None if payload.until is None else to_utc(datetime.fromisoformat(payload.until))
    subject = payload.read_ids[0] if payload.read_ids else ""
    kind = HoldKind.READ if len(payload.read_ids) == 1 else HoldKind.SEARCH
    terms = HoldTerms(kind, subject, payload.case_number, payload.reason, until)
    return Hold(payload.hold_id, terms, HoldPerson("", payload.person), received, HoldOrigin.DEPARTMENT)
