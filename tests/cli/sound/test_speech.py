"""The commands that make a unit's phrases and show them, and what the unit's check says of them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.domain.speech.sentences import phrases_for
from tests.alerts.speech.clip_files import write_clip_files
from tests.units import write_bare_unit

PHRASES = phrases_for(["front"])
SKIP = (
    "camera,card,gps,clock,ignition,keys,accounts,changes,memory,lists,disk,deletion,certificates,department,models,"
    "versions,unit"
)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = write_bare_unit(tmp_path)
    with path.open("a", encoding="utf-8") as file:
        file.write(f'[alerts]\nplayer = "wav"\nwav_path = "{tmp_path}/alerts.wav"\n')
    (tmp_path / "data").mkdir(mode=0o700, exist_ok=True)
    return path


def edge(settings: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--settings", str(settings)])


def speech_check(settings: Path) -> tuple[str, str, str]:
    checks = json.loads(edge(settings, "unit", "check", "--json", "--skip", SKIP).stdout)["checks"]
    check = next(check for check in checks if check["name"] == "speech")
    return check["verdict"], check["said"], check["todo"]


def test_a_unit_gets_its_phrases_once_and_shows_them(settings: Path, require_tool: Callable[[str], str]) -> None:
    require_tool("espeak-ng")
    done = edge(settings, "sound", "render", "--json")
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert (result["phrase_count"], result["new_count"], result["voice"]) == (len(PHRASES), len(PHRASES), "en-us")
    assert "0 made now, voice en-us" in edge(settings, "sound", "render").stdout
    shown = edge(settings, "sound", "phrases", "--json")
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    assert shown.exit_code == 0
    assert [row["phrase"] for row in rows] == list(PHRASES)
    assert all(100 < row["ms"] <= 1200 for row in rows)
    assert speech_check(settings) == ("green", f"{len(PHRASES)} phrases", "")


def test_what_is_missing_is_shown_by_command_and_check(settings: Path) -> None:
    assert speech_check(settings)[0] == "amber"
    folder = write_clip_files(settings.parent / "data", PHRASES)
    assert edge(settings, "sound", "phrases").exit_code == 0
    (folder / "3.wav").unlink()
    shown = edge(settings, "sound", "phrases")
    assert (shown.exit_code, "missing" in shown.stdout) == (1, True)
    assert f"1 of {len(PHRASES)} phrases missing" in shown.stderr
    verdict, finding, todo = speech_check(settings)
    assert (verdict, todo) == ("amber", "run: alpr-edge sound render")
    assert finding.startswith(f"1 of {len(PHRASES)} phrases missing")


def test_without_espeak_the_command_says_what_to_install(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(settings.parent))
    done = edge(settings, "sound", "render")
    assert (done.exit_code, "install espeak-ng" in done.stderr) == (1, True)
