"""A program that appends to the access log and then shows: it prints the number of each record once it is on record.

Its words: the settings file, and how many accesses there are.
"""

import sys
from pathlib import Path

from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import load
from alpr_edge.store.access_log.log import open_access_log
from tests.domain.access_log.entries import entry


def main(settings: Path, count: int) -> None:
    """Look at so many reads, and show each."""
    clock = SystemClock()
    with open_access_log(load(settings), migrate=False) as log:
        for number in range(count):
            record = log.append(entry(number), clock.now())
            sys.stdout.write(f"{record.sequence}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
