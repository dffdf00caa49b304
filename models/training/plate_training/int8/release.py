"""Paired tests of int8 files against their float32 files, on every set, as the unit runs them.

A network is exchanged alone: the int8 detector beside the float32 detector for near plates and the float32 reader, and
so on. Of every picture both see the same pixels, and what differs is judged by McNemar's exact test, pooled over the
sets: plates found, texts read exactly in the whole picture and (for a reader) in the true box, and pictures without a
false box. A loss with p below :data:`P_MIN` in any of them is a loss that the test sees, and the file is not released.
"""

import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
from rich.progress import track

from alpr_edge.settings import VisionSettings
from alpr_edge.vision.detector import OnnxDetector
from alpr_edge.vision.model_files.addition import candidate
from alpr_edge.vision.model_files.manifest import ModelFile, load_model
from alpr_edge.vision.plate_check import open_check
from alpr_edge.vision.reader import OnnxReader
from plate_training.data.pictures import negative_paths
from plate_training.release.manifest import Manifest, Role
from scripts.benchmarks import sets
from scripts.benchmarks.looks import Looker, Looks
from scripts.benchmarks.paired_comparison import Paired
from scripts.benchmarks.rendered_scenes import Drawing, benchmark_scenes, scenes
from scripts.benchmarks.road.pictures import road_photos
from scripts.benchmarks.sets import PHOTOS, RIDES, Opener, spread

P_MIN = 0.05
"""A loss that chance would show less often than this is taken for one. Nothing is allowed for the several figures: a
file that is refused by chance costs speed, one that is released by leniency costs reads."""
SEED = 31
"""Seed of the rendered plates on validation photos; training, benchmark and comparison have others."""
SOUGHT_RIDES = RIDES[1:]


@dataclass(frozen=True, slots=True)
class Trial:
    """An int8 file to be tried in place of its float32 file.

    Args:
        role: its role.
        name: its name in the manifest.
        file: the int8 file.
    """

    role: Role
    name: str
    file: Path

    def __str__(self) -> str:
        """The model, as the manifest's table has it."""
        return f"{self.role}.{self.name}"


@dataclass(frozen=True, slots=True)
class Combination:
    """The files of a unit: a detector with the one for near plates, and a reader."""

    detector: str
    near: str | None
    reader: str


@dataclass(slots=True, eq=False)
class Outcomes:
    """Whether each plate, text and picture came out right."""

    found: list[bool] = field(default_factory=list)
    exact: list[bool] = field(default_factory=list)
    exact_true_boxes: list[bool] = field(default_factory=list)
    no_false_box: list[bool] = field(default_factory=list)

    def add(self, looks: Looks) -> None:
        """Add what one picture came to."""
        texts = [look for look in looks.of_truths if look.truth.plate]
        self.found += [look.is_found for look in looks.of_truths]
        self.exact += [look.exact for look in texts]
        self.exact_true_boxes += [look.exact_true_box for look in texts]
        self.no_false_box.append(not looks.false)


def combination_of(manifest: Manifest, role: Role, name: str) -> Combination:
    """The files with which a model of the manifest is run: near plates' beside the detector that names it."""
    detectors = manifest.get("detector", {})
    if role == "reader":
        return Combination("default", detectors["default"].get("near"), name)
    users = [user for user, entry in detectors.items() if entry.get("near") == name]
    detector = next((user for user in ("default", *users) if user in users), name)
    return Combination(detector, detectors[detector].get("near"), "default")


def try_out(
    models: Path, manifest: Manifest, trials: Sequence[Trial], openers: Sequence[Opener]
) -> dict[str, Mapping[str, Paired]]:
    """The paired counts of each trial, by its name and figure; each picture is opened once.

    Args:
        models: folder of the float32 files.
        manifest: its manifest.
        trials: the files to try.
        openers: the pictures.
    """
    cv2.setNumThreads(1)
    combinations = {str(trial): combination_of(manifest, trial.role, trial.name) for trial in trials}
    lookers = {combination: _looker(models, combination) for combination in set(combinations.values())}
    int8_lookers = {str(trial): _looker(models, combinations[str(trial)], trial) for trial in trials}
    outcomes = {key: Outcomes() for key in (*lookers, *int8_lookers)}
    for opener in track(openers, "pictures", disable=not sys.stderr.isatty(), transient=True):
        scene = opener()
        for key, looker in (*lookers.items(), *int8_lookers.items()):
            outcomes[key].add(looker.look_at(scene, opener))
    return {
        str(trial): _pairs(trial.role, outcomes[combinations[str(trial)]], outcomes[str(trial)]) for trial in trials
    }


