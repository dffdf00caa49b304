"""How a session goes from open to glance, expired and ended, and what brings it back."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alpr_edge.domain.sessions.session import (
    AccessSession,
    Factor,
    SessionEnd,
    SessionLimits,
    SessionState,
    new_token,
    token_digest,
)
from tests.domain.people.builders import at

LIMITS = SessionLimits(timedelta(minutes=30), timedelta(hours=12), 4)
MINUTE, HOUR = 60.0, 3600.0
SESSION = AccessSession(
    token_sha256=token_digest("token"),
    person_id="p-1",
    factor=Factor.PASSWORD_AND_CODE,
    login="officer",
    address="local",
    notice_sha256=token_digest("notice"),
    signed_in=at(),
    used=at(),
)


@pytest.mark.parametrize(
    ("seconds", "state"),
    [
        (0, SessionState.OPEN),
        (30 * MINUTE - 0.001, SessionState.OPEN),
        (30 * MINUTE, SessionState.GLANCE),
        (12 * HOUR - 0.001, SessionState.GLANCE),
        (12 * HOUR, SessionState.EXPIRED),
    ],
)
def test_half_an_hour_without_use_hides_plates_and_twelve_hours_end_the_factors(
    seconds: float, state: SessionState
) -> None:
    assert SESSION.state_at(at(seconds), LIMITS) is state


def test_use_keeps_a_session_open_but_not_beyond_twelve_hours() -> None:
    session = SESSION
    for minutes in range(0, 12 * 60, 29):
        session = session.use(at(minutes * MINUTE), LIMITS)
        assert session.state_at(at(minutes * MINUTE), LIMITS) is SessionState.OPEN
    assert session.use(at(12 * HOUR), LIMITS) == session
    assert session.state_at(at(12 * HOUR), LIMITS) is SessionState.EXPIRED


def test_a_use_of_what_is_not_open_opens_nothing() -> None:
    later = at(31 * MINUTE)
    assert SESSION.use(later, LIMITS) == SESSION
    assert SESSION.lock().use(at(1), LIMITS).used == at()


def test_another_boot_or_a_clock_that_runs_backwards_expires_a_session() -> None:
    assert SESSION.state_at(at(1, boot="boot-2"), LIMITS) is SessionState.EXPIRED
    assert SESSION.use(at(60), LIMITS).state_at(at(59), LIMITS) is SessionState.EXPIRED
    assert SESSION.use(at(60), LIMITS).state_at(at(60), LIMITS) is SessionState.OPEN


def test_a_key_press_hides_plates_at_once_and_one_factor_brings_them_back() -> None:
    locked = SESSION.lock()
    assert locked.state_at(at(1), LIMITS) is SessionState.GLANCE
    opened = locked.reopen(at(2), LIMITS)
    assert opened.state_at(at(2), LIMITS) is SessionState.OPEN
    assert opened.used == at(2)
    assert opened.signed_in == at()
    idle = SESSION.reopen(at(31 * MINUTE), LIMITS)
    assert idle.state_at(at(31 * MINUTE), LIMITS) is SessionState.OPEN


@pytest.mark.parametrize("seconds", [0.0, 12 * HOUR])
def test_what_is_open_expired_or_ended_is_not_reopened(seconds: float) -> None:
    assert SESSION.reopen(at(seconds), LIMITS) == SESSION
    ended = SESSION.lock().finish(SessionEnd.SIGN_OUT)
    assert ended.reopen(at(seconds), LIMITS) == ended


@pytest.mark.parametrize("reason", SessionEnd)
def test_an_end_is_for_good_and_its_first_reason_stays(reason: SessionEnd) -> None:
    ended = SESSION.finish(reason)
    assert ended.end is reason
    assert ended.state_at(at(1), LIMITS) is SessionState.ENDED
    assert ended.state_at(at(1, boot="boot-2"), LIMITS) is SessionState.ENDED
    assert ended.finish(SessionEnd.ADMINISTRATOR).end is reason


def test_a_session_is_bound_to_its_login_and_address() -> None:
    assert SESSION.is_bound_to("officer", "local")
    assert not SESSION.is_bound_to("root", "local")
    assert not SESSION.is_bound_to("officer", "192.0.2.1")


def test_tokens_are_random_and_only_their_digest_is_kept() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}
    assert token_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


class SessionMachine(RuleBasedStateMachine):
    """Whatever happens in which order, plates show only within the limits."""

    @initialize()
    def begin(self) -> None:
        self.session, self.seconds, self.opened = SESSION, 0.0, 0.0

    @rule(seconds=st.floats(0, 8 * HOUR))
    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    @rule()
    def use(self) -> None:
        if self.session.state_at(at(self.seconds), LIMITS) is SessionState.OPEN:
            self.opened = self.seconds
        self.session = self.session.use(at(self.seconds), LIMITS)

    @rule()
    def lock(self) -> None:
        self.session, self.opened = self.session.lock(), -HOUR

    @rule()
    def reopen(self) -> None:
        before = self.session
        self.session = self.session.reopen(at(self.seconds), LIMITS)
        if self.session != before:
            self.opened = self.seconds

    @rule()
    def finish(self) -> None:
        self.session = self.session.finish(SessionEnd.SIGN_OUT)

    @invariant()
    def shows_plates_within_the_limits_alone(self) -> None:
        if self.session.state_at(at(self.seconds), LIMITS) is SessionState.OPEN:
            assert self.session.end is None
            assert self.seconds < 12 * HOUR
            assert self.seconds - self.opened < 30 * MINUTE + 0.01


SessionMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=15)
TestSessionMachine = SessionMachine.TestCase


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_without_use_a_session_only_gets_less(one: float, other: float) -> None:
    order = list(SessionState)
    first, later = sorted((one, other))
    assert order.index(SESSION.state_at(at(first), LIMITS)) <= order.index(SESSION.state_at(at(later), LIMITS))
