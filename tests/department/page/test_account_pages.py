"""The pages of one's own account over TLS: what is shown, what a change takes, and that a confirmation is one's own."""

import re
from datetime import UTC, datetime

import httpx
import pyotp
from webauthn.helpers import base64url_to_bytes

from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.people_rows import replace_credentials
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.web.visitor import COOKIE
from tests.access.authenticator import Authenticator
from tests.department.inquiries.inquirers import SECRET, Inquirers
from tests.department.page.page_office import client_of, newest
from tests.department.people.office import DOMAIN, PASSWORD

NEW = "another river under elms"


def confirm(client: httpx.Client) -> str:
    """Give both factors again; where that leads."""
    answer = client.post("/account/confirm", data={"password": PASSWORD, "code": pyotp.TOTP(SECRET).now()})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_a_password_is_changed_by_whoever_gives_the_present_one_and_a_code(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "officer") as client:
        page = client.get("/account").text
        assert ("Officer, badge B0" in page, "this one" in page, "You have no passkey" in page) == (True, True, True)
        typed = {"present": PASSWORD, "new": NEW, "again": NEW, "code": pyotp.TOTP(SECRET).now()}
        for wrong, told in (
            ({"again": "other"}, "The two new passwords differ."),
            ({"new": "short", "again": "short"}, "A password has 8 to 128 characters"),
            ({"present": "wrong"}, "Not accepted: password, code or passkey is wrong"),
        ):
            answer = client.post("/account/password", data=typed | wrong)
            assert (answer.status_code, told in answer.text) == (422, True), answer.text
            assert not any(secret in answer.text for secret in (PASSWORD, NEW))
        assert client.post("/account/password", data=typed).headers["location"] == "/account"
        again = client.post("/account/password", data=typed | {"new": "a third river of reeds"} | {"again": "x"})
        assert again.status_code == 422
    assert {each.person_id for each in newest(inquirers, 3)} == {inquirers.ids["officer"]}


def test_the_session_of_another_browser_is_seen_and_ended(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "auditor") as first, client_of(inquirers, server, "auditor") as second:
        paths = re.findall(r"/account/sessions/[0-9a-f]+/end", second.get("/account").text)
        assert len(paths) == 1
        with client_of(inquirers, server, "supervisor") as somebody:
            assert somebody.post(paths[0]).status_code == 404
        assert first.get("/account").status_code == 200
        assert second.post(paths[0]).headers["location"] == "/account"
        assert first.get("/account").headers["location"] == "/"
        assert "ended: you signed out" in second.get("/account").text


def test_passkeys_and_code_change_once_both_factors_were_given_again(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "records") as client, client_of(inquirers, server, "commander") as other:
        wrong = client.post("/account/confirm", data={"password": "wrong", "code": "000000"})
        assert (wrong.status_code, "Not accepted" in wrong.text) == (422, True)
        path = confirm(client)
        assert [each.get(path).status_code for each in (client, other)] == [200, 404]
        options = client.post(f"{path}/passkeys/options")
        key = Authenticator(DOMAIN, f"https://{DOMAIN}:{server.port}")
        challenge = options.json()["challenge"]
        answer = {"answer": key.register(base64url_to_bytes(challenge))}
        cookies = {COOKIE: client.headers["Cookie"].partition("=")[2], **dict(options.cookies)}
        words = "; ".join(f"{name}={value}" for name, value in cookies.items())
        made = client.post(f"{path}/passkeys", data=answer, headers={"Cookie": words})
        assert made.status_code == 204, made.text
        assert client.post(f"{path}/passkeys", data=answer, headers={"Cookie": words}).status_code == 403
        (remove,) = re.findall(rf"{path}/passkeys/[0-9a-f]+/remove", client.get(path).text)
        assert client.post(remove).headers["location"] == path
        assert "You have no passkey" in client.get(path).text
        page = client.get(f"{path}/code").text
        found = re.search(r"data-secret>([A-Z2-7 ]+)<", page)
        assert found is not None
        secret = found[1].replace(" ", "")
        refused = client.post(f"{path}/code", data={"code": pyotp.TOTP(SECRET).now()})
        assert (refused.status_code, "This code is wrong" in refused.text) == (422, True)
        assert client.post(f"{path}/code", data={"code": pyotp.TOTP(secret).now()}).headers["location"] == "/account"
        again = client.get(f"{path}/code")
        assert (again.status_code, "data-secret" in again.text) == (404, False)


def test_a_confirmation_ends_with_the_lock_of_its_session(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "auditor") as client:
        path = confirm(client)
        assert client.get(path).status_code == 200
        client.post("/lock")
        assert client.get(path).status_code == 404
        # A script shows what it is answered as it is: a line, no page.
        by_passkey = client.post("/account/confirm/passkey", data={"answer": "{}"})
        assert by_passkey.status_code == 403
        assert by_passkey.headers["Content-Type"].startswith("text/plain")


def test_whoever_signs_on_by_the_provider_alone_is_told_so(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    person_id = inquirers.ids["technician"]
    with open_office(inquirers.directory) as office:
        office.identities.link(Author("login:chief", datetime.now(UTC)), person_id, "https://id.example", "subject-7")
        with office.accounts.database.writing() as connection:
            replace_credentials(connection, person_id, Credentials())
    with client_of(inquirers, server, "technician") as client:
        page = client.get("/account").text
        assert "the department&#39;s single sign-on, where you change it" in page
        assert not any(f'href="/account/{path}"' in page for path in ("password", "confirm"))
        answer = client.post(
            "/account/password", data={"present": PASSWORD, "new": NEW, "again": NEW, "code": "000000"}
        )
        assert (answer.status_code, "change it at the single sign-on" in answer.text) == (422, True)
