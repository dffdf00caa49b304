"""People of the demo: sets up three accounts as a department does, and later lets them ask for the hits of the drive.

What they sign in with goes from the first step to the second through standard output and input alone: it is written to
no file, and stands on no command line.
"""

import argparse
import json
import re
import secrets
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pyotp

from alpr_edge.department.pki.authority import TlsFiles

ROLES = {
    "1001": ("Demo administrator", ("alpr_administrator",), 365),
    "1002": ("Demo officer", ("officer",), 365),
    "1003": ("Demo officer with training expired", ("officer",), -1),
}
"""By badge: name, roles, days until the end of both trainings."""
ADMINISTRATOR, OFFICER, UNTRAINED = ROLES
_SOURCES = ("--source", "department", "--source", "state", "--source", "federal")


def main() -> int:
    """Do one of the two steps."""
    parser = argparse.ArgumentParser(prog="scripts/demo_people.py", description=__doc__)
    commands = parser.add_subparsers(dest="step", required=True)
    set_up = commands.add_parser("set-up", help="add and invite people; prints what they sign in with")
    set_up.add_argument("department", type=Path, help="folder of the department")
    set_up.add_argument("port", type=int, help="port of the page of invitations")
    look = commands.add_parser("look", help="sign them in one after the other; what they sign in with on stdin")
    look.add_argument("settings", type=Path, help="settings of the unit")
    for command in (set_up, look):
        command.add_argument("--edge", default="alpr-edge", help="the command")
    arguments = parser.parse_args()
    if arguments.step == "set-up":
        json.dump(_set_up(arguments.edge, arguments.department, arguments.port), sys.stdout)
        return 0
    people: dict[str, dict[str, str]] = json.load(sys.stdin)
    _look(arguments.edge, arguments.settings, people)
    return 0


def _set_up(edge: str, department: Path, port: int) -> dict[str, dict[str, str]]:
    """Add and invite everybody, and follow their invitations as they would with browser and phone.

    Once the administrator has followed theirs, nobody else adds anybody: so all are added and invited before.
    """
    addresses = {}
    for badge, (name, roles, days) in ROLES.items():
        until = f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"
        options = ["--badge", badge, "--name", name, "--agency", "Demo department", "--sworn"]
        options += ["--cjis-until", until, "--alpr-until", until, *_SOURCES]
        options += [word for role in roles for word in ("--role", role)]
        _run(edge, "department", "people", "add", "--directory", str(department), *options)
        invitation = json.loads(
            _run(edge, "department", "people", "invite", badge, "--directory", str(department), "--json")
        )
        addresses[badge] = invitation["address"]
    return {badge: _follow(address, department, port) for badge, address in addresses.items()}


def _follow(address: str, department: Path, port: int) -> dict[str, str]:
    """Set password and one-time code on the page of an invitation; returns both."""
    password = secrets.token_urlsafe(12)
    trust = ssl.create_default_context(cafile=TlsFiles(department).authority)
    headers = {"Sec-Fetch-Site": "same-origin"}
    base = f"https://127.0.0.1:{port}"
    with httpx.Client(base_url=base, verify=trust, headers=headers, trust_env=False, timeout=60) as page:
        _send(page, "/invitation", token=urlsplit(address).fragment)
        _send(page, "/invitation/password", password=password, again=password)
        shown = re.search(r"data-secret>([A-Z2-7 ]+)<", page.get("/invitation/code").text)
        if shown is None:
            raise SystemExit("the page of the invitation shows no code")
        secret = shown[1].replace(" ", "")
        _send(page, "/invitation/code", code=pyotp.TOTP(secret).now())
        _send(page, "/invitation/finish")
    return {"password": password, "secret": secret}


def _send(page: httpx.Client, path: str, **fields: str) -> None:
    answer = page.post(path, data=fields)
    if answer.status_code not in {200, 303}:
        raise SystemExit(f"the page of the invitation answers {answer.status_code} at {path}")


def _look(edge: str, settings: Path, people: dict[str, dict[str, str]]) -> None:
    """Ask for the hits: without signing in, without training, and as it should be; then look into the access log."""
    reads = ("reads", "--hits", "--purpose", "stolen_vehicle")
    today = f"{datetime.now().astimezone():%Y-%m-%d}"
    report = ("audit", "report", "--from", today, "--to", today, "--purpose", "audit")
    _show("nobody is signed in", edge, settings, *reads)
    for badge, words in ((UNTRAINED, reads), (OFFICER, reads), (ADMINISTRATOR, report)):
        _sign_in(edge, settings, badge, people[badge])
        _show(ROLES[badge][0], edge, settings, *words)
        _run(edge, "sign-out", "--settings", str(settings))


def _sign_in(edge: str, settings: Path, badge: str, known: dict[str, str]) -> None:
    answers = f"y\n{known['password']}\n{pyotp.TOTP(known['secret']).now()}\n"
    _run(edge, "sign-in", "--settings", str(settings), "--person", badge, answers=answers)


def _show(who: str, edge: str, settings: Path, *words: str) -> None:
    """Run a command, and print who ran it and what it says."""
    command = [edge, *words, "--settings", str(settings)]
    result = subprocess.run(command, text=True, capture_output=True, check=False)  # noqa: S603 - our own command
    said = (result.stdout or result.stderr).rstrip()
    print(f"  {who}: alpr-edge {' '.join(words)}", *(f"      {line}" for line in said.splitlines()), sep="\n")


def _run(edge: str, *words: str, answers: str = "") -> str:
    """Run a command that has to work, and return what it prints."""
    command = [edge, *words]
    result = subprocess.run(command, text=True, input=answers, capture_output=True, check=False)  # noqa: S603 - our own
    if result.returncode:
        raise SystemExit(f"alpr-edge {' '.join(words[:3])}: {result.stderr.strip()}")
    return result.stdout


if __name__ == "__main__":
    sys.exit(main())
