"""When somebody has to be reminded of a training, and who may record one (policy 462.8)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from alpr_edge.domain.people.person import AccountStatus, Person, Role, Training

REMIND_BEFORE = timedelta(days=30)
"""Time before the end of a training from which on the department is reminded of it."""


class TrainingState(StrEnum):
    """Whether something has to be done about somebody's trainings."""

    HOLDS = "holds"
    """Both hold for longer, or were never completed: whoever never was trained is reminded of by every refusal."""
    ENDING = "ending"
    ENDED = "ended"


def training_state(training: Training, moment: datetime) -> TrainingState:
    """Whether a training has ended, or ends soon."""
    ends = [until for until in (training.cjis_until, training.alpr_until) if until is not None]
    if any(until <= moment for until in ends):
        return TrainingState.ENDED
    is_ending = any(until - moment <= REMIND_BEFORE for until in ends)
    return TrainingState.ENDING if is_ending else TrainingState.HOLDS


def may_record_trainings(person: Person, moment: datetime) -> bool:
    """Whether somebody is a Training Supervisor who can act: in service, and trained themselves."""
    is_fit = person.fault_at(moment) is None and person.training.fault_at(moment) is None
    return Role.TRAINING_SUPERVISOR in person.roles and is_fit


def training_counts(people: Iterable[Person], moment: datetime) -> dict[TrainingState, int]:
    """How many people with an active account are in each state."""
    counts = dict.fromkeys(TrainingState, 0)
    for person in people:
        if person.status is AccountStatus.ACTIVE and moment < person.valid_until:
            counts[training_state(person.training, moment)] += 1
    return counts
