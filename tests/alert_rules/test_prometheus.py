"""A real Prometheus reads the metrics of a unit and of a department; an alert of each fires and ends."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.runtime.health import Health, write_health
from alpr_edge.settings import load
from scripts.loopback_ports import free_port
from tests.alert_rules.test_alert_rules import RULES
from tests.app.metrics.test_metrics import serving
from tests.department.metrics.test_department_metrics import process, until_answered
from tests.services.unit_health.health_reports import RUN, with_figures
from tests.units import write_unit

WAIT_S = 120.0
UNIT_ALERT, DEPARTMENT_ALERT = "AlprEdgeQueueOld", "AlprEdgeDepartmentBackupFailed"
"""Two that fire as soon as their figure is read."""
SHIFT_S = 12 * 3600


def configuration(folder: Path, name: str, port: int) -> Path:
    """The shipped file of a job, with another port, another folder of rules, and a second between its looks."""
    text = (RULES / name).read_text(encoding="utf-8").replace(":9464", f":{port}").replace(":9465", f":{port}")
    for interval in ("15s", "60s"):
        text = text.replace(f"scrape_interval: {interval}", "scrape_interval: 1s")
    for timeout in ("5s", "10s"):
        text = text.replace(f"scrape_timeout: {timeout}", "scrape_timeout: 1s")
    text = text.replace("- alpr-edge", f"- {RULES}/alpr-edge")
    file = folder / name
    file.write_text(f"global: {{evaluation_interval: 1s}}\n{text}", encoding="utf-8")
    return file


@contextmanager
def prometheus(program: str, configured: Path) -> Iterator[int]:
    """A Prometheus over a file; gives its port."""
    port = free_port()
    words = (f"--config.file={configured}", f"--storage.tsdb.path={configured.with_suffix('.data')}")
    with (
        configured.with_suffix(".log").open("wb") as told,
        subprocess.Popen([program, *words, f"--web.listen-address=127.0.0.1:{port}"], stderr=told) as running,
    ):
        try:
            yield port
        finally:
            running.terminate()


def ask(port: int, what: str) -> Any:  # noqa: ANN401 - JSON
    """What it answers; None while it does not yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{what}", timeout=10) as answer:
            return json.loads(answer.read())["data"]
    except urllib.error.URLError:
        return None


def until(holds: Callable[[], bool]) -> None:
    ends_s = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < ends_s
        time.sleep(0.5)


def fires(port: int, name: str) -> bool:
    alerts = (ask(port, "alerts") or {"alerts": []})["alerts"]
    return any((each["labels"]["alertname"], each["state"]) == (name, "firing") for each in alerts)


def is_up(port: int) -> bool:
    targets = (ask(port, "targets") or {"activeTargets": []})["activeTargets"]
    return [each["health"] for each in targets] == ["up"]


def try_alert(port: int, name: str, tell: Callable[[bool], None]) -> None:
    """See an alert quiet, fire and end; ``tell`` writes figures with or without its cause."""

    def until_told(holds: Callable[[], bool], *, is_wrong: bool) -> None:
        def look() -> bool:
            tell(is_wrong)  # a health file is old after seconds
            return holds()

        until(look)

    until_told(lambda: is_up(port), is_wrong=False)
    assert not fires(port, name)
    until_told(lambda: fires(port, name), is_wrong=True)
    until_told(lambda: not fires(port, name), is_wrong=False)
    rules = ask(port, "rules")["groups"][0]["rules"]
    assert [each["name"] for each in rules if each["health"] != "ok"] == []


@pytest.mark.slow
def test_an_alert_of_a_unit_fires_and_ends(tmp_path: Path, require_prometheus: Callable[[], str]) -> None:
    port = free_port()
    settings = load(write_unit(tmp_path, "car-7", "https://127.0.0.1:8443", more=f"[metrics]\nport = {port}\n"))

    def tell(is_wrong: bool) -> None:
        waiting = with_figures(RUN, outbox_oldest_s=SHIFT_S + 1 if is_wrong else 90)
        write_health(settings.unit.runtime_directory, waiting)

    configured = configuration(tmp_path, "alpr-edge.yml", port)
    with serving(settings), prometheus(require_prometheus(), configured) as asked:
        try_alert(asked, UNIT_ALERT, tell)


@pytest.mark.slow
def test_an_alert_of_a_department_fires_and_ends(tmp_path: Path, require_prometheus: Callable[[], str]) -> None:
    port, figures = free_port(), tmp_path / "run"
    figures.mkdir()

    def tell(is_wrong: bool) -> None:
        told = {"last_failed": {"backup": int(is_wrong)}}
        write_health(figures, Health("department", ready=True, troubles=(), figures=told))

    configured = configuration(tmp_path, "alpr-edge-department.yml", port)
    with process("metrics", "--figures", str(figures), "--port", str(port)):
        until_answered(port)
        with prometheus(require_prometheus(), configured) as asked:
            try_alert(asked, DEPARTMENT_ALERT, tell)
