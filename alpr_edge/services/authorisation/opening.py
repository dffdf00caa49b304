"""Opens the authoriser of a unit for one caller."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from alpr_edge.access.authorisation.authoriser import Authoriser, Policy
from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.access.authorisation.sign_ins import SignInService
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.ports import Clock
from alpr_edge.settings import Settings
from alpr_edge.settings.profiles import load_profile, load_security_profile
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access.schema import FILE_NAME
from alpr_edge.store.access_log.log import open_access_log

NO_ROSTER = "no roster of people is here yet; connect the unit to its department"


def load_policy(settings: Settings) -> Policy:
    """The rules in force by the settings."""
    return Policy(load_profile(settings.policy), load_security_profile(settings.policy))


@contextmanager
def open_sign_ins(settings: Settings, caller: Caller, clock: Clock) -> Iterator[SignInService]:
    """Open what signs people in; closes it at the end.

    Raises:
        AccessError: the unit never had a roster of people.
        StoreError: no access key, or a database that does not open: nobody can sign in.
    """
    directory, keys = settings.unit.data_directory, settings.store.keys_directory
    with open_access_log(settings, migrate=False) as log:
        if not (directory / FILE_NAME).exists():
            raise AccessError(NO_ROSTER)
        with open_accounts(directory, keys, migrate=False) as accounts:
            yield SignInService(accounts, Argon2Passwords(), log, load_policy(settings), clock, caller)


@contextmanager
def open_authoriser(settings: Settings, caller: Caller, clock: Clock, *, migrate: bool = False) -> Iterator[Authoriser]:
    """Open log, accounts and rules of a unit; closes them at the end. Accounts are opened for a session alone.

    Raises:
        StoreError: no access key, or a database that does not open: nothing can be shown or changed.
    """
    policy = load_policy(settings)
    with ExitStack() as resources:
        log = resources.enter_context(open_access_log(settings, migrate=migrate))
        accounts = None
        if caller.token:
            accounts = resources.enter_context(
                open_accounts(settings.unit.data_directory, settings.store.keys_directory, migrate=False)
            )
        yield Authoriser(accounts, log, policy, clock, caller)
