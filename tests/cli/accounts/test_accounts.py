"""Accounts of a unit without a department: from the first administrator on, at the command line."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyotp
import pytest
from typer.testing import CliRunner, Result

from alpr_edge.access.totp import STEP_S
from alpr_edge.cli import app
from alpr_edge.domain.access_log.changes import NONE
from alpr_edge.domain.access_log.records import AccessOutcome, AccessRecord, RecordedChange, parse_record
from alpr_edge.domain.sessions.lockout import new_lock, release_code
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import load
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access_log.log import open_access_log
from tests.staff import Staff
from tests.units import write_bare_unit

PASSWORD = "quiet river under oaks"
WHY = ("--break-glass", "first administrator of this unit")
WHO = "Ann Chief\nModesto PD\n"
TRAINED = ("--cjis-until", "2090-01-01", "--alpr-until", "2090-01-01")
AGENCY = ("--agency", "Modesto PD")


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A unit that nobody can sign in to yet."""
    folder = tmp_path_factory.mktemp("solo")
    settings = write_bare_unit(folder)
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[unit]\n", '[unit]\nid = "solo-1"\n'))
    (folder / "runtime").mkdir()
    return settings


@pytest.fixture(scope="module")
def root(unit: Path) -> dict[str, str]:
    """What the unit's own command passes on when root calls it."""
    return {"ALPR_EDGE_CALLER": "chief", "CREDENTIALS_DIRECTORY": str(unit.parent / "none")}


def edge(unit: Path, *words: str, env: dict[str, str], stdin: str = "") -> Result:
    return CliRunner().invoke(app, [*words, "--settings", str(unit)], input=stdin, env=env)


def records(unit: Path) -> list[AccessRecord]:
    with open_access_log(load(unit), migrate=False) as log:
        return [parse_record(body) for _, body in log.read_bodies(0, 1000)]


def add(unit: Path, root: dict[str, str], badge: str) -> None:
    """Somebody who cannot sign in."""
    words = ("accounts", "add", "--badge", badge, "--name", f"Officer {badge}", *AGENCY)
    assert edge(unit, *words, *WHY, env=root, stdin=WHO).exit_code == 0


