"""What whoever's roles may not do something leaves on record, and what they are told whose session is closed."""

from dataclasses import replace

import httpx
import pytest

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.domain.access_log.records import AccessOutcome
from alpr_edge.domain.sessions.session import token_digest
from alpr_edge.web.visitor import COOKIE
from tests.department.inquiries.inquirers import Inquirers
from tests.department.interchange.exchange_office import UNIT
from tests.department.page.page_office import FOR_STOLEN, PICTURED, client_of, newest, search_word

CASE = FOR_STOLEN | {"case": "26-123456"}
AUDIENCE = {"whom": "some", "units": UNIT}
TRIES: tuple[tuple[str, str, dict[str, str], Operation, str], ...] = (
    ("auditor", "/history", CASE | {"plate": "7pic 462"}, Operation.SEARCH_READS, "stolen_vehicle"),
    ("technician", "/holds", CASE, Operation.SHOW_HOLDS, "stolen_vehicle"),
    ("officer", "/evidence", CASE, Operation.SHOW_EXPORTS, "stolen_vehicle"),
    ("technician", "/unit-settings/new", {"values": "", "units": UNIT}, Operation.PUBLISH_SETTINGS, "maintenance"),
    ("technician", "/unit-settings/1/withdraw", {}, Operation.WITHDRAW_SETTINGS, "maintenance"),
    ("technician", "/lists/amber/upload", {}, Operation.PUBLISH_LIST, "maintenance"),
    ("technician", "/lists/amber/audience", AUDIENCE, Operation.SET_AUDIENCE, "maintenance"),
    ("technician", f"/units/{UNIT}/revoke", {}, Operation.REVOKE_UNIT, "maintenance"),
    ("officer", "/incidents/new", {"kind": "breach"}, Operation.RECORD_INCIDENT, "audit"),
    ("officer", "/releases/new", {"words": "all"}, Operation.ENTER_RELEASE, "release"),
    ("officer", "/audits", {"period": "2026-05"}, Operation.DRAW_AUDIT, "audit"),
    ("officer", "/audits/1/review", {"numbers": "1"}, Operation.REVIEW_RECORDS, "audit"),
)
PAGES = ("/search", "/history", "/holds", "/evidence", "/releases", "/releases/new", "/audits", "/incidents/new")
"""Those that somebody comes to again by a bookmark or the button back."""
FORMS = ("/search", "/history", "/holds", "/evidence", "/releases/new", "/incidents/new", "/lists/amber/upload")


def size_of_log(inquirers: Inquirers) -> int:
    """How many records the access log has."""
    with open_office(inquirers.directory) as office:
        return office.log.size()


@pytest.mark.parametrize("role", ["alpr-administrator", "technician"])
def test_a_search_that_is_refused_is_on_record_with_its_plate(
    inquirers: Inquirers, server: DepartmentPageServer, role: str
) -> None:
    with client_of(inquirers, server, role) as client:
        answer = client.post("/search", data=FOR_STOLEN | {"plate": PICTURED, "unit": "car-1"})
    assert (answer.status_code, "None of your roles may do this" in answer.text) == (403, True)
    (record,) = newest(inquirers, 1)
    assert (record.action, record.outcome, record.reason) == ("search_reads", AccessOutcome.REFUSED, "not_granted")
    assert (record.query, record.note, record.purpose) == (PICTURED, "unit car-1", "stolen_vehicle")
    assert (record.person_id, record.shown) == (inquirers.ids[role], 0)


def test_a_refused_search_by_several_plates_has_a_record_for_each(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "technician") as client:
        assert client.post("/search", data=FOR_STOLEN | {"plate": f"{PICTURED}, 8ABC123"}).status_code == 403
        assert client.post("/search", data={"plate": "?"}).status_code == 403
    records = [(each.action, each.query, each.outcome) for each in newest(inquirers, 3)]
    queries = (PICTURED, "8ABC123", "")
    assert records == [("search_reads", query, AccessOutcome.REFUSED) for query in queries]


@pytest.mark.parametrize(("role", "path", "form", "operation", "purpose"), TRIES)
def test_a_form_of_somebody_whose_roles_may_not_is_on_record(
    inquirers: Inquirers,
    server: DepartmentPageServer,
    role: str,
    path: str,
    form: dict[str, str],
    operation: Operation,
    purpose: str,
) -> None:
    with client_of(inquirers, server, role) as client:
        assert client.post(path, data=form).status_code == 403
    (record,) = newest(inquirers, 1)
    assert (record.action, record.outcome, record.reason) == (operation, AccessOutcome.REFUSED, "not_granted")
    assert (record.person_id, record.purpose) == (inquirers.ids[role], purpose)
    assert record.query == (PICTURED if path == "/history" else "")


