"""Measure the models or the path; one JSON line a figure on stdout, progress on stderr."""

import argparse
import os
import sys
from pathlib import Path

from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.settings import VisionSettings
from scripts.benchmarks import accuracy, path


def main() -> int:
    """Run one benchmark; returns the exit code."""
    chosen = _parser().parse_args()
    if not chosen.data.is_dir():
        sys.stderr.write(f"scripts/bench: {chosen.data}: no data there; set ALPR_EDGE_DATA or --data\n")
        return 2
    try:
        if chosen.which == "path":
            path.run(chosen.data, chosen.models)
        else:
            vision = VisionSettings(
                models_directory=chosen.models, detector=chosen.detector, reader=chosen.reader, threads=chosen.threads
            )
            accuracy.run(accuracy.Request(chosen.data, vision, chosen.only))
    except AlprEdgeError as error:
        sys.stderr.write(f"scripts/bench: {error}\n")
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("which", choices=("accuracy", "path"))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("ALPR_EDGE_DATA", "../shared/data")))
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with manifest.toml")
    of_accuracy = parser.add_argument_group("accuracy")
    of_accuracy.add_argument("--detector", default="default", help="its name in the manifest")
    of_accuracy.add_argument("--reader", default="default", help="its name in the manifest")
    of_accuracy.add_argument("--threads", type=int, default=0, help="of one inference; 0: all cores but one")
    of_accuracy.add_argument(
        "--only", type=_parts, default=accuracy.PARTS, help=f"some of {','.join(accuracy.PARTS)}; default: all"
    )
    return parser


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    if unknown := [part for part in parts if part not in accuracy.PARTS]:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; there: {', '.join(accuracy.PARTS)}")
    return parts


if __name__ == "__main__":
    sys.exit(main())
