"""``alpr-edge unit salvage`` over real files: counts, --json, --acknowledge, and what --discard may delete."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.store.keys import create_keys, load_key
from alpr_edge.store.recovery.damaged_databases import damaged_databases
from tests.store.damage import commit, overwrite_page, pages_of, unit

READS = 40


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A unit of which the last page of the database is damaged, and which goes on with a new one."""
    create_keys(tmp_path / "keys")
    key, data = load_key("outbox", tmp_path / "keys"), tmp_path / "data"
    with unit(data, key) as store:
        commit(store, range(READS))
    overwrite_page(data, pages_of(data / "edge.db"))
    with unit(data, key):
        pass
    file = tmp_path / "unit.toml"
    file.write_text('[unit]\ndata_directory = "data"\n[store]\nkeys_directory = "keys"\n')
    return file


def salvage(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["unit", "salvage", "--settings", str(config), *arguments])


def test_it_saves_tells_and_deletes_only_when_asked(config: Path) -> None:
    data = config.parent / "data"
    assert salvage(config, "--acknowledge").exit_code == 0
    assert [aside.is_acknowledged for aside in damaged_databases(data)] == [True]
    first = salvage(config, "--json")
    assert first.exit_code == 0, first.output
    (report,) = json.loads(first.stdout.splitlines()[-1])["databases"]
    assert report["saved"]["reads"] + report["pages_unreadable"] * 20 >= READS
    assert report["pages_unreadable"] == 1
    again = salvage(config)
    assert "0 reads and 0 hits saved" in again.stdout
    assert "kept (" in again.stdout
    assert len(damaged_databases(data)) == 1
    last = salvage(config, "--discard")
    assert last.exit_code == (0 if report["complete"] else 1)
    assert len(damaged_databases(data)) == (0 if report["complete"] else 1)
    if report["complete"]:
        assert salvage(config).stdout.splitlines()[-1] == "no database was set aside"


def test_what_cannot_begin_is_one_line(config: Path) -> None:
    (config.parent / "keys" / "outbox.key").write_bytes(bytes(32))
    done = salvage(config)
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert "restore the outbox key" in done.stderr
    assert salvage(config.with_name("none.toml")).exit_code == 2
