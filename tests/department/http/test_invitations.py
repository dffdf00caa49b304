"""The page of invitations without a browser: what each step takes, what it refuses, and what leaks nowhere."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyotp
import pytest

from alpr_edge.access.attempts import PasswordAttempt, SignInOutcome, SignInPlace
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.access.sign_in import sign_in
from alpr_edge.access.totp import STEP_S
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.http.invitations.templates import FILES
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.people.accounts import DepartmentAccounts
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.registry import People
from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.department.serving import served_ports
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.signed_roster import open_roster
from tests.access.authenticator import Authenticator
from tests.department.http.invitee import OWN, Invitee
from tests.department.people.office import DOMAIN, OFFICER, PASSWORD, make_department
from tests.domain.permissions.rules import CJIS


class Department:
    """A department that is served, and its administrator."""

    def __init__(self, directory: Path, server: DepartmentServer) -> None:
        self.directory = directory
        self.port = server.people_port or 0
        self.database = DepartmentDatabase(directory)
        self.people = People(directory, self.database)
        self._badges = 2000

    def author(self) -> Author:
        return Author("login:chief", datetime.now(UTC))

    def invite(self) -> tuple[str, str]:
        """Somebody new, and their token."""
        self._badges += 1
        texts = OFFICER | {"badge": f"{self._badges}", "email": ""}
        person_id = self.people.add(self.author(), texts).person.person_id
        return person_id, self.people.invite(self.author(), person_id).token

    def invitee(self) -> Invitee:
        return Invitee(self.directory, self.port)

    def credentials(self, person_id: str) -> Credentials:
        """Those that the newest roster carries."""
        file = self.people.rosters.file_for("unit-1")
        assert file is not None
        roster = open_roster(file.content, load_roster_signer(self.directory).public_key)
        return next(member.credentials for member in roster.members if member.person.person_id == person_id)


@pytest.fixture(scope="module")
def department(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Department]:
    directory = make_department(tmp_path_factory.mktemp("invitations") / "department")
    with DepartmentServer(directory, people_port=0) as server:
        some = Department(directory, server)
        yield some
        some.database.close()


def assert_safe(answer: httpx.Response) -> None:
    is_file = answer.status_code == 200 and answer.url.path.startswith("/files/")
    assert ("no-store" in answer.headers["Cache-Control"]) is not is_file
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_password_code_and_passkey_become_credentials_with_a_new_roster(department: Department) -> None:
    person_id, token = department.invite()
    with DepartmentAccounts(department.database).reading() as rows:
        account = rows.account_of(person_id)
    assert account is not None
    person = department.invitee()
    assert person.get("").status_code == 200
    person.set_up(token, PASSWORD)
    secret = person.secret()
    options = person.client.post("/invitation/passkeys/options", headers=OWN).json()
    assert (options["rp"]["id"], options["authenticatorSelection"]["userVerification"]) == (DOMAIN, "required")
    key = Authenticator(DOMAIN, f"https://{DOMAIN}:{department.port}")
    response = key.register(decode(options["challenge"]))
    assert person.client.post("/invitation/passkeys", data={"answer": response}, headers=OWN).status_code == 204
    assert person.client.post("/invitation/passkeys", data={"answer": response}, headers=OWN).status_code == 403
    assert "1 added" in person.get("/passkeys").text
    before = department.people.rosters.serial()
    answer = person.post("/finish")
    assert (answer.status_code, "Your account is ready" in answer.text) == (200, True)
    assert department.people.rosters.serial() == before + 1
    credentials = department.credentials(person_id)
    assert Argon2Passwords().verify(credentials.password_hash, PASSWORD)
    assert credentials.totp_secret == secret
    assert [passkey.credential_id for passkey in credentials.passkeys] == [key.credential_id]
    assert credentials.release_secret not in {"", account.credentials.release_secret}
    assert person.get("/password").status_code == 403
    overview = next(it for it in department.people.overviews() if it.entry.person.person_id == person_id)
    assert (overview.has_password, overview.passkeys) == (True, 1)
    change = department.people.changes()[-2]
    assert (change.author, change.new) == (f"person:{person_id}", {"password": "set", "code": "set", "passkeys": 1})


def test_whoever_finished_signs_in_at_the_department(department: Department) -> None:
    person_id, token = department.invite()
    person = department.invitee()
    person.set_up(token, PASSWORD)
    used_code = person.code()
    person.post("/finish")
    store, accounts = Argon2Passwords(), DepartmentAccounts(department.database)
    with accounts.reading() as rows:
        account = rows.account_of(person_id)
    assert account is not None

    def outcome(code: str, later_s: float) -> SignInOutcome:
        now = datetime.now(UTC) + timedelta(seconds=later_s)
        place = SignInPlace(Instant("boot", 10**12, now, UtcSource.NTP, 5.0), "chief", "local", CJIS.notice)
        return sign_in(accounts, store, CJIS, PasswordAttempt(account.person.badge, PASSWORD, code), place).outcome

    assert outcome(used_code, 0) in {SignInOutcome.CODE_USED, SignInOutcome.WRONG_CODE}
    later = pyotp_code(account.credentials.totp_secret, 2 * STEP_S)
    assert outcome(later, 2 * STEP_S) is SignInOutcome.SIGNED_IN


def test_an_address_is_good_for_one_time(department: Department) -> None:
    _, token = department.invite()
    first, second = department.invitee(), department.invitee()
    assert first.post("", token=token).status_code == 303
    answer = second.post("", token=token)
    assert (answer.status_code, "has ended or was used before" in answer.text) == (403, True)
    assert "set-cookie" not in answer.headers
    assert second.get("/password").status_code == 403


def test_a_newer_address_and_a_suspension_end_an_older_one(department: Department) -> None:
    person_id, old_token = department.invite()
    begun = department.invitee()
    assert begun.post("", token=old_token).status_code == 303
    token = department.people.invite(department.author(), person_id).token
    assert begun.get("/password").status_code == 403
    person = department.invitee()
    person.set_up(token, PASSWORD)
    department.people.suspend(department.author(), person_id)
    assert person.post("/finish").status_code == 403
    assert not department.credentials(person_id).password_hash


def test_the_cookie_is_kept_from_scripts_and_other_sites(department: Department) -> None:
    _, token = department.invite()
    answer = department.invitee().post("", token=token)
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-invitation=")
    assert all(f"; {word}" in cookie for word in ("secure", "httponly", "samesite=strict", "path=/", "max-age=3600"))
    assert token not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        (PASSWORD, f"{PASSWORD}!", "The two passwords differ"),
        ("short", "short", "8 to 128 characters"),
        ("password123", "password123", "on the list of common ones"),
        ("ana.ruiz", "ana.ruiz", "made of your name"),
        ("", "", "8 to 128 characters"),
    ],
)
def test_a_password_that_is_not_good_enough_is_told_why(
    department: Department, password: str, again: str, says: str
) -> None:
    _, token = department.invite()
    person = department.invitee()
    person.post("", token=token)
    answer = person.post("/password", password=password, again=again)
    assert answer.status_code == 422
    assert says in answer.text
    assert not password or password not in answer.text
    assert person.get("/code").headers["Location"] == "/invitation/password"


def test_a_wrong_code_leads_no_further_and_too_many_end_it(department: Department) -> None:
    _, token = department.invite()
    person = department.invitee()
    person.post("", token=token)
    person.post("/password", password=PASSWORD, again=PASSWORD)
    right = person.code()
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(20):
        assert person.post("/code", code=wrong).status_code == 422
    for path in ("/passkeys", "/passkeys/options", "/finish"):
        assert person.post(path).status_code == 403
    answer = person.post("/code", code=person.code())
    assert (answer.status_code, "too many codes" in answer.text.lower()) == (403, True)


@pytest.mark.parametrize("response", ["", "{}", "null", json.dumps({"id": "x"})])
def test_what_is_no_passkey_is_refused(department: Department, response: str) -> None:
    _, token = department.invite()
    person = department.invitee()
    person.set_up(token, PASSWORD)
    person.post("/passkeys/options")
    assert person.client.post("/invitation/passkeys", data={"answer": response}, headers=OWN).status_code == 403
    assert "None yet" in person.get("/passkeys").text


def test_other_sites_send_nothing(department: Department) -> None:
    _, token = department.invite()
    person = department.invitee()
    own = f"https://{DOMAIN}:{department.port}"
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none", "Origin": own},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {},
    ):
        answer = person.post("", headers=headers, token=token)
        assert (answer.status_code, "another site" in answer.text) == (403, True), headers
    assert person.post("", headers={"Origin": own}, token=token).status_code == 303


def test_every_answer_is_safe_and_nothing_else_is_served(department: Department) -> None:
    person = department.invitee()
    for path, status in {
        "/invitation": 200,
        "/invitation/password": 403,
        "/invitation/code": 403,
        "/invitation/passkeys": 403,
        FILES.address("invitation.css"): 200,
        FILES.address("invitation.js"): 200,
        FILES.address("invitation.js").replace("invitation.js", "../app.py"): 404,
        FILES.address("invitation.js").replace("invitation.js", ""): 404,
        "/files/another/invitation.js": 404,
        "/": 404,
        "/invitation/": 404,
        "/v1/items": 404,
        "/docs": 404,
    }.items():
        answer = person.client.get(path)
        assert answer.status_code == status, path
        assert_safe(answer)
    too_long = person.client.post("/invitation", content=b"x" * 20_000, headers=OWN)
    assert too_long.status_code == 413
    assert_safe(too_long)
    wrong_method = person.client.delete("/invitation")
    assert wrong_method.status_code == 405
    assert_safe(wrong_method)


def test_many_wrong_tokens_have_to_wait(department: Department) -> None:
    person = Invitee(department.directory, department.port, "127.0.0.9")
    texts = [person.post("", token=f"wrong-{number}").text for number in range(11)]
    assert ["was used before" in text for text in texts] == [True] * 10 + [False]
    assert "wait ten minutes" in texts[-1]
    _, token = department.invite()
    assert person.post("", token=token).status_code == 303
    assert department.invitee().get("").status_code == 200


def test_the_port_is_noted_for_those_who_invite(department: Department) -> None:
    ports = served_ports(department.directory)
    assert ports is not None
    assert ports.people_port == department.port


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def pyotp_code(secret: str, later_s: float) -> str:
    return pyotp.TOTP(secret).at(int(datetime.now(UTC).timestamp() + later_s))
