"""Steps of provisioning: each finds what is missing, does it, and is undone when it fails."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from scripts.deploy.provision.machine import ProvisioningError


class Step(Protocol):
    """One part of a unit. Both methods may raise ProvisioningError."""

    @property
    def name(self) -> str:
        """One word."""

    def pending(self) -> list[str]:
        """The changes to make, a line each; none where the machine is as it should be."""

    def apply(self, undo: ExitStack) -> None:
        """Make the changes.

        Args:
            undo: receives what has to be undone, last first, when this fails later on.
        """


class State(StrEnum):
    """The result of a step."""

    SAME = "no change"
    CHANGED = "changed"
    WOULD_CHANGE = "would change"
    FAILED = "failed, undone"


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """The result of a step, with its changes or its error."""

    step: str
    state: State
    seconds: float
    changes: list[str] = field(default_factory=list)
    error: str = ""


def provision(steps: Sequence[Step], *, dry_run: bool) -> Iterator[StepOutcome]:
    """Take the steps in their order; the first that fails is undone, and none is taken after it.

    What was done before it stays, since it is whole: the next run finds it and goes on. The daemons start at the end.
    """
    for step in steps:
        outcome = _take_step(step, dry_run=dry_run)
        yield outcome
        if outcome.state is State.FAILED:
            return


def _take_step(step: Step, *, dry_run: bool) -> StepOutcome:
    began_s = time.monotonic()
    changes: list[str] = []

    def outcome(state: State, error: str = "") -> StepOutcome:
        return StepOutcome(step.name, state, round(time.monotonic() - began_s, 3), changes, error)

    try:
        changes += step.pending()
        if not changes:
            return outcome(State.SAME)
        if dry_run:
            return outcome(State.WOULD_CHANGE)
        with ExitStack() as undo:
            step.apply(undo)
            undo.pop_all()
    except ProvisioningError as error:
        return outcome(State.FAILED, str(error))
    except OSError as error:
        return outcome(State.FAILED, f"{error.filename or step.name}: {error.strerror}")
    return outcome(State.CHANGED)
