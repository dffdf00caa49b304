"""What has to hold of updates and of the end of a unit, each a function that raises ProofError where it does not."""

import json
import re
import shutil
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from scripts.prove.depot import PROGRAM
from scripts.prove.host import CACHE, call, require, until
from scripts.prove.networks import wire
from scripts.prove.roots import bundle, put_tree
from scripts.prove.scenario import CAPTURE, CONSOLE, UNIT, UPLINK, Setup, start_receiver, wait_for_read
from scripts.prove.unit import (
    CURRENT,
    deliver_reads,
    hold_reads_back,
    outbox_counts,
    run_update,
    settings_file,
    stored_read_ids,
    version_in_use,
)

NEXT, BROKEN = "0.2.1", "0.2.2"
OLD_KEY, NEW_KEY = "retry_longest_s = 5.0\n", "retry_max_s = 5.0\n"
"""A key of the fleet's settings as release 0.1.0 had it, and as it is."""
BROKEN_READY_S = 30
MEDIUM = "/root/medium"
CREDENTIALS = "/etc/credstore.encrypted"
SEALED_LINE_MIN = 16
"""Characters of a line of a sealed key that nothing else has by chance."""
STARTING, NEVER_READY = "    configure_logs(verbose=True)\n", "    threading.Event().wait()\n"
"""A line of both daemons, and what makes of them some that start and never say that they are ready."""


def an_update_is_taken_up(setup: Setup) -> str:
    """Another version is in use, its daemons are ready, the one before is kept, and no read is lost."""
    put_version(setup, NEXT)
    reads_before = hold_reads_back(setup)
    old_settings, page_before = _write_old_settings(setup), setup.car.value(CONSOLE, "MainPID")
    summary = run_update(setup, f"/root/bundle-{NEXT}")
    require((summary.exit_code, summary.result) == (0, "updated"), f"the update ends so: {summary}")
    require(version_in_use(setup) == NEXT, f"in use is {version_in_use(setup)}")
    require(setup.car.value(CONSOLE, "ActiveState") == "active", "the page is down")
    require(setup.car.value(CONSOLE, "MainPID") != page_before, "the page is still of the release before")
    before = setup.car.run("readlink", "/opt/alpr-edge/previous").stdout.strip()
    require(
        before.startswith("releases/") and (setup.car.root / "opt/alpr-edge" / before).is_dir(), "none to go back to"
    )
    settings = settings_file(setup).read_text()
    require(NEW_KEY in settings and OLD_KEY not in settings, "the settings of the release before were not rewritten")
    require(OLD_KEY in old_settings.read_text(), f"{old_settings.name} is not the file as it was")
    return f"{summary.seconds:.0f} s; settings rewritten; {deliver_reads(setup, reads_before)}"


def the_same_again_changes_nothing(setup: Setup) -> str:
    """And an older one is refused."""
    pid = setup.car.value(CAPTURE, "MainPID")
    summary = run_update(setup, f"/root/bundle-{NEXT}")
    require((summary.exit_code, summary.result) == (0, "in use already"), f"the same again ends so: {summary}")
    older = setup.car.run(f"{CURRENT}/scripts/update", "/root/bundle", check=False)
    require(older.returncode == 1 and "--allow-downgrade" in older.stderr, f"an older release: {older.stderr}")
    require(setup.car.value(CAPTURE, "MainPID") == pid, "the daemon was restarted for nothing")
    return older.stderr.strip().splitlines()[-1][:100]


def a_changed_bundle_is_refused(setup: Setup) -> str:
    """One byte of a wheel, and the release in use stays."""
    folder = setup.car.root / "root" / f"bundle-{NEXT}"
    wheel = next((folder / "wheels").glob("numpy-*.whl"))
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 1
    wheel.write_bytes(content)
    done = setup.car.run(f"{CURRENT}/scripts/update", f"/root/bundle-{NEXT}", check=False)
    require(done.returncode == 1 and wheel.name in done.stderr, f"a changed wheel: {done.returncode} {done.stderr}")
    return f"{done.stderr.strip().splitlines()[-1][:60]}..."


def a_broken_release_is_taken_back(setup: Setup) -> str:
    """A release whose daemon never gets ready: the one before runs again, and no read is lost."""
    put_version(setup, BROKEN)
    reads_before = hold_reads_back(setup)
    summary = run_update(setup, f"/root/bundle-{BROKEN}", ready_s=BROKEN_READY_S)
    require((summary.exit_code, summary.result) == (4, "rolled back"), f"the broken update ends so: {summary}")
    require(version_in_use(setup) == NEXT, f"in use is {version_in_use(setup)}")
    require(not (setup.car.root / "opt/alpr-edge/releases" / BROKEN).exists(), "the broken release is still there")
    return f"{summary.seconds:.0f} s; {summary.why[:60]}; {deliver_reads(setup, reads_before)}"


