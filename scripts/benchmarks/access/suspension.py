"""How long a suspension takes from the department to a car with a link, between real daemons on loopback.

``access.suspension_s`` is the time from the return of the suspension at the department until the roster with it is in
force in the car. It is taken beside uploads, whose answers name the newer roster, and in a car that sends nothing,
which asks every ``uplink.roster_check_s`` seconds.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.registry import open_people
from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.audit.access_entries import unit_entry
from alpr_edge.settings import Settings, load
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access_log.log import open_access_log
from scripts.benchmarks.figures import figure

TRIALS = 4
WAIT_S = 180.0
SETTLING_S = 15.0
_POLL_S = 0.02
_BADGE, _UNIT = "1", "bench-1"
_PERSON = {"name": "Bench Officer", "badge": _BADGE, "organisation": "Bench"}
_SETTINGS = """
[unit]
id = "{unit}"
data_directory = "data"
runtime_directory = "runtime"
[[camera]]
kind = "folder"
path = "frames"
fps = 1
[alerts]
player = "none"
[store]
keys_directory = "keys"
[uplink]
url = "{url}"
ca_file = "tls/department-ca.pem"
certificate_file = "tls/unit.pem"
key_file = "tls/unit.key"
media_key_file = "tls/department-media.pem"
"""


def run() -> None:
    """Measure both ways, and print a figure each."""
    for way, is_sending in (("beside uploads", True), ("no uploads", False)):
        with tempfile.TemporaryDirectory() as folder, ExitStack() as daemons:
            seconds = sorted(_suspensions(Path(folder), daemons, is_sending=is_sending))
        figure("access.suspension_s", median(seconds), "s", way=way, slowest=round(seconds[-1], 2), trials=TRIALS)


def _suspensions(folder: Path, daemons: ExitStack, *, is_sending: bool) -> list[float]:
    directory = folder / "department"
    _call("department", "init", str(directory), "--name", "127.0.0.1")
    serve = ("department", "serve", "--directory", str(directory), "--port", "0", "--enroll-port", "0")
    log = daemons.enter_context(_daemon(folder / "serve.log", *serve))
    settings = _enrol(folder, directory, log)
    unit = load(settings)
    people = daemons.enter_context(open_people(directory))
    people.add(_author(), _PERSON)
    header = people.rosters.publish(_author())
    run_log = daemons.enter_context(_daemon(folder / "run.log", "run", "--settings", str(settings)))
    _wait(lambda: "unit.started" in run_log.read_text(), "the unit reads")
    daemons.enter_context(_daemon(folder / "uplink.log", "uplink", "--settings", str(settings)))
    _wait(lambda: _serial(unit) == header.serial, "the first roster is in force")
    seconds = []
    for _ in range(TRIALS):
        time.sleep(SETTLING_S)  # the record that the last roster was put in force is uploaded meanwhile
        serial = people.suspend(_author(), _BADGE).serial
        began_s = time.monotonic()
        if is_sending:
            _give_it_something_to_send(unit)
        _wait(lambda wanted=serial: _serial(unit) == wanted, f"roster {serial} is in force")  # type: ignore[misc]
        seconds.append(time.monotonic() - began_s)
    return seconds


def _enrol(folder: Path, directory: Path, log: Path) -> Path:
    """Enroll a unit with a camera that shows nothing; returns its settings."""
    _wait(lambda: "enrollment at" in log.read_text(), "the department serves")
    ports = re.search(r"department at (https:[^,\s]+)(?s:.*)enrollment at https:.*:(\d+)", log.read_text())
    assert ports is not None, log.read_text()
    (folder / "frames").mkdir()
    cv2.imwrite(str(folder / "frames" / "0.png"), np.zeros((360, 640, 3), np.uint8))
    settings = folder / "unit.toml"
    settings.write_text(_SETTINGS.format(unit=_UNIT, url=ports[1]), encoding="utf-8")
    _call("keys", "create", "--settings", str(settings))
    where = ("--address", ports[1], "--enroll-port", ports[2])
    code = json.loads(_call("department", "code", _UNIT, "--directory", str(directory), *where, "--json"))
    words = ("--code", code["code"], "--ca-fingerprint", code["ca_fingerprint"], "--enroll-port", ports[2])
    _call("unit", "enroll", "--settings", str(settings), *words)
    return settings


def _serial(unit: Settings) -> int:
    """Serial of the roster in force; 0 before the first."""
    try:
        with (
            open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False) as accounts,
            accounts.reading() as rows,
        ):
            header = rows.roster()
    except StoreError:
        return 0
    return 0 if header is None else header.serial


def _give_it_something_to_send(unit: Settings) -> None:
    """Put something on record, which the unit uploads within a second or two."""
    now = SystemClock().now()
    with open_access_log(unit, migrate=False) as log:
        log.append(unit_entry("run", "bench", now), now)


def _author() -> Author:
    return Author("login:bench", datetime.now(UTC))


def _wait(condition: Callable[[], bool], what: str) -> None:
    end_s = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > end_s:
            raise StoreError(f"not within {WAIT_S:g} s: {what}")
        time.sleep(_POLL_S)


def _call(*words: str) -> str:
    command = [sys.executable, "-m", "alpr_edge", *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=WAIT_S)  # noqa: S603 - this program
    return done.stdout


@contextmanager
def _daemon(log: Path, *words: str) -> Iterator[Path]:
    """A daemon whose output goes to a file."""
    with (
        log.open("w") as output,
        subprocess.Popen(  # noqa: S603 - likewise
            [sys.executable, "-u", "-m", "alpr_edge", *words], stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield log
        finally:
            process.terminate()
            try:
                process.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
