"""When an account may be used, and when training is current (policy 462.4(d), 462.8)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given

from alpr_edge.domain.people.person import (
    IDLE_MAX,
    AccountFault,
    AccountStatus,
    Person,
    Training,
    TrainingFault,
    sign_in_key,
)
from tests.domain.people.builders import DAY, NOW, moments, people, person

SECOND = timedelta(seconds=1)


def test_a_current_account_with_current_training_has_no_fault() -> None:
    assert person().fault_at(NOW) is None
    assert person().training.fault_at(NOW) is None


@pytest.mark.parametrize(
    ("status", "fault"),
    [(AccountStatus.SUSPENDED, AccountFault.SUSPENDED), (AccountStatus.LEFT, AccountFault.LEFT)],
)
def test_an_account_that_is_not_active_may_not_be_used(status: AccountStatus, fault: AccountFault) -> None:
    assert person(status=status).fault_at(NOW) is fault


def test_the_end_of_an_account_is_exclusive() -> None:
    assert person(valid_until=NOW + SECOND).fault_at(NOW) is None
    assert person(valid_until=NOW).fault_at(NOW) is AccountFault.EXPIRED


def test_ninety_idle_days_disable_an_account_and_a_sign_in_here_counts() -> None:
    idle = person(active_at=NOW - IDLE_MAX)
    assert timedelta(days=90) == IDLE_MAX
    assert idle.fault_at(NOW) is AccountFault.IDLE
    assert idle.fault_at(NOW - SECOND) is None
    assert idle.fault_at(NOW, NOW - DAY) is None
    assert idle.fault_at(NOW, NOW - 2 * IDLE_MAX) is AccountFault.IDLE


@pytest.mark.parametrize(
    ("training", "fault"),
    [
        (Training(), TrainingFault.CJIS),
        (Training(None, NOW + DAY), TrainingFault.CJIS),
        (Training(NOW + DAY), TrainingFault.ALPR),
        (Training(NOW, NOW + DAY), TrainingFault.CJIS),
        (Training(NOW + DAY, NOW), TrainingFault.ALPR),
        (Training(NOW + SECOND, NOW + SECOND), None),
    ],
)
def test_both_trainings_have_to_be_current(training: Training, fault: TrainingFault | None) -> None:
    assert training.fault_at(NOW) is fault


@given(people, moments, moments)
def test_a_fault_never_goes_by_itself(some: Person, one: datetime, other: datetime) -> None:
    first, later = sorted((one, other))
    assert some.fault_at(first) is None or some.fault_at(later) is not None
    assert some.training.fault_at(first) is None or some.training.fault_at(later) is not None


def test_people_sign_in_by_badge_or_address_whatever_the_case() -> None:
    some = person(badge=" 4711a ", email="Ana.Ruiz@Modesto.Example")
    assert some.sign_in_names == {"4711a", "ana.ruiz@modesto.example"}
    assert sign_in_key("ANA.RUIZ@modesto.example ") in some.sign_in_names
    assert person(badge="1", email="").sign_in_names == {"1"}
    assert [sign_in_key(typed) for typed in ("\0 4711A\0", "\0")] == ["4711a", ""]
