"""Units fetch the roster, and learn from every answer whether there is a newer one."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from alpr_edge.department.db.engines.choice import engine_of
from alpr_edge.department.holds.unknown_holds import note_unknown_holds
from alpr_edge.department.hotlists import LISTS_NAME, ListRepository
from alpr_edge.department.http.rosters import RosterRenewal
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.registry import People, open_people
from alpr_edge.department.pki.roster_key import FILE_NAME, load_roster_signer
from alpr_edge.domain.people.signed_roster import open_roster
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.domain.protocol.newest_lists import NEWEST_LISTS_HEADER, parse_newest_lists
from tests.department.engines import query
from tests.department.enrolment import enrol_unit
from tests.department.people.office import OFFICER, make_department
from tests.department.waits import wait_until
from tests.uplink.items import read_item

HEADERS = {"Alpr-Edge-Unit": "unit-1", "Alpr-Edge-Protocol": "1"}
SERIAL = "Alpr-Roster-Serial"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_department(tmp_path_factory.mktemp("rosters") / "department", "127.0.0.1")


@pytest.fixture(scope="module")
def client(directory: Path) -> Iterator[httpx.Client]:
    unit = enrol_unit(directory, "unit-1", directory.parent / "tls")
    context = ssl.create_default_context(cafile=unit / "department-ca.pem")
    context.load_cert_chain(unit / "unit.pem", unit / "unit.key")
    with DepartmentServer(directory) as server:
        url = f"https://127.0.0.1:{server.port}"
        with httpx.Client(base_url=url, verify=context, headers=HEADERS, trust_env=False, timeout=60) as http_client:
            yield http_client


@pytest.fixture(scope="module")
def people(directory: Path) -> Iterator[People]:
    with open_people(directory) as some:
        yield some


def author() -> Author:
    return Author("login:chief", datetime.now(UTC))


def told_serial(client: httpx.Client) -> str:
    item = read_item()
    files = {"read-1": ("read", item.body, "application/json", {"Alpr-Edge-Sha256": item.sha256})}
    answer = client.post("/v1/items", files=files)
    assert answer.status_code == 200
    return answer.headers[SERIAL]


def tells_serial(client: httpx.Client, serial: int) -> Callable[[], bool]:
    return lambda: told_serial(client) == str(serial)


def test_a_roster_is_fetched_once_and_a_newer_one_is_told_with_the_next_upload(
    client: httpx.Client, people: People, directory: Path
) -> None:
    answer = client.get("/v1/roster")
    assert (answer.status_code, answer.headers[SERIAL]) == (404, "0")
    people.add(author(), OFFICER)
    first = people.rosters.publish(author())
    wait_until(tells_serial(client, first.serial))
    answer = client.get("/v1/roster")
    roster = open_roster(answer.content, load_roster_signer(directory).public_key)
    assert (answer.status_code, roster.header) == (200, first)
    assert answer.headers["Cache-Control"] == "no-store"
    for tags in (answer.headers["ETag"], f'"other", W/{answer.headers["ETag"]}', "*"):
        again = client.get("/v1/roster", headers={"If-None-Match": tags})
        assert (again.status_code, again.content) == (304, b"")
    second = people.suspend(author(), OFFICER["badge"])
    wait_until(tells_serial(client, second.serial))
    newer = client.get("/v1/roster", headers={"If-None-Match": answer.headers["ETag"]})
    assert newer.status_code == 200
    (member,) = open_roster(newer.content, load_roster_signer(directory).public_key).members
    assert member.person.status == "suspended"


def test_nobody_else_gets_it(client: httpx.Client) -> None:
    answer = client.get("/v1/roster", headers={"Alpr-Edge-Unit": "unit-2"})
    assert answer.status_code == 403
    assert SERIAL in answer.headers


def test_a_key_that_cannot_be_used_is_told_as_a_failure_of_the_department(
    client: httpx.Client, people: People, directory: Path
) -> None:
    content = (directory / FILE_NAME).read_text()
    people.rosters.publish(author())
    (directory / FILE_NAME).write_text("no key")
    try:
        assert client.get("/v1/roster").status_code == 503
    finally:
        (directory / FILE_NAME).write_text(content)
    assert client.get("/v1/roster").status_code == 200


def test_while_it_is_served_it_is_renewed_and_its_end_is_told(people: People) -> None:
    header = people.rosters.publish(author())
    ahead = timedelta(0)
    renewal = RosterRenewal(people.rosters, lambda: datetime.now(UTC) + ahead)
    renewal.step()
    renewal.finish()
    assert people.rosters.serial() == header.serial
    assert renewal.warnings() == []
    ahead = timedelta(days=28)
    (warning,) = renewal.warnings()
    assert warning.startswith(f"the roster of people holds until {header.valid_until:%Y-%m-%d}")
    RosterRenewal(people.rosters, lambda: datetime.now(UTC) + ahead).renew()
    assert people.rosters.serial() == header.serial + 1
    assert renewal.warnings() == []


def test_a_unit_that_asks_for_holds_is_told_of_lists_and_what_it_has_is_noted(
    client: httpx.Client, directory: Path, tmp_path: Path
) -> None:
    feed, lists = tmp_path / "feed.csv", ListRepository(directory / LISTS_NAME)
    feed.write_text("Plate Number\n7ABC123\n")
    for source, units in (("amber", None), ("stolen", ["unit-2"])):
        lists.publish(feed, source, ListChange.COMPLETE, units)
    held = client.get("/v1/holds")
    again = client.get("/v1/holds", headers={"If-None-Match": held.headers["ETag"]})
    for answer, status in ((held, 200), (again, 304)):
        told = parse_newest_lists(answer.headers[NEWEST_LISTS_HEADER])
        assert (answer.status_code, told) == (status, {"amber": 1})
    for stated in ("41", "x", ""):
        client.get("/v1/roster", headers={SERIAL: stated})
    client.get("/v1/lists/amber?after=1")
    with closing(Storage(directory, create=False)) as storage:
        versions = storage.held_versions
        assert [each.serial for each in versions.of_roster().values()] == [41]
        assert [(each.unit_id, each.serial) for each in versions.of_list("amber").values()] == [("unit-1", 1)]


def test_where_holds_are_missing_a_unit_is_told_of_lists_all_the_same(
    client: httpx.Client, directory: Path, tmp_path: Path
) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("Plate Number\n7ABC123\n")
    serial = ListRepository(directory / LISTS_NAME).publish(feed, "news", ListChange.COMPLETE, None).serial
    note_unknown_holds(engine_of(directory), "2026-05-04T12:30:00.000Z")
    refused = client.get("/v1/holds")
    query(directory, "DELETE FROM unknown_holds")
    told = parse_newest_lists(refused.headers[NEWEST_LISTS_HEADER])
    assert (refused.status_code, told["news"], b"holds are not known" in refused.content) == (503, serial, True)
    assert client.get("/v1/holds").status_code == 200
