"""What has to hold of a provisioned car, each a function that raises ProofError where it does not."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alpr_edge.settings import SimulatedCamera
from alpr_edge.simulation.drive import Drive
from alpr_edge.simulation.source import write_companions
from scripts.prove.car import Car
from scripts.prove.depot import ENROL_PORT, PORT, URL, Depot
from scripts.prove.host import CACHE, call, package_index, require, until
from scripts.prove.networks import CAR_ADDRESS, DEPOT, DEPOT_ADDRESS

UNIT = "proof-1"
CAPTURE, UPLINK = "alpr-edge.service", "alpr-edge-uplink.service"
CONSOLE, PAGE_PORT = "alpr-edge-console.service", 8447
CAMERA = SimulatedCamera(kind="simulated", id="front", seed=7, seconds=60.0)
"""So long that a vehicle has gone for good before the drive begins anew and shows it again: then it is another read."""
SOCKET = "/run/chrony.alpr-edge.sock"
READ_S_MAX = 180
"""Longest time until something of the rendered drive is read and sent."""
AS_UNIT_USER = ("setpriv", "--reuid=alpr-edge", "--regid=alpr-edge", "--clear-groups")
RELEASE_KEY = ("--release-key", "/root/release-key.pem")
PAGE_SETTINGS = f"""
[console]
address = "{CAR_ADDRESS}"
port = {PAGE_PORT}
"""
"""The department's side of the wire stands for the workstation in the car as well."""
FLEET = f"""\
[unit]
id = "fleet"

[[camera]]
kind = "simulated"
id = "{CAMERA.id}"
seed = {CAMERA.seed}
seconds = {CAMERA.seconds}

[position]
device = "/dev/alpr-gps"
chrony_socket = "{SOCKET}"

[alerts]
player = "wav"
wav_path = "/var/lib/alpr-edge/alerts.wav"

[[hotlist.source]]
name = "proof"
format = "generic-csv"
department = true

[uplink]
idle_s = 0.5
retry_first_s = 0.5
retry_max_s = 5.0
{PAGE_SETTINGS}"""
"""A fleet's settings: a rendered drive for a camera, a serial receiver, a list of the department, the page."""


@dataclass(frozen=True, slots=True)
class Setup:
    """A car, the department it belongs to, and how it is provisioned."""

    car: Car
    depot: Depot
    bundle: bool
    """Install from /root/bundle instead of the package index."""
    fleet: str = FLEET
    """The fleet's settings that the car is provisioned with."""

    def provision(self, *more: str, settings: str = "/root/fleet.toml") -> tuple[int, dict[str, Any], str]:
        """Run ``scripts/provision`` in the car: exit code, its JSON, its errors."""
        command = ["/root/alpr-edge/scripts/provision", "--json", "--unit-id", UNIT, "--department", URL]
        command += ["--settings", settings, *RELEASE_KEY]
        command += ["--offline", "/root/bundle"] if self.bundle else []
        done = self.car.run(*command, *more, check=False, timeout_s=1200, environment=package_index())
        summary = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        return done.returncode, summary, done.stderr.strip()

    def health(self, unit: str) -> dict[str, Any]:
        """What a daemon says of itself; empty while it says nothing."""
        done = self.car.run("cat", f"/run/alpr-edge/{unit}.json", check=False)
        report: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 and done.stdout else {}
        return report


def prepare(setup: Setup) -> None:
    """A receiver, a list at the department, the fleet's settings; chronyd sets no clock: it would be this machine's."""
    car = setup.car
    companions = write_companions(CACHE / "drive", Drive(CAMERA.seed, CAMERA.seconds))
    setup.depot.publish(companions.hotlist, "proof")
    car.write("/root/fleet.toml", setup.fleet)
    car.put(Path(__file__).with_name("receiver.py"), "/root/receiver.py")
    car.write("/etc/systemd/system/chrony.service.d/proof.conf", "[Unit]\nConditionCapability=\n")
    car.write("/etc/default/chrony", 'DAEMON_OPTS="-F 1 -x"\n')
    start_receiver(car)


def start_receiver(car: Car) -> None:
    """Play a receiver in the car for an hour."""
    car.run(
        "systemd-run",
        "--quiet",
        "--collect",
        "--unit=receiver",
        "python3",
        "/root/receiver.py",
        "/dev/alpr-gps",
        "3600",
    )


