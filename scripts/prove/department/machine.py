"""The department's server in a proof: how it is set up and asked, and what takes its alarms."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.prove.car import Car
from scripts.prove.host import package_index, until
from scripts.prove.networks import CAR_ADDRESS

NAME = "alpr.dept.example"
COMMAND = "/usr/local/bin/alpr-edge-department"
DATA = "/var/lib/alpr-edge-department/data"
ALARMS_PORT, POSTS = 9099, "/var/lib/alarm-posts"
SETTINGS = f"""\
[alarms]
webhook_url = "http://127.0.0.1:{ALARMS_PORT}/alarms"
webhook_key_file = "/var/lib/alarm.key"
"""
SET_UP_S_MAX = 1800


@dataclass(frozen=True, slots=True)
class DepartmentMachine:
    """A clean Debian with a checkout, or with a bundle as well."""

    car: Car
    has_bundle: bool

    def set_up(self, *more: str) -> tuple[int, dict[str, Any], str]:
        """Run ``scripts/setup-department``: exit code, its JSON, its errors."""
        command = ["/root/alpr-edge/scripts/setup-department", "--json", "--name", NAME, "--name", CAR_ADDRESS]
        command += ["--settings", "/root/department.toml"]
        command += ["--offline", "/root/bundle", "--release-key", "/root/release-key.pem"] if self.has_bundle else []
        done = self.car.run(*command, *more, check=False, timeout_s=SET_UP_S_MAX, environment=package_index())
        summary = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        return done.returncode, summary, done.stderr.strip()

    def ask(self, *words: str) -> Any:  # noqa: ANN401 - whatever the command prints
        """What a command of the department says in JSON."""
        return json.loads(self.car.run(COMMAND, *words, "--json").stdout)

    def ask_lines(self, *words: str) -> list[Any]:
        """What a command that lists says, one a line."""
        return [json.loads(line) for line in self.car.run(COMMAND, *words, "--json").stdout.splitlines()]


def prepare(machine: DepartmentMachine) -> None:
    """The agency's settings and who takes its alarms; chronyd sets no clock: it would be this computer's."""
    car = machine.car
    car.write("/root/department.toml", SETTINGS)
    car.write("/var/lib/alarm.key", "0123456789abcdef" * 4)
    car.write("/etc/systemd/system/chrony.service.d/proof.conf", "[Unit]\nConditionCapability=\n")
    car.write("/etc/default/chrony", 'DAEMON_OPTS="-F 1 -x"\n')
    car.put(Path(__file__).with_name("alarm_receiver.py"), "/root/alarm_receiver.py")
    start_alarm_receiver(car)


def start_alarm_receiver(car: Car) -> None:
    """Have somebody take alarms until the machine stops."""
    receiver = ("python3", "/root/alarm_receiver.py", str(ALARMS_PORT), POSTS)
    car.run("systemd-run", "--quiet", "--collect", "--unit=alarm-receiver", *receiver)
    until(lambda: f":{ALARMS_PORT}" in car.run("ss", "-ltn").stdout, "somebody takes alarms", 60)
