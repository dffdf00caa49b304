"""A roster as canonical JSON: sorted keys, no spaces, UTF-8, times in UTC by RFC 3339.

Fields of a newer release are ignored. A role or source permission of a newer release grants nothing here, and a status
of a newer release counts as suspended: what this release does not know it does not allow.
"""

import base64
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field, PlainSerializer, ValidationError

from alpr_edge.domain.errors import RosterError
from alpr_edge.domain.instants import rfc3339, to_utc
from alpr_edge.domain.people.credentials import PASSKEYS_MAX, Credentials, Passkey
from alpr_edge.domain.people.person import AccountStatus, Person, Role, SourcePermission, Training
from alpr_edge.domain.people.roster import PEOPLE_MAX, Member, Roster, RosterFault, RosterHeader
from alpr_edge.domain.protocol.items import encode
from alpr_edge.domain.protocol.payload import Payload

ROSTER_BYTES_MAX = 32 * 1024 * 1024
"""Largest roster; one person takes some 700 bytes, with passkeys up to 2,000."""
_VERSION = 1

Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Required = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Moment = Annotated[AwareDatetime, AfterValidator(to_utc), PlainSerializer(rfc3339, return_type=str)]
WordT = TypeVar("WordT", bound=StrEnum)


class PasskeyPayload(Payload):
    """A passkey; bytes are base64."""

    credential_id: Annotated[str, Field(min_length=1, max_length=2048)]
    public_key: Annotated[str, Field(min_length=1, max_length=2048)]
    sign_count: Annotated[int, Field(ge=0, lt=2**32)]


class PersonPayload(Payload):
    """A person without credentials."""

    person_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    name: Required
    badge: Required
    email: Text
    organisation: Required
    ori: Text
    title: Text
    roles: Annotated[list[Text], Field(max_length=32)]
    is_sworn: bool
    sources: Annotated[list[Text], Field(max_length=32)]
    has_covert_clearance: bool
    cjis_training_until: Moment | None
    alpr_training_until: Moment | None
    status: Text
    valid_until: Moment
    approved_by: Required
    active_at: Moment
    may_unlock: bool
    unlocks: Annotated[int, Field(ge=0, lt=2**31)]
    sign_outs: Annotated[int, Field(ge=0, lt=2**31)] = 0  # rosters and people of earlier releases have none


class MemberPayload(PersonPayload):
    """A person with credentials, as they travel."""

    password_hash: Annotated[str, Field(max_length=512)]
    password_set: Moment | None
    totp_secret: Annotated[str, Field(max_length=128)]
    release_secret: Annotated[str, Field(max_length=128)]
    passkeys: Annotated[list[PasskeyPayload], Field(max_length=PASSKEYS_MAX)]


class RosterPayload(Payload):
    """A roster, as it travels."""

    version: Annotated[int, Field(ge=_VERSION, le=_VERSION)]
    department_id: Required
    serial: Annotated[int, Field(ge=1, lt=2**63)]
    issued: Moment
    valid_until: Moment
    people: Annotated[list[MemberPayload], Field(max_length=PEOPLE_MAX)]


def encode_roster(roster: Roster) -> bytes:
    """The canonical JSON of a roster, people in the order of their ids."""
    header = roster.header
    members = sorted(roster.members, key=lambda member: member.person.person_id)
    payload = RosterPayload(
        version=_VERSION,
        department_id=header.department_id,
        serial=header.serial,
        issued=header.issued,
        valid_until=header.valid_until,
        people=[_member_payload(member) for member in members],
    )
    return encode(payload)


def decode_roster(body: bytes) -> Roster:
    """The roster of its JSON."""
    if len(body) > ROSTER_BYTES_MAX:
        raise RosterError(RosterFault.UNREADABLE, f"a roster has at most {ROSTER_BYTES_MAX} bytes")
    try:
        payload = RosterPayload.model_validate_json(body)
        members = tuple(_member_of(each) for each in payload.people)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise RosterError(RosterFault.UNREADABLE, f"not a roster of this release: {place or 'no JSON'}") from None
    except ValueError:
        raise RosterError(RosterFault.UNREADABLE, "not a roster of this release: passkeys") from None
    return Roster(RosterHeader(payload.department_id, payload.serial, payload.issued, payload.valid_until), members)


def person_payload(person: Person) -> PersonPayload:
    return PersonPayload(**_fields(person))


def person_of(payload: PersonPayload) -> Person:
    return Person(
        person_id=payload.person_id,
        name=payload.name,
        badge=payload.badge,
        email=payload.email,
        organisation=payload.organisation,
        ori=payload.ori,
        title=payload.title,
        roles=_known_words(Role, payload.roles),
        is_sworn=payload.is_sworn,
        sources=_known_words(SourcePermission, payload.sources),
        has_covert_clearance=payload.has_covert_clearance,
        training=Training(payload.cjis_training_until, payload.alpr_training_until),
        status=_status(payload.status),
        valid_until=payload.valid_until,
        approved_by=payload.approved_by,
        active_at=payload.active_at,
        may_unlock=payload.may_unlock,
        unlocks=payload.unlocks,
        sign_outs=payload.sign_outs,
    )


def _fields(person: Person) -> dict[str, Any]:
    """The fields of a person's payload."""
    return {
        "person_id": person.person_id,
        "name": person.name,
        "badge": person.badge,
        "email": person.email,
        "organisation": person.organisation,
        "ori": person.ori,
        "title": person.title,
        "roles": sorted(person.roles),
        "is_sworn": person.is_sworn,
        "sources": sorted(person.sources),
        "has_covert_clearance": person.has_covert_clearance,
        "cjis_training_until": person.training.cjis_until,
        "alpr_training_until": person.training.alpr_until,
        "status": person.status,
        "valid_until": person.valid_until,
        "approved_by": person.approved_by,
        "active_at": person.active_at,
        "may_unlock": person.may_unlock,
        "unlocks": person.unlocks,
        "sign_outs": person.sign_outs,
    }


def _member_payload(member: Member) -> MemberPayload:
    credentials = member.credentials
    return MemberPayload(
        **_fields(member.person),
        password_hash=credentials.password_hash,
        password_set=credentials.password_set,
        totp_secret=credentials.totp_secret,
        release_secret=credentials.release_secret,
        passkeys=[_passkey_payload(passkey) for passkey in credentials.passkeys],
    )


def _member_of(payload: MemberPayload) -> Member:
    """The person with credentials of a payload. Raises ValueError where a passkey is not base64."""
    passkeys = tuple(_passkey(each) for each in payload.passkeys)
    secrets = (payload.password_hash, payload.totp_secret, payload.release_secret)
    credentials = Credentials(*secrets, passkeys, payload.password_set)
    return Member(person_of(payload), credentials)


def _known_words(words: type[WordT], texts: list[str]) -> frozenset[WordT]:
    """The words among texts that this release knows."""
    values = {word.value for word in words}
    return frozenset(words(text) for text in texts if text in values)


def _status(text: str) -> AccountStatus:
    return AccountStatus(text) if text in set(AccountStatus) else AccountStatus.SUSPENDED


def _passkey_payload(passkey: Passkey) -> PasskeyPayload:
    return PasskeyPayload(
        credential_id=base64.b64encode(passkey.credential_id).decode(),
        public_key=base64.b64encode(passkey.public_key).decode(),
        sign_count=passkey.sign_count,
    )


def _passkey(payload: PasskeyPayload) -> Passkey:
    credential_id, public_key = (
        base64.b64decode(part, validate=True) for part in (payload.credential_id, payload.public_key)
    )
    return Passkey(credential_id, public_key, payload.sign_count)
