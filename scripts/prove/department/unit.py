"""A unit on the other side of the wire: it enrolls at the department under proof, and delivers a short drive."""

import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.service_ports import ENROL_PORT, STORAGE_PORT
from alpr_edge.simulation.drive import Drive
from alpr_edge.simulation.source import write_drive
from scripts.prove.department.machine import DepartmentMachine
from scripts.prove.host import CACHE, call, require
from scripts.prove.networks import CAR_ADDRESS, DEPOT

PROGRAM = Path(sys.prefix) / "bin" / "alpr-edge"
DRIVE_S = 4.0
SETTINGS = f"""\
[unit]
id = "proof-1"
data_directory = "drive/unit"
runtime_directory = "drive/unit"

[store]
keys_directory = "drive/unit/keys"

[uplink]
url = "https://{CAR_ADDRESS}:{STORAGE_PORT}"
ca_file = "tls/department-ca.pem"
certificate_file = "tls/unit.pem"
key_file = "tls/unit.key"
media_key_file = "tls/department-media.pem"
idle_s = 0.2
retry_first_s = 0.2
"""


def a_unit_enrols_and_delivers(machine: DepartmentMachine) -> str:
    """A unit gets its certificate for a one-time code, and the department has the reads of its drive."""
    folder = CACHE / "department-unit"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    settings = folder / "unit.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    code: dict[str, Any] = machine.ask("code", "proof-1")
    enrol = ("unit", "enroll", "--settings", settings, "--enroll-port", str(ENROL_PORT), "--code", "-")
    _on_the_wire(*enrol, "--ca-fingerprint", code["ca_fingerprint"], stdin=code["code"].encode())
    drive = CACHE / f"department-drive-{DRIVE_S:g}"
    if not (drive / "frames").is_dir():
        write_drive(drive, Drive(7, DRIVE_S))
    # Of now: by reads of another year the department would take its own clock for wrong, and delete nothing.
    start = rfc3339(datetime.now(UTC) - timedelta(minutes=1))
    options = ("--out", folder / "drive", "--start", start, "--settings", settings, "--json")
    _on_the_wire("drive", "--source", drive / "frames", *options)
    counts = machine.ask("status")
    require(counts["units"].get("proof-1", 0) > 0 and counts["reads"] > 0, f"the department has {counts['units']}")
    return f"{counts['reads']} reads, {counts['units']['proof-1']} items"


def a_stranger_is_refused(machine: DepartmentMachine) -> str:
    """The code of another unit gets no certificate."""
    folder = CACHE / "department-stranger"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    (folder / "unit.toml").write_text(SETTINGS.replace("proof-1", "stranger"), encoding="utf-8")
    code: dict[str, Any] = machine.ask("code", "proof-2")
    words = ("unit", "enroll", "--settings", folder / "unit.toml", "--enroll-port", str(ENROL_PORT), "--code", "-")
    command = ("ip", "netns", "exec", DEPOT, PROGRAM, *words, "--ca-fingerprint", code["ca_fingerprint"])
    done = call(*command, stdin=code["code"].encode(), check=False)
    require(done.returncode != 0 and not (folder / "tls" / "unit.pem").exists(), "a stranger got a certificate")
    return done.stderr.strip().splitlines()[-1][-80:]


def _on_the_wire(*words: str | Path, stdin: bytes | None = None) -> str:
    """Run a command of the product on the other side of the wire."""
    return call("ip", "netns", "exec", DEPOT, PROGRAM, *words, stdin=stdin, timeout_s=900).stdout
