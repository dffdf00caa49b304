"""``department exchange``, as a timer and a person run it, and its settings."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.department.alarms.alarm import standing_alarms
from alpr_edge.department.pki.authority import initialise
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import DepartmentError
from tests.department.interchange.exchange_office import ExchangeOffice, hit_item_of, read_item_of, read_now
from tests.department.interchange.receiver import Receiver, running_receiver

PLATE = "7ABC123"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[ExchangeOffice]:
    initialise(tmp_path / "department", ["alpr.police.example"])
    office = ExchangeOffice(tmp_path / "department")
    yield office
    office.storage.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


def department(office: ExchangeOffice, *words: str) -> Result:
    return CliRunner().invoke(app, ["department", *words, "--directory", str(office.directory)])


def test_a_target_from_its_test_to_its_record(office: ExchangeOffice, receiver: Receiver) -> None:
    assert "nothing goes out" in department(office, "exchange", "list").output
    assert "nothing goes out to other systems" in department(office, "status").output
    assert "names no [[exchange]]" in department(office, "exchange", "send").output
    office.name_target(receiver.url, format="rekor-alert")
    assert department(office, "exchange", "test", "county").output == "county: taken: answered with status 200\n"
    assert json.loads(receiver.posts[0].body)["about"] == "evt_test"
    assert department(office, "exchange", "send").output == "county: 0 new, 0 sent, 0 refused, 0 dropped\n"
    read = read_now("read-1")
    office.deliver(hit_item_of(read), read_item_of(read))
    receiver.answers = [422]
    refused = department(office, "exchange", "send", "--json")
    assert (refused.exit_code, json.loads(refused.output)["set_aside"]) == (1, 1)
    alarms = [alarm.text for alarm in standing_alarms(office.directory, datetime.now(UTC))]
    assert any("refused for good: 1" in text for text in alarms)
    assert "events that were refused for good: 1" in department(office, "status").output
    assert department(office, "exchange", "retry", "county").output == "county: 1 event queued again\n"
    assert department(office, "exchange", "send").exit_code == 0
    assert json.loads(receiver.posts[-1].body)["group"]["best_plate_number"] == PLATE
    (line,) = department(office, "exchange", "sent", "--target", "county").output.splitlines()
    assert line.endswith("county  hit of hit-of-read-1  Dispatch: stolen vehicles")
    listed = department(office, "exchange", "list")
    assert "hits of doj-svs" in listed.output
    status = json.loads(department(office, "status", "--json").output)
    assert [(each["target"], each["sent"], each["waiting"]) for each in status["exchange"]] == [("county", 1, 0)]
    said = [department(office, "exchange", verb, "--json").output for verb in ("list", "sent")]
    assert PLATE not in f"{said} {line} {listed.output} {status}"


def test_a_target_that_is_not_there_or_takes_nothing_is_told_in_a_line(
    office: ExchangeOffice, receiver: Receiver
) -> None:
    office.name_target(receiver.url)
    office.key.chmod(0o644)
    sent = department(office, "exchange", "send")
    assert (sent.exit_code, "others may read this secret" in sent.output) == (1, True)
    unknown = department(office, "exchange", "test", "country")
    assert (unknown.exit_code, "there are: county" in unknown.output) == (1, True)
    office.key.chmod(0o600)
    office.key.write_text("short")
    assert "32 bytes or more are needed" in department(office, "exchange", "test", "county").output
    office.key.write_bytes(b"k" * 40)
    receiver.status = 401
    failed = department(office, "exchange", "test", "county")
    assert (failed.exit_code, failed.output) == (1, "county: pause: answered with status 401\n")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"url": "http://county.example/"}, "exchange[0]: url: use https"),
        (
            {"url": "https://county.example/?token=abc"},
            "exchange[0].url: expected an address that begins with https://, without",
        ),
        (
            {"url": "https://me:secret@county.example/"},
            "exchange[0].url: expected an address that begins with https://, without",
        ),
        ({"lists": []}, "lists: name the lists whose hits go out"),
        ({"operator": ""}, "exchange[0].operator: expected one line of text of 3 to 500 characters, not ''"),
        (
            {"agency": "County Sheriff"},
            "exchange[0].agency: unknown key; known here: approved_by, approved_on, ca_file",
        ),
        ({"until": datetime.now(UTC).date() + timedelta(days=400)}, "until: name a day within 366 days"),
        ({"approved_by": None}, "exchange[0].approved_by: missing; expected one line of text"),
        ({"legal_basis": ""}, "exchange[0].legal_basis: expected one line of text of 3 to 500 characters"),
        ({"matches": []}, 'matches: name at least "exact"'),
        ({"list": ["a"]}, "exchange[0].list: unknown key; did you mean 'lists'?"),
    ],
)
def test_settings_that_lack_their_approval_are_refused(
    office: ExchangeOffice, changes: dict[str, object], fault: str
) -> None:
    office.name_target(**{"url": "https://county.example/hook"} | changes)
    with pytest.raises(DepartmentError) as error_info:
        load_department_file(office.directory)
    assert fault in str(error_info.value)
    assert not [word for word in ("secret", "token=abc") if word in str(error_info.value)]


def test_two_targets_have_two_names(office: ExchangeOffice) -> None:
    office.name_target("https://county.example/hook")
    office.name_target("https://other.example/hook")
    with pytest.raises(DepartmentError, match="exchange: name 'county' is given to more than one; give each"):
        load_department_file(office.directory)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"format": "rekor"}, "rekor: no template of that name"),
        ({"format": "rekor-result"}, "has no table hit"),
        ({"format": "genetec-csv", "pictures": True}, "has no place for pictures"),
        ({"ca_file": "/nowhere.pem"}, "no certificates of authorities"),
        ({"key": "key.file"}, "write the whole path"),
        ({"key": "credential:county"}, "a credential is given to services alone"),
    ],
)
def test_a_target_that_cannot_be_used_says_why(
    office: ExchangeOffice, receiver: Receiver, changes: dict[str, object], fault: str
) -> None:
    office.name_target(receiver.url, **changes)
    said = department(office, "exchange", "test", "county")
    assert (said.exit_code, fault in said.output) == (1, True), said.output
    assert receiver.posts == []


def test_formats_are_listed_and_printed(office: ExchangeOffice) -> None:
    listed = json.loads(CliRunner().invoke(app, ["department", "exchange", "formats", "--json"]).output)
    assert "rekor-alert" in listed["templates"]
    assert listed["maps"] == ["genetec", "plain", "rekor"]
    for name in (*listed["templates"], *listed["maps"]):
        printed = CliRunner().invoke(app, ["department", "exchange", "formats", name])
        assert (printed.exit_code, printed.output.startswith("# ")) == (0, True)
    unknown = CliRunner().invoke(app, ["department", "exchange", "formats", "nothing"])
    assert (unknown.exit_code, "no template and no map" in unknown.output) == (1, True)


def test_an_import_ends_with_the_list_of_what_was_rejected(office: ExchangeOffice, tmp_path: Path) -> None:
    map_path, reads = tmp_path / "map.toml", tmp_path / "reads.csv"
    map_path.write_text('[columns]\nplate = "plate"\ntime = "time"\n')
    reads.write_text(f"plate,time\n{PLATE},{datetime.now(UTC).isoformat()}\n,2026-01-01T00:00:00Z\n")
    words = ["exchange", "import", str(reads), "--map", str(map_path), "--source", "old"]
    done = department(office, *words)
    assert done.exit_code == 1
    assert (
        "2 rows: 1 read stored with 0 pictures, 0 stored before, 0 older than 366 days and not taken, 1 rejected"
        in (done.output)
    )
    assert (tmp_path / "reads.csv.rejects.csv").read_text() == (
        "line,reason\n3,plate: no plate: 2 to 10 letters and digits\n"
    )
    assert "imported from old: 1 read" in department(office, "status").output
    for wrong, fault in (
        (
            ["exchange", "import", "nowhere.csv", "--map", str(map_path), "--source", "old"],
            "nowhere.csv: cannot be read",
        ),
        (["exchange", "import", str(reads), "--map", "nothing", "--source", "old"], "name a file, or one of genetec"),
    ):
        said = department(office, *wrong)
        assert (said.exit_code, fault in said.output) == (1, True), said.output


def test_what_genetec_csv_writes_its_map_reads(office: ExchangeOffice, receiver: Receiver, tmp_path: Path) -> None:
    office.name_target(receiver.url, format="genetec-csv")
    office.send()
    read = read_now("read-1")
    office.deliver(hit_item_of(read), read_item_of(read))
    office.send()
    (tmp_path / "reads.csv").write_bytes(receiver.posts[0].body)
    words = ["exchange", "import", str(tmp_path / "reads.csv"), "--map", "genetec", "--source", "back", "--json"]
    assert json.loads(department(office, *words).output)["stored"] == 1
