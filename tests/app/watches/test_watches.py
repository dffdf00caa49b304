"""What nothing else asks: page, link, certificates, trainings, models and memory; found, told and healed by itself."""

import mmap
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import insert

from alpr_edge.app.factories import vision_files
from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.app.watches.memory_use import (
    GROWTH_BYTES_MAX,
    WINDOW_S,
    MemoryWatch,
    machine_bytes,
    resident_bytes,
)
from alpr_edge.app.watches.unit_watches import (
    CONNECT_S,
    RESTART_S,
    CertificateEndWatch,
    LinkWatch,
    ModelFileWatch,
    PageWatch,
    TrainingWatch,
    model_file_watch,
)
from alpr_edge.app.watches.watch_stage import WatchStage
from alpr_edge.domain.deletion_dates import DepartmentDate
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.people.person import Role, Training
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.protocol.items import ItemKind, Urgency
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.health import write_health
from alpr_edge.settings import load
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.outbox.enqueue import body_row
from alpr_edge.store.retention.deletion_dates import note_department_date
from alpr_edge.vision.second_reader import PACKAGE, WEIGHTS
from tests.app.rig import write_settings
from tests.services.unit_health.health_reports import CONSOLE, UPLINK, with_figures
from tests.staff import BEGUN, Staff, staff_person
from tests.units import write_bare_unit
from tests.vision.models import check_model, detector_model, name_check, name_states, state_model, write_near

WAIT_S = 60.0
KEY = bytes(32)


class Seconds:
    """A monotonic clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class TrustedClock:
    """The system's clock, confirmed by a time server."""

    def __init__(self, ahead: timedelta = timedelta(0), boot: str | None = None) -> None:
        self._inner, self._ahead, self._boot = SystemClock(), ahead, boot

    def now(self) -> Instant:
        now = self._inner.now()
        utc = datetime.now(UTC) + self._ahead
        shifted = now.shift(self._ahead / timedelta(milliseconds=1))
        return replace(
            shifted, boot_id=self._boot or now.boot_id, utc=utc, utc_source=UtcSource.NTP, uncertainty_ms=1.0
        )


def kinds(faults: list[Fault]) -> list[FaultKind]:
    return [fault.kind for fault in faults]


