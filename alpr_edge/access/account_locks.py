"""Unlocks locked accounts: by an administrator or a designated supervisor who is signed in, or by a one-time code."""

from dataclasses import dataclass

from alpr_edge.access.store import AccessRows, AccessStore
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.people.person import Person, sign_in_key
from alpr_edge.domain.sessions.lockout import Lock, UnlockWay, is_release_code, may_unlock


@dataclass(frozen=True, slots=True)
class UnlockedAccount:
    """An account that was unlocked."""

    person_id: str
    """Whose it is."""
    way: UnlockWay


def lock_of(store: AccessStore, name: str) -> Lock | None:
    """The lock of an account, whose challenge its holder reads to the department; None where there is none.

    Only for somebody else who is signed in, or root: it tells that an account exists.
    """
    with store.reading() as rows:
        account = rows.account(sign_in_key(name))
    return None if account is None else account.lock


def unlock_account(store: AccessStore, releaser: Person, name: str) -> UnlockedAccount:
    """Unlock the account of somebody else; returns whose it is, and how it was allowed.

    Raises:
        AccessError: the releaser may not, or no such account is locked.
    """
    with store.writing() as rows:
        account = rows.account(sign_in_key(name))
        way = None if account is None else may_unlock(releaser, account.person.person_id)
        if account is None or account.lock is None or way is None:
            raise AccessError("no such account is locked, or you may not unlock it")
        _unlock(rows, account.person.person_id)
        return UnlockedAccount(account.person.person_id, way)


def unlock_by_code(store: AccessStore, name: str, code: str) -> UnlockedAccount | None:
    """Unlock an account by the code that the department read out; None: it is wrong, or nothing is locked."""
    with store.writing() as rows:
        account = rows.account(sign_in_key(name))
        if account is None or account.lock is None:
            return None
        if not is_release_code(code, account.credentials.release_secret, account.lock):
            return None
        _unlock(rows, account.person.person_id)
        return UnlockedAccount(account.person.person_id, UnlockWay.CODE)


def _unlock(rows: AccessRows, person_id: str) -> None:
    rows.set_lock(person_id, None)
    rows.set_failures(person_id, ())
