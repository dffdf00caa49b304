"""``scripts/bench accuracy|path``."""

import argparse
import os
import sys
from pathlib import Path

from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.runtime.logs import configure_logs
from scripts.benchmarks import accuracy, path


def main() -> int:
    """Run one benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("which", choices=("accuracy", "path"))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("ALPR_EDGE_DATA", "../shared/data")))
    parser.add_argument("--models", type=Path, default=Path("models"))
    chosen = parser.parse_args()
    if not chosen.data.is_dir():
        sys.stderr.write(f"scripts/bench: {chosen.data}: no data there; set ALPR_EDGE_DATA or --data\n")
        return 2
    configure_logs(verbose=False)
    try:
        (accuracy if chosen.which == "accuracy" else path).run(chosen.data, chosen.models)
    except AlprEdgeError as error:
        sys.stderr.write(f"scripts/bench: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
