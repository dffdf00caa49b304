"""Where a run's weights come from: which pictures they may have seen, and the training that went before.

A run's folder carries it as ``origin.json``; ``release`` writes it into the manifest.
"""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plate_training.data.pictures import REPOSITORY, Licence, rows_of

FILE = "origin.json"
MANIFEST = REPOSITORY / "models" / "manifest.toml"
CLEAN = "Apache-2.0"
"""Licence of released weights that saw clean pictures alone."""


@dataclass(frozen=True, slots=True)
class RunOrigin:
    """What the weights of a run may have seen before the run began.

    Args:
        licence: the set of pictures that the weights may have seen.
        samples_before: samples seen before the run began.
        hours_before: hours of training before the run began.
    """

    licence: Licence = "all"
    samples_before: int = 0
    hours_before: float = 0.0

    def write(self, folder: Path) -> None:
        """Write it into a run's folder."""
        (folder / FILE).write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")


def read_origin(folder: Path) -> RunOrigin:
    """Of a run's folder; one that has none saw all pictures."""
    path = folder / FILE
    return RunOrigin(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else RunOrigin()


def length_of(folder: Path) -> tuple[int, float]:
    """Samples seen and hours of training in all, up to the last line of a run's log."""
    last, before = rows_of(folder / "log.csv")[-1], read_origin(folder)
    return before.samples_before + int(last["samples_seen"]), round(before.hours_before + float(last["hours"]), 2)


def origin_of(folder: Path, start: Path | None, licence: Licence, *, resume: bool) -> RunOrigin:
    """Of a run about to begin.

    Args:
        folder: the folder of the run.
        start: the exported model it starts from.
        licence: the set of pictures that it is to see.
        resume: whether it goes on with what is in the folder.

    Raises:
        SystemExit: a clean run would go on with weights that saw more.
    """
    before = RunOrigin(licence)
    if resume:
        before = read_origin(folder)
    elif start is not None:
        before = _of_model(start)
    if licence == "clean" and before.licence != "clean":
        what = start or folder
        raise SystemExit(f"{what}: not known to have seen clean pictures alone; leave out --start and --resume")
    return RunOrigin(licence, before.samples_before, before.hours_before)


def _of_model(path: Path) -> RunOrigin:
    """Of a released model by its hash, or of a run's by the folder it lies in."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    tables: dict[str, Any] = tomllib.loads(MANIFEST.read_text(encoding="utf-8")) if MANIFEST.exists() else {}
    for entry in (entry for entries in tables.values() for entry in entries.values()):
        if entry.get("sha256") == digest:
            licence: Licence = "clean" if entry["licence"] == CLEAN else "all"
            return RunOrigin(licence, entry["samples_seen"], entry["hours"])
    if (path.parent / "log.csv").exists():
        return RunOrigin(read_origin(path.parent).licence, *length_of(path.parent))
    return RunOrigin()
