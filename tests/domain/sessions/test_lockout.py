"""Five failures in 15 minutes lock an account, no boot or clock gets around it, and only three ways lead out."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.people.person import Person, Role
from alpr_edge.domain.sessions.lockout import (
    Lock,
    LockoutLimits,
    UnlockWay,
    is_recent,
    is_release_code,
    may_unlock,
    must_lock,
    new_lock,
    release_code,
)
from tests.domain.people.builders import at, person

LIMITS = LockoutLimits(5, timedelta(minutes=15))
WINDOW = LIMITS.window
WINDOW_S = 900.0
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOCK = Lock("p-1", at(), "12345678")


def test_the_fifth_failure_locks() -> None:
    failures = [at(second) for second in range(5)]
    assert must_lock(failures, at(5), LIMITS)
    assert not must_lock(failures[1:], at(5), LIMITS)


def test_failures_older_than_the_window_do_not_count() -> None:
    failures = [at(second) for second in range(5)]
    assert must_lock(failures, at(WINDOW_S - 0.001), LIMITS)
    assert not must_lock(failures, at(WINDOW_S), LIMITS)


@pytest.mark.parametrize(
    ("seconds", "source", "recent"),
    [
        (WINDOW_S - 1, UtcSource.GNSS, True),
        (WINDOW_S, UtcSource.GNSS, False),
        (WINDOW_S, UtcSource.NTP, False),
        (100 * WINDOW_S, UtcSource.RTC, True),
        (100 * WINDOW_S, UtcSource.UNKNOWN, True),
    ],
)
def test_a_failure_of_another_boot_counts_unless_two_trusted_clocks_say_otherwise(
    seconds: float, source: UtcSource, recent: bool
) -> None:
    assert is_recent(at(), at(seconds, boot="boot-2", source=source), WINDOW) is recent
    assert is_recent(at(source=source), at(seconds, boot="boot-2"), WINDOW) is recent


def test_within_a_boot_the_wall_clock_does_not_matter() -> None:
    assert not is_recent(at(source=UtcSource.UNKNOWN), at(WINDOW_S, source=UtcSource.UNKNOWN), WINDOW)
    assert is_recent(at(source=UtcSource.UNKNOWN), at(WINDOW_S - 1, source=UtcSource.UNKNOWN), WINDOW)


@given(st.lists(st.floats(0, 1e5), max_size=8), st.floats(0, 1e5))
def test_fewer_failures_never_lock_where_more_do_not(seconds: list[float], now: float) -> None:
    failures = [at(second) for second in seconds]
    assert must_lock(failures, at(now), LIMITS) or not must_lock(failures[1:], at(now), LIMITS)
    assert len(failures) >= 5 or not must_lock(failures, at(now), LIMITS)


def test_a_lock_has_a_challenge_of_its_own() -> None:
    locks = {new_lock("p-1", at()).challenge for _ in range(50)}
    assert len(locks) > 40
    assert all(len(challenge) == 8 and challenge.isdigit() for challenge in locks)
    assert new_lock("p-1", at(3)).at == at(3)
    assert new_lock("p-1", at(3)).person_id == "p-1"


def test_a_release_code_is_the_one_that_the_department_computes() -> None:
    # HMAC-SHA256 over "alpr-edge release p-1 12345678", computed with openssl dgst -mac HMAC.
    assert release_code(SECRET, LOCK) == "RAC2S57PD6"
    assert release_code(SECRET.lower(), LOCK) == release_code(SECRET, LOCK)


def test_a_release_code_is_good_for_one_lock_of_one_person() -> None:
    code = release_code(SECRET, LOCK)
    assert is_release_code(code, SECRET, LOCK)
    assert is_release_code(f" {code[:5].lower()}-{code[5:]} ", SECRET, LOCK)
    assert not is_release_code(code, SECRET, Lock("p-1", at(), "12345679"))
    assert not is_release_code(code, SECRET, Lock("p-2", at(), "12345678"))
    assert not is_release_code(code, "A" * 32, LOCK)
    assert not is_release_code(code[:-1], SECRET, LOCK)
    assert not is_release_code("", SECRET, LOCK)
    assert not is_release_code("\u00e9" * 10, SECRET, LOCK)


@pytest.mark.parametrize(
    ("secret", "reason"), [("", "^no secret for release codes$"), ("!", "padding"), ("ABC", "padding")]
)
def test_without_a_secret_no_code_releases(secret: str, reason: str) -> None:
    assert not is_release_code("", secret, LOCK)
    with pytest.raises(ValueError, match=f"(?i){reason}"):
        release_code(secret, LOCK)


@pytest.mark.parametrize(
    ("releaser", "way"),
    [
        (person("a", roles=frozenset({Role.ALPR_ADMINISTRATOR})), UnlockWay.ADMINISTRATOR),
        (person("a", roles=frozenset({Role.ALPR_ADMINISTRATOR, Role.SUPERVISOR})), UnlockWay.ADMINISTRATOR),
        (person("a", roles=frozenset({Role.SUPERVISOR}), may_unlock=True), UnlockWay.SUPERVISOR),
        (person("a", roles=frozenset({Role.SUPERVISOR})), None),
        (person("a", roles=frozenset({Role.OFFICER}), may_unlock=True), None),
        (person("a", roles=frozenset(set(Role) - {Role.ALPR_ADMINISTRATOR, Role.SUPERVISOR}), may_unlock=True), None),
        (person("p-1", roles=frozenset({Role.ALPR_ADMINISTRATOR})), None),
        (person("p-1", roles=frozenset({Role.SUPERVISOR}), may_unlock=True), None),
    ],
)
def test_administrators_and_designated_supervisors_release_others(releaser: Person, way: UnlockWay | None) -> None:
    assert may_unlock(releaser, "p-1") is way
