"""Puts rosters in force on a unit: those that the uplink handed over, checked by the key that the accounts pinned."""

from dataclasses import dataclass

import structlog

from alpr_edge.access.roster_update import install_roster
from alpr_edge.domain.access_log.changes import NONE, Subject, value_name
from alpr_edge.domain.access_log.records import AccessEntry, RecordedChange
from alpr_edge.domain.errors import LostError, RosterError, StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.handed_roster import HANDED_BYTES_MAX, SPOOL_NAME, unpack_roster
from alpr_edge.domain.people.roster import RosterFault, RosterHeader
from alpr_edge.domain.people.signed_roster import RosterKey, open_roster
from alpr_edge.services.accounts.local_key import is_local_key
from alpr_edge.services.audit.access_entries import unit_entry
from alpr_edge.settings import Settings
from alpr_edge.store.access.accounts import AccountStore
from alpr_edge.store.access.pinned_key import pin_roster_key, pinned_roster_key
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.hotlists.download_spool import DownloadSpool

INSTALL_ROSTER = "install_roster"
COMPONENT = "run"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HandedRoster:
    """A roster that the uplink handed over, with the key that it has pinned."""

    key: RosterKey
    content: bytes


def waiting_roster(incoming: DownloadSpool) -> HandedRoster | None:
    """The roster that waits; None where none does.

    Raises:
        RosterError: what waits is none.
    """
    if not incoming.waits(SPOOL_NAME):
        return None
    handed = bytearray()
    try:
        for chunk in incoming.read(SPOOL_NAME)[1]:
            handed += chunk
            if len(handed) > HANDED_BYTES_MAX:
                raise RosterError(RosterFault.UNREADABLE, "longer than any roster")
    except LostError as error:
        raise RosterError(RosterFault.UNREADABLE, str(error)) from None
    return HandedRoster(*unpack_roster(bytes(handed)))


def put_in_force(settings: Settings, accounts: AccountStore, handed: HandedRoster, now: Instant) -> bool:
    """Put a roster of the department in force; returns whether the access log has it.

    The first key that a roster holds by is pinned; from then on only a person replaces it. Where the access log takes
    no record of the change, the roster counts all the same, since it may suspend somebody. One that is in force already
    is no fault: what a program that was cut off behind it left undone, the key and the record, is done now.

    Raises:
        RosterError: it is refused, and why; the roster before stays in force.
        StoreError: the accounts cannot be written; likewise.
    """
    held = held_roster(accounts)
    key = _key_that_counts(settings, accounts, handed.key)
    try:
        header = install_roster(accounts, handed.content, key, now)
    except RosterError as error:
        if error.fault != RosterFault.NOT_NEWER or held is None:
            raise
        offered = open_roster(handed.content, key).header
        if offered.serial != held.serial:
            raise
        return _complete(settings, accounts, held, key, now) if offered == held else True
    pin_roster_key(accounts, key)
    log.info("roster.installed", serial=header.serial, department=header.department_id)
    return _record(settings, roster_text(held), header, now)


def held_roster(accounts: AccountStore) -> RosterHeader | None:
    """The roster in force.

    Raises:
        StoreError: the accounts cannot be read.
    """
    with accounts.reading() as rows:
        return rows.roster()


def roster_text(header: RosterHeader | None) -> str:
    """A roster as records and people have it."""
    return "none" if header is None else f"{header.department_id} {header.serial}, to {header.valid_until:%Y-%m-%d}"


def _key_that_counts(settings: Settings, accounts: AccountStore, offered: RosterKey) -> RosterKey:
    """The key that counts: the pinned one, or the offered one where none is pinned."""
    pinned = pinned_roster_key(accounts)
    if pinned is None or str(pinned) == str(offered):
        return offered
    if is_local_key(settings, pinned):
        message = "this unit keeps its own accounts; to take the department's people: alpr-edge unit enroll --new-keys"
        raise RosterError(RosterFault.OTHER_DEPARTMENT, message)
    raise RosterError(
        RosterFault.UNSIGNED,
        "the uplink has another key for rosters than the accounts; alpr-edge unit enroll --new-keys",
    )


def _complete(settings: Settings, accounts: AccountStore, held: RosterHeader, key: RosterKey, now: Instant) -> bool:
    """Pin the key of a roster that is in force and put it on record, where that is missing; returns whether it is."""
    pin_roster_key(accounts, key)
    try:
        with open_access_log(settings, migrate=True) as access_log:
            on_record = access_log.values().values.get(value_name(Subject.ROSTER), NONE)
    except StoreError as error:
        return _tell_not_recorded(held, error)
    return on_record == roster_text(held) or _record(settings, on_record or roster_text(None), held, now)


def _record(settings: Settings, before: str, after: RosterHeader, now: Instant) -> bool:
    """Put on record that a roster is in force; returns whether it is."""
    change = RecordedChange(name=value_name(Subject.ROSTER), before=before, after=roster_text(after))
    entry: AccessEntry = unit_entry(COMPONENT, INSTALL_ROSTER, now).model_copy(update={"changes": (change,)})
    try:
        with open_access_log(settings, migrate=True) as access_log:
            access_log.append(entry, now)
    except StoreError as error:
        return _tell_not_recorded(after, error)
    return True


def _tell_not_recorded(header: RosterHeader, error: StoreError) -> bool:
    log.error("roster.not_recorded", serial=header.serial, failure=str(error))
    return False
