"""Single sign-on at the department's page with a provider on this computer: who gets in, and each answer that lies."""

import base64
import hashlib
import html
import re
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.identity_settings import SingleSignOnTable
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.identity_links import IdentityLinks
from alpr_edge.department.people.people_rows import replace_entries
from alpr_edge.department.people.person_fields import changed_entry
from alpr_edge.department.people.registry import People, require_entry
from alpr_edge.department.settings import load_department_file
from alpr_edge.department.single_sign_on.faults import ProviderDownError, SignOnError
from alpr_edge.department.single_sign_on.provider_client import ProviderClient
from alpr_edge.department.single_sign_on.sign_on import open_id_token
from alpr_edge.web.visitor import COOKIE, SIGN_ON_COOKIE
from tests.department.inquiries.inquirers import SECRET
from tests.department.page.page_office import client_of, leads_to_sign_in, newest
from tests.department.single_sign_on.provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.department.single_sign_on.rig import SignOnRig


@pytest.fixture(autouse=True)
def honest(rig: SignOnRig) -> None:
    rig.provider.claims, rig.provider.described, rig.provider.forgery = {}, {}, ""


def test_whom_the_provider_saw_by_two_factors_is_signed_in_and_out_of_both(rig: SignOnRig) -> None:
    with client_of(rig.inquirers, rig.server) as client:
        unread = client.post("/single-sign-on", data={})
        assert (unread.status_code, "acknowledge the notice first" in unread.text) == (403, True)
        rig.provider.subject = "officer"
        answer_path = rig.begin(client)
        kept, asked = client.cookies[SIGN_ON_COOKIE], dict(rig.provider.codes)
        done = client.get(answer_path)
        assert (done.status_code, 'content="0;url=/"' in done.text) == (200, True)
        assert "SameSite=strict" in next(each for each in done.headers.get_list("set-cookie") if COOKIE in each)
        assert client.get("/").headers["location"] == "/search"
        record = newest(rig.inquirers, 1)[0]
        assert (record.action, record.outcome.value, record.person_id) == (
            "sign_in",
            "allowed",
            rig.inquirers.ids["officer"],
        )
        out = client.post("/sign-out")
        assert f"{rig.provider.issuer}/end?client_id={CLIENT_ID}" in html.unescape(out.text)
        hint = re.search(r"id_token_hint=([^&\"]+)", html.unescape(out.text))
        assert hint is not None
        assert jwt.decode(hint[1], rig.provider.key).claims["sub"] == "officer"
        assert SIGN_ON_COOKIE not in client.cookies
        assert leads_to_sign_in(client.get("/search"))
        for codes, told in (
            ({}, "the provider gives no token for this code (status 400)"),
            (asked, "this single sign-on was used before"),  # also where a provider gives a token twice
        ):
            rig.provider.codes.update(codes)
            again = client.get(answer_path, headers={"Cookie": f"{SIGN_ON_COOKIE}={kept}"})
            assert (again.status_code, newest(rig.inquirers, 1)[0].note) == (
                403,
                f"by the login department_page; {told}",
            )


def test_a_token_that_is_too_long_for_a_cookie_is_no_hint(rig: SignOnRig) -> None:
    rig.provider.claims = {"groups": "g" * 3000}
    with client_of(rig.inquirers, rig.server) as client:
        assert rig.sign_in(client, "officer").status_code == 200
        out = html.unescape(client.post("/sign-out").text)
        assert (f"{rig.provider.issuer}/end?client_id={CLIENT_ID}" in out, "id_token_hint" in out) == (True, False)


@pytest.mark.parametrize(
    ("methods", "decodes"),
    [(["client_secret_basic", "client_secret_post"], False), (["client_secret_post"], False), (None, True)],
)
def test_a_client_proves_itself_in_a_way_that_the_provider_takes(
    tmp_path: Path, methods: list[str] | None, *, decodes: bool
) -> None:
    secret = tmp_path / "client-secret"
    secret.touch(mode=0o600)
    secret.write_text(CLIENT_SECRET)
    with closing(Provider(tmp_path)) as provider:
        provider.methods, provider.decodes = methods, decodes
        table = SingleSignOnTable(
            issuer=provider.issuer, client_id=CLIENT_ID, client_secret=str(secret), ca_file=str(provider.authority)
        )
        challenge = base64.urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).rstrip(b"=").decode()
        provider.codes["code"] = {"code_challenge": challenge, "redirect_uri": "here", "nonce": "n"}
        client = ProviderClient(table, tmp_path / "department")
        assert jwt.decode(client.id_token("code", "verifier", "here"), provider.key).claims["nonce"] == "n"


