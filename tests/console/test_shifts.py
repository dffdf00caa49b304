"""From a page to its lock screen and back; and what the end of a shift asks and says."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import argon2
import httpx
import pyotp
import pytest

from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Role, SourcePermission
from tests.console.page_rig import PageRig
from tests.staff import BEGUN, PEOPLE, staff_person
from tests.store.records import decided, hit, plate_read

PASSWORD = "correct horse battery"
HIT = "/hits/unit-1:hit-1"
STATE_OFFICER = staff_person("state-officer", Role.OFFICER, sources=frozenset({SourcePermission.STATE}))
"""Sees neither the department's reads nor the hits of the federal list of the tests."""
STAFF = (*PEOPLE, STATE_OFFICER)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[PageRig]:
    rig = PageRig(tmp_path, STAFF)
    password_hash = Argon2Passwords(argon2.PasswordHasher(1, 8, 1)).hash(PASSWORD)
    rig.staff.install(*STAFF, credentials=Credentials(password_hash, pyotp.random_base32(), password_set=BEGUN))
    with rig.serving():
        rig.add_hit(1)
        yield rig


def add_read(rig: PageRig, number: int, *, has_hit: bool = True, is_covert: bool = False) -> None:
    """A read of this moment, with a hit or without."""
    now = rig.staff.clock.now()
    read = replace(plate_read(f"unit-1:read-{number}"), first_seen=now, last_seen=now)
    made = replace(hit(f"unit-1:hit-{number}", read.read_id), matched_at=now)
    made = replace(made, entry=replace(made.entry, covert=is_covert))
    rig.store.reads.commit([decided(read, [made] if has_hit else [])])


def figures(client: httpx.Client) -> dict[str, str]:
    """The counts of a shift, by their names."""
    page = client.get("/end-of-shift").text
    rows = dict(re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', page))
    assert re.fullmatch(r"\d\d:\d\d:\d\d", rows.pop("Signed in"))
    return rows


@pytest.mark.parametrize("path", ["/", HIT, "/health", "/search", "/entries/new", "/end-of-shift"])
def test_a_lock_leads_back_to_its_page(rig: PageRig, path: str) -> None:
    with rig.client("officer") as client:
        page = client.get(path)
        assert f'action="/lock"><input type="hidden" name="back" value="{path}">' in page.text
        locked = client.post("/lock", data={"back": path}).headers["location"]
        assert f'name="back" value="{path}">' in client.get(locked).text
        wrong = client.post("/reopen", data={"password": "wrong", "back": path})
        assert (wrong.status_code, "Wrong password, or the account is locked." in wrong.text) == (403, True)
        assert f'name="back" value="{path}">' in wrong.text
        reopened = client.post("/reopen", data={"password": PASSWORD, "back": path}).headers["location"]
        assert client.get(reopened).headers.get("location", "/") == path
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example", "/\\evil.example", "/a?b", "/\r\nx", ""])
def test_no_form_leads_to_another_site(rig: PageRig, back: str) -> None:
    with rig.client("officer") as client:
        assert client.post("/mute", data={"minutes": "5", "back": back}).headers["location"] == "/"
        assert 'class="button second" href="/">Cancel' in client.get("/end-of-shift", params={"back": back}).text
        assert client.post("/lock", data={"back": back}).headers["location"] == "/"


def test_without_script_a_mute_leads_back_to_its_page(rig: PageRig) -> None:
    with rig.client("officer") as client:
        assert '<input type="hidden" name="back" value="/search">' in client.get("/search").text
        for path, fields in (("/mute", {"minutes": "5"}), ("/mute/end", {})):
            assert client.post(path, data=fields | {"back": "/search"}).headers["location"] == "/search"


def test_the_end_of_a_shift_tells_what_it_held(rig: PageRig) -> None:
    with rig.client("officer") as first:
        add_read(rig, 2)
        add_read(rig, 3)
        add_read(rig, 4, has_hit=False)
        first.post("/hits/unit-1:hit-2/answers", data={"part": "read", "answer": "dismissed"})
        assert figures(first) == {"Reads": "3", "Hits": "2", "Hits without an answer": "1"}
        with rig.client("supervisor") as second:
            assert figures(second) == {"Reads": "0", "Hits": "0", "Hits without an answer": "0"}
        assert first.post("/sign-out").headers["location"] == "/sign-in"


def test_the_end_of_a_shift_tells_no_more_than_the_user_may_see(rig: PageRig) -> None:
    clients = {name: rig.client(name) for name in ("state-officer", "technician", "records", "officer")}
    with clients["state-officer"] as state, clients["technician"] as technician, clients["records"] as records:
        with clients["officer"] as officer:
            add_read(rig, 2)
            before = figures(officer)
            add_read(rig, 3, is_covert=True)
            assert figures(officer) == before | {"Reads": "2"}
        assert figures(state) == {"Hits": "0", "Hits without an answer": "0"}
        assert figures(technician) == {}
        assert figures(records) == {"Reads": "2", "Hits": "1", "Hits without an answer": "1"}


def test_a_shift_ends_while_the_store_cannot_be_counted(rig: PageRig) -> None:
    with rig.client("officer") as client:
        with rig.store.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE hits RENAME TO hits_away")
        page = client.get("/end-of-shift")
        assert (page.status_code, 'action="/sign-out"' in page.text) == (503, True)
        assert client.post("/sign-out").headers["location"] == "/sign-in"
