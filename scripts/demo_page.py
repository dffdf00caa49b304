"""The page for officers in the demo: serves it as a car does, and signs in at it once or keeps it open.

What people sign in with comes by standard input; it is printed only where the page is kept open, for whoever runs the
demo to sign in with.
"""

import argparse
import json
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pyotp

from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.runtime.interrupts import stop_at
from alpr_edge.settings import Settings, load
from scripts.demo_pictures import take_pictures

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
START_S_MAX = STOP_S_MAX = 60.0
STEP_S = 0.1
CODE_S = 30
"""How long a one-time code is shown by an app (RFC 6238, 4.1)."""


def main() -> int:
    """Serve the page, and either look at it or keep it open."""
    parser = argparse.ArgumentParser(prog="scripts/demo_page.py", description=__doc__)
    parser.add_argument("settings", type=Path, help="settings of the unit")
    parser.add_argument("department", type=Path, help="folder of the department")
    parser.add_argument("badge", help="who signs in")
    parser.add_argument("--edge", default="alpr-edge", help="the command")
    parser.add_argument("--keep", action="store_true", help="keep it open until Ctrl-C")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="take pictures of it with Debian's chromium")
    arguments = parser.parse_args()
    known: dict[str, str] = json.load(sys.stdin)[arguments.badge]
    unit, folder = load(arguments.settings), arguments.settings.parent
    words = ("--settings", str(arguments.settings))
    certificate = unit.console.certificate_file
    console_log = folder / "console.log"
    with _daemon(folder / "uplink.log", arguments.edge, "uplink", *words) as uplink:
        _wait_for(certificate.exists, uplink, folder / "uplink.log")
        with _daemon(console_log, arguments.edge, "console", *words) as console:
            _wait_for(lambda: "console.serving" in console_log.read_text("utf-8"), console, console_log)
            _show(unit, arguments, known)
    return 0


def _show(unit: Settings, arguments: argparse.Namespace, known: dict[str, str]) -> None:
    """Take pictures of the page, keep it open, or look at it once."""
    if arguments.pictures is not None:
        fields = {"Badge": arguments.badge, "Password": known["password"], "Code": _code(known["secret"])}
        take_pictures(_address(unit), unit.console.certificate_file, fields, arguments.pictures)
    elif arguments.keep:
        _keep_open(unit, arguments.department, arguments.badge, known)
    else:
        print(f"  {_look(unit, arguments.department, arguments.badge, known)}")


@contextmanager
def _daemon(log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stderr=stream, start_new_session=True)  # noqa: S603 - our own command
        try:
            yield process
        finally:
            process.terminate()
            process.wait(STOP_S_MAX)


def _wait_for(is_there: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    end_s = time.monotonic() + START_S_MAX
    while not is_there():
        if process.poll() is not None or time.monotonic() > end_s:
            raise SystemExit(f"the page did not start; look into {log}")
        time.sleep(STEP_S)


def _address(unit: Settings) -> str:
    return f"https://{unit.unit.id}.localhost:{unit.console.port}/"


def _look(unit: Settings, department: Path, badge: str, known: dict[str, str]) -> str:
    """Sign in as an officer does, and say what the page shows."""
    name = f"{unit.unit.id}.localhost"
    trust = ssl.create_default_context(cafile=TlsFiles(department).authority)
    headers = {"Host": f"{name}:{unit.console.port}", "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(
        base_url=f"https://{HOST}:{unit.console.port}", verify=trust, headers=headers, trust_env=False, timeout=60
    ) as page:
        names = {"sni_hostname": name}  # not every system finds names below localhost, as browsers do
        fields = {"name": badge, "password": known["password"], "code": _code(known["secret"])}
        answer = page.post("/sign-in", data=fields | {"acknowledged": "yes"}, extensions=names)
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise SystemExit(f"the page answers {answer.status_code} at /sign-in")
        page.headers["Cookie"] = answer.headers["Set-Cookie"].partition(";")[0]
        shown = page.get("/", extensions=names).text
        page.post("/sign-out", extensions=names)
    waiting = re.search(r"(\d+) waiting", shown)
    verify = "NOT CONFIRMED - VERIFY THROUGH CLETS" if "NOT CONFIRMED" in shown else "nothing to verify"
    return f"{_address(unit)} shows an officer {waiting[1] if waiting else 'no'} hits waiting: {verify}"


def _code(secret: str) -> str:
    """The code that comes next, which is accepted already: the present one may have been used just before."""
    return pyotp.TOTP(secret).at(time.time() + CODE_S)


def _keep_open(unit: Settings, department: Path, badge: str, known: dict[str, str]) -> None:
    """Say how to sign in, with each new code, until Ctrl-C."""
    stop = stop_at(signal.SIGINT, signal.SIGTERM)
    print(f"  open {_address(unit)} in a browser on this computer; it does not know the demo's authority and warns:")
    print(f"  import {TlsFiles(department).authority}, or go on all the same. Ctrl-C ends the page.")
    print(f"  sign in with badge {badge}, password {known['password']}, and a code of the app, each good for once:")
    while not stop.is_set():
        left_s = CODE_S - time.time() % CODE_S
        until = time.strftime("%H:%M:%S", time.localtime(time.time() + left_s))
        line = f"  code {_code(known['secret'])}, until {until}"
        print(*(("\r\x1b[K", line) if sys.stdout.isatty() else (line, "\n")), sep="", end="", flush=True)
        stop.wait(left_s)
    print()


if __name__ == "__main__":
    sys.exit(main())
