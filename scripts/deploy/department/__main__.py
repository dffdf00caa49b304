"""Make a department's server out of this computer; run it again at any time: what is done stays as it is."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.department.host import COMMAND, is_plain_place
from scripts.deploy.department.plan import SetupRequest, plan
from scripts.deploy.department.release import ReleaseChange
from scripts.deploy.department.standstill import Standstill
from scripts.deploy.provision.base import require_fit_machine
from scripts.deploy.provision.bundle import checked_copy, release_key
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.program import run_program
from scripts.deploy.provision.steps import Step, report_steps

NAME = "setup-department"
ROOT = Path(__file__).parents[3]
STAGING = Path("/var/tmp")  # noqa: S108 - on the disk; the folder in it is made for root alone, by a name nobody knows


def main(words: Sequence[str] | None = None) -> int:
    """Set up; 0 done, 1 a step failed or --check found something to do, 2 wrong usage, 130 interrupted.

    Args:
        words: the command line; None: that of this process.
    """
    arguments = _parser().parse_args(words)
    undone = "; the step under way was undone, run it again to go on"
    return run_program(NAME, lambda: _set_up(arguments), after_interrupt=undone)


def _parser() -> argparse.ArgumentParser:
    codes = "Exit codes: 0 done, 1 a step failed or --check found something to do, 2 wrong usage."
    parser = argparse.ArgumentParser(prog=f"scripts/{NAME}", description=__doc__, epilog=codes)
    parser.add_argument("--name", action="append", default=[], help="a name or address that units use; may be repeated")
    parser.add_argument("--postgresql", action="store_true", help="keep reads in Debian's PostgreSQL, for a fleet")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="department.toml for the first day")
    parser.add_argument("--backup-target", default="", metavar="DIR", help="folder of the backups, on another disk")
    parser.add_argument(
        "--keys-to", default="", metavar="DIR", help="folder that the keys are copied to, apart from them"
    )
    parser.add_argument("--offline", type=Path, metavar="BUNDLE", help="install from this, made by scripts/bundle")
    parser.add_argument("--release-key", type=Path, metavar="FILE", help="public key that bundles are signed with")
    parser.add_argument("--upgrade", action="store_true", help="take this release up in place of the one in use")
    parser.add_argument("--allow-downgrade", action="store_true", help="with --upgrade: also an older release")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    parser.add_argument("--check", action="store_true", help="likewise; end with 1 if anything would change")
    parser.add_argument("--json", action="store_true", help="a summary for programs on stdout")
    return parser


def _set_up(arguments: argparse.Namespace) -> int:
    for option in ("backup_target", "keys_to"):
        _require_folder(option, getattr(arguments, option))
    require_fit_machine()
    standstill = Standstill()
    with ExitStack() as resources:
        steps = plan(_request(arguments, resources), standstill)
        code = _take(steps, standstill, arguments)
    if code == 0 and not (arguments.dry_run or arguments.check):
        print(f"{NAME}: next, for each unit: sudo {COMMAND.name} code UNIT_ID", file=sys.stderr)
    return code


def _take(steps: Sequence[Step], standstill: Standstill, arguments: argparse.Namespace) -> int:
    """Take the steps and return the exit code; where they do not come to their end, what they stopped runs again."""
    is_dry = arguments.dry_run or arguments.check
    with ExitStack() as unfinished:
        unfinished.callback(_end, standstill)
        code = report_steps(NAME, steps, dry_run=is_dry, as_json=arguments.json, is_check=arguments.check)
        if code == 0:
            unfinished.pop_all()
    return code


def _end(standstill: Standstill) -> None:
    if line := standstill.end():
        print(f"{NAME}: {line}", file=sys.stderr)


def _require_folder(option: str, value: str) -> None:
    """Refuse a folder whose path settings and systemd would not take as it is."""
    if value and not is_plain_place(value):
        name = option.replace("_", "-")
        raise ProvisioningError(f"--{name} {value}: a path that begins with /, without spaces, quotes, colons and %")


def _request(arguments: argparse.Namespace, resources: ExitStack) -> SetupRequest:
    """What was asked for; a bundle is used as a checked copy, which lasts as long as ``resources`` are open."""
    bundle = None
    if arguments.offline is not None:
        key = release_key(arguments.release_key)
        bundle = resources.enter_context(checked_copy(arguments.offline, key, STAGING))
    return SetupRequest(
        source=bundle or ROOT,
        names=list(dict.fromkeys(arguments.name)),
        with_postgresql=arguments.postgresql,
        settings=arguments.settings,
        target=arguments.backup_target,
        keys=arguments.keys_to,
        bundle=bundle,
        change=_change(arguments),
    )


def _change(arguments: argparse.Namespace) -> ReleaseChange:
    if not arguments.upgrade:
        return ReleaseChange.NONE
    return ReleaseChange.ANY if arguments.allow_downgrade else ReleaseChange.NEWER


if __name__ == "__main__":
    sys.exit(main())
