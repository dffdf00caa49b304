"""What has to hold of updates and of the end of a unit, each a function that raises ProofError where it does not."""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.prove.depot import PROGRAM
from scripts.prove.host import CACHE, ProofError, call, until
from scripts.prove.networks import wire
from scripts.prove.roots import bundle, put_tree
from scripts.prove.scenario import CAPTURE, UNIT, UPLINK, Setup, start_receiver

NEXT, BROKEN = "0.2.1", "0.2.2"
SETTINGS = "/etc/alpr-edge/alpr-edge.toml"
OLD_KEY, NEW_KEY = "retry_longest_s = 5.0\n", "retry_max_s = 5.0\n"
"""A key of the fleet's settings as release 0.1.0 had it, and as it is."""
CURRENT = "/opt/alpr-edge/current"
AS_UNIT = "/usr/local/bin/alpr-edge"
READY_S = {NEXT: "180", BROKEN: "30"}
MEDIUM = "/root/medium"
STARTING, NEVER_READY = "    configure_logs(verbose=True)\n", "    threading.Event().wait()\n"
"""A line of both daemons, and what makes of them some that start and never say that they are ready."""


def an_update_is_taken_up(setup: Setup) -> str:
    """Another version is in use, both daemons are ready, the one before is kept, and no read is lost."""
    _put(setup, NEXT)
    held = _hold_reads_back(setup)
    kept = _write_old_settings(setup)
    told, code = _update(setup, NEXT)
    _require((code, told.get("result")) == (0, "updated"), f"the update ends with {code}: {told}")
    _require(_version(setup) == NEXT, f"in use is {_version(setup)}")
    before = setup.car.run("readlink", "/opt/alpr-edge/previous").stdout.strip()
    _require(
        before.startswith("releases/") and (setup.car.root / "opt/alpr-edge" / before).is_dir(), "none to go back to"
    )
    settings = _settings(setup).read_text()
    _require(NEW_KEY in settings and OLD_KEY not in settings, "the settings of the release before were not rewritten")
    _require(OLD_KEY in kept.read_text(), f"{kept.name} is not the file as it was")
    return f"{told['seconds']:.0f} s; settings rewritten; {_arrive(setup, held)}"


def the_same_again_changes_nothing(setup: Setup) -> str:
    """And an older one is refused."""
    pid = setup.car.value(CAPTURE, "MainPID")
    told, code = _update(setup, NEXT)
    _require((code, told.get("result")) == (0, "in use already"), f"the same again ends with {code}: {told}")
    older = setup.car.run(f"{CURRENT}/scripts/update", "/root/bundle", check=False)
    _require(older.returncode == 1 and "--allow-downgrade" in older.stderr, f"an older release: {older.stderr}")
    _require(setup.car.value(CAPTURE, "MainPID") == pid, "the daemon was restarted for nothing")
    return older.stderr.strip().splitlines()[-1][:100]


def a_changed_bundle_is_refused(setup: Setup) -> str:
    """One byte of a wheel, and the release in use stays."""
    folder = setup.car.root / "root" / f"bundle-{NEXT}"
    wheel = next((folder / "wheels").glob("numpy-*.whl"))
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 1
    wheel.write_bytes(content)
    done = setup.car.run(f"{CURRENT}/scripts/update", f"/root/bundle-{NEXT}", check=False)
    _require(done.returncode == 1 and wheel.name in done.stderr, f"a changed wheel: {done.returncode} {done.stderr}")
    return f"{done.stderr.strip().splitlines()[-1][:60]}..."


def a_broken_release_is_taken_back(setup: Setup) -> str:
    """A release whose daemon never gets ready: the one before runs again, and no read is lost."""
    _put(setup, BROKEN)
    held = _hold_reads_back(setup)
    told, code = _update(setup, BROKEN)
    _require((code, told.get("result")) == (4, "rolled back"), f"the broken update ends with {code}: {told}")
    _require(_version(setup) == NEXT, f"in use is {_version(setup)}")
    _require(not (setup.car.root / "opt/alpr-edge/releases" / BROKEN).exists(), "the broken release is still there")
    return f"{told['seconds']:.0f} s; {told['why'][:60]}; {_arrive(setup, held)}"