def a_dry_run_changes_nothing(setup: Setup) -> str:
    """All steps are named, and neither user nor release is there afterwards."""
    code, summary, errors = setup.provision("--dry-run")
    require(code == 0, f"a dry run ends with {code}: {errors}")
    would = [step["step"] for step in summary["steps"] if step["state"] == "would change"]
    require({"accounts", "release", "keys", "services"} <= set(would), f"a dry run names only {would}")
    left = [
        path
        for path in ("/opt/alpr-edge", "/etc/alpr-edge", "/etc/credstore.encrypted/alpr-edge-outbox")
        if (setup.car.root / path.lstrip("/")).exists()
    ]
    require(not left and not setup.car.holds("id", "alpr-edge"), f"a dry run made {left or 'the user'}")
    return f"{len(would)} steps would change"


def a_failed_step_is_undone(setup: Setup) -> str:
    """Settings with a fault are refused in one line and not left behind; what was whole before stays."""
    setup.car.write("/root/faulty.toml", FLEET.replace("seed =", "sed ="))
    code, summary, errors = setup.provision(settings="/root/faulty.toml")
    require(code == 1, f"settings with a fault end with {code}")
    last = summary["steps"][-1]
    require((last["step"], last["state"]) == ("settings", "failed, undone"), f"it ended at {last}: {errors}")
    require("Traceback" not in errors, "a traceback")
    require(not (setup.car.root / "etc/alpr-edge/alpr-edge.toml").exists(), "faulty settings were left behind")
    return f"{_seconds(summary, 'release'):.0f} s for the release, then: {last['error'][-60:]}"


def provisioning_makes_a_unit(setup: Setup) -> str:
    """All steps succeed and the daemons are ready."""
    status, summary, errors = setup.provision(*setup.depot.invite(UNIT))
    require(status == 0, f"provisioning ends with {status}: {errors.splitlines()[-1] if errors else ''}")
    for unit in (CAPTURE, UPLINK, CONSOLE):
        require(setup.car.value(unit, "ActiveState") == "active", f"{unit} is not active")
    return f"{sum(step['seconds'] for step in summary['steps']):.0f} s, {len(summary['steps'])} steps"


def again_changes_nothing(setup: Setup) -> str:
    """The same again says "no change" of every step; that its code is used up does not matter."""
    status, summary, errors = setup.provision("--code", "0", "--enroll-port", str(ENROL_PORT))
    require(status == 0, f"the second run ends with {status}: {errors}")
    changes = [f"{step['step']}: {step['changes']}" for step in summary["steps"] if step["state"] != "no change"]
    require(not changes, f"the second run changed {changes}")
    return f"{sum(step['seconds'] for step in summary['steps']):.1f} s"


def a_drive_arrives_at_the_department(setup: Setup) -> str:
    """Reads and hits of the rendered drive, with the receiver's place, are stored by the department."""
    before = setup.depot.counts()

    def has_arrived() -> bool:
        now = setup.depot.counts()
        return bool(now["reads"] > before["reads"] and now["hits"] > before["hits"])

    seconds = until(has_arrived, "reads and hits at the department", 180)
    until(lambda: setup.health("run")["figures"]["has_fix"], "the unit has a fix", 120)
    counts = setup.depot.counts()
    return f"{counts['reads']} reads, {counts['hits']} hits after {seconds:.0f} s"


def chronyd_is_fed(setup: Setup) -> str:
    """The unit's user writes to chronyd's socket, and chronyd takes the samples."""
    until(lambda: setup.health("run")["figures"]["chrony"] == "fed", "the unit feeds chronyd", 120)

    def newest_sample() -> str:
        rows = setup.car.run("chronyc", "-c", "sources").stdout.splitlines()
        return next((row for row in rows if row.split(",")[2] == "NMEA" and row.split(",")[5] != "0"), "")

    until(newest_sample, "chronyd has samples of NMEA", 120)
    return f"reach {newest_sample().split(',')[5]}"


def hardening_holds(setup: Setup) -> str:
    """The capture half sees no network and not the TLS key, the uplink no device; neither can change its settings."""
    car = setup.car
    key, settings = "/etc/alpr-edge/tls/unit.key", "/etc/alpr-edge/alpr-edge.toml"
    inner = {name: within(car, name) for name in (CAPTURE, UPLINK)}
    links = car.run(*inner[CAPTURE], "ip", "-o", "link").stdout.splitlines()
    require(len(links) == 1 and ": lo:" in links[0], f"the capture half sees {links}")
    devices = car.run(*inner[UPLINK], "ls", "/dev").stdout.split()
    require("alpr-gps" not in devices and "random" in devices, f"the uplink sees {devices}")
    reads = {name: car.holds(*inner[name], *AS_UNIT_USER, "cat", key) for name in inner}
    require(reads == {CAPTURE: False, UPLINK: True}, f"who reads the unit's TLS key: {reads}")
    for name, inside in inner.items():
        require(car.holds(*inside, *AS_UNIT_USER, "cat", settings), f"{name} cannot read its settings")
        # As root, so that it is the mount that forbids it.
        require(not car.holds(*inside, "touch", settings), f"{name} could change its settings")
        require(car.holds(*inside, "touch", "/var/lib/alpr-edge/.proof"), f"{name} cannot write its data")
    data = "/var/lib/alpr-edge"
    require(not car.holds(*inner[UPLINK], *AS_UNIT_USER, "ls", f"{data}/hotlists"), "the uplink sees the lists")
    require(not car.holds(*inner[UPLINK], "touch", f"{data}/images/.proof"), "the uplink could change pictures")
    return "no network; no devices; no key, list or picture of the other half"


