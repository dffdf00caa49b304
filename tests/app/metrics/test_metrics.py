"""The metrics of a unit over HTTP on the loopback, as Prometheus reads them; and what the documents say of them."""

import json
import os
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # ships no types
from prometheus_client.parser import text_string_to_metric_families

from alpr_edge.app.metrics.daemon import METRICS, PREFIX, MetricsDaemon, open_server
from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.cli.department.serve import METRICS_PORT
from alpr_edge.department.metrics import exposition as department
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.runtime.health import write_health
from alpr_edge.settings import Settings, load
from scripts.loopback_ports import free_port
from tests.services.unit_health.health_reports import CONSOLE, RUN, UPLINK, with_faults, with_figures
from tests.units import write_unit

FOLDER = Path(__file__).parents[3] / "config" / "prometheus"
WAIT_S = 30.0
FRONT = RUN.figures["cameras"]["front"] | {"reads": 12, "hits": 2, "result_ms_median": 41.0}
FIGURES = {
    "cameras": {"front": FRONT},
    "outbox_oldest_s": 90,
    "temperature_c": 55.5,
    "throttled": False,
    "capture_to_tone_ms_median": 180.0,
}

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@dataclass(frozen=True)
class Unit:
    settings: Settings

    @property
    def folder(self) -> Path:
        return self.settings.unit.runtime_directory

    def text(self, path: str = "/metrics") -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.settings.metrics.port}{path}", timeout=WAIT_S) as answer:
            return str(answer.read().decode())

    def samples(self) -> Samples:
        """Every sample of an answer, read by Prometheus's own parser."""
        families = text_string_to_metric_families(self.text())
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return PREFIX + name, frozenset(labels.items())


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """The daemon itself, in a thread, until the end of the block."""
    stop = threading.Event()
    thread = threading.Thread(target=MetricsDaemon(settings, stop).run)
    thread.start()
    try:
        _wait_until(lambda: _answers(settings))
        yield
    finally:
        stop.set()
        thread.join(WAIT_S)
    assert not thread.is_alive()


def _answers(settings: Settings) -> bool:
    try:
        Unit(settings).text()
    except urllib.error.URLError:
        return False
    return True


def _wait_until(holds: Callable[[], bool]) -> None:
    waits = threading.Event()
    for _ in range(round(WAIT_S / 0.05)):
        if holds():
            return
        waits.wait(0.05)
    raise AssertionError("it did not come")


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    more = f"[metrics]\nport = {free_port()}\n"
    settings = load(write_unit(tmp_path, "car-7", "https://127.0.0.1:8443", more=more))
    with serving(settings):
        yield Unit(settings)


def test_every_metric_is_told_of_a_unit_at_work(unit: Unit) -> None:
    faulty = with_faults(Fault(FaultKind.CAMERA_DIRTY, "camera front", "camera front: its lens is dirty"))
    uplink = with_figures(UPLINK, delivered=41, restarts={"lists": 1})
    for health in (with_figures(faulty, **FIGURES), uplink, CONSOLE):
        write_health(unit.folder, health)
    samples = unit.samples()
    expected = {
        key("up", daemon="run"): 1,
        key("up", daemon="console"): 1,
        key("ready", daemon="run"): 1,
        key("stage_restarts_total", daemon="uplink"): 1,
        key("camera_frames_per_second", camera="front"): 9.8,
        key("camera_result_seconds", camera="front"): 0.041,
        key("camera_frames_captured_total", camera="front"): 812,
        key("camera_frames_dropped_total", camera="front"): 3,
        key("camera_reads_total", camera="front"): 12,
        key("camera_hits_total", camera="front"): 2,
        key("queue_items"): 3,
        key("queue_oldest_seconds"): 90,
        key("items_delivered_total"): 41,
        key("link_up"): 1,
        key("clock_confirmed"): 1,
        key("position_known"): 1,
        key("list_entries", list="doj"): 12_000,
        key("list_age_seconds", list="doj"): 9000,
        key("disk_used_ratio"): 0.41,
        key("temperature_celsius"): 55.5,
        key("tone_delay_seconds"): 0.18,
        key("certificate_remaining_seconds"): 60 * 86_400,
        key("fault", kind="a camera's lens is dirty", part="camera front", state="attention"): 1,
    }
    assert samples | expected == samples
    assert {name for name, _ in samples} == {PREFIX + metric.name for metric in METRICS}


