"""The commands by which people sign in at the department and search its reads, by every role."""

import json
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from typer.testing import CliRunner, Result

from alpr_edge.access.authorisation.callers import LOCAL
from alpr_edge.cli import app
from alpr_edge.cli.access.session_file import DIRECTORY, remove_token, write_token
from alpr_edge.cli.caller import caller
from alpr_edge.cli.output import time_text
from alpr_edge.department.backups.department_files import folder_content
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.domain.access_log.records import AccessRecord
from alpr_edge.domain.instants import moment_in
from alpr_edge.domain.people.person import Role
from tests.cli.access.test_walk import ROWS
from tests.department.inquiries.inquirers import SECRET, Inquirers, begin_session, records_of
from tests.department.people.office import PASSWORD
from tests.department.search.traffic import make_traffic, store_traffic

TRAFFIC = make_traffic(120)
PLATE = min({read.plate for read in TRAFFIC if len(read.plate) > 4})
STOLEN = ("--purpose", "stolen_vehicle")
ROLES = tuple(role.value.replace("_", "-") for role in Role)
OF_UNIT = ("--unit", "car-1", "--from", "2026-05-04T00:00Z", "--to", "2026-05-08T00:00Z")


@pytest.fixture(scope="module")
def inquirers(tmp_path_factory: pytest.TempPathFactory) -> Inquirers:
    some = Inquirers.make(tmp_path_factory.mktemp("inquiries") / "department", now=datetime.now(UTC))
    with closing(Storage(some.directory, create=False)) as storage:
        store_traffic(storage, TRAFFIC)
    return some


def run(inquirers: Inquirers, *words: str, given: str = "") -> Result:
    return CliRunner().invoke(app, ["department", *words, "--directory", str(inquirers.directory)], input=given)


def sign_in_as(inquirers: Inquirers, role: str) -> None:
    with open_office(inquirers.directory) as office:
        write_token(inquirers.directory, caller(), begin_session(office, inquirers.ids[role], caller(), LOCAL))


def newest(inquirers: Inquirers, count: int = 1) -> list[AccessRecord]:
    with open_office(inquirers.directory) as office:
        return records_of(office)[-count:]


def test_a_person_signs_in_searches_and_signs_out(inquirers: Inquirers) -> None:
    answers = f"y\n{PASSWORD}\n{pyotp.TOTP(SECRET).now()}\n"
    done = run(inquirers, "sign-in", "--person", "officer@modesto.example", given=answers)
    assert done.exit_code == 0, done.output
    assert "signed in: Officer; for 12 hours" in done.stdout
    assert "first sign-in with this login at the department" in done.stdout
    found = run(inquirers, "search", *STOLEN, given=f"{PLATE}\n")
    assert found.exit_code == 0, found.output
    assert PLATE in found.stdout
    wanted = {read.read_id for read in TRAFFIC if read.plate == PLATE}
    in_json = run(inquirers, "search", *STOLEN, "--json", given=f"{PLATE}\n")
    *reads, last = [json.loads(line) for line in in_json.stdout.splitlines()]
    assert {read["read_id"] for read in reads} == wanted
    assert (last["has_more"], last["unseen"]["deleted"]) == (False, 0)
    again = run(inquirers, "sign-in")
    assert (again.exit_code, again.stderr) == (
        3, "alpr-edge: you are already signed in; to change users: alpr-edge department sign-out\n",
    )  # fmt: skip
    assert run(inquirers, "sign-out").stdout == "signed out\n"
    refused = run(inquirers, "search", *STOLEN, given=f"{PLATE}\n")
    assert (refused.exit_code, refused.stderr) == (3, "alpr-edge: sign in first: alpr-edge department sign-in\n")
    assert PLATE not in refused.output


@pytest.mark.parametrize("role", ROLES)
def test_each_command_is_for_the_roles_of_the_reviewed_file(inquirers: Inquirers, role: str) -> None:
    sign_in_as(inquirers, role)
    for words, given in ((("search", *STOLEN), f"{PLATE}\n"), (("audit", "list"), "")):
        row = ROWS[f"department {' '.join(word for word in words if not word.startswith(('--', 'stolen')))}"]
        done = run(inquirers, *words, given=given)
        may = role.replace("-", "_") in row.roles
        assert done.exit_code == (0 if may else 3), done.output
        (record,) = newest(inquirers)
        assert (record.action, record.outcome.value) == (row.operation, "allowed" if may else "refused")
        assert may or PLATE not in done.output
    remove_token(inquirers.directory, caller())


