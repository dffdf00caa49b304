"""One slow list holds up no other, and none is downloaded onto a full disk."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import ListSource
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool
from alpr_edge.uplink.hotlist_downloader import HotlistDownloader
from tests.uplink.conftest import KEY, settings_for
from tests.uplink.faulty import FaultyDepartment

TEXT = b"Plate Number,Description,State/Province\n" + b"".join(b"%07d,Stolen,CA\n" % n for n in range(60_000))
QUICK_BYTES = 100_000
"""Bytes of a dripping list that come at once."""
DRIP_S = 0.02
WAIT_S = 30.0


class DrippingShelf:
    """A department of two lists, of which the first comes a byte at a time after its beginning, until told not to."""

    def __init__(self) -> None:
        self.drips = True
        self.sends_parts = True
        self.ranges: list[tuple[str, str]] = []
        """The list and the range of each request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].rpartition("/")[2]
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        self.ranges.append((name, headers.get("range", "")))
        asked = headers.get("range", "") if self.sends_parts else ""
        first = int(asked.removeprefix("bytes=").rstrip("-") or 0)
        answer = [
            (b"alpr-edge-protocol", b"1"),
            (b"alpr-edge-list-serial", b"2"),
            (b"alpr-edge-list-change", b"complete"),
            (b"content-length", b"%d" % (len(TEXT) - first)),
            (b"content-range", b"bytes %d-%d/%d" % (first, len(TEXT) - 1, len(TEXT))),
            (b"etag", b'"one"'),
            *([(b"accept-ranges", b"bytes")] if self.sends_parts else []),
        ]
        await send({"type": "http.response.start", "status": 206 if first else 200, "headers": answer})
        sent = first
        if name == "first":
            sent = min(first + QUICK_BYTES, len(TEXT))
            await send({"type": "http.response.body", "body": TEXT[first:sent], "more_body": True})
            while self.drips and sent < len(TEXT) and not scope["state"]["lost"].is_set():
                await asyncio.sleep(DRIP_S)
                await send({"type": "http.response.body", "body": TEXT[sent : sent + 1], "more_body": True})
                sent += 1
        await send({"type": "http.response.body", "body": TEXT[sent:]})


@pytest.fixture
def shelf() -> DrippingShelf:
    return DrippingShelf()


@pytest.fixture
def server(shelf: DrippingShelf, authority: TlsFiles) -> Iterator[FaultyDepartment]:
    with FaultyDepartment(shelf, tls_context(authority), iter(())) as serving:
        yield serving


@pytest.fixture
def incoming(tmp_path: Path) -> DownloadSpool:
    (tmp_path / "vehicle").mkdir(mode=0o700, exist_ok=True)
    return DownloadSpool(tmp_path / "vehicle", KEY)


OpenDownloader = Callable[..., HotlistDownloader]


@pytest.fixture
def open_downloader(
    server: FaultyDepartment, unit_files: Path, incoming: DownloadSpool, database: Database
) -> OpenDownloader:
    def build(require_room: Callable[[], None] = lambda: None, turn_s: float = WAIT_S) -> HotlistDownloader:
        values = {"format": "generic-csv", "department": True, "check_interval_s": 3600}
        return HotlistDownloader(
            sources=[ListSource.model_validate({"name": name, **values}) for name in ("first", "second")],
            uplink=settings_for(server.url, unit_files, retry_first_s=0.2),
            unit_id="unit-1",
            incoming=incoming,
            database=database,
            clock=ReplayedClock(Instant("boot", 0, datetime(2026, 5, 4, tzinfo=UTC), UtcSource.NTP)),
            require_room=require_room,
            draw=lambda: 0.0,
            turn_s=turn_s,
        )

    return build


def content(incoming: DownloadSpool, name: str) -> bytes:
    return b"".join(incoming.read(name)[1])


def test_a_list_that_drips_gives_way_to_one_that_the_department_names_and_goes_on_where_it_was(
    shelf: DrippingShelf, open_downloader: OpenDownloader, incoming: DownloadSpool
) -> None:
    lists = open_downloader()
    lists.want({"first": 2})
    pieces = 0

    def beat() -> None:
        nonlocal pieces
        pieces += 1
        if pieces == 50:
            lists.want({"second": 2})
        if pieces > 2000:
            raise AssertionError("the list that drips holds up the other")

    lists.step(beat)
    assert not incoming.waits("first")
    lists.step(beat)
    assert content(incoming, "second") == TEXT
    shelf.drips = False
    lists.step(beat)
    assert content(incoming, "first") == TEXT
    (name, asked), *_ = reversed(shelf.ranges)
    assert [name for name, _ in shelf.ranges] == ["first", "second", "first"]
    assert (name, int(asked.removeprefix("bytes=").rstrip("-")) >= QUICK_BYTES) == ("first", True)


def test_lists_that_are_due_take_turns(
    shelf: DrippingShelf, open_downloader: OpenDownloader, incoming: DownloadSpool
) -> None:
    """Turns so short that each brings one piece."""
    lists = open_downloader(turn_s=0.0)
    steps = 0
    while not incoming.waits("second"):
        lists.step()
        steps += 1
        assert steps < len(TEXT) // 1000
    assert content(incoming, "second") == TEXT
    assert [name for name, _ in shelf.ranges[:4]] == ["first", "second"] * 2
    shelf.drips = False
    lists.step()
    assert content(incoming, "first") == TEXT


def test_lists_of_a_server_that_sends_no_parts_are_downloaded_one_after_the_other(
    shelf: DrippingShelf, open_downloader: OpenDownloader, incoming: DownloadSpool
) -> None:
    shelf.drips, shelf.sends_parts = False, False
    lists = open_downloader(turn_s=0.0)
    for _ in range(2):
        lists.step()
    assert [content(incoming, name) for name in ("first", "second")] == [TEXT, TEXT]
    assert shelf.ranges == [("first", ""), ("second", "")]


def test_onto_a_full_disk_no_list_is_downloaded_and_one_that_is_under_way_goes_on_once_there_is_room(
    shelf: DrippingShelf, open_downloader: OpenDownloader, incoming: DownloadSpool, database: Database
) -> None:
    is_full = True

    def require_room() -> None:
        if is_full:
            raise StoreError("the disk is full, nothing new is kept")

    lists = open_downloader(require_room)
    lists.want({"second": 2})
    lists.step()
    assert shelf.ranges == [], "it does not begin"
    assert sync_state.state_of(database, "second").fetch_failure == "the disk is full, nothing new is kept"
    assert incoming.draft("second") is None
    is_full = False
    lists.want({"second": 3})
    arrived = 0

    def fill_up() -> None:
        nonlocal is_full, arrived
        arrived += 1
        is_full = arrived > 40

    lists.step(fill_up)
    draft = incoming.draft("second")
    assert draft is not None
    draft.close()
    assert 0 < draft.size < len(TEXT)
    is_full = False
    lists.want({"second": 4})
    lists.step()
    assert content(incoming, "second") == TEXT
    assert shelf.ranges[-1] == ("second", f"bytes={draft.size}-")
