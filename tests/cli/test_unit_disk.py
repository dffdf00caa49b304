import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.app.store_room import open_store
from alpr_edge.cli import app
from alpr_edge.settings import load
from tests.app.rig import write_frames, write_settings
from tests.store.records import decided
from tests.store.test_purge import deliver, keep


def unit(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["unit", *arguments, "--settings", str(settings)])


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A unit with a read that was delivered, one that waits, and one still open."""
    path = write_settings(tmp_path, write_frames(tmp_path / "frames", [0]))
    with open_store(load(path), migrate=True) as store:
        keep(store.reads, "sent")
        deliver(store.outbox)
        keep(store.reads, "waits")
        store.reads.commit([decided("open")])
    return path


def test_it_tells_what_is_kept_what_waits_and_what_is_held(settings: Path) -> None:
    told = json.loads(unit(settings, "disk", "--json").stdout)
    assert (told["reads"], told["images"], told["reads_held"], told["reads_deleted_on_record"]) == (3, 6, 0, 0)
    assert (told["items_acknowledged"], told["items_waiting"]) == (4, 4)
    assert 0 < told["bound_bytes"] < told["store_bytes"] < told["bytes_max"]
    assert told["days_left"] is None
    assert unit(settings, "hold", "sent", "--reason", "case 26-1").exit_code == 0
    shown = unit(settings, "disk").stdout
    assert "held      1 reads" in shown
    assert "7ABC" not in shown
    assert json.loads(unit(settings, "disk", "--json").stdout)["bound_bytes"] > told["bound_bytes"]
    assert unit(settings, "release", "sent").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("hold", "nobody", "--reason", "x"), "no such read here"), (("release", "sent"), "sent: not held")],
)
def test_what_cannot_be_is_one_line(settings: Path, arguments: tuple[str, ...], says: str) -> None:
    done = unit(settings, *arguments)
    assert done.exit_code == 1
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
