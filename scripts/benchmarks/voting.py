"""Measures what the vote over frames adds: passes processed by the unit's own rule, one frame after the other.

``voting`` is built of the benchmark's photos and of rendered plates, ``voting_kept`` of plates kept from training: what
is tuned is tuned there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import track

from alpr_edge.app.factories import VisionModels, open_vision_models
from alpr_edge.domain.reads import PlateRead, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.voting import vote
from alpr_edge.settings import VisionSettings
from scripts.benchmarks import sets
from scripts.benchmarks.figures import figure, milliseconds, share
from scripts.benchmarks.looks import IOU_MIN
from scripts.benchmarks.passes import FRAME_MS, Pass, passes
from scripts.benchmarks.reader import calibration_error
from scripts.benchmarks.rendered_scenes import benchmark_scenes
from scripts.benchmarks.replay import replay
from scripts.benchmarks.sets import PHOTOS, Opener
from scripts.benchmarks.tones import Decision, print_tones

RENDERED = 100


@dataclass(slots=True, eq=False)
class PassOutcome:
    """The result of one pass."""

    plate: str
    readings: list[Reading] = field(default_factory=list)
    """Looks at the plate, one a frame that found it."""
    events: list[ReadUpdate] = field(default_factory=list)
    """Those of the plate's reads."""

    @property
    def decisions(self) -> list[ReadUpdate]:
        """Every read as it was decided."""
        return [event for event in self.events if event.stage is ReadStage.DECIDED]

    @property
    def reads(self) -> list[PlateRead]:
        """Every read as it closed."""
        return [event.read for event in self.events if event.stage is ReadStage.CLOSED]

    @property
    def exact(self) -> bool:
        """Whether there is one read in the end, and the right one."""
        return [read.plate for read in self.reads] == [self.plate]


def benchmark(data: Path) -> list[Opener]:
    """The scenes that the passes are made of: every photo, and some rendered scenes."""
    return [opener for name in PHOTOS for opener in sets.photos(data, name)] + benchmark_scenes(data)[:RENDERED]


def run(name: str, vision: VisionSettings, openers: Sequence[Opener]) -> None:
    """Take one pass of each scene through the unit's rule and print what came of them."""
    vision_models, console = open_vision_models(vision), Console(stderr=True)
    bar = track(passes(openers), name, console=console, disable=not console.is_terminal, transient=True)
    outcomes = [_outcome(passing(), vision_models, vision) for passing in bar]
    found_passes = [outcome for outcome in outcomes if outcome.readings]
    share(f"accuracy.{name}.found", len(found_passes), len(outcomes))
    _print_frames(name, found_passes)
    _print_passes(name, found_passes)
    read = [(outcome.decisions[0], outcome.plate) for outcome in found_passes if outcome.decisions]
    decisions = [Decision(plate, event.read.plate, certain=event.read.certain) for event, plate in read]
    print_tones(name, decisions, second_reader=vision.second_reader)


def _outcome(passing: Pass, vision_models: VisionModels, vision: VisionSettings) -> PassOutcome:
    outcome = PassOutcome(passing.truth.plate)
    result = replay(passing.frames, vision_models, vision, ending_ms=FRAME_MS)
    for readings, box in zip(result.readings, passing.boxes, strict=True):
        best = max(readings, key=lambda reading: reading.box.iou(box), default=None)
        if best is not None and best.box.iou(box) >= IOU_MIN:
            outcome.readings.append(best)
    outcome.events = [e for e in result.events if any(e.read.box.iou(box) >= IOU_MIN for box in passing.boxes)]
    return outcome


def _print_frames(name: str, found_passes: Sequence[PassOutcome]) -> None:
    """What single frames would have read: each of them, and the sharpest of each pass."""
    each = [vote([reading]).plate == outcome.plate for outcome in found_passes for reading in outcome.readings]
    share(f"accuracy.{name}.exact_of_frames", sum(each), len(each))
    sharpest = [max(outcome.readings, key=lambda reading: reading.sharpness) for outcome in found_passes]
    right = sum(vote([look]).plate == outcome.plate for look, outcome in zip(sharpest, found_passes, strict=True))
    share(f"accuracy.{name}.exact_of_sharpest_frames", right, len(found_passes))


def _print_passes(name: str, found_passes: Sequence[PassOutcome]) -> None:
    share(f"accuracy.{name}.exact_of_found", sum(outcome.exact for outcome in found_passes), len(found_passes))
    reads = sum(len(outcome.reads) for outcome in found_passes)
    figure(f"accuracy.{name}.reads_of_found", reads / max(1, len(found_passes)), "reads/pass", of=len(found_passes))
    amended_count = sum(bool(read.earlier_texts) for outcome in found_passes for read in outcome.reads)
    share(f"accuracy.{name}.amended", amended_count, reads)
    first = [(outcome.decisions[0], outcome.plate) for outcome in found_passes if outcome.decisions]
    late = [event.at.boottime_ns / 1e6 for event, _ in first]
    milliseconds(f"accuracy.{name}.decided_after", late or [0.0])
    _print_certain(
        f"{name}.decided", [(e.read.confidence, e.read.certain, e.read.plate == plate) for e, plate in first]
    )
    closed = [(outcome.events[-1].read, outcome.plate) for outcome in found_passes if outcome.events]
    _print_certain(f"{name}.closed", [(r.confidence, r.certain, r.plate == plate) for r, plate in closed])
    opinion_count = sum(any(map(_is_second_reader, event.read.model_ids)) for event, _ in first)
    share(f"accuracy.{name}.second_reader_heard", opinion_count, len(first))


def _is_second_reader(model_id: str) -> bool:
    return model_id.startswith("second-reader:")


def _print_certain(name: str, reads: Sequence[tuple[float, bool, bool]]) -> None:
    """Of (confidence, certain, right): how far the one can be believed, and what the other is worth."""
    error = calibration_error([(confidence, right) for confidence, _, right in reads])
    figure(f"accuracy.{name}.calibration_error", error, "share", of=len(reads))
    certain = [right for _, sure, right in reads if sure]
    share(f"accuracy.{name}.exact_of_certain", sum(certain), len(certain))
    share(f"accuracy.{name}.certain_of_all", len(certain), len(reads))
