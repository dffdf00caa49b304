"""Make a unit out of this computer, a step after the other; run it again at any time: what is done stays as it is."""

import argparse
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from scripts.deploy.provision.administrator import Administrator, next_for_people
from scripts.deploy.provision.base import require_fit_machine
from scripts.deploy.provision.bundle import RELEASE_KEY, checked_copy, release_key, require_release_key
from scripts.deploy.provision.clock import time_zone_name
from scripts.deploy.provision.department import TLS_FOLDER, Invitation
from scripts.deploy.provision.plan import ProvisionRequest, plan
from scripts.deploy.provision.program import run_program
from scripts.deploy.provision.steps import report_steps
from scripts.deploy.provision.unit_settings import SETTINGS, installed_settings

ROOT = Path(__file__).parents[3]
STAGING = Path("/var/tmp")  # noqa: S108 - on the disk; the folder in it is made for root alone, by a name nobody knows
EXAMPLE = ROOT / "config" / "alpr-edge.toml"


def main() -> int:
    """Provision; 0 done, 1 a step failed, 2 wrong usage, 130 interrupted."""
    arguments = _parser().parse_args()
    undone = "; the step under way was undone, run it again to go on"
    return run_program("provision", lambda: _provision(arguments), after_interrupt=undone)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/provision", description=__doc__, epilog="Exit codes: 0 done, 1 a step failed, 2 wrong usage."
    )
    parser.add_argument("--unit-id", default="", help="name of this car at the department; stays if left out")
    parser.add_argument("--department", default="", metavar="URL", help="its address; stays if left out")
    parser.add_argument("--code", default="", help="one-time code: sudo alpr-edge-department code UNIT_ID")
    parser.add_argument("--ca-fingerprint", default="", metavar="SHA256", help="of the department's authority")
    parser.add_argument("--enroll-port", type=int, default=0, metavar="PORT", help="where it enrolls, if not as usual")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="the fleet's settings file")
    parser.add_argument("--time-zone", default="", metavar="ZONE", help="of the officers, such as America/Los_Angeles")
    parser.add_argument("--offline", type=Path, metavar="BUNDLE", help="install from this, made by scripts/bundle")
    parser.add_argument("--release-key", type=Path, metavar="FILE", help="public key that bundles are signed with")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    parser.add_argument("--json", action="store_true", help="a summary for programs on stdout")
    return parser


def _provision(arguments: argparse.Namespace) -> int:
    require_fit_machine()
    with ExitStack() as resources:
        request = _request(arguments, resources)
        if not arguments.dry_run and sys.stdin.isatty() and sys.stdout.isatty():
            request = complete_request(request)
        code = report_steps("provision", plan(request), dry_run=arguments.dry_run, as_json=arguments.json)
        if (
            code == 0
            and not arguments.dry_run
            and (todo := next_for_people(installed_settings(), request.administrator))
        ):
            print(f"provision: {todo}", file=sys.stderr)
        return code


def _request(arguments: argparse.Namespace, resources: ExitStack, unit_key: Path = RELEASE_KEY) -> ProvisionRequest:
    """What was asked for.

    Args:
        arguments: the command line.
        resources: as long as they are open there is the checked copy as which a bundle is used.
        unit_key: the key that this unit holds, or will hold.
    """
    bundle = key = None
    if arguments.release_key is not None:
        require_release_key(arguments.release_key, unit_key)
    if arguments.offline is not None:
        key = release_key(arguments.release_key, unit_key)
        bundle = resources.enter_context(checked_copy(arguments.offline, key, STAGING))
    return ProvisionRequest(
        source=bundle or ROOT,
        unit_id=arguments.unit_id,
        department=arguments.department,
        invitation=Invitation(arguments.code, arguments.ca_fingerprint, arguments.enroll_port),
        settings=arguments.settings,
        bundle=bundle,
        release_key=key or arguments.release_key,
        time_zone=arguments.time_zone,
    )


def complete_request(
    request: ProvisionRequest, ask: Callable[[str], str] = input, folder: Path = SETTINGS.parent
) -> ProvisionRequest:
    """Ask the person at the terminal for what a first provisioning needs and the command line did not give.

    Args:
        request: the request as it was given.
        ask: a function that gives the answer to a question.
        folder: the folder of this computer's settings; once they are there nothing is asked.
    """
    if (folder / SETTINGS.name).is_file():
        return request

    def answer(value: str, question: str, default: str = "") -> str:
        return value or ask(f"{question}{f' [{default}]' if default else ''}: ").strip() or default

    settings = Path(answer(str(request.settings or ""), "settings file of the fleet", str(EXAMPLE)))
    unit_id = answer(request.unit_id, "id of this unit", socket.gethostname())
    time_zone = answer(request.time_zone, "time zone of the officers", time_zone_name())
    department = answer(request.department, "department's address (https://...; empty: none)")
    invitation = request.invitation
    if department and not (folder / TLS_FOLDER.name / "unit.pem").exists():
        code = answer(invitation.code, "one-time code of the department")
        fingerprint = answer(invitation.fingerprint, "SHA-256 of the department's authority")
        invitation = replace(invitation, code=code, fingerprint=fingerprint)
    administrator = None if department else _administrator(ask)
    named = replace(request, settings=settings, unit_id=unit_id, department=department, invitation=invitation)
    return replace(named, administrator=administrator, time_zone=time_zone)


def _administrator(ask: Callable[[str], str]) -> Administrator | None:
    """Ask who manages people first on a unit without a department; None: that is done later."""
    badge = ask("badge of the first administrator (empty: later): ").strip()
    if not badge:
        return None
    questions = ("name", "organisation", "end of the CJIS training (2027-06-30)", "end of the ALPR training")
    return Administrator(badge, *(ask(f"their {question}: ").strip() for question in questions))


if __name__ == "__main__":
    sys.exit(main())
