"""One round of a department's alarms: looks at what is wrong, and tells each channel what it does not know yet.

A channel that fails knows nothing of the round, and is told in the next: a round a few minutes is all that it takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alpr_edge.department.alarms.alarm import Alarm, standing_alarms
from alpr_edge.department.alarms.alarm_record import AlarmNotice, AlarmRecord
from alpr_edge.department.alarms.channels import AlarmChannel
from alpr_edge.domain.errors import DepartmentError

TEST_NOTICE = AlarmNotice(begun=("this is a test: nothing is wrong",), standing=(), over=())


@dataclass(frozen=True, slots=True)
class AlarmRound:
    """What a round came to."""

    alarms: tuple[Alarm, ...]
    """What is wrong."""
    told: dict[str, AlarmNotice]
    """By channel, what it was told."""
    failures: tuple[str, ...]
    """A line for each channel that could not tell."""


def run_round(
    directory: Path, channels: Sequence[AlarmChannel], department: str, now: datetime, remind: timedelta
) -> AlarmRound:
    """Look, and tell.

    Raises:
        DepartmentError: the record of what was told cannot be read.
    """
    record, alarms = AlarmRecord(directory), standing_alarms(directory, now)
    told, failures = {}, []
    for channel in channels:
        notice = record.notice(channel.name, alarms, now, remind)
        if notice.is_empty:
            continue
        try:
            channel.tell(notice, department, now)
        except DepartmentError as error:
            failures.append(str(error))
            continue
        told[channel.name] = notice
        try:
            record.note(channel.name, alarms, now, remind)
        except DepartmentError as error:  # the other channels have to hear of it even so
            failures.append(str(error))
    return AlarmRound(tuple(alarms), told, tuple(failures))


def send_test(channels: Sequence[AlarmChannel], department: str, now: datetime) -> list[str]:
    """Send a test by each channel; a line for each that failed."""
    failures = []
    for channel in channels:
        try:
            channel.tell(TEST_NOTICE, department, now)
        except DepartmentError as error:
            failures.append(str(error))
    return failures
