"""The end of a unit: nothing given up without a reason, keys overwritten where they lie, and a record that stays."""

import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.pki.unit_ends import UnitEnd
from alpr_edge.settings import load
from alpr_edge.store.recovery.damaged_databases import set_aside
from alpr_edge.store.unit_store import open_store
from scripts.deploy.decommission import destruction, handover
from scripts.deploy.decommission.__main__ import _given_up, _revocation
from scripts.deploy.decommission.present_unit import PresentUnit
from scripts.deploy.decommission.record import REVOKED, DecommissionRecord, record_text, records
from scripts.deploy.department.host import COMMAND
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.page import make_certificate
from tests.store.records import decided_record
from tests.units import write_bare_unit

ROOT = Path(__file__).parents[3]


def a_record(**more: Any) -> DecommissionRecord:  # noqa: ANN401 - fields of many types
    record = DecommissionRecord(
        "car-7", "somebody", "2026-03-02T17:00:00Z", "1.2.3", outbox={"ready": 0, "delivered": 3}
    )
    return replace(record, **more)


LEFT = {"items_waiting": 3, "items_on_media": 12, "reads_unacknowledged": 5, "reads_held": 1}


@pytest.mark.review(9)
def test_what_the_department_does_not_have_is_given_up_for_a_reason_alone() -> None:
    with pytest.raises(ProvisioningError) as refusal:
        _given_up(LEFT, "")
    (line,) = str(refusal.value).splitlines()
    for part in (
        "not handed over: 3 items wait",
        "12 items are on media",
        "1 reads are held",
        "nothing is destroyed",
        "--abandon REASON",
    ):
        assert part in line
    assert "not wholly" not in line
    assert _given_up(LEFT, "burnt out") == "burnt out"


@pytest.mark.review(13)
def test_while_a_medium_is_under_way_the_cameras_stay_off() -> None:
    on_media = {"items_on_media": 12, "reads_unacknowledged": 5}
    assert handover.waits_for_receipts(on_media)
    assert not handover.waits_for_receipts({"reads_unacknowledged": 5})
    assert not handover.waits_for_receipts(LEFT)
    with pytest.raises(ProvisioningError, match="the cameras stay off until then; nothing is destroyed"):
        _given_up(on_media, "")


@pytest.mark.review(9)
@pytest.mark.parametrize(
    "name", [*LEFT, "items_refused", "records_set_aside", "databases_incomplete", "not_counted", "of_a_later_release"]
)
def test_each_thing_that_is_left_refuses_by_itself(name: str) -> None:
    with pytest.raises(ProvisioningError, match="not handed over: "):
        _given_up({name: 1}, "")


def test_a_reason_is_not_recorded_where_nothing_was_given_up() -> None:
    assert _given_up({}, "to be sure") == ""


@pytest.mark.review(9)
def test_open_reads_and_a_database_set_aside_refuse(tmp_path: Path) -> None:
    settings = write_bare_unit(tmp_path)
    with open_store(load(settings), migrate=True, replace_damaged=True) as store:
        store.reads.commit([decided_record("old")])
    set_aside(tmp_path / "data")
    with open_store(load(settings), migrate=True, replace_damaged=True) as store:
        store.reads.commit([decided_record("open")])
        assert store.outbox.counts().ready == 0
    result = CliRunner().invoke(app, ["unit", "handover", "--json", "--settings", str(settings)])
    left = json.loads(result.stdout)["left"]
    with pytest.raises(ProvisioningError, match="not handed over: 6 items wait for the department"):
        _given_up(left, "")


@pytest.mark.review(9)
def test_a_record_that_the_store_does_not_take_refuses(tmp_path: Path) -> None:
    settings = write_bare_unit(tmp_path)
    with open_store(load(settings), migrate=True, replace_damaged=True) as store:
        spoilt = decided_record("spoilt")
        store.refused_records.add(
            [replace(spoilt, read=replace(spoilt.read, confidence=float("nan")))], "no row can hold it"
        )
    result = CliRunner().invoke(app, ["unit", "handover", "--json", "--settings", str(settings)])
    with pytest.raises(ProvisioningError, match="1 records that its store does not take are set aside"):
        _given_up(json.loads(result.stdout)["left"], "")


def test_a_key_is_overwritten_where_it_lies(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"secret" * 10)
    key.chmod(0o400)
    with key.open("rb") as same_blocks:
        about = destruction.overwritten(key)
        assert b"secret" not in same_blocks.read()
    assert not key.exists()
    assert about == {"file": str(key), "bytes": 60, "sha256": hashlib.sha256(b"secret" * 10).hexdigest()}


