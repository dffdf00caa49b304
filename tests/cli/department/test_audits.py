"""The commands of audits, incidents and proofs: the whole way, who may, bad input, and checks by outsiders."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, record_moment
from alpr_edge.domain.instants import Instant, UtcSource
from tests.cli.access.test_walk import ROWS
from tests.cli.department.test_inquiries import newest, run, sign_in_as
from tests.department.inquiries.inquirers import Inquirers

OWN = "7ABC123"
BEFORE = datetime.now(UTC).replace(hour=20) - timedelta(days=3)
"""About noon in California."""
PERIOD = f"{BEFORE:%Y-%m-%d}/{BEFORE + timedelta(days=1):%Y-%m-%d}"
BREACH = ("--kind", "breach", "--what", "a stick was lost", "--known", "2026-05-04T18:00Z", "--told-by", "Sgt. Doe")
REFUSED = {
    "outcome": AccessOutcome.REFUSED,
    "reason": "no such offence",
    "offence": f"theft of {OWN}",
    "case": "26-7",
    "shown": 0,
}
"""What came of the search for the officer's own car, and what it was said to be for."""
NEED_SESSION = {
    "audit draw": (),
    "audit show": ("1",),
    "audit review": ("1", "1", "--finding", "in_order"),
    "audit sign-off": ("1",),
    "audit report": ("1",),
    "audit shift": ("B0", "--hours", "08:00-17:00", "--days", "mon"),
    "audit prove": ("0",),
    "incident enter": BREACH,
    "incident follow-up": ("1", "--what", "more"),
    "incident close": ("1", "--what", "over"),
    "incident list": (),
    "incident show": ("1",),
    "incident register": (),
}
"""What each command is given to get as far as to ask whether it is allowed."""


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Inquirers:
    """A department in which an officer searched some days ago, once for a car of their own household."""
    entered = BEFORE - timedelta(days=2)
    some = Inquirers.make(tmp_path_factory.mktemp("audits") / "department", now=entered)
    with open_office(some.directory) as office:
        for number in range(15):
            now = Instant("boot", 1, BEFORE + timedelta(seconds=number), UtcSource.NTP)
            entry = _search(some.ids["officer"], OWN if number == 4 else f"8XYZ{number:03}", now)
            office.log.append(AccessEntry(**dict(entry) | (REFUSED if number == 4 else {})), now)
    return some


def _search(person_id: str, plate: str, now: Instant) -> AccessEntry:
    return AccessEntry(
        person_id=person_id,
        person="Officer",
        component="department",
        action="search_reads",
        query=plate,
        purpose="stolen_vehicle",
        outcome=AccessOutcome.ALLOWED,
        shown=1,
        happened=record_moment(now),
    )


