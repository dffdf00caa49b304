"""When a training calls for a reminder, and who may record one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.domain.people.person import AccountStatus, Role, Training
from alpr_edge.domain.people.trainings import (
    REMIND_BEFORE,
    TrainingState,
    may_record_trainings,
    training_counts,
    training_state,
)
from tests.domain.people.builders import person

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
SECOND, LATER = timedelta(seconds=1), NOW + REMIND_BEFORE + timedelta(days=1)


@pytest.mark.parametrize(
    ("training", "state"),
    [
        (Training(LATER, LATER), TrainingState.HOLDS),
        (Training(), TrainingState.HOLDS),
        (Training(NOW + REMIND_BEFORE + SECOND, None), TrainingState.HOLDS),
        (Training(NOW + REMIND_BEFORE, LATER), TrainingState.ENDING),
        (Training(LATER, NOW + SECOND), TrainingState.ENDING),
        (Training(LATER, NOW), TrainingState.ENDED),
        (Training(NOW - SECOND, NOW + SECOND), TrainingState.ENDED),
    ],
)
def test_a_training_is_reminded_of_before_and_after_its_end(training: Training, state: TrainingState) -> None:
    assert training_state(training, NOW) is state


def test_whoever_cannot_sign_in_is_reminded_of_no_more() -> None:
    ended = replace(person(), training=Training(NOW, NOW), valid_until=LATER, status=AccountStatus.ACTIVE)
    holds = replace(ended, training=Training(LATER, LATER))
    others = [replace(ended, status=status) for status in (AccountStatus.SUSPENDED, AccountStatus.LEFT)]
    people = [ended, holds, *others, replace(ended, valid_until=NOW)]
    counts = training_counts(people, NOW)
    assert counts == {TrainingState.ENDED: 1, TrainingState.HOLDS: 1, TrainingState.ENDING: 0}


def test_a_training_supervisor_who_may_not_act_records_nothing() -> None:
    fit = replace(
        person(),
        roles=frozenset({Role.TRAINING_SUPERVISOR}),
        training=Training(LATER, LATER),
        valid_until=LATER,
        active_at=NOW,
        status=AccountStatus.ACTIVE,
    )
    assert may_record_trainings(fit, NOW)
    unfit = [
        replace(fit, roles=frozenset({Role.ALPR_ADMINISTRATOR})),
        replace(fit, training=Training(LATER, NOW)),
        replace(fit, status=AccountStatus.SUSPENDED),
        replace(fit, valid_until=NOW),
    ]
    assert not any(may_record_trainings(each, NOW) for each in unfit)
