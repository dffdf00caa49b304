"""``alpr-edge sign-in`` and ``sign-out``: all is asked for, every try is on record, and nothing secret is told."""

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from typer.testing import CliRunner, Result

from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.access.roster_update import install_roster
from alpr_edge.cli import app
from alpr_edge.cli.caller import caller
from alpr_edge.domain.access_log.changes import NONE
from alpr_edge.domain.access_log.records import RecordedChange
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Person, Role, Training
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import sign_roster
from alpr_edge.settings import load
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.unit_store import open_store
from tests.domain.people.builders import DEPARTMENT, SIGNING_KEY
from tests.staff import BEGUN, FOR_STOLEN, ROSTER_KEY, Staff, staff_person
from tests.units import write_bare_unit

PASSWORD = "correct horse battery"
PERSON = staff_person("ana", Role.OFFICER, name="Ana Ruiz")
SUPERVISORS = (
    staff_person("sam", Role.SUPERVISOR, may_unlock=True),
    staff_person("helper", Role.SUPERVISOR),  # whom nobody designated
)


class Typist:
    """Somebody who types at one unit; each code is used once, as on a real phone."""

    def __init__(self, folder: Path) -> None:
        self.settings = write_bare_unit(folder)
        self.staff = Staff(self.settings)
        with open_store(self.staff.unit, migrate=True):
            pass
        self._serial = 10
        self._hash = Argon2Passwords().hash(PASSWORD)
        self.install()

    def install(self, who: Person = PERSON) -> None:
        """A roster with a secret that no code was used of: tests need no second 30 seconds apart."""
        self.secret = pyotp.random_base32()
        self._serial += 1
        header = RosterHeader(DEPARTMENT, self._serial, BEGUN, who.valid_until)
        credentials = Credentials(self._hash, self.secret, password_set=BEGUN)
        members = (Member(who, credentials), *map(Member, SUPERVISORS))
        content = sign_roster(Roster(header, members), SIGNING_KEY)
        unit = self.staff.unit
        with open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False) as accounts:
            install_roster(accounts, content, ROSTER_KEY, self.staff.clock.now())
            with accounts.writing() as rows:
                rows.set_lock("ana", None)
                rows.set_failures("ana", ())
                rows.use_step("ana", -1)

    def run(self, *words: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, [*words, "--settings", str(self.settings)], input=typed)

    def sign_in(self, password: str = PASSWORD, acknowledgement: str = "y", code: str | None = None) -> Result:
        code = self.code() if code is None else code
        return self.run("sign-in", "--person", PERSON.badge, typed=f"{acknowledgement}\n{password}\n{code}\n")

    def code(self) -> str:
        """What the phone shows now."""
        return pyotp.TOTP(self.secret).at(datetime.now(UTC))

    @property
    def session_file(self) -> Path:
        return self.staff.unit.unit.runtime_directory / "sessions" / f"session-{caller()}"


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Typist:
    return Typist(tmp_path_factory.mktemp("signing"))


@pytest.fixture
def typist(unit: Typist) -> Typist:
    """The unit as nobody has signed in to it yet."""
    unit.install()
    unit.session_file.unlink(missing_ok=True)
    return unit