def test_a_blank_within_a_typed_plate_parts_none(inquirers: Inquirers) -> None:
    sign_in_as(inquirers, "officer")
    done = run(inquirers, "search", *STOLEN, given=f"9ZZZ 999; {PLATE[:3]} {PLATE[3:]}\n")
    assert (done.exit_code, PLATE in done.stdout) == (0, True), done.output


def test_a_search_by_unit_pages_up_to_its_limit_and_says_that_there_is_more(inquirers: Inquirers) -> None:
    sign_in_as(inquirers, "records")
    some = run(inquirers, "search", *OF_UNIT, *STOLEN, "--limit", "55", "--json")
    whole = run(inquirers, "search", *OF_UNIT, *STOLEN, "--limit", "1000", "--json")
    lines = [json.loads(line) for line in whole.stdout.splitlines()]
    ids = [read["read_id"] for read in lines[:-1]]
    shown = sum(read.unit_id == "car-1" and read.seen_at is not None for read in TRAFFIC)
    assert (len(ids), lines[-1]["has_more"]) == (shown, False)
    first = [json.loads(line) for line in some.stdout.splitlines()]
    assert [read.get("read_id") for read in first[:-1]] == ids[:55]
    assert first[-1]["has_more"] == (shown > 55)
    assert lines[-1]["unseen"]["untimed"] > 0
    assert "whose time is not sure; see --untimed" in run(inquirers, "search", *OF_UNIT, *STOLEN).stdout


def test_a_date_alone_as_the_end_of_a_search_counts_to_its_end(inquirers: Inquirers) -> None:
    sign_in_as(inquirers, "records")
    times = [read.seen_at.replace(tzinfo=UTC).astimezone() for read in TRAFFIC if read.seen_at is not None]
    day = Counter(moment.date() for moment in times).most_common(1)[0][0]
    for end in (day, day + timedelta(days=1)):
        period = ("--from", f"{day}", "--to", f"{end}")
        done = run(inquirers, "search", "--unit", "car-1", *period, *STOLEN, "--limit", "1000", "--json")
        assert done.exit_code == 0, done.output
        shown = [json.loads(line) for line in done.stdout.splitlines()][:-1]
        assert len(shown) == sum(
            read.unit_id == "car-1"
            and read.seen_at is not None
            and day <= read.seen_at.replace(tzinfo=UTC).astimezone().date() <= end
            for read in TRAFFIC
        )
        assert shown


