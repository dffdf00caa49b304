"""Take up the release of a bundle: beside the one in use, switched at once, and back by itself if it is not ready."""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from scripts.deploy.provision.bundle import release_key
from scripts.deploy.provision.program import require_root, run_program, teller
from scripts.deploy.provision.release import BASE
from scripts.deploy.update.daemons import SystemdDaemons
from scripts.deploy.update.releases import Releases
from scripts.deploy.update.system_differences import difference_report
from scripts.deploy.update.trial import TAKEN_BACK
from scripts.deploy.update.updater import Result, Update, UpdateOutcome

CODES = {Result.ROLLED_BACK: TAKEN_BACK, Result.STUCK: 5, Result.UNDECIDED: 6}
_SHOWN_EVERY_S = 0.2


def main() -> int:
    """Update; the exit codes are in the help."""
    parser = _parser()
    arguments = parser.parse_args()
    if (arguments.bundle is None) is not arguments.resume:
        parser.error("name a bundle" if arguments.bundle is None else "--resume takes no bundle")
    return run_program(
        "update",
        lambda: _report(_update(arguments), as_json=arguments.json),
        after_refusal="; nothing was changed",
        after_error="; run it again",
        after_interrupt="; decide what is on trial with: scripts/update --resume",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/update",
        description=__doc__,
        epilog="Exit codes: 0 updated or in use already, 1 refused, nothing changed, 2 wrong usage, 4 the new release "
        "was not ready and the old one runs again, 5 the same, and the old one is not ready either, 6 the disk did not "
        "let it be decided, which --resume does.",
    )
    parser.add_argument("bundle", type=Path, nargs="?", metavar="BUNDLE", help="folder made by scripts/bundle")
    parser.add_argument("--allow-downgrade", action="store_true", help="also to an older release that reads the data")
    parser.add_argument(
        "--lose-settings", action="store_true", help="put an older release's own settings back whatever was set since"
    )
    parser.add_argument("--ready-within", type=float, default=180.0, metavar="S", help="seconds until it is taken back")
    parser.add_argument(
        "--resume", action="store_true", help="decide what a power cut left on trial; done at each start"
    )
    parser.add_argument("--json", action="store_true", help="a summary for programs on stdout")
    return parser


def _update(arguments: argparse.Namespace) -> UpdateOutcome:
    require_root("an update changes the system")
    releases = Releases()
    _ = releases.in_use
    update = Update(releases, SystemdDaemons(), teller(), arguments.ready_within)
    with releases.alone():
        if arguments.resume:
            return update.settle()
        key = release_key(None)
        return update.take(
            arguments.bundle,
            key,
            downgrade=arguments.allow_downgrade,
            lose_settings=arguments.lose_settings,
            progress=_Bar(),
        )


class _Bar:
    """Show the bytes checked so far, on a terminal alone."""

    def __init__(self) -> None:
        self._shown_s = 0.0

    def __call__(self, done: int, total: int) -> None:
        if sys.stderr.isatty() and (time.monotonic() - self._shown_s > _SHOWN_EVERY_S or done == total):
            self._shown_s = time.monotonic()
            end = "\n" if done == total else ""
            print(f"\r          {done / 1e6:.0f} of {total / 1e6:.0f} MB", file=sys.stderr, end=end, flush=True)


def _report(outcome: UpdateOutcome, *, as_json: bool, release: Path = BASE / "current") -> int:
    if as_json:
        print(json.dumps(asdict(outcome)))
    else:
        print(f"{outcome.result}: release {outcome.version}" + (f" ({outcome.why})" if outcome.why else ""))
    if outcome.result is Result.UPDATED:
        for line in difference_report(release):
            print(f"update: {line}", file=sys.stderr)
    return CODES.get(outcome.result, 0)


if __name__ == "__main__":
    sys.exit(main())
