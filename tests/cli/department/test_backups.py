"""``department backup``, ``restore`` and ``drill``, as a person runs them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from tests.department.backups.places import flip
from tests.department.people.office import make_department
from tests.department.retention.office import Office, pictures_of, read_item


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(make_department(tmp_path / "department", "127.0.0.1"))
    office.deliver(read_item("one"), *pictures_of("one"), days_ago=1)
    yield office
    office.storage.close()


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["department", *map(str, words)])


def test_a_department_is_backed_up_tried_out_and_restored(office: Office, tmp_path: Path) -> None:
    here = ("--directory", office.directory)
    assert "say where the backups are" in run("backup", *here).output
    assert "say where the backups are" in run("drill", *here).output
    office.settings(f'[backup]\ntarget = "{tmp_path / "backups"}"\n')
    first = run("backup", *here)
    assert (first.exit_code, "read back and signed" in first.output) == (0, True)
    assert "warning: not in the backup: ca.key, people.key, roster.key, server.key, witness.key" in first.output
    content = json.loads(run("backup", *here, "--keys-to", tmp_path / "keys", "--json").output)
    assert (content["kind"], content["keys_copied"], content["pictures"]["linked"]) == ("full", True, 2)
    good = json.loads(run("drill", *here, "--json").output)
    assert (good["ok"], good["faults"], good["backup"]) == (True, [], content["backup"])
    assert run("drill", *here).output.startswith(f"drill of {content['backup']}: good; ")
    status = json.loads(run("status", *here, "--json").output)
    assert (status["last_backup"]["backup"], status["last_drill"]["is_good"]) == (content["backup"], True)
    assert "last good drill" in run("status", *here).output
    unsigned = run("restore", content["backup"], tmp_path / "new")
    assert (unsigned.exit_code, "say who signed it" in unsigned.output) == (1, True)
    with_key = run("restore", content["backup"], tmp_path / "bare", "--key", status["witness_key"], "--json")
    assert json.loads(with_key.output)["keys_missing"] == content["keys"]
    whole = run("restore", content["backup"], tmp_path / "new", "--keys", tmp_path / "keys")
    assert (whole.exit_code, "all as signed" in whole.output, "next" in whole.output) == (0, True, False)
    assert run("verify", "--directory", tmp_path / "new").exit_code == 0
    assert (
        "not an empty folder" in run("restore", content["backup"], tmp_path / "new", "--keys", tmp_path / "keys").output
    )


def test_damage_ends_with_1_and_a_line_and_wrong_input_too(office: Office, tmp_path: Path) -> None:
    here, target = ("--directory", office.directory), tmp_path / "backups"
    backup = Path(json.loads(run("backup", target, *here, "--json").output)["backup"])
    flip(backup / "department" / "ca.pem", 50)
    damaged = run("drill", backup, *here)
    assert (damaged.exit_code, f"drill of {backup}: FAILED, 1 fault" in damaged.output) == (1, True)
    assert "ca.pem: not as it was backed up; use another backup" in damaged.output
    assert json.loads(run("drill", backup, *here, "--json").stdout)["ok"] is False
    for typo in (Path("/none"), target / "none", tmp_path):
        mistyped = run("drill", typo, *here)
        assert (mistyped.exit_code, mistyped.stdout) == (1, "")
        assert mistyped.stderr == f"alpr-edge: {typo}: no backup there; name the folder that holds manifest.json\n"
    assert "no backup there; name the folder" in run("restore", tmp_path / "none", tmp_path / "new").output
    assert "no department there" in run("backup", target, "--directory", tmp_path / "none").output
    assert "not a verifier key" in run("restore", backup, tmp_path / "new", "--key", "x").output
    office.settings('[backup]\ntarget = "relative"\n')
    assert "department.toml: backup.target: " in run("backup", *here).output
