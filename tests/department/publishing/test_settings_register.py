"""Settings of units on each engine: serials that only rise, what counts in each unit, and what each says of it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from alpr_edge.department.db.permanent_tables.settings_schema import settings_steps
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.publishing.settings_changes import SettingChange, settings_changes, withdrawal_changes
from alpr_edge.department.publishing.settings_holders import UnitSettingsLine, unit_line
from alpr_edge.department.publishing.settings_register import (
    PUBLICATIONS_MAX,
    SettingsAuthor,
    SettingsToPublish,
    UnitSettingsStep,
    counting_publication,
    read_remote_text,
)
from alpr_edge.domain.department_settings.document import Values
from alpr_edge.domain.department_settings.exchange import SERIAL_MAX, SettingsStatement
from alpr_edge.domain.errors import DepartmentError, SettingsError, StoreError
from tests.department.engines import ROWS_STAY, EngineUnderTest
from tests.department.people.office import make_department

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SLOW: Values = {"decision": {"timeout_ms": 900.0, "readings_max": 9}}
QUIET: Values = {"alerts": {"volume": 0.3}, "decision": {"timeout_ms": 900.0}}


@pytest.fixture
def storage(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Storage]:
    with closing(Storage(make_department(tmp_path / "department", engine=engine))) as opened:
        for unit_id in ("car-1", "car-2"):
            opened.units.invite(unit_id, timedelta(hours=1))
        yield opened


def publish(storage: Storage, values: Values, *units: str, after: int = 0) -> UnitSettingsStep:
    return storage.settings.publish(SettingsToPublish(values, units, after), SettingsAuthor("login:chief", NOW, "why"))


def line(storage: Storage, unit_id: str) -> UnitSettingsLine:
    return unit_line(unit_id, storage.settings.steps(), storage.held_settings.all().get(unit_id))


def test_what_counts_in_a_unit_is_the_newest_that_is_meant_for_it(storage: Storage) -> None:
    first, other = publish(storage, SLOW), publish(storage, QUIET, "car-2")
    assert (first.serial, first.units, other.serial, other.units) == (1, (), 2, ("car-2",))
    assert storage.settings.counting("car-1") == (1, first)
    assert storage.settings.counting("car-2") == (2, other)
    withdrawal = storage.settings.withdraw(2, SettingsAuthor("chief", NOW))
    assert (withdrawal.serial, withdrawal.publication, withdrawal.units) == (3, 2, ("car-2",))
    assert storage.settings.counting("car-1") == (1, first)
    assert storage.settings.counting("car-2") == (3, first)
    storage.settings.withdraw(1, SettingsAuthor("chief", NOW))
    assert storage.settings.counting("car-2") == (4, None)
    assert storage.settings.steps()[0] == first
    assert [each.serial for each in storage.settings.steps()] == [1, 2, 3, 4]


def test_values_are_read_back_as_they_were(storage: Storage) -> None:
    values = read_remote_text('[decision]\ntimeout_ms = 900.0\nreadings_max = 9\n[console]\ntheme = "day"\n')
    publish(storage, values)
    with closing(Storage(storage.directory, create=False)) as again:
        (step,) = again.settings.steps()
    assert step.values == values
    assert (type(step.values["decision"]["timeout_ms"]), step.by, step.reason, step.at) == (
        float,
        "login:chief",
        "why",
        NOW,
    )


def test_what_cannot_be_published_or_withdrawn_changes_nothing(storage: Storage) -> None:
    with pytest.raises(DepartmentError, match="car-9: there is no such unit"):
        publish(storage, SLOW, "car-1", "car-9")
    with pytest.raises(SettingsError, match=r"unit\.id: is set in the car alone"):
        publish(storage, {"unit": {"id": "car-1"}})
    with pytest.raises(SettingsError, match="not valid TOML"):
        read_remote_text("[decision")
    with pytest.raises(DepartmentError, match="1: was not published"):
        storage.settings.withdraw(1, SettingsAuthor("chief", NOW))
    publish(storage, SLOW)
    storage.settings.withdraw(1, SettingsAuthor("chief", NOW))
    for serial, words in ((1, "was withdrawn before"), (2, "was not published")):
        with pytest.raises(DepartmentError, match=words):
            storage.settings.withdraw(serial, SettingsAuthor("chief", NOW))
    assert [each.serial for each in storage.settings.steps()] == [1, 2]


def test_nothing_is_published_over_what_nobody_saw(storage: Storage) -> None:
    publish(storage, SLOW)
    author = SettingsAuthor("login:chief", NOW)
    with pytest.raises(DepartmentError, match="meanwhile"):
        storage.settings.publish(SettingsToPublish(QUIET, seen=0), author)
    assert storage.settings.publish(SettingsToPublish(QUIET, seen=1), author).serial == 2


def test_serials_rise_over_one_that_units_hold_and_have_an_end(storage: Storage) -> None:
    assert publish(storage, SLOW, after=41).serial == 42
    assert publish(storage, SLOW, after=7).serial == 43
    with pytest.raises(DepartmentError, match="there is no room"):
        publish(storage, SLOW, after=SERIAL_MAX)


def test_where_no_publication_has_room_the_ones_on_file_can_be_withdrawn(storage: Storage) -> None:
    row = {"at": NOW, "by": "chief", "reason": "", "body": SLOW, "units": []}
    rows = [row | {"serial": serial, "publication": serial} for serial in range(1, PUBLICATIONS_MAX + 1)]
    with storage.database.writing() as connection:
        connection.execute(insert(settings_steps), rows)
    with pytest.raises(DepartmentError, match="there is no room for another"):
        publish(storage, SLOW)
    withdrawal = storage.settings.withdraw(PUBLICATIONS_MAX, SettingsAuthor("chief", NOW))
    assert withdrawal.serial == PUBLICATIONS_MAX + 1


def test_of_people_who_withdraw_the_same_at_once_one_does(storage: Storage) -> None:
    publish(storage, SLOW)
    stale = storage.settings.steps()
    storage.settings.withdraw(1, SettingsAuthor("chief", NOW))
    assert counting_publication(stale, 1) == stale[0], "to who looked before, it could be withdrawn"
    with pytest.raises(DepartmentError, match="1: was withdrawn before"):
        storage.settings._add(1, SettingsToPublish({}), SettingsAuthor("deputy", NOW))
    assert [each.serial for each in storage.settings.steps()] == [1, 2]


@pytest.mark.parametrize("statement", ["DELETE FROM settings_steps", "UPDATE settings_steps SET reason = 'other'"])
def test_what_was_published_stays_on_file(storage: Storage, statement: str) -> None:
    publish(storage, SLOW)
    with pytest.raises(StoreError, match=ROWS_STAY), storage.database.writing() as connection:
        connection.execute(text(statement))
    assert len(storage.settings.steps()) == 1


def test_a_change_is_told_by_key_against_what_counts_in_its_units(storage: Storage) -> None:
    publish(storage, SLOW)
    publish(storage, QUIET, "car-2")
    steps, units = storage.settings.steps(), ("car-1", "car-2")
    changes = settings_changes(SettingsToPublish({"decision": {"timeout_ms": 800.0}}), units, steps)
    assert changes == [
        SettingChange("alerts.volume", ("0.3",), ""),
        SettingChange("decision.readings_max", ("9",), ""),
        SettingChange("decision.timeout_ms", ("900.0",), "800.0"),
    ]
    assert settings_changes(SettingsToPublish(SLOW, ("car-1",)), units, steps) == []
    assert settings_changes(SettingsToPublish(QUIET), (), ()) == [
        SettingChange("alerts.volume", (), "0.3"),
        SettingChange("decision.timeout_ms", (), "900.0"),
    ]


def test_a_withdrawal_is_told_by_key_against_what_counts_then_in_each_unit(storage: Storage) -> None:
    publish(storage, SLOW, "car-1")
    publish(storage, {"decision": {"timeout_ms": 800.0}})
    steps, units = storage.settings.steps(), ("car-1", "car-2")
    assert withdrawal_changes(2, units, steps) == [
        SettingChange("decision.readings_max", (), "9"),
        SettingChange("decision.timeout_ms", ("800.0",), "each car's own or 900.0"),
    ]
    assert withdrawal_changes(1, units, steps) == [], "another one counts there"
    storage.settings.withdraw(2, SettingsAuthor("chief", NOW))
    assert withdrawal_changes(1, units, storage.settings.steps()) == [
        SettingChange("decision.readings_max", ("9",), ""),
        SettingChange("decision.timeout_ms", ("900.0",), ""),
    ]
    with pytest.raises(DepartmentError, match="2: was withdrawn before"):
        withdrawal_changes(2, units, storage.settings.steps())


def test_each_unit_is_told_with_what_it_holds_and_works_by(storage: Storage) -> None:
    assert line(storage, "car-1").state == "nothing is meant for it"
    storage.held_settings.note("car-2", SettingsStatement(0, None))
    assert line(storage, "car-2").state == "its own file counts"
    publish(storage, SLOW)
    assert line(storage, "car-1").state == "never asked"
    states = []
    for said in (
        SettingsStatement(0, 0),
        SettingsStatement(1, 0),
        SettingsStatement(1, 1),
        SettingsStatement(0, None, 1, "hotlist: why"),
    ):
        storage.held_settings.note("car-1", said)
        states.append(line(storage, "car-1").state)
    assert states == ["not fetched yet", "in force from the next start", "in force", "refused"]
    held = storage.held_settings.all()["car-1"]
    assert (held.held, held.in_force, held.refused, held.refusal) == (0, None, 1, "hotlist: why")
    storage.settings.withdraw(1, SettingsAuthor("chief", NOW))
    storage.held_settings.note("car-1", SettingsStatement(2, 2))
    assert line(storage, "car-1").state == "its own file counts"


def test_a_moment_is_that_of_the_first_word_of_a_serial(storage: Storage) -> None:
    storage.held_settings.note("car-1", SettingsStatement(1, 0))
    before = storage.held_settings.all()
    storage.held_settings.note("car-1", SettingsStatement(1, 0))
    assert storage.held_settings.all() == before
    storage.held_settings.note("car-1", SettingsStatement(1, 1))
    after = storage.held_settings.all()["car-1"]
    assert after.held_since == before["car-1"].held_since
    assert after.in_force_since > before["car-1"].in_force_since
