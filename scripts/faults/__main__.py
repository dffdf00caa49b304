"""Cut a unit's power at random moments, bring other faults on it, and count what was lost; the last line is JSON."""

import argparse
import json
import logging
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from random import Random

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from alpr_edge.cli.error_handling import run_command_line
from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.logs import configure_logs
from scripts.faults.campaign import Campaign
from scripts.faults.disk import fast_folder, mounting_fault
from scripts.faults.ledger import CampaignTally
from scripts.faults.plan import Mix, Trial, plan
from scripts.faults.rig import standing

WHOLE = Mix(cuts=1000, others=200, damages=200, folders=200, refusals=200, units=120)
QUICK = Mix(cuts=36, others=10, damages=6, folders=2, refusals=1, units=3)
FINDINGS_SHOWN = 20
_OTHERS = (
    "Others by the same command: scripts/torture --department tries a department's servers, database and bucket; "
    "scripts/torture --soak lets real processes drive for an hour while their parts fail. Each has a --help of its own."
)


def main() -> None:
    """Run; a deliberate error ends it as one line."""
    run_command_line(_run)


def _run() -> None:
    parser = argparse.ArgumentParser(prog="scripts/torture", description=__doc__, epilog=_OTHERS)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK.cuts} power cuts, not {WHOLE.cuts}")
    parser.add_argument("--rounds", type=int, metavar="N", help="so many faults in all, each kind in its share")
    parser.add_argument("--seed", type=int, default=462, help="draws the same faults again; the moments fall anew")
    arguments = parser.parse_args()
    configure_logs(verbose=False)
    # What the parts log of disks that were hit, and of a department that refuses, is due and no finding.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if fault := mounting_fault():
        raise StoreError(fault)
    random = Random(arguments.seed)
    mix = QUICK if arguments.quick else WHOLE
    trials = plan(mix if arguments.rounds is None else mix.scale_to(arguments.rounds), random)
    with tempfile.TemporaryDirectory(prefix="torture-", dir=fast_folder()) as folder, standing(Path(folder)) as rig:
        campaign = Campaign(rig, random)
        _with_bar(campaign, trials)
    _report(campaign)
    sys.exit(0 if campaign.tally.is_clean else 1)


def _with_bar(campaign: Campaign, trials: list[Trial]) -> None:
    columns = (TextColumn("{task.description:26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("Torturing", total=len(trials))
        # Closed here when an interrupt comes, so that its disks are unmounted before their folder goes.
        with closing(campaign.run(trials)) as tried:
            for fault, activity in tried:
                bar.update(task, advance=1, description=f"{fault} in {activity}")


def _report(campaign: Campaign) -> None:
    table = Table("fault", "during", "tried", "survived")
    for fault, activity in sorted(campaign.trial_counts):
        count = campaign.trial_counts[fault, activity]
        table.add_row(fault, activity, str(count), str(campaign.survival_counts[fault, activity]))
    Console().print(table)
    tally = campaign.tally
    for word, findings in _findings_by_kind(tally).items():
        for finding in findings[:FINDINGS_SHOWN]:
            print(f"{word}: {finding}")
    print(json.dumps(tally.figures()))


def _findings_by_kind(tally: CampaignTally) -> dict[str, list[str]]:
    return {"lost": tally.losses, "doubled": tally.duplicates, "corrupt": tally.corrupt, "blind": tally.blind}


if __name__ == "__main__":
    main()
