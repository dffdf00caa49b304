"""Tries mutants of the domain for so many minutes, then tells which of them the domain's tests let live.

A mutant that lives is a test that is missing, or a change that makes no difference; a person tells the one from the
other. Those whose tests are quickest come first: what the time did not suffice for is counted.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOMAIN = ROOT / "alpr_edge" / "domain"
MUTMUT = (sys.executable, "-m", "mutmut")
KILLED = {"killed", "timeout", "suspicious", "segfault"}
"""A mutant that hangs or crashes its tests is noticed as well."""
LIVING = {"survived", "no tests"}
STOP_S_MAX = 20.0
_RESULT = re.compile(r" *(alpr_edge\.domain\.([a-z_.]+)\.x\S+): (.+)")


def main() -> int:
    """Try, and tell; 0 also when some live, 1 when none could be tried, 2 wrong usage."""
    arguments = _parser().parse_args()
    if not _try_for(arguments.minutes * 60, [f"alpr_edge.domain.{module}.*" for module in arguments.module]):
        return 1
    command = [*MUTMUT, "results", "--all", "true"]
    results = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    print("\n".join(summary(results.stdout, set(arguments.module))))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="in all; making the mutants takes up to one")
    parser.add_argument("module", nargs="*", type=_module, metavar="MODULE", help="of the domain; all of them")
    return parser


def _module(name: str) -> str:
    if not (DOMAIN / f"{name.replace('.', '/')}.py").is_file():
        raise argparse.ArgumentTypeError(f"{name}: no module of the domain")
    return name


def _try_for(limit_s: float, names: list[str]) -> bool:
    """Run mutmut, whose progress goes to stderr; False when it failed."""
    # A run that was stopped while it made them leaves half a module, which the next would take for a whole one.
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    command = [*MUTMUT, "run", *names]
    # In a session of its own, so that Ctrl-C reaches it once and through here.
    with subprocess.Popen(command, cwd=ROOT, stdout=sys.stderr, start_new_session=True) as process:  # noqa: S603
        try:
            return process.wait(limit_s) == 0
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            _stop(process)
            return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does; by force where a shell started it deaf to that, as it does in the background."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def summary(results: str, modules: set[str]) -> Iterator[str]:
    """What ``mutmut results`` tells, as people want it.

    Args:
        results: a line a mutant.
        modules: those to tell of; empty: all.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    living: list[str] = []
    for name, module, state in _RESULT.findall(results):
        if not modules or module in modules:
            counts[module]["killed" if state in KILLED else state] += 1
            if state in LIVING:
                living.append(f"{name}: {state}" if state == "survived" else f"{name.split('__mutmut_')[0]}: {state}")
    yield from dict.fromkeys(living)
    yield f"{'module':<16} {'killed':>7} {'living':>7} {'share':>7} {'not tried':>10}"
    for module, count in [*sorted(counts.items()), ("all", sum(counts.values(), Counter()))]:
        killed_count, survivors = count["killed"], sum(count[state] for state in LIVING)
        share = f"{killed_count / (killed_count + survivors):.1%}" if killed_count + survivors else "-"
        yield f"{module:<16} {killed_count:7} {survivors:7} {share:>7} {count.total() - killed_count - survivors:10}"
    if living:
        yield "Look at one: .venv/bin/mutmut show NAME"


if __name__ == "__main__":
    sys.exit(main())
