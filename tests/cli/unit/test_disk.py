import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.app.clock import open_clock
from alpr_edge.cli import app
from alpr_edge.domain.deletion_dates import DepartmentDate
from alpr_edge.domain.instants import UNCONFIRMED_CLOCK
from alpr_edge.settings import load
from alpr_edge.store.retention.deletion_dates import note_department_date
from alpr_edge.store.unit_store import open_store
from tests.app.rig import write_frames, write_settings
from tests.runtime.time_daemon import NOT_SYNCHRONISED, TimeDaemon
from tests.staff import Staff, stating
from tests.store.records import bear_out, decided_record
from tests.store.retention.test_purge import deliver, keep


def unit(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, stating("unit", *arguments, "--settings", str(settings)))


def holds(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, stating("holds", *arguments, "--settings", str(settings)))


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A unit with a read that was delivered, one that waits, and one still open."""
    path = write_settings(tmp_path, write_frames(tmp_path / "frames", [0]))
    with open_store(load(path), migrate=True) as store:
        keep(store.reads, "sent")
        deliver(store.outbox)
        keep(store.reads, "waits")
        store.reads.commit([decided_record("open")])
    Staff(path).sign_in_here()
    return path


def test_it_tells_what_is_kept_what_waits_and_what_is_held(settings: Path) -> None:
    usage = json.loads(unit(settings, "disk", "--json").stdout)
    assert (usage["reads"], usage["images"], usage["reads_held"], usage["reads_deleted_on_record"]) == (3, 6, 0, 0)
    assert (usage["items_acknowledged"], usage["items_waiting"]) == (4, 4)
    assert 0 < usage["bound_bytes"] < usage["store_bytes"] < usage["bytes_max"]
    assert usage["days_left"] is None
    assert usage["deletion_by_age_rests"]
    assert "by age" in unit(settings, "disk").stdout
    assert "deletion paused:" in unit(settings, "disk").stdout
    assert "4 waiting, 4 acknowledged, 0 refused" in unit(settings, "disk").stdout
    assert set(usage["explanation"]) == {"space", "limit", "next", "remedy"}
    place = ("place", "sent", "--case", "26-123456", "--reason", "evidence", "--json")
    hold_id = json.loads(holds(settings, *place).stdout)["hold_id"]
    output = unit(settings, "disk").stdout
    assert "or held (1 read)" in output
    assert "7ABC" not in output
    assert json.loads(unit(settings, "disk", "--json").stdout)["bound_bytes"] > usage["bound_bytes"]
    assert holds(settings, "release", hold_id, "--reason", "case closed").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("place", "nobody", "--case", "26-123456", "--reason", "x"), "none of these reads is here"),
        (("release", "sent", "--reason", "case closed"), "no such hold"),
    ],
)
def test_what_cannot_be_is_one_line(settings: Path, arguments: tuple[str, ...], says: str) -> None:
    done = holds(settings, *arguments)
    assert done.exit_code == 1
    assert says in done.stderr
    # On a computer that is busy the store may say as well that a look took long.
    assert len([line for line in done.stderr.splitlines() if "event=store.read_took_long" not in line]) == 1


@pytest.mark.review(11)
def test_it_tells_whether_old_reads_go(settings: Path) -> None:
    """Agreed upon by boot, reads and department, by the clock that a time daemon vouches for; else why not."""

    def rests() -> str:
        return str(json.loads(unit(settings, "disk", "--json").stdout)["deletion_by_age_rests"])

    with TimeDaemon() as daemon:
        text = settings.read_text(encoding="utf-8") + daemon.settings
        settings.write_text(text.replace('url = ""', 'url = "https://department.test"'), encoding="utf-8")
        assert "not confirmed" in rests()
        configuration = load(settings)
        with open_store(configuration, migrate=False) as store:
            bear_out(store.database, open_clock(configuration).now())
        assert rests() == ""
        assert "old reads are deleted" in unit(settings, "disk").stdout
        with open_store(configuration, migrate=False) as store:
            now = open_clock(configuration).now()
            assert now.utc is not None
            note_department_date(store.database, DepartmentDate(now.utc - timedelta(days=600), now))
        assert "600 days ahead of the department's" in rests()
        settings.write_text(text, encoding="utf-8")
        assert "no department confirms the date: it takes 2 earlier starts" in rests()
        daemon.leap = NOT_SYNCHRONISED
        assert rests() == UNCONFIRMED_CLOCK
