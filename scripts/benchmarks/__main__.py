"""Measure the models, the path, the hotlist, the disk or access: one JSON line a figure; progress goes to stderr."""

import argparse
import os
from pathlib import Path

from alpr_edge.cli.error_handling import run_command_line
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.settings import parse
from scripts.benchmarks import access, accuracy, path
from scripts.benchmarks.disk import measure as disk
from scripts.benchmarks.hotlist import measure as hotlist


def main() -> None:
    """Run one benchmark; a deliberate error ends it as one line."""
    run_command_line(_run)


def _run() -> None:
    parser = _parser()
    arguments = parser.parse_args()
    configure_logs(verbose=False)
    if arguments.which == "hotlist":
        hotlist.run(arguments.entries, table=arguments.table)
        return
    if arguments.which == "access":
        access.run(_parts(parser, arguments.only, access.PARTS) or access.PARTS)
        return
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data}: no data there; set ALPR_EDGE_DATA or --data")
    parts = _parts(parser, arguments.only, accuracy.CHOICES if arguments.which == "accuracy" else disk.PARTS)
    if arguments.which == "disk":
        disk.run(arguments.data, parts or disk.PARTS, arguments.reads)
        return
    vision: dict[str, object] = {
        "models_directory": str(arguments.models),
        "detector": arguments.detector,
        "reader": arguments.reader,
    }
    vision |= {"threads": arguments.threads, "second_reader": arguments.second_reader}
    settings = parse({"vision": vision}, Path.cwd())
    if arguments.which == "path":
        path.run(arguments.data, settings.vision)
    else:
        accuracy.run(
            accuracy.AccuracyRequest(arguments.data, settings.vision, parts or accuracy.PARTS, arguments.limit)
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("which", choices=("accuracy", "path", "hotlist", "disk", "access"))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("ALPR_EDGE_DATA", "../shared/data")))
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with manifest.toml")
    parser.add_argument("--detector", default="default", help="its name in the manifest")
    parser.add_argument("--reader", default="default", help="its name in the manifest")
    parser.add_argument("--threads", type=int, default=0, help="of one inference; 0: all cores but one")
    parser.add_argument(
        "--only",
        default="",
        help=f"accuracy: some of {','.join(accuracy.CHOICES)}; default: what nothing was chosen by; disk: "
        f"some of {','.join(disk.PARTS)}; access: some of {','.join(access.PARTS)}; default: all",
    )
    of_accuracy = parser.add_argument_group("accuracy")
    of_accuracy.add_argument("--second-reader", action="store_true", help="voting: ask the second reader as well")
    of_accuracy.add_argument("--limit", type=int, help="road, rides, lettering: pictures of each set, for a quick look")
    of_hotlist = parser.add_argument_group("hotlist")
    of_hotlist.add_argument("--entries", type=int, default=hotlist.ENTRIES, help="size of the list; default: 5 million")
    of_hotlist.add_argument("--table", action="store_true", help="a thousand to ten million entries, without the peers")
    of_disk = parser.add_argument_group("disk")
    of_disk.add_argument(
        "--reads", type=int, default=disk.REAL_READS, help=f"of the fortnight's {disk.FORTNIGHT_READS}"
    )
    return parser


def _parts(parser: argparse.ArgumentParser, text: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    """The parts asked for; empty: the default."""
    parts = tuple(text.split(",")) if text else ()
    if unknown := [part for part in parts if part not in choices]:
        parser.error(f"--only: unknown: {', '.join(unknown)}; there: {', '.join(choices)}")
    return parts


if __name__ == "__main__":
    main()
