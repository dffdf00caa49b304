"""Items that the department fails over, one at a time or all: what is sent, what is counted, what is set aside."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import ItemAnswerPayload, ItemKind
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.uploader import ROUNDS_WITHOUT_ANSWER, SUSPECTS_MAX, Link, Suspects, Uploader
from tests.store.records import decided, hit, instant, plate_read
from tests.uplink.conftest import settings_for
from tests.uplink.faulty import FaultyDepartment
from tests.uplink.items import fill, stored_digests

STEPS_MAX = 600
ATTEMPTS_MAX = 3

pytestmark = pytest.mark.review(8)


class FailingStorage(Storage):
    """A real storage that fails over some items, whatever they come with."""

    fails_over: Callable[[Part], bool] = staticmethod(lambda _: False)
    error: Exception = RuntimeError("a fault of the program")

    def store(self, unit_id: str, parts: Sequence[Part]) -> list[ItemAnswerPayload]:
        if any(self.fails_over(part) for part in parts):
            raise type(self.error)(*self.error.args)  # anew, as an error that is raised again keeps every earlier frame
        return super().store(unit_id, parts)


class Bench:
    """An uploader against a real server whose storage fails; waits pass at once on a clock of its own."""

    def __init__(self, outbox: Outbox, url: str, files: Path) -> None:
        settings = settings_for(
            url, files, retry_first_s=2.0, retry_max_s=100.0, item_attempts_max=ATTEMPTS_MAX, answer_timeout_s=5.0
        )
        self.outbox = outbox
        self.clock = ReplayedClock(instant())
        self.department = HttpsDepartment(settings, "unit-1")
        self.uploader = Uploader(outbox, self.department, settings, self.clock, lambda: 0.5)
        self.uploader.step()

    def step(self) -> float:
        wait_s = self.uploader.step()
        self.clock.move_to(self.clock.now().shift(wait_s * 1000))
        return wait_s

    def run(self, until: Callable[[], bool]) -> None:
        for _ in range(STEPS_MAX):
            if until():
                return
            self.step()
        pytest.fail(f"not reached: {self.uploader.state}, {self.outbox.counts()}")


@pytest.fixture
def failing(authority_copy: Path) -> Iterator[FailingStorage]:
    storage = FailingStorage(authority_copy)
    yield storage
    storage.close()


@pytest.fixture
def serve(authority: TlsFiles, failing: FailingStorage) -> Callable[..., FaultyDepartment]:
    def build(wrap: Callable[[ASGIApp], ASGIApp] = lambda application: application) -> FaultyDepartment:
        return FaultyDepartment(wrap(create_app(failing)), tls_context(authority), iter(()))

    return build


@pytest.fixture
def full_outbox(database: Database, images: ImageStore, outbox: Outbox) -> Outbox:
    """Fifty items, the first of which is a covert hit."""
    fill(database, images, 12)
    covert = hit("poison", "read-c")
    covert = dataclasses.replace(covert, entry=dataclasses.replace(covert.entry, covert=True))
    store = ReadStore(database, images)
    store.commit([decided(plate_read("read-c"), hits=(covert,))])
    store.close_open_reads()
    assert outbox.counts().ready == 50
    assert outbox.due(1, 1)[0].item_id == "poison"
    return outbox


@pytest.mark.parametrize("error", [RuntimeError("500"), StoreError("503 and Retry-After")])
def test_an_item_that_the_department_fails_over_holds_nothing_up_and_is_set_aside(
    error: Exception,
    full_outbox: Outbox,
    failing: FailingStorage,
    serve: Callable[..., FaultyDepartment],
    unit_files: Path,
    authority_copy: Path,
) -> None:
    failing.fails_over, failing.error = lambda part: part.item_id == "poison", error
    digests = {item.item_id: item.sha256 for item in full_outbox.due(100, 10**9)}
    with serve() as department:
        bench = Bench(full_outbox, department.url, unit_files)
        bench.run(lambda: full_outbox.counts().delivered == 49)
        assert [(item.item_id, item.failures_alone > 0) for item in full_outbox.due(10, 10**9)] == [("poison", True)]
        bench.run(lambda: full_outbox.counts().ready == 0)
        assert bench.step() == 2.0  # idle
        bench.department.close()
    (aside,) = full_outbox.quarantined_items()
    assert (aside.item_id, aside.attempts) == ("poison", ATTEMPTS_MAX)
    assert "failed alone" in aside.detail
    assert bench.uploader.state.link is Link.UP
    del digests["poison"]
    assert stored_digests(authority_copy) == digests
    assert bench.uploader.state.delivered == 49


def test_a_department_that_is_down_for_all_counts_against_no_item(
    full_outbox: Outbox, failing: FailingStorage, serve: Callable[..., FaultyDepartment], unit_files: Path
) -> None:
    failing.fails_over = lambda _: True
    with serve() as department:
        bench = Bench(full_outbox, department.url, unit_files)
        waits = [bench.step() for _ in range(40)]
        assert waits[-1] == 75.0
        assert bench.uploader.state.link is Link.DOWN
        assert {(item.attempts, item.failures_alone) for item in full_outbox.due(100, 10**9)} == {(0, 0)}
        failing.fails_over = lambda _: False
        bench.run(lambda: full_outbox.counts().delivered == 50)
        bench.department.close()
    assert full_outbox.counts().quarantined == 0


def test_all_items_of_the_first_urgency_failing_let_the_others_pass(
    full_outbox: Outbox, failing: FailingStorage, serve: Callable[..., FaultyDepartment], unit_files: Path
) -> None:
    failing.fails_over = lambda part: part.kind == ItemKind.HIT
    with serve() as department:
        bench = Bench(full_outbox, department.url, unit_files)
        bench.run(lambda: full_outbox.counts().delivered == 37)
        bench.run(lambda: full_outbox.counts().quarantined == 13)
        bench.department.close()
    assert full_outbox.counts().ready == 0


def test_what_is_urgent_and_new_does_not_wait_for_the_failing_item(
    full_outbox: Outbox,
    failing: FailingStorage,
    serve: Callable[..., FaultyDepartment],
    unit_files: Path,
    database: Database,
    images: ImageStore,
) -> None:
    failing.fails_over = lambda part: part.item_id == "poison"
    with serve() as department:
        bench = Bench(full_outbox, department.url, unit_files)
        bench.run(lambda: full_outbox.counts().delivered == 49)
        new_hits = (hit("new", "read-n"),)
        ReadStore(database, images).commit([decided(plate_read("read-n"), hits=new_hits)])
        waits = []
        while full_outbox.find("new") is not None:
            waits.append(bench.step())
        assert sum(waits) < 30.0
        bench.department.close()
    assert full_outbox.counts().quarantined == 0


class Cutter:
    """Cuts the connection when a batch holds a certain item, as a device in between may that dislikes its content."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += bytes(message.get("body", b""))
            if not message.get("more_body"):
                break
        if b'name="poison"' in body:
            scope["state"]["transport"].abort()
            return

        async def replay() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        await self._application(scope, replay, send)


