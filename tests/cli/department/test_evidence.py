"""The commands for the passphrase of a package: the whole way, and by role."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.media_keys import make_media_key
from tests.cli.access.test_walk import ROWS
from tests.cli.department.test_inquiries import ROLES, newest, run, sign_in_as
from tests.department.evidence.test_bookings import PACKAGE, PASSPHRASE, answer, booking
from tests.department.inquiries.inquirers import Inquirers

ASK = ("evidence", "ask", PACKAGE, "--reason", "court asks")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Inquirers:
    some = Inquirers.make(tmp_path_factory.mktemp("evidence") / "department", now=datetime.now(UTC))
    files = TlsFiles(some.directory)
    make_media_key(files)
    with closing(Storage(some.directory, create=False)) as storage:
        answer(storage, booking(files))
    return some


def ask(people: Inquirers, role: str) -> str:
    sign_in_as(people, role)
    done = run(people, *ASK, "--json")
    assert done.exit_code == 0, done.output
    return str(json.loads(done.stdout)["request_id"])


def test_one_asks_another_approves_and_the_first_looks(people: Inquirers) -> None:
    request = ask(people, "records")
    early = run(people, "evidence", "passphrase", request)
    assert (early.exit_code, "another person has to approve it first" in early.stderr) == (1, True)
    sign_in_as(people, "supervisor")
    approved = run(people, "evidence", "approve", request)
    assert (approved.exit_code, f"{request}: approved; Records may look until" in approved.stdout) == (0, True)
    sign_in_as(people, "records")
    shown = run(people, "evidence", "passphrase", request)
    assert (shown.exit_code, shown.stdout) == (0, f"{PASSPHRASE}\n")
    told = json.loads(run(people, "evidence", "passphrase", request, "--json").stdout)
    assert told == {"request_id": request, "passphrase": PASSPHRASE}
    listed = run(people, "evidence", "list").stdout
    assert "approved by Supervisor" in listed
    assert PASSPHRASE not in listed


@pytest.mark.parametrize("role", ROLES)
def test_each_command_is_for_the_roles_of_the_reviewed_file(people: Inquirers, role: str) -> None:
    other = "records" if role != "records" else "commander"
    waiting = ask(people, other)
    sign_in_as(people, role)
    for words in (ASK, ("evidence", "approve", waiting)):
        row = ROWS[f"department evidence {words[1]}"]
        done = run(people, *words)
        may = role.replace("-", "_") in row.roles
        assert done.exit_code == (0 if may else 3), (words, done.output)
        record = newest(people)[-1]
        assert (record.action, record.outcome.value) == (row.operation, "allowed" if may else "refused")
    refused = run(people, "evidence", "passphrase", waiting)
    assert refused.exit_code in {1, 3}, "it is another person's"
    assert PASSPHRASE not in refused.output
    assert newest(people)[-1].action == ROWS["department evidence passphrase"].operation


def test_a_request_that_is_none_is_told_in_a_line(people: Inquirers) -> None:
    sign_in_as(people, "commander")
    done = run(people, "evidence", "approve", "passphrase-0")
    assert (done.exit_code, done.stderr) == (
        1, "alpr-edge: passphrase-0: no such request; see: alpr-edge department evidence list\n",
    )  # fmt: skip