def write_from_elsewhere(directory: Path, *, lives: bool) -> "subprocess.Popen[bytes]":
    """A page that writes its health in a process of its own, and lives on or was killed."""
    program = (
        "import sys, time; from pathlib import Path; from alpr_edge.runtime.health import Health, write_health;"
        "write_health(Path(sys.argv[1]), Health('console', ready=True, troubles=()));"
        "print('written', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(directory)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    if not lives:
        process.kill()
        process.wait(WAIT_S)
    return process


def test_a_page_that_was_killed_is_told_after_the_time_of_a_restart_and_ends_with_its_return(tmp_path: Path) -> None:
    seconds = Seconds()
    watch = PageWatch(tmp_path, tmp_path / "no-certificate", tmp_path / "no-link", seconds)
    watch.look()
    assert watch.faults() == [], "a unit whose page never ran has none"
    write_from_elsewhere(tmp_path, lives=False)
    watch.look()
    assert watch.faults() == []
    seconds.now_s += RESTART_S
    watch.look()
    (fault,) = watch.faults()
    assert (fault.kind, fault.text) == (
        FaultKind.PAGE_DOWN,
        "page: it ran since the computer's start and does not run now",
    )
    write_health(tmp_path, CONSOLE)
    watch.look()
    assert watch.faults() == []


@pytest.mark.parametrize(
    ("is_enabled", "has_certificate", "told"),
    [(False, True, []), (True, True, [FaultKind.PAGE_DOWN]), (True, False, [])],
)
def test_a_page_that_ended_in_order_is_missed_where_its_service_is_enabled_and_it_has_a_certificate(
    tmp_path: Path, is_enabled: bool, has_certificate: bool, told: list[FaultKind]
) -> None:
    seconds, link, certificate = Seconds(), tmp_path / "alpr-edge-console.service", tmp_path / "page.pem"
    if is_enabled:
        link.symlink_to("/nowhere")
    if has_certificate:
        certificate.touch()
    watch = PageWatch(tmp_path, certificate, link, seconds)
    write_health(tmp_path, replace(CONSOLE, ready=False))
    watch.look()
    seconds.now_s += RESTART_S
    watch.look()
    assert kinds(watch.faults()) == told


def open_database(folder: Path) -> Database:
    (data := folder / "data").mkdir(mode=0o700)
    return Database.open(data, KEY, migrate=True)


def test_a_link_that_is_down_for_longer_than_a_shift_is_told_and_ends_with_an_answer(tmp_path: Path) -> None:
    database, seconds = open_database(tmp_path), Seconds()
    answered = TrustedClock()
    note_department_date(database, DepartmentDate(datetime.now(UTC), answered.now()))
    cases: list[tuple[Clock, list[FaultKind]]] = [
        (TrustedClock(), []),
        (TrustedClock(timedelta(hours=11)), []),
        (TrustedClock(timedelta(hours=13)), [FaultKind.LINK_DOWN]),
        (TrustedClock(timedelta(hours=11), boot="another"), []),
        (TrustedClock(timedelta(hours=13), boot="another"), [FaultKind.LINK_DOWN]),
    ]
    for clock, told in cases:
        watch = LinkWatch(database, clock, tmp_path, 12.0, seconds)
        watch.look()
        assert watch.faults() == [], "after a start the link has some time"
        seconds.now_s += CONNECT_S
        watch.look()
        assert kinds(watch.faults()) == told
    note_department_date(database, DepartmentDate(datetime.now(UTC), TrustedClock(boot="another").now()))
    watch.look()
    assert len(watch.faults()) == 1, "an old answer, noted again, ends nothing"
    note_department_date(database, DepartmentDate(clock.now().utc or datetime.now(UTC), clock.now()))
    watch.look()
    assert watch.faults() == []
    database.close()


def test_a_department_that_never_answered_is_told_after_the_same_time(tmp_path: Path) -> None:
    database, seconds = open_database(tmp_path), Seconds()
    watch = LinkWatch(database, SystemClock(), tmp_path, 12.0, seconds)
    for hours, told in ((11.9, []), (12.1, [FaultKind.LINK_DOWN])):
        seconds.now_s = 1000.0 + hours * 3600
        watch.look()
        assert kinds(watch.faults()) == told
    database.close()


@pytest.mark.parametrize(
    ("days", "clock", "told"),
    [(3, TrustedClock(), [FaultKind.LINK_DOWN]), (0.1, TrustedClock(), []), (3, SystemClock(), [])],
)
def test_where_no_answer_was_ever_stored_the_age_of_the_oldest_item_counts_if_the_time_is_trusted(
    tmp_path: Path, days: float, clock: Clock, told: list[FaultKind]
) -> None:
    """A car that is on for some hours a day."""
    database, seconds = open_database(tmp_path), Seconds()
    queued = datetime.now(UTC) - timedelta(days=days)
    with database.write() as connection:
        connection.execute(insert(outbox), body_row("read-1", ItemKind.READ, Urgency.READ, b"{}", queued))
    watch = LinkWatch(database, clock, tmp_path, 12.0, seconds)
    seconds.now_s += CONNECT_S
    watch.look()
    assert kinds(watch.faults()) == told
    database.close()


def test_a_department_that_does_not_accept_the_unit_is_not_told_as_one_that_is_silent(tmp_path: Path) -> None:
    database, seconds = open_database(tmp_path), Seconds()
    watch = LinkWatch(database, SystemClock(), tmp_path, 12.0, seconds)
    seconds.now_s += 13 * 3600
    for link, text in (
        ("unauthorised", "link: the department does not accept this unit, and has taken nothing for 13 hours"),
        ("down", "link: the department has not answered for 13 hours"),
    ):
        write_health(tmp_path, with_figures(UPLINK, link=link))
        watch.look()
        assert [fault.text for fault in watch.faults()] == [text]
    database.close()


def test_certificates_are_told_as_the_uplink_says(tmp_path: Path) -> None:
    watch = CertificateEndWatch(tmp_path)
    watch.look()
    assert watch.faults() == []
    lines = [
        "this unit's certificate expires on 2026-12-01, in 12 days; enroll this unit again",
        "the certificate of the department has expired on 2026-11-01; renew it there: alpr-edge department renew",
        "the certificate is not renewed: the department refuses",
    ]
    write_health(tmp_path, with_figures(UPLINK, certificate_warnings=lines))
    watch.look()
    assert [(fault.kind, fault.subject) for fault in watch.faults()] == [
        (FaultKind.CERTIFICATE_ENDING, "this unit's certificate"),
        (FaultKind.CERTIFICATE_ENDED, "the certificate of the department"),
        (FaultKind.CERTIFICATE_ENDING, "the certificate"),
    ]
    write_health(tmp_path, UPLINK)
    watch.look()
    assert watch.faults() == []


def test_the_training_of_who_is_signed_in_is_told_and_nobody_is_named(tmp_path: Path) -> None:
    path, last = write_bare_unit(tmp_path), (BEGUN + timedelta(days=5)).astimezone().date()
    soon = datetime.combine(last + timedelta(days=1), datetime.min.time()).astimezone(UTC)
    watch = TrainingWatch(load(path), TrustedClock())
    watch.look()
    assert watch.faults() == [], "there are no accounts yet"
    late = staff_person("officer", Role.OFFICER, training=Training(soon, BEGUN + timedelta(days=300)))
    staff = Staff(path, (late, staff_person("auditor", Role.AUDITOR)))
    staff.begin_session("auditor")
    watch.look()
    assert watch.faults() == [], "who is not there is not told of"
    staff.begin_session("officer")
    watch.look()
    (fault,) = watch.faults()
    assert fault.kind is FaultKind.TRAINING_ENDING
    assert fault.text == f"training: of one who is signed in ends within 21 days, the first on {last}"
    staff.install(replace(late, training=staff_person("x").training), staff_person("auditor", Role.AUDITOR))
    watch.look()
    assert watch.faults() == []


def test_the_end_of_a_training_is_told_without_a_break_while_the_sessions_are_read_again(tmp_path: Path) -> None:
    path = write_bare_unit(tmp_path)
    training = Training(BEGUN + timedelta(days=5), BEGUN + timedelta(days=300))
    Staff(path, (staff_person("officer", Role.OFFICER, training=training),)).begin_session("officer")
    watch = TrainingWatch(load(path), TrustedClock())
    watch.look()

    def look_again_and_again() -> None:
        for _ in range(20):
            watch.look()

    looking = threading.Thread(target=look_again_and_again)
    looking.start()
    told = []
    while looking.is_alive():
        told.append(kinds(watch.faults()))
        time.sleep(0.0005)
    looking.join()
    assert told
    assert all(each == [FaultKind.TRAINING_ENDING] for each in told)


@pytest.mark.parametrize(
    "name", ["detector.onnx", "detector-near.onnx", "reader.onnx", "plate-check.onnx", "state-reader.onnx"]
)
def test_a_model_file_that_is_damaged_while_the_unit_runs_is_told_until_it_is_restored(
    tmp_path: Path, name: str
) -> None:
    settings = load(write_settings(tmp_path, tmp_path / "frames"))
    write_near(tmp_path / "models", detector_model([]))
    name_check(tmp_path / "models", check_model(0))
    name_states(tmp_path / "models", state_model(2))
    watch = model_file_watch(settings)
    watch.look()
    assert watch.faults() == []
    model = tmp_path / "models" / name
    good = model.read_bytes()
    model.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    watch.look()
    (fault,) = watch.faults()
    assert fault.kind is FaultKind.MODEL_DAMAGED
    assert f"{name}: its SHA-256 is not the manifest's" in fault.text
    model.write_bytes(good)
    watch.look()
    assert watch.faults() == []
    shutil.rmtree(tmp_path / "models")
    watch.look()
    assert kinds(watch.faults()) == [FaultKind.MODEL_DAMAGED]


@pytest.mark.parametrize("is_set", [True, False])
def test_the_second_reader_s_weights_are_compared_where_it_is_set(tmp_path: Path, is_set: bool) -> None:
    settings = load(write_settings(tmp_path, tmp_path / "frames"))
    weights = tmp_path / PACKAGE / WEIGHTS
    weights.parent.mkdir(parents=True)
    (tmp_path / PACKAGE / "__init__.py").touch()
    weights.write_bytes(b"damaged")
    vision = settings.vision.model_copy(update={"second_reader": is_set})
    watch = ModelFileWatch(partial(vision_files, vision, settings.unit.data_directory, [str(tmp_path)]))
    watch.look()
    assert [weights.name in fault.text for fault in watch.faults()] == [True] * is_set


def test_memory_that_grows_is_told_and_what_is_taken_for_a_moment_is_not() -> None:
    seconds, resident = Seconds(), [300 << 20]
    watch = MemoryWatch(lambda: resident[0], 8 << 30, seconds)

    def pass_time(megabytes: int, for_a_moment: int = 0) -> list[FaultKind]:
        resident[0] = (megabytes + for_a_moment) << 20
        watch.look()
        seconds.now_s += WINDOW_S
        resident[0] = megabytes << 20
        watch.look()
        return kinds(watch.faults())

    growth = GROWTH_BYTES_MAX >> 20
    assert pass_time(200) == []
    assert pass_time(500) == [], "the first ten minutes do not count"
    assert pass_time(520, for_a_moment=4 * growth) == []
    assert pass_time(501 + growth) == [FaultKind.MEMORY]
    assert pass_time(480) == []
    assert pass_time(4097) == [FaultKind.MEMORY], "half of the computer's"


def test_the_kernel_says_how_much_memory_this_process_has() -> None:
    before = resident_bytes()
    with mmap.mmap(-1, 64 << 20) as block:  # new pages, where a block of Python's may lie in what was freed before
        while block.tell() < len(block):
            block.write(bytes([1]) * (1 << 16))
        assert resident_bytes() - before > len(block) // 2
    assert 0 < resident_bytes() < machine_bytes()
    assert resident_bytes(Path("/no/such")) == 0


class CountingWatch:
    interval_s = 0.01

    def __init__(self) -> None:
        self.looks = 0

    def look(self) -> None:
        self.looks += 1

    def faults(self) -> list[Fault]:
        return [Fault(FaultKind.MEMORY, "memory", "memory: grows")] if self.looks else []


class RareWatch(CountingWatch):
    interval_s = 3600.0


def test_each_watch_looks_in_its_own_time() -> None:
    often, rarely = CountingWatch(), RareWatch()
    stage, stop, beats = WatchStage((often, rarely)), threading.Event(), []
    assert stage.faults() == []
    thread = threading.Thread(target=stage.run, args=(lambda: beats.append(1), stop))
    thread.start()
    limit = time.monotonic() + WAIT_S
    while often.looks < 3:
        assert time.monotonic() < limit
        time.sleep(0.01)
    stop.set()
    thread.join(WAIT_S)
    assert rarely.looks == 1
    assert len(beats) >= 2 * often.looks
    assert len(stage.faults()) == 2