def test_an_item_over_which_the_connection_is_cut_holds_nothing_up_either(
    full_outbox: Outbox, serve: Callable[..., FaultyDepartment], unit_files: Path
) -> None:
    with serve(Cutter) as department:
        bench = Bench(full_outbox, department.url, unit_files)
        bench.run(lambda: full_outbox.counts().delivered == 49)
        bench.run(lambda: full_outbox.counts().quarantined == 1)
        bench.department.close()


class Newcomer:
    """Answers as a department that does not know hits yet."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def rename_kind() -> dict[str, object]:
            message = dict(await receive())
            message["body"] = bytes(message.get("body", b"")).replace(b'filename="hit"', b'filename="hut"')
            return message

        await self._application(scope, rename_kind, send)


def test_a_kind_that_the_department_does_not_know_yet_waits_and_holds_nothing_up(
    full_outbox: Outbox, serve: Callable[..., FaultyDepartment], unit_files: Path
) -> None:
    with serve(Newcomer) as department:
        bench = Bench(full_outbox, department.url, unit_files)
        bench.run(lambda: full_outbox.counts().delivered == 37)
        for _ in range(40):
            assert bench.step() <= 100.0
        assert (full_outbox.counts().ready, full_outbox.counts().quarantined) == (13, 0)
        assert bench.uploader.state.link is Link.UP
        bench.department.close()


def test_a_silent_failure_needs_more_proof_than_an_answer() -> None:
    suspects = Suspects()
    assert not suspects.fail("a", has_answer=False)
    for round_ in range(1, ROUNDS_WITHOUT_ANSWER + 1):
        assert suspects.next_alone is None
        suspects.note_passed(["b"])
        assert suspects.next_alone == "a"
        assert suspects.fail("a", has_answer=False) is (round_ == ROUNDS_WITHOUT_ANSWER)
    assert suspects.ids == []
    assert not suspects.fail("a", has_answer=True)
    suspects.note_passed(["a"])
    assert suspects.ids == []


def test_suspects_are_bounded() -> None:
    suspects = Suspects()
    for number in range(SUSPECTS_MAX + 10):
        suspects.fail(str(number), has_answer=True)
    assert len(suspects) == SUSPECTS_MAX