@pytest.mark.parametrize(
    ("role", "path", "operation"),
    [
        ("technician", "/search", Operation.SEARCH_READS),
        ("auditor", "/history", Operation.SEARCH_READS),
        ("auditor", "/holds", Operation.SHOW_HOLDS),
        ("officer", "/evidence", Operation.SHOW_EXPORTS),
        ("officer", "/roster", Operation.SHOW_PEOPLE),
        ("technician", "/lists/amber/upload", Operation.PUBLISH_LIST),
        ("officer", "/incidents/new", Operation.RECORD_INCIDENT),
    ],
)
def test_a_page_that_is_opened_by_somebody_whose_roles_may_not_is_on_record_once_a_minute(
    inquirers: Inquirers, server: DepartmentPageServer, role: str, path: str, operation: Operation
) -> None:
    before = size_of_log(inquirers)
    with client_of(inquirers, server, role) as client:
        told = {(answer.status_code, "Not shown" in answer.text) for answer in (client.get(path) for _ in range(20))}
    assert told == {(403, True)}
    (record,) = newest(inquirers, size_of_log(inquirers) - before)
    assert (record.action, record.outcome, record.reason) == (operation, AccessOutcome.REFUSED, "not_granted")
    assert (record.person_id, record.shown) == (inquirers.ids[role], 0)
    with client_of(inquirers, server, role) as client:
        assert client.get(path).status_code == 403
    assert size_of_log(inquirers) == before + 2, "another session is another try"


def test_each_form_is_on_record_however_often_it_is_sent(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    before = size_of_log(inquirers)
    with client_of(inquirers, server, "technician") as client:
        for _ in range(3):
            assert client.post("/holds", data=CASE).status_code == 403
    assert size_of_log(inquirers) == before + 3


def test_a_page_that_is_opened_by_nobody_is_on_no_record(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    before = size_of_log(inquirers)
    with client_of(inquirers, server) as client:
        assert client.get("/holds").headers["location"] == "/"
    assert size_of_log(inquirers) == before


def test_a_search_by_nobody_is_on_record(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server) as client:
        assert client.post("/search", data=FOR_STOLEN | {"plate": PICTURED}).status_code == 403
    (record,) = newest(inquirers, 1)
    assert (record.action, record.query, record.reason) == ("search_reads", PICTURED, "session_ended")


def close_session(inquirers: Inquirers, client: httpx.Client, how: str) -> None:
    """Have a client's session locked, idle or over."""
    if how != "idle":
        client.post(f"/{how}")
        return
    digest = token_digest(client.headers["Cookie"].removeprefix(f"{COOKIE}="))
    with open_office(inquirers.directory) as office, office.accounts.writing() as rows:
        session = rows.session(digest)
        assert session is not None
        used = session.used.shift(-1000 * 3600)
        rows.save_session(replace(session, signed_in=used, used=used))


@pytest.mark.parametrize("how", ["lock", "sign-out", "idle"])
def test_a_page_leads_to_where_people_sign_in_and_a_form_says_that_nothing_was_sent(
    inquirers: Inquirers, server: DepartmentPageServer, how: str
) -> None:
    with client_of(inquirers, server, "supervisor") as client:
        close_session(inquirers, client, how)
        led = [client.get(path) for path in PAGES]
        told = [client.post(path, data=CASE | {"plate": PICTURED}) for path in FORMS]
    assert {(each.status_code, each.headers["location"]) for each in led} == {(303, "/")}
    words = "You are not signed in any more; nothing was sent. Sign in and enter it again."
    if how != "sign-out":
        words = "The session is locked; nothing was sent. Open it and enter it again."
    assert {(each.status_code, words in each.text) for each in told} == {(403, True)}
    assert not any("roles" in each.text or "alpr-edge" in each.text for each in (*led, *told))


def test_a_search_that_went_idle_leads_to_where_it_is_opened_again(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "officer") as client:
        word = search_word(client, plate=PICTURED)
        close_session(inquirers, client, "idle")
        answer = client.get(f"/search/{word}/1")
        assert (answer.status_code, answer.headers.get("location")) == (303, "/")
        assert "<h1>Locked</h1>" in client.get("/").text
        passkey = client.post("/account/confirm/passkey")
    assert (passkey.status_code, passkey.text.partition(";")[0]) == (403, "the session is locked")
