"""Cut the power of a unit at random moments and count what was lost; the last line is JSON."""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from random import Random

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from alpr_edge.cli.error_handling import run_command_line
from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.logs import configure_logs
from scripts.faults.campaign import Campaign, Trial, plan
from scripts.faults.disk import mounting_fault
from scripts.faults.rig import standing

WHOLE = 1000, 200, 200
"""Power cuts, other faults, and damaged databases."""
QUICK = 60, 10, 6
FINDINGS_SHOWN = 20
MEMORY_BYTES_MIN = 1 << 30


def main() -> None:
    """Run; a deliberate error ends it as one line."""
    run_command_line(_run)


def _run() -> None:
    parser = argparse.ArgumentParser(prog="scripts/torture", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK[0]} power cuts instead of {WHOLE[0]}")
    parser.add_argument("--seed", type=int, default=462, help="draws the same faults again; the moments fall anew")
    chosen = parser.parse_args()
    configure_logs(verbose=False)
    if fault := mounting_fault():
        raise StoreError(fault)
    random = Random(chosen.seed)
    trials = plan(*(QUICK if chosen.quick else WHOLE), random)
    with tempfile.TemporaryDirectory(prefix="torture-", dir=_fast_folder()) as folder, standing(Path(folder)) as rig:
        campaign = Campaign(rig, random)
        _with_bar(campaign, trials)
    _report(campaign)
    sys.exit(0 if campaign.tally.is_clean else 1)


def _fast_folder() -> Path | None:
    """Where the file systems lie: in memory where there is room. What a cut takes is decided above that."""
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_BYTES_MIN else None


def _with_bar(campaign: Campaign, trials: list[Trial]) -> None:
    columns = (TextColumn("{task.description:26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("Torturing", total=len(trials))
        for fault, activity in campaign.run(trials):
            bar.update(task, advance=1, description=f"{fault} in {activity}")


def _report(campaign: Campaign) -> None:
    table = Table("fault", "during", "tried", "survived")
    for fault, activity in sorted(campaign.tried):
        count = campaign.tried[fault, activity]
        table.add_row(fault, activity, str(count), str(campaign.survived[fault, activity]))
    Console().print(table)
    tally = campaign.tally
    for word, findings in (("lost", tally.lost), ("doubled", tally.doubled), ("corrupt", tally.corrupt)):
        for finding in findings[:FINDINGS_SHOWN]:
            print(f"{word}: {finding}")
    print(json.dumps(tally.figures()))


if __name__ == "__main__":
    main()
