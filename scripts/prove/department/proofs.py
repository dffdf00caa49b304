"""What has to hold of a department's server, each a function that raises ProofError where it does not."""

import json
import re
import time
from typing import Any

from scripts.prove.department.machine import COMMAND, DATA, POSTS, DepartmentMachine, start_alarm_receiver
from scripts.prove.host import require, until

SERVER = "alpr-edge-department.service"
PAGE, METRICS = (f"alpr-edge-department-{what}.service" for what in ("page", "metrics"))
JOBS = ("purge", "backup", "drill", "alarms")
JOB_S_MAX = 600
FIGURES_S_MAX = 120
FETCH = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:{}', timeout=30).read().decode())"


def a_dry_run_changes_nothing(machine: DepartmentMachine) -> str:
    """All steps are named, ``--check`` ends with 1, and neither user nor release is there afterwards."""
    code, summary, errors = machine.set_up("--dry-run")
    require(code == 0, f"a dry run ends with {code}: {errors}")
    would = [step["step"] for step in summary["steps"] if step["state"] == "would change"]
    require({"accounts", "release", "department", "services"} <= set(would), f"a dry run names only {would}")
    require(machine.set_up("--check")[0] == 1, "--check does not end with 1")
    left = [path for path in ("opt/alpr-edge-department", DATA.lstrip("/")) if (machine.car.root / path).exists()]
    require(not left and not machine.car.holds("id", "alpr-edge-department"), f"a dry run made {left or 'the user'}")
    return f"{len(would)} steps would change"


def a_failed_step_is_undone(machine: DepartmentMachine) -> str:
    """Settings with a fault are refused in one line; mended, the next run goes on."""
    machine.car.write("/root/faulty.toml", "[alarms]\nmail_to = 3\n")
    code, summary, errors = machine.set_up("--settings", "/root/faulty.toml")
    last = summary["steps"][-1]
    require((code, last["step"], last["state"]) == (1, "settings", "failed, undone"), f"it ended at {last}: {errors}")
    require("Traceback" not in errors and "alarms.mail_to" in errors, f"it says {errors}")
    require(not (machine.car.root / f"{DATA}/department.toml".lstrip("/")).exists(), "faulty settings were left behind")
    return str(last["error"])[-80:]


def setting_up_makes_a_department(machine: DepartmentMachine, *options: str) -> str:
    """All steps succeed, the services are ready, and the same again changes nothing."""
    code, summary, errors = machine.set_up(*options)
    require(code == 0, f"setting up ends with {code}: {errors.splitlines()[-2:]} {_last_lines(machine, SERVER, PAGE)}")
    seconds = sum(step["seconds"] for step in summary["steps"])
    timers = [f"alpr-edge-department-{job}.timer" for job in JOBS]
    for unit in (SERVER, PAGE, METRICS, *timers):
        require(machine.car.value(unit, "ActiveState") == "active", f"{unit} is not active")
    code, summary, errors = machine.set_up(*options, "--check")
    changes = [f"{step['step']}: {step['changes']}" for step in summary["steps"] if step["state"] != "no change"]
    require((code, changes) == (0, []), f"again it would change {changes}: {errors}")
    return f"{seconds:.0f} s, {len(summary['steps'])} steps, and again no change"


def _last_lines(machine: DepartmentMachine, *units: str) -> str:
    """The last lines that services wrote, which undoing leaves."""
    names = [f"--unit={unit}" for unit in units]
    journal = machine.car.run("journalctl", *names, "--no-pager", "--output=cat", "--lines=30", check=False).stdout
    return " | ".join(journal.strip().splitlines())


def each_job_does_its_work(machine: DepartmentMachine) -> str:
    """Deletion, backup, drill and alarms each run once as systemd runs them, and succeed."""
    # The unit's clock is not confirmed here and nothing was deleted yet: nothing else bears this computer's clock out.
    machine.ask("purge", "--clock-is-right")
    seconds = {}
    for job in JOBS:
        unit = f"alpr-edge-department-{job}.service"
        done = machine.car.run("systemctl", "start", unit, check=False, timeout_s=JOB_S_MAX)
        require(done.returncode == 0, f"{unit}: {_last_lines(machine, unit)}")
        times = [int(machine.car.value(unit, f"ExecMain{end}TimestampMonotonic")) for end in ("Start", "Exit")]
        seconds[job] = (times[1] - times[0]) / 1e6
    status = machine.ask("status")
    for what in ("last_backup", "last_drill"):
        require(bool(status[what] and status[what]["is_good"]), f"{what} is {status[what]}")
    require(bool(machine.ask_lines("deletions", "list")), "the deletion is not on record")
    return ", ".join(f"{job} {value:.1f} s" for job, value in seconds.items())