def test_the_hosts_key_goes_only_when_nothing_else_is_sealed_with_it(tmp_path: Path) -> None:
    sealed_keys, settings, host = tmp_path / "sealed", tmp_path / "settings", tmp_path / "host"
    sealed_keys.mkdir()
    settings.mkdir()
    for path in (
        sealed_keys / "alpr-edge-outbox",
        host,
        settings / "unit.key",
        settings / "alpr-edge.toml",
        settings / "alpr-edge.toml.before-release-0.2.0",
        settings / "alpr-edge.toml.release-0.1.0",
        settings / "ca.pem",
    ):
        path.write_text("x")
    page = settings / "tls" / "console.pem"
    page.parent.mkdir()
    page.write_bytes(make_certificate("car-7", "127.0.0.1"))
    kept = [settings / f"alpr-edge.toml.{name}" for name in ("before-release-0.2.0", "release-0.1.0")]
    mine = [sealed_keys / "alpr-edge-outbox", host, settings / "alpr-edge.toml", *kept, page, settings / "unit.key"]
    assert destruction.secret_files(sealed_keys, settings, host) == mine
    (sealed_keys / "somebody-elses").write_text("x")
    assert host not in destruction.secret_files(sealed_keys, settings, host)


def test_a_key_that_a_power_cut_left_beside_its_place_goes_and_so_does_the_hosts(tmp_path: Path) -> None:
    sealed_keys, host = tmp_path / "sealed", tmp_path / "host"
    sealed_keys.mkdir()
    files = [sealed_keys / name for name in (".alpr-edge-outbox.before", ".alpr-edge-outbox.new", "alpr-edge-outbox")]
    for path in (*files, host):
        path.write_text("x")
    assert destruction.secret_files(sealed_keys, tmp_path / "settings", host) == [*files, host]


def test_all_data_goes_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    (data / "images").mkdir(parents=True)
    (data / "edge.db").write_text("noise")
    (data / "images" / "a").write_text("picture")
    elsewhere.write_text("not of the unit")
    (data / "link").symlink_to(elsewhere)
    about = destruction.data_of(data)
    assert about == {"files": 2, "bytes": 12, "database_sha256": hashlib.sha256(b"noise").hexdigest()}
    for _ in range(2):
        destruction.remove(data, tmp_path / "was-never-there")
    assert list(data.iterdir()) == []
    assert elsewhere.read_text() == "not of the unit"
    assert destruction.data_of(data) == {"files": 0, "bytes": 0, "database_sha256": "none"}


def test_what_was_exported_can_be_checked_with_sha256sum(tmp_path: Path) -> None:
    place = tmp_path / "car-7"
    (place / "ab").mkdir(parents=True)
    (place / "ab" / "a.item").write_text("one")
    (place / "b.item").write_text("two")
    files = ["ab/a.item", "b.item"]
    listing = subprocess.run(["sha256sum", *files], cwd=place, capture_output=True, check=True).stdout
    about = handover.medium_contents(tmp_path, "car-7")
    assert about == {"folder": str(place), "files": 2, "bytes": 6, "sha256": hashlib.sha256(listing).hexdigest()}


def test_a_medium_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ProvisioningError, match="is the medium mounted"):
        handover.export(tmp_path / "nowhere", "car-7")


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A folder of root's with a file, which no link may lead to."""
    folder = tmp_path / "victim"
    folder.mkdir(mode=0o700)
    (folder / "unit.key").write_text("shadow")
    yield folder
    assert [path.name for path in folder.iterdir()] == ["unit.key"]
    assert (folder / "unit.key").read_text() == "shadow"
    assert (folder.stat().st_uid, folder.stat().st_mode & 0o777) == (0, 0o700)


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder of the unit's user."""
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    return folder


@pytest.mark.review(16)
def test_a_link_among_the_keys_leads_nowhere(theirs: Path, victim: Path, tmp_path: Path) -> None:
    settings = tmp_path / "etc"
    settings.mkdir()
    tls = theirs.rename(settings / "tls")
    (tls / "x.key").symlink_to(victim / "unit.key")
    (tls / "sub").symlink_to(victim)
    (tls / "unit.key").write_text("mine")
    assert destruction.secret_files(tmp_path / "none", settings, tmp_path / "none") == [tls / "unit.key"]
    for way in (tls / "x.key", tls / "sub" / "unit.key"):
        with pytest.raises(OSError, match="link"):
            destruction.overwritten(way)
    (tls / "unit.pem").symlink_to(victim / "unit.key")
    assert PresentUnit(tls=tls).certificate == ""
    destruction.remove(settings)
    assert list(settings.iterdir()) == []


@pytest.mark.review(16)
def test_a_second_name_of_somebody_elses_file_is_not_overwritten(theirs: Path, victim: Path) -> None:
    os.link(victim / "unit.key", theirs / "unit.key")
    destruction.overwritten(theirs / "unit.key")
    assert list(theirs.iterdir()) == []


