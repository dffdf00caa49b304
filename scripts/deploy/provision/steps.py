"""Steps of provisioning: each finds what is missing, does it, and is undone when it fails."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
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


def report_steps(program: str, steps: Sequence[Step], *, dry_run: bool, as_json: bool, is_check: bool = False) -> int:
    """Take the steps, tell each as it ends, and return the exit code; people read stderr when a program reads stdout.

    Args:
        program: the name of the program, for errors.
        steps: the steps in their order.
        dry_run: say what would change, and change nothing.
        as_json: a summary for programs on stdout.
        is_check: end with 1 also where a dry run would change something.
    """
    people = sys.stderr if as_json else sys.stdout
    outcomes: list[StepOutcome] = []
    for outcome in provision(steps, dry_run=dry_run):
        outcomes.append(outcome)
        place = f"[{len(outcomes):2}/{len(steps)}]"
        print(f"{place} {outcome.step:<10} {outcome.state:<14} {outcome.seconds:7.1f} s", file=people, flush=True)
        for change in outcome.changes:
            print(f"            - {change}", file=people, flush=True)
    failure = next((outcome for outcome in outcomes if outcome.state is State.FAILED), None)
    if as_json:
        print(json.dumps({"done": failure is None, "steps": [asdict(outcome) for outcome in outcomes]}))
    if failure is not None:
        print(f"{program}: {failure.step}: {failure.error}", file=sys.stderr)
        return 1
    return int(is_check and any(outcome.state is State.WOULD_CHANGE for outcome in outcomes))
