"""Holds that a restore lost, as a person meets them: the purge refuses until they are placed again, on record."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.cli.caller import caller
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.domain.access_log.records import parse_record
from tests.cli.department.test_inquiries import STOLEN, sign_in_as
from tests.department.engines import query
from tests.department.inquiries.inquirers import Inquirers
from tests.department.retention.office import TODAY, Office, read_item

HOLD = (*STOLEN, "--case", "26-123456", "--reason", "subpoena 12")


@dataclass(frozen=True)
class Departments:
    """A department, and what was restored from a backup of before its hold; somebody is signed in at both."""

    before: Path
    restored: Path
    steps: list[str]


@pytest.fixture
def departments(tmp_path: Path) -> Iterator[Departments]:
    now = datetime.now(UTC)
    people = Inquirers.make(tmp_path / "before", now=now)
    office = Office(people.directory)
    for name in ("held", "free"):
        office.deliver(read_item(name), days_ago=800)
    office.deliver(read_item("of-today", seen=now), days_ago=(TODAY - now) / timedelta(days=1))
    made = run("backup", office.directory, str(tmp_path / "backups"), "--keys-to", str(tmp_path / "keys"), "--json")
    sign_in_as(people, "records")
    assert run("holds", office.directory, "place", "held", *HOLD).exit_code == 0
    to, keys = tmp_path / "restored", ("--keys", str(tmp_path / "keys"))
    done = CliRunner().invoke(
        app, ["department", "restore", json.loads(made.output)["backup"], str(to), *keys, "--json"]
    )
    query(to, "DELETE FROM leases")  # those of the backup itself, which end after five minutes
    sign_in_as(Inquirers(to, people.ids), "supervisor")
    yield Departments(office.directory, to, json.loads(done.output)["next"])
    office.storage.close()


def run(name: str, directory: Path, *words: str) -> Result:
    """Run a command of the department over a folder."""
    return CliRunner().invoke(app, ["department", name, *words, "--directory", str(directory)])


def reads(directory: Path) -> set[str]:
    """The reads that are there."""
    return {str(row[0]) for row in query(directory, "SELECT read_id FROM reads")}


def test_the_purge_refuses_in_one_line_until_the_holds_were_placed_again(departments: Departments) -> None:
    there = departments.restored
    assert run("holds", there, "list", *STOLEN).output == "nothing is held\n"
    for words in ([], ["--json"], ["--clock-is-right"]):
        refused = run("purge", there, *words)
        assert (refused.exit_code, refused.stdout, len(refused.stderr.splitlines())) == (1, "", 1), words
        assert refused.stderr.endswith("then run: alpr-edge department purge --holds-checked TEXT\n")
    assert reads(there) == {"held", "free", "of-today"}
    assert "warning: a backup was restored, and holds placed since " in run("status", there).output
    placed = run("holds", there, "place", "held", *HOLD)
    assert (placed.exit_code, "and cars are given no holds" in placed.stderr) == (0, True)
    done = run("purge", there, "--holds-checked", "car unit-1; Ana Ruiz")
    assert (done.exit_code, done.stdout.startswith("deleted: 1 read,")) == (0, True)
    assert "; 1 more are old enough and held" in done.stdout
    assert reads(there) == {"held", "of-today"}
    with open_office(there) as office:
        record = parse_record(office.log.newest(1)[0].body)
    assert (record.action, record.person_id) == ("confirm_holds", f"login:{caller()}")
    assert record.note.endswith(": car unit-1; Ana Ruiz")
    assert run("purge", there).exit_code == 0
    assert "a backup was restored" not in run("status", there).output


def test_a_count_deletes_and_confirms_nothing(departments: Departments) -> None:
    there = departments.restored
    assert run("purge", there, "--dry-run").output.startswith("due: 2 reads; 0 more")
    both = run("purge", there, "--dry-run", "--holds-checked", "every car")
    assert (both.exit_code, "--dry-run changes nothing" in both.stderr) == (1, True)
    assert "say where you looked" in run("purge", there, "--holds-checked", " ").stderr
    assert run("purge", there).exit_code == 1


def test_the_steps_name_what_to_look_for_and_the_option(departments: Departments) -> None:
    look, purge = departments.steps[-2:]
    assert "alpr-edge holds list" in look
    assert f"alpr-edge department holds place --directory {departments.restored}" in look
    assert f"alpr-edge department purge --directory {departments.restored} --holds-checked TEXT" in purge


def test_where_nothing_was_restored_the_option_is_refused_and_the_purge_goes_on(departments: Departments) -> None:
    refused = run("purge", departments.before, "--holds-checked", "every car")
    assert (refused.exit_code, refused.stderr) == (
        1,
        "alpr-edge: no holds are missing here: leave out --holds-checked\n",
    )
    query(departments.before, "DELETE FROM leases")
    assert run("purge", departments.before).stdout.startswith("deleted: 1 read,")
    assert reads(departments.before) == {"held", "of-today"}
