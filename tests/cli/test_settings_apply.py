"""``alpr-edge settings apply``: checked, shown, asked, written at once, and on record."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.domain.access_log.records import AccessRecord, parse_record
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.services.changes.self_check import FIRST_VALUES
from alpr_edge.services.changes.settings_values import settings_values
from alpr_edge.services.changes.values_in_force import model_values
from alpr_edge.settings import load
from alpr_edge.store.access_log.log import open_access_log
from tests.units import write_unit

CAMERA = '[[camera]]\nkind = "rtsp"\nurl = "rtsp://admin:hunter2@10.0.0.5/live"\n'


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Of a unit that has run, so that its settings are on record."""
    path = write_unit(tmp_path, "unit-1", "")
    unit = load(path)
    with open_access_log(unit, migrate=True) as log:
        values = settings_values(unit, log.digest)
        ChangeRecorder(log, "run", SystemClock()).record_values(FIRST_VALUES, {"release": "1"} | values)
    return path


def records(settings: Path) -> list[AccessRecord]:
    with open_access_log(load(settings), migrate=False) as log:
        return [parse_record(record.body) for record in log.read(0, 1000)]


def new_file(settings: Path, more: str) -> Path:
    path = settings.parent / "elsewhere" / "new.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{more}{settings.read_text(encoding='utf-8')}", encoding="utf-8")
    return path


def apply(settings: Path, file: Path, *words: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["settings", "apply", str(file), "--settings", str(settings), *words], input=answer)


def test_settings_are_replaced_and_the_difference_is_on_record(settings: Path) -> None:
    settings.chmod(0o640)
    file = new_file(settings, CAMERA)
    done = apply(settings, file, "--reason", "new camera", answer="y\n")
    assert done.exit_code == 0, done.output
    assert "camera[front].fps" in done.stdout
    assert "which was not there before" in done.stdout
    assert "takes effect at the next start: systemctl restart alpr-edge.target\n" in done.stdout
    assert settings.read_bytes() == file.read_bytes()
    assert settings.stat().st_mode & 0o777 == 0o640
    asked, made = records(settings)[-2:]
    assert (asked.action, asked.objects, asked.note) == ("change_settings", ("file:alpr-edge.toml",), "new camera")
    changes = {change.name: change for change in made.changes}
    assert changes["settings:camera[front].kind"].after == '"rtsp"'
    assert changes["settings:camera[front].device"].after == ""
    assert "hunter2" not in f"{records(settings)}{done.output}"
    assert made.person_id.startswith("login:")


def test_relative_paths_count_from_the_units_own_file(settings: Path) -> None:
    told = json.loads(apply(settings, new_file(settings, "[alerts]\nvolume = 0.5\n"), "--yes", "--json").stdout)
    assert [change["name"] for change in told["changes"]] == ["settings:alerts.volume"]
    assert load(settings).unit.data_directory == settings.parent / "data"


def test_what_was_edited_by_hand_before_is_not_the_work_of_who_applies(settings: Path) -> None:
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"[alerts]\nvolume = 0.1\n{text}", encoding="utf-8")
    file = settings.parent / "new.toml"
    file.write_text(f"[alerts]\nvolume = 0.1\ncooldown_s = 30.0\n{text}", encoding="utf-8")
    assert apply(settings, file, "--yes").exit_code == 0
    edited, _, made = records(settings)[-3:]
    assert (edited.action, edited.changes[0].name) == ("settings_edited_by_hand", "settings:alerts.volume")
    assert [change.name for change in made.changes] == ["settings:alerts.cooldown_s"]


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_nothing_is_written_without_consent_or_with_a_fault(settings: Path, words: tuple[str, ...]) -> None:
    before, known = settings.read_bytes(), len(records(settings))
    done = apply(settings, new_file(settings, "[alerts]\nvolume = 0.5\n"), *words, answer="n\n")
    assert (done.exit_code, "nothing was changed" in done.stderr) == (1, True)
    done = apply(settings, new_file(settings, "[alerts]\nvolume = 5\n"), "--yes", *words)
    assert (done.exit_code, "alerts.volume" in done.stderr) == (2, True)
    done = apply(settings, new_file(settings, '[vision]\nreader = "none"\n'), "--yes", *words)
    assert (done.exit_code, "no [reader.none]" in done.stderr) == (2, True)
    assert (settings.read_bytes(), len(records(settings))) == (before, known)


def test_the_same_values_change_nothing(settings: Path) -> None:
    before, known = settings.read_bytes(), len(records(settings))
    done = apply(settings, new_file(settings, "# a comment\n"))
    assert (done.exit_code, "no value differs" in done.stdout) == (0, True)
    assert (settings.read_bytes(), len(records(settings))) == (before, known)


def test_without_a_key_nothing_is_changed(settings: Path) -> None:
    file, before = new_file(settings, "[alerts]\nvolume = 0.5\n"), settings.read_bytes()
    (settings.parent / "keys" / "access.key").unlink()
    done = apply(settings, file, "--yes")
    assert (done.exit_code != 0, settings.read_bytes()) == (True, before)


def test_a_unit_that_never_ran_has_no_log_and_its_start_records_all(tmp_path: Path) -> None:
    settings = write_unit(tmp_path, "unit-1", "")
    done = apply(settings, new_file(settings, "[alerts]\nvolume = 0.5\n"), "--yes")
    assert (done.exit_code, load(settings).alerts.volume) == (0, 0.5)
    assert not (tmp_path / "data" / "access.db").exists()


def test_the_restart_that_it_names_is_one_of_all_daemons() -> None:
    """The page's settings count from the page's start."""
    folder = Path(__file__).parents[2] / "systemd"
    services = {"alpr-edge.service", "alpr-edge-uplink.service", "alpr-edge-console.service"}
    texts = {path.name: path.read_text(encoding="utf-8").splitlines() for path in folder.glob("*.service")}
    assert services <= {name for name, lines in texts.items() if "PartOf=alpr-edge.target" in lines}


def test_a_network_that_the_new_settings_do_without_is_on_record_as_gone(settings: Path) -> None:
    unit = load(settings)
    with open_access_log(unit, migrate=True) as log:
        recorder = ChangeRecorder(log, "run", SystemClock())
        recorder.record_values(FIRST_VALUES, settings_values(unit, log.digest) | model_values(unit))
    done = apply(settings, new_file(settings, '[vision]\ndetector = "wide"\n'), "--reason", "small plates", "--yes")
    assert done.exit_code == 0, done.output
    changes = {change.name: change.after for change in records(settings)[-1].changes}
    assert changes["model:plate-check"] == ""
    with open_access_log(load(settings), migrate=True) as log:
        assert log.values().of(["model"]) == model_values(load(settings))