def test_an_old_health_file_gives_up_0_and_none_of_its_figures(unit: Unit) -> None:
    write_health(unit.folder, with_figures(RUN, **FIGURES))
    assert unit.samples()[key("up", daemon="run")] == 1
    file = unit.folder / "run.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(content | {"boottime_s": content["boottime_s"] - 11}), encoding="utf-8")
    samples = unit.samples()
    assert samples[key("up", daemon="run")] == 0
    stale = {PREFIX + metric.name for metric in METRICS} - {PREFIX + "up", PREFIX + "ready"}
    assert {name for name, _ in samples} & stale == set()


def test_a_file_of_another_release_or_of_no_sense_breaks_nothing(unit: Unit) -> None:
    strange = with_figures(RUN, cameras={"front": {"reads": "many"}}, lists=3, faults=["x"], disk_share=None)
    write_health(unit.folder, strange)
    samples = unit.samples()
    assert samples[key("up", daemon="run")] == 1
    assert not [name for name, _ in samples if name.startswith((PREFIX + "camera", PREFIX + "list"))]
    (unit.folder / "run.json").write_text("{", encoding="utf-8")
    assert unit.samples()[key("up", daemon="run")] == 0


def test_there_is_one_path_and_a_port_that_is_taken_is_one_line(unit: Unit) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        unit.text("/")
    assert error.value.code == 404
    error.value.close()
    with pytest.raises(AlprEdgeError, match=r"cannot listen.*is it taken\?"):
        open_server(unit.settings)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "alpr.example.org", ""])
def test_an_address_that_others_reach_is_refused(tmp_path: Path, host: str) -> None:
    settings = write_unit(tmp_path, "car-7", "", more=f'[metrics]\nhost = "{host}"\n')
    with pytest.raises(AlprEdgeError, match="loopback"):
        load(settings)


def test_the_document_has_a_row_for_every_metric() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| `(\w+)` \| (\w+) \| ([\w, -]+) \| ([^|]+) \|$", text)
    named = [(PREFIX + each.name, each.kind, each.labels, each.text) for each in METRICS]
    named += [(department.PREFIX + each.name, each.kind, each.labels, each.text) for each in department.METRICS]
    assert rows == [(name, kind, ", ".join(labels) or "-", text) for name, kind, labels, text in named]


LABELS = {
    "alpr-edge-rules.yml": {PREFIX + metric.name: {*metric.labels} for metric in METRICS},
    "alpr-edge-department-rules.yml": {department.PREFIX + each.name: {*each.labels} for each in department.METRICS},
}
"""By the file of rules the metrics that it may name, and their labels."""


@pytest.mark.parametrize("file", LABELS)
def test_the_rules_name_metrics_and_labels_that_exist_and_say_what_to_do(file: str) -> None:
    labels = LABELS[file]
    (group,) = yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))["groups"]
    assert len(group["rules"]) >= 10
    for rule in group["rules"]:
        names = set(re.findall(r"alpr_edge_\w+", rule["expr"]))
        assert names, rule
        assert names <= labels.keys(), rule
        shown = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        asked = set(re.findall(r"(\w+)=", "".join(re.findall(r"{([^}]*)}", rule["expr"]))))
        assert shown | asked <= set.intersection(*(labels[name] for name in names)), rule
        assert rule["annotations"]["action"], rule
        assert rule["labels"]["severity"] in {"critical", "warning"}


@pytest.mark.parametrize(
    ("file", "target"),
    [
        ("alpr-edge.yml", f"{Settings().metrics.host}:{Settings().metrics.port}"),
        ("alpr-edge-department.yml", f"127.0.0.1:{METRICS_PORT}"),
    ],
)
def test_the_scrape_file_asks_where_the_settings_listen(file: str, target: str) -> None:
    document = yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))
    (job,) = document["scrape_configs"]
    assert job["static_configs"] == [{"targets": [target]}]
    assert [name for name in document["rule_files"] if not (FOLDER / name).is_file()] == []


def test_no_plate_person_or_address_is_in_an_answer(unit: Unit) -> None:
    for health in (RUN, with_figures(UPLINK, last_error="https://user:secret@alpr.example.org: 5XYZ123")):
        write_health(unit.folder, health)
    text = unit.text()
    assert str(os.getpid()) not in text
    assert not re.search(r"secret|example|5XYZ123|127\.0\.0\.1|car-7", text)
