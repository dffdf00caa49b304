"""The commands of saved searches: the whole way, by role, and what is told where something does not do."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from alpr_edge.cli.access.session_file import remove_token
from alpr_edge.cli.caller import caller
from alpr_edge.department.ingest.storage import Storage
from tests.cli.access.test_walk import ROWS
from tests.cli.department.test_inquiries import OF_UNIT, PLATE, STOLEN, TRAFFIC, newest, run, sign_in_as
from tests.department.inquiries.inquirers import Inquirers
from tests.department.search.traffic import store_traffic

ADD = ("saved-searches", "add", "--name", "mine")


@pytest.fixture(scope="module")
def inquirers(tmp_path_factory: pytest.TempPathFactory) -> Inquirers:
    some = Inquirers.make(tmp_path_factory.mktemp("saved") / "department", now=datetime.now(UTC))
    with closing(Storage(some.directory, create=False)) as storage:
        store_traffic(storage, TRAFFIC)
    return some


def test_a_search_is_saved_listed_shown_run_and_deleted(inquirers: Inquirers) -> None:
    sign_in_as(inquirers, "officer")
    done = run(inquirers, *ADD, *STOLEN, "--case", "26-123456", "--json", given=f"{PLATE}\n")
    assert done.exit_code == 0, done.output
    saved = json.loads(done.stdout)
    assert (saved["name"], saved["case"], PLATE in done.stdout) == ("mine", "26-123456", False)
    by_unit = run(inquirers, *ADD[:3], "car", *OF_UNIT, *STOLEN, "--days", "3")
    assert ("saved; ends" in by_unit.stdout, by_unit.exit_code) == (True, 0), by_unit.output
    listed = run(inquirers, "saved-searches", "list").stdout
    assert ("mine" in listed, "car" in listed, saved["saved_id"] in listed, PLATE in listed) == (
        True,
        True,
        True,
        False,
    )
    in_json = run(inquirers, "saved-searches", "list", "--json").stdout.splitlines()
    assert [json.loads(line)["name"] for line in in_json] == ["mine", "car"]
    shown = run(inquirers, "saved-searches", "show", saved["saved_id"]).stdout
    assert (f"plates: {PLATE}" in shown, "stolen_vehicle, 26-123456" in shown) == (True, True)
    found = run(inquirers, "saved-searches", "run", saved["saved_id"], "--json")
    *reads, last = [json.loads(line) for line in found.stdout.splitlines()]
    assert {read["read_id"] for read in reads} == {read.read_id for read in TRAFFIC if read.plate == PLATE}
    assert last["has_more"] is False
    (record,) = newest(inquirers)
    assert (record.action, record.query, saved["saved_id"] in record.note) == ("search_reads", PLATE, True)
    sign_in_as(inquirers, "alpr-administrator")
    people = [json.loads(line) for line in run(inquirers, "saved-searches", "people", "--json").stdout.splitlines()]
    assert [(each["name"], each["count"]) for each in people] == [("Officer", 2)]
    assert "Officer" in run(inquirers, "saved-searches", "people").stdout
    sign_in_as(inquirers, "officer")
    assert run(inquirers, "saved-searches", "delete", saved["saved_id"]).stdout == f"{saved['saved_id']}: deleted\n"
    gone = run(inquirers, "saved-searches", "run", saved["saved_id"])
    assert (gone.exit_code, gone.stderr) == (
        1, "alpr-edge: you have no such saved search; it has ended, or was deleted\n",
    )  # fmt: skip


@pytest.mark.parametrize("role", ["records", "alpr-administrator"])
def test_each_command_is_for_the_roles_of_the_reviewed_file(inquirers: Inquirers, role: str) -> None:
    """One role that may search, one that may count; the others are asked of the services."""
    sign_in_as(inquirers, role)
    words = {"add": (*ADD[2:3], f"of {role}", *STOLEN), "list": (), "people": (), "delete": ("none",)}
    for verb, more in words.items():
        row = ROWS[f"department saved-searches {verb}"]
        done = run(inquirers, "saved-searches", verb, *more, given=f"{PLATE}\n")
        may = role.replace("-", "_") in row.roles
        assert done.exit_code == ((1 if verb == "delete" else 0) if may else 3), done.output
        (record,) = newest(inquirers)
        assert (record.action, record.outcome.value) == (row.operation, "allowed" if may else "refused")
    remove_token(inquirers.directory, caller())


@pytest.mark.parametrize(
    ("words", "given", "told"),
    [
        ((*ADD, PLATE, *STOLEN), "", "no plate on the command line"),
        ((*ADD, "--last", "7", *OF_UNIT, *STOLEN), "", "a time is --last, or --from and --to"),
        (ADD, f"{PLATE}\n", "say what it is for: --purpose"),
        (("saved-searches", "show", "none"), "", "you have no such saved search"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(
    inquirers: Inquirers, words: tuple[str, ...], given: str, told: str
) -> None:
    sign_in_as(inquirers, "commander")
    done = run(inquirers, *words, given=given)
    assert done.exit_code in {1, 2, 3}
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert told in line
    assert PLATE not in line