def test_whom_it_saw_by_one_factor_needs_a_code_of_their_own(rig: SignOnRig) -> None:
    rig.provider.claims = {"acr": "low", "amr": ["mfa"]}
    with client_of(rig.inquirers, rig.server) as client:
        asked = rig.sign_in(client, "records")
        assert (asked.status_code, "Second factor" in asked.text, COOKIE in client.cookies) == (200, True, False)
        wrong = client.post("/single-sign-on/code", data={"code": "000000"})
        assert (wrong.status_code, "Not accepted" in wrong.text) == (403, True)
        code = pyotp.TOTP(SECRET).now()
        assert client.post("/single-sign-on/code", data={"code": code}).status_code == 200
        assert client.get("/").headers["location"] == "/search"
        assert client.post("/single-sign-on/code", data={"code": code}).status_code == 403
    assert [each.reason for each in newest(rig.inquirers, 4)] == ["code_needed", "wrong_code", "", "single_sign_on"]


@pytest.mark.parametrize(
    ("claims", "forgery", "told"),
    [
        ({"nonce": "n"}, "", "the ID token does not hold: nonce"),
        ({"aud": "other"}, "", "the ID token does not hold: audience"),
        ({"iss": "https://localhost"}, "", "the ID token does not hold: issuer"),
        ({"exp": int(time.time()) - 400}, "", "the ID token does not hold: expired"),
        ({"auth_time": int(time.time()) - 3000}, "", "the ID token does not hold: old_sign_in"),
        ({"auth_time": None}, "", "the ID token does not hold: moments"),
        ({}, "none", "the ID token is signed by none of RS256, PS256, ES256"),
        ({}, "shared secret", "the ID token is signed by none of RS256, PS256, ES256"),
        ({}, "another key", "the ID token is not signed by a key of the provider"),
    ],
)
def test_a_token_that_lies_lets_nobody_in(rig: SignOnRig, claims: dict[str, Any], forgery: str, told: str) -> None:
    rig.provider.claims, rig.provider.forgery = claims, forgery
    with client_of(rig.inquirers, rig.server) as client:
        answer = rig.sign_in(client, "officer")
        assert (answer.status_code, "The single sign-on did not work" in answer.text) == (403, True)
        assert COOKIE not in client.cookies
    assert newest(rig.inquirers, 1)[0].note.endswith(told)


@pytest.mark.filterwarnings("ignore:key size")  # joserfc's own, which refuses nothing
@pytest.mark.parametrize(("bits", "is_believed"), [(2048, True), (1024, False)])
def test_a_key_that_is_short_vouches_for_nobody(bits: int, is_believed: bool) -> None:
    key = RSAKey.generate_key(bits, {"kid": "k", "use": "sig"}, private=True)
    token = jwt.encode({"alg": "RS256", "kid": "k"}, {"sub": "officer"}, key)

    def keys(key_id: str | None) -> dict[str, Any]:
        assert key_id == "k"
        return {"keys": [key.as_dict(private=False)]}

    if is_believed:
        assert open_id_token(token, keys) == {"sub": "officer"}
    else:
        with pytest.raises(SignOnError, match="fewer than 2048 bits"):
            open_id_token(token, keys)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("state=other&code=c", "the answer belongs to another single sign-on"),
        ("state={state}&code=c&iss=https://other.example", "the answer comes from another provider"),
        ("state={state}&code=c", "the answer comes from another provider"),
        ("state={state}&error=access_denied&iss={iss}", "the provider refused: access_denied"),
        ("state={state}&error=<b>&iss={iss}", "the provider refused: no known reason"),
        ("state={state}&iss={iss}", "the answer has no code"),
    ],
)
def test_an_answer_that_is_none_of_this_browser_lets_nobody_in(rig: SignOnRig, query: str, told: str) -> None:
    with client_of(rig.inquirers, rig.server) as client:
        state = httpx.URL(rig.begin(client)).params["state"]
        path = "/single-sign-on/answer?" + query.format(state=state, iss=rig.provider.issuer)
        assert client.get(path).status_code == 403
        assert newest(rig.inquirers, 1)[0].note.endswith(told)
        assert client.get(path, headers={"Cookie": f"{SIGN_ON_COOKIE}=none"}).status_code == 403
    assert newest(rig.inquirers, 1)[0].note.endswith("no single sign-on was begun at this browser, or it took too long")