def every_picture(data: Path, limit: int | None, scene_count: int) -> list[Opener]:
    """Pictures of every set, training's own left out as far as the sets tell.

    Args:
        data: folder of the real pictures.
        limit: pictures of each set, at most; None: all.
        scene_count: rendered scenes on validation photos, two plates each.
    """
    drawing = Drawing(negative_paths(data, validation=True), seed=SEED)
    parts: Iterable[Sequence[Opener]] = (
        *(sets.photos(data, name) for name in PHOTOS),
        *(sets.ride(data, name) for name in SOUGHT_RIDES),
        sets.small(data),
        benchmark_scenes(data),
        scenes(data, drawing, scene_count),
        [photo.opener for photo in road_photos(data)],
        sets.negatives(data),
    )
    return [opener for part in parts for opener in spread(part, limit)]


def losses(pairs: Mapping[str, Paired]) -> list[str]:
    """The figures in which int8 loses by more than chance, a line each."""
    return [
        f"{figure} {counts.shares[0]:.4f} to {counts.shares[1]:.4f} of {counts.total} (p {counts.p:.2g})"
        for figure, counts in pairs.items()
        if counts.difference < 0 and counts.p < P_MIN
    ]


def figures_of(pairs: Mapping[str, Paired]) -> dict[str, dict[str, Any]]:
    """The rows of an int8 file's table ``measured``."""
    return {
        figure: {
            "float32": round(counts.shares[0], 4),
            "int8": round(counts.shares[1], 4),
            "of": counts.total,
            "only_float32": counts.only_a,
            "only_int8": counts.only_b,
            "mcnemar_p": round(counts.p, 4),
        }
        for figure, counts in pairs.items()
    }


def take_or_refuse(manifest: Manifest, trial: Trial, pairs: Mapping[str, Paired], command: str) -> str:
    """Name an int8 file in the entry of its float32 file; or refuse it, and the model has none.

    Args:
        manifest: the manifest, which is changed and not yet written.
        trial: the file.
        pairs: what it came to.
        command: the command that measures it again.

    Returns:
        Why it was refused, in one line; empty when it was taken.
    """
    entry = manifest[trial.role][trial.name]
    entry.pop("int8", None)
    if lost := losses(pairs):
        return f"{trial}: int8 loses: {'; '.join(lost)}; the model has no int8 file"
    digest = hashlib.sha256(trial.file.read_bytes()).hexdigest()
    entry["int8"] = {"file": trial.file.name, "sha256": digest, "measured": {"command": command, **figures_of(pairs)}}
    return ""


def _pairs(role: Role, one: Outcomes, other: Outcomes) -> Mapping[str, Paired]:
    """The pairs of each figure that says something of a role: a reader finds nothing, a detector reads no true box."""
    figures = ("exact", "exact_true_boxes") if role == "reader" else ("found", "exact", "no_false_box")
    return {figure: Paired.of(getattr(one, figure), getattr(other, figure)) for figure in figures}


def _looker(models: Path, files: Combination, trial: Trial | None = None) -> Looker:
    """What looks at pictures as the unit does, with the file of a trial in its place."""

    def model(role: Role, name: str) -> ModelFile:
        released = load_model(models, role, name)
        if trial is None or (trial.role, trial.name) != (role, name):
            return released
        tried = candidate(trial.file, role, name, {})
        return ModelFile(role, name, tried.sha256, tried.content, released.entry)

    unit = VisionSettings()
    near = None if files.near is None else model("detector", files.near)
    detector = OnnxDetector(model("detector", files.detector), unit.detection_confidence_min, 1, near=near)
    reader = OnnxReader(model("reader", files.reader), 1)
    return Looker(detector, reader, open_check(unit, [models], load_model(models, "detector", files.detector)))
