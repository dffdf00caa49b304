"""Examines a unit before a shift: every check has a time limit, and a check that fails stops none of the others.

Each check runs in a thread of its own under the supervisor, which survives whatever a check does; one that does not
end in time is red, and the others go on. Whether ``alpr-edge run`` works on the data folder is determined by its lock,
not by a file that it may have left. A running unit holds the camera, the receiver's line and the sound device, so its
health and its newest reads are judged instead of opening them.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from alpr_edge.app.clock import open_computer_clock
from alpr_edge.app.instance_lock import is_locked
from alpr_edge.diagnostics.accounts import check_accounts
from alpr_edge.diagnostics.camera import check_camera
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.diagnostics.devices import check_place_and_time, check_sound
from alpr_edge.diagnostics.ignition import check_ignition
from alpr_edge.diagnostics.memory import check_memory
from alpr_edge.diagnostics.models import check_models
from alpr_edge.diagnostics.network import check_certificates, check_department
from alpr_edge.diagnostics.page import check_page
from alpr_edge.diagnostics.recorded_changes import check_recorded_changes
from alpr_edge.diagnostics.running_unit import check_running_unit
from alpr_edge.diagnostics.storage import (
    check_deletion,
    check_disk,
    check_keys,
    check_lists,
    check_versions,
)
from alpr_edge.domain.diagnostics.checks import GROUPS, Check, Grade, red, skipped_check, worst
from alpr_edge.domain.errors import AlprEdgeError, SettingsError
from alpr_edge.domain.instants import Instant
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import Settings

POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an examination."""

    unit_id: str
    examined_at: Instant
    """The time of the examination, by the best source there was."""
    running: bool
    """Whether the unit was running meanwhile."""
    checks: tuple[Check, ...]
    left_out: tuple[str, ...]
    """Names of the checks that were skipped."""

    @property
    def grade(self) -> Grade:
        """The gravest grade of all checks."""
        return worst(self.checks)


@dataclass(slots=True, eq=False)
class _CheckGroup:
    """A group of checks, run once as a stage of the supervisor."""

    name: str
    work: Callable[[], list[Check]]
    limit_s: float
    checks: list[Check] = field(default_factory=list)

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Make the checks; an expected failure is their result."""
        del beat
        if stop.is_set():
            return
        try:
            self.checks = self.work()
        except AlprEdgeError as error:
            self.checks = [red(self.name, str(error).splitlines()[0])]
        except OSError as error:
            self.checks = [red(self.name, f"{error.filename or 'the system'}: {error.strerror}")]

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""


def examine(
    settings: Settings,
    skip: Sequence[str],
    *,
    microphone: str | None = None,
    card_m: float | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Examine the unit.

    Args:
        microphone: the ALSA name of a capture device; None: that of the player.
        card_m: the distance from lens to test card; None: not known.

    Raises:
        SettingsError: ``skip`` has a name that no check has.
    """
    if unknown := [name for name in skip if name not in GROUPS]:
        raise SettingsError([f"--skip {unknown[0]}: no such check; there are: {', '.join(GROUPS)}"])
    running = is_locked(settings.unit.data_directory)
    context = CheckContext(
        settings,
        open_computer_clock(settings),
        running=running,
        skip=frozenset(skip),
        microphone=microphone or settings.alerts.device,
        card_m=card_m,
    )
    groups = list(_check_groups(context))
    _run(groups, tell)
    checks = [check for group in groups for check in group.checks]
    left_out = [name for name in GROUPS if name in skip]
    checks += [skipped_check(name) for name in left_out]
    return Report(settings.unit.id, context.now(), running, tuple(checks), tuple(left_out))


def _check_groups(context: CheckContext) -> Iterator[_CheckGroup]:
    """The groups of checks, in the order of the report."""
    skip = context.skip
    if "unit" not in skip:
        yield _CheckGroup("unit", partial(check_running_unit, context), 10.0)
    for camera in context.settings.camera:
        if not {"camera", "card"} <= skip:
            yield _CheckGroup(f"camera {camera.id}", partial(check_camera, context, camera), 30.0)
    if {"gps", "clock"} <= skip:
        context.receiver_done.set()
    else:
        yield _CheckGroup("gps", partial(check_place_and_time, context), 30.0)
    plain: tuple[tuple[str, Callable[[CheckContext], list[Check]], float], ...] = (
        ("sound", check_sound, 30.0),
        ("ignition", check_ignition, 15.0),
        ("keys", check_keys, 15.0),
        ("accounts", check_accounts, 30.0),
        ("changes", check_recorded_changes, 30.0),
        ("memory", check_memory, 10.0),
        ("lists", check_lists, 60.0),
        ("disk", check_disk, 15.0),
        ("deletion", check_deletion, 40.0),
        ("certificates", check_certificates, 10.0),
        ("department", check_department, 30.0),
        ("page", check_page, 15.0),
        ("models", check_models, 30.0),
        ("versions", check_versions, 10.0),
    )
    for name, work, limit_s in plain:
        if name not in skip:
            yield _CheckGroup(name, partial(work, context), limit_s)


def _run(groups: Sequence[_CheckGroup], tell: Callable[[str], None]) -> None:
    """Run all groups at once; one without a result gets a red check that says why."""
    supervisor = Supervisor()
    for group in groups:
        supervisor.add(group)
    began_s = time.monotonic()
    supervisor.start()
    states = dict(zip((group.name for group in groups), supervisor.states, strict=True))
    waiting = list(groups)
    while waiting:
        time.sleep(POLL_S)
        for group in list(waiting):
            state = states[group.name]
            if state.failure:
                group.checks = [red(group.name, f"the check itself failed: {state.failure}")]
            elif not state.done and time.monotonic() - began_s > group.limit_s:
                group.checks = [red(group.name, f"did not end within {group.limit_s:g} s")]
            elif not state.done:
                continue
            waiting.remove(group)
            tell(group.name)
    supervisor.stop.set()