def test_an_answer_of_a_browser_that_began_nothing_is_refused_and_on_no_record(rig: SignOnRig) -> None:
    before = newest(rig.inquirers, 1)
    with client_of(rig.inquirers, rig.server) as client:
        for path in ("/single-sign-on/answer", "/single-sign-on/answer?state=s&code=c"):
            answer = client.get(path)
            assert (answer.status_code, "The single sign-on did not work" in answer.text) == (403, True)
        assert client.post("/single-sign-on/code", data={"code": "000000"}).status_code == 403
    assert newest(rig.inquirers, 1) == before


def test_nobody_is_made_by_signing_in_and_the_subject_is_on_record(rig: SignOnRig) -> None:
    with client_of(rig.inquirers, rig.server) as client:
        answer = rig.sign_in(client, "officer@modesto.example")
        assert (answer.status_code, "belongs to no account here" in answer.text) == (403, True)
    record = newest(rig.inquirers, 1)[0]
    assert (record.reason, record.note.endswith("subject officer@modesto.example")) == ("not_linked", True)


def test_whoever_is_suspended_or_untrained_or_unlinked_gets_no_session(rig: SignOnRig) -> None:
    author = Author("login:chief", datetime.now(UTC))
    with closing(DepartmentDatabase(rig.inquirers.directory, create=False)) as database:
        people = People(rig.inquirers.directory, database)
        with database.writing() as connection:
            trained = require_entry(connection, rig.inquirers.ids["auditor"])
            replace_entries(connection, [changed_entry(trained, {"alpr_training_until": "2026-01-31"})])
        people.suspend(author, rig.inquirers.ids["technician"])
        with client_of(rig.inquirers, rig.server) as client:
            assert rig.sign_in(client, "supervisor").status_code == 200
            assert client.get("/").headers["location"] == "/search"
            IdentityLinks(database).unlink(author, rig.inquirers.ids["supervisor"])
            assert client.get("/").headers["location"] == "/sign-in"
            for subject in ("auditor", "technician", "supervisor"):
                assert rig.sign_in(client, subject).status_code == 403
    reasons = [each.reason for each in newest(rig.inquirers, 3)]
    assert reasons == ["untrained", "account_suspended", "not_linked"]


@pytest.mark.parametrize(
    ("described", "told"),
    [
        ({}, ""),
        ({"issuer": "https://localhost"}, "calls itself another issuer"),
        ({"token_endpoint": "http://localhost/token"}, "lacks what OpenID Connect asks for"),
        ({"code_challenge_methods_supported": ["plain"]}, "does not take PKCE with S256"),
    ],
)
def test_a_description_of_another_provider_is_not_believed(
    rig: SignOnRig, described: dict[str, Any], told: str
) -> None:
    rig.provider.described = described
    directory = rig.inquirers.directory
    client = ProviderClient(load_department_file(directory).single_sign_on, directory)
    if told:
        with pytest.raises(ProviderDownError, match=told):
            client.description()
    else:
        assert client.description().issuer == rig.provider.issuer


def test_a_provider_may_change_its_key_and_be_away(rig: SignOnRig) -> None:
    with client_of(rig.inquirers, rig.server) as client:
        rig.provider.new_key()
        assert rig.sign_in(client, "commander").status_code == 200
        path = rig.begin(client)
        rig.provider.close()
        down = client.get(path)
        assert (down.status_code, "sign in with password and code" in down.text) == (503, True)
        assert client.get("/sign-in").status_code == 303  # whoever is signed in stays so
