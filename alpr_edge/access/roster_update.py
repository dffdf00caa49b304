"""Puts a new roster in force: checks it, replaces the people, and signs out who left, or has to sign in anew."""

from collections.abc import Collection

from alpr_edge.access.store import AccessRows, AccessStore
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.domain.people.roster import Roster, RosterHeader, check_roster
from alpr_edge.domain.people.signed_roster import RosterKey, open_roster
from alpr_edge.domain.sessions.session import SessionEnd


def install_roster(store: AccessStore, content: bytes, key: RosterKey, now: Instant) -> RosterHeader:
    """Put a signed roster in force; one that is refused changes nothing.

    Raises:
        RosterError: expired, older, unsigned, changed, unreadable, or another department's; the text says which.
        StoreError: the accounts cannot be written; the roster before stays in force.
    """
    roster = open_roster(content, key)
    with store.writing() as rows:
        check_roster(roster, key.department_id, rows.roster(), now.trusted_utc)
        _unlock_released(rows, roster)
        ended_ids = _signed_out_ids(rows, roster)
        rows.replace_roster(roster)
        _end_sessions(rows, roster, ended_ids)
    return roster.header


def _unlock_released(rows: AccessRows, roster: Roster) -> None:
    """Unlock whom an administrator of the department has unlocked since the roster before."""
    for member in roster.members:
        if member.person.unlocks:
            account = rows.account_of(member.person.person_id)
            if account is not None and account.lock is not None and member.person.unlocks > account.person.unlocks:
                rows.set_lock(member.person.person_id, None)
                rows.set_failures(member.person.person_id, ())


def _signed_out_ids(rows: AccessRows, roster: Roster) -> set[str]:
    """People who are signed in and whom a roster signs out.

    Those whose credentials it replaces, as whoever had the old ones may be in still; and those whom an administrator of
    the department has signed out since the roster before.
    """
    members = {member.person.person_id: member for member in roster.members}
    ended_ids = set()
    for person_id in {session.person_id for session in rows.live_sessions()} & members.keys():
        account, new = rows.account_of(person_id), members[person_id]
        if account is None:
            continue
        # Another number, not a higher one: after a restored backup a department counts on from a lower one.
        if new.credentials.replaces(account.credentials) or new.person.sign_outs != account.person.sign_outs:
            ended_ids.add(person_id)
    return ended_ids


def _end_sessions(rows: AccessRows, roster: Roster, ended_ids: Collection[str]) -> None:
    """End the sessions of people who are not active in a roster, and of those who are named."""
    active_ids = {it.person.person_id for it in roster.members if it.person.status is AccountStatus.ACTIVE}
    for session in rows.live_sessions():
        if session.person_id not in active_ids or session.person_id in ended_ids:
            rows.save_session(session.finish(SessionEnd.ROSTER))
