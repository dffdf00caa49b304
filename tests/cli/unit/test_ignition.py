import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app


def ignition(settings: Path, *arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["unit", "ignition", *arguments, "--settings", str(settings)])
    return done.exit_code, done.stdout.strip(), done.stderr.strip()


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "alpr-edge.toml"
    path.write_text(f'[unit]\nruntime_directory = "{tmp_path}"\n[power]\nignition = "file"\n')
    return path


def test_what_is_said_is_what_the_unit_hears(settings: Path) -> None:
    assert ignition(settings) == (0, "on", "")
    assert ignition(settings, "off") == (0, "off", "")
    code, output, _ = ignition(settings, "--json")
    assert (code, json.loads(output)) == (0, {"ignition": "off"})
    assert ignition(settings, "on") == (0, "on", "")
    assert ignition(settings) == (0, "on", "")


def test_what_a_wire_says_no_command_says(settings: Path) -> None:
    settings.write_text("[power]\n")
    assert ignition(settings) == (0, "none", "")
    code, _, error = ignition(settings, "off")
    assert code == 1
    assert error == 'alpr-edge: power.ignition is "none": a command can say on or off only where it is "file"'


def test_an_ignition_that_cannot_be_told_is_one_line(settings: Path, tmp_path: Path) -> None:
    (tmp_path / "ignition").write_text("?")
    code, _, error = ignition(settings)
    assert code == 1
    assert "holds neither on nor off; write one with: alpr-edge unit ignition on" in error
