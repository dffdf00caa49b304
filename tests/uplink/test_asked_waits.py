"""Departments that ask to be left alone: how long the unit waits, and that its batches stay as large."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.uploader import ASKED_WAIT_S_MAX, Uploader
from tests.store.records import instant
from tests.uplink.conftest import settings_for
from tests.uplink.faulty import FaultyDepartment
from tests.uplink.items import fill

RETRY_MAX_S = 100.0
BATCH_ITEMS = 12
STEPS_MAX = 200
Refusal = tuple[int, float | None]
"""A status, and the seconds of its Retry-After; None: it has none."""


class Limiter:
    """A server in front of the department, which refuses the requests that ``refuse`` answers."""

    def __init__(self, application: ASGIApp, refuse: Callable[[], Refusal | None]) -> None:
        self._application = application
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refuse()
        if refusal is None:
            await self._application(scope, receive, send)
            return
        while (await receive()).get("more_body"):
            pass
        status, wait_s = refusal
        headers = [] if wait_s is None else [(b"retry-after", str(round(wait_s)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


class Bench:
    """An uploader against a real server behind a limiter; waits pass at once on a clock of its own."""

    def __init__(self, storage: Storage, authority: TlsFiles, files: Path, outbox: Outbox) -> None:
        self._application, self._context = create_app(storage), tls_context(authority)
        self._files = files
        self.outbox = outbox
        self.clock = ReplayedClock(instant())
        self.waits: list[float] = []

    def run(self, refuse: Callable[[], Refusal | None], *, steps: int = STEPS_MAX, **changes: float) -> int:
        """Deliver until nothing waits, ``steps`` steps at most; returns the number of requests."""
        with FaultyDepartment(Limiter(self._application, refuse), self._context, iter(())) as department:
            values = {"batch_items": BATCH_ITEMS, "retry_first_s": 2.0, "retry_max_s": RETRY_MAX_S, **changes}
            settings = settings_for(department.url, self._files, **values)
            client = HttpsDepartment(settings, "unit-1")
            self.uploader = Uploader(self.outbox, client, settings, self.clock, lambda: 0.5)
            self.uploader.step()
            for _ in range(steps):
                self.waits.append(self.uploader.step())
                self.clock.move_to(self.clock.now().shift(self.waits[-1] * 1000))
                if not self.uploader.state.waiting:
                    break
            client.close()
            return department.requests


@pytest.fixture
def bench(
    storage: Storage, authority: TlsFiles, unit_files: Path, database: Database, images: ImageStore, outbox: Outbox
) -> Bench:
    """One with 48 items in the outbox."""
    assert fill(database, images, 12) == 4 * BATCH_ITEMS
    return Bench(storage, authority, unit_files, outbox)


@pytest.mark.parametrize("gap_s", [60, 1200])
def test_a_department_that_limits_requests_gets_everything_in_full_batches(bench: Bench, gap_s: int) -> None:
    free_at_s = 0.0

    def limit() -> Refusal | None:
        nonlocal free_at_s
        now_s = bench.clock.now().boottime_ns / 1e9
        if now_s < free_at_s:
            return 429, free_at_s - now_s
        free_at_s = now_s + gap_s
        return None

    assert bench.run(limit) == 7  # four are taken, and each but the last is followed by one that is too early
    assert bench.uploader.state.delivered == 4 * BATCH_ITEMS
    assert sum(bench.waits) == 3 * gap_s


@pytest.mark.parametrize(
    ("refusals", "delivered"),
    [
        ([(429, None)] * 5, BATCH_ITEMS),
        ([(429, 7.0)] * 5, BATCH_ITEMS),
        ([(503, 7.0)] * 2, BATCH_ITEMS),
        ([(503, 7.0)] * 3, BATCH_ITEMS // 2),
        ([(503, None)], BATCH_ITEMS // 2),
        ([(408, None)], BATCH_ITEMS // 2),
    ],
)
def test_only_what_may_be_the_batchs_fault_halves_it(bench: Bench, refusals: list[Refusal], delivered: int) -> None:
    schedule: Iterator[Refusal] = iter(refusals)
    bench.run(lambda: next(schedule, None), steps=len(refusals) + 1)
    assert bench.uploader.state.delivered == delivered


@pytest.mark.parametrize(
    ("status", "waits"), [(429, [3000.0, ASKED_WAIT_S_MAX]), (503, [RETRY_MAX_S, RETRY_MAX_S])], ids=["limit", "fault"]
)
def test_a_wait_is_kept_up_to_an_hour_and_ends_when_the_ignition_goes_off(
    bench: Bench, status: int, waits: list[float]
) -> None:
    """A department that fails is asked again as soon as ever: what it fails over may be one item."""
    asked = iter([3000.0, 86_400.0])
    bench.run(lambda: (status, next(asked)), steps=2)
    assert bench.waits == waits
    bench.uploader.reset_backoff()
    assert bench.uploader.state.failures == 0


def test_too_many_requests_count_against_no_item(bench: Bench) -> None:
    turns = iter([(429, 1.0), None] * STEPS_MAX)
    bench.run(lambda: next(turns), batch_items=1, item_attempts_max=1)
    assert (bench.uploader.state.delivered, bench.uploader.state.quarantined) == (4 * BATCH_ITEMS, 0)
