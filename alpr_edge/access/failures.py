"""Counts failed sign-ins, and locks the account after too many."""

from alpr_edge.access.attempts import SignInOutcome, SignInResult
from alpr_edge.access.store import AccessRows, Account
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.sessions.lockout import LockoutLimits, is_recent, must_lock, new_lock

NOBODY = ""
"""Whose the failures of unknown names are: they are written like those of others, and lock nothing."""


def note_failure(
    rows: AccessRows, account: Account | None, outcome: SignInOutcome, limits: LockoutLimits, now: Instant
) -> SignInResult:
    """Keep a failure, lock the account where it is one too many, and say what came of it.

    Every failure writes once, so that none is told from another by its time.

    Args:
        account: whose failure it is; None: nobody has that name.
    """
    if account is None:
        rows.set_failures(NOBODY, (now,))
        return SignInResult(outcome)
    person_id = account.person.person_id
    if account.lock is not None:
        rows.set_lock(person_id, account.lock)
        return SignInResult(outcome, person_id)
    failures = (*(each for each in account.failures if is_recent(each, now, limits.window)), now)
    is_newly_locked = must_lock(failures, now, limits)
    rows.set_failures(person_id, () if is_newly_locked else failures)
    if is_newly_locked:
        rows.set_lock(person_id, new_lock(person_id, now))
    return SignInResult(outcome, person_id, is_newly_locked=is_newly_locked)


def clear_failures(rows: AccessRows, account: Account) -> None:
    """Forget the failures of somebody who signed in."""
    if account.failures:
        rows.set_failures(account.person.person_id, ())