def test_the_whole_way_of_an_audit(people: Inquirers) -> None:
    sign_in_as(people, "officer")
    declared = run(people, "audit", "household", given=f"{OWN}, 9AAA111\n")
    assert (declared.exit_code, declared.stdout) == (0, "2 plates declared by now\n")
    sign_in_as(people, "auditor")
    drawn = run(people, "audit", "draw", "--period", PERIOD, "--seed", "ab" * 16)
    assert drawn.exit_code == 0, drawn.output
    assert "11 of 15 records in the sample; 1 flag, 11 to review" in drawn.stdout
    assert "household: Officer searched once for a plate of their own declared household" in drawn.stdout
    shown = [json.loads(line) for line in run(people, "audit", "show", "1", "--json").stdout.splitlines()]
    assert (len(shown), shown[0]["plate"], shown[0]["stands_out_by"]) == (11, OWN, "household")
    assert [shown[0][name] for name in ("outcome", "shown", "offence")] == ["refused", 0, "theft of [plate]"]
    assert [shown[1][name] for name in ("outcome", "shown", "offence")] == ["allowed", 1, ""]
    table = run(people, "audit", "show", "1").stdout
    assert [len(re.findall(rf"\b{word}\b", table)) for word in ("refused", "allowed", "theft")] == [1, 10, 1]
    done = run(people, "audit", "review", "1", "2-11", "--finding", "in_order", "--text", "each has its case")
    assert "1 to review" in done.stdout, done.output
    early = run(people, "audit", "report", "1", "--json")
    assert (early.exit_code, json.loads(early.stdout)["unreviewed"]) == (0, [1])
    run(people, "audit", "review", "1", "1", "--finding", "violation", "--text", "no case, by own account")
    sign_in_as(people, "commander")
    signed = run(people, "audit", "sign-off", "1", "--note", "reported")
    assert (signed.exit_code, "signed off" in signed.stdout) == (0, True), signed.output
    told = [run(people, "audit", "report", "1", *more) for more in ((), ("--csv",), ("--json",))]
    assert [each.exit_code for each in told] == [0, 0, 0]
    assert not [each for each in told if OWN in each.output or "8XYZ" in each.output]
    assert "violation by Auditor: no case, by own account" in told[0].stdout
    rows = list(csv.DictReader(io.StringIO(told[1].stdout)))
    assert (len(rows), rows[0]["finding"], rows[1]["finding"]) == (11, "violation", "in_order")
    assert (rows[0]["offence"], rows[0]["outcome"], rows[1]["outcome"]) == (shown[0]["offence"], "refused", "allowed")
    assert "search_reads, refused, 0 shown, for stolen vehicle, theft of [plate], 26-7: " in told[0].stdout
    assert told[0].stdout.count("search_reads, allowed, 1 shown, for stolen vehicle: ") == 10
    result = json.loads(told[2].stdout)
    assert [row["offence"] for row in result["sample"]] == [row["offence"] for row in rows]
    assert (result["is_on_record"], result["is_reproduced"], result["violations"]) == (True, True, [1])
    plan = json.loads(run(people, "audit", "plan", "--json").stdout)
    assert ([each["state"] for each in plan["audits"]], plan["warnings"]) == (["signed_off"], [])
    assert "audit 1, " in run(people, "audit", "plan").stdout


def test_an_outsider_checks_that_the_log_only_grew_and_one_record(people: Inquirers, tmp_path: Path) -> None:
    kept, proof, page, record = (tmp_path / name for name in ("kept", "proof", "page.html", "record.tlog-proof"))
    first = json.loads(run(people, "audit", "checkpoint", "--out", str(kept), "--page", str(page), "--json").stdout)
    assert first["checkpoint"] == kept.read_text(encoding="utf-8")
    assert first["checkpoint"].splitlines()[2] in page.read_text(encoding="utf-8")
    assert not any(OWN in path.read_text(encoding="utf-8") for path in (kept, page))
    sign_in_as(people, "auditor")
    number = next(each.sequence for each in newest(people, 1000) if each.query == OWN)
    one = run(people, "audit", "prove", str(number))
    record.write_text(one.stdout, encoding="utf-8")
    assert run(people, "audit", "checkpoint", "--out", str(proof), "--since", str(kept)).exit_code == 0

    def check(*words: str, key: str = first["key"]) -> Result:
        return CliRunner().invoke(app, ["audit", "check", *words, "--key", key])

    grown = check(str(proof), "--checkpoint", str(kept))
    assert (grown.exit_code, f"grew from {first['records']} records" in grown.stdout) == (0, True), grown.output
    proved = check(str(record), "--json")
    assert json.loads(proved.stdout)["record"]["query"] == OWN
    assert (
        check(str(proof)).stderr
        == "alpr-edge: this proof starts from a checkpoint that you kept; name it with --checkpoint FILE\n"
    )
    for words in ((), ("--since", str(kept))):
        again = run(people, "audit", "checkpoint", "--out", str(kept), *words)
        assert (again.exit_code, again.stdout) == (1, "")
        assert again.stderr.startswith(f"alpr-edge: {kept}: is there already, and a checkpoint that was kept is not")
    assert kept.read_text(encoding="utf-8") == first["checkpoint"]
    text = proof.read_text(encoding="utf-8")
    hashes = text.split("\n\n")[0].splitlines()[2:]
    for forged in (text.replace(hashes[0], "A" * 43 + "="), text.replace(f"old {first['records']}", "old 3")):
        proof.write_text(forged, encoding="utf-8")
        assert check(str(proof), "--checkpoint", str(kept)).exit_code == 1
    swapped = kept.read_text(encoding="utf-8").replace(str(first["records"]), "5", 1)
    kept.write_text(swapped, encoding="utf-8")
    since = run(people, "audit", "checkpoint", "--out", str(proof), "--since", str(kept))
    assert (since.exit_code, "does not hold" in since.stderr) == (1, True)


