import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.settings import load
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


@pytest.mark.review2(3)
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("outbox", "edge.db"),
        ("lists", "hotlists/doj.00000001.list"),
        ("access", "accounts.db"),
        ("access", "access.db"),
    ],
)
def test_a_key_that_is_gone_is_not_made_anew_while_data_need_it(tmp_path: Path, name: str, file: str) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [0]))
    key, data = tmp_path / "keys" / f"{name}.key", load(settings).unit.data_directory / file
    key.unlink()
    data.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.touch()
    result = CliRunner().invoke(app, ["keys", "create", "--settings", str(settings)])
    assert result.exit_code != 0
    assert "restore" in result.stderr
    assert not key.exists()
