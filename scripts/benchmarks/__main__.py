"""Measure models, the unit's parts and what goes on a medium: one JSON line a figure; progress goes to stderr."""

import argparse
import os
from pathlib import Path

from alpr_edge.cli.error_handling import run_command_line
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.settings import VisionSettings, parse
from scripts.benchmarks import accuracy
from scripts.benchmarks.access import measure as access
from scripts.benchmarks.alerts import measure as alerts
from scripts.benchmarks.camera_view import measure as camera_view
from scripts.benchmarks.department import measure as department
from scripts.benchmarks.department.searches import SearchSize
from scripts.benchmarks.disk import measure as disk
from scripts.benchmarks.evidence import measure as evidence
from scripts.benchmarks.hotlist import measure as hotlist
from scripts.benchmarks.page import measure as page
from scripts.benchmarks.path import measure as path

DATA = Path("../shared/data")
"""Where the real photos are, beside the checkout, unless they are said to be elsewhere."""
WHICH = ("accuracy", "path", "page", "hotlist", "disk", "access", "evidence", "camera_view", "department", "alerts")
CHOICES = {
    "access": access.PARTS,
    "alerts": alerts.SOURCES,
    "department": department.PARTS,
    "accuracy": accuracy.CHOICES,
    "disk": disk.PARTS,
    "evidence": evidence.PARTS,
    "page": page.PARTS,
    "path": path.CHOICES,
}
"""The parts of each benchmark that has some."""
_ONLY_HELP = (
    f"accuracy: some of {','.join(accuracy.CHOICES)}; default: what nothing was chosen by; disk: "
    f"some of {','.join(disk.PARTS)}; path: some of {','.join(path.CHOICES)}; page: some of "
    f"{','.join(page.PARTS)}; access: some of {','.join(access.PARTS)}; evidence: some of "
    f"{','.join(evidence.PARTS)}; department: some of {','.join(department.PARTS)}; alerts: some of "
    f"{','.join(alerts.SOURCES)}; default of these: all but profile"
)


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
    parts = _parts(parser, arguments.only, CHOICES.get(arguments.which, ()))
    if arguments.which == "access":
        access.run(parts or access.PARTS)
        return
    if arguments.which == "department":
        sizes = SearchSize() if arguments.rows is None else SearchSize((100_000, arguments.rows))
        fleet = department.FleetSize(reads=arguments.reads or department.READS)
        department.run(parts or department.PARTS, fleet, sizes, arguments.rows)
        return
    if arguments.which == "evidence":
        evidence.run(parts or evidence.PARTS, arguments.reads or evidence.READS, arguments.models)
        return
    data = _data(parser, arguments.data, required=arguments.which not in {"page", "path"})
    if arguments.which == "camera_view":
        camera_view.run(data)
    elif arguments.which == "alerts":
        alerts.run(_alerts_request(arguments, data, parts))
    elif arguments.which == "disk":
        disk.run(data, parts or disk.PARTS, arguments.reads or disk.REAL_READS)
    elif arguments.which == "path":
        path.run(_path_request(arguments, data if data.is_dir() else None, parts))
    elif arguments.which == "page":
        page.run(_page_request(arguments, data if data.is_dir() else None, parts))
    else:
        accuracy.run(
            accuracy.AccuracyRequest(
                data, _vision(arguments), arguments.threads, parts or accuracy.PARTS, arguments.limit
            )
        )


def _data(parser: argparse.ArgumentParser, chosen: Path | None, *, required: bool) -> Path:
    """The folder of real data; where none was chosen, one beside the checkout."""
    data = chosen or DATA
    if not data.is_dir() and (required or chosen):
        parser.error(f"{data}: no data there; set ALPR_EDGE_DATA or --data")
    return data


def _vision(arguments: argparse.Namespace) -> VisionSettings:
    vision: dict[str, object] = {
        "models_directory": str(arguments.models),
        "detector": arguments.detector,
        "reader": arguments.reader,
    }
    vision |= {"workers": arguments.workers, "second_reader": arguments.second_reader}
    return parse({"vision": vision}, Path.cwd()).vision


def _alerts_request(arguments: argparse.Namespace, data: Path, parts: tuple[str, ...]) -> alerts.AlertsRequest:
    return alerts.AlertsRequest(
        data,
        _vision(arguments),
        arguments.before,
        parts or alerts.SOURCES,
        arguments.limit,
        arguments.looks or alerts.default_folder(),
        arguments.anew,
    )


