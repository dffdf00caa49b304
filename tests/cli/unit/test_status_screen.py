"""``unit status --watch``: the live screen over a unit that runs, its end by keys, its refusal in a pipe."""

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from alpr_edge.cli.unit.status_screen import screen
from alpr_edge.runtime.health import write_health
from alpr_edge.settings import load
from tests.app.rig import daemon, edge, wait_for_health, write_frames, write_settings
from tests.services.unit_health.health_reports import RUN, UPLINK, with_figures
from tests.units import write_unit

WAIT_S = 60.0
SHOW_CURSOR, LEAVE_SCREEN = "\x1b[?25h", "\x1b[?1049l"


def text_of(settings: Path, width: int = 100) -> str:
    console = Console(width=width, height=60, record=True, file=io.StringIO())
    console.print(screen(load(settings)))
    return console.export_text()


@pytest.fixture(scope="module")
def running_unit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A unit that reads plates of a recording over and over; its settings file."""
    folder = tmp_path_factory.mktemp("unit")
    settings = write_settings(folder, write_frames(folder / "frames", range(9)))
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=read.stored", 9)
        wait_for_health(folder, _has_counted_reads)
        yield settings
        assert run.end(signal.SIGTERM) == 0


def _has_counted_reads(health: dict[str, Any]) -> bool:
    figures = health["figures"]
    return bool(figures["cameras"]["front"]["reads"] >= 9 and (figures["outbox_ready"] or 0) >= 9)


def test_a_unit_at_work_is_shown_without_plates(running_unit: Path) -> None:
    text = text_of(running_unit)
    assert re.search(r"unit test-1 +run not ready", text), text
    row = re.search(r"front +[\d.]+ +\d+ ms +\d+ +\d+ +([\d,]+) +0 +gives pictures", text)
    assert row is not None, text
    assert int(row[1].replace(",", "")) >= 9
    assert re.search(r"queue +[\d,]+ waiting, the oldest for \d+ (s|min)", text), text
    assert re.search(r"version +\d+\.\d+", text), text
    assert "lists, none: There can be no hits." in text
    assert not re.search(r"\dABC\d|5XYZ", text)


@pytest.mark.parametrize("key", [b"\x03", b"q"])
def test_a_key_ends_it_and_gives_the_terminal_back(running_unit: Path, key: bytes) -> None:
    own, theirs = pty.openpty()
    # Ctrl-C reaches a program whose terminal this is.
    words = [
        "setsid",
        "--ctty",
        sys.executable,
        "-m",
        "alpr_edge",
        "unit",
        "status",
        "--watch",
        "--settings",
        str(running_unit),
    ]
    variables = os.environ | {"TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=variables) as process:
        os.close(theirs)
        shown = _read_until(own, "frames/s")
        os.write(own, key)
        shown += _read_until(own, None)
        code = process.wait(WAIT_S)
    os.close(own)
    assert code in {0, 130}, shown
    assert (code == 0) == (key == b"q")
    assert "Traceback" not in shown
    assert LEAVE_SCREEN in shown
    assert SHOW_CURSOR in shown


def _read_until(descriptor: int, text: str | None) -> str:
    """What the program writes until a text comes; None: until it closes the terminal."""
    shown, deadline_s = b"", time.monotonic() + WAIT_S
    while text is None or text.encode() not in shown:
        left_s = deadline_s - time.monotonic()
        assert left_s > 0, shown
        if not select.select([descriptor], [], [], left_s)[0]:
            continue
        try:
            read = os.read(descriptor, 65_536)
        except OSError:  # the other end is closed
            break
        if not read:
            break
        shown += read
    return shown.decode(errors="replace")


def test_without_a_terminal_it_names_what_programs_use(running_unit: Path) -> None:
    done = edge("unit", "status", "--watch", "--settings", str(running_unit))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "alpr-edge: --watch needs a terminal; programs can use: alpr-edge unit status --json\n"


def test_a_terminal_without_a_screen_names_what_programs_use(tmp_path: Path) -> None:
    settings = write_unit(tmp_path, "car-7", "https://127.0.0.1:8443")
    own, theirs = pty.openpty()
    words = [sys.executable, "-m", "alpr_edge", "unit", "status", "--watch", "--settings", str(settings)]
    with subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | {"TERM": "dumb"}
    ) as process:
        os.close(theirs)
        try:
            shown = _read_until(own, None)
            process.wait(WAIT_S)
        finally:
            process.kill()
    os.close(own)
    assert (process.returncode, "--watch needs a terminal; programs can use" in shown) == (1, True), shown


def test_every_figure_has_its_line_and_what_is_not_known_is_a_dash(tmp_path: Path) -> None:
    settings = write_unit(tmp_path, "car-7", "https://127.0.0.1:8443", more='[position]\ndevice = "/dev/alpr-gps"\n')
    nothing = text_of(settings)
    assert "run not running" in nothing
    assert re.search(r"queue +- waiting +\n", nothing), nothing
    figures = {"outbox_oldest_s": 9000, "temperature_c": 61.4, "throttled": True, "has_fix": False}
    for health in (with_figures(RUN, **figures), with_figures(UPLINK, link="up", quarantined=2)):
        write_health(tmp_path / "runtime", health)
    text = text_of(settings, 80)
    for line in (
        r"queue +3 waiting, the oldest for 2\.5 h, 2 refused",
        r"list doj +12,000 entries, 2\.5 h old",
        r"clock +by the receiver",
        r"disk +41% used, 20\.5 GB free",
        r"temperature +61 C, throttled",
        r"receiver, no fix: Drive under open sky",
    ):
        assert re.search(line, text), (line, text)
    assert max(map(len, text.splitlines())) <= 80
