import codecs
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.domain.errors import StoreError
from alpr_edge.services.settings_template import settings_template
from alpr_edge.settings import load
from alpr_edge.store.keys import KEY_NAMES, load_key
from tests.app.rig import write_frames, write_settings
from tests.vision.models import detector_model, write_int8


def test_a_fit_file_is_said_to_be_fit(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [1]))
    write_int8(tmp_path / "models", "detector", detector_model([]))
    result = CliRunner().invoke(app, ["settings", "check", str(settings)])
    assert result.exit_code == 0, result.output
    assert "fit for use" in result.stdout
    assert not result.stderr, "provisioning takes every line of it for a fault"


def test_a_device_that_is_not_there_is_a_warning(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [1]))
    write_int8(tmp_path / "models", "detector", detector_model([]))
    missing = tmp_path / "ttyUSB7"
    position = f'\n[position]\ndevice = "{missing}"\nchrony_socket = "/run/chrony.sock"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + position, encoding="utf-8")
    result = CliRunner().invoke(app, ["settings", "check", str(settings)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{settings}: valid, with 1 warning\n")
    assert f"warning: receiver: there is no {missing} here; connect it, or name another device\n" in result.stdout


def test_a_byte_order_mark_of_an_editor_is_no_fault(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [1]))
    write_int8(tmp_path / "models", "detector", detector_model([]))
    settings.write_bytes(codecs.BOM_UTF8 + settings.read_bytes())
    result = CliRunner().invoke(app, ["settings", "check", str(settings)])
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    applied = ["settings", "apply", str(settings), "--settings", str(tmp_path / "new.toml"), "--yes"]
    assert CliRunner().invoke(app, applied).exit_code == 0
    assert CliRunner().invoke(app, ["settings", "migrate", str(settings)]).exit_code == 0


def test_a_fit_file_is_told_what_its_policy_means(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [1]))
    text = settings.read_text(encoding="utf-8") + '\n[policy]\nsecurity_profile = "nist"\ncase_formats = ["A99-9999"]\n'
    settings.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["settings", "check", str(settings)])
    assert f"camera front: folder {tmp_path / 'frames'}\n" in result.stdout
    parts = [line.partition(":")[0] for line in result.stdout.splitlines()[1:]]
    assert parts[:5] == ["camera front", "receiver", "sound", "lists", "department"], "before the law"
    assert "profile california: Policy 462" in result.stdout
    assert "with a case number (A99-9999): criminal investigation" in result.stdout
    assert "immigration enforcement (Government Code 7284.6)" in result.stdout
    assert "sections 2 to 4: not verified)" in result.stdout
    assert "never changed for age" in result.stdout
    result = CliRunner().invoke(app, ["settings", "check", str(settings), "--json"])
    policy = json.loads(result.stdout)["policy"]
    assert (policy["security_profile"], policy["idle_min"], policy["log_retention_days"]) == ("nist", 30, 730)


def test_a_receiver_that_sets_no_clock_is_a_warning(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [1]))
    text = settings.read_text(encoding="utf-8")
    for position, count in (
        ('device = "/dev/null"', 1),
        ('device = "/dev/null"\nchrony_socket = "/run/x.sock"', 0),
    ):
        settings.write_text(f"{text}\n[position]\n{position}\n", encoding="utf-8")
        told = CliRunner().invoke(app, ["settings", "check", str(settings)]).stdout
        assert told.count("warning: position.chrony_socket is empty") == count
        document = json.loads(CliRunner().invoke(app, ["settings", "check", str(settings), "--json"]).stdout)
        assert len(document["warnings"]) == count


def test_every_fault_of_file_and_models_comes_at_once(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [1]))
    (tmp_path / "models" / "reader.onnx").write_text("no model", encoding="utf-8")
    (tmp_path / "keys" / "lists.key").chmod(0o644)
    result = CliRunner().invoke(app, ["settings", "check", str(settings), "--json"])
    assert result.exit_code == 2
    faults = "\n".join(json.loads(result.stdout)["faults"])
    assert "SHA-256 is not the manifest's" in faults
    assert "lists.key" in faults


@pytest.mark.review2(16)
def test_a_format_of_a_list_that_is_none_is_found_before_its_feed_comes(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [1]))
    write_int8(tmp_path / "models", "detector", detector_model([]))
    with settings.open("a", encoding="utf-8") as file:
        file.write('\n[[hotlist.source]]\nname = "doj"\nformat = "clue"\ndepartment = true\n')
    result = CliRunner().invoke(app, ["settings", "check", str(settings), "--json"])
    assert result.exit_code == 2
    (fault,) = json.loads(result.stdout)["faults"]
    assert fault.startswith("hotlist.source[0].format: no format is called 'clue'; known are generic-csv")


