"""What the hardening of the capture unit costs: frames a second inside it and outside, taking turns."""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from alpr_edge.simulation.drive import Drive
from alpr_edge.simulation.source import write_drive
from scripts.prove.car import Car
from scripts.prove.host import CACHE, ROOT, ProofError, call

ROUNDS = 5
DRIVE_S = 6.0
SHARES_MIN = {"processor": 0.95, "clock": 0.75}
"""Of the frames a second outside, at least so many inside. By the clock far fewer, since a machine is seldom idle; a
limit on the processor that halves them (CPUQuota=) is seen there alone."""
Rates = dict[str, float]
HOME = "/var/lib/alpr-edge/rate"
PYTHON = "/opt/alpr-edge/current/.venv/bin/python"
DAEMONS_OWN = ("Type=", "ExecStart=", "Watchdog", "Restart", "Timeout", "LoadCredential", "OOMScore")
"""Keys of the capture unit that a single run has no use for."""


def rate_inside(car: Car) -> str:
    """The median over rounds of the rate inside by the rate outside, and how they were.

    Raises:
        ProofError: it is below :data:`SHARES_MIN`.
    """
    _lay(car)
    rounds: list[tuple[Rates, Rates]] = []
    car.run("systemctl", "stop", "alpr-edge.target")
    try:
        for number in range(ROUNDS):
            inside = _measure(car, "inside", number)
            rounds.append((inside, _measure(car, "outside", number)))
    finally:
        car.run("systemctl", "start", "alpr-edge.target", "alpr-edge.service", "alpr-edge-uplink.service")
        car.run("rm", "-rf", HOME)
    return judge(rounds)


def judge(rounds: Sequence[tuple[Rates, Rates]]) -> str:
    """What the rounds say, each the rates inside and outside.

    Raises:
        ProofError: the median of the shares is below :data:`SHARES_MIN`, by the clock or by the processor's time.
    """
    shares = {by: median(inside[by] / outside[by] for inside, outside in rounds) for by in ("clock", "processor")}
    summary = ", ".join(f"{share:.3f} by {by}" for by, share in shares.items())
    summary += f", at {median(outside['clock'] for _, outside in rounds):.1f} frames/s outside"
    if any(share < SHARES_MIN[by] for by, share in shares.items()):
        raise ProofError(f"the hardening costs frames: {summary}")
    return summary


def _lay(car: Car) -> None:
    """A drive's frames, the program, and two units: one as the capture unit has it, one with its user alone."""
    drive = CACHE / f"rate-{DRIVE_S:g}"
    if not (drive / "frames").is_dir():
        write_drive(drive, Drive(11, DRIVE_S))
    target = car.root / HOME.lstrip("/")
    target.mkdir()
    call("cp", "-r", drive / "frames", target)
    car.put(Path(__file__).with_name("rate.py"), f"{HOME}/rate.py")
    car.write(f"{HOME}/rate.toml", "[unit]\n")
    car.run("chown", "-R", "alpr-edge:alpr-edge", HOME)
    unit_text = (ROOT / "systemd" / "alpr-edge.service").read_text(encoding="utf-8").split("[Service]")[1]
    unit_lines = [
        line for line in unit_text.split("[Install]")[0].splitlines() if not line.startswith((*DAEMONS_OWN, "#"))
    ]
    for name, lines in (("inside", unit_lines), ("outside", ["User=alpr-edge"])):
        start = f"ExecStart={PYTHON} {HOME}/rate.py {HOME}/frames {HOME}/{name} {HOME}/rate.toml"
        car.write(
            f"/etc/systemd/system/rate-{name}.service", "\n".join(["[Service]", "Type=oneshot", *lines, start, ""])
        )
    car.run("systemctl", "daemon-reload")


def _measure(car: Car, name: str, number: int) -> Rates:
    car.run("rm", "-rf", f"{HOME}/{name}")
    since = car.run("date", "+@%s.%N").stdout.strip()
    car.run("systemctl", "start", f"rate-{name}.service", timeout_s=600)
    journal = car.run(
        "journalctl", "--unit", f"rate-{name}", "--since", since, "--output=cat", "--no-pager", "-t", "python"
    )
    try:
        rates: Rates = json.loads(journal.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise ProofError(f"round {number} {name} gave no rate: {journal.stdout[-300:]}") from None
    return rates
