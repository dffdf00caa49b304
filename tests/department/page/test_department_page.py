"""The department's page over TLS: sign-in by both ways, searches and pictures on record, what is refused."""

import re
import socket
import ssl

import pyotp
import pytest
from webauthn.helpers import base64url_to_bytes

from alpr_edge.access.passkeys import verify_registration
from alpr_edge.access.relying_party import RelyingParty, new_challenge
from alpr_edge.department.copying.copy import copy_database
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.people.people_rows import replace_credentials
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.web.page_security import HEADERS, POLICY
from alpr_edge.web.visitor import COOKIE
from tests.access.authenticator import Authenticator
from tests.department.engines import query
from tests.department.inquiries.inquirers import SECRET, Inquirers
from tests.department.page.page_office import (
    CROP,
    FOR_STOLEN,
    PICTURED,
    SEARCHES,
    TRAFFIC,
    client_of,
    newest,
    search_word,
)
from tests.department.people.office import DOMAIN, PASSWORD
from tests.department.scenes import is_plain_scene

OF_UNIT = {"unit": "car-1", "time": "between", "begin": "2026-05-04T00:00+00:00", "end": "2026-05-08T00:00+00:00"}


def test_password_and_code_open_a_session_and_a_lock_needs_the_password(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    attempt = {"name": "records@modesto.example", "password": PASSWORD, "code": pyotp.TOTP(SECRET).now()}
    with client_of(inquirers, server) as client:
        unread = client.post("/sign-in", data=attempt)
        assert (unread.status_code, "acknowledge the notice first" in unread.text) == (403, True)
        wrong = client.post("/sign-in", data=attempt | {"password": "no", "acknowledged": "yes"})
        assert (wrong.status_code, "Not accepted" in wrong.text, PASSWORD in wrong.text) == (403, True, False)
        done = client.post("/sign-in", data=attempt | {"acknowledged": "yes"})
        assert (done.status_code, done.headers["location"]) == (303, "/")
        cookie = done.headers["set-cookie"]
        assert all(word in cookie for word in (f"{COOKIE}=", "HttpOnly", "Secure", "SameSite=strict", "Path=/"))
        client.headers["Cookie"] = cookie.split(";")[0]
        client.post("/lock")
        assert "Locked" in client.get("/").text
        assert client.post("/reopen", data={"password": "no"}).status_code == 403
        assert client.post("/reopen", data={"password": PASSWORD}).headers["location"] == "/"
        assert client.get("/search").status_code == 200
        assert client.post("/sign-out").headers["clear-site-data"] == '"cache", "storage"'
        assert client.get("/search").headers["location"] == "/"
    assert [(each.action, each.outcome.value, each.component) for each in newest(inquirers, 7)] == [
        ("sign_in", "refused", "department_page"),
        ("sign_in", "refused", "department_page"),
        ("sign_in", "allowed", "department_page"),
        ("lock_session", "allowed", "department_page"),
        ("reopen_session", "refused", "department_page"),
        ("reopen_session", "allowed", "department_page"),
        ("sign_out", "allowed", "department_page"),
    ]


def test_a_passkey_of_the_department_signs_in(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    origin = f"https://{DOMAIN}:{server.port}"
    key, challenge = Authenticator(DOMAIN, origin), new_challenge()
    passkey = verify_registration(
        key.register(challenge), challenge, RelyingParty(DOMAIN, DOMAIN, (origin,)), Credentials()
    )
    database = DepartmentDatabase(inquirers.directory, create=False)
    with database.writing() as connection:
        replace_credentials(connection, inquirers.ids["technician"], Credentials(passkeys=(passkey,)))
    database.close()
    with client_of(inquirers, server) as client:
        options = client.post("/passkey/options")
        word = options.headers["set-cookie"].split(";")[0]
        answer = key.sign_in(base64url_to_bytes(options.json()["challenge"]))
        fields = {"answer": answer, "acknowledged": "yes"}
        done = client.post("/passkey", data=fields, headers={"Cookie": word})
        assert (done.status_code, f"{COOKIE}=" in done.headers["set-cookie"]) == (204, True)
        again = client.post("/passkey", data=fields, headers={"Cookie": word})
        assert again.status_code == 403


def test_a_search_a_read_and_its_pictures_once_each(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "officer") as client:
        word = search_word(client, plate=PICTURED)
        results = client.get(f"/search/{word}/1")
        assert f'href="/search/{word}/1/1">{PICTURED}<' in results.text
        assert PICTURED not in str(results.url)
        read = client.get(f"/search/{word}/1/1")
        addresses = re.findall(r'src="(/pictures/[\w-]+)"', read.text)
        plate, scene = (client.get(each).content for each in addresses)
        assert (plate, is_plain_scene(scene)) == (CROP, True)
        assert [client.get(each).status_code for each in addresses] == [404, 404]
        assert client.get(f"/search/{word}/1/2").status_code == 404
    records = newest(inquirers, 4)
    assert [(each.action, each.query, each.shown_bytes) for each in records] == [
        (SEARCHES, PICTURED, 0),
        ("show_reads", "", 0),
        ("show_reads", "", len(CROP)),
        ("show_reads", "", len(scene)),
    ]


def test_a_long_result_is_paged_and_says_what_it_could_not_see(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "commander") as client:
        word, places, number = search_word(client, **OF_UNIT), list[str](), 1
        while True:
            text = client.get(f"/search/{word}/{number}").text
            places += re.findall(rf'href="(/search/{word}/{number}/\d+)"', text)
            if f'href="/search/{word}/{number + 1}"' not in text:
                break
            number += 1
        wanted = [read for read in TRAFFIC if read.unit_id == "car-1" and read.seen_at is not None]
        assert (len(places), number > 1) == (len(wanted) + 1, True)  # and the one with pictures
        assert "Limits of this search" in text
        untimed = client.post(f"/search/{word}/untimed")
        assert "Reads without a sure time" in client.get(untimed.headers["location"]).text
        changed = client.get(f"/search/{word}/change").text
        assert 'value="car-1"' in changed


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"plate": "A?"}, "3 known characters"),
        ({"plate": ", ".join(f"7ABC{n:03}" for n in range(11))}, "10 at most"),
        ({}, "too little to search by".capitalize()),
        ({"unit": "car-1"}, "needs a time as well"),
        ({"unit": "car-1", "time": "between", "begin": "soon", "end": ""}, "such as 2026-05-04T18:00"),
        ({"at": "somewhere", "time": "1d"}, "A place is latitude and longitude"),
        ({"plate": PICTURED, "purpose": ""}, "Choose what it is for"),
        ({"plate": PICTURED, "purpose": "criminal_investigation"}, "This purpose needs an offense"),
    ],
)
def test_a_form_that_will_not_do_says_what_to_change(
    inquirers: Inquirers, server: DepartmentPageServer, fields: dict[str, str], told: str
) -> None:
    with client_of(inquirers, server, "officer") as client:
        answer = client.post("/search", data=FOR_STOLEN | fields)
    assert (answer.status_code, told in answer.text) == (422, True), answer.text


