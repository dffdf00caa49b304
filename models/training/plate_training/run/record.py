"""What a run was begun with: which pictures, from which weights and with which options.

The checkpoint carries it, so that a run goes on as it began and its weights never pass for ones that saw less. The
folder of a run of before, whose checkpoint and model say nothing, counts as one that saw all pictures.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from alpr_edge.domain.errors import ModelError
from plate_training.data.exported_models import Origin, read_model, read_origin
from plate_training.data.pictures import Licence, rows_of

CHECKPOINT, LOG, START = "checkpoint.pt", "log.csv", "start.onnx"
OLDER = "origin.json"
"""What a run of before wrote of its origin."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What is asked of a run; what is None is left to the run that goes on, or to the model.

    Args:
        licence: the set of pictures to learn from.
        rate: the learning rate.
        fonts: the folder of more fonts.
        start: the exported model to start from.
        seed: the seed.
    """

    licence: Licence | None = None
    rate: float | None = None
    fonts: Path | None = None
    start: Path | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run was begun with.

    Args:
        before: the weights it began from; its licence is that of what they and the run may have seen.
        rate: the learning rate; None: the model's own.
        fonts: the folder of more fonts.
        start: where the model lay that it started from; the run's folder has a copy.
        seed: the seed.
    """

    before: Origin
    rate: float | None = None
    fonts: str | None = None
    start: str | None = None
    seed: int = 1

    def start_in(self, folder: Path) -> Path | None:
        """The copy of the model that the run started from; None where it started from none."""
        return folder / START if self.start else None


def begin_record(options: RunOptions) -> RunRecord:
    """The record of a run about to begin.

    Raises:
        ModelError: there is no model to start from or no folder of fonts, or a clean run would go on with weights that
            saw more.
    """
    licence = options.licence or "all"
    before = _origin_of_start(options.start) if options.start else Origin(licence)
    if licence == "clean" and before.licence != "clean":
        raise ModelError(f"{options.start}: not known to have seen clean pictures alone; leave out --start")
    record = RunRecord(replace(before, licence=licence))
    return _with_options(record, options)


def resume_record(state: dict[str, Any], folder: Path, options: RunOptions) -> RunRecord:
    """The record of a run that goes on from its checkpoint, with what was given anew.

    Raises:
        ModelError: other pictures were asked for, or the fonts or the model that it started from are there no more.
    """
    saved = state.get("record")
    record = RunRecord(**(saved | {"before": Origin(**saved["before"])})) if saved else RunRecord(_before_older(folder))
    checkpoint = folder / CHECKPOINT
    if options.licence not in (None, record.before.licence):
        hint = "go on without --licence, or begin another run with --start"
        raise ModelError(f"{checkpoint}: its weights may have seen {record.before.licence} pictures; {hint}")
    start = record.start_in(folder)
    if start is not None:
        read_model(start)
    return _with_options(record, options)


def changes_of(state: dict[str, Any], record: RunRecord) -> list[str]:
    """What is otherwise than the checkpoint has it, a line each."""
    saved = state.get("record")
    if saved is None:
        unknown = "its checkpoint does not say with which --rate, --fonts, --seed and --start it began"
        return [f"{unknown}; those given count, and mistakes of the model it started from are not shown more often"]
    now = asdict(record)
    return [
        f"--{name} {now[name]} in place of {saved[name]}"
        for name in ("rate", "fonts", "seed")
        if now[name] != saved[name]
    ]


def check_unused(folder: Path, options: RunOptions, *, overwrite: bool) -> None:
    """Refuse a folder that has a run, unless another is to take its place.

    Raises:
        ModelError: there is one.
    """
    is_used = any((folder / name).exists() for name in (CHECKPOINT, LOG))
    if is_used and not overwrite:
        raise ModelError(f"{folder}: has a run; go on with --resume, or begin in its place with --overwrite")
    if overwrite and options.start is not None and options.start.resolve().parent == folder.resolve():
        raise ModelError(f"{options.start}: --overwrite would take it away; copy it elsewhere, and --start from there")


def clear_folder(folder: Path, model: str, start: Path | None) -> None:
    """Take away what a run before left, and copy the model that this one starts from.

    Args:
        folder: the folder of the run.
        model: "detector" or "reader".
        start: the exported model to start from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (CHECKPOINT, LOG, START, OLDER, "curves.png", f"{model}.onnx"):
        (folder / name).unlink(missing_ok=True)
    if start is not None:
        (folder / START).write_bytes(start.read_bytes())


def older_origin(folder: Path) -> Origin:
    """The origin of a model whose file says nothing, by the log of its run.

    Raises:
        ModelError: nothing is logged.
    """
    rows, before = rows_of(folder / LOG), _before_older(folder)
    if not rows:
        raise ModelError(f"{folder / LOG}: nothing logged; train first")
    last = rows[-1]
    hours = before.hours + float(last["hours"])
    return Origin("all", before.samples_seen + int(last["samples_seen"]), round(hours, 4))


def _origin_of_start(start: Path) -> Origin:
    origin = read_origin(start)
    if origin is None:
        return older_origin(start.parent) if (start.parent / LOG).exists() else Origin()
    return origin


def _before_older(folder: Path) -> Origin:
    """The training that went before a run of before."""
    path = folder / OLDER
    facts = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Origin("all", facts.get("samples_before", 0), facts.get("hours_before", 0.0))


def _with_options(record: RunRecord, options: RunOptions) -> RunRecord:
    fonts = str(options.fonts.resolve()) if options.fonts else record.fonts
    if fonts is not None and not Path(fonts).is_dir():
        raise ModelError(f"{fonts}: no such folder of fonts; give --fonts")
    return replace(
        record,
        rate=options.rate or record.rate,
        fonts=fonts,
        start=str(options.start.resolve()) if options.start else record.start,
        seed=record.seed if options.seed is None else options.seed,
    )