def within(car: Car, unit: str) -> tuple[str, ...]:
    """Runs a command with the file system and the network that a daemon sees."""
    return ("nsenter", "--target", car.value(unit, "MainPID"), "--mount", "--net")


def firewall_holds(setup: Setup) -> str:
    """In comes nothing but what asks for the page; out to the department goes the unit's user alone."""
    car = setup.car
    ping = f"import socket; socket.create_connection(('{DEPOT_ADDRESS}', {PORT}), 20)"
    for user, let in (("alpr-edge", True), ("nobody", False)):
        reaches = car.holds("runuser", "-u", user, "--", "python3", "-c", ping)
        require(reaches is let, f"{user} {'reaches' if reaches else 'does not reach'} the department")
    serve = "import socket; s = socket.create_server(('0.0.0.0', 9)); s.settimeout(30); s.accept()"
    car.run("systemd-run", "--quiet", "--collect", "--unit=listener", "python3", "-c", serve)
    until(lambda: ":9" in car.run("ss", "-ltn").stdout, "something listens in the car", 60)
    call_in = f"import socket; socket.create_connection(('{CAR_ADDRESS}', 9), 2)"
    came_in = call("ip", "netns", "exec", DEPOT, "python3", "-c", call_in, check=False)
    car.run("systemctl", "stop", "listener", check=False)
    require(came_in.returncode != 0, "the department's side reaches a port of the car")
    return "in: to the page alone; out to the department: the unit's user alone"


def kills_are_survived(setup: Setup) -> str:
    """All daemons, killed at once, come back and reads go on arriving."""
    seconds = _restart_seconds(setup, {CAPTURE: "run", UPLINK: "uplink", CONSOLE: "console"}, "SIGKILL", 180)
    wait_for_read(setup, datetime.now(UTC))
    return f"all are back after {seconds:.0f} s"


def a_stall_is_survived(setup: Setup) -> str:
    """A capture half that does not move is killed by the watchdog and started again, and reads go on arriving."""
    began_s = time.monotonic()
    seconds = _restart_seconds(setup, {CAPTURE: "run"}, "SIGSTOP", 120)
    require("watchdog" in setup.car.run("journalctl", "--unit", CAPTURE, "--no-pager").stdout.lower(), "no watchdog")
    wait_for_read(setup, datetime.now(UTC))
    return f"back {seconds:.0f} s after it stood still, with a new read after {time.monotonic() - began_s:.0f} s"


def _restart_seconds(setup: Setup, healths: dict[str, str], signal: str, timeout_s: float) -> float:
    """Send a signal to units' main processes; the seconds until each has another one and is ready."""
    before = {unit: setup.car.value(unit, "MainPID") for unit in healths}
    setup.car.run("systemctl", "kill", f"--signal={signal}", "--kill-whom=main", *healths)

    def back(unit: str) -> bool:
        now = setup.car.value(unit, "MainPID")
        return now not in {"0", before[unit]} and setup.car.value(unit, "ActiveState") == "active"

    seconds = until(lambda: all(back(unit) for unit in healths), f"{', '.join(healths)} after {signal}", timeout_s)
    until(lambda: all(setup.health(name).get("ready") for name in healths.values()), "they are ready", 120)
    return seconds


def a_power_cut_is_survived(setup: Setup) -> str:
    """After the power went and came back, the unit comes up by itself, opens its store, and reads."""
    setup.car.cut_power()
    began_s, off = time.monotonic(), datetime.now(UTC)
    setup.car.start()
    start_receiver(setup.car)
    wait_for_read(setup, off)
    return f"a new read arrives {time.monotonic() - began_s:.0f} s after the power came back"


def wait_for_read(setup: Setup, since: datetime) -> None:
    """Wait until the department has a read that was first seen after a moment: one that waited in the car is none."""
    until(lambda: setup.depot.has_read_since(since), "a read of after the restart is at the department", READ_S_MAX)


def _seconds(summary: dict[str, Any], name: str) -> float:
    return next((float(step["seconds"]) for step in summary["steps"] if step["step"] == name), 0.0)
