"""Tells what somebody may choose to do, so that a page offers nothing that would be refused; it shows nothing itself.

Whether it is allowed is decided, and put on record, when it is done (:mod:`.authoriser`). So is a try of what somebody
is offered for no purpose at all, and their opening a page that leads to it.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NoReturn

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import RULES, Operation
from alpr_edge.access.sessions import SessionPlace, authorise_request, find_session
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.people.roster import rule_date
from alpr_edge.domain.permissions.decision import AccessRequest
from alpr_edge.domain.permissions.profile import Profile, PurposeRule
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.domain.permissions.table import allows
from alpr_edge.domain.sessions.session import SessionState

NOT_OFFERED = "none of your roles may do this; ask the ALPR administrator"
NO_OPEN_SESSION = "nobody is signed in here, or the session is locked; sign in or open it first"


def purposes_for(authoriser: Authoriser, operation: Operation) -> Mapping[str, PurposeRule]:
    """The purposes of the profile for which the caller's roles may do something; none without an open session.

    Training is never among them: what is stored is real.
    """
    person = _person(authoriser)
    return {} if person is None else _purposes(authoriser.policy.profile, person, operation)


def require_offered(
    authoriser: Authoriser, operation: Operation, purpose: Purpose, subjects: Iterable[AccessSubject] = ()
) -> None:
    """Refuse, on record, whoever may do something for no purpose at all (policy 462.6(a), Civil Code 1798.90.52).

    Args:
        authoriser: decides for the caller, and puts their try on record.
        operation: what they try to do.
        purpose: what for, as they say.
        subjects: what it is about, a record each, such as the plates of a search; none: one record of nothing more.

    Raises:
        AccessError: none of their roles may, or no session is open.
        StoreError: it cannot be put on record.
    """
    if purposes_for(authoriser, operation):
        return
    sentence = NO_OPEN_SESSION if _person(authoriser) is None else NOT_OFFERED
    for subject in tuple(subjects) or (AccessSubject(),):
        with suppress(AccessError), authoriser.access(operation, purpose, subject):
            raise AccessError(sentence)
    raise AccessError(sentence)


def require_view(authoriser: Authoriser, operation: Operation) -> Mapping[str, PurposeRule]:
    """The purposes as above, for a page that asks for one; whoever has none is refused, on record (policy 462.6(a)).

    Without an open session it is no try and on no record: whoever comes by a bookmark is led to where they sign in.

    Args:
        authoriser: decides for the caller, and puts their try on record.
        operation: what the page leads to.

    Raises:
        AccessError: none of their roles may, or no session is open.
        StoreError: it cannot be put on record.
    """
    purposes = purposes_for(authoriser, operation)
    if not purposes:
        refuse_view(authoriser, operation, NOT_OFFERED)
    return purposes


def refuse_view(authoriser: Authoriser, operation: Operation, sentence: str) -> NoReturn:
    """Refuse a page to the caller, on record as above.

    Args:
        authoriser: puts their try on record.
        operation: what the page leads to.
        sentence: what they are told, if their session is open; else they are told to sign in.

    Raises:
        AccessError: always.
        StoreError: it cannot be put on record.
    """
    if _person(authoriser) is None:
        raise AccessError(NO_OPEN_SESSION)
    authoriser.refuse(operation, sentence)


def offered_operations(profile: Profile, person: Person | None, operations: Iterable[Operation]) -> list[Operation]:
    """Those of some operations that a person's roles may do for at least one purpose; None may do nothing."""
    return [operation for operation in operations if person and _purposes(profile, person, operation)]


def has_covert_clearance(authoriser: Authoriser) -> bool:
    """Whether the caller may deal with covert entries."""
    person = _person(authoriser)
    return person is not None and person.has_covert_clearance


def holds_trainings(authoriser: Authoriser) -> bool:
    """Whether account and trainings of the holder of the caller's open session hold now (policy 462.4(d), 462.6(a)).

    For what a page shows beside a form, which no access of its own stands for.
    """
    person, accounts = _person(authoriser), authoriser.accounts
    if person is None or accounts is None:
        return False
    with accounts.reading() as rows:
        header, last_sign_in = rows.roster(), rows.last_sign_in(person.person_id)
    if header is None:
        return False
    moment = rule_date(authoriser.clock.now().trusted_utc, header)
    faults = person.fault_at(moment, last_sign_in), person.training.fault_at(moment)
    return moment < header.valid_until and faults == (None, None)


def current_holder(
    authoriser: Authoriser, operation: Operation, purpose: Purpose, *, is_covert: bool = False
) -> Person | None:
    """The holder of the caller's session, if they may do something now; None: they may not.

    It goes on no record: it is for what a page shows again that stands on record already.

    Args:
        authoriser: decides for the caller.
        operation: what is done.
        purpose: what for.
        is_covert: whether covert entries are among what is shown.

    Raises:
        StoreError: the accounts cannot be read.
    """
    accounts, caller, now = authoriser.accounts, authoriser.caller, authoriser.clock.now()
    if accounts is None or not caller.token:
        return None
    place = SessionPlace(caller.token, caller.login, caller.address, now, caller.is_use)
    rule, policy = RULES[operation], authoriser.policy
    request = AccessRequest(rule.action, purpose, rule.source, is_covert=is_covert)
    found = authorise_request(accounts, place, request, policy.profile, policy.security.sessions)
    return found.person if found.decision.is_allowed else None


def _purposes(profile: Profile, person: Person, operation: Operation) -> dict[str, PurposeRule]:
    action, offered = RULES[operation].action, profile.purposes.items()
    return {code: rule for code, rule in offered if code != PurposeCode.TRAINING and allows(person.roles, action, code)}


def _person(authoriser: Authoriser) -> Person | None:
    """The holder of the caller's session, if it is open."""
    accounts, caller, now = authoriser.accounts, authoriser.caller, authoriser.clock.now()
    if accounts is None or not caller.token:
        return None
    session = find_session(accounts, SessionPlace(caller.token, caller.login, caller.address, now))
    if session is None or session.state_at(now, authoriser.policy.security.sessions) is not SessionState.OPEN:
        return None
    with accounts.reading() as rows:
        return rows.person(session.person_id)
