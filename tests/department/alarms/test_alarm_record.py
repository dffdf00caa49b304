"""Each channel is told of an alarm once as it begins, again while it lasts, and as it ends."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alpr_edge.department.alarms.alarm import UNSEEN, Alarm, AlarmKind
from alpr_edge.department.alarms.alarm_record import FILE_NAME, AlarmNotice, AlarmRecord
from alpr_edge.domain.errors import DepartmentError

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
DISK = Alarm("disk", "the disk has 7 MiB left", AlarmKind.DISK)
UNIT = Alarm("unit a", "a is silent", AlarmKind.UNIT)


def tell(folder: Path, channel: str, *alarms: Alarm, at: datetime = NOW) -> AlarmNotice:
    record = AlarmRecord(folder)
    notice = record.notice(channel, alarms, at, DAY)
    record.note(channel, alarms, at, DAY)
    return notice


def test_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    assert tell(tmp_path, "mail", DISK) == AlarmNotice((DISK.text,), (), ())
    less = Alarm("disk", "the disk has 6 MiB left", AlarmKind.DISK)
    assert tell(tmp_path, "mail", less, UNIT, at=NOW + MINUTE) == AlarmNotice((UNIT.text,), (), ())
    assert tell(tmp_path, "mail", less, UNIT, at=NOW + DAY) == AlarmNotice((), (less.text,), ())
    assert tell(tmp_path, "mail", less, UNIT, at=NOW + DAY + MINUTE) == AlarmNotice((), (UNIT.text,), ())
    assert tell(tmp_path, "mail", UNIT, at=NOW + DAY + 2 * MINUTE) == AlarmNotice((), (), (less.text,))
    assert tell(tmp_path, "mail", UNIT, at=NOW + DAY + 3 * MINUTE).is_empty


def test_of_what_cannot_be_looked_for_nobody_says_that_it_is_over(tmp_path: Path) -> None:
    blind = Alarm(UNSEEN, "the database does not answer", AlarmKind.DATABASE)
    tell(tmp_path, "mail", DISK, UNIT)
    assert tell(tmp_path, "mail", DISK, blind, at=NOW + MINUTE) == AlarmNotice((blind.text,), (), ())
    assert tell(tmp_path, "mail", DISK, UNIT, at=NOW + 2 * MINUTE) == AlarmNotice((), (), (blind.text,))
    assert tell(tmp_path, "mail", DISK, at=NOW + 3 * MINUTE) == AlarmNotice((), (), (UNIT.text,))


def test_a_channel_that_could_not_tell_knows_nothing(tmp_path: Path) -> None:
    tell(tmp_path, "mail", DISK)
    assert AlarmRecord(tmp_path).notice("webhook", [DISK], NOW, DAY).begun == (DISK.text,)
    assert AlarmRecord(tmp_path).notice("webhook", [DISK], NOW, DAY).begun == (DISK.text,)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"mail": 1}', '{"mail": {"disk": {"text": "t"}}}', "\x00"])
def test_a_damaged_record_is_told_with_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(DepartmentError, match="remove it, and all that is wrong is told again"):
        AlarmRecord(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.sets(st.sampled_from("abc")), max_size=8))
def test_whoever_hears_all_knows_what_stands(tmp_path: Path, rounds: list[set[str]]) -> None:
    (tmp_path / FILE_NAME).unlink(missing_ok=True)
    known: set[str] = set()
    for number, subjects in enumerate(rounds):
        alarms = [Alarm(subject, subject, AlarmKind.UNIT) for subject in sorted(subjects)]
        notice = tell(tmp_path, "mail", *alarms, at=NOW + number * MINUTE)
        assert not known & set(notice.begun), "told twice"
        known = (known | set(notice.begun)) - set(notice.over)
        assert known == subjects
