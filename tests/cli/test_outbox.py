import json
import os
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.cli.common import require_owner
from alpr_edge.domain.errors import AccessError
from tests.app.rig import PLATES, daemon, write_frames, write_settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A unit that has read three vehicles and was stopped."""
    folder = tmp_path_factory.mktemp("unit")
    settings = write_settings(folder, write_frames(folder / "frames", [0, 1, 2]))
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=read.stored", 3)
        assert run.end(signal.SIGTERM) == 0
    return settings


def edge(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--settings", str(settings)])


def test_the_owner_sees_what_was_read(settings: Path) -> None:
    shown = [json.loads(line) for line in edge(settings, "reads", "--json", "--limit", "100").stdout.splitlines()]
    assert {read["plate"] for read in shown} <= set(PLATES[:3])
    assert len(shown) >= 3
    assert all(read["closed"] for read in shown)
    assert "plate" in edge(settings, "reads").stdout
    assert edge(settings, "reads", "--hits", "--json").stdout == ""


def test_everything_is_handed_over_on_a_medium_once(settings: Path, tmp_path: Path) -> None:
    before = json.loads(edge(settings, "outbox", "status", "--json").stdout)
    assert before["ready"] >= 9
    result = edge(settings, "outbox", "offload", str(tmp_path / "unplugged"))
    assert result.exit_code == 1
    assert "is the medium mounted?" in result.stderr
    medium = tmp_path / "medium"
    medium.mkdir()
    result = edge(settings, "outbox", "offload", str(medium))
    assert result.exit_code == 0, result.stderr
    after = json.loads(edge(settings, "outbox", "status", "--json").stdout)
    assert after == {"ready": 0, "delivered": before["ready"], "quarantined": 0}
    assert len(list(medium.rglob("*.sha256"))) == before["ready"]
    assert edge(settings, "outbox", "quarantined").stdout == ""
    assert "0 items are due again" in edge(settings, "outbox", "requeue").stdout


def test_nobody_else_sees_plates(tmp_path: Path) -> None:
    require_owner(tmp_path)
    with pytest.raises(AccessError, match="no data folder there"):
        require_owner(tmp_path / "missing")
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            require_owner(tmp_path)
        except AccessError as error:
            os._exit(error.exit_code)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == AccessError.exit_code