@pytest.mark.parametrize("name", KEY_NAMES)
def test_a_key_that_others_may_read_is_found_as_a_start_would_find_it(tmp_path: Path, name: str) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [1]))
    (tmp_path / "keys" / f"{name}.key").chmod(0o644)
    with pytest.raises(StoreError) as refusal:
        load_key(name, tmp_path / "keys")
    result = CliRunner().invoke(app, ["settings", "check", str(settings), "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["faults"] == [f"store.keys_directory: {refusal.value}"]
    text = CliRunner().invoke(app, ["settings", "check", str(settings)])
    assert text.stdout == f"{settings}: 1 fault\n"


def test_the_file_of_the_environment_is_checked_where_none_is_named(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [1]))
    result = CliRunner().invoke(app, ["settings", "check"], env={"ALPR_EDGE_SETTINGS": str(settings)})
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{settings}: fit for use\n")


def test_a_commented_file_is_written_once_and_is_right_but_for_this_car(tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    result = CliRunner().invoke(app, ["settings", "init", str(file)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert file.read_bytes() == settings_template().read_bytes()
    assert load(file).unit.id == "unit-1"
    file.write_text("changed", encoding="utf-8")
    result = CliRunner().invoke(app, ["settings", "init", str(file)])
    assert (result.exit_code, "exists already" in result.stderr) == (2, True)
    assert file.read_text(encoding="utf-8") == "changed"
    result = CliRunner().invoke(app, ["settings", "init", str(tmp_path / "none" / "new.toml")])
    assert (result.exit_code, "make the folder first" in result.stderr) == (2, True)


def test_every_fault_of_the_text_comes_at_once_with_path_and_suggestion(tmp_path: Path) -> None:
    settings = tmp_path / "alpr-edge.toml"
    settings.write_text('[unit]\nidd = "a"\n[vision]\nworkers = "two"\n[decision]\ntimeout_ms = -1\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["settings", "check", str(settings)])
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["unit.idd", "vision.workers", "decision.timeout_ms"]
    assert "did you mean 'id'" in lines[0]


def migrate(file: Path, *more: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["settings", "migrate", str(file), *more])
    return result.exit_code, result.stdout, result.stderr


def old_file(folder: Path) -> Path:
    file = folder / "alpr-edge.toml"
    file.write_text("[retention]\n# room\ndays = 14.0  # two weeks\n", encoding="utf-8")
    file.chmod(0o640)
    return file


def test_an_old_file_is_rewritten_and_kept_beside_with_owner_and_mode(tmp_path: Path) -> None:
    file = old_file(tmp_path)
    before, owner = file.read_bytes(), 12_345 if os.geteuid() == 0 else os.geteuid()
    os.chown(file, owner, -1)
    code, output, _ = migrate(file, "--release", "0.1.0", "--json")
    copy = tmp_path / "alpr-edge.toml.release-0.1.0"
    names = {"retention.days": "retention.acknowledged_days_max"}
    assert (code, json.loads(output)) == (0, {"file": str(file), "renamed": names, "kept": str(copy)})
    assert file.read_text(encoding="utf-8") == "[retention]\n# room\nacknowledged_days_max = 14.0  # two weeks\n"
    assert copy.read_bytes() == before
    for path in (file, copy):
        assert (path.stat().st_uid, path.stat().st_mode & 0o7777) == (owner, 0o640)
    again = file.stat().st_ino
    assert migrate(file, "--release", "0.1.0")[:2] == (0, f"{file}: nothing to rename\n")
    assert (file.stat().st_ino, copy.read_bytes()) == (again, before)


def test_each_renamed_key_and_the_copy_are_told(tmp_path: Path) -> None:
    file = old_file(tmp_path)
    code, output, _ = migrate(file)
    assert code == 0
    assert output.splitlines() == [
        "retention.days -> retention.acknowledged_days_max",
        f"{file}: 1 key renamed; original file: {file}.before-release-0.2.0",
    ]


def test_a_file_with_a_link_in_its_place_is_left_alone(tmp_path: Path) -> None:
    real = old_file(tmp_path)
    before = real.read_bytes()
    link = tmp_path / "link.toml"
    link.symlink_to(real)
    code, _, errors = migrate(link)
    assert (code, len(errors.splitlines())) == (2, 1)
    assert "cannot be rewritten" in errors
    assert real.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alpr-edge.toml", "link.toml"]


def test_an_earlier_copy_is_not_written_over(tmp_path: Path) -> None:
    file = old_file(tmp_path)
    before = file.read_bytes()
    (tmp_path / "alpr-edge.toml.release-0.1.0").write_text("earlier", encoding="utf-8")
    code, _, errors = migrate(file, "--release", "0.1.0")
    assert (code, len(errors.splitlines())) == (2, 1)
    assert "move it away" in errors
    assert file.read_bytes() == before


def test_what_is_no_toml_is_refused_in_one_line_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "alpr-edge.toml"
    file.write_text("[retention\n", encoding="utf-8")
    code, _, errors = migrate(file)
    assert (code, len(errors.splitlines())) == (2, 1)
    assert "not valid TOML" in errors
    assert migrate(tmp_path / "none.toml")[0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["alpr-edge.toml"]