def power_cut_in_an_update_is_decided_at_the_start(setup: Setup) -> str:
    """The power goes while the broken release is on trial: it starts, is taken back by itself, and no read is lost."""
    car = setup.car
    command = (f"{CURRENT}/scripts/update", f"/root/bundle-{BROKEN}", "--ready-within", READY_S[BROKEN])
    car.run("systemd-run", "--quiet", "--collect", "--unit=update", *command)
    until(lambda: _version(setup) == BROKEN, "the broken release is on trial", 240)
    until((car.root / "opt/alpr-edge/trial.json").exists, "it is written down", 5)
    held = _reads(setup)
    car.cut_power()
    _require((car.root / "opt/alpr-edge/current").resolve().name == BROKEN, "the link was not switched yet")
    car.start()
    start_receiver(car)
    seconds = until(lambda: _version(setup) == NEXT, "the release before is back", 240)
    until(lambda: car.value("alpr-edge-trial.service", "ActiveState") == "inactive", "the trial is decided", 240)
    _require(not (car.root / "opt/alpr-edge/trial.json").exists(), "it is on trial still")
    until(lambda: setup.health("run").get("ready"), "the unit is ready", 60)
    _require(held <= _reads(setup), "reads held before the power cut are gone")
    return f"{seconds:.0f} s after the start the release before was back, by itself, with all {len(held)} reads"


def a_unit_with_reads_is_not_decommissioned(setup: Setup) -> str:
    """Reads that the department does not have: refused, and the unit goes on."""
    wire(up=False)
    until(lambda: _outbox(setup)["ready"] > 2, "reads wait", 90)
    done = setup.car.run(f"{CURRENT}/scripts/decommission", UNIT, "--wait", "2", check=False)
    _require(done.returncode == 1 and "--abandon REASON" in done.stderr, f"{done.returncode}: {done.stderr}")
    until(lambda: setup.car.value(CAPTURE, "ActiveState") == "active", "the unit goes on", 60)
    other = setup.car.run(f"{CURRENT}/scripts/decommission", "another", check=False)
    _require(other.returncode == 1 and UNIT in other.stderr, f"another unit's id: {other.stderr}")
    return done.stderr.strip().splitlines()[-1][:110]


def decommissioning_exports_and_destroys(setup: Setup) -> str:
    """What waits arrives at the department on a medium, its receipts come back, and then keys and data are gone."""
    car = setup.car
    (car.root / MEDIUM.lstrip("/")).mkdir(exist_ok=True)
    (car.root / "root").chmod(0o711)
    secret = (car.root / "etc/credstore.encrypted/alpr-edge-outbox").read_bytes()
    car.run("chown", "alpr-edge:", MEDIUM)
    # The link is up and nothing takes it: what waits goes by the medium, and the department can be asked.
    car.run("systemctl", "stop", UPLINK)
    wire(up=True)
    command = (
        f"{CURRENT}/scripts/decommission",
        UNIT,
        "--export",
        MEDIUM,
        "--wait",
        "2",
        "--by",
        "the proof",
        "--json",
    )
    taken = _export(setup, command)
    record = json.loads(car.run(*command).stdout)
    waiting = {name: record["outbox"][name] for name in ("ready", "quarantined", "offloaded")}
    _require(not any(waiting.values()), f"left in the outbox: {waiting}")
    left = [path for path in ("var/lib/alpr-edge", "etc/alpr-edge") if any((car.root / path).iterdir())]
    left += [path.name for path in (car.root / "etc/credstore.encrypted").glob("alpr-edge-*")]
    _require(not left, f"left behind: {left}")
    _require(
        not any(car.holds("systemctl", "is-active", "--quiet", unit) for unit in (CAPTURE, UPLINK)), "a daemon runs"
    )
    _require(secret not in _record(car.root).encode(), "the record holds a key")
    _require(record["revoked"] == "revoked" == setup.depot.state_of(UNIT), f"the department: {record['revoked']}")
    again = json.loads(car.run(*command).stdout)
    _require(again == record, "a second time says something else")
    return f"{len(record['keys'])} keys overwritten, {record['removed']['files']} files removed; {taken}"


def _export(setup: Setup, command: Sequence[str]) -> str:
    """What waits goes to a medium, and nothing is destroyed before the department has answered for it."""
    refused = setup.car.run(*command, check=False)
    _require(refused.returncode == 1 and "on media without a receipt" in refused.stderr, f"export: {refused.stderr}")
    reading = setup.car.holds("systemctl", "is-active", "--quiet", CAPTURE)
    _require(not reading, "the cameras go on while receipts are due")
    before = setup.depot.counts()["reads"]
    taken = _import(setup)
    _require(setup.depot.counts()["reads"] > before, "nothing of the medium was new to the department")
    return taken


