"""The stage that puts rosters in force: what it refuses and tells of, and a roster that ends while the unit runs."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.access.authorisation.operations import Operation
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
