"""How people leave the page: also with a full disk or log, untrained, and before somebody else at their browser."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import argon2
import httpx
import pyotp
import pytest

from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.access.unwritten_ends import UNWRITTEN_MAX, UnwrittenEnds
from alpr_edge.console.application import SESSION_CHECK_BEATS
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Role, Training
from alpr_edge.domain.sessions.session import AccessSession, Factor, SessionEnd, SessionState, token_digest
from alpr_edge.store.access_log.log import BYTES_MAX
from alpr_edge.web.visitor import COOKIE, Visitor
from tests.console.page_rig import HOST, PageRig
from tests.staff import BEGUN, PEOPLE, staff_person
from tests.store.records import instant

PLATE = "7ABC123"
PASSWORD, SECRET = "correct horse battery", pyotp.random_base32()
YESTERDAY = BEGUN - timedelta(days=1)
UNTRAINED = staff_person("untrained", Role.OFFICER, training=Training(YESTERDAY, YESTERDAY))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[PageRig]:
    rig = PageRig(tmp_path, (*PEOPLE, UNTRAINED))
    password_hash = Argon2Passwords(argon2.PasswordHasher(1, 8, 1)).hash(PASSWORD)
    rig.staff.install(*PEOPLE, UNTRAINED, credentials=Credentials(password_hash, SECRET, password_set=BEGUN))
    with rig.serving():
        rig.add_hit(1)
        yield rig


@pytest.fixture
def speed_rig(tmp_path: Path) -> Iterator[PageRig]:
    """A unit whose receiver says nothing: as at speed."""
    rig = PageRig(tmp_path, (*PEOPLE, UNTRAINED), console='theme = "sun"')
    with rig.serving():
        rig.add_hit(1)
        yield rig


@contextmanager
def full_disk() -> Iterator[None]:
    """Let every write of this process to a file fail, as on a full disk."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def records_of(rig: PageRig) -> list[tuple[str, str]]:
    """Whose sign-outs and sign-ins are on record."""
    return [(each.action, each.person_id) for each in rig.staff.records() if each.action in {"sign_in", "sign_out"}]


def assert_browser_forgets(answer: httpx.Response) -> None:
    assert f'{COOKIE}="";' in answer.headers["set-cookie"]
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert "You are signed out here; the unit could not record it" in answer.text
    assert "nothing was shown or changed" not in answer.text


@pytest.mark.usefixtures("capsys")  # what is logged goes to no file then
@pytest.mark.parametrize("path", ["/lock", "/sign-out"])
def test_with_a_full_disk_whoever_leaves_is_signed_out_and_it_is_on_record_later(rig: PageRig, path: str) -> None:
    with rig.client("officer") as client:
        token = client.cookies[COOKIE]
        assert PLATE in client.get("/hits/unit-1:hit-1").text
        with full_disk():
            answer = client.post(path)
            rig.unit.write_waiting()
        assert answer.status_code == 503
        assert_browser_forgets(answer)
        assert client.get("/").headers["location"] == "/sign-in"
        assert client.get("/hits/unit-1:hit-1/pictures/crop").status_code == 403
        left = rig.staff.clock.now().utc
        assert records_of(rig) == []
        rig.unit.write_waiting()
        rig.unit.write_waiting()
        assert records_of(rig) == [("sign_out", "officer")]
        record = rig.staff.records()[-1]
        assert (record.session, record.outcome) == (token_digest(token)[:16], "allowed")
        assert left is not None
        assert record.happened.utc is not None
        assert record.happened.utc <= left.isoformat()
        with rig.unit.accounts.reading() as rows:
            session = rows.session(token_digest(token))
        assert session is not None
        assert session.end is SessionEnd.SIGN_OUT


def test_where_the_access_log_is_full_the_page_says_what_was_done(rig: PageRig) -> None:
    with rig.client("officer") as client:
        rig.unit.log.bytes_max = -(1 << 30)
        assert_browser_forgets(client.post("/sign-out"))
        rig.unit.write_waiting()
        assert records_of(rig) == []
        rig.unit.log.bytes_max = BYTES_MAX
        rig.unit.write_waiting()
        assert records_of(rig) == [("sign_out", "officer")]


def test_an_end_that_waits_is_on_record_when_the_page_ends(tmp_path: Path) -> None:
    rig = PageRig(tmp_path)
    with rig.serving(), rig.client("officer") as client:
        rig.unit.log.bytes_max = -(1 << 30)
        client.post("/sign-out")
        rig.unit.log.bytes_max = BYTES_MAX
    assert records_of(rig) == [("sign_out", "officer")]


