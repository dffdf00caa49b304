"""The metrics of a department: what its server writes, and what a Prometheus on the loopback reads of it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import HTTPException
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.alarms.alarm import AlarmKind
from alpr_edge.department.backups.outcomes import note_outcome
from alpr_edge.department.http.batches.batch_counts import BatchCounts
from alpr_edge.department.http.batches.limits import BatchLimits
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.metrics.exposition import METRICS, PREFIX, DepartmentCollector
from alpr_edge.department.metrics.figures import department_figures
from alpr_edge.department.metrics.figures_file import FiguresFile
from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.protocol.heartbeats import HeartbeatPayload
from alpr_edge.runtime.health import Health, write_health
from alpr_edge.uplink.delivery_client import HttpsDepartment
from scripts.loopback_ports import free_port
from tests.department.engines import EngineUnderTest, query
from tests.department.enrolment import enrol_unit
from tests.uplink.conftest import settings_for
from tests.uplink.items import hit_item, image_item, read_item

WAIT_S = 60.0
PLATE = "7ABC123"
SAID = {"schema_version": 1, "version": "0.2.0", "is_running": True, "is_ready": True, "queue_items": 41}
HEARTBEAT = HeartbeatPayload(**dict.fromkeys(HeartbeatPayload.model_fields) | {"lists": [], "faults": []} | SAID)

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def directory(tmp_path: Path, engine: EngineUnderTest) -> Path:
    return initialise(engine.use(tmp_path / "department"), ["127.0.0.1"]).directory


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return PREFIX + name, frozenset(labels.items())


def samples_of(folder: Path) -> Samples:
    """Every sample of what is told of a folder's figures."""
    metrics = DepartmentCollector(folder).collect()
    return {(each.name, frozenset(each.labels.items())): each.value for metric in metrics for each in metric.samples}


def until_written(folder: Path) -> None:
    ends_s = time.monotonic() + WAIT_S
    while not (folder / "department.json").exists():
        assert time.monotonic() < ends_s
        time.sleep(0.02)


def test_what_a_department_at_work_tells(directory: Path, tmp_path: Path) -> None:
    unit, figures = enrol_unit(directory, "unit-1", tmp_path / "tls"), tmp_path / "run"
    for what, reason in (("backup", ""), ("drill", "a table differs")):
        note_outcome(directory, what, tmp_path / "1", reason)
    with DepartmentServer(directory) as server:
        uplink = HttpsDepartment(settings_for(f"https://127.0.0.1:{server.port}", unit), "unit-1")
        uplink.deliver([hit_item(), read_item(), image_item()])
        uplink.close()
        server.storage.heartbeats.take_in("unit-1", HEARTBEAT)
        server.storage.open_purge(is_clock_trusted=True).run("login:ana")
        collected = department_figures(server.storage, server.batch_counts, datetime.now(UTC))
        with FiguresFile(figures, lambda: collected):
            until_written(figures)
            samples = samples_of(figures)
            text = (figures / "department.json").read_text(encoding="utf-8")
            assert (figures / "department.json").stat().st_mode & 0o777 == 0o644
    expected = {
        key("up"): 1,
        key("items_received_total", kind="read"): 1,
        key("items_received_total", kind="image"): 1,
        key("items_refused_total"): 0,
        key("batches_on_their_way"): 0,
        key("units", state="valid"): 1,
        key("units", state="revoked"): 0,
        key("unit_ready", unit="unit-1"): 1,
        key("unit_queue_items", unit="unit-1"): 41,
        key("units_left_out"): 0,
        key("last_failed", what="backup"): 0,
        key("last_failed", what="drill"): 1,
        key("alarms", kind="server"): 0,
        key("alarms", kind="backup"): 1,
    }
    assert samples | expected == samples
    for name in ("unit_heard_seconds", "last_good_seconds", "deletion_age_seconds"):
        assert [full for (full, _), value in samples.items() if full == PREFIX + name and 0 <= value < 600], name
    assert samples[key("certificate_remaining_seconds", certificate="server")] > 390 * 86_400
    assert {name for name, _ in samples} == {PREFIX + metric.name for metric in METRICS}
    assert samples_of(figures) == {key("up"): 0}, "the server ended"
    assert not re.search(f"{PLATE}|127\\.0\\.0\\.1|login|ana|{re.escape(str(tmp_path))}", text)