def test_an_incident_goes_its_way(people: Inquirers) -> None:
    sign_in_as(people, "supervisor")
    assert run(people, "incident", "list").stdout == "no incident is on file\n"
    entered = run(people, "incident", "enter", *BREACH, "--reads", "12")
    assert (entered.exit_code, entered.stdout) == (0, "incident 1: entered by Supervisor\n")
    early = run(people, "incident", "close", "1", "--what", "found again")
    assert (early.exit_code, "no notice due" in early.stderr) == (1, True)
    run(people, "incident", "follow-up", "1", "--what", "letters", "--people", "3", "--notice", "3 owners, by post")
    assert run(people, "incident", "close", "1", "--what", "found again").exit_code == 0
    shown = run(people, "incident", "show", "1").stdout
    for text in (
        "breach, closed",
        "told by Sgt. Doe",
        "people 3, reads 12",
        "notice: 3 owners, by post",
        "found again",
    ):
        assert text in shown
    (line,) = run(people, "incident", "register", "--json").stdout.splitlines()
    assert [step["kind"] for step in json.loads(line)["steps"]] == ["entered", "followed_up", "closed"]
    assert run(people, "incident", "list", "--open", "--json").stdout == ""


def test_without_the_role_each_command_is_refused_and_that_is_on_record(people: Inquirers) -> None:
    sign_in_as(people, "technician")
    for name, words in NEED_SESSION.items():
        done = run(people, *name.split(), *words)
        assert (done.exit_code, done.stdout) == (3, ""), (name, done.output)
        (record,) = newest(people)
        row = ROWS[f"department {name}"]
        assert (record.action, record.outcome.value, row.need) == (row.operation, "refused", "inquiry")
        assert "technician" not in row.roles


@pytest.mark.parametrize(
    ("words", "given", "told"),
    [
        (("audit", "draw", "--period", "May"), "", "no days; they look like 2026-11"),
        (("audit", "draw", "--seed", "12"), "", "a seed is 32 to 128 hexadecimal digits"),
        (("audit", "show", "9"), "", "9: no such audit"),
        (("audit", "review", "1", "x", "--finding", "in_order"), "", "they look like 1-5,8"),
        (("audit", "shift", "nobody", "--hours", "08:00-17:00", "--days", "mon"), "", "nobody has this id"),
        (("audit", "shift", "B0", "--hours", "8", "--days", "mon"), "", "they look like 18:00-06:00"),
        (("audit", "household", OWN), "", "no plate on the command line"),
        (("audit", "household"), "8A*\n", "1 to 20 whole plates"),
        (("audit", "prove", "9999"), "", "there is no record 9999"),
        (("audit", "checkpoint", "--out", "/nowhere/x"), "", "/nowhere/x: cannot be written"),
        (("incident", "enter", *BREACH[:5], "yesterday", *BREACH[6:]), "", "such as 2026-05-04T18:00"),
        (("incident", "show", "9"), "", "9: no such incident"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(
    people: Inquirers, words: tuple[str, ...], given: str, told: str
) -> None:
    sign_in_as(people, "supervisor")
    done = run(people, *words, given=given)
    assert (done.exit_code in {1, 2}, done.stdout) == (True, "")
    (line,) = done.stderr.splitlines()
    assert told in line
    assert OWN not in line
