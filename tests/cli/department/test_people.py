"""The commands about people and rosters, as an administrator types them."""

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.cli.access.session_file import remove_token
from alpr_edge.cli.caller import caller
from alpr_edge.department.db.engines.sqlite import DATABASE_NAME
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.people.identity_links import IdentityLinks
from alpr_edge.domain.sessions.lockout import CHALLENGE_DIGITS
from tests.cli.access.test_walk import ROWS
from tests.cli.department.test_inquiries import ROLES, newest, sign_in_as
from tests.department.inquiries.inquirers import Inquirers, records_of
from tests.department.people.office import Office, make_department

ANA = ("--name", "Ana Ruiz", "--badge", "1042", "--agency", "MPD", "--email", "ana@modesto.example")

CHANGES = {
    "add": ("--name", "Cy Doe", "--badge", "77", "--agency", "MPD"),
    "change": ("B0", "--title", "Sergeant"),
    "code": ("9", "1" * CHALLENGE_DIGITS),
    "import": ("{folder}/people.csv",),
    "invite": ("B0",),
    "link": ("B0", "subject-7"),
    "suspend": ("B0",),
    "unlink": ("B1",),
    "unlock": ("B0",),
}
"""What each command that changes people is given."""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return make_department(tmp_path / "department")


def run(directory: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["department", *words], env={"ALPR_EDGE_DEPARTMENT": str(directory)})


def run_json(directory: Path, *words: str) -> Any:  # noqa: ANN401 - what a command prints
    done = run(directory, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_an_end_is_listed_as_the_last_day_that_was_typed(directory: Path) -> None:
    run_json(directory, "people", "add", *ANA, "--cjis-until", "2090-06-30", "--alpr-until", "2090-12-31")
    listed = run(directory, "people", "list").stdout
    assert ("to 2090-06-30" in listed, "to 2090-12-31" in listed) == (True, True), listed


def test_a_person_from_the_first_day_to_the_last(directory: Path) -> None:
    person_id = run_json(directory, "people", "add", *ANA, "--role", "officer", "--sworn")["person_id"]
    changed = run_json(
        directory, "people", "change", "1042", "--role", "officer", "--role", "supervisor", "--source", "state"
    )
    assert (changed["roles"], changed["sources"]) == (["officer", "supervisor"], ["state"])
    invitation = run_json(directory, "people", "invite", "ana@modesto.example")
    assert invitation["address"].startswith("https://alpr.modesto.example:8446/invitation#")
    assert run_json(directory, "roster", "show")["serial"] is None
    assert run_json(directory, "roster", "publish")["serial"] == 1
    assert run_json(directory, "people", "unlock", "1042")["roster_serial"] == 2
    listed = run_json(directory, "people", "list")
    assert (listed["person_id"], listed["unlocks"], listed["has_password"]) == (person_id, 1, False)
    signed_out = run_json(directory, "people", "sign-out", "1042", "--reason", "a lost phone")
    about = {"person": "1042", "person_id": person_id, "sessions": 0}
    assert signed_out == about | {"done": "signed out", "roster_serial": 3}
    suspended = run_json(directory, "people", "suspend", person_id, "--left", "--reason", "retired")
    assert suspended == {"person": person_id, "done": "left", "roster_serial": 4}
    assert run(directory, "people", "list", "--json").stdout == ""
    assert run_json(directory, "people", "list", "--all")["status"] == "left"
    shown = run_json(directory, "roster", "show")
    assert (shown["serial"], shown["people"], shown["newer_changes"]) == (4, 0, 0)
    lines = run(directory, "people", "changes", "--json").stdout.splitlines()
    actions = [json.loads(line)["action"] for line in lines]
    published = [each for action in ("unlock", "sign_out", "suspend") for each in (action, "publish")]
    assert actions == ["add", "change", "invite", "publish", *published]
    assert json.loads(lines[-2])["reason"] == "retired"
    with open_office(directory) as office:
        added = records_of(office)[0]
    assert (added.action, added.person_id, added.objects) == ("change_people", f"login:{caller()}", (person_id,))


def test_a_unit_that_is_not_on_record_is_told_of(directory: Path) -> None:
    assert run(directory, "code", "car-1").exit_code == 0
    added = run(directory, "people", "add", *ANA, "--unit", "car-1", "--unit", "car1")
    warning = "warning: car1: there is no such unit yet; see: alpr-edge department unit list\n"
    assert (added.exit_code, added.stderr) == (0, warning)
    changed = run(directory, "people", "change", "1042", "--unit", "car1")
    assert (changed.exit_code, changed.stderr) == (0, warning)
    assert run(directory, "people", "change", "1042", "--unit", "car-1").stderr == ""
    everywhere = run(directory, "people", "change", "1042", "--unit", "", "--json")
    assert (everywhere.stderr, json.loads(everywhere.stdout)["units"]) == ("", [])


def test_the_help_of_a_change_does_not_say_what_is_left_out_as_it_is_for_a_new_person(directory: Path) -> None:
    for command, is_said in (("add", True), ("change", False)):
        words = " ".join(run(directory, "people", command, "--help").stdout.split())
        assert ("Left out: a year" in words, "Left out: you" in words) == (is_said, is_said)


def test_people_are_told_what_to_do_next(directory: Path) -> None:
    assert "people add" in run(directory, "people", "list").stdout
    assert "roster publish" in run(directory, "roster", "show").stdout
    added = run(directory, "people", "add", *ANA).stdout
    assert "alpr-edge department people invite p-" in added
    assert "alpr-edge department roster publish" in added
    invited = run(directory, "people", "invite", "1042")
    assert "once, until" in invited.stdout
    assert f"alpr-edge department serve --directory {directory} --people-port 8446" in invited.stderr
    assert "roster 1 is published" in run(directory, "people", "suspend", "1042").stdout
    table = run(directory, "people", "list").stdout
    assert "Ana Ruiz" in table
    assert "suspended" in table
    assert "nothing yet" in table
    assert "0 changes" not in run(directory, "roster", "show").stdout
    assert "suspend" in run(directory, "people", "changes").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("people", "suspend", "nobody"), "nobody: nobody has this id, badge or e-mail address"),
        (("people", "sign-out", "nobody"), "nobody: nobody has this id, badge or e-mail address"),
        (("people", "change", "1042"), "say what changes"),
        (("people", "add", *ANA, "--role", "chief"), "roles: 'chief' is none of officer"),
        (("people", "add", *ANA, "--cjis-until", "soon"), "cjis_training_until: 'soon' is no date"),
        (("people", "import", "nowhere.csv"), "nowhere.csv: cannot be read"),
    ],
)
def test_an_error_is_one_line(directory: Path, words: tuple[str, ...], says: str) -> None:
    done = run(directory, *words)
    assert done.exit_code != 0
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_an_account_for_another_agency_is_refused_in_a_line_that_says_what_to_do(directory: Path) -> None:
    (directory / "department.toml").write_text('[people]\nname = "MPD"\n', encoding="utf-8")
    done = run(directory, "people", "add", "--name", "Bo Lee", "--badge", "7", "--agency", "County Sheriff")
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "organisation: 'County Sheriff' is not this department (MPD); another agency has no account" in done.stderr
    assert "alpr-edge department release, policy 462.7" in done.stderr
    assert run(directory, "people", "add", *ANA).exit_code == 0


