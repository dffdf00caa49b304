"""Tries mutants of the domain for so many minutes, then tells which of them the domain's tests let live.

A mutant that lives is a test that is missing, or a change that makes no difference; a person tells the one from the
other. Those whose tests are quickest come first: what the time did not suffice for is counted. A sample (``--sample``)
is drawn from all of them alike, so that its share of killed ones is one of the whole domain.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOMAIN = ROOT / "alpr_edge" / "domain"
MUTANTS = ROOT / "mutants"
MUTMUT = (sys.executable, "-m", "mutmut")
KILLED = {"killed", "timeout", "suspicious", "segfault"}
"""A mutant that hangs or crashes its tests is noticed as well."""
LIVING = {"survived", "no tests"}
STOP_S_MAX = 20.0
NO_MUTANT = "no_mutant"
"""A name that no mutant has: mutmut makes them all, and tries none."""
_RESULT = re.compile(r" *(alpr_edge\.domain\.([a-z_.]+)\.x\S+): (.+)")


def main() -> int:
    """Try, and tell; 0 also when some live, 1 when none could be tried, 2 wrong usage."""
    arguments = _parser().parse_args()
    # A run that was stopped while it made them leaves half a module, which the next would take for a whole one.
    shutil.rmtree(MUTANTS, ignore_errors=True)
    names = [f"alpr_edge.domain.{module}.*" for module in arguments.module]
    if arguments.sample:
        _try_for(arguments.minutes * 60, [NO_MUTANT])
        names = drawn_names(MUTANTS, names or ["*"], arguments.sample, arguments.seed)
        if not names:
            return 1
    if not _try_for(arguments.minutes * 60, names):
        return 1
    command = [*MUTMUT, "results", "--all", "true"]
    results = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    print("\n".join(summary(results.stdout, set(arguments.module))))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="in all; making the mutants takes up to one")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="try N of them, drawn at random")
    parser.add_argument("--seed", type=int, default=462, help="draws the same sample again")
    parser.add_argument("module", nargs="*", type=_module, metavar="MODULE", help="of the domain; all of them")
    return parser


def _module(name: str) -> str:
    if not (DOMAIN / f"{name.replace('.', '/')}.py").is_file():
        raise argparse.ArgumentTypeError(f"{name}: no module of the domain")
    return name


def drawn_names(folder: Path, patterns: list[str], count: int, seed: int) -> list[str]:
    """Names of mutants drawn at random, each as likely as the others.

    Args:
        folder: where mutmut keeps the mutants that it made.
        patterns: of the names to draw from.
        count: how many.
        seed: of the draw.
    """
    files = sorted(folder.rglob("*.meta"))
    names = [name for file in files for name in json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]]
    eligible = sorted(name for name in names if any(fnmatch(name, pattern) for pattern in patterns))
    return random.Random(seed).sample(eligible, min(count, len(eligible)))  # noqa: S311 - no secret


def _try_for(limit_s: float, names: list[str]) -> bool:
    """Run mutmut, whose progress goes to stderr; False when it failed."""
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
