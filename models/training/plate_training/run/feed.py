"""One rendering process that feeds one training process, with a pool so that training never waits long."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from queue import Queue
from threading import Thread

import numpy as np
from numpy.typing import NDArray

Sample = tuple[NDArray[np.generic], ...]
Sampler = Callable[[np.random.Generator], Sample]

PART = 32
"""Samples that travel together."""
QUEUE_PARTS = 12
WAIT_SECONDS = 600
"""Longest wait for a part: before the first one, pictures are loaded and mistakes are looked for."""


class FeedEndError(RuntimeError):
    """The rendering process has ended."""


def _render(build: Callable[[], Sampler], seed: int, sender: "Connection[Sample, Sample]") -> None:
    """Render until the training process stops this one, or is gone. Ctrl-C is for that one to act on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import cv2  # noqa: PLC0415  # the setting belongs to this process

    cv2.setNumThreads(1)
    parts: Queue[Sample] = Queue(QUEUE_PARTS)
    Thread(target=_end_with_parent, daemon=True).start()
    Thread(target=_send, args=(parts, sender), daemon=True).start()
    draw, rng = build(), np.random.default_rng(seed)
    while True:
        samples = [draw(rng) for _ in range(PART)]
        parts.put(tuple(np.stack(column) for column in zip(*samples, strict=True)))


def _end_with_parent() -> None:
    """End this process once the training process is gone, however that ended."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
    os._exit(1)


def _send(parts: "Queue[Sample]", sender: "Connection[Sample, Sample]") -> None:
    try:
        while True:
            sender.send(parts.get())
    except OSError:  # nobody takes them any more
        os._exit(1)


class SampleFeed:
    """Batches of samples.

    Args:
        build: a function that makes the sampler, called in the rendering process.
        seed: the seed of the rendering process.
        pool_samples: the number of latest samples that are kept to be drawn from.
        reuse: how often a sample may be used on average before the trainer waits for fresh ones.
    """

    def __init__(self, build: Callable[[], Sampler], seed: int, pool_samples: int, reuse: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._parts, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_render, args=(build, seed, sender), daemon=True)
        self._process.start()
        sender.close()  # now its end is seen here, even in the middle of a part
        self._rng = np.random.default_rng(seed + 1)
        self._pool: list[Sample] = []
        self._pool_parts, self._reuse = max(1, pool_samples // PART), reuse
        self._credit, self._next = 0.0, 0

    def batch(self, size: int) -> Sample:
        """Samples drawn from the pool; fresh ones are taken in only as they are needed, so rendering may rest.

        Raises:
            FeedEndError: the rendering process has ended.
        """
        while self._credit < size or len(self._pool) * PART < size * 2:
            self._take_in()
        self._credit -= size
        rows = self._rng.integers(len(self._pool), size=size), self._rng.integers(PART, size=size)
        columns = range(len(self._pool[0]))
        return tuple(np.stack([self._pool[p][c][r] for p, r in zip(*rows, strict=True)]) for c in columns)

    def close(self) -> None:
        """Stop the rendering process."""
        self._process.terminate()
        self._process.join()
        self._parts.close()

    def _take_in(self) -> None:
        part = self._next_part()
        if len(self._pool) < self._pool_parts:
            self._pool.append(part)
        else:
            self._pool[self._next % self._pool_parts] = part
            self._next += 1
        self._credit += PART * self._reuse

    def _next_part(self) -> Sample:
        if not self._parts.poll(WAIT_SECONDS):
            raise RuntimeError(f"the rendering process sent nothing for {WAIT_SECONDS} s")
        try:
            part: Sample = self._parts.recv()
        except (EOFError, OSError):
            raise FeedEndError("the rendering process has ended; its error is printed above") from None
        return part