def test_few_ends_wait_and_a_stranger_ends_nobody_s_session(rig: PageRig) -> None:
    ends, session = UnwrittenEnds(), AccessSession("", "officer", Factor.PASSKEY, "", "", "", instant(), instant())

    def fail() -> None:
        raise StoreError("the disk is full")

    for number in range(UNWRITTEN_MAX + 1):
        ends.add(str(number), fail)
    ends.write()
    found = [ends.current(replace(session, token_sha256=str(number))).end for number in range(UNWRITTEN_MAX + 1)]
    assert found == [None, *[SessionEnd.SIGN_OUT] * UNWRITTEN_MAX]
    token = rig.token()
    elsewhere = rig.unit.sign_ins(Visitor(token, "", "192.0.2.7", {}, {}))
    elsewhere.sign_out_here(rig.unit.accounts.unwritten_ends)
    rig.unit.write_waiting()
    assert rig.unit.sign_ins(Visitor(token, "", HOST, {}, {})).state() is SessionState.OPEN
    assert records_of(rig) == []


@pytest.mark.parametrize("path", ["/", "/hits/unit-1:hit-1", "/search"])
def test_at_speed_whoever_may_see_nothing_can_lock_and_leave(speed_rig: PageRig, path: str) -> None:
    with speed_rig.client("untrained") as client:
        page = client.get(path, follow_redirects=True)
        assert page.status_code == 403
        assert 'action="/lock"' in page.text
        assert 'action="/sign-out"' in page.text
        assert "<h1>Sign in</h1>" in client.get("/sign-in").text
        assert client.post("/lock").status_code == 303
        locked = client.get("/search").text
        assert 'action="/lock"' not in locked
        assert 'action="/sign-out"' in locked
        assert client.post("/sign-out").headers["location"] == "/sign-in"
    with speed_rig.client() as nobody:
        assert 'action="/sign-out"' not in nobody.get("/search").text
    with speed_rig.client("technician") as client:
        assert client.get("/sign-in").headers["location"] == "/", "health is a page of theirs"


def sign_in(client: httpx.Client, badge: str) -> httpx.Response:
    form = {"name": badge, "password": PASSWORD, "code": pyotp.TOTP(SECRET).now(), "acknowledged": "yes"}
    return client.post("/sign-in", data=form)


@pytest.mark.parametrize("person_id", ["officer", "untrained"])
def test_whoever_signs_in_at_a_browser_ends_the_session_before(rig: PageRig, person_id: str) -> None:
    with rig.client(person_id) as client:
        token = client.cookies[COOKIE]
        if person_id == "officer":
            client.post("/lock")
        assert sign_in(client, "nobody").status_code == 403
        assert rig.unit.sign_ins(Visitor(token, "", HOST, {}, {})).state() is not SessionState.ENDED
        before = len(records_of(rig))
        done = sign_in(client, "Bsupervisor")
        assert (done.headers["location"], token in done.headers["set-cookie"]) == ("/", False)
    assert rig.unit.sign_ins(Visitor(token, "", HOST, {}, {})).state() is SessionState.ENDED
    assert records_of(rig)[before:] == [("sign_out", person_id), ("sign_in", "supervisor")]


@pytest.mark.parametrize("path", ["/lock", "/sign-out"])
def test_every_window_hears_at_once_that_its_session_was_left(rig: PageRig, path: str) -> None:
    token = rig.token()
    with rig.client() as window, rig.client() as other:
        for client in (window, other):
            client.cookies.set(COOKIE, token, domain=HOST)
        beats = 0
        with window.stream("GET", "/live") as answer:
            for line in answer.iter_lines():
                beats += line == "event: beat"
                if line == "event: live":
                    other.post(path)
                if line == "event: session":
                    break
    assert beats < SESSION_CHECK_BEATS - 1


def test_a_visitor_without_a_session_ends_no_mute(rig: PageRig, tmp_path: Path) -> None:
    with rig.answering(tmp_path), rig.client("officer") as officer, rig.client() as stranger:
        officer.post("/mute", data={"minutes": "30"})
        officer.post("/lock")
        asked = rig.unit.mute_state()
        assert stranger.post("/sign-out").headers["location"] == "/sign-in"
        state = rig.unit.mute_state()
        assert asked.is_asked or asked.mute
        assert state.is_asked or state.mute, "a lock alone leaves it"
