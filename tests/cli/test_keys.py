import json
import stat
from pathlib import Path

from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.store.keys import KEY_NAMES, load_key
from tests.app.rig import write_frames, write_settings


def test_missing_keys_are_made_and_the_others_kept(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [0]))
    (tmp_path / "keys" / "access.key").unlink()
    key = (tmp_path / "keys" / "outbox.key").read_bytes()
    result = CliRunner().invoke(app, ["keys", "create", "--settings", str(settings)])
    assert result.exit_code == 0, result.output
    assert result.stdout == f"made {tmp_path / 'keys' / 'access.key'}\n"
    assert (tmp_path / "keys" / "outbox.key").read_bytes() == key
    for name in KEY_NAMES:
        assert stat.S_IMODE((tmp_path / "keys" / f"{name}.key").stat().st_mode) == 0o600
        assert len(load_key(name, tmp_path / "keys")) == 32
    assert json.loads(CliRunner().invoke(app, ["keys", "create", "--settings", str(settings), "--json"]).stdout) == {
        "keys_directory": str(tmp_path / "keys"),
        "made": [],
    }
    assert "all keys are there" in CliRunner().invoke(app, ["keys", "create", "--settings", str(settings)]).stdout
