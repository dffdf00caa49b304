"""The department's holds over HTTPS on loopback: asked for when due, handed over when they changed, or refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response

from alpr_edge.department.http.responses import HEADERS
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.protocol.holds import HOLDS_BYTES_MAX, HOLDS_PATH, HOLDS_SPOOL_NAME, DepartmentHoldsPayload
from alpr_edge.domain.protocol.items import digest, encode
from alpr_edge.domain.protocol.newest_lists import NEWEST_LISTS_HEADER
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool
from alpr_edge.uplink.documents.hold_downloader import HoldDownloader
from tests.uplink.conftest import KEY, settings_for
from tests.uplink.faulty import FaultyDepartment

NOTHING = encode(DepartmentHoldsPayload(unit_id="unit-1", holds=[]))


@dataclass
class Department:
    """What the department answers."""

    content: bytes = NOTHING
    status: int = 200
    newest_lists: str = ""
    asked: list[str] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get(HOLDS_PATH)
        def send(request: Request) -> Response:
            etag, own = request.headers.get("If-None-Match", ""), f'"{digest(self.content)}"'
            self.asked.append(etag)
            if etag == own:
                return Response(status_code=304, headers=HEADERS)
            about = {"ETag": own, NEWEST_LISTS_HEADER: self.newest_lists}
            return Response(self.content, self.status, headers={**HEADERS, **about})

        return app


@pytest.fixture
def department() -> Department:
    return Department()


@pytest.fixture
def uplink(department: Department, authority: TlsFiles, unit_files: Path) -> Iterator[UplinkSettings]:
    with FaultyDepartment(department.app(), tls_context(authority), iter(())) as server:
        yield settings_for(server.url, unit_files).model_copy(update={"roster_check_s": 1.0})


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(tmp_path / "data", KEY, migrate=True)
    yield database
    database.close()


@pytest.fixture
def incoming(tmp_path: Path, database: Database) -> DownloadSpool:
    return DownloadSpool(tmp_path / "data", KEY)


def ask(uplink: UplinkSettings, incoming: DownloadSpool, database: Database) -> float:
    return HoldDownloader(uplink, "unit-1", incoming, database, lambda _: None, lambda: 0.0).step()


def test_holds_are_handed_over_when_they_changed(
    department: Department, uplink: UplinkSettings, incoming: DownloadSpool, database: Database
) -> None:
    assert ask(uplink, incoming, database) > 0
    assert b"".join(incoming.read(HOLDS_SPOOL_NAME)[1]) == NOTHING
    ask(uplink, incoming, database)
    assert len(department.asked) == 1, "while some wait, none are asked for"
    incoming.remove(HOLDS_SPOOL_NAME)
    ask(uplink, incoming, database)
    assert department.asked == ["", f'"{digest(NOTHING)}"']
    assert not incoming.waits(HOLDS_SPOOL_NAME)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"no json", 200),
        (encode(DepartmentHoldsPayload(unit_id="unit-2", holds=[])), 200),
        (b" " * (HOLDS_BYTES_MAX + 1), 200),
        (NOTHING, 503),
        (NOTHING, 404),
    ],
    ids=["unreadable", "another unit's", "too long", "a failure", "an earlier release"],
)
def test_what_is_no_holds_is_not_handed_over(
    department: Department,
    uplink: UplinkSettings,
    incoming: DownloadSpool,
    database: Database,
    content: bytes,
    status: int,
) -> None:
    department.content, department.status = content, status
    assert ask(uplink, incoming, database) > 0
    assert not incoming.waits(HOLDS_SPOOL_NAME)
    assert sync_state.state_of(database, HOLDS_SPOOL_NAME).etag == ""


@pytest.mark.parametrize("status", [200, 503])
def test_a_department_that_does_not_know_its_holds_tells_of_lists_all_the_same(
    department: Department, uplink: UplinkSettings, incoming: DownloadSpool, database: Database, status: int
) -> None:
    department.status, department.newest_lists = status, "amber=4"
    told = list[Mapping[str, int]]()
    HoldDownloader(uplink, "unit-1", incoming, database, told.append, lambda: 0.0).step()
    assert told == [{"amber": 4}]
    assert incoming.waits(HOLDS_SPOOL_NAME) == (status == 200)