def power_cut_in_an_update_is_decided_at_the_start(setup: Setup) -> str:
    """The power goes while the broken release is on trial: it starts, is taken back by itself, and no read is lost."""
    car = setup.car
    command = (f"{CURRENT}/scripts/update", f"/root/bundle-{BROKEN}", "--ready-within", str(BROKEN_READY_S))
    car.run("systemd-run", "--quiet", "--collect", "--unit=update", *command)
    until(lambda: version_in_use(setup) == BROKEN, "the broken release is on trial", 240)
    until((car.root / "opt/alpr-edge/trial.json").exists, "it is written down", 5)
    reads_before = stored_read_ids(setup)
    car.cut_power()
    require((car.root / "opt/alpr-edge/current").resolve().name == BROKEN, "the link was not switched yet")
    began_s, off = time.monotonic(), datetime.now(UTC)
    car.start()
    start_receiver(car)
    until(lambda: version_in_use(setup) == NEXT, "the release before is back", 240)
    back_s = time.monotonic() - began_s
    until(lambda: car.value("alpr-edge-trial.service", "ActiveState") == "inactive", "the trial is decided", 240)
    require(not (car.root / "opt/alpr-edge/trial.json").exists(), "it is on trial still")
    until(lambda: setup.health("run").get("ready"), "the unit is ready", 60)
    require(reads_before <= stored_read_ids(setup), "reads held before the power cut are gone")
    wait_for_read(setup, off)
    read_s = time.monotonic() - began_s
    return (
        f"{back_s:.0f} s after the power came back the release before was in use, by itself, with all "
        f"{len(reads_before)} reads; a new one arrived after {read_s:.0f} s"
    )


def a_unit_with_reads_is_not_decommissioned(setup: Setup) -> str:
    """Reads that the department does not have: refused, and the unit goes on."""
    wire(up=False)
    until(lambda: outbox_counts(setup)["ready"] > 2, "reads wait", 90)
    done = setup.car.run(f"{CURRENT}/scripts/decommission", UNIT, "--wait", "2", check=False)
    require(done.returncode == 1 and "--abandon REASON" in done.stderr, f"{done.returncode}: {done.stderr}")
    until(lambda: setup.car.value(CAPTURE, "ActiveState") == "active", "the unit goes on", 60)
    other = setup.car.run(f"{CURRENT}/scripts/decommission", "another", check=False)
    require(other.returncode == 1 and UNIT in other.stderr, f"another unit's id: {other.stderr}")
    return done.stderr.strip().splitlines()[-1][:110]


def decommissioning_exports_and_destroys(setup: Setup) -> str:
    """What waits arrives at the department on a medium, its receipts come back, and then keys and data are gone."""
    car = setup.car
    (car.root / MEDIUM.lstrip("/")).mkdir(exist_ok=True)
    (car.root / "root").chmod(0o711)
    keys = unit_keys(setup)
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
    import_summary = _export(setup, command)
    record = json.loads(car.run(*command).stdout)
    require(record["handed_over"]["left"] == {}, f"left in the outbox: {record['handed_over']['left']}")
    _import_last_records(setup)
    left = [path for path in ("var/lib/alpr-edge", "etc/alpr-edge") if any((car.root / path).iterdir())]
    left += [path.name for path in (car.root / "etc/credstore.encrypted").glob("alpr-edge-*")]
    require(not left, f"left behind: {left}")
    require(
        not any(car.holds("systemctl", "is-active", "--quiet", unit) for unit in (CAPTURE, UPLINK, CONSOLE)),
        "a daemon runs",
    )
    destroyed = {Path(key["file"]).name for key in record["keys"]}
    require({"console.pem", "unit.key"} <= destroyed, f"overwritten are {destroyed}")
    require_no_key(car.root, keys)
    require(record["revoked"] == "revoked" == setup.depot.state_of(UNIT), f"the department: {record['revoked']}")
    again = json.loads(car.run(*command).stdout)
    require(again == record, "a second time says something else")
    return f"{len(record['keys'])} keys overwritten, {record['removed']['files']} files removed; {import_summary}"