def an_alarm_is_told_and_ends(machine: DepartmentMachine) -> str:
    """While the server stands still that is told once; when it runs again its end is."""
    alarms, folder = "alpr-edge-department-alarms.service", machine.car.root / POSTS.lstrip("/")
    machine.car.run("systemctl", "start", alarms)
    before = set(folder.iterdir())
    machine.car.run("systemctl", "stop", SERVER)
    machine.car.run("systemctl", "start", alarms)
    machine.car.run("systemctl", "start", SERVER, timeout_s=240)
    machine.car.run("systemctl", "start", alarms)
    posts = [json.loads(path.read_bytes()) for path in sorted(set(folder.iterdir()) - before)]
    begun = [line for post in posts for line in post["begun"] if "does not run" in line]
    over = [line for post in posts for line in post["over"] if "does not run" in line]
    require((len(begun), len(over)) == (1, 1), f"told {len(begun)} times, over {len(over)} times")
    return f"{len(posts)} posts"


def prometheus_is_answered(machine: DepartmentMachine) -> str:
    """The figures' process tells of the department, and sees neither its folder nor its backups."""
    car = machine.car

    def units_told() -> float:
        text = car.run("python3", "-c", FETCH.format("9465/metrics")).stdout
        return sum(float(value) for value in re.findall(r"(?m)^alpr_edge_department_units\{.*\} (\S+)$", text))

    until(units_told, "the figures tell of units", FIGURES_S_MAX, every_s=2.0)
    inside = ("nsenter", "--target", car.value(METRICS, "MainPID"), "--mount")
    for folder in (DATA, "/var/backups/alpr-edge-department"):
        # Closed to it means empty: root, who looks here, may open every folder.
        require(not car.run(*inside, "ls", "-A", folder, check=False).stdout, f"the figures' process sees {folder}")
    kib = int(re.findall(r"VmRSS:\s+(\d+)", car.read(f"/proc/{car.value(METRICS, 'MainPID')}/status"))[0])
    return f"its process takes {kib / 1024:.0f} MB"


def all_is_well(machine: DepartmentMachine) -> str:
    """The status warns of nothing, nothing of the check is red, the health is good, and no plate is in the journal."""
    warnings = machine.ask("status")["warnings"]
    require(not warnings, f"the status warns: {warnings}")
    checks: dict[str, Any] = machine.ask("check")
    reds = [each for each in checks["checks"] if each["grade"] == "red"]
    require(not reds, f"the check is red: {reds}")
    health = json.loads(machine.car.run("python3", "-c", FETCH.format("8445/health")).stdout)
    require(health["status"] in {"ok", "warning"} and not health["troubles"], f"the health is {health}")
    text = machine.car.run(COMMAND, "verify").stdout
    return f"{text.strip()}; amber: {', '.join(each['name'] for each in checks['checks'] if each['grade'] == 'amber')}"


def a_kill_and_a_power_cut_are_survived(machine: DepartmentMachine) -> str:
    """A killed server comes back by itself; after a power cut everything does, and all that was stored is whole."""
    stored = _stored_counts(machine)
    before = machine.car.value(SERVER, "MainPID")
    machine.car.run("systemctl", "kill", "--signal=SIGKILL", "--kill-whom=main", SERVER)

    def is_back() -> bool:
        return machine.car.value(SERVER, "MainPID") not in {"0", before} and _is_active(machine)

    killed_s = until(is_back, "the server is back", 120)
    machine.car.cut_power()
    began_s = time.monotonic()
    machine.car.start()
    start_alarm_receiver(machine.car)
    until(lambda: _is_active(machine), "the server is back after a power cut", 180)
    cut_s = time.monotonic() - began_s
    now = _stored_counts(machine)
    require(now == stored, f"stored are {now}, and before the kill and the power cut {stored}")
    return (
        f"back {killed_s:.0f} s after a kill, {cut_s:.0f} s after the power came back, with all of "
        f"{stored['reads']} reads, {stored['bodies']} bodies and {stored['images']} pictures"
    )


def _stored_counts(machine: DepartmentMachine) -> dict[str, Any]:
    """How much is stored, of which every body and picture was compared with its digest. Raises ProofError."""
    counts, checked = machine.ask("status"), machine.ask("verify")
    require(counts["reads"] > 0 and checked["ok"], f"nothing is stored, or it is not whole: {checked}")
    return {name: counts[name] for name in ("reads", "hits", "items", "units")} | {
        name: checked[name] for name in ("bodies", "images")
    }


def _is_active(machine: DepartmentMachine) -> bool:
    return machine.car.value(SERVER, "ActiveState") == "active"
