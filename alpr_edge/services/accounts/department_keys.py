"""Pins the department's keys where the daemon that faces the network cannot reach them: in accounts and access log.

Where the unit was enrolled elsewhere or under another id, it removes what was set from there.
"""

import os
from pathlib import Path

from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, RecordedChange, record_moment
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.people.signed_roster import RosterKey
from alpr_edge.domain.ports import Clock
from alpr_edge.services.accounts.local_key import is_local_key
from alpr_edge.services.changes.department_settings import changes_without_document, is_of_department
from alpr_edge.services.changes.settings_values import settings_values
from alpr_edge.settings import Settings, parse
from alpr_edge.settings.layers.department_layer import kept_file, load_layers
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access.pinned_key import pin_roster_key, pinned_roster_key
from alpr_edge.store.access_log.checkpoints import pin_witness_key
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.keys import load_key
from alpr_edge.uplink.department_keys import DepartmentKeys, pinned_keys
from alpr_edge.uplink.key_pair import remove

PIN_KEYS = "pin_keys"
_OTHER_KEY = (
    "rosters are still checked by the key that was pinned first; to take the department's: alpr-edge unit enroll "
    "--new-keys"
)
_OTHER_WITNESS = "the access log was cosigned with another key before; the department's cosignatures are refused"
_NO_MORE_LOCAL = "people come from the department now: accounts made on this unit end with its first roster"


REMOVE_SETTINGS = "remove_department_settings"
_OWN_COUNT = "what the department set in this unit before is removed: the car's own file counts from the next start"


def require_access_key(settings: Settings) -> None:
    """Refuse a provisioned unit without its access key; elsewhere, as on a development machine, it may be missing.

    Raises:
        StoreError: it is missing, or readable by others.
    """
    if "CREDENTIALS_DIRECTORY" in os.environ:
        load_key("access", settings.store.keys_directory)


def has_access_key(settings: Settings) -> bool:
    """Whether the access log can be opened; not where its key is not to be had, as on a development machine."""
    try:
        load_key("access", settings.store.keys_directory)
    except StoreError:
        return False
    return True


def pin_in_databases(settings: Settings, person: str, clock: Clock, *, replace: bool) -> tuple[str, ...]:
    """Pin the keys that the enrollment keeps; returns what a person has to know, a line each.

    Where the access key is not to be had, as on a development machine, the running unit pins the first it sees.

    Raises:
        UplinkError: the keys beside the certificates cannot be read.
        StoreError: the databases cannot be written.
    """
    keys = pinned_keys(settings.uplink)
    if keys == DepartmentKeys() or not has_access_key(settings):
        return ()
    with open_access_log(settings, migrate=True) as log:
        notes = _pin_roster_key(settings, log, keys.roster_key, (person, clock), replace=replace)
        if keys.witness_key is not None and pin_witness_key(log, keys.witness_key) != keys.witness_key:
            notes += (_OTHER_WITNESS,)
    return notes


def remove_other_settings(settings_file: Path, person: str, clock: Clock) -> tuple[str, ...]:
    """Remove settings that another department gave this unit, or that were for another unit; says so in a line.

    Raises:
        SettingsError: the file cannot be used.
        UplinkError: the keys beside the certificates cannot be read.
        StoreError: it is not on record, or cannot be removed.
    """
    layers = load_layers(settings_file)
    key = pinned_keys(layers.settings.uplink).roster_key
    if is_of_department(layers.settings, "" if key is None else key.department_id):
        return ()
    if has_access_key(layers.settings):
        with open_access_log(layers.settings, migrate=True) as log:
            own = settings_values(parse(layers.own, settings_file.parent), log.digest)
            changes = changes_without_document(log.values().values, own)
            log.append(_entry(REMOVE_SETTINGS, changes, person, clock), clock.now())
    remove(kept_file(layers.settings))
    return (_OWN_COUNT,)


def _pin_roster_key(
    settings: Settings, log: AccessLog, key: RosterKey | None, by: tuple[str, Clock], *, replace: bool
) -> tuple[str, ...]:
    if key is None:
        return ()
    with open_accounts(settings.unit.data_directory, settings.store.keys_directory, migrate=True) as accounts:
        before = pinned_roster_key(accounts)
        if str(before) == str(key):
            return ()
        if before is not None and not replace:
            return (_OTHER_KEY,)
        change = RecordedChange(name="roster_key", before="" if before is None else str(before), after=str(key))
        log.append(_entry(PIN_KEYS, (change,), *by), by[1].now())
        pin_roster_key(accounts, key, replace=True)
    if is_local_key(settings, before):
        return (_NO_MORE_LOCAL,)
    return ()


def _entry(action: str, changes: tuple[RecordedChange, ...], person: str, clock: Clock) -> AccessEntry:
    return AccessEntry(
        person_id="",
        person=person,
        component="command_line",
        action=action,
        purpose="maintenance",
        outcome=AccessOutcome.ALLOWED,
        changes=changes,
        happened=record_moment(clock.now()),
    )
