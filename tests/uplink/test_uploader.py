"""When the uploader sends, waits, pauses and sets aside."""

from contextlib import closing
from pathlib import Path

import pytest

from alpr_edge.domain.instants import Instant
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.uploader import SILENCE_S_MAX, Link, Uploader
from tests.store.records import instant
from tests.uplink.conftest import Faulty, settings_for
from tests.uplink.faulty import Fault, FaultyDepartment
from tests.uplink.items import fill

NOW: Instant = instant()


class Bench:
    """An uploader whose first, idle step is done."""

    def __init__(self, outbox: Outbox, department: FaultyDepartment, files: Path, **changes: float) -> None:
        settings = settings_for(department.url, files, retry_first_s=2.0, retry_max_s=100.0, **changes)
        self.department = HttpsDepartment(settings, "unit-1")
        self.uploader = Uploader(outbox, self.department, settings, ReplayedClock(NOW), lambda: 0.5)
        self.first_wait_s = self.uploader.step()

    def waits(self, steps: int) -> list[float]:
        try:
            return [self.uploader.step() for _ in range(steps)]
        finally:
            self.department.close()


@pytest.fixture
def full_outbox(database: Database, images: ImageStore, outbox: Outbox) -> Outbox:
    """Eight items."""
    fill(database, images, 2)
    return outbox


def test_the_first_step_draws_a_wait_and_sends_nothing(full_outbox: Outbox, unit_files: Path, faulty: Faulty) -> None:
    with faulty(iter([])) as department:
        bench = Bench(full_outbox, department, unit_files)
        assert department.requests == 0
    assert bench.first_wait_s == 1.0
    assert (bench.uploader.state.link, bench.uploader.state.waiting) == (Link.UNTRIED, 8)


def test_an_outbox_is_sent_without_waits_and_then_looked_at_now_and_then(
    full_outbox: Outbox, unit_files: Path, faulty: Faulty
) -> None:
    with faulty(iter([])) as department:
        bench = Bench(full_outbox, department, unit_files, batch_items=5, idle_s=3.0)
        assert bench.waits(4) == [0.0, 0.0, 3.0, 3.0]
        assert department.requests == 2
    state = bench.uploader.state
    assert (state.link, state.delivered, state.waiting, state.last_receipt) == (Link.UP, 8, 0, NOW)


def test_a_picture_that_cannot_be_read_and_nothing_else_is_due_rests_and_ends_nothing(
    full_outbox: Outbox, unit_files: Path, faulty: Faulty, tmp_path: Path
) -> None:
    path = next(path for path in (tmp_path / "vehicle" / "images").rglob("*") if path.is_file())
    path.unlink()
    path.mkdir()
    with faulty(iter([])) as department:
        bench = Bench(full_outbox, department, unit_files, idle_s=3.0)
        assert bench.waits(4) == [0.0, 3.0, 3.0, 3.0]
        assert department.requests == 1
    state = bench.uploader.state
    assert (state.link, state.delivered, state.waiting, state.quarantined) == (Link.UP, 7, 1, 0)
    assert "cannot be read" in state.last_error


def test_a_department_that_has_everything_is_asked_now_and_then_whether_it_is_there(
    outbox: Outbox, unit_files: Path, faulty: Faulty
) -> None:
    clock = ReplayedClock(NOW)
    with faulty(iter([])) as department:
        settings = settings_for(department.url, unit_files, idle_s=3.0)
        with closing(HttpsDepartment(settings, "unit-1")) as client:
            uploader = Uploader(outbox, client, settings, clock, lambda: 0.0)
            for seconds, requests in (
                (0, 0),
                (1, 0),
                (SILENCE_S_MAX, 1),
                (SILENCE_S_MAX + 1, 1),
                (2 * SILENCE_S_MAX, 2),
            ):
                clock.move_to(NOW.shift(seconds * 1000))
                uploader.step()
                assert department.requests == requests
            assert client.department_utc is not None
    assert uploader.state.link is Link.UP


def test_the_link_backs_off_with_growing_waits_and_recovers_at_once(
    full_outbox: Outbox, unit_files: Path, faulty: Faulty
) -> None:
    with faulty(iter([Fault.STATUS_503] * 8)) as department:
        bench = Bench(full_outbox, department, unit_files)
        assert bench.waits(7) == [1.5, 3.0, 6.0, 12.0, 24.0, 48.0, 75.0]
        assert bench.uploader.state.link is Link.DOWN
        assert "status 503" in bench.uploader.state.last_error
        assert bench.waits(2) == [75.0, 0.0]
    state = bench.uploader.state
    assert (state.link, state.failures, state.last_error) == (Link.UP, 0, "")
    assert full_outbox.counts().quarantined == 0


def test_retry_after_is_honoured(full_outbox: Outbox, unit_files: Path, faulty: Faulty) -> None:
    with faulty(iter([Fault.STATUS_429] * 2)) as department:
        assert Bench(full_outbox, department, unit_files).waits(1) == [7.0]
        bench = Bench(full_outbox, department, unit_files)
        assert bench.waits(1) == [7.0]


def test_401_pauses_everything_and_says_so(full_outbox: Outbox, unit_files: Path, faulty: Faulty) -> None:
    with faulty(iter([Fault.STATUS_401])) as department:
        bench = Bench(full_outbox, department, unit_files)
        assert bench.waits(1) == [112.5]
        assert bench.uploader.state.link == "unauthorised"
        assert "not accepted (status 401)" in bench.uploader.state.last_error
        assert full_outbox.counts().ready == 8
        assert bench.waits(1) == [0.0]
        assert bench.uploader.state.link == "up"


def test_a_wrong_digest_is_tried_again_and_then_set_aside(
    full_outbox: Outbox, unit_files: Path, faulty: Faulty
) -> None:
    with faulty(iter([Fault.WRONG_DIGEST] * 30)) as department:
        bench = Bench(full_outbox, department, unit_files, digest_attempts_max=2)
        for _ in range(30):
            bench.waits(1)
            if not bench.uploader.state.waiting:
                break
    state = bench.uploader.state
    assert (state.delivered, state.wrong_digests, state.quarantined) == (0, 16, 8)
    assert {entry.detail for entry in full_outbox.quarantined_items()} == {"the department stored other content"}


def test_after_failures_batches_shrink_to_one_item_and_grow_again(
    full_outbox: Outbox, unit_files: Path, faulty: Faulty
) -> None:
    with faulty(iter([Fault.STATUS_503] * 4)) as department:
        bench = Bench(full_outbox, department, unit_files, batch_items=8)
        bench.waits(4)
        left = [full_outbox.counts().ready]
        while left[-1]:
            bench.waits(1)
            left.append(full_outbox.counts().ready)
    assert left == [8, 7, 6, 2, 0]  # the one that failed alone is sent alone once more