def test_an_import_names_every_faulty_line_and_a_dry_run_changes_nothing(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("badge,name,organisation\n1,Ana,MPD\n2,Bo,MPD\n", encoding="utf-8")
    assert "would be added 2" in run(directory, "people", "import", str(file), "--dry-run").stdout
    assert run(directory, "people", "list", "--json").stdout == ""
    expected = {"added": 2, "changed": 0, "unchanged": 0, "not_in_file": 0}
    assert run_json(directory, "people", "import", str(file)) == expected
    file.write_text("badge,name,organisation\n3,,MPD\n4,Cy,\n", encoding="utf-8")
    done = run(directory, "people", "import", str(file))
    assert done.exit_code != 0
    assert [line.rpartition("people.csv: ")[2] for line in done.stderr.splitlines()[:2]] == [
        "line 2: name: is missing",
        "line 3: organisation: is missing",
    ]
    file.write_bytes(b"badge,name\n\xff,\n")
    assert "not UTF-8" in run(directory, "people", "import", str(file)).stderr


def test_only_the_owner_of_the_folder_or_root_may_do_it(require_system_module: Callable[[str], str]) -> None:
    require_system_module("import os; assert os.geteuid() == 0, 'only root can be somebody else'")
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        os.chown(folder, 12345, -1)
        os.seteuid(12346)
        try:
            done = run(Path(folder), "people", "list")
        finally:
            os.seteuid(0)
    assert done.exit_code == 3
    assert f"only the owner of {folder} or root may change people" in done.stderr


def test_a_person_is_linked_to_the_single_sign_on_of_the_settings(directory: Path) -> None:
    person_id = run_json(directory, "people", "add", *ANA)["person_id"]
    missing = run(directory, "people", "link", "1042", "s-1")
    assert (missing.exit_code, "[single_sign_on] names no issuer; set it first" in missing.stderr) == (1, True)
    (directory / "department.toml").write_text(
        '[single_sign_on]\nissuer = "https://id.example"\nclient_id = "a"\nclient_secret = "/etc/secret"\n'
    )
    linked = run_json(directory, "people", "link", "1042", "s-1")
    assert linked == {"person_id": person_id, "issuer": "https://id.example", "subject": "s-1"}
    assert "single sign-on" in run(directory, "people", "list").stdout
    assert run(directory, "people", "unlink", "1042").stdout == "1042: 1 link taken away\n"
    (directory / "department.toml").write_text('[single_sign_on]\nissuer = "http://id.example"\n')
    assert "single_sign_on.issuer" in run(directory, "people", "link", "1042", "s-1").stderr


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Inquirers:
    """A department in which somebody of each role can sign in, and one more was never invited."""
    some = Inquirers.make(tmp_path_factory.mktemp("people") / "department", now=datetime.now(UTC))
    office = Office(some.directory)
    with closing(office.database):
        office.people.add(office.author, {"name": "Di Fox", "badge": "9", "organisation": "MPD"})
        IdentityLinks(office.database).link(office.author, "B1", "https://id.example", "subject-1")
    (some.directory / "people.csv").write_text("badge,title\nB0,Corporal\n", encoding="utf-8")
    provider = '[single_sign_on]\nissuer = "https://id.example"\nclient_id = "a"\nclient_secret = "/etc/secret"\n'
    (some.directory / "department.toml").write_text(provider, encoding="utf-8")
    return some


@pytest.mark.parametrize("command", CHANGES)
def test_once_an_administrator_can_sign_in_they_alone_change_people(people: Inquirers, command: str) -> None:
    row = ROWS[f"department people {command}"]
    words = ("people", command, *(word.format(folder=people.directory) for word in CHANGES[command]))
    remove_token(people.directory, caller())
    nobody, (record,) = run(people.directory, *words), newest(people)
    assert (nobody.exit_code, nobody.stdout, "sign in first" in nobody.stderr) == (3, "", True)
    assert (record.action, record.outcome, record.reason) == (row.operation, "refused", "session_ended")
    for role in sorted(ROLES, key="alpr-administrator".__eq__):
        sign_in_as(people, role)
        done, (record,) = run(people.directory, *words, "--reason", "as ordered"), newest(people)
        may = role.replace("-", "_") in row.roles
        assert (done.exit_code, record.outcome) == ((0, "allowed") if may else (3, "refused")), done.output
    remove_token(people.directory, caller())
    assert (record.action, record.person_id) == ("change_people", people.ids["alpr-administrator"])
    last = json.loads(run(people.directory, "people", "changes", "--json").stdout.splitlines()[-1])
    assert (last["author"], last["reason"]) == (f"person:{record.person_id}", "as ordered")


def test_without_a_session_a_reason_is_stated_and_stands_on_record(people: Inquirers) -> None:
    remove_token(people.directory, caller())
    words = ("people", "change", "B1", "--title", "Sergeant", "--reason", "as ordered", "--without-session")
    for empty in ("", " "):
        refused = run(people.directory, *words, empty)
        assert (refused.exit_code, "say why you do not sign in" in refused.stderr) == (1, True)
    done = run(people.directory, *words, "the only administrator retired")
    assert done.exit_code == 0, done.output
    (record,) = newest(people)
    note = "without a session: the only administrator retired; as ordered"
    assert (record.person_id, record.objects) == (f"login:{caller()}", (people.ids["supervisor"],))
    assert record.note == f"done: change; {note}"
    assert f"({note})" in run(people.directory, "people", "changes").stdout
    trained = run(people.directory, "people", "change", "B1", "--alpr-until", "2027-01-01", "--without-session", "none")
    assert trained.exit_code == 0, trained.output


def test_a_dry_run_changes_nobody_and_needs_no_session(people: Inquirers) -> None:
    remove_token(people.directory, caller())
    before = newest(people)
    done = run(people.directory, "people", "import", str(people.directory / "people.csv"), "--dry-run")
    assert (done.exit_code, newest(people)) == (0, before)
    (people.directory / "trained.csv").write_text("badge,alpr_training_until\nB0,2027-01-01\n", encoding="utf-8")
    for words, code in (((), 1), (("--without-session", "nobody else is left"), 0)):
        trained = ("people", "import", str(people.directory / "trained.csv"), "--dry-run", *words)
        assert (run(people.directory, *trained).exit_code, newest(people)) == (code, before)


def test_the_record_of_changes_says_from_where_on_the_access_log_has_it(directory: Path) -> None:
    run(directory, "people", "add", *ANA)
    told = run(directory, "people", "changes")
    assert (told.exit_code, told.stdout.splitlines()[-1]) == (
        0,
        "the access log has them from record 1 on, up to the last",
    )
    with closing(sqlite3.connect(directory / DATABASE_NAME)) as connection:
        connection.execute("DROP TRIGGER people_changes_no_delete")
        connection.execute("DELETE FROM people_changes")
        connection.commit()
    for words in ((), ("--json",), ("--from", "9")):
        cut = run(directory, "people", "changes", *words)
        assert (cut.exit_code, cut.stdout, "the end is cut off" in cut.stderr) == (1, "", True)
