"""Frames through the unit's path: recognition, tracking and the decided-read rule with the shipped settings.

This is what ``alpr-edge drive`` does at full pace, less the store, the hotlist and the sounds, which change no read.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from alpr_edge.app.factories import VisionModels
from alpr_edge.app.pipeline.pipeline import decision_rule
from alpr_edge.app.pipeline.plate_states import state_function
from alpr_edge.app.pipeline.second_reader_worker import second_reader_worker
from alpr_edge.domain.reads import ReadStage, ReadUpdate
from alpr_edge.domain.recognition.frames import Frame, Reading
from alpr_edge.domain.recognition.passes import Origin, Passes, PassParts
from alpr_edge.domain.recognition.second_opinions import SecondOpinion
from alpr_edge.settings import DecisionSettings, VisionSettings


@dataclass(slots=True, eq=False)
class Replay:
    """The result of a replay of a source's frames."""

    readings: list[Sequence[Reading]] = field(default_factory=list)
    """Of each frame."""
    events: list[ReadUpdate] = field(default_factory=list)

    @property
    def closed(self) -> list[ReadUpdate]:
        """Each read as it closed."""
        return [event for event in self.events if event.stage is ReadStage.CLOSED]


def replay(
    frames: Iterable[Frame], vision_models: VisionModels, vision: VisionSettings, ending_ms: float = 0.0
) -> Replay:
    """Process frames one after the other as the unit does.

    Args:
        frames: the frames of one camera, in order.
        vision_models: the models that find and read plates.
        vision: the settings that say how long to wait for a second reader.
        ending_ms: the time after the last frame at which the source ends.
    """
    decision = DecisionSettings()
    reader = second_reader_worker(vision_models.second, live=False)
    second = partial(SecondOpinion, reader, vision.second_reader_timeout_ms)
    parts = PassParts(second, state_function(vision_models.states))
    origin, ids = Origin("bench", "bench", vision_models.model_ids), map(str, itertools.count())
    rule = decision_rule(decision)
    passes = Passes(origin, rule, decision.pass_gap_ms, lambda _: None, ids.__next__, parts)
    result, last = Replay(), None
    for frame in frames:
        looks = vision_models.recogniser.read_frame(frame)
        result.readings.append([reading for reading in looks if reading.is_accepted])
        result.events += passes.step(frame, looks)
        last = frame.captured_at
    if last is not None:
        result.events += passes.close(last.shift(ending_ms))
    return result
