"""A provisioned unit as a proof sees it: its release, its settings, the reads that it holds, and an update of it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.prove.car import Car
from scripts.prove.host import require, until
from scripts.prove.networks import wire
from scripts.prove.scenario import Setup

SETTINGS = "/etc/alpr-edge/alpr-edge.toml"
CURRENT = "/opt/alpr-edge/current"
AS_UNIT = "/usr/local/bin/alpr-edge"
BREAK_GLASS = ("--break-glass", "proof of a release", "--purpose", "audit")
WHO = b"Prover\nProof of a release\n"
"""What break-glass asks: a name, and an organisation."""
USAGE = 2
"""The exit code of a command that does not know an option."""
READY_S = 180
UPDATE_S_MAX = 900


@dataclass(frozen=True, slots=True)
class UpdateSummary:
    """What ``scripts/update --json`` said, and how long it took."""

    exit_code: int
    result: str
    """Its words for the outcome; the end of its errors where it printed no summary."""
    why: str
    seconds: float


def run_update(
    setup: Setup, bundle: str, *options: str, program: str = f"{CURRENT}/scripts/update", ready_s: int = READY_S
) -> UpdateSummary:
    """Run ``scripts/update`` in the car.

    Args:
        setup: the car.
        bundle: the folder of the bundle in the car.
        options: more options of the command.
        program: the path of the command in the car.
        ready_s: seconds that the new release has to get ready.
    """
    command = (program, bundle, "--ready-within", str(ready_s), "--json", *options)
    run = setup.car.run(*command, check=False, timeout_s=UPDATE_S_MAX)
    times = [float(match[1]) for match in re.finditer(r"(?m)^ *([0-9.]+) s  ", run.stderr)]
    summary = json.loads(run.stdout) if run.stdout.startswith("{") else {"result": run.stderr[-400:]}
    return UpdateSummary(run.returncode, summary["result"], summary.get("why", ""), max(times, default=0.0))


def settings_file(setup: Setup) -> Path:
    """The unit's settings file, on this machine."""
    return setup.car.root / SETTINGS.lstrip("/")


def version_in_use(setup: Setup) -> str:
    """The version of the release that the unit runs."""
    return (setup.car.root / "opt/alpr-edge/current").readlink().name


def outbox_counts(setup: Setup) -> dict[str, int]:
    """The items in the unit's outbox, by state."""
    counts: dict[str, int] = json.loads(setup.car.run(AS_UNIT, "outbox", "status", "--json").stdout)
    return counts


def stored_read_ids(setup: Setup) -> set[str]:
    """Ids of the reads that the unit holds, delivered or not."""
    return {row["read_id"] for row in read_rows(setup.car, 1000)}


def read_rows(car: Car, limit: int) -> list[dict[str, Any]]:
    """The newest reads that a unit holds; by break-glass, as nobody of this proof is on its roster.

    A release before 0.3 knows neither break-glass nor accounts, and shows them to root.
    """
    words = (AS_UNIT, "reads", "--json", "--limit", str(limit))
    done = car.run(*words, *BREAK_GLASS, stdin=WHO, check=False)
    if done.returncode == USAGE:
        done = car.run(*words)
    require(done.returncode == 0, f"reads cannot be shown: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def hold_reads_back(setup: Setup) -> set[str]:
    """Unplug the wire until some items wait; returns the ids of the reads that the unit holds then."""
    wire(up=False)
    until(lambda: outbox_counts(setup)["ready"] > 2, "reads wait in the car", 180)
    return stored_read_ids(setup)


def deliver_reads(setup: Setup, reads_before: set[str]) -> str:
    """Plug the wire in again: no read from before is gone, and each that the unit holds gets to the department."""
    reads_now = stored_read_ids(setup)
    require(
        reads_before <= reads_now, f"of {len(reads_before)} reads held before {len(reads_before - reads_now)} are gone"
    )
    count = len(reads_now - setup.depot.reads())
    wire(up=True)
    until(lambda: reads_now <= setup.depot.reads(), "all reads that the unit held arrive", 300)
    require(outbox_counts(setup)["quarantined"] == 0, "the department refused some")
    return (
        f"{len(reads_before)} reads before, {len(reads_now)} after, {count} of these undelivered until the wire "
        "was back, none lost"
    )
