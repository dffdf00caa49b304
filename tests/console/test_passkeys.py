"""Passkeys at the page: one that was registered at the department signs in at the car, each challenge once."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from webauthn.helpers import base64url_to_bytes

from alpr_edge.access.passkeys import verify_registration
from alpr_edge.access.relying_party import RelyingParty, new_challenge
from alpr_edge.access.roster_update import install_roster
from alpr_edge.console.page_site import site_of
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import sign_roster
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.web.challenges import ANSWERED_MAX, VALID_S, Challenges
from alpr_edge.web.visitor import COOKIE, TOKEN_CHARACTERS_MAX
from tests.access.authenticator import Authenticator
from tests.console.page_rig import DOMAIN, NAME, PageRig
from tests.domain.people.builders import DEPARTMENT, SIGNING_KEY
from tests.staff import BEGUN, ROSTER_KEY, staff_person

OFFICER = staff_person("ana", Role.OFFICER)
DEPARTMENT_PAGE = f"https://{DOMAIN}:8446"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("passkeys"), (OFFICER,))
    with rig.serving():
        rig.add_hit(1)
        yield rig


@pytest.fixture(scope="module")
def key(rig: PageRig) -> Authenticator:
    """A security key that was registered at the department, and is in the car's roster."""
    key, challenge = Authenticator(DOMAIN, DEPARTMENT_PAGE), new_challenge()
    site = RelyingParty(DOMAIN, DOMAIN, (DEPARTMENT_PAGE,))
    passkey = verify_registration(key.register(challenge), challenge, site, Credentials())
    member = Member(OFFICER, replace(Credentials(), passkeys=(passkey,)))
    header = RosterHeader(DEPARTMENT, 50, BEGUN, BEGUN + timedelta(days=1))
    unit = rig.staff.unit
    with open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False) as accounts:
        content = sign_roster(Roster(header, (member,)), SIGNING_KEY)
        install_roster(accounts, content, ROSTER_KEY, rig.staff.clock.now())
    key.origin = f"https://{NAME}:{rig.port}"
    return key


@pytest.fixture
def client(rig: PageRig) -> Iterator[httpx.Client]:
    with rig.client() as client:
        yield client


def challenge_of(client: httpx.Client) -> bytes:
    options = client.post("/passkey/options").json()
    assert (options["rpId"], options["userVerification"]) == (DOMAIN, "required")
    assert options["allowCredentials"] == [], "it names no account"
    text: str = options["challenge"]
    return base64url_to_bytes(text)


def send(client: httpx.Client, answer: str, path: str = "/passkey", acknowledged: str = "yes") -> httpx.Response:
    return client.post(path, data={"answer": answer, "acknowledged": acknowledged})


def test_it_signs_in_and_reopens_a_locked_session(rig: PageRig, key: Authenticator, client: httpx.Client) -> None:
    done = send(client, key.sign_in(challenge_of(client)))
    assert (done.status_code, bool(client.cookies[COOKIE])) == (204, True)
    assert "NOT CONFIRMED" in client.get("/").text
    client.post("/lock")
    assert "Locked" in client.get("/").text
    assert send(client, key.sign_in(challenge_of(client)), "/passkey/reopen").status_code == 204
    assert "NOT CONFIRMED" in client.get("/").text
    actions = [record.action for record in rig.staff.records() if record.action != "show_hit"]
    assert actions[-3:] == ["sign_in", "lock_session", "reopen_session"]


def test_a_challenge_is_good_for_one_answer(key: Authenticator, client: httpx.Client) -> None:
    answer = key.sign_in(challenge_of(client))
    assert send(client, answer).status_code == 204
    client.cookies.delete(COOKIE)
    assert send(client, answer).status_code == 403


def test_another_browser_cannot_answer(rig: PageRig, key: Authenticator, client: httpx.Client) -> None:
    answer = key.sign_in(challenge_of(client))
    with rig.client() as other:
        challenge_of(other)
        assert send(other, answer).status_code == 403
        assert COOKIE not in other.cookies


@pytest.mark.parametrize("answer", ["", "{}", "x" * 9000, json.dumps({"id": "AA", "type": "public-key"})])
def test_an_answer_that_is_none_signs_nobody_in(key: Authenticator, client: httpx.Client, answer: str) -> None:
    challenge_of(client)
    refused = send(client, answer)
    assert (refused.status_code, COOKIE in client.cookies) == (403, False)
    assert refused.text.startswith("not accepted")


def test_the_notice_comes_first(key: Authenticator, client: httpx.Client) -> None:
    refused = send(client, key.sign_in(challenge_of(client)), acknowledged="")
    assert (refused.status_code, "acknowledge the notice" in refused.text) == (403, True)


def test_a_key_used_at_another_site_signs_nobody_in(key: Authenticator, client: httpx.Client) -> None:
    elsewhere = replace(key, origin="https://dept.example.elsewhere.example")
    assert send(client, elsewhere.sign_in(challenge_of(client))).status_code == 403


def test_many_challenges_that_others_were_asked_push_out_nobodys() -> None:
    challenges = Challenges()
    word, asked = challenges.ask()
    assert len({challenges.ask() for _ in range(10_000)}) == 10_000
    assert challenges.take(word) == asked


def test_a_challenge_is_good_for_one_answer_within_its_time_and_at_one_place() -> None:
    now_s = [1000.0]
    challenges, others = Challenges(lambda: now_s[0]), Challenges(lambda: now_s[0])
    (word, asked), (late, never) = challenges.ask(), challenges.ask()
    assert len(word) <= TOKEN_CHARACTERS_MAX, "a longer cookie is cut off"
    assert others.take(word) != asked
    assert challenges.take(word) == asked
    assert challenges.take(word) != asked
    word, asked = challenges.ask()
    changed = [f"{word[:at]}{'A' if word[at] != 'A' else 'B'}{word[at + 1 :]}" for at in range(len(word))]
    assert asked not in {challenges.take(each) for each in ("", "A", "é", word[:-8], *changed)}
    assert challenges.take(word) == asked, "what is none uses nothing up"
    now_s[0] += VALID_S
    assert challenges.take(late) != never


def test_no_answer_is_good_twice_however_many_follow() -> None:
    now_s = [1000.0]
    challenges = Challenges(lambda: now_s[0])
    first, asked = challenges.ask()
    assert challenges.take(first) == asked
    for _ in range(ANSWERED_MAX + 1):
        now_s[0] += 1e-6
        word, newest = challenges.ask()
        assert challenges.take(word) == newest
    assert challenges.take(first) != asked


def test_the_site_is_that_of_the_certificate(rig: PageRig, tmp_path: Path) -> None:
    assert site_of(rig.certificate, 443) == RelyingParty(DOMAIN, DOMAIN, (f"https://{NAME}",))
    assert site_of(rig.certificate, 8447) == RelyingParty(DOMAIN, DOMAIN, (f"https://{NAME}:8447",))
    assert site_of(tmp_path / "missing.pem", 443) is None
    (tmp_path / "none.pem").write_bytes(b"none")
    assert site_of(tmp_path / "none.pem", 443) is None
