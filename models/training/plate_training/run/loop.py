"""The training loop both models share: constant rate, averaged weights, checkpoints, a short cool-down at the end."""

import csv
import pickle
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import numpy as np
import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from alpr_edge.domain.errors import ModelError
from plate_training.data.exported_models import Origin, write_origin
from plate_training.run.feed import FeedEndError, Sample, SampleFeed
from plate_training.run.record import CHECKPOINT, LOG, RunRecord

WARM_UP_STEPS = 300
LOG_SECONDS = 30
CHECKPOINT_SECONDS = 180
VALIDATE_SECONDS = 600
PROBE = 8
"""Samples by which the two precisions are timed."""


class TrainingTask(Protocol):
    """What a model brings to the loop."""

    name: str
    net: nn.Module
    batch: int
    rate: float
    average: float
    """Decay of the averaged weights, a step."""

    def feed(self, seed: int) -> SampleFeed: ...
    def loss(self, sample: Sample) -> dict[str, Tensor]: ...
    def validate(self, net: nn.Module) -> dict[str, float]: ...
    def export(self, net: nn.Module, path: Path) -> None: ...


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How long to train, and how much of that is the cool-down."""

    seconds: float
    cool_down: float = 0.3
    seed: int = 1

    def rate_share(self, elapsed_s: float) -> float:
        """Share of the full rate: 1, then straight down to 0."""
        return float(np.clip((self.seconds - elapsed_s) / max(1.0, self.seconds * self.cool_down), 0.0, 1.0))


class Run:
    """One stretch of training in one folder.

    Args:
        task: the model with its data and its loss.
        folder: the folder for checkpoint, log and exported model.
        plan: the plan of the training time.
        record: what the run was begun with; checkpoint and exported model carry it.
    """

    def __init__(self, task: TrainingTask, folder: Path, plan: TrainingPlan, record: RunRecord) -> None:
        self.task, self.folder, self.plan, self.record = task, folder, plan, record
        self.optimiser = torch.optim.AdamW(task.net.parameters(), task.rate, weight_decay=0.02)
        average: Callable[..., None] = get_ema_multi_avg_fn(task.average)
        self.average_net = AveragedModel(task.net, multi_avg_fn=average, use_buffers=True)
        self.samples_seen, self.steps, self.hours = 0, 0, 0.0
        self._share = 1.0
        self._stopping = False
        self._half = False

    @property
    def checkpoint(self) -> Path:
        """Everything needed to go on."""
        return self.folder / CHECKPOINT

    @property
    def origin(self) -> Origin:
        """Which pictures the weights may have seen, and the training in all that led to them."""
        before = self.record.before
        return Origin(before.licence, before.samples_seen + self.samples_seen, before.hours + self.hours)

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            ModelError: it is one of another network.
        """
        try:
            self.task.net.load_state_dict(state["net"])
            self.average_net.load_state_dict(state["averaged"])
            self.optimiser.load_state_dict(state["optimiser"])
        except (RuntimeError, ValueError):
            raise ModelError(f"{self.checkpoint}: not of a {self.task.name} as it is now") from None
        torch.set_rng_state(state["rng"])
        self.samples_seen, self.steps, self.hours = state["samples_seen"], state["steps"], state["hours"]

    def save(self) -> None:
        """Write the checkpoint in one step."""
        state = {
            "net": self.task.net.state_dict(),
            "averaged": self.average_net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "rng": torch.get_rng_state(),
            "samples_seen": self.samples_seen,
            "steps": self.steps,
            "hours": self.hours,
            "record": asdict(self.record),
        }
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.checkpoint)

    def train(self) -> None:
        """Train until the plan is over or a signal asks to stop; always ends with an exported model."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        feed = self.task.feed(self.plan.seed + self.samples_seen)
        try:
            self._half = self._is_half_faster(feed.batch(PROBE))
            with _bar() as bar:
                self._steps(feed, bar)
        except FeedEndError:
            # A signal to all processes of a terminal or a service ends that one first: what is learnt is kept.
            if not self._stopping:
                raise
        finally:
            feed.close()
        if self._share >= 1.0:
            self.save()
        figures = self.task.validate(self.average_net.module)
        self._log({"final": 1.0, **figures})
        part = self.folder / f"{self.task.name}.part"
        self.task.export(self.average_net.module, part)
        write_origin(part, self.origin)
        part.replace(self.folder / f"{self.task.name}.onnx")

    def _steps(self, feed: SampleFeed, bar: Progress) -> None:
        row = bar.add_task(self.task.name, total=self.plan.seconds, note="")
        start, base = time.monotonic(), self.hours
        save_time = log_time = validation_time = start
        sums: dict[str, list[float]] = {}
        while not self._stopping and (now := time.monotonic()) - start < self.plan.seconds:
            self.hours = base + (now - start) / 3600
            if self._share >= 1.0 and now - save_time > CHECKPOINT_SECONDS:
                self.save()
                save_time = now
            share_before, self._share = self._share, self.plan.rate_share(now - start)
            if self._share < 1.0 <= share_before:
                self.save()
            for name, value in self._step(feed).items():
                sums.setdefault(name, []).append(value)
            if now - log_time > LOG_SECONDS:
                means = {name: float(np.mean(values)) for name, values in sums.items()}
                if now - validation_time > VALIDATE_SECONDS:
                    means |= self.task.validate(self.average_net.module)
                    validation_time = now
                self._log(means)
                note = " ".join(f"{name} {value:.3f}" for name, value in means.items())
                bar.update(row, completed=now - start, note=note)
                sums, log_time = {}, now

    def _step(self, feed: SampleFeed) -> dict[str, float]:
        sample = feed.batch(self.task.batch)
        warm = min(1.0, (self.steps + 1) / WARM_UP_STEPS)
        for group in self.optimiser.param_groups:
            group["lr"] = self.task.rate * self._share * warm
        self.task.net.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            losses = self.task.loss(sample)
        self.optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        nn.utils.clip_grad_norm_(self.task.net.parameters(), 5.0)
        self.optimiser.step()
        self.average_net.update_parameters(self.task.net)
        self.steps += 1
        self.samples_seen += len(sample[0])
        return {name: float(value.detach()) for name, value in losses.items()}

    def _is_half_faster(self, sample: Sample) -> bool:
        """Whether this machine computes faster in bfloat16: some have instructions for it, others imitate it."""
        seconds = {}
        self.task.net.eval()
        for half in (False, True, False, True):
            start = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                torch.stack(list(self.task.loss(sample).values())).sum().backward()
            seconds[half] = time.perf_counter() - start
        return seconds[True] < seconds[False]

    def _log(self, figures: dict[str, float]) -> None:
        path = self.folder / LOG
        fresh = not path.exists()
        with path.open("a", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            if fresh:
                writer.writerow(["hours", "samples_seen", "figure", "value"])
            for name, value in figures.items():
                writer.writerow([f"{self.hours:.4f}", self.samples_seen, name, f"{value:.5f}"])

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


def read_checkpoint(folder: Path) -> dict[str, Any]:
    """What a run goes on from.

    Raises:
        ModelError: there is none in the folder, or it cannot be read.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        raise ModelError(f"{path}: no checkpoint to go on from; leave out --resume")
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError):
        raise ModelError(f"{path}: no checkpoint that can be read; begin in its place with --overwrite") from None
    return state


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(20),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
