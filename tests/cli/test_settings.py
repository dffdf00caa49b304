import json
from pathlib import Path

from typer.testing import CliRunner

from alpr_edge.cli import app
from tests.app.rig import write_frames, write_settings


def test_a_fit_file_is_said_to_be_fit(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [1]))
    result = CliRunner().invoke(app, ["settings", "check", str(settings)])
    assert result.exit_code == 0, result.output
    assert "fit for use" in result.stdout


def test_every_fault_of_file_and_models_comes_at_once(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [1]))
    (tmp_path / "models" / "reader.onnx").write_text("no model", encoding="utf-8")
    (tmp_path / "keys" / "lists.key").chmod(0o644)
    result = CliRunner().invoke(app, ["settings", "check", str(settings), "--json"])
    assert result.exit_code == 2
    faults = "\n".join(json.loads(result.stdout)["faults"])
    assert "SHA-256 is not the manifest's" in faults


def test_every_fault_of_the_text_comes_at_once_with_path_and_suggestion(tmp_path: Path) -> None:
    settings = tmp_path / "alpr-edge.toml"
    settings.write_text('[unit]\nidd = "a"\n[vision]\nthreads = "two"\n[decision]\nage_ms_max = -1\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["settings", "check", str(settings)])
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["unit.idd", "vision.threads", "decision.age_ms_max"]
    assert "did you mean 'id'" in lines[0]
