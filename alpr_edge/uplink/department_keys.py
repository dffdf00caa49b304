"""The department's public keys as this unit pinned them: for rosters, and for cosignatures of its access log.

They come with the first certificate and lie beside the authority's, in ``department-keys.json``. What is pinned is
never replaced because an answer says so: only a person does it, with ``alpr-edge unit enroll --new-keys`` or by
enrolling at the authority of another department. A unit that enrolled before there were such keys asks for them once,
over TLS with the authority that it trusts.
"""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from alpr_edge.domain.errors import AuditError, RosterError, UplinkError
from alpr_edge.domain.log_proofs.notes import COSIGNATURE, NoteKey
from alpr_edge.domain.people.signed_roster import RosterKey
from alpr_edge.domain.protocol.enrolment import KEYS_PATH, DepartmentKeysPayload
from alpr_edge.domain.protocol.items import UNIT_HEADER
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink.certificate_client import ask
from alpr_edge.uplink.key_pair import write_whole
from alpr_edge.uplink.tls import context_of

FILE_NAME = "department-keys.json"
FILE_BYTES_MAX = 16_384


@dataclass(frozen=True, slots=True)
class DepartmentKeys:
    """The department's keys; None: none is pinned, or the department has none."""

    roster_key: RosterKey | None = None
    witness_key: NoteKey | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        needs = {"rosters": self.roster_key, "cosignatures of the access log": self.witness_key}
        return tuple(what for what, key in needs.items() if key is None)


def keys_file(settings: UplinkSettings) -> Path:
    """Where the keys lie: beside the authority's certificate."""
    return settings.ca_file.with_name(FILE_NAME)


def pinned_keys(settings: UplinkSettings) -> DepartmentKeys:
    """The keys that are pinned.

    Raises:
        UplinkError: their file cannot be read; it is not replaced.
    """
    path = keys_file(settings)
    try:
        with path.open("rb") as file:
            payload = DepartmentKeysPayload.model_validate_json(file.read(FILE_BYTES_MAX))
    except FileNotFoundError:
        return DepartmentKeys()
    except OSError as error:
        raise UplinkError(f"{path}: cannot be read: {error.strerror}") from None
    except ValidationError:
        raise UplinkError(f"{path}: holds no keys; remove it, then: alpr-edge unit enroll --new-keys") from None
    return keys_in(payload)


def keys_in(payload: DepartmentKeysPayload) -> DepartmentKeys:
    """The keys of an answer."""
    try:
        roster_key = RosterKey.parse(payload.roster_key) if payload.roster_key else None
        witness_key = NoteKey.parse(payload.witness_key) if payload.witness_key else None
    except (RosterError, AuditError) as error:
        raise UplinkError(f"the department gave a key that is none: {error}") from None
    if witness_key is not None and witness_key.type != COSIGNATURE:
        raise UplinkError("the department gave a key for cosignatures that is for something else")
    return DepartmentKeys(roster_key, witness_key)


def pin_keys(settings: UplinkSettings, offered: DepartmentKeys, *, replace: bool = False) -> tuple[str, ...]:
    """Pin the keys that the department offers; returns what each key is for that was offered anew and not taken."""
    held = DepartmentKeys() if replace else pinned_keys(settings)
    roster_key, witness_key = held.roster_key or offered.roster_key, held.witness_key or offered.witness_key
    payload = DepartmentKeysPayload(
        roster_key="" if roster_key is None else str(roster_key),
        witness_key="" if witness_key is None else witness_key.text,
    )
    if DepartmentKeys(roster_key, witness_key) != held or replace:
        body = payload.model_dump_json(exclude={"media_key"}) + "\n"
        write_whole(keys_file(settings), body.encode())
    return tuple(_conflicts(held, offered))


def fetch_keys(settings: UplinkSettings, unit_id: str) -> DepartmentKeys:
    """Ask the department for its keys, with this unit's certificate; none of a department of an earlier release."""
    reply = ask(context_of(settings), settings, KEYS_PATH, headers={UNIT_HEADER: unit_id})
    if not reply.is_of_department:
        raise UplinkError(f"{settings.url}: what answers there (status {reply.status}) is no department; check the URL")
    if reply.status == 404:
        return DepartmentKeys()
    if reply.status != 200:
        raise UplinkError(f"{settings.url}: gives no keys (status {reply.status})")
    try:
        return keys_in(DepartmentKeysPayload.model_validate_json(reply.body))
    except ValidationError:
        raise UplinkError(f"{settings.url}: answered, but not as a department does") from None


def pin_missing_keys(settings: UplinkSettings, unit_id: str) -> DepartmentKeys:
    """The pinned keys, after asking the department for those that are missing."""
    held = pinned_keys(settings)
    if not held.missing:
        return held
    pin_keys(settings, fetch_keys(settings, unit_id))
    return pinned_keys(settings)


def _conflicts(held: DepartmentKeys, offered: DepartmentKeys) -> list[str]:
    roster = held.roster_key and offered.roster_key and str(held.roster_key) != str(offered.roster_key)
    witness = held.witness_key and offered.witness_key and held.witness_key != offered.witness_key
    return ["rosters"] * bool(roster) + ["cosignatures of the access log"] * bool(witness)