@pytest.mark.parametrize(
    ("words", "given", "told"),
    [
        ((PLATE, *STOLEN), "", "no plate on the command line"),
        (STOLEN, "\n", "no plate on standard input"),
        (STOLEN, "A?\n", "a part of a plate needs 3 known characters"),
        (STOLEN, ",".join(f"7ABC{n:03}" for n in range(11)), "11 plates are too many for one search; 10 at most"),
        (("--unit", "car-1", *STOLEN), "", "a search by a unit needs a time as well"),
        (("--area", "37.6,x,200", *STOLEN), "", "--area: "),
        (("--unit", "car-1", "--from", "yesterday", "--to", "2026-05-05", *STOLEN), "", "such as 2026-05-04T18:00"),
        (("--unit", "car-1", "--from", "2026-05-05", *STOLEN), "", "a time needs both ends: --from and --to"),
        ((), f"{PLATE}\n", "say what it is for: --purpose"),
        (("--purpose", "immigration_enforcement"), f"{PLATE}\n", "this purpose is barred"),
        (("--purpose", "criminal_investigation", "--offense", "homicide"), f"{PLATE}\n", "needs a case number"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(
    inquirers: Inquirers, words: tuple[str, ...], given: str, told: str
) -> None:
    sign_in_as(inquirers, "officer")
    done = run(inquirers, "search", *words, given=given)
    assert done.exit_code in {1, 2, 3}
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert told in line
    assert PLATE not in line


def test_the_log_is_verified_and_a_checkpoint_that_was_kept_holds(inquirers: Inquirers, tmp_path: Path) -> None:
    first = json.loads(run(inquirers, "audit", "verify", "--json").stdout)
    assert (first["ok"], first["findings"]) == (True, [])
    kept = tmp_path / "checkpoint"
    kept.write_text(first["checkpoint"], encoding="utf-8")
    sign_in_as(inquirers, "auditor")
    assert run(inquirers, "audit", "list", "--json").exit_code == 0
    done = run(inquirers, "audit", "verify", "--checkpoint", str(kept))
    assert (done.exit_code, done.stdout) == (0, f"{first['records'] + 1} records, as signed\n")
    kept.write_text(json.dumps(first), encoding="utf-8")
    assert run(inquirers, "audit", "verify", "--checkpoint", str(kept)).exit_code == 0
    kept.write_text("{}", encoding="utf-8")
    no_checkpoint = run(inquirers, "audit", "verify", "--checkpoint", str(kept))
    assert (no_checkpoint.exit_code, "not a signed note" in no_checkpoint.stderr) == (1, True)
    wrong = run(inquirers, "audit", "verify", "--checkpoint", str(tmp_path))
    assert (wrong.exit_code, "cannot be read" in wrong.stderr) == (1, True)


def test_a_session_at_this_computer_is_in_no_backup(inquirers: Inquirers) -> None:
    sign_in_as(inquirers, "officer")
    assert list((inquirers.directory / DIRECTORY).iterdir())
    assert [name for name in folder_content(inquirers.directory).files if name.startswith(DIRECTORY)] == []


def test_the_newest_records_of_a_person_are_listed(inquirers: Inquirers) -> None:
    sign_in_as(inquirers, "commander")
    for _ in range(2):
        run(inquirers, "search", *STOLEN, given=f"{PLATE}\n")
    person_id = inquirers.ids["commander"]
    done = run(inquirers, "audit", "list", "--person", person_id, "--limit", "2", "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["person_id"], each["action"], each["query"]) for each in records] == [
        (person_id, "search_reads", PLATE)
    ] * 2
    for name in ("commander@modesto.example", person_id):
        by_name = run(inquirers, "audit", "list", "--person", name, "--limit", "2", "--json")
        assert [json.loads(line)["person_id"] for line in by_name.stdout.splitlines()] == [person_id] * 2
    unknown = run(inquirers, "audit", "list", "--person", "nobody@modesto.example")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "nobody has this id, badge or e-mail address" in unknown.stderr
    assert newest(inquirers)[0].action == "report_log"


def test_the_times_of_records_are_shown_as_people_read_them(inquirers: Inquirers) -> None:
    sign_in_as(inquirers, "commander")
    run(inquirers, "audit", "list", "--limit", "1")
    happened = newest(inquirers)[0].happened.utc
    table = " ".join(run(inquirers, "audit", "list", "--limit", "1").stdout.split())
    assert time_text(moment_in(happened)) in table


def test_a_search_of_a_unit_that_is_not_on_record_says_so(inquirers: Inquirers) -> None:
    sign_in_as(inquirers, "records")
    period = ("--from", "2020-05-04", "--to", "2020-05-04")
    for as_json in ((), ("--json",)):
        mistyped = run(inquirers, "search", "--unit", "car1", *period, *STOLEN, *as_json)
        assert (mistyped.exit_code, mistyped.stdout) == (1, "")
        assert mistyped.stderr == "alpr-edge: car1: there is no such unit; see: alpr-edge department unit list\n"
    quiet = run(inquirers, "search", "--unit", "car-1", *period, *STOLEN)
    assert (quiet.exit_code, quiet.stdout.splitlines()[0]) == (0, "no read found")


def test_a_table_of_reads_says_how_sure_each_of_them_is(inquirers: Inquirers) -> None:
    sign_in_as(inquirers, "records")
    in_json = run(inquirers, "search", *STOLEN, "--json", given=f"{PLATE}\n").stdout.splitlines()
    sure = [f"{json.loads(line)['confidence']:.0%}" for line in in_json[:-1]]
    table = run(inquirers, "search", *STOLEN, given=f"{PLATE}\n").stdout
    assert sure
    assert [word for word in table.split() if word.endswith("%")] == sure


def test_without_a_department_every_command_says_so(tmp_path: Path) -> None:
    for words in (("sign-in",), ("sign-out",), ("search", *OF_UNIT), ("audit", "verify"), ("audit", "list")):
        done = CliRunner().invoke(app, ["department", *words, "--directory", str(tmp_path / "none")])
        assert (done.exit_code, "no department there" in done.stderr) == (1, True), words
