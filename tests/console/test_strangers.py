"""Somebody on the car's network who is nobody here: what they leave in the access log, and whom they hold up."""

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import argon2
import httpx
import pyotp
import pytest

from alpr_edge.access.authorisation.page_log import ADDRESS_RECORDS_MAX, SUMMED
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.web.visitor import COMPONENT
from tests.console.page_rig import HOST, SAME_SITE, PageRig
from tests.department.waits import wait_until
from tests.staff import PEOPLE

STRANGER, OFFICER = HOST, "127.0.0.2"
PASSWORD, SECRET = "correct horse battery", pyotp.random_base32()
NOBODY = {"name": "nobody", "password": "wrong", "code": "000000", "acknowledged": "yes"}
PAGE = "/hits/unit-1:hit-1/pictures/crop"
AT_ONCE = 12


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[PageRig]:
    rig = PageRig(tmp_path)
    password_hash = Argon2Passwords(argon2.PasswordHasher(1, 8, 1)).hash(PASSWORD)
    set_at = rig.staff.clock.now().utc
    rig.staff.install(*PEOPLE, credentials=Credentials(password_hash, SECRET, password_set=set_at))
    with rig.serving():
        rig.add_hit(1)
        yield rig


@contextmanager
def client_at(rig: PageRig, address: str) -> Iterator[httpx.Client]:
    """A browser of few words at one of this computer's addresses."""
    trust = ssl.create_default_context(cafile=str(rig.certificate))
    transport = httpx.HTTPTransport(verify=trust, local_address=address, trust_env=False)
    with httpx.Client(transport=transport, base_url=rig.origin, headers=SAME_SITE, timeout=60) as client:
        yield client


def attempt() -> dict[str, str]:
    return NOBODY | {"name": "Bofficer", "password": PASSWORD, "code": pyotp.TOTP(SECRET).now()}


def test_tries_of_one_address_hold_nobody_up_at_another(rig: PageRig) -> None:
    answered: list[int] = []

    def fail() -> None:
        with client_at(rig, STRANGER) as client:
            answered.append(client.post("/sign-in", data=NOBODY).status_code)

    with ThreadPoolExecutor(AT_ONCE) as strangers, client_at(rig, OFFICER) as officer:
        for _ in range(AT_ONCE):
            strangers.submit(fail)
        wait_until(lambda: bool(answered))
        done = officer.post("/sign-in", data=attempt())
        assert (done.status_code, done.headers["location"]) == (303, "/")
        assert len(answered) < AT_ONCE // 2
    assert answered == [403] * AT_ONCE


def test_two_hundred_requests_leave_few_records_and_then_a_refused_sign_in_is_told_to_wait(rig: PageRig) -> None:
    with client_at(rig, STRANGER) as stranger, client_at(rig, OFFICER) as officer:
        assert [stranger.get(PAGE).status_code for _ in range(200)] == [403] * 200
        refused = stranger.post("/sign-in", data=NOBODY)
        assert (refused.status_code, "Not accepted" in refused.text) == (429, True)
        assert 0 < int(refused.headers["retry-after"]) <= 600
        assert officer.post("/sign-in", data=NOBODY).status_code == 403
        assert stranger.post("/sign-in", data=attempt()).status_code == 303, "a right password is still one"
    kept = [each.action for each in rig.staff.records() if each.component == COMPONENT]
    assert kept == ["show_hit"] * ADDRESS_RECORDS_MAX + ["sign_in"] * 2
    rig.unit.page_log.write_sum(rig.staff.clock.now(), is_end=True)
    told = rig.staff.records()[-1]
    assert (told.action, told.note.split()[0]) == (SUMMED, str(201 - ADDRESS_RECORDS_MAX))


def test_what_was_counted_is_on_record_when_the_page_ends(tmp_path: Path) -> None:
    rig = PageRig(tmp_path)
    with rig.serving(), client_at(rig, STRANGER) as stranger:
        rig.add_hit(1)
        for _ in range(ADDRESS_RECORDS_MAX + 7):
            stranger.get(PAGE)
    assert rig.staff.records()[-1].note.startswith("7 more refusals")


def test_a_path_with_a_slash_too_many_leads_nowhere(rig: PageRig) -> None:
    with client_at(rig, STRANGER) as stranger:
        for path in ("/sign-in/", "/health/", "/lookups/"):
            answer = stranger.get(path, headers={"Host": "elsewhere.example"})
            assert (answer.status_code, answer.headers.get("location")) == (404, None)
