"""The stage that puts rosters in force: what it refuses and tells of, and a roster that ends while the unit runs."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.roster_update import install_roster
from alpr_edge.app.stages.roster_install import RosterInstallStage
from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.people.handed_roster import SPOOL_NAME, pack_roster
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import RosterKey, sign_roster
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.sessions.break_glass import BreakGlass
from alpr_edge.services.accounts.rosters import INSTALL_ROSTER
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.services.changes.self_check import Drift, record_start
from alpr_edge.services.changes.values_in_force import read_values
from alpr_edge.store.access.accounts import AccountStore, open_accounts
from alpr_edge.store.access.pinned_key import pinned_roster_key
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.access_log.schema import FILE_NAME as LOG_FILE
from alpr_edge.store.hotlists.download_spool import FeedNote
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.app.stages.clocks import LaterClock
from tests.app.stages.test_store_counts import until
from tests.domain.people.builders import DEPARTMENT, SIGNING_KEY
from tests.staff import BEGUN, LOGIN, ROSTER_KEY, STOLEN, Staff, staff_person
from tests.units import write_bare_unit

STOPPED = threading.Event()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def staff(tmp_path: Path) -> Staff:
    """A unit whose first roster lasts for 30 days."""
    return Staff(write_bare_unit(tmp_path))


@pytest.fixture
def store(staff: Staff) -> Iterator[UnitStore]:
    with open_store(staff.unit, migrate=True) as store:
        yield store


def stage_at(staff: Staff, store: UnitStore, clock: Clock) -> RosterInstallStage:
    """The stage after one look."""
    stage = RosterInstallStage(staff.unit, store.database, store.incoming, clock)
    stage._step()
    return stage


def roster(serial: int, *, issued_days: int = 0, days: int = 30, department: str = DEPARTMENT) -> bytes:
    issued = BEGUN + issued_days * DAY
    people = (Member(staff_person("officer", Role.OFFICER)),)
    return sign_roster(Roster(RosterHeader(department, serial, issued, issued + days * DAY), people), SIGNING_KEY)


def hand_over(store: UnitStore, content: bytes) -> None:
    """What the uplink does with a roster that it fetched."""
    download = store.incoming.start(SPOOL_NAME, FeedNote(serial=9, etag='"9"'))
    download.append(pack_roster(ROSTER_KEY, content))
    download.finish()


def kinds(stage: RosterInstallStage) -> list[FaultKind]:
    return [fault.kind for fault in stage.faults()]


def test_a_roster_that_ends_soon_and_then_has_ended_is_told_of(staff: Staff, store: UnitStore) -> None:
    found = {days: kinds(stage_at(staff, store, LaterClock(days))) for days in (0, 26, 28, 31)}
    assert found == {0: [], 26: [], 28: [FaultKind.ROSTER_ENDING], 31: [FaultKind.ROSTER_ENDED]}
    (fault,) = stage_at(staff, store, LaterClock(31)).faults()
    end = BEGUN + 30 * DAY
    assert fault.text == f"roster: ended at {end:%Y-%m-%d %H:%M} UTC: nobody can sign in"


def test_a_roster_ends_while_the_stage_runs(staff: Staff, store: UnitStore) -> None:
    """No step is needed: health asks at any time."""
    clock = LaterClock(0)
    stage = stage_at(staff, store, clock)
    assert kinds(stage) == []
    clock.ahead = 31 * DAY
    assert kinds(stage) == [FaultKind.ROSTER_ENDED]


def test_under_an_ended_roster_break_glass_alone_is_left(staff: Staff) -> None:
    token = staff.begin_session("officer", now=LaterClock(31).now())
    staff.clock = LaterClock(31)
    with (
        staff.authoriser_of(Caller(LOGIN, token)) as authoriser,
        pytest.raises(AccessError, match="roster"),
        authoriser.access(Operation.SHOW_READS, STOLEN),
    ):
        pytest.fail("it was allowed")
    glass = BreakGlass("Ana Ruiz", "Modesto PD", STOLEN.code, "the roster has ended", LOGIN, staff.clock.now())
    with (
        staff.authoriser_of(Caller(LOGIN, break_glass=glass)) as authoriser,
        authoriser.access(Operation.SHOW_READS, STOLEN) as access,
    ):
        access.shown = 1
    refused, allowed = staff.records()
    assert (refused.outcome, refused.reason) == ("refused", "roster_expired")
    assert (allowed.outcome, allowed.break_glass) == ("allowed", True)


def test_with_an_untrusted_clock_a_roster_does_not_end(staff: Staff, store: UnitStore) -> None:
    class UntrustedClock(LaterClock):
        def now(self) -> Instant:
            instant = super().now()
            return Instant(instant.boot_id, instant.boottime_ns, instant.utc, UtcSource.RTC, None)

    assert kinds(stage_at(staff, store, UntrustedClock(31))) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (roster(1), "not newer"),
        (roster(5, issued_days=-40), "ended at"),
        (roster(5).replace(b'"officer"', b'"chiefs_"', 1), "changed"),
        (roster(5, department="other-pd"), "department"),
        (b"no roster at all", "not"),
        (
            sign_roster(Roster(RosterHeader(DEPARTMENT, 5, BEGUN, BEGUN + 30 * DAY), ()), Ed25519PrivateKey.generate()),
            "sign",
        ),
    ],
    ids=["older", "expired", "tampered", "of another department", "no roster", "of another key"],
)
def test_a_roster_that_does_not_hold_changes_nothing_and_is_told_of(
    staff: Staff, store: UnitStore, content: bytes, why: str
) -> None:
    staff.install(*(staff_person(name, Role.OFFICER) for name in ("first", "second")))  # serial 2
    hand_over(store, content)
    stage = stage_at(staff, store, LaterClock(0))
    (fault,) = stage.faults()
    assert fault.kind is FaultKind.ROSTER_REFUSED
    assert why in fault.text
    assert stage.figures()["roster_serial"] == 2
    assert not store.incoming.waits(SPOOL_NAME), "it is not tried again"


def test_the_next_roster_that_holds_ends_the_trouble(staff: Staff, store: UnitStore) -> None:
    hand_over(store, roster(5).replace(b'"officer"', b'"chiefs_"', 1))
    stage = stage_at(staff, store, staff.clock)
    assert kinds(stage) == [FaultKind.ROSTER_REFUSED]
    hand_over(store, roster(6))
    stage._step()
    assert (kinds(stage), stage.figures()["roster_serial"]) == ([], 6)
    assert RosterKey(DEPARTMENT, SIGNING_KEY.public_key()) == ROSTER_KEY


def install(staff: Staff, content: bytes) -> None:
    """Put a roster in force, and nothing behind it: the power is cut there."""
    with accounts_of(staff) as accounts:
        install_roster(accounts, content, ROSTER_KEY, staff.clock.now())


def accounts_of(staff: Staff) -> AbstractContextManager[AccountStore]:
    return open_accounts(staff.unit.unit.data_directory, staff.unit.store.keys_directory, migrate=False)


def pinned_key(staff: Staff) -> str:
    with accounts_of(staff) as accounts:
        return str(pinned_roster_key(accounts))


def start(staff: Staff, store: UnitStore) -> Drift:
    """What the check at a start finds and puts on record."""
    with open_access_log(staff.unit, migrate=False) as log:
        recorder = ChangeRecorder(log, "run", staff.clock)
        return record_start(recorder, read_values(staff.unit, store.database, log.digest))


def installs(staff: Staff) -> list[tuple[str, str]]:
    """The serials of the rosters before and after, by the records of rosters that were put in force."""
    changes = [change for record in staff.records() if record.action == INSTALL_ROSTER for change in record.changes]
    return [(change.before.split(",")[0], change.after.split(",")[0]) for change in changes]


def test_a_roster_that_a_power_cut_left_without_key_and_record_gets_both(staff: Staff, store: UnitStore) -> None:
    assert not start(staff, store)
    install(staff, roster(5))
    hand_over(store, roster(5))
    for _ in range(2):
        stage = stage_at(staff, store, staff.clock)
        assert (kinds(stage), stage.figures()["roster_serial"]) == ([], 5)
        assert not store.incoming.waits(SPOOL_NAME)
        assert pinned_key(staff) == str(ROSTER_KEY)
        assert installs(staff) == [(f"{DEPARTMENT} 1", f"{DEPARTMENT} 5")]
        hand_over(store, roster(5))
    assert not start(staff, store), "it is no drift"


def test_the_first_roster_of_a_unit_gets_its_record_after_a_power_cut(staff: Staff, store: UnitStore) -> None:
    hand_over(store, roster(5))
    install(staff, roster(5))
    stage_at(staff, store, staff.clock)
    assert installs(staff) == [("none", f"{DEPARTMENT} 5")]
    assert not start(staff, store)


def test_another_roster_of_the_same_serial_completes_nothing(staff: Staff, store: UnitStore) -> None:
    assert not start(staff, store)
    install(staff, roster(5))
    hand_over(store, roster(5, days=20))
    assert kinds(stage_at(staff, store, staff.clock)) == []
    assert (pinned_key(staff), installs(staff)) == ("None", [])
    assert start(staff, store).text.startswith("changed without a record: roster;")


@pytest.fixture
def stage_without_record(staff: Staff, store: UnitStore) -> RosterInstallStage:
    """The stage, which put a roster in force while there was no access log to be had, and goes on."""
    assert not start(staff, store)
    log_file = staff.unit.unit.data_directory / LOG_FILE
    aside = log_file.rename(log_file.with_suffix(".aside"))
    log_file.mkdir()
    hand_over(store, roster(5))
    stage = RosterInstallStage(staff.unit, store.database, store.incoming, staff.clock, record_again_s=0.0)
    for _ in range(3):
        stage._step()
        assert (kinds(stage), stage.figures()["roster_serial"]) == ([], 5)
        assert not store.incoming.waits(SPOOL_NAME), "the next one can come"
    log_file.rmdir()
    aside.rename(log_file)
    assert installs(staff) == []
    return stage


def test_a_roster_that_the_access_log_did_not_take_is_on_record_once_it_does(
    staff: Staff, store: UnitStore, stage_without_record: RosterInstallStage
) -> None:
    for _ in range(3):
        stage_without_record._step()
        assert installs(staff) == [(f"{DEPARTMENT} 1", f"{DEPARTMENT} 5")]
    assert not start(staff, store)


def test_a_roster_that_another_replaced_before_its_record_gets_none(
    staff: Staff, stage_without_record: RosterInstallStage
) -> None:
    install(staff, roster(6))
    for _ in range(2):
        stage_without_record._step()
        assert (kinds(stage_without_record), stage_without_record.figures()["roster_serial"], installs(staff)) == (
            [],
            6,
            [],
        )


def test_accounts_without_their_key_are_told_and_end_with_the_key(staff: Staff, store: UnitStore) -> None:
    stage, stop = RosterInstallStage(staff.unit, store.database, store.incoming, staff.clock), threading.Event()
    key = staff.unit.store.keys_directory / "access.key"
    aside = key.rename(key.with_suffix(".aside"))
    thread = threading.Thread(target=stage.run, args=(lambda: None, stop))
    thread.start()
    try:
        until(lambda: kinds(stage) == [FaultKind.ACCOUNTS])
        aside.rename(key)
        until(lambda: kinds(stage) == [])
    finally:
        stop.set()
        thread.join()
        stage.finish()
