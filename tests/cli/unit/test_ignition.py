import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.app.instance_lock import instance_lock
from alpr_edge.cli import app
from alpr_edge.runtime.health import Health, write_health


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
    assert error == 'alpr-edge: power.ignition is "none": a command can set it only if it is "file"'


def test_an_ignition_that_cannot_be_told_is_one_line(settings: Path, tmp_path: Path) -> None:
    (tmp_path / "ignition").write_text("?")
    code, _, error = ignition(settings)
    assert code == 1
    assert "holds neither on nor off; write one with: alpr-edge unit ignition on" in error


def test_of_a_line_that_the_running_unit_holds_its_word_counts(tmp_path: Path) -> None:
    """A line opens once: the command would get EBUSY, and blame the wiring."""
    settings = tmp_path / "alpr-edge.toml"
    unit = f'[unit]\nruntime_directory = "{tmp_path}"\ndata_directory = "{tmp_path / "data"}"\n'
    settings.write_text(f'{unit}[power]\nignition = "gpio"\ngpio_chip = "{tmp_path / "chip"}"\n', encoding="utf-8")
    with instance_lock(tmp_path / "data"):
        code, _, error = ignition(settings)
        assert (code, "cannot read it, or has not yet" in error) == (1, True), error
        for word in ("on", "off"):
            write_health(tmp_path, Health("run", ready=True, troubles=(), figures={"ignition": word}))
            assert ignition(settings) == (0, word, "")
        write_health(tmp_path, Health("run", ready=True, troubles=(), figures={"ignition": "unknown"}))
        assert ignition(settings)[0] == 1
    code, _, error = ignition(settings)
    assert (code, str(tmp_path / "chip") in error) == (1, True), error