def test_whoever_signs_in_sees_reads_until_they_sign_out(typist: Typist) -> None:
    before = len(typist.staff.records())
    done = typist.sign_in()
    assert done.exit_code == 0, done.output
    assert "signed in: Ana Ruiz; for 12 hours, locks after 30 idle minutes" in done.stdout
    assert "first sign-in with this login on this unit" in done.stdout
    assert "restricted government information system" in done.stderr
    assert stat.S_IMODE(typist.session_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(typist.session_file.parent.stat().st_mode) == 0o700
    asked = typist.run("holds", "list", *FOR_STOLEN)
    assert asked.exit_code != 3, asked.stderr
    assert "already signed in" in typist.run("sign-in").stderr
    assert typist.run("sign-out").stdout == "signed out\n"
    assert not typist.session_file.exists()
    assert typist.run("holds", "list", *FOR_STOLEN).exit_code == 3
    assert typist.run("sign-out").stdout == "no user was signed in\n"
    records = [(record.action, record.person, record.outcome) for record in typist.staff.records()[before:]]
    assert records[0] == ("sign_in", "Ana Ruiz", "allowed")
    assert records[-2:] == [("sign_out", "Ana Ruiz", "allowed"), ("show_holds", caller(), "refused")]


def test_whose_training_ends_soon_is_told_so_at_each_sign_in(typist: Typist) -> None:
    last = (BEGUN + timedelta(days=4)).astimezone().date()
    soon = datetime.combine(last + timedelta(days=1), datetime.min.time()).astimezone(UTC)
    typist.install(replace(PERSON, training=Training(BEGUN + timedelta(days=300), soon)))
    assert f"your training expires on {last}: renew it before" in typist.sign_in().stdout
    typist.run("sign-out", "--lock")
    again = json.loads(typist.run("sign-in", "--json", typed=f"{PASSWORD}\n").stdout)
    assert again["training_ends"] == rfc3339(soon)


def test_a_locked_session_is_opened_by_the_password_alone(typist: Typist) -> None:
    before = len(typist.staff.records())
    assert typist.sign_in().exit_code == 0
    assert "locked" in typist.run("sign-out", "--lock").stdout
    refusal = typist.run("holds", "list", *FOR_STOLEN)
    assert (refusal.exit_code, "open it with your password" in refusal.stderr) == (3, True)
    assert typist.run("sign-in", typed="wrong\n").exit_code == 3
    done = typist.run("sign-in", "--json", typed=f"{PASSWORD}\n")
    person = {"person_id": "ana", "name": "Ana Ruiz"}
    assert json.loads(done.stdout) == person | {"outcome": "reopened", "is_new_place": False, "training_ends": None}
    assert typist.run("holds", "list", *FOR_STOLEN).exit_code != 3
    actions = [record.action for record in typist.staff.records()[before:]]
    assert [actions.count(each) for each in ("lock_session", "reopen_session")] == [1, 2]


def test_wrong_unknown_and_locked_are_told_alike_and_each_try_is_on_record(typist: Typist) -> None:
    before = len(typist.staff.records())
    answers = [typist.sign_in("wrong") for _ in range(5)]
    answers += [typist.sign_in(), typist.run("sign-in", "--person", "nobody", typed=f"y\n{PASSWORD}\n000000\n")]
    told = {(done.exit_code, done.stdout, done.stderr.splitlines()[-1]) for done in answers}
    assert len(told) == 1
    assert next(iter(told))[0] == 3
    assert [record.reason for record in typist.staff.records()[before:]] == [
        *["wrong_password"] * 4,
        "wrong_password; the account is locked",
        "locked",
        "unknown",
    ]
    assert typist.staff.records()[-1].person == caller(), "what was typed as a name stands in no record"


def test_the_notice_comes_first(typist: Typist) -> None:
    done = typist.sign_in(acknowledgement="n")
    assert (done.exit_code, "acknowledge the notice" in done.stderr) == (3, True)
    assert typist.staff.records()[-1].reason == "notice"


def test_a_code_is_used_once(typist: Typist) -> None:
    code = typist.code()
    assert typist.sign_in(code=code).exit_code == 0
    typist.session_file.unlink()
    assert typist.sign_in(code=code).exit_code == 3
    assert typist.staff.records()[-1].reason == "code_used"


def test_nothing_secret_is_told_or_kept(typist: Typist) -> None:
    output = typist.sign_in().output + typist.sign_in("wrong password 1").output
    bodies = "".join(record.model_dump_json() for record in typist.staff.records())
    for secret in (
        PASSWORD,
        "wrong password 1",
        typist.secret,
        typist.session_file.read_text(encoding="ascii").strip(),
    ):
        assert secret not in output
        assert secret not in bodies


def test_no_answer_on_standard_input_is_one_line(typist: Typist) -> None:
    done = typist.run("sign-in", "--person", "x", typed="y\n")
    assert (done.exit_code, "no answer on standard input to: Password" in done.stderr) == (3, True)


def test_a_unit_without_a_roster_says_so(tmp_path: Path) -> None:
    settings = write_bare_unit(tmp_path)
    with open_access_log(load(settings), migrate=True):
        pass
    done = CliRunner().invoke(app, ["sign-in", "--settings", str(settings)])
    assert (done.exit_code, "no roster of people is here yet" in done.stderr) == (3, True)


def test_a_supervisor_beside_the_officer_unlocks_them_and_the_officer_signs_in(typist: Typist) -> None:
    """With no link: by the supervisor's own session at this unit, whom the agency designated for it (CJIS AC-7)."""
    for _ in range(5):
        assert typist.sign_in("wrong").exit_code == 3
    assert typist.sign_in().exit_code == 3
    before = len(typist.staff.records())
    for nobody in ("helper", "ana"):
        typist.staff.sign_in_here(nobody)
        assert typist.run("accounts", "unlock", PERSON.badge).exit_code == 3
    typist.staff.sign_in_here("sam")
    done = typist.run("accounts", "unlock", PERSON.badge, "--json")
    assert json.loads(done.stdout) == {"person": PERSON.badge, "way": "supervisor"}
    record = typist.staff.records()[-1]
    assert (record.action, record.person_id, record.outcome) == ("unlock_account", "sam", "allowed")
    assert record.changes == (RecordedChange(name="lock:ana", before="locked", after=NONE),)
    records = typist.staff.records()[before:]
    assert {(each.action, each.objects) for each in records} == {("unlock_account", ("ana",))}, "tries of others too"
    assert PERSON.badge not in "".join(each.model_dump_json() for each in records), "nor does it say what was typed"
    typist.session_file.unlink()
    assert typist.sign_in().exit_code == 0
