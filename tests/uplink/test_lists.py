"""Fetching lists from a real HTTPS server on loopback."""

import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import ListSource, UplinkSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool
from alpr_edge.uplink.hotlist_downloader import HotlistDownloader
from alpr_edge.uplink.hotlist_responses import signature_address
from tests.department.enrolment import enrol_unit
from tests.uplink.conftest import KEY, Faulty, settings_for
from tests.uplink.faulty import FaultyDepartment

TEXT = b"Plate Number,Description,State/Province\n" + b"".join(b"%07d,Stolen,CA\n" % n for n in range(60_000))
NAME = "bolo"


class Shelf:
    """A server of one list that answers as RFC 9110 has it, and cuts transfers when told to."""

    def __init__(self) -> None:
        self.content = TEXT
        self.etag = '"one"'
        self.cut_at: int | None = None
        self.type = b"text/csv"
        self.requests: list[dict[str, str]] = []
        self.byte_count = 0
        self.signature: bytes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["path"].endswith(".sig"):
            await self._start(send, 404 if self.signature is None else 200, [])
            return await send({"type": "http.response.body", "body": self.signature or b""})
        self.requests.append(headers)
        if headers.get("if-none-match") == self.etag:
            return await self._start(send, 304, [])
        first = int(headers["range"].removeprefix("bytes=").rstrip("-")) if "range" in headers else 0
        if headers.get("if-range", self.etag) != self.etag:
            first = 0
        rest = self.content[first:]
        span = [(b"content-range", b"bytes %d-%d/%d" % (first, len(self.content) - 1, len(self.content)))]
        about = [(b"content-length", b"%d" % len(rest)), (b"etag", self.etag.encode()), (b"content-type", self.type)]
        await self._start(send, 206 if first else 200, about + (span if first else []))
        if self.cut_at is not None:
            rest, self.cut_at = rest[: self.cut_at], None
            await send({"type": "http.response.body", "body": rest, "more_body": True})
            self.byte_count += len(rest)
            scope["state"]["transport"].close()
            return None
        self.byte_count += len(rest)
        return await send({"type": "http.response.body", "body": rest})

    async def _start(self, send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if status == 304:
            await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def server(shelf: Shelf, authority: TlsFiles) -> Iterator[FaultyDepartment]:
    with FaultyDepartment(shelf, tls_context(authority), iter(())) as serving:
        yield serving


@pytest.fixture
def incoming(tmp_path: Path) -> DownloadSpool:
    (tmp_path / "vehicle").mkdir(mode=0o700, exist_ok=True)
    return DownloadSpool(tmp_path / "vehicle", KEY)


OpenDownloader = Callable[..., tuple[HotlistDownloader, ListSource]]


@pytest.fixture
def clock() -> ReplayedClock:
    """By a time server."""
    return ReplayedClock(Instant("boot", 0, datetime(2026, 5, 4, tzinfo=UTC), UtcSource.NTP))


@pytest.fixture
def downloader(unit_files: Path, incoming: DownloadSpool, database: Database, clock: ReplayedClock) -> OpenDownloader:
    def build(url: str, files: Path = unit_files, **values: object) -> tuple[HotlistDownloader, ListSource]:
        address = {"department": True} if values.get("department") else {"url": url + "/list.csv"}
        source = ListSource.model_validate({"name": NAME, "format": "generic-csv", **address, **values})
        uplink: UplinkSettings = settings_for(url, files, retry_first_s=0.2)
        new_downloader = HotlistDownloader(
            sources=[source],
            uplink=uplink,
            unit_id="unit-1",
            incoming=incoming,
            database=database,
            clock=clock,
            require_room=lambda: None,
            draw=lambda: 0.0,
        )
        return new_downloader, source

    return build


def waiting(incoming: DownloadSpool) -> bytes:
    return b"".join(incoming.read(NAME)[1])


def test_a_list_is_fetched_whole_and_lies_encrypted(
    server: FaultyDepartment, downloader: OpenDownloader, incoming: DownloadSpool, tmp_path: Path
) -> None:
    lists, source = downloader(server.url)
    assert lists.download(source)
    assert waiting(incoming) == TEXT
    (spool_file,) = (tmp_path / "vehicle" / "incoming").iterdir()
    assert b"Stolen" not in spool_file.read_bytes()
    assert spool_file.stat().st_mode & 0o077 == 0


def test_a_signed_list_brings_its_signature(
    server: FaultyDepartment, shelf: Shelf, downloader: OpenDownloader, incoming: DownloadSpool, tmp_path: Path
) -> None:
    lists, source = downloader(server.url, signing_key_file=tmp_path / "feed.pub")
    with pytest.raises(UplinkError, match=r"no signature beside the list, status 404"):
        lists.download(source)
    shelf.signature = bytes(5000)
    with pytest.raises(UplinkError, match="too large for one"):
        lists.download(source)
    assert not incoming.waits(NAME)
    shelf.signature = bytes(range(64))
    assert lists.download(source)
    note, chunks = incoming.read(NAME)
    assert b64decode(note.signature) == shelf.signature
    assert b"".join(chunks) == TEXT


def test_a_signature_lies_beside_its_list() -> None:
    address = signature_address("https://lists.example.org/a/list.csv?agency=1")
    assert address == "https://lists.example.org/a/list.csv.sig?agency=1"


@pytest.mark.review(10)
def test_an_unchanged_list_costs_one_304_and_is_confirmed(
    server: FaultyDepartment,
    shelf: Shelf,
    downloader: OpenDownloader,
    incoming: DownloadSpool,
    database: Database,
    clock: ReplayedClock,
) -> None:
    lists, source = downloader(server.url)
    lists.download(source)
    incoming.remove(NAME)
    assert sync_state.state_of(database, NAME).asked is None
    assert not lists.download(source)
    assert shelf.requests[-1]["if-none-match"] == '"one"'
    assert not incoming.waits(NAME)
    confirmation_time = sync_state.state_of(database, NAME).asked
    assert confirmation_time == clock.now().utc
    clock.move_to(Instant("boot", 10**9, datetime(2031, 1, 1, tzinfo=UTC), UtcSource.RTC))
    assert not lists.download(source)
    assert sync_state.state_of(database, NAME).asked == confirmation_time  # nobody vouches for the clock
    shelf.etag, shelf.content = '"two"', TEXT[:1000]
    assert lists.download(source)
    assert waiting(incoming) == TEXT[:1000]


def test_a_transfer_that_was_cut_goes_on_where_it_was(
    server: FaultyDepartment, shelf: Shelf, downloader: OpenDownloader, incoming: DownloadSpool
) -> None:
    lists, source = downloader(server.url)
    shelf.cut_at = 700_000
    with pytest.raises(UplinkError, match="cannot be reached"):
        lists.download(source)
    assert not incoming.waits(NAME)
    assert lists.download(source)
    start = int(shelf.requests[-1]["range"].removeprefix("bytes=").rstrip("-"))
    assert 0 < start <= 700_000
    assert shelf.requests[-1]["if-range"] == '"one"'
    assert waiting(incoming) == TEXT
    assert shelf.byte_count < len(TEXT) + 700_000 - start + 1


def test_halves_of_two_lists_are_never_joined(
    server: FaultyDepartment, shelf: Shelf, downloader: OpenDownloader, incoming: DownloadSpool
) -> None:
    lists, source = downloader(server.url)
    shelf.cut_at = 700_000
    with pytest.raises(UplinkError):
        lists.download(source)
    shelf.etag, shelf.content = '"two"', TEXT[::-1]
    assert lists.download(source)
    assert waiting(incoming) == TEXT[::-1]


@pytest.mark.parametrize("says_so", [True, False])
def test_a_list_that_is_too_large_is_refused_and_nothing_is_left(
    server: FaultyDepartment, shelf: Shelf, downloader: OpenDownloader, incoming: DownloadSpool, says_so: bool
) -> None:
    lists, source = downloader(server.url, bytes_max=100_000 if says_so else len(TEXT) - 1)
    with pytest.raises(UplinkError, match=r"bolo: over \d+ bytes; if that is right, raise bytes_max"):
        lists.download(source)
    assert not incoming.waits(NAME)
    assert incoming.draft(NAME) is None


def test_a_login_page_is_no_list(server: FaultyDepartment, shelf: Shelf, downloader: OpenDownloader) -> None:
    shelf.type = b"text/html; charset=utf-8"
    lists, source = downloader(server.url)
    with pytest.raises(UplinkError, match="a web page came instead of a list"):
        lists.download(source)


def test_a_server_of_another_authority_is_not_trusted(
    server: FaultyDepartment, downloader: OpenDownloader, tmp_path: Path
) -> None:
    other = initialise(tmp_path / "other", ["127.0.0.1"])
    files = enrol_unit(other.directory, "unit-1", tmp_path / "foreign")
    lists, source = downloader(server.url, files)
    with pytest.raises(UplinkError, match="its certificate is not trusted"):
        lists.download(source)


def test_a_server_that_does_not_know_this_unit_says_so(
    server: FaultyDepartment, shelf: Shelf, downloader: OpenDownloader, unit_files: Path, tmp_path: Path
) -> None:
    """How the refusal shows depends on which of the two closes first."""
    other = initialise(tmp_path / "other", ["127.0.0.1"])
    files = enrol_unit(other.directory, "unit-1", tmp_path / "foreign")
    own = {"certificate_file": files / "unit.pem", "key_file": files / "unit.key"}
    lists, source = downloader(server.url, unit_files, **own)
    with pytest.raises(UplinkError, match=r"this unit's certificate|cannot be reached|no TLS connection"):
        lists.download(source)
    assert shelf.requests == []


def test_a_server_that_is_down_is_noted_and_tried_with_growing_waits(
    downloader: OpenDownloader, database: Database
) -> None:
    lists, _ = downloader("https://127.0.0.1:1")
    first_s = lists.step()
    assert "cannot be reached" in sync_state.state_of(database, NAME).fetch_failure
    assert 0 < first_s <= 0.2
    time.sleep(first_s)
    assert lists.step() > first_s


def test_the_department_hands_out_steps_and_a_receipt_makes_the_next_one_due(
    faulty: Faulty,
    storage: Storage,
    downloader: OpenDownloader,
    incoming: DownloadSpool,
    database: Database,
    tmp_path: Path,
) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_bytes(TEXT[:500])
    storage.lists.publish(feed, NAME, ListChange.COMPLETE)
    with faulty(iter(())) as department:
        lists, source = downloader(department.url, department=True, check_interval_s=3600)
        assert lists.download(source)
        note, _ = incoming.read(NAME)
        assert (note.serial, note.change) == (1, ListChange.COMPLETE)
        incoming.remove(NAME)
        sync_state.note(database, NAME, serial=1)
        assert not lists.download(source)
        assert lists.step() > 1000
        storage.lists.publish(feed, NAME, ListChange.ADDITIONS)
        lists.want({NAME: 2, "unknown": 9})
        lists.step()
        note, _ = incoming.read(NAME)
        assert (note.serial, note.change) == (2, ListChange.ADDITIONS)
    with pytest.raises(UplinkError, match="cannot be reached"):
        lists.download(source)


def test_a_list_the_department_does_not_have_is_said(faulty: Faulty, downloader: OpenDownloader) -> None:
    with faulty(iter(())) as department:
        lists, source = downloader(department.url, department=True)
        with pytest.raises(UplinkError, match="the server has no such list"):
            lists.download(source)
