"""The commands of the department's holds: the whole way of one, by role, and what is refused; each on record."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alpr_edge.cli.access.session_file import remove_token
from alpr_edge.cli.caller import caller
from alpr_edge.cli.output import time_text
from alpr_edge.domain.instants import moment_in
from tests.cli.access.test_walk import ROWS
from tests.cli.department.test_inquiries import ROLES, STOLEN, newest, run, sign_in_as
from tests.department.enrolment import enrol_unit
from tests.department.inquiries.inquirers import Inquirers

CASE, READ, UNTIL = "26-123456", "car-1:r1", "2099-12-31"
FOR_CASE = (*STOLEN, "--case", CASE)
AREA = ("--area", "37.639,-120.997,500", "--from", "2026-05-04T18:00", "--to", "2026-05-05T02:00")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Inquirers:
    folder = tmp_path_factory.mktemp("holds")
    some = Inquirers.make(folder / "department", now=datetime.now(UTC))
    enrol_unit(some.directory, "car-1", folder / "car-1")
    return some


def place_hold(people: Inquirers, role: str = "records", case: str = CASE) -> str:
    """The id of a hold that somebody with a role placed."""
    sign_in_as(people, role)
    words = ("holds", "place", READ, *STOLEN, "--case", case, "--reason", "subpoena 12", "--until", UNTIL, "--json")
    done = run(people, *words)
    assert done.exit_code == 0, done.output
    return str(json.loads(done.stdout)["hold_id"])


def test_a_hold_is_placed_extended_and_released_and_the_list_says_who_ended_it(people: Inquirers) -> None:
    first = place_hold(people)
    record = newest(people)[0]
    assert (record.action, record.person, record.case, record.note) == ("hold_read", "Records", CASE, "subpoena 12")
    assert record.objects == (READ,)
    sign_in_as(people, "commander")
    extended = run(people, "holds", "extend", first, *FOR_CASE, "--json")
    longer = json.loads(extended.stdout)
    assert (longer["until"], longer["person"], longer["released_by"]) == (None, "Commander", None)
    done = run(people, "holds", "release", longer["hold_id"], *FOR_CASE, "--reason", "case closed, order of 9 May")
    assert (done.exit_code, done.stdout) == (0, f"{longer['hold_id']}: released\n")
    record = newest(people)[0]
    assert (record.action, record.outcome.value, record.person) == ("release_read", "allowed", "Commander")
    assert (record.objects, record.note) == ((longer["hold_id"],), "case closed, order of 9 May")
    listed = run(people, "holds", "list", "--all", *FOR_CASE, "--json")
    by_id = {hold["hold_id"]: hold for hold in map(json.loads, listed.stdout.splitlines())}
    ends = {hold_id: (hold["released_by"], hold["release_reason"]) for hold_id, hold in by_id.items()}
    assert ends[first] == ("Commander", "a longer hold took its place")
    assert ends[longer["hold_id"]] == ("Commander", "case closed, order of 9 May")
    assert newest(people)[0].action == "show_holds"
    words = " ".join(run(people, "holds", "list", "--all", *FOR_CASE).stdout.split())
    released = time_text(moment_in(by_id[longer["hold_id"]]["released"]))
    assert f"released {released} by Commander: case closed, order of 9 May" in words
    assert run(people, "holds", "list", *FOR_CASE).stdout == "nothing is held\n"


def test_reads_that_have_not_arrived_are_told_as_they_are_held_and_listed(people: Inquirers) -> None:
    sign_in_as(people, "records")
    for_case = (*STOLEN, "--case", "26-000003")
    done = run(people, "holds", "place", "car-1:pictuerd", *for_case, "--reason", "evidence")
    told = "1 of 1 has not arrived here: compare the id car-1:pictuerd"
    assert (done.exit_code, done.stdout.endswith(f": holds 1 read of car-1; {told}\n")) == (0, True), done.output
    assert told in " ".join(run(people, "holds", "list", *for_case).stdout.split())
    listed = json.loads(run(people, "holds", "list", *for_case, "--json").stdout)
    assert (listed["not_arrived"], listed["first_not_arrived"]) == (1, "car-1:pictuerd")
    run(people, "holds", "release", listed["hold_id"], *for_case, "--reason", "closed")
    ended = " ".join(run(people, "holds", "list", "--all", *for_case).stdout.split())
    assert ("released" in ended, "not arrived" in ended) == (True, False)


def test_without_a_session_nothing_is_held_released_or_shown(people: Inquirers) -> None:
    hold = place_hold(people)
    remove_token(people.directory, caller())
    for words in (
        ("place", READ, *FOR_CASE, "--reason", "subpoena 12"),
        ("canvass", *AREA, *FOR_CASE, "--reason", "canvass"),
        ("extend", hold, *FOR_CASE),
        ("release", hold, *FOR_CASE, "--reason", "case closed"),
        ("list", *FOR_CASE),
    ):
        done = run(people, "holds", *words)
        sign_in_first = "alpr-edge: sign in first: alpr-edge department sign-in\n"
        assert (done.exit_code, done.stdout, done.stderr) == (3, "", sign_in_first), words
        (record,) = newest(people)
        assert (record.action, record.outcome.value) == (ROWS[f"department holds {words[0]}"].operation, "refused")
    sign_in_as(people, "records")
    assert hold in run(people, "holds", "list", *FOR_CASE, "--json").stdout


@pytest.mark.parametrize("role", ROLES)
def test_each_command_is_for_the_roles_of_the_reviewed_file(people: Inquirers, role: str) -> None:
    may_hold = role.replace("-", "_") in ROWS["department holds place"].roles
    extended, released = (place_hold(people, role if may_hold else "records") for _ in range(2))
    sign_in_as(people, role)
    for words in (
        ("place", READ, "--reason", "subpoena 12"),
        ("canvass", *AREA, "--reason", "canvass"),
        ("extend", extended),
        ("release", released, "--reason", "case closed"),
        ("list",),
    ):
        row = ROWS[f"department holds {words[0]}"]
        may = role.replace("-", "_") in row.roles
        done = run(people, "holds", *words, *FOR_CASE)
        assert done.exit_code == (0 if may else 3), (words, done.output)
        record = newest(people)[-1]
        assert (record.action, record.outcome.value) == (row.operation, "allowed" if may else "refused")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("release", "{hold}", *FOR_CASE, "--reason", " "), "say why the reads need no longer be held"),
        (("release", "{hold}", *STOLEN, "--case", "26-654321", "--reason", "closed"), "of another case"),
        (("extend", "{hold}", *STOLEN, "--case", "26-654321"), "of another case"),
        (("release", "{hold}", "--case", CASE, "--reason", "closed"), "say what it is for: --purpose"),
        (("release", "none", *FOR_CASE, "--reason", "closed"), "there is no such hold, or it was released"),
        (("canvass", "--area", "37.6,x,2", *AREA[2:], *FOR_CASE, "--reason", "canvass"), "--area: "),
        (("place", READ, *FOR_CASE, "--reason", " "), "the reason is empty"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(people: Inquirers, words: tuple[str, ...], told: str) -> None:
    hold = place_hold(people)
    done = run(people, "holds", *(word.format(hold=hold) for word in words))
    assert (done.exit_code in {1, 3}, done.stdout) == (True, "")
    (line,) = done.stderr.splitlines()
    assert told in line
    assert hold in run(people, "holds", "list", *FOR_CASE, "--json").stdout


@pytest.mark.parametrize(("given", "missing"), [(FOR_CASE, "--reason"), ((*STOLEN, "--reason", "closed"), "--case")])
def test_no_hold_ends_without_its_case_and_a_reason(people: Inquirers, given: tuple[str, ...], missing: str) -> None:
    done = run(people, "holds", "release", place_hold(people), *given)
    assert (done.exit_code, f"Missing option '{missing}'" in done.stderr) == (2, True)


def test_an_officer_ends_no_hold_of_somebody_else(people: Inquirers) -> None:
    hold = place_hold(people)
    sign_in_as(people, "officer")
    done = run(people, "holds", "release", hold, *FOR_CASE, "--reason", "case closed")
    assert (done.exit_code, "a hold is changed by whoever placed it" in done.stderr) == (1, True)


def test_without_a_department_every_command_says_so(tmp_path: Path) -> None:
    nowhere = Inquirers(tmp_path / "none")
    for words in (("place", READ, "--reason", "a"), ("list",), ("release", "x", "--reason", "a"), ("extend", "x")):
        done = run(nowhere, "holds", *words, *FOR_CASE)
        assert (done.exit_code, "no department there" in done.stderr) == (1, True), words


def test_a_canvass_of_a_date_is_of_the_whole_day(people: Inquirers) -> None:
    sign_in_as(people, "records")
    day = ("--area", "37.639,-120.997,500", "--from", "2026-05-04", "--to", "2026-05-04")
    done = run(people, "holds", "canvass", *day, *FOR_CASE, "--reason", "canvass", "--json")
    assert (done.exit_code, json.loads(done.stdout)["reads"]) == (0, 0), done.output
