"""Passkeys and code of one's own account: added, removed and set anew by whoever gave both factors just now."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alpr_edge.access.attempts import PasskeyAttempt, SignInOutcome, SignInPlace
from alpr_edge.access.passkey_sign_in import sign_in_with_passkey
from alpr_edge.access.relying_party import RelyingParty, new_challenge
from alpr_edge.access.totp import new_secret
from alpr_edge.department.inquiries.accounts.credential_changes import FRESH_FOR, FreshProof
from alpr_edge.department.people.people_rows import replace_credentials
from alpr_edge.domain.errors import AccessError, SearchError
from alpr_edge.domain.sessions.session import SessionEnd
from tests.access.authenticator import Authenticator
from tests.department.inquiries.accounts.own_office import OwnOffice
from tests.department.inquiries.inquirers import ADDRESS, LOGIN, SECRET, begin_session, records_of
from tests.department.people.office import DOMAIN, START

Sit = Callable[[str], OwnOffice]
SITE = RelyingParty(DOMAIN, "Modesto PD", (f"https://{DOMAIN}:8447",))


def add(mine: OwnOffice, proof: FreshProof) -> Authenticator:
    """Add the passkey of a new key."""
    key, challenge = Authenticator(DOMAIN, SITE.origins[0]), new_challenge()
    factors = mine.accounts.factors
    assert mine.inquirers.ids[mine.role] not in factors.passkey_options(mine.authoriser, proof, SITE, challenge)
    factors.add_passkey(mine.authoriser, proof, SITE, PasskeyAttempt(key.register(challenge), challenge))
    return key


def sign_in(mine: OwnOffice, key: Authenticator) -> SignInOutcome:
    challenge, security = new_challenge(), mine.office.policy.security
    attempt = PasskeyAttempt(key.sign_in(challenge), challenge)
    place = SignInPlace(mine.clock.now(), LOGIN, ADDRESS, security.notice)
    return sign_in_with_passkey(mine.office.accounts, SITE, security, attempt, place).outcome


def test_a_passkey_is_added_used_and_removed_each_with_its_date(sit: Sit) -> None:
    mine = sit("officer")
    other, proof = begin_session(mine.office, mine.person_id), mine.proof()
    added = mine.clock.now().utc
    key = add(mine, proof)
    assert mine.end_of(other) is None  # a passkey that is added replaces none
    assert [each.credential_id for each in mine.in_roster().passkeys] == [key.credential_id]
    mine.clock.move(1)
    assert sign_in(mine, key) is SignInOutcome.SIGNED_IN
    again = sit("officer")
    (passkey,) = again.accounts.overview(again.authoriser).passkeys
    assert (passkey.dates.added, passkey.dates.used, passkey.can_be_removed) == (added, again.clock.now().utc, True)
    other = begin_session(again.office, again.person_id)
    proof = again.proof()
    again.accounts.factors.remove_passkey(again.authoriser, proof, passkey.passkey_id)
    assert (again.in_roster().passkeys, again.end_of(again.token)) == ((), None)
    assert again.end_of(other) is SessionEnd.ROSTER
    assert sign_in(again, key) is SignInOutcome.UNKNOWN
    with pytest.raises(SearchError, match="no such passkey"):
        again.accounts.factors.remove_passkey(again.authoriser, proof, passkey.passkey_id)
    records = [each for each in records_of(again.office) if each.action == "change_own_factors"]
    notes = [each.note for each in records if each.person_id == again.person_id]
    assert notes == ["add a passkey", "remove a passkey", "remove a passkey", "not done: SearchError; remove a passkey"]


@pytest.mark.parametrize(
    ("role", "change"),
    [("commander", {"password_hash": ""}), ("alpr-administrator", {"password_set": START - timedelta(days=365)})],
)
def test_the_only_passkey_of_somebody_without_a_usable_password_stays(
    sit: Sit, role: str, change: dict[str, Any]
) -> None:
    mine = sit(role)
    proof = mine.proof()
    add(mine, proof)
    with mine.office.accounts.database.writing() as connection:
        replace_credentials(connection, mine.person_id, replace(mine.account().credentials, **change))
    (only,) = mine.accounts.overview(mine.authoriser).passkeys
    assert not only.can_be_removed
    with pytest.raises(AccessError, match="all that you can sign in with"):
        mine.accounts.factors.remove_passkey(mine.authoriser, proof, only.passkey_id)
    add(mine, proof)
    mine.accounts.factors.remove_passkey(mine.authoriser, proof, only.passkey_id)
    assert len(mine.in_roster().passkeys) == 1


def test_a_new_secret_counts_once_its_app_shows_the_right_code(sit: Sit) -> None:
    mine, secret = sit("records"), new_secret()
    proof = mine.proof()
    with pytest.raises(AccessError, match="this code is wrong"):
        mine.accounts.factors.change_code(mine.authoriser, proof, secret, mine.code(new_secret()))
    assert mine.in_roster().totp_secret == SECRET
    mine.accounts.factors.change_code(mine.authoriser, proof, secret, mine.code(secret))
    assert mine.in_roster().totp_secret == secret
    code = mine.code(secret)
    for typed in (code, None):
        outcome = mine.sign_ins.confirm(replace(mine.attempt(), code=typed or mine.code(SECRET))).outcome
        assert outcome in {SignInOutcome.CODE_USED, SignInOutcome.WRONG_CODE}
    mine.clock.move(30)
    assert mine.sign_ins.confirm(replace(mine.attempt(), code=mine.code(secret))).outcome is SignInOutcome.CONFIRMED


def test_a_code_of_the_old_app_that_was_used_never_counts_again(sit: Sit) -> None:
    mine, secret = sit("technician"), new_secret()
    proof, step = mine.proof(), mine.account().used_step + 1
    with mine.office.accounts.writing() as rows:
        rows.use_step(mine.person_id, step)
    mine.accounts.factors.change_code(mine.authoriser, proof, secret, mine.code(secret))
    assert mine.account().used_step == step


def test_a_proof_is_of_its_own_session_and_of_the_last_minutes(sit: Sit) -> None:
    mine, other = sit("auditor"), sit("auditor")
    proof = mine.proof()
    factors = mine.accounts.factors
    for sitting, seconds in ((other, 0.0), (mine, FRESH_FOR.total_seconds() + 1)):
        mine.clock.move(seconds)
        for act in (
            lambda each: factors.passkey_options(each.authoriser, proof, SITE, b"challenge"),
            lambda each: factors.remove_passkey(each.authoriser, proof, "none"),
            lambda each: factors.add_passkey(each.authoriser, proof, SITE, PasskeyAttempt("{}", b"challenge")),
            lambda each: factors.change_code(each.authoriser, proof, SECRET, each.code()),
        ):
            with pytest.raises(AccessError, match="confirm again"):
                act(sitting)


def test_an_answer_that_does_not_hold_adds_nothing(sit: Sit) -> None:
    mine = sit("supervisor")
    proof, key = mine.proof(), Authenticator(DOMAIN, SITE.origins[0])
    attempt = PasskeyAttempt(key.register(new_challenge()), new_challenge())
    with pytest.raises(AccessError, match="does not hold"):
        mine.accounts.factors.add_passkey(mine.authoriser, proof, SITE, attempt)
    assert mine.in_roster().passkeys == ()
    mine.sign_ins.sign_out()
    with pytest.raises(AccessError, match="sign in first"):
        mine.accounts.factors.add_passkey(mine.authoriser, proof, SITE, attempt)
