"""The end of a unit: nothing given up without a reason, keys overwritten where they lie, and a record that stays."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts.decommissioning import destroying, emptying
from scripts.decommissioning.__main__ import _given_up
from scripts.decommissioning.record import REVOKED, Record, records, told
from scripts.provisioning.machine import ProvisioningError

ROOT = Path(__file__).parents[2]


def a_record(**more: Any) -> Record:  # noqa: ANN401 - fields of many types
    record = Record("car-7", "somebody", "2026-03-02T17:00:00Z", "1.2.3", outbox={"ready": 0, "delivered": 3})
    return replace(record, **more)


@pytest.mark.parametrize(("ready", "quarantined"), [(1, 0), (0, 1), (2, 3)])
def test_what_the_department_does_not_have_is_given_up_for_a_reason_alone(ready: int, quarantined: int) -> None:
    counts = {"ready": ready, "delivered": 9, "quarantined": quarantined}
    with pytest.raises(ProvisioningError, match=f"{ready + quarantined} items are not at the department"):
        _given_up(counts, "")
    assert _given_up(counts, "burnt out") == f"{ready + quarantined} items: burnt out"


def test_a_reason_is_not_recorded_where_nothing_was_given_up() -> None:
    assert _given_up({"ready": 0, "delivered": 9, "quarantined": 0}, "to be sure") == ""


def test_a_key_is_overwritten_where_it_lies(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"secret" * 10)
    key.chmod(0o400)
    with key.open("rb") as same_blocks:
        about = destroying.overwritten(key)
        assert b"secret" not in same_blocks.read()
    assert not key.exists()
    assert about == {"file": str(key), "bytes": 60, "sha256": hashlib.sha256(b"secret" * 10).hexdigest()}


def test_the_hosts_key_goes_only_when_nothing_else_is_sealed_with_it(tmp_path: Path) -> None:
    sealed, settings, host = tmp_path / "sealed", tmp_path / "settings", tmp_path / "host"
    sealed.mkdir()
    settings.mkdir()
    for path in (
        sealed / "alpr-edge-outbox",
        host,
        settings / "unit.key",
        settings / "alpr-edge.toml",
        settings / "ca.pem",
    ):
        path.write_text("x")
    mine = [sealed / "alpr-edge-outbox", host, settings / "alpr-edge.toml", settings / "unit.key"]
    assert destroying.secret_files(sealed, settings, host) == mine
    (sealed / "somebody-elses").write_text("x")
    assert host not in destroying.secret_files(sealed, settings, host)


def test_all_data_goes_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    (data / "images").mkdir(parents=True)
    (data / "edge.db").write_text("noise")
    (data / "images" / "a").write_text("picture")
    elsewhere.write_text("not of the unit")
    (data / "link").symlink_to(elsewhere)
    about = destroying.data_of(data)
    assert about == {"files": 2, "bytes": 12, "database_sha256": hashlib.sha256(b"noise").hexdigest()}
    for _ in range(2):
        destroying.remove(data, tmp_path / "was-never-there")
    assert list(data.iterdir()) == []
    assert elsewhere.read_text() == "not of the unit"
    assert destroying.data_of(data) == {"files": 0, "bytes": 0, "database_sha256": "none"}


def test_what_was_exported_can_be_checked_with_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "a.read").write_text("one")
    (tmp_path / "b.read").write_text("two")
    listing = subprocess.run(["sha256sum", "a.read", "b.read"], cwd=tmp_path, capture_output=True, check=True).stdout
    about = emptying.listed(tmp_path)
    assert about == {"folder": str(tmp_path), "files": 2, "bytes": 6, "sha256": hashlib.sha256(listing).hexdigest()}


def test_a_medium_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ProvisioningError, match="is the medium mounted"):
        emptying.export(tmp_path / "nowhere", "car-7")


def test_a_record_is_kept_and_found_again(tmp_path: Path) -> None:
    first = a_record(ended="2026-03-02T17:01:00Z")
    second = a_record(began="2026-03-03T17:00:00Z", emptied=True)
    second.save(tmp_path)
    path = first.save(tmp_path)
    assert records(tmp_path) == [first, second]
    assert path.name == "decommissioned-car-7-2026-03-02T170000Z.json"
    path.write_text("{")
    with pytest.raises(ProvisioningError, match="no record that can be read"):
        records(tmp_path)


def test_people_are_told_what_the_record_says() -> None:
    exported = {"folder": "/media/x", "files": 2, "bytes": 6, "sha256": "ab"}
    removed = {"files": 1, "bytes": 5, "database_sha256": "cd"}
    keys = [{"file": "/k", "bytes": 1, "sha256": "ef"}]
    record = a_record(exported=exported, removed=removed, keys=keys, abandoned="1 items: burnt", revoke="alpr-edge x")
    text = told(record, Path("/var/log/x.json"))
    for part in (
        "car-7",
        "somebody",
        "1.2.3",
        "2 files, 6 bytes to /media/x",
        "burnt",
        "/k (1 bytes",
        "cd",
        "alpr-edge x",
    ):
        assert part in text
    assert "On flash an overwrite may leave an old copy" in text
    record.revoked = REVOKED
    assert "alpr-edge x" not in told(record, Path("/var/log/x.json"))


def test_without_root_it_says_so_in_one_line() -> None:
    program = "import os; from scripts.decommissioning.__main__ import main; "
    program += "os.geteuid() or os.setuid(65534); exit(main())"
    command = [sys.executable, "-c", program, "car-7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "decommission: decommissioning changes the system; run it with sudo\n"


@pytest.mark.parametrize("package", ["updating", "decommissioning"])
def test_it_runs_on_the_standard_library_alone(package: str) -> None:
    program = f"import scripts.{package}.__main__, sys; print(sorted(set(sys.modules) & {{'pydantic', 'alpr_edge'}}))"
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
