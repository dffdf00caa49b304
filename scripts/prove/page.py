"""What has to hold of the page in the car, each a function that raises ProofError where it does not."""

import json
import sys
from typing import Any

from scripts.prove.depot import DOMAIN, Officer
from scripts.prove.host import call, require, until
from scripts.prove.networks import CAR_ADDRESS, DEPOT
from scripts.prove.scenario import AS_UNIT_USER, CONSOLE, PAGE_PORT, UNIT, Setup, within

NAME = f"{UNIT}.{DOMAIN}"
"""The name of the page, which its certificate is for."""
CERTIFICATE_S_MAX, ROSTER_S_MAX = 120, 120
SECCOMP_FILTERS = "2"
PORT_SHOWN = f"{CAR_ADDRESS}:{PAGE_PORT} "


def the_page_is_served(setup: Setup) -> str:
    """Its certificate came from the department, and the workstation gets the form by the name that it is for."""
    seconds = until(lambda: setup.health("console").get("ready"), "the page has its certificate", CERTIFICATE_S_MAX)
    form = _open_page(setup)
    require((form["status"], form["title"]) == (200, "Sign in"), f"the page answers {form}")
    require("CERTIFICATE_VERIFY_FAILED" in form["other_name"], f"by another name it answers {form['other_name']}")
    return f"ready after {seconds:.1f} s; TLS by the name {NAME} and by no other"


def an_officer_signs_in(setup: Setup) -> str:
    """With password and code through the hardened service: Argon2 works without memory that is written and executed."""
    officer = setup.depot.add_officer()
    serial = officer.roster_serial
    seconds = until(
        lambda: setup.health("run")["figures"].get("roster_serial") == serial, "the officer's roster", ROSTER_S_MAX
    )
    page = _open_page(setup, officer)
    require((page["signed_in"], page["watch"]) == (303, 200), f"signing in ends so: {page}")
    require(page["watch_title"].startswith("! Hits ("), f"hits wait, and the title is {page['watch_title']}")
    status = setup.car.read(f"/proc/{setup.car.value(CONSOLE, 'MainPID')}/status")
    told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    require(told["Seccomp"] == SECCOMP_FILTERS and told["NoNewPrivs"] == "1", "its system calls are not filtered")
    return f"the roster after {seconds:.1f} s, then the hits"


def the_page_sees_little(setup: Setup) -> str:
    """No device, no list, no other key, no settings or pictures to change."""
    car, inside = setup.car, within(setup.car, CONSOLE)
    devices = car.run(*inside, "ls", "/dev").stdout.split()
    require("alpr-gps" not in devices and "random" in devices, f"it sees {devices}")
    data = "/var/lib/alpr-edge"
    for words, what in (
        ((*AS_UNIT_USER, "ls", f"{data}/hotlists"), "sees the lists"),
        (("touch", f"{data}/images/.proof"), "could change pictures"),
        (("touch", "/etc/alpr-edge/alpr-edge.toml"), "could change its settings"),
        (("touch", "/etc/alpr-edge/tls/.proof"), "could change certificates"),
    ):
        require(not car.holds(*inside, *words), f"the page's daemon {what}")
    keys = car.run("ls", f"/run/credentials/{CONSOLE}").stdout.split()
    require(set(keys) == {"alpr-edge-outbox", "alpr-edge-access"}, f"the keys it has are {keys}")
    return f"keys: {', '.join(sorted(keys))}; no device, no list"


def the_page_stops_and_starts(setup: Setup) -> str:
    """Stopped it stays so, though its certificate is there; started it serves again."""
    car = setup.car
    car.run("systemctl", "stop", CONSOLE)
    require(car.value(CONSOLE, "ActiveState") == "inactive", "it does not stop")
    require(PORT_SHOWN not in car.run("ss", "-ltn").stdout, "it listens still")
    # Type=notify: start returns once it is ready.
    car.run("systemctl", "start", CONSOLE)
    require(PORT_SHOWN in car.run("ss", "-ltn").stdout, "it says that it is ready, and does not listen")
    return "and serves as soon as it says that it is ready"


def _open_page(setup: Setup, officer: Officer | None = None) -> dict[str, Any]:
    """Open the page from the department's side of the wire, which stands for the workstation."""
    asked = {
        "address": CAR_ADDRESS,
        "port": PAGE_PORT,
        "name": NAME,
        "other_name": f"another.{DOMAIN}",
        "authority": setup.depot.authority(),
        "fields": {} if officer is None else officer.sign_in_fields(),
    }
    command = ("ip", "netns", "exec", DEPOT, sys.executable, "-m", "scripts.prove.workstation")
    answer: dict[str, Any] = json.loads(call(*command, stdin=json.dumps(asked).encode(), timeout_s=120).stdout)
    return answer
