"""``alpr-edge audit drift``: what is in force against the log, at a terminal and for programs."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.services.changes.self_check import record_start
from alpr_edge.services.changes.values_in_force import read_values
from alpr_edge.settings import load
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.unit_store import open_store
from tests.units import write_bare_unit


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = write_bare_unit(tmp_path)
    with open_store(load(path), migrate=True), open_access_log(load(path), migrate=True):
        pass
    return path


def drift(settings: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["audit", "drift", "--settings", str(settings), *words])


def begin(settings: Path) -> None:
    """Put on record what is in force, as a start does."""
    unit = load(settings)
    with open_store(unit, migrate=False) as store, open_access_log(unit, migrate=False) as log:
        record_start(ChangeRecorder(log, "run", SystemClock()), read_values(unit, store.database, log.digest))


def test_before_the_first_start_there_is_nothing_to_compare_with(settings: Path) -> None:
    done = drift(settings)
    assert (done.exit_code, "nothing to compare with" in done.stdout) == (0, True)
    told = json.loads(drift(settings, "--json").stdout)
    assert told == {"ok": True, "compared": False, "changes": [], "unfounded": []}


def test_what_was_changed_without_a_record_is_named_with_both_values(settings: Path) -> None:
    begin(settings)
    assert (drift(settings).exit_code, drift(settings).stdout) == (0, "everything matches the record\n")
    settings.write_text(f"{settings.read_text(encoding='utf-8')}[alerts]\nvolume = 0.1\n", encoding="utf-8")
    done = drift(settings)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "changed without a record: alerts.volume: 0.8, now 0.1",
        "1 difference to the access log",
    ]
    told = json.loads(drift(settings, "--json").stdout)
    assert told["changes"] == [{"name": "settings:alerts.volume", "before": "0.8", "after": "0.1"}]
