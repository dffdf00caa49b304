"""Somebody at the department's page who is nobody here: what they leave in the access log, and whom they hold up."""

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pyotp
import pytest

from alpr_edge.access.authorisation.page_log import ADDRESS_RECORDS_MAX, SUMMED
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.page.site import COMPONENT
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.access_log.records import AccessRecord
from tests.department.inquiries.inquirers import SECRET, Inquirers, records_of
from tests.department.page.page_office import HOST, SAME_SITE
from tests.department.people.office import DOMAIN, PASSWORD
from tests.department.waits import wait_until

STRANGER, OFFICER = HOST, "127.0.0.2"
NOBODY = {"name": "nobody", "password": "wrong", "code": "000000", "acknowledged": "yes"}
AT_ONCE = 12


@pytest.fixture
def inquirers(tmp_path: Path) -> Inquirers:
    return Inquirers.make(tmp_path / "department", now=datetime.now(UTC))


@contextmanager
def client_at(inquirers: Inquirers, server: DepartmentPageServer, address: str) -> Iterator[httpx.Client]:
    """A browser of few words at one of this computer's addresses."""
    trust = ssl.create_default_context(cafile=TlsFiles(inquirers.directory).authority)
    transport = httpx.HTTPTransport(verify=trust, local_address=address, trust_env=False)
    origin, headers = f"https://{HOST}:{server.port}", {"Host": f"{DOMAIN}:{server.port}", **SAME_SITE}
    with httpx.Client(transport=transport, base_url=origin, headers=headers, timeout=60) as client:
        yield client


def attempt() -> dict[str, str]:
    code = pyotp.TOTP(SECRET).now()
    return NOBODY | {"name": "officer@modesto.example", "password": PASSWORD, "code": code}


def records(inquirers: Inquirers) -> list[AccessRecord]:
    with open_office(inquirers.directory) as office:
        return [each for each in records_of(office) if each.component == COMPONENT]


def test_tries_of_one_address_hold_nobody_up_at_another(inquirers: Inquirers) -> None:
    answered: list[int] = []
    with DepartmentPageServer(inquirers.directory) as server:

        def fail() -> None:
            with client_at(inquirers, server, STRANGER) as client:
                answered.append(client.post("/sign-in", data=NOBODY).status_code)

        with ThreadPoolExecutor(AT_ONCE) as strangers, client_at(inquirers, server, OFFICER) as officer:
            for _ in range(AT_ONCE):
                strangers.submit(fail)
            wait_until(lambda: bool(answered))
            done = officer.post("/sign-in", data=attempt())
            assert (done.status_code, done.headers["location"]) == (303, "/")
            assert len(answered) < AT_ONCE // 2
        assert answered == [403] * AT_ONCE


def test_two_hundred_requests_leave_few_records_that_count_them_all(inquirers: Inquirers) -> None:
    with DepartmentPageServer(inquirers.directory) as server:
        with client_at(inquirers, server, STRANGER) as stranger, client_at(inquirers, server, OFFICER) as officer:
            assert [stranger.get("/account").status_code for _ in range(200)] == [303] * 200
            refused = stranger.post("/sign-in", data=NOBODY)
            assert (refused.status_code, "Not accepted" in refused.text) == (429, True)
            assert 0 < int(refused.headers["retry-after"]) <= 600
            assert officer.post("/sign-in", data=NOBODY).status_code == 403
            assert stranger.post("/sign-in", data=attempt()).status_code == 303, "a right password is still one"
        kept = [each.action for each in records(inquirers)]
        assert kept == ["show_own_account"] * ADDRESS_RECORDS_MAX + ["sign_in"] * 2
    *_, told = records(inquirers)
    assert (told.action, told.note.split()[0]) == (SUMMED, str(201 - ADDRESS_RECORDS_MAX))


def test_a_path_with_a_slash_too_many_leads_nowhere(inquirers: Inquirers) -> None:
    with (
        DepartmentPageServer(inquirers.directory) as server,
        client_at(inquirers, server, STRANGER) as stranger,
    ):
        for path in ("/sign-in/", "/search/", "/account/"):
            answer = stranger.get(path, headers={"Host": "elsewhere.example"})
            assert (answer.status_code, answer.headers.get("location")) == (404, None)