def _export(setup: Setup, command: Sequence[str]) -> str:
    """What waits goes to a medium, and nothing is destroyed before the department has answered for it."""
    refusal = setup.car.run(*command, check=False)
    require(refusal.returncode == 1 and "on media without a receipt" in refusal.stderr, f"export: {refusal.stderr}")
    reading = setup.car.holds("systemctl", "is-active", "--quiet", CAPTURE)
    require(not reading, "the cameras go on while receipts are due")
    before = setup.depot.counts()["reads"]
    import_summary = _import(setup)
    require(setup.depot.counts()["reads"] > before, "nothing of the medium was new to the department")
    return import_summary


def _import_last_records(setup: Setup) -> None:
    """Those of the handover itself, for which the unit does not wait."""
    before = setup.depot.counts()["items"]["access_record"]
    _import(setup, "--accept-revoked", UNIT)
    require(setup.depot.counts()["items"]["access_record"] > before, "the log's last records are not on the medium")


def unit_keys(setup: Setup) -> dict[str, tuple[str, bytes]]:
    """By name, each key of the unit: its sealed file, and the key itself."""
    keys = {}
    for path in sorted((setup.car.root / CREDENTIALS.lstrip("/")).glob("alpr-edge-*")):
        unseal = ("systemd-creds", "decrypt", f"--name={path.name}", "--transcode=hex", f"{CREDENTIALS}/{path.name}")
        keys[path.name] = path.read_text(encoding="ascii"), bytes.fromhex(setup.car.run(*unseal, "-").stdout)
    require(len(keys) > 0, "the unit has no keys")
    return keys


def require_no_key(root: Path, keys: Mapping[str, tuple[str, bytes]]) -> None:
    """Neither record, the one for programs nor the one for people, holds anything of a key."""
    folder = root / "var/log/alpr-edge"
    files = sorted(path for kind in ("json", "txt") for path in folder.glob(f"decommissioned-*.{kind}"))
    require([path.suffix for path in files] == [".json", ".txt"], f"the records are {[path.name for path in files]}")
    for path in files:
        text = path.read_text(encoding="utf-8")
        found = [f"{trace} of {name}" for name, key in keys.items() for trace in key_traces(*key, text)]
        require(not found, f"{path.name} holds {', '.join(found)}")


def key_traces(sealed: str, key: bytes, text: str) -> list[str]:
    """What of a key a text holds: lines of its sealed file, or the key in hexadecimal or base64.

    A sealed file is base64 over several lines, the last of which may be too short to tell anything.
    """
    lines = [line for line in sealed.split() if len(line) >= SEALED_LINE_MIN]
    found = [f"line {number} of the sealed file" for number, line in enumerate(lines, 1) if line in text]
    found += ["the key in hexadecimal"] * (key.hex() in text.lower())
    plain = [encode(key).decode("ascii").rstrip("=") for encode in (b64encode, urlsafe_b64encode)]
    return found + ["the key in base64"] * any(each in text for each in plain)


def _import(setup: Setup, *options: str) -> str:
    medium = CACHE / "medium"
    call("rm", "-rf", medium)
    there = setup.car.root / MEDIUM.lstrip("/")
    call("cp", "-a", there, medium)
    output = call(PROGRAM, "department", "import", medium, "--directory", setup.depot.folder, *options).stdout.strip()
    call("cp", "-rT", "--no-preserve=ownership", medium, there)
    return output


def put_version(setup: Setup, version: str) -> None:
    """A bundle of this checkout with another version, signed with the same key; :data:`BROKEN` is broken."""
    source = CACHE / "checkout"
    shutil.rmtree(source, ignore_errors=True)
    put_tree(source)
    for name, key in (("pyproject.toml", "version"), ("alpr_edge/__init__.py", "__version__")):
        text = (source / name).read_text()
        (source / name).write_text(re.sub(rf'(?m)^{key} = ".*"', f'{key} = "{version}"', text))
    if version == BROKEN:
        daemons = source / "alpr_edge" / "cli" / "daemons.py"
        require(STARTING in daemons.read_text(), f"{daemons} is not what it was: this proof has to be changed")
        daemons.write_text(daemons.read_text().replace(STARTING, STARTING + NEVER_READY))
    target = setup.car.root / "root" / f"bundle-{version}"
    call("cp", "-a", bundle(version, source=source), target)


def _write_old_settings(setup: Setup) -> Path:
    """Give the unit's settings a key of release 0.1.0; returns where the update keeps the file.

    The running daemons have read theirs, and nothing is started before the update.
    """
    file = settings_file(setup)
    text = file.read_text()
    require(NEW_KEY in text, f"{file} is not what it was: this proof has to be changed")
    file.write_text(text.replace(NEW_KEY, OLD_KEY))
    return file.with_name(f"{file.name}.release-{version_in_use(setup)}")
