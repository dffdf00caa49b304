"""``unit support-bundle``: a zip of a unit with reads, hits, people and keys, of which no byte names any of them."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.runtime.health import Health, write_health
from alpr_edge.settings import load
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.keys import KEY_NAMES
from alpr_edge.store.unit_store import open_store
from tests.services.unit_health.health_reports import RUN, with_figures
from tests.staff import PEOPLE, Staff
from tests.store.records import decided, hit, plate_read
from tests.units import write_unit

PLATES = ("7ABC123", "5XYZ001", "8QQQ777")
SKIP = ("--skip", "camera,card,gps,clock,sound,disk,department,models")
FILES = {"README.txt", "settings.json", "versions.json", "databases.json", "kernel.txt", "health.json", "check.json"}
SECRET = "hunter2"
JOURNAL = f"""#!/bin/sh
echo "asked: $@"
echo "2026-11-27 car alpr-edge[1]: event=read.stored read=unit-1:018f"
echo "2026-11-27 car alpr-edge[1]: somebody printed plate {PLATES[0]}"
echo "2026-11-27 car alpr-edge[1]: somebody printed {PLATES[1][:4]}-{PLATES[1][4:]}"
echo "2026-11-27 car alpr-edge[1]: somebody printed the name of Supervisor"
"""
"""A journal of services in which somebody wrote what none of our own lines has."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unit")
    source = f"""[[hotlist.source]]
name = "state"
format = "generic-csv"
url = "https://car7:{SECRET}@feeds.example.org/list?token={SECRET}"
"""
    settings = write_unit(folder, "car-7", "", more=source)
    staff = Staff(settings)
    staff.sign_in_here("chief")
    with open_store(load(settings), migrate=True) as store:
        for number, plate in enumerate(PLATES):
            read_id = f"unit-1:read-{number}"
            store.reads.commit([decided(plate_read(read_id, plate), hits=(hit(f"hit-{number}", read_id, plate),))])
    write_health(folder / "runtime", with_figures(RUN, odd=f"somebody wrote {PLATES[2]}"))
    write_health(folder / "runtime", Health("uplink", ready=True, troubles=("Chief was here",)))
    return settings


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer whose journalctl gives these lines."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "journalctl").write_text(JOURNAL, encoding="utf-8")
    (programs / "journalctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")


def bundle(settings: Path, to: Path, *words: str) -> Result:
    command = ["unit", "support-bundle", "--to", str(to), *SKIP, *words, "--settings", str(settings)]
    return CliRunner().invoke(app, command)


@pytest.mark.usefixtures("journal")
def test_no_byte_of_it_names_a_plate_a_person_or_a_secret(settings: Path, tmp_path: Path) -> None:
    file = tmp_path / "bundle.zip"
    done = bundle(settings, file)
    assert done.exit_code == 0, done.output
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert set(contents) == FILES | {"journal.txt"}
    whole = b"\n".join([*contents.values(), done.stdout.encode()])
    unit = load(settings)
    keys = [(unit.store.keys_directory / f"{name}.key").read_bytes() for name in KEY_NAMES]
    names = [text for person in PEOPLE for text in (person.name, person.badge, person.email)]
    secrets = [*(plate.encode() for plate in PLATES), *(name.encode() for name in names), SECRET.encode()]
    secrets += [*keys, *(key.hex().encode() for key in keys)]
    assert [secret for secret in secrets if secret in whole] == []
    assert b"5XYZ-001" not in whole
    journal_text = contents["journal.txt"].decode()
    assert "event=read.stored read=unit-1:018f" in journal_text
    assert "--unit alpr-edge-uplink" in journal_text
    assert "somebody printed" not in journal_text
    rows = {row[0]: row[2] for line in done.stdout.splitlines() if len(row := line.split()) == 3}
    assert rows["journal.txt"] == "3"
    assert int(rows["health.json"]) >= 2
    assert "left out 3" in contents["README.txt"].decode()


def test_it_has_what_support_asks_for(settings: Path, tmp_path: Path) -> None:
    file = tmp_path / "bundle.zip"
    told = json.loads(bundle(settings, file, "--json").stdout)
    assert (told["file"], told["not_compared"]) == (str(file), None)
    with zipfile.ZipFile(file) as archive:
        values = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
        kernel = archive.read("kernel.txt").decode()
    assert values["settings.json"]["unit.id"] == '"car-7"'
    assert "@feeds.example.org/list?hidden" in json.dumps(values["settings.json"])
    databases = values["databases.json"]
    assert databases["kept"]["reads"] == len(PLATES)
    assert all(isinstance(schema, int) for schema in databases["schemas"].values()), databases
    assert {"accounts.db", "access.db"} <= set(databases["schemas"])
    assert values["health.json"]["daemons"]["run"]["figures"]["cameras"]["front"]["captured"] == 812
    assert {check["name"] for check in values["check.json"]["checks"]} >= {"versions", "roster", "page"}
    assert values["versions.json"]["packages"]["onnxruntime"]
    assert "MemTotal" in kernel


def test_a_file_that_is_there_stays(settings: Path, tmp_path: Path) -> None:
    file = tmp_path / "bundle.zip"
    file.write_bytes(b"mine")
    done = bundle(settings, file)
    assert (done.exit_code, file.read_bytes()) == (1, b"mine")
    assert "already exists; name a new file" in done.stderr


def test_a_folder_that_is_not_there_is_told_before_anything_is_checked(settings: Path, tmp_path: Path) -> None:
    file = tmp_path / "nosuch" / "bundle.zip"
    done = bundle(settings, file)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        f"alpr-edge: {file}: cannot be written: {file.parent} is no folder; make it, or name another file\n"
    )


def test_without_the_store_what_cannot_be_compared_is_left_out(settings: Path, tmp_path: Path) -> None:
    shutil.copytree(settings.parent, tmp_path / "unit")
    (tmp_path / "unit" / "keys" / "outbox.key").unlink()
    done = bundle(tmp_path / "unit" / settings.name, tmp_path / "bundle.zip")
    assert done.exit_code == 0, done.output
    assert "without journal, health and checks: " in done.stderr
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        assert set(archive.namelist()) == FILES - {"health.json", "check.json"}
        assert "could not be read to compare them" in archive.read("README.txt").decode()
        whole = b"".join(archive.read(name) for name in archive.namelist())
    assert not re.search(rb"7ABC123|Chief|hunter2", whole)


def test_it_goes_on_record_and_is_made_all_the_same_where_the_access_log_is_the_trouble(
    settings: Path, tmp_path: Path
) -> None:
    shutil.copytree(settings.parent, tmp_path / "unit")
    unit = load(tmp_path / "unit" / settings.name)
    assert bundle(tmp_path / "unit" / settings.name, tmp_path / "first.zip").exit_code == 0
    with open_access_log(unit, migrate=False) as log:
        record = parse_record(log.read(log.size() - 1, 1)[0].body)
    assert (record.action, record.outcome, record.purpose) == ("write_support_bundle", "allowed", "maintenance")
    (unit.store.keys_directory / "access.key").unlink()
    done = bundle(tmp_path / "unit" / settings.name, tmp_path / "second.zip")
    assert (done.exit_code, (tmp_path / "second.zip").exists()) == (0, True), done.output
    assert "not put on record: " in done.stderr