def test_a_batch_that_is_refused_or_sent_away_counts(directory: Path, tmp_path: Path) -> None:
    counts = BatchCounts()
    counts.note("read", "receipt")
    counts.note("plate 7ABC123", "refused")
    assert (dict(counts.received), counts.refused) == ({"read": 1}, 1)
    limits = BatchLimits(unit_max=1, counts=counts)
    with limits.admit("unit-1"):
        assert counts.on_their_way == 1
        with pytest.raises(HTTPException), limits.admit("unit-1"):
            pass
    assert (counts.on_their_way, counts.turned_away) == (0, 1)
    storage = Storage(directory)
    figures = department_figures(storage, counts, datetime.now(UTC))
    storage.close()
    assert PLATE not in json.dumps(figures)


@pytest.mark.review2(7)
def test_no_figure_that_everybody_may_read_counts_hits() -> None:
    counts = BatchCounts()
    for outcome in ("receipt", "refused"):
        counts.note("hit", outcome)
    assert counts == BatchCounts()


def test_a_database_that_does_not_answer_leaves_the_rest(directory: Path) -> None:
    storage = Storage(directory)
    query(directory, "ALTER TABLE unit_heartbeats RENAME TO heartbeats_elsewhere")
    figures = department_figures(storage, BatchCounts(), datetime.now(UTC))
    storage.close()
    query(directory, "ALTER TABLE heartbeats_elsewhere RENAME TO unit_heartbeats")  # another test has it next
    assert (figures["alarms"]["database"], "units" in figures, figures["disk_free_bytes"] > 0) == (1, False, True)


def test_alarms_are_counted_by_what_they_are_about(directory: Path) -> None:
    storage = Storage(directory)
    later = datetime.now(UTC) + timedelta(days=3000)
    alarms = department_figures(storage, BatchCounts(), later)["alarms"]
    storage.close()
    assert set(alarms) == {kind.value for kind in AlarmKind}
    assert (alarms["server"], alarms["certificate"], alarms["backup"]) == (1, 1, 2)


def test_old_figures_and_figures_of_no_sense_are_not_shown(tmp_path: Path) -> None:
    write_health(tmp_path, Health("department", ready=True, troubles=(), figures={"units": 3, "alarms": [], "x": {}}))
    assert {name.removeprefix(PREFIX) for name, _ in samples_of(tmp_path)} == {
        *("up", "build_info", "uptime_seconds", "figures_age_seconds"),
    }
    file = tmp_path / "department.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(content | {"boottime_s": content["boottime_s"] - 181}), encoding="utf-8")
    assert samples_of(tmp_path) == {key("up"): 0}
    file.write_text("{", encoding="utf-8")
    assert samples_of(tmp_path) == {key("up"): 0}


def test_a_folder_that_takes_no_file_is_told_once_and_the_server_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    with FiguresFile(tmp_path / "file" / "none", dict, interval_s=0.01):
        time.sleep(0.2)
    assert capsys.readouterr().out.count("figures_not_written") == 1


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "alpr_edge", "department", *words]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "NOTIFY_SOCKET": ""})
    try:
        yield running
        running.send_signal(signal.SIGTERM)
        assert running.wait(WAIT_S) == 0
    finally:
        running.kill()
        running.communicate()


def test_the_two_processes_tell_a_prometheus(tmp_path: Path) -> None:
    directory, figures = initialise(tmp_path / "department", ["127.0.0.1"]).directory, tmp_path / "run"
    port = free_port()
    with (
        process("serve", "--directory", str(directory), "--port", "0", "--figures", str(figures)),
        process("metrics", "--figures", str(figures), "--port", str(port)),
    ):
        until_written(figures)
        text = until_answered(port)
    families = list(text_string_to_metric_families(text))
    values = {sample.name: sample.value for family in families for sample in family.samples}
    assert (values[f"{PREFIX}up"], values[f"{PREFIX}units_left_out"]) == (1, 0)
    assert not (figures / "department.json").exists(), "it goes with the server"


def until_answered(port: int) -> str:
    ends_s = time.monotonic() + WAIT_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=WAIT_S) as answer:
                return str(answer.read().decode())
        except urllib.error.URLError:
            assert time.monotonic() < ends_s
            time.sleep(0.05)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "alpr.example.org", ""])
def test_an_address_that_others_reach_is_refused(tmp_path: Path, host: str) -> None:
    done = CliRunner().invoke(app, ["department", "metrics", "--figures", str(tmp_path), "--host", host])
    assert (done.exit_code, "for this computer alone" in done.output) == (1, True)
