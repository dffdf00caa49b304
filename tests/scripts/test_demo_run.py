"""A run of the demo: what it shows, and what it leaves: no password, code, secret or token, and no plate in a log."""

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
import pytest

from alpr_edge.cli.drive import load_lines
from alpr_edge.simulation.drive import Drive
from tests.plate_search import plates_in
from tests.scripts.demo_checkout import DRIVE_S, DRIVE_SEED, ROOT, RUN_S_MAX, make_demo, running, write_drive

OBSERVER = """\
import subprocess, sys
done = subprocess.run([sys.executable, {real!r}, *sys.argv[1:]], stdout=subprocess.PIPE)
if sys.argv[1] == "set-up":
    open({kept!r}, "wb").write(done.stdout)
sys.stdout.buffer.write(done.stdout)
sys.exit(done.returncode)
"""
"""Runs the demo's own step, and keeps what its people sign in with outside of all that is searched."""
POLL_S = 0.2
"""A program of the demo takes longer than that to start."""


@dataclass
class Leavings:
    """What a run of the demo left."""

    out: Path
    people: dict[str, dict[str, str]]
    read: set[str]
    """The plates that were read."""
    plates: set[str]
    """Those, and all that were to be seen."""
    output: str
    errors: str
    machine_before: int | None
    seen_of_processes: set[bytes] = field(default_factory=set)

    def secrets(self) -> Iterator[tuple[str, bytes]]:
        """What must be found nowhere, with its name."""
        for badge, known in self.people.items():
            password, secret = known["password"], known["secret"]
            yield f"password of {badge}", password.encode()
            yield f"password of {badge}, in base 64", base64.b64encode(password.encode())
            yield f"one-time secret of {badge}", secret.encode()
            yield f"one-time secret of {badge}, as bytes", base64.b32decode(secret)
            yield f"one-time secret of {badge}, in digits", base64.b32decode(secret).hex().encode()

    def found_in(self, content: bytes) -> list[str]:
        """Names of the secrets in some bytes."""
        return [name for name, secret in self.secrets() if secret in content]

    def plates_in(self, content: bytes) -> set[str]:
        """Plates in some bytes, however they are written."""
        return plates_in(self.plates, content)


def machine_state() -> int | None:
    """When the keys of this machine, if it is a unit itself, were changed last."""
    keys = Path("/etc/alpr-edge/tls")
    return keys.stat().st_mtime_ns if keys.exists() else None


def look_at_processes(checkout: Path, seen: set[bytes], stop: threading.Event) -> None:
    """Keep the command line and the environment of every process that works in a folder."""
    while not stop.wait(POLL_S):
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if (folder / "cwd").readlink() == checkout:
                    seen |= {(folder / name).read_bytes() for name in ("cmdline", "environ")}
            except OSError:
                continue  # it has ended


@pytest.fixture(scope="module")
def leavings(tmp_path_factory: pytest.TempPathFactory) -> Leavings:
    folder = tmp_path_factory.mktemp("demo")
    demo, kept = make_demo(folder), folder / "people.json"
    observer = OBSERVER.format(real=str(ROOT / "scripts" / "demo_people.py"), kept=str(kept))
    (demo.parent / "demo_people.py").write_text(observer, encoding="utf-8")
    seen, stop, before = set[bytes](), threading.Event(), machine_state()
    watch = threading.Thread(target=look_at_processes, args=(demo.parents[1], seen, stop))
    watch.start()
    try:
        with running(demo, "--source", str(write_drive(folder))) as process:
            output, errors = process.communicate(timeout=RUN_S_MAX)
    finally:
        stop.set()
        watch.join()
    assert process.returncode == 0, errors
    out = demo.parents[1] / "out" / "demo"
    read = {read["plate"] for read in load_lines(out / "drive" / "reads.jsonl")}
    plates = read | {vehicle.plate for vehicle in Drive(DRIVE_SEED, DRIVE_S).truth.vehicles}
    return Leavings(out, json.loads(kept.read_text(encoding="utf-8")), read, plates, output, errors, before, seen)


def test_a_drive_is_shown_read_by_read(leavings: Leavings) -> None:
    output = leavings.output
    assert all(f"  {plate}  " in output for plate in leavings.read)
    assert "  No hotlist was given: add --hotlist FILE." in output
    assert "      alpr-edge: sign in first: alpr-edge sign-in" in output
    assert (
        "      alpr-edge: your CJIS security training is missing or has run out; see the training supervisor" in output
    )
    assert re.search(r"^ +Demo officer +stolen_vehicle +1 +0 +0$", output, re.MULTILINE), "the look is not on record"
    assert re.search(r"^access log of demo-1: (\d+) records, \1 cosigned$", output, re.MULTILINE)
    assert (leavings.out / "tls" / "department-media.pem").is_file()


def test_nothing_is_written_elsewhere(leavings: Leavings) -> None:
    assert leavings.machine_before == machine_state()


def test_there_is_something_to_be_found(leavings: Leavings) -> None:
    assert len(leavings.people) == 3
    assert leavings.read
    assert leavings.plates
    assert any(b"sign-in" in line for line in leavings.seen_of_processes)
    password = leavings.people["1001"]["password"]
    assert leavings.found_in(f"...{password}...".encode()) == ["password of 1001"]
    assert leavings.plates_in(next(iter(leavings.plates)).lower().encode())


def test_what_people_sign_in_with_is_in_no_file_and_no_output(leavings: Leavings) -> None:
    files = [path for path in leavings.out.rglob("*") if path.is_file()]
    assert {"department.db", "accounts.db", "access.db", "department.log"} <= {path.name for path in files}
    found = {str(path.relative_to(leavings.out)): leavings.found_in(path.read_bytes()) for path in files}
    assert {name: names for name, names in found.items() if names} == {}
    assert leavings.found_in((leavings.output + leavings.errors).encode()) == []


def test_what_people_sign_in_with_is_in_no_command_line_and_no_environment(leavings: Leavings) -> None:
    seen = b"\n".join(leavings.seen_of_processes)
    assert leavings.found_in(seen) == []
    assert leavings.plates_in(seen) == set()
    now = int(time.time())
    codes = {
        pyotp.TOTP(known["secret"]).at(now - 30 * steps)
        for known in leavings.people.values()
        for steps in range(RUN_S_MAX // 30)
    }
    assert not {code for code in codes if code.encode() in seen.replace(b"\n", b"\0").split(b"\0")}


def test_no_plate_is_in_a_log_or_an_encrypted_file(leavings: Leavings) -> None:
    """The files of the recording that the demo makes for its user say the plates, and so does the department."""
    logs = [*leavings.out.rglob("*.log"), *(leavings.out / "drive" / "unit").rglob("*")]
    assert len(logs) > 3
    found = {path.name: leavings.plates_in(path.read_bytes()) for path in logs if path.is_file()}
    assert {name: plates for name, plates in found.items() if plates} == {}


def test_no_core_file_and_no_history_is_left(leavings: Leavings) -> None:
    names = {path.name for path in leavings.out.parents[1].rglob("*")}
    assert not [name for name in names if name.startswith("core") or "history" in name]