def _path_request(arguments: argparse.Namespace, data: Path | None, parts: tuple[str, ...]) -> path.PathRequest:
    return path.PathRequest(
        data,
        _vision(arguments),
        (*(parts or path.PARTS), *(("profile",) if arguments.profile else ())),
        arguments.frames or path.FRAMES,
        arguments.rounds,
        arguments.seconds or path.SECONDS,
        arguments.entries,
        arguments.reads,
        arguments.table,
    )


def _page_request(arguments: argparse.Namespace, data: Path | None, parts: tuple[str, ...]) -> page.PageMeasurement:
    return page.PageMeasurement(
        data,
        _vision(arguments),
        parts or page.PARTS,
        arguments.frames or page.FRAMES,
        arguments.rounds,
        arguments.seconds or page.SECONDS,
        arguments.cameras,
        arguments.table,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("which", choices=WHICH)
    chosen = os.environ.get("ALPR_EDGE_DATA") or None
    parser.add_argument("--data", type=Path, default=chosen and Path(chosen), help=f"real photos; default: {DATA}")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with manifest.toml")
    parser.add_argument("--detector", default="default", help="its name in the manifest")
    parser.add_argument("--reader", default="default", help="its name in the manifest")
    parser.add_argument("--workers", type=int, default=0, help="path: as the setting vision.workers")
    parser.add_argument("--only", default="", help=_ONLY_HELP)
    _add_accuracy_options(parser)
    of_hotlist = parser.add_argument_group("hotlist, path, page")
    of_hotlist.add_argument(
        "--entries", type=_positive, default=hotlist.ENTRIES, help="size of the list; default: 5 million"
    )
    of_hotlist.add_argument(
        "--table",
        action="store_true",
        help="hotlist: a thousand to ten million entries, without the peers; path, page: the figures and their targets",
    )
    of_department = parser.add_argument_group("department")
    of_department.add_argument(
        "--rows", type=_rows, help="search: reads that are there, default: 10000000; purge, size, partitions: of each"
    )
    of_disk = parser.add_argument_group("disk, path, evidence")
    of_disk.add_argument(
        "--reads",
        type=_positive,
        help=f"disk: of the fortnight's {disk.FORTNIGHT_READS}; path: written, and uploaded meanwhile; "
        f"evidence: in the package, instead of {evidence.READS}",
    )
    _add_path_options(parser)
    _add_alerts_options(parser)
    return parser


def _add_accuracy_options(parser: argparse.ArgumentParser) -> None:
    of_accuracy = parser.add_argument_group("accuracy")
    of_accuracy.add_argument("--second-reader", action="store_true", help="voting: ask the second reader as well")
    of_accuracy.add_argument(
        "--threads", type=int, choices=range(1, 65), default=1, metavar="N", help="of one inference"
    )
    of_accuracy.add_argument(
        "--limit",
        type=int,
        help="road, rides, lettering: pictures of each set, for a quick look; alerts: sequences of each",
    )


def _add_alerts_options(parser: argparse.ArgumentParser) -> None:
    of_alerts = parser.add_argument_group("alerts")
    of_alerts.add_argument(
        "--before", type=Path, help=f"a checkout to compare with; default: release {alerts.BEFORE}, from the repository"
    )
    of_alerts.add_argument("--looks", type=Path, help=f"where looks are kept; default: {alerts.default_folder()}")
    of_alerts.add_argument("--anew", action="store_true", help="look at every picture again although looks are kept")


def _add_path_options(parser: argparse.ArgumentParser) -> None:
    of_path = parser.add_argument_group(
        "path, page", "without real photos a simulated drive is rendered in their place"
    )
    of_path.add_argument("--frames", type=_positive, help="of the recording, at most")
    of_path.add_argument("--rounds", type=_positive, default=path.ROUNDS, help="in which contenders take turns")
    of_path.add_argument("--seconds", type=_positive, help="path, memory: how long a unit reads; page: half a round")
    of_path.add_argument("--profile", action="store_true", help="path: besides, the processor's time by function")
    of_path.add_argument(
        "--cameras", type=int, choices=(1, 2, 3), default=page.CAMERAS, help="page: of the unit; default: 1"
    )


def _positive(text: str) -> int:
    """A whole number above zero."""
    number = int(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{number} is not above zero")
    return number


def _rows(text: str) -> int:
    """More reads than the small tables have that the large ones are compared with."""
    number = int(text)
    if number < 200_000:
        raise argparse.ArgumentTypeError(f"{number} is less than 200000, twice the small tables")
    return number


def _parts(parser: argparse.ArgumentParser, text: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    """The parts asked for; empty: the default."""
    parts = tuple(text.split(",")) if text else ()
    if unknown := [part for part in parts if part not in choices]:
        parser.error(f"--only: unknown: {', '.join(unknown)}; there: {', '.join(choices)}")
    return parts


if __name__ == "__main__":
    main()
