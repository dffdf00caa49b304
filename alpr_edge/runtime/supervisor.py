"""Runs stages in threads, starts a dead one again with growing waits, and tells a stalled one from an idle one.

Start order is the order of adding; stopping goes in exact reverse: sources first closed by ``stop``, then each stage
ends when its input channel is closed and empty.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from alpr_edge.domain.retry import Backoff

log = structlog.get_logger(__name__)

RESTART = Backoff(first_s=0.5, longest_s=30.0)
FORGIVEN_AFTER_S = 60.0
"""A stage that ran this long starts anew with the first wait."""


class Stage(Protocol):
    """One duty, run by one thread."""

    name: str

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Work until the input is closed or ``stop`` is set; call ``beat`` at least every few seconds."""

    def finish(self) -> None:
        """Called once after the last run, whatever ended it: hand on, flush, close."""


@dataclass(slots=True, eq=False)
class StageState:
    """What health shows of a stage."""

    stage: Stage
    thread: threading.Thread | None = None
    beaten_s: float = 0.0
    restarts: int = 0
    failure: str = ""
    finish_failed: bool = False
    """Whether what it still held at the end could not be handed on."""
    waiting: bool = False
    """Whether it failed and waits to be started again."""
    done: bool = False
    started_s: float = field(default=0.0)


class Supervisor:
    """Owns the threads of a process.

    Args:
        stall_s: a stage silent for longer has stalled.
    """

    def __init__(self, stall_s: float = 20.0) -> None:
        self._stall_s = stall_s
        self._states: list[StageState] = []
        self.stop = threading.Event()
        """Set: sources end, and with them everything behind."""

    @property
    def states(self) -> tuple[StageState, ...]:
        """Of every stage, in start order."""
        return tuple(self._states)

    def add(self, stage: Stage) -> None:
        """Add a stage to start later."""
        self._states.append(StageState(stage))

    def start(self) -> None:
        """Start every stage, consumers before producers if they were added so."""
        for state in self._states:
            state.beaten_s = time.monotonic()
            state.thread = threading.Thread(target=self._keep, args=(state,), name=state.stage.name, daemon=True)
            state.thread.start()

    def join(self, timeout_s: float) -> bool:
        """Wait until every stage is done; False when one is not by then."""
        deadline = time.monotonic() + timeout_s
        for state in reversed(self._states):
            if state.thread is not None:
                state.thread.join(max(0.0, deadline - time.monotonic()))
        return all(state.done for state in self._states)

    def stalled(self) -> list[str]:
        """Names of the stages that have not moved for too long."""
        now = time.monotonic()
        return [s.stage.name for s in self._states if not s.done and now - s.beaten_s > self._stall_s]

    def restarting(self) -> list[StageState]:
        """Stages that failed and wait to be started again."""
        return [state for state in self._states if state.waiting]

    def _keep(self, state: StageState) -> None:
        """Run a stage until it ends by itself or stop is asked."""
        failures = 0
        while True:
            state.started_s = time.monotonic()
            if self._run_once(state):
                break
            failures = 1 if time.monotonic() - state.started_s > FORGIVEN_AFTER_S else failures + 1
            state.restarts += 1
            wait_s = RESTART.wait_s(failures, random.random())  # noqa: S311 - jitter, no secret
            log.error("stage.restarting", stage=state.stage.name, failure=state.failure, wait_s=round(wait_s, 2))
            # Beaten while waiting: a stage that cannot start is known to be down, not stalled.
            state.beaten_s = time.monotonic() + wait_s
            state.waiting = True
            stopped = self.stop.wait(wait_s)
            state.waiting = False
            if stopped:
                break
        try:
            state.stage.finish()
        except Exception as error:  # noqa: BLE001 - as below
            state.finish_failed = True
            state.failure = f"{type(error).__name__}: {error}"
            log.error("stage.finish_failed", stage=state.stage.name, failure=state.failure)
        finally:
            state.done = True

    def _run_once(self, state: StageState) -> bool:
        def beat() -> None:
            state.beaten_s = time.monotonic()

        try:
            state.stage.run(beat, self.stop)
        except Exception as error:  # noqa: BLE001 - the one place that survives anything
            state.failure = f"{type(error).__name__}: {error}"
            return False
        return True
