"""The roster over HTTPS on loopback: asked for like a list, checked by the pinned key, handed over or refused."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response

from alpr_edge.department.http.responses import HEADERS
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.people.handed_roster import SPOOL_NAME, unpack_roster
from alpr_edge.domain.people.roster import Member
from alpr_edge.domain.people.signed_roster import RosterKey, sign_roster
from alpr_edge.domain.protocol.enrolment import KEYS_PATH, DepartmentKeysPayload
from alpr_edge.domain.protocol.items import digest
from alpr_edge.domain.protocol.rosters import ROSTER_PATH
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool
from alpr_edge.uplink.department_keys import DepartmentKeys, keys_file, pin_keys, pinned_keys
from alpr_edge.uplink.roster_downloader import RosterDownloader
from tests.domain.people.builders import DEPARTMENT, NOW, OTHER_KEY, SIGNING_KEY, person, roster
from tests.uplink.conftest import KEY, settings_for
from tests.uplink.faulty import FaultyDepartment

ROSTER_KEY = RosterKey(DEPARTMENT, SIGNING_KEY.public_key())
FAR = NOW.replace(year=2090)


def signed_roster(serial: int, key: object = SIGNING_KEY, **changes: object) -> bytes:
    return sign_roster(roster(Member(person()), serial=serial, **{"valid_until": FAR, **changes}), key)  # type: ignore[arg-type]


@dataclass
class Department:
    """What the department answers."""

    content: bytes | None = None
    keys: DepartmentKeysPayload | None = field(
        default_factory=lambda: DepartmentKeysPayload(roster_key=str(ROSTER_KEY))
    )
    asked: list[str] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get(ROSTER_PATH)
        def send(request: Request) -> Response:
            etag = request.headers.get("If-None-Match", "")
            self.asked.append(etag)
            if self.content is None:
                return Response(status_code=404, headers=HEADERS)
            own = f'"{digest(self.content)}"'
            if etag == own:
                return Response(status_code=304, headers=HEADERS)
            return Response(self.content, headers={**HEADERS, "ETag": own})

        @app.get(KEYS_PATH)
        def send_keys() -> Response:
            if self.keys is None:
                return Response(status_code=404, headers=HEADERS)
            return Response(self.keys.model_dump_json(), headers=HEADERS)

        return app


@pytest.fixture
def department() -> Department:
    return Department()


@pytest.fixture
def uplink(department: Department, authority: TlsFiles, unit_files: Path, tmp_path: Path) -> Iterator[UplinkSettings]:
    with FaultyDepartment(department.app(), tls_context(authority), iter(())) as server:
        own = settings_for(server.url, unit_files)
        (tmp_path / "tls").mkdir()
        ca_file = tmp_path / "tls" / "department-ca.pem"
        ca_file.write_bytes(own.ca_file.read_bytes())
        yield own.model_copy(update={"ca_file": ca_file})


@pytest.fixture
def spool(tmp_path: Path) -> DownloadSpool:
    return DownloadSpool(tmp_path / "vehicle", KEY)


@pytest.fixture
def downloader(uplink: UplinkSettings, spool: DownloadSpool, database: Database) -> RosterDownloader:
    return RosterDownloader(
        uplink=uplink, unit_id="unit-1", incoming=spool, database=database, clock=SystemClock(), draw=lambda: 1.0
    )


def ask(downloader: RosterDownloader) -> None:
    """Have it ask now."""
    downloader.want(downloader._wanted + 1)
    downloader.step()


def handed_roster(spool: DownloadSpool) -> tuple[RosterKey, bytes]:
    key, content = unpack_roster(b"".join(spool.read(SPOOL_NAME)[1]))
    spool.remove(SPOOL_NAME)
    return key, content


def test_a_roster_is_handed_over_once_with_the_key_that_was_pinned_first(
    department: Department, downloader: RosterDownloader, spool: DownloadSpool, uplink: UplinkSettings
) -> None:
    department.content = signed_roster(3)
    assert downloader.step() == pytest.approx(uplink.roster_check_s, abs=5)
    key, content = handed_roster(spool)
    assert (str(key), content) == (str(ROSTER_KEY), department.content)
    assert str(pinned_keys(uplink).roster_key) == str(ROSTER_KEY)
    ask(downloader)
    assert not spool.waits(SPOOL_NAME)
    assert [bool(etag) for etag in department.asked] == [False, True]
    assert downloader.trouble == ""


@pytest.mark.parametrize(
    "content",
    [
        signed_roster(9, OTHER_KEY),
        signed_roster(9).replace(b'"serial":9', b'"serial":8'),
        signed_roster(9, valid_until=NOW.replace(year=2020)),
        signed_roster(9, department_id="turlock-pd"),
        signed_roster(2),
        b"<html>Accept the terms</html>",
        signed_roster(9)[:-20],
    ],
    ids=["unsigned", "tampered", "expired", "other department", "older", "a page", "cut"],
)
def test_what_does_not_hold_is_refused_once_and_the_next_good_one_taken(
    department: Department, downloader: RosterDownloader, spool: DownloadSpool, database: Database, content: bytes
) -> None:
    department.content = signed_roster(3)
    downloader.step()
    spool.remove(SPOOL_NAME)
    department.content = content
    ask(downloader)
    assert not spool.waits(SPOOL_NAME)
    assert downloader.trouble.startswith("the department's roster is refused: ")
    assert sync_state.state_of(database, SPOOL_NAME).fetch_failure
    ask(downloader)
    assert department.asked[-1] == f'"{digest(content)}"'  # it is not sent again
    assert downloader.trouble
    department.content = signed_roster(4)
    ask(downloader)
    assert handed_roster(spool)[1] == department.content
    assert (downloader.trouble, sync_state.state_of(database, SPOOL_NAME).fetch_failure) == ("", "")


def test_what_was_refused_by_the_key_before_is_fetched_again_once_another_is_pinned(
    department: Department, downloader: RosterDownloader, spool: DownloadSpool, uplink: UplinkSettings
) -> None:
    department.content = signed_roster(3, OTHER_KEY)
    downloader.step()
    assert downloader.trouble
    pin_keys(uplink, DepartmentKeys(roster_key=RosterKey(DEPARTMENT, OTHER_KEY.public_key())), replace=True)
    ask(downloader)
    assert handed_roster(spool)[1] == department.content
    assert downloader.trouble == ""


def test_an_answer_longer_than_any_roster_is_not_kept(
    department: Department, uplink: UplinkSettings, spool: DownloadSpool, database: Database
) -> None:
    downloader = RosterDownloader(
        uplink=uplink,
        unit_id="unit-1",
        incoming=spool,
        database=database,
        clock=SystemClock(),
        bytes_max=1000,
    )
    department.content = signed_roster(3) + b" " * 2000
    assert downloader.step() > 0
    assert not spool.waits(SPOOL_NAME)
    department.content = signed_roster(3)
    ask(downloader)
    assert spool.waits(SPOOL_NAME)


def test_a_department_without_keys_or_rosters_is_no_trouble(
    department: Department, downloader: RosterDownloader, spool: DownloadSpool, uplink: UplinkSettings
) -> None:
    department.keys = None
    downloader.step()
    assert (downloader.trouble, department.asked) == ("", [])
    assert pinned_keys(uplink).missing == ("rosters", "cosignatures of the access log")
    department.keys = DepartmentKeysPayload(roster_key=str(ROSTER_KEY))
    ask(downloader)
    assert (downloader.trouble, department.asked) == ("", [""])
    assert not spool.waits(SPOOL_NAME)


def test_a_pinned_key_is_not_replaced_by_an_answer(uplink: UplinkSettings) -> None:
    other = RosterKey(DEPARTMENT, OTHER_KEY.public_key())
    first = pinned_keys(uplink)
    assert pin_keys(uplink, type(first)(roster_key=ROSTER_KEY)) == ()
    assert pin_keys(uplink, type(first)(roster_key=other)) == ("rosters",)
    assert str(pinned_keys(uplink).roster_key) == str(ROSTER_KEY)
    pin_keys(uplink, type(first)(roster_key=other), replace=True)
    assert str(pinned_keys(uplink).roster_key) == str(other)
    keys_file(uplink).write_text("nothing", encoding="utf-8")
    with pytest.raises(UplinkError, match="--new-keys"):
        pinned_keys(uplink)


def test_a_roster_that_is_not_in_force_yet_is_not_replaced(
    department: Department, downloader: RosterDownloader, spool: DownloadSpool
) -> None:
    department.content = signed_roster(3)
    downloader.step()
    department.content = signed_roster(4)
    downloader.want(4)
    assert downloader.step() == pytest.approx(1.0)
    handed_roster(spool)
    downloader.step()
    assert handed_roster(spool)[1] == department.content
