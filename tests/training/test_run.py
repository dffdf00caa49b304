"""A run of training, with a network of one layer: what it leaves, and how it stops."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from plate_training.data.exported_models import Origin, read_origin
from plate_training.run.feed import Sample, SampleFeed
from plate_training.run.loop import Run, TrainingPlan, read_checkpoint
from plate_training.run.record import RunRecord
from tests.vision.models import detector_model, save

RECORD = RunRecord(Origin("clean", 1000, 2.0), 5e-3, None, None, 3)


def build() -> Callable[[np.random.Generator], Sample]:
    return lambda rng: (rng.random(4).astype(np.float32),)


class GroupSignalFeed(SampleFeed):
    """Its process, and with it the trainer, is stopped while a batch is waited for, as by Ctrl-C in a terminal."""

    batches = 0

    def batch(self, size: int) -> Sample:
        self.batches += 1
        if self.batches == 5:
            self._process.terminate()
            self._process.join()
            os.kill(os.getpid(), signal.SIGTERM)
            while True:
                self._take_in()
        return super().batch(size)


class LineTask:
    """Learns to give 1 for whatever it sees."""

    name = "detector"
    batch = 4
    rate = 5e-3
    average = 0.9

    def __init__(self, feed: type[SampleFeed] = SampleFeed) -> None:
        self.net: Any = torch.nn.Linear(4, 1)
        self._feed = feed

    def feed(self, seed: int) -> SampleFeed:
        return self._feed(build, seed, 64, 50.0)

    def loss(self, sample: Sample) -> dict[str, Any]:
        return {"centre": (self.net(torch.from_numpy(sample[0])) - 1).square().mean()}

    def validate(self, net: Any) -> dict[str, float]:  # noqa: ANN401 - a module of torch
        return {"bias": float(net.bias.detach())}

    def export(self, net: Any, path: Path) -> None:  # noqa: ANN401
        save(detector_model([]), path)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """What is done at a signal is put back; one thread is enough."""
    torch.set_num_threads(1)
    before = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    yield
    for number, handler in before:
        signal.signal(number, handler)


def test_a_short_run_leaves_a_checkpoint_and_a_model_that_say_what_they_are(tmp_path: Path) -> None:
    run = Run(LineTask(), tmp_path, TrainingPlan(0.5, seed=3), RECORD)
    run.train()
    assert run.samples_seen > 0
    origin = read_origin(tmp_path / "detector.onnx")
    assert origin is not None
    assert (origin.licence, origin.samples_seen) == ("clean", 1000 + run.samples_seen)
    state = read_checkpoint(tmp_path)
    assert RunRecord(**state["record"] | {"before": Origin(**state["record"]["before"])}) == RECORD
    later = Run(LineTask(), tmp_path, TrainingPlan(0.5), replace(RECORD, before=Origin("all")))
    later.resume(state)
    assert later.steps == state["steps"]
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoint.pt", "log.csv", "detector.onnx"}


def test_a_signal_to_the_rendering_process_as_well_is_a_stop(tmp_path: Path) -> None:
    run = Run(LineTask(GroupSignalFeed), tmp_path, TrainingPlan(60), RECORD)
    run.train()
    assert run.steps == 3
    assert read_checkpoint(tmp_path)["steps"] == 3
    assert (tmp_path / "detector.onnx").exists()
