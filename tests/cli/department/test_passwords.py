"""The command by which somebody changes their own password: the whole way, by role, and what is told otherwise."""

import json
from datetime import UTC, datetime

import pyotp
import pytest

from alpr_edge.cli.access.session_file import remove_token
from alpr_edge.cli.caller import caller
from tests.cli.access.test_walk import ROWS
from tests.cli.department.test_inquiries import ROLES, newest, run, sign_in_as
from tests.department.inquiries.inquirers import SECRET, Inquirers
from tests.department.people.office import PASSWORD

NEW = "another river under elms"
ROW = ROWS["department password"]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Inquirers:
    return Inquirers.make(tmp_path_factory.mktemp("passwords") / "department", now=datetime.now(UTC))


def lines(present: str = PASSWORD, new: str = NEW, again: str = "", code: str = "") -> str:
    return f"{present}\n{new}\n{again or new}\n{code or pyotp.TOTP(SECRET).now()}\n"


def test_somebody_changes_their_password_and_the_roster_goes_out(people: Inquirers) -> None:
    sign_in_as(people, "officer")
    done = run(people, "password", given=lines())
    assert done.exit_code == 0, done.output
    assert done.stdout == (
        "your password is changed; your other sessions have ended\n"
        "roster 2 is published; units fetch it with their next delivery\n"
    )
    actions = [(each.action, each.outcome.value) for each in newest(people, 5)]
    own = ("show_own_account", ROW.operation, "confirm_factors")
    assert actions == [(action, "allowed") for action in (*own, "change_people", "change_people")]
    again = run(people, "password", "--json", given=lines(code="000000"))
    assert (again.exit_code, again.stdout) == (3, "")
    assert not any(secret in done.output for secret in (PASSWORD, NEW))


@pytest.mark.parametrize("role", [role for role in ROLES if role != "officer"])
def test_the_command_is_for_the_roles_of_the_reviewed_file(people: Inquirers, role: str) -> None:
    sign_in_as(people, role)
    done = run(people, "password", "--json", given=lines())
    assert role.replace("-", "_") in ROW.roles
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["person_id"] == people.ids[role]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"present": "wrong"}, "not accepted: password, code or passkey is wrong"),
        ({"again": "another"}, "the two new passwords differ"),
        ({"new": "short"}, "a password has 8 to 128 characters"),
        (None, "no answer on standard input to: Present password"),
    ],
    ids=["wrong", "another", "short", "none"],
)
def test_what_does_not_do_is_one_line(people: Inquirers, given: dict[str, str] | None, told: str) -> None:
    sign_in_as(people, "officer")
    done = run(people, "password", given="" if given is None else lines(**given))
    assert (done.exit_code != 0, done.stdout) == (True, "")
    (line,) = done.stderr.splitlines()
    assert told in line


def test_without_a_session_nothing_is_asked(people: Inquirers) -> None:
    remove_token(people.directory, caller())
    done = run(people, "password", given=lines())
    assert (done.exit_code, done.stdout, done.stderr) == (
        3, "", "alpr-edge: sign in first: alpr-edge department sign-in\n",
    )  # fmt: skip
