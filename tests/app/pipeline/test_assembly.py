import re
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.alerts.players import SilentPlayer
from alpr_edge.app.factories import open_vision_models
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.pipeline import CameraInput, Pipeline, PipelineParts
from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.domain.protocol.hits import withdrawal_item_id
from alpr_edge.domain.protocol.items import ITEM_ID_PATTERN
from alpr_edge.domain.protocol.time_corrections import time_item_id
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.hotlist.index.index import HotlistIndex
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import load
from alpr_edge.store.unit_store import open_store
from tests.app.rig import write_frames, write_settings
from tests.domain.readings import START


@pytest.mark.review(14)
def test_an_id_carries_its_unit_and_rows_that_come_together_lie_together() -> None:
    ids = [new_id("car-7") for _ in range(1000)]
    assert len(set(ids)) == 1000
    for identity in ids:
        unit, _, number = identity.partition(":")
        assert (unit, uuid.UUID(number).version) == ("car-7", 7)
    starts = [identity[: len("car-7:") + 13] for identity in ids]
    assert starts == sorted(starts)
    assert re.fullmatch(ITEM_ID_PATTERN, withdrawal_item_id(new_id("c" * 64)))
    assert re.fullmatch(ITEM_ID_PATTERN, time_item_id(new_id("c" * 64), sure=False))


def test_a_writer_that_fails_time_after_time_ends_a_recording_and_is_named(tmp_path: Path) -> None:
    settings = load(write_settings(tmp_path, write_frames(tmp_path / "frames", [0])))

    def full(batch: Sequence[ReadUpdate]) -> None:
        raise OSError(28, f"No space left on device, {len(batch)} records")

    levels = ([8] * 3 + [0] * 3) * 200  # far more passes than the channels hold
    frames = [
        Frame("front", number, START.shift(number * 20), np.full((360, 640, 3), level, np.uint8))
        for number, level in enumerate(levels)
    ]
    with open_store(settings, migrate=True) as store:
        parts = PipelineParts(
            models=open_vision_models(settings.vision),
            alerter=Alerter(SilentPlayer(), ReplayedClock(START), settings, HotlistIndex),
            locate=lambda _: None,
            recorder=Recorder(store.reads, settings.store, store.refused_records, [full]),
            tick=lambda _: None,
        )
        pipeline = Pipeline(settings, [CameraInput("front", lambda _: iter(frames))], parts, live=False)
        pipeline.run_to_end()
    assert [line for line in pipeline.failures() if line.startswith("writer: ")]
