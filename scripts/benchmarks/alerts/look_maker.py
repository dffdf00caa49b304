"""Looks at every frame once, as the unit does, and keeps what was seen in files.

They are taken from there as long as the models are the same. Where recognition was changed since, that is told, and
both trees still get the same looks; ``--anew`` makes them again.
"""

import hashlib
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

import alpr_edge.vision
from alpr_edge.app.factories import VisionModels, open_vision_models
from alpr_edge.settings import VisionSettings
from scripts.benchmarks.alerts.looks import Look, LookSequence, load, origin_of, store
from scripts.benchmarks.alerts.scenes import PlayedSequence, played_sequences
from scripts.benchmarks.sets import spread

FORMAT = 1
"""Of the files."""
PROCESSES = 2


def looks_of(
    source: str, data: Path, vision: VisionSettings, folder: Path, limit: int | None, *, anew: bool = False
) -> list[LookSequence]:
    """The looks at a source, or at some of it, from the folder where it has them.

    Args:
        source: one of the sources.
        data: folder of the real photos.
        vision: models.
        folder: where looks are kept.
        limit: the most sequences, and of the ride pictures; None: all.
        anew: whether to look again although the folder has them.
    """
    origin = _origin(vision)
    whole, part = folder / source, folder / f"{source}-{limit}"
    for path in () if anew else (whole, part):
        stored = origin_of(path)
        if stored is not None and stored["models"] == origin["models"] and stored["format"] == FORMAT:
            if stored["recognition"] != origin["recognition"]:
                sys.stderr.write(
                    f"scripts/bench: {path}: by another recognition than this tree's; --anew looks again\n"
                )
            return [_beginning(one, limit) for one in spread(load(path), limit)]
    asked = spread(played_sequences(data, source), limit)
    made = [one for one in _look_at(asked, vision) if one is not None]
    store(whole if limit is None or source == "ride" else part, made, origin)
    return [_beginning(one, limit) for one in made]


def _beginning(one: LookSequence, limit: int | None) -> LookSequence:
    return one if limit is None or one.source != "ride" else one.first_frames(limit)


def _origin(vision: VisionSettings) -> dict[str, Any]:
    """What the looks depend on, but for the data."""
    code = sorted(Path(alpr_edge.vision.__file__).parent.rglob("*.py"))
    return {
        "format": FORMAT,
        "models": list(_models(vision).model_ids),
        "recognition": hashlib.sha256(b"".join(path.read_bytes() for path in code)).hexdigest()[:16],
    }


def _look_at(asked: Sequence[PlayedSequence], vision: VisionSettings) -> list[LookSequence]:
    console = Console(stderr=True)
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        done = pool.map(_look, asked, [vision] * len(asked))
        bar = track(done, asked[0].source, len(asked), console=console, disable=not console.is_terminal, transient=True)
        return list(bar)


@lru_cache(1)
def _models(vision: VisionSettings) -> VisionModels:
    return open_vision_models(vision)


def _look(subject: PlayedSequence, vision: VisionSettings) -> LookSequence:
    """Look at every frame of a subject."""
    recogniser = _models(vision).recogniser
    frames, vehicles = subject.play()
    sizes, looks = [], []
    for number, frame in enumerate(frames):
        sizes.append((frame.captured_at.boottime_ns / 1e6, frame.width_px, frame.height_px))
        for reading in recogniser.read_frame(frame):
            assert reading.small_crop is not None
            looks.append(
                Look(
                    number,
                    reading.box,
                    reading.detection_confidence,
                    reading.slot_probabilities,
                    reading.sharpness,
                    reading.is_accepted,
                    reading.small_crop,
                    reading.is_cut,
                )
            )
    return LookSequence(subject.source, subject.name, tuple(sizes), tuple(looks), vehicles)