def test_no_search_is_kept_for_nobody(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server) as client:
        client.headers["Cookie"] = f"{COOKIE}=made-up"
        answer = client.post("/search", data=FOR_STOLEN | {"plate": PICTURED})
    assert answer.status_code == 403


def test_what_cannot_be_put_on_record_is_not_shown(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "officer") as client:
        word = search_word(client, plate=PICTURED)
        query(inquirers.directory, "ALTER TABLE access_nodes RENAME TO elsewhere")
        try:
            answer = client.get(f"/search/{word}/1")
        finally:
            query(inquirers.directory, "ALTER TABLE elsewhere RENAME TO access_nodes")
        assert (answer.status_code, PICTURED in answer.text) == (503, False)
        assert client.get(f"/search/{word}/1").status_code == 200


def test_one_process_serves_the_page_and_the_database_does_not_move_meanwhile(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    del server
    for act in (
        lambda: DepartmentPageServer(inquirers.directory),
        lambda: copy_database(inquirers.directory, "postgresql:///alpr", lambda done, total: None),
    ):
        with pytest.raises(DepartmentError, match=r"serves the page of this department already .* stop it first"):
            act()


def test_headers_protect_every_answer_and_forms_of_other_sites_are_refused(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "officer") as client:
        for path in ("/search", "/none", "/sign-in"):
            headers = client.get(path).headers
            assert headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert headers["Cache-Control"] == "no-store"
            assert [name for name, value in HEADERS.items() if headers[name] != value] == [POLICY], "its hashes"
        foreign = client.post(
            "/search", data=FOR_STOLEN | {"plate": PICTURED}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert (foreign.status_code, "comes from another site" in foreign.text) == (403, True)
        traced = client.request("TRACE", "/search")
        assert (traced.status_code, traced.headers["Cache-Control"]) == (405, "no-store")


def test_a_form_that_has_a_field_twice_is_none(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with client_of(inquirers, server, "officer") as client:
        for fields, status in (("plate=7PIC462", 303), ("plate=7ABC123&plate=7PIC462", 422)):
            answer = client.post("/search", content=f"purpose=stolen_vehicle&{fields}", headers=form)
            assert (answer.status_code, "7PIC462" in answer.text) == (status, False)


def test_a_browser_without_authenticated_encryption_gets_no_page(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    context = ssl.create_default_context(cafile=TlsFiles(inquirers.directory).authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    for suites, is_served in (("ECDHE+AESGCM", True), ("ECDHE+AES:!AESGCM:!AESCCM", False), ("kRSA+AESGCM", False)):
        context.set_ciphers(suites)
        with socket.create_connection(("127.0.0.1", server.port), 30) as plain:
            try:
                context.wrap_socket(plain, server_hostname=DOMAIN).close()
            except ssl.SSLError:
                assert not is_served, suites
            else:
                assert is_served, suites
