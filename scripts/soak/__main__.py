"""Let a unit of real processes drive while its parts fail by turns; the last line is JSON."""

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import structlog

from alpr_edge.cli.error_handling import run_command_line
from alpr_edge.runtime.logs import configure_logs
from scripts.faults.disk import fast_folder
from scripts.soak.campaign import SoakCampaign
from scripts.soak.plots import HOW_TO_GET, can_plot, write_plots
from scripts.soak.request import SEED_MAX, SoakRequest, whole_number
from scripts.soak.result import SoakResult
from scripts.soak.schedule import MINUTES_MAX, MINUTES_MIN
from scripts.soak.stand import run_soak

PLOTS = Path("out/soak")


def main() -> None:
    """Run; a deliberate error ends it as one line."""
    run_command_line(_run)


def _run() -> None:
    parser = argparse.ArgumentParser(prog="scripts/torture --soak", description=__doc__)
    parser.add_argument("--soak", action="store_true", help="this program, not the power cuts")
    parser.add_argument("--minutes", default="60", metavar="M", help=f"{MINUTES_MIN} to {MINUTES_MAX}; 60 unless given")
    parser.add_argument("--seed", default="462", metavar="S", help="draws the same faults again; 462 unless given")
    parser.add_argument("--json", action="store_true", help="print the last line alone")
    parser.add_argument("--plots", type=Path, default=PLOTS, metavar="FOLDER", help=f"for the SVGs; else {PLOTS}")
    arguments = parser.parse_args()
    minutes = whole_number("--minutes", arguments.minutes, MINUTES_MIN, MINUTES_MAX)
    request = SoakRequest(minutes, whole_number("--seed", arguments.seed, 0, SEED_MAX))
    configure_logs(verbose=False)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

    def say(line: str) -> None:
        if not arguments.json:
            print(line, flush=True)

    with tempfile.TemporaryDirectory(prefix="soak-", dir=fast_folder()) as folder:
        campaign, result = run_soak(request, Path(folder), say)
    _report(campaign, result, arguments.plots, say)
    sys.exit(0 if result.is_clean else 1)


def _report(campaign: SoakCampaign, result: SoakResult, plots: Path, say: Callable[[str], None]) -> None:
    for line in result.lines(campaign.began_s):
        say(line)
    if can_plot():
        say("plots: " + ", ".join(str(path) for path in write_plots(plots, campaign)))
    else:
        say(HOW_TO_GET)
    print(json.dumps(result.figures()))


if __name__ == "__main__":
    main()
