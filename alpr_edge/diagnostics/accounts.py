"""Checks whether anybody can sign in on this unit: the pinned key, the roster, and somebody who manages people."""

from datetime import datetime

from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.diagnostics.checks import Band, Check, amber, band_check, green, red
from alpr_edge.domain.errors import StoreError, UplinkError
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.domain.people.roster import Member, RosterHeader, rule_date
from alpr_edge.domain.protocol.items import digest
from alpr_edge.services.accounts.local_key import is_local_key
from alpr_edge.services.accounts.local_roster import is_usable_administrator
from alpr_edge.services.accounts.rosters import held_roster
from alpr_edge.settings import Settings
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access.members import all_members
from alpr_edge.store.access.pinned_key import pinned_roster_key
from alpr_edge.store.access.schema import FILE_NAME
from alpr_edge.uplink.department_keys import pinned_keys

ROSTER_DAYS = Band(green=3, red=0, unit=" days", digits=1)
"""Days that a roster is still valid; a department issues the next one long before."""
_ADD = "sudo alpr-edge accounts add --role alpr_administrator ..., then: sudo alpr-edge accounts invite BADGE"
_PUBLISH = "there: alpr-edge department roster publish; it comes over the link"
_RENEW = "any change makes a new one: sudo alpr-edge accounts review"


def check_accounts(context: CheckContext) -> list[Check]:
    """Check the key for rosters, the roster in force, and its administrators; names nobody."""
    settings = context.settings
    keys = _key_checks(settings)
    if not (settings.unit.data_directory / FILE_NAME).exists():
        return [*keys, _no_roster(settings)]
    try:
        with open_accounts(settings.unit.data_directory, settings.store.keys_directory, migrate=False) as accounts:
            header, members, pinned = held_roster(accounts), all_members(accounts), pinned_roster_key(accounts)
        is_local = is_local_key(settings, pinned)
    except StoreError as error:
        return [*keys, red("roster", str(error), "restore the access key; people come back with the next roster")]
    if header is None:
        return [*keys, _no_roster(settings)]
    now = rule_date(context.settled_now().trusted_utc, header)
    return [
        *keys,
        _roster_check(header, members, now, is_local=is_local),
        _administrators(members, now, is_local=is_local),
    ]


def _key_checks(settings: Settings) -> list[Check]:
    """Check for the department's keys; none where there is no department."""
    if not settings.uplink.url:
        return []
    todo = "update the department's software, then: sudo alpr-edge unit enrol"
    try:
        keys = pinned_keys(settings.uplink)
    except UplinkError as error:
        return [red("department keys", str(error), "sudo alpr-edge unit enrol --new-keys")]
    if keys.missing:
        return [amber("department keys", f"none for {' and '.join(keys.missing)}", todo)]
    assert keys.roster_key is not None, "it is not missing"
    about = f"SHA-256 {digest(str(keys.roster_key).encode())[:16]}"
    return [green("department keys", f"those of {keys.roster_key.department_id}, {about}")]


def _no_roster(settings: Settings) -> Check:
    return amber("roster", "none: nobody can sign in", _PUBLISH if settings.uplink.url else _ADD)


def _roster_check(header: RosterHeader, members: tuple[Member, ...], now: datetime, *, is_local: bool) -> Check:
    days = (header.valid_until - now).total_seconds() / 86_400
    check = band_check("roster", days, ROSTER_DAYS, _RENEW if is_local else _PUBLISH)
    active = sum(member.person.status is AccountStatus.ACTIVE for member in members)
    origin = "of this unit" if is_local else f"of {header.department_id}"
    finding = f"{origin}, serial {header.serial}, {active} active people, {check.finding} left"
    return Check(check.name, check.grade, finding, check.limit, check.todo, check.value, check.unit)


def _administrators(members: tuple[Member, ...], now: datetime, *, is_local: bool) -> Check:
    """Check that somebody can sign in who manages people; at a department that is not this unit's to mend."""
    count = sum(is_usable_administrator(member, now) for member in members)
    if count:
        return green("administrators", f"{count} can sign in")
    todo = _ADD if is_local else "there: alpr-edge department people invite, then: alpr-edge department roster publish"
    return amber("administrators", "nobody who manages people can sign in", todo)
