"""The command for trainings, by role and with bad input, and what the lists and warnings say of them."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.people.people_rows import replace_entries
from alpr_edge.department.people.person_fields import changed_entry
from alpr_edge.department.people.registry import require_entry
from tests.cli.access.test_walk import ROWS
from tests.cli.department.test_inquiries import ROLES, newest, run, sign_in_as
from tests.department.inquiries.inquirers import Inquirers

ROW = ROWS["department people training"]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Inquirers:
    return Inquirers.make(tmp_path_factory.mktemp("trainings") / "department", now=datetime.now(UTC))


def test_the_command_is_for_the_roles_of_the_reviewed_file(people: Inquirers) -> None:
    for number, role in enumerate(ROLES):
        sign_in_as(people, role)
        done = run(people, "people", "training", "B0", "--alpr-until", f"2090-01-{number + 1:02}", "--json")
        may = role.replace("-", "_") in ROW.roles
        assert done.exit_code == (0 if may else 3), (role, done.output)
        record = newest(people, 3 if may else 1)[0]
        assert (record.action, record.outcome.value) == (ROW.operation, "allowed" if may else "refused")
        assert not may or json.loads(done.stdout)["roster_serial"] == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("B0",), "say which training: --cjis-until or --alpr-until"),
        (("B0", "--cjis-until", "soon"), "cjis_training_until: 'soon' is no date; write it as 2027-06-30"),
        (("nobody", "--cjis-until", "2090-01-01"), "nobody: nobody has this id, badge or e-mail address"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(people: Inquirers, words: tuple[str, ...], told: str) -> None:
    sign_in_as(people, "training-supervisor")
    done = run(people, "people", "training", *words)
    assert (done.exit_code in {1, 2}, done.stdout) == (True, "")
    (line,) = done.stderr.splitlines()
    assert told in line


def test_a_training_that_ends_is_listed_and_warned_of(people: Inquirers) -> None:
    assert "no training has ended" in run(people, "people", "list", "--training-ends").stdout
    soon = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    with closing(DepartmentDatabase(people.directory, create=False)) as database, database.writing() as connection:
        entry = require_entry(connection, "B1")
        replace_entries(connection, [changed_entry(entry, {"cjis_training_until": soon})])
    listed = run(people, "people", "list", "--training-ends", "--json").stdout.splitlines()
    assert [json.loads(line)["badge"] for line in listed] == ["B1"]
    warning = "people with a training that ends within 30 days: 1; see: alpr-edge department people list"
    assert warning in run(people, "status").stdout
    assert warning in run(people, "alarms", "--dry-run").stdout