def invite(unit: Path, badge: str, env: dict[str, str], *words: str, stdin: str = "") -> str:
    """Have somebody set password and code as at a terminal; returns the secret of their app."""
    command = [sys.executable, "-m", "alpr_edge", "accounts", "invite", badge, *words, "--settings", str(unit)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | env,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(f"{stdin}{PASSWORD}\n{PASSWORD}\n")
        process.stdin.flush()
        match = re.search(r"type its key: ([A-Z2-7 ]+)", process.stderr.readline())
        assert match, process.stderr.read()
        secret = match[1].replace(" ", "")
        # The code before this one, so that the present one is left for the sign-in.
        process.stdin.write(pyotp.TOTP(secret).at(int(SystemClock().now().utc.timestamp()) - STEP_S) + "\n")  # type: ignore[union-attr]
        process.stdin.close()
        output = process.stdout.read()
        assert process.wait(60) == 0, process.stderr.read()
    assert secret not in output
    return secret


def test_root_makes_the_first_administrator_who_then_manages_people(unit: Path, root: dict[str, str]) -> None:
    add = ("accounts", "add", "--badge", "100", "--name", "Ann Chief", *AGENCY, "--role", "alpr_administrator")
    refused = edge(unit, *add, *TRAINED, env=root)
    assert (refused.exit_code, refused.stderr) == (3, "alpr-edge: sign in first: alpr-edge sign-in\n")
    done = edge(unit, *add, *TRAINED, *WHY, "--json", env=root, stdin=WHO)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["badge"] == "100"
    secret = invite(unit, "100", root, *WHY, stdin=WHO)
    first, second, third = (record for record in records(unit) if record.action == "change_people")
    assert (first.outcome, second.outcome, third.outcome) == (AccessOutcome.REFUSED, *[AccessOutcome.ALLOWED] * 2)
    assert all(record.break_glass and "first administrator" in record.reason for record in (second, third))
    assert (third.changes[0].name, third.changes[0].after) == ("credentials", "password and one-time code")
    typed = f"y\n100\n{PASSWORD}\n{pyotp.TOTP(secret).now()}\n"
    assert edge(unit, "sign-in", env=root, stdin=typed).exit_code == 0

    officer = ("--badge", "7", "--name", "Ana Ruiz", *AGENCY, "--role", "officer", *TRAINED)
    assert edge(unit, "accounts", "add", *officer, env=root).exit_code == 0
    twice = edge(unit, "accounts", "add", *officer, env=root)
    assert (twice.exit_code, "share an id, a badge" in twice.stderr) == (1, True)
    changed = edge(unit, "accounts", "change", "7", "--role", "officer", "--role", "supervisor", "--json", env=root)
    assert json.loads(changed.stdout)["roles"] == ["officer", "supervisor"]
    assert edge(unit, "accounts", "suspend", "7", env=root).stdout == "7 is now suspended\n"
    alone = edge(unit, "accounts", "suspend", "100", env=root)
    assert (alone.exit_code, "nobody would be left" in alone.stderr) == (3, True)
    assert "2090-01-01" in edge(unit, "accounts", "list", env=root).stdout, "the last day, as it was typed"
    rows = [json.loads(line) for line in edge(unit, "accounts", "list", "--json", env=root).stdout.splitlines()]
    assert [(row["badge"], row["can_sign_in"], row["fault"]) for row in rows] == [
        ("100", True, None),
        ("7", False, "account_suspended"),
    ]
    last = records(unit)[-1]
    assert (last.person, last.action, last.shown) == ("Ann Chief", "show_people", 2)
    changes = {change.name: change.after for record in records(unit) for change in record.changes}
    assert changes["status"] == "suspended"
    log = " ".join(record.model_dump_json() for record in records(unit))
    assert not [each for each in (PASSWORD, secret, "argon2") if each in log]


def test_a_file_of_people_is_imported_or_every_faulty_line_named(unit: Path, root: dict[str, str]) -> None:
    file = unit.parent / "people.csv"
    file.write_text(
        "badge,name,organisation,roles\n8,Bea Cruz,PD,officer\n9,Cy Diaz,PD,wizard\n,,,\n", encoding="utf-8"
    )
    bad = edge(unit, "accounts", "import", str(file), *WHY, env=root, stdin=WHO)
    assert bad.exit_code == 1
    assert "people.csv: line 3: roles: 'wizard' is none of" in bad.stderr
    file.write_text(file.read_text(encoding="utf-8").replace("wizard", "technician"), encoding="utf-8")
    dry = edge(unit, "accounts", "import", str(file), "--dry-run", *WHY, env=root, stdin=WHO)
    assert dry.stdout == "2 people would be added, 0 changed\n"
    done = edge(unit, "accounts", "import", str(file), "--json", *WHY, env=root, stdin=WHO)
    assert json.loads(done.stdout).items() >= {"added": 2, "changed": 0, "unchanged": 0}.items()


def test_the_department_s_code_unlocks_once_and_a_wrong_one_does_not(unit: Path, root: dict[str, str]) -> None:
    add(unit, root, "200")
    settings = load(unit)
    directory, keys = settings.unit.data_directory, settings.store.keys_directory
    with open_accounts(directory, keys, migrate=False) as accounts, accounts.writing() as rows:
        account = rows.account("200")
        assert account is not None
        lock = new_lock(account.person.person_id, SystemClock().now())
        rows.set_lock(account.person.person_id, lock)
    wrong = edge(unit, "accounts", "unlock", "200", "--code", env=root, stdin="ABCDEFGHIJ\n")
    assert (wrong.exit_code, lock.challenge in wrong.stderr) == (3, True)
    code = release_code(account.credentials.release_secret, lock)
    right = edge(unit, "accounts", "unlock", "200", "--code", env=root, stdin=f"{code}\n")
    assert right.stdout == "200 is unlocked, by code\n"
    again = edge(unit, "accounts", "unlock", "200", "--code", env=root, stdin=f"{code}\n")
    assert "no such account is locked here" in again.stderr
    person_id = account.person.person_id
    tries = [record for record in records(unit) if record.action == "unlock_by_code"]
    assert [(each.objects, each.note) for each in tries] == [
        *[((person_id,), note) for note in ("", "not done: AccessError", "", "done")],
        *[((), note) for note in ("", "not done: AccessError")],
    ]
    released = RecordedChange(name=f"lock:{person_id}", before="locked", after=NONE)
    assert [change for each in tries for change in each.changes] == [released]
    typed = (code, "ABCDEFGHIJ", lock.challenge)
    assert not [text for text in typed if text in "".join(each.model_dump_json() for each in tries)]


def test_a_review_makes_the_roster_hold_for_another_year(unit: Path, root: dict[str, str]) -> None:
    add(unit, root, "300")
    before = json.loads(edge(unit, "accounts", "review", "--json", *WHY, env=root, stdin=WHO).stdout)
    after = json.loads(edge(unit, "accounts", "review", "--json", *WHY, env=root, stdin=WHO).stdout)
    assert after["serial"] == before["serial"] + 1
    assert records(unit)[-1].note == "accounts reviewed"


@pytest.mark.parametrize(
    "words", [("invite", "officer"), ("import", "people.csv", "--dry-run")], ids=lambda each: each[0]
)
def test_where_people_come_from_a_department_nobody_types_anything_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = write_bare_unit(tmp_path)
    Staff(settings).sign_in_here()
    Path("people.csv").write_text("badge,name,organisation,roles\n8,Bea Cruz,PD,officer\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["accounts", *words, "--settings", str(settings)], input=f"{PASSWORD}\n{PASSWORD}\n")
    assert (done.exit_code, done.stdout) == (3, ""), done.output
    assert done.stderr.startswith("alpr-edge: the people of this unit come from ")
    assert done.stderr.count("\n") == 1
