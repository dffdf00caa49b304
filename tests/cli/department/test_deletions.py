"""``department purge`` and ``department deletions``, as a person runs them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from tests.department.retention.office import TODAY, Office, read_item


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "department")
    office.deliver(read_item("old"), days_ago=800)
    now = datetime.now(UTC)
    office.deliver(read_item("of-today", seen=now), days_ago=(TODAY - now) / timedelta(days=1))
    yield office
    office.storage.close()


def run(office: Office, *words: str) -> Result:
    return CliRunner().invoke(app, ["department", *words, "--directory", str(office.directory)])


def test_what_is_due_is_counted_deleted_listed_and_checked(office: Office) -> None:
    assert run(office, "deletions", "list").output == "nothing was deleted\n"
    assert "due: 1 read; 0 more" in run(office, "purge", "--dry-run").output
    assert json.loads(run(office, "purge", "--dry-run", "--json").output) == {"reads": 1, "held": 0, "refused": ""}
    assert "reads are due since 7 days and more" in run(office, "status").output
    deleted = run(office, "purge")
    assert (deleted.exit_code, deleted.output.startswith("deleted: 1 read, 0 hits, 0 pictures")) == (0, True)
    again = json.loads(run(office, "purge", "--json").output)
    assert (again["reads"], again["number"], again["is_whole"]) == (0, 1, True)
    first, second = map(json.loads, run(office, "deletions", "list", "--json").output.splitlines())
    assert (first["reads"], second["reads"]) == (1, 0)
    listed = run(office, "deletions", "list").output
    assert "Government Code 34090.6" in " ".join(listed.split())
    assert "2 records of deletions, as signed" in run(office, "deletions", "verify").output
    about = json.loads(run(office, "deletions", "verify", "--json").output)
    assert (about["ok"], about["records"]) == (True, 2)
    assert about["checkpoint"].startswith("alpr-edge/department/deletions\n2\n")


def test_a_changed_record_and_wrong_settings_end_with_a_line(office: Office) -> None:
    run(office, "purge")
    office.execute("DROP TRIGGER deletion_runs_no_update")
    office.execute("UPDATE deletion_runs SET record = CAST(replace(record, '\"reads\":1', '\"reads\":0') AS BLOB)")
    changed = run(office, "deletions", "verify")
    assert (changed.exit_code, "are not those that were signed" in changed.output) == (1, True)
    office.settings("[retention]\nread_days = 30\n")
    refused = run(office, "purge")
    assert (refused.exit_code, "below the 366 days of the law" in refused.output) == (2, True)


def test_a_clock_that_cannot_be_right_ends_with_a_line(office: Office) -> None:
    office.execute("UPDATE reads SET seen_at = '2026-05-04 12:30:00.000000'")
    for words in (["purge"], ["purge", "--dry-run"], ["status"]):
        assert "is deleted; set the clock" in " ".join(run(office, *words).output.split()), words
    refused = run(office, "purge", "--json")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "deleted: 1 read" in run(office, "purge", "--clock-is-right").output
    assert "the clock was said to be right" in " ".join(run(office, "deletions", "list").output.split())