def _record(root: Path) -> str:
    (path,) = (root / "var/log/alpr-edge").glob("decommissioned-*.json")
    return path.read_text(encoding="utf-8")


def _import(setup: Setup) -> str:
    medium = CACHE / "medium"
    call("rm", "-rf", medium)
    there = setup.car.root / MEDIUM.lstrip("/")
    call("cp", "-a", there, medium)
    told = call(PROGRAM, "department", "import", medium, "--directory", setup.depot.folder).stdout.strip()
    call("cp", "-rT", "--no-preserve=ownership", medium, there)
    return told


def _put(setup: Setup, version: str) -> None:
    """A bundle of this checkout with another version, signed with the same key; :data:`BROKEN` is broken."""
    source = CACHE / "checkout"
    shutil.rmtree(source, ignore_errors=True)
    put_tree(source)
    for name, key in (("pyproject.toml", "version"), ("alpr_edge/__init__.py", "__version__")):
        text = (source / name).read_text()
        (source / name).write_text(re.sub(rf'(?m)^{key} = ".*"', f'{key} = "{version}"', text))
    if version == BROKEN:
        daemons = source / "alpr_edge" / "cli" / "daemons.py"
        _require(STARTING in daemons.read_text(), f"{daemons} is not what it was: this proof has to be changed")
        daemons.write_text(daemons.read_text().replace(STARTING, STARTING + NEVER_READY))
    target = setup.car.root / "root" / f"bundle-{version}"
    call("cp", "-a", bundle(version, source=source), target)


def _update(setup: Setup, version: str) -> tuple[dict[str, Any], int]:
    """Its summary, with the seconds it took, and its exit code."""
    seconds = 0.0
    command = (f"{CURRENT}/scripts/update", f"/root/bundle-{version}", "--ready-within", READY_S[version], "--json")
    done = setup.car.run(*command, check=False, timeout_s=900)
    for line in done.stderr.splitlines():
        if found := re.match(r" *([0-9.]+) s  ", line):
            seconds = float(found[1])
    told: dict[str, Any] = json.loads(done.stdout) if done.stdout.startswith("{") else {"said": done.stderr[-400:]}
    return told | {"seconds": seconds}, done.returncode


def _settings(setup: Setup) -> Path:
    return setup.car.root / SETTINGS.lstrip("/")


def _write_old_settings(setup: Setup) -> Path:
    """Give the unit's settings a key of release 0.1.0; returns where the update keeps the file.

    The running daemons have read theirs, and nothing is started before the update.
    """
    file = _settings(setup)
    text = file.read_text()
    _require(NEW_KEY in text, f"{file} is not what it was: this proof has to be changed")
    file.write_text(text.replace(NEW_KEY, OLD_KEY))
    return file.with_name(f"{file.name}.release-{_version(setup)}")


def _version(setup: Setup) -> str:
    return (setup.car.root / "opt/alpr-edge/current").readlink().name


def _outbox(setup: Setup) -> dict[str, int]:
    counts: dict[str, int] = json.loads(setup.car.run(AS_UNIT, "outbox", "status", "--json").stdout)
    return counts


def _reads(setup: Setup) -> set[str]:
    """Ids of the reads that the unit holds, delivered or not."""
    told = setup.car.run(AS_UNIT, "reads", "--json", "--limit", "1000").stdout
    return {json.loads(line)["read_id"] for line in told.splitlines()}


def _hold_reads_back(setup: Setup) -> set[str]:
    """Unplug the wire until some items wait; the reads that the unit holds then."""
    wire(up=False)
    until(lambda: _outbox(setup)["ready"] > 2, "reads wait in the car", 90)
    return _reads(setup)


def _arrive(setup: Setup, held: set[str]) -> str:
    """Plug it in again: each read that was held before is held still, and each held now gets to the department."""
    now = _reads(setup)
    _require(held <= now, f"of {len(held)} reads held before {len(held - now)} are gone")
    waited = len(now - setup.depot.reads())
    wire(up=True)
    until(lambda: now <= setup.depot.reads(), "all reads that the unit held arrive", 180)
    _require(_outbox(setup)["quarantined"] == 0, "the department refused some")
    return f"{len(held)} reads held before, {len(now)} after, {waited} of them delivered then, none lost"


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as the sentence it is
    if not holds:
        raise ProofError(otherwise)
