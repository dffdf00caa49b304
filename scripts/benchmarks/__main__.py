"""Measure the models, the path or the hotlist; one JSON line a figure on stdout, progress on stderr."""

import argparse
import os
from pathlib import Path

from alpr_edge.cli.common import guarded
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.settings import parse
from scripts.benchmarks import accuracy, hotlist, path


def main() -> None:
    """Run one benchmark; a deliberate error ends it as one line."""
    guarded(_run)


def _run() -> None:
    parser = _parser()
    chosen = parser.parse_args()
    configure_logs(verbose=False)
    if chosen.which == "hotlist":
        hotlist.run(chosen.entries, table=chosen.table)
        return
    if not chosen.data.is_dir():
        parser.error(f"{chosen.data}: no data there; set ALPR_EDGE_DATA or --data")
    vision: dict[str, object] = {
        "models_directory": str(chosen.models),
        "detector": chosen.detector,
        "reader": chosen.reader,
    }
    vision |= {"threads": chosen.threads, "second_reader": chosen.second_reader}
    settings = parse({"vision": vision}, Path.cwd())
    if chosen.which == "path":
        path.run(chosen.data, settings.vision)
    else:
        accuracy.run(accuracy.Request(chosen.data, settings.vision, chosen.only))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("which", choices=("accuracy", "path", "hotlist"))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("ALPR_EDGE_DATA", "../shared/data")))
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with manifest.toml")
    parser.add_argument("--detector", default="default", help="its name in the manifest")
    parser.add_argument("--reader", default="default", help="its name in the manifest")
    parser.add_argument("--threads", type=int, default=0, help="of one inference; 0: all cores but one")
    of_accuracy = parser.add_argument_group("accuracy")
    of_accuracy.add_argument(
        "--only",
        type=_parts,
        default=accuracy.PARTS,
        help=f"some of {','.join(accuracy.CHOICES)}; default: all that measure on what nothing was chosen by",
    )
    of_accuracy.add_argument("--second-reader", action="store_true", help="voting: ask the second reader as well")
    of_hotlist = parser.add_argument_group("hotlist")
    of_hotlist.add_argument("--entries", type=int, default=hotlist.ENTRIES, help="size of the list; default: 5 million")
    of_hotlist.add_argument("--table", action="store_true", help="a thousand to ten million entries, without the peers")
    return parser


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    if unknown := [part for part in parts if part not in accuracy.CHOICES]:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; there: {', '.join(accuracy.CHOICES)}")
    return parts


if __name__ == "__main__":
    main()