@pytest.mark.review(16)
def test_links_among_the_data_are_neither_counted_nor_followed(theirs: Path, victim: Path) -> None:
    (theirs / "edge.db").symlink_to(victim / "unit.key")
    (theirs / "images").symlink_to(victim)
    assert destruction.data_of(theirs) == {"files": 0, "bytes": 0, "database_sha256": "none"}
    destruction.remove(theirs)
    assert list(theirs.iterdir()) == []


@pytest.mark.review(16)
def test_a_link_on_a_medium_is_refused(theirs: Path, victim: Path) -> None:
    (theirs / "car-7").symlink_to(victim)
    for work in (handover.make_place, handover.export, handover.medium_contents):
        with pytest.raises(ProvisioningError, match=r"car-7: cannot be (used|read): a link, which is not followed"):
            work(theirs, "car-7")
    (theirs / "car-7").unlink()
    handover.make_place(theirs, "car-7")
    (theirs / "car-7" / "a.item").symlink_to(victim / "unit.key")
    assert handover.medium_contents(theirs, "car-7")["files"] == 0


def test_a_record_is_kept_and_found_again(tmp_path: Path) -> None:
    first = a_record(ended="2026-03-02T17:01:00Z")
    second = a_record(began="2026-03-03T17:00:00Z", emptied=True)
    second.save(tmp_path)
    path = first.save(tmp_path)
    assert records(tmp_path) == [first, second]
    assert path.name == "decommissioned-car-7-2026-03-02T170000Z.json"
    assert second.save_text(tmp_path).read_text().startswith("unit         car-7")
    path.write_text("{")
    with pytest.raises(ProvisioningError, match="no record that can be read"):
        records(tmp_path)


def test_what_is_to_be_run_at_the_department_runs_there(tmp_path: Path) -> None:
    folder = str(tmp_path / "department")
    assert CliRunner().invoke(app, ["department", "init", folder, "--name", "127.0.0.1"]).exit_code == 0
    assert CliRunner().invoke(app, ["department", "code", "car-7", "--directory", folder]).exit_code == 0
    sudo, command, *words = shlex.split(_revocation("car-7"))
    assert (sudo, command) == ("sudo", COMMAND.name)
    done = CliRunner().invoke(app, ["department", *words, "--directory", folder])
    assert (done.exit_code, done.stdout) == (0, "car-7: revoked, certificates 0, codes 1\n")
    assert words[words.index("--as") + 1] == UnitEnd.RETIRED
    assert "(there: sudo alpr-edge-department import DIR;" in handover.left_line({"items_on_media": 1})
    record = a_record(handed_over={"media": [{"medium_id": "abcd", "items": 5}]})
    (_, line) = record_text(record, Path("x")).split("although revoked: ")
    assert line.splitlines()[0] == "sudo alpr-edge-department import DIR --accept-revoked car-7"


def test_people_are_told_what_the_record_says() -> None:
    export = {"folder": "/media/x", "files": 2, "bytes": 6, "sha256": "ab"}
    removal = {"files": 1, "bytes": 5, "database_sha256": "cd"}
    keys = [{"file": "/k", "bytes": 1, "sha256": "ef"}]
    handed_over = {
        "reads": 9,
        "reads_unacknowledged": 4,
        "open_reads_closed": 2,
        "reads_held": 1,
        "reads_deleted_on_record": 0,
        "databases": [{"name": "damaged-1", "saved": {"reads": 7}, "pages_unreadable": 3}],
        "media": [{"medium_id": "abcd", "items": 5, "last": None}],
    }
    more: dict[str, Any] = {"handed_over": handed_over, "given_up": {"items_on_media": 5}, "abandoned": "burnt"}
    record = a_record(exported=export, removed=removal, keys=keys, revoke="alpr-edge x", **more)
    text = record_text(record, Path("/var/log/x.json"))
    for part in (
        "car-7",
        "somebody",
        "1.2.3",
        "2 files, 6 bytes to /media/x",
        "burnt",
        "5 items on media",
        "9, 4 of them without every receipt",
        "2 were still open",
        "damaged-1: 7 reads came over, 3 pages could not be read",
        "abcd: 5 items without a receipt",
        "--accept-revoked",
        "/k (1 bytes",
        "cd",
        "alpr-edge x",
    ):
        assert part in text
    assert "On flash an overwrite may leave an old copy" in text
    record.revoked = REVOKED
    assert "alpr-edge x" not in record_text(record, Path("/var/log/x.json"))


def test_without_root_it_says_so_in_one_line() -> None:
    program = "import os; from scripts.deploy.decommission.__main__ import main; "
    program += "os.geteuid() or os.setuid(65534); exit(main())"
    command = [sys.executable, "-c", program, "car-7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "decommission: decommissioning changes the system; run it with sudo\n"


@pytest.mark.parametrize("package", ["update", "decommission"])
def test_it_runs_on_the_standard_library_alone(package: str) -> None:
    program = f"import scripts.deploy.{package}.__main__, sys; "
    program += "print(sorted(set(sys.modules) & {'pydantic', 'alpr_edge'}))"
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
