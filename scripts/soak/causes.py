"""Brings each fault on a unit from outside, and takes its cause away again."""

import subprocess
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from alpr_edge.services.unit_health.daemons import CONSOLE, RUN, UPLINK
from scripts.benchmarks.path.processes import Process
from scripts.faults.disk import Disk
from scripts.faults.receiver import Receiver, Talk
from scripts.soak.faults import DISK_FAULTS, SOUND_FAULTS, SoakFault
from scripts.soak.link import LinkRelay, RelayState
from scripts.soak.scenes import BLACK, FROZEN, WHITE, Scenes
from scripts.soak.schedule import ScheduledFault
from scripts.soak.services import UnitServices
from scripts.soak.sound_server import SoundServer
from scripts.soak.unit import WATCHED_LIST, SoakUnit, drop_damaged_feed, drop_list

STALE_H = 30.0
"""Age of a list that is red: 24 hours are the unit's limit."""
FILL_S = 0.5
"""Time between two looks at a disk that is kept full: the unit deletes what it may."""
FREEZE_S_MAX = 120.0
MODEL_START_S_MAX = 60.0
"""Longest time in which the daemon ends again and again for a damaged model."""


@dataclass(slots=True, eq=False)
class SoakParts:
    """What a fault can be brought on."""

    unit: SoakUnit
    scenes: Scenes
    link: LinkRelay
    services: UnitServices
    disk: Disk | None
    """None: the unit's data lie on this computer's own disk."""
    sound: SoundServer | None
    _receiver: ExitStack = field(default_factory=ExitStack)
    _talk: Receiver | None = None
    _department: Process | None = None

    def plug_receiver(self) -> None:
        """Put the receiver there."""
        self._talk = self._receiver.enter_context(Receiver(self.unit.receiver))

    def unplug_receiver(self) -> None:
        """Take it away."""
        self._receiver.close()
        self._talk = None

    def talk(self, talk: Talk) -> None:
        """Let the receiver send something else."""
        if self._talk is not None:
            self._talk.talk = talk

    def start_department(self) -> None:
        """Serve as the department, in a process of its own; it takes some seconds until it does."""
        self._department = self.unit.start_department()

    def kill_department(self) -> None:
        """End it without a word."""
        if self._department is not None:
            self._department.kill()
            self._department.stop()

    def close(self) -> None:
        """Let go of receiver and department."""
        self.unplug_receiver()
        self.kill_department()

    def possible_faults(self) -> list[SoakFault]:
        """Those that can be caused here."""
        missing = set(DISK_FAULTS if self.disk is None else ()) | set(SOUND_FAULTS if self.sound is None else ())
        return [fault for fault in SoakFault if fault not in missing]


End = Callable[[], None]
Bring = Callable[[ScheduledFault, SoakParts], End]


def bring(scheduled: ScheduledFault, parts: SoakParts) -> End:
    """Cause a fault; returns what takes the cause away, which may be called once."""
    return CAUSES[scheduled.fault](scheduled, parts)


def _take_camera(scheduled: ScheduledFault, parts: SoakParts) -> End:
    parts.scenes.take_away(scheduled.camera)
    return lambda: parts.scenes.show(scheduled.camera)


def _view(what: str) -> Bring:
    def show(scheduled: ScheduledFault, parts: SoakParts) -> End:
        parts.scenes.show(scheduled.camera, what)
        return lambda: parts.scenes.show(scheduled.camera)

    return show


def _take_receiver(_: ScheduledFault, parts: SoakParts) -> End:
    parts.unplug_receiver()
    return parts.plug_receiver


def _talk(talk: Talk) -> Bring:
    def speak(_: ScheduledFault, parts: SoakParts) -> End:
        parts.talk(talk)
        return lambda: parts.talk(Talk.FIXES)

    return speak


def _link(state: RelayState) -> Bring:
    def change(_: ScheduledFault, parts: SoakParts) -> End:
        parts.link.state = state
        return lambda: setattr(parts.link, "state", RelayState.UP)

    return change


def _kill_department(_: ScheduledFault, parts: SoakParts) -> End:
    parts.kill_department()
    return parts.start_department


def _drop(drop: Callable[[SoakUnit], None]) -> Bring:
    def change(_: ScheduledFault, parts: SoakParts) -> End:
        drop(parts.unit)
        return lambda: drop_list(parts.unit, WATCHED_LIST)

    return change


def _kill(name: str) -> Bring:
    """Kill a daemon; it is started again in its time, the page's only once the cause is over."""

    def kill(_: ScheduledFault, parts: SoakParts) -> End:
        parts.services.hold(name, is_held=name == CONSOLE)
        parts.services.kill(name)
        return lambda: parts.services.hold(name, is_held=False)

    return kill


def _damage_model(_: ScheduledFault, parts: SoakParts) -> End:
    """Change a byte of each reader, and kill the daemon that would load one: it does not start any more."""
    services = parts.services
    contents = {path: path.read_bytes() for path in parts.unit.models.glob("reader*.onnx")}
    for path, content in contents.items():
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    services.kill(RUN)
    services.excuse(RUN, MODEL_START_S_MAX)

    def restore() -> None:
        for path, content in contents.items():
            path.write_bytes(content)

    return restore


def _take_sound(_: ScheduledFault, parts: SoakParts) -> End:
    assert parts.sound is not None, "it is left out without one"
    parts.sound.unplug()
    return parts.sound.plug


def _mute(_: ScheduledFault, parts: SoakParts) -> End:
    sound = parts.sound
    assert sound is not None, "it is left out without one"
    sound.mute(is_muted=True)
    return lambda: sound.mute(is_muted=False)


def _fill_disk(_: ScheduledFault, parts: SoakParts) -> End:
    """Keep it full: the unit deletes what it may."""
    disk = parts.disk
    assert disk is not None, "it is left out without one"
    over = threading.Event()

    def fill() -> None:
        disk.fill()
        while not over.wait(FILL_S):
            disk.fill_more()

    thread = threading.Thread(target=fill, daemon=True)
    thread.start()

    def free() -> None:
        over.set()
        thread.join(FREEZE_S_MAX)
        disk.free()

    return free


def _freeze_disk(_: ScheduledFault, parts: SoakParts) -> End:
    """Let no write get to the disk: a card that is busy with itself."""
    disk = parts.disk
    assert disk is not None, "it is left out without one"

    def freeze(word: str) -> None:
        subprocess.run(["fsfreeze", word, disk.folder], check=word == "--freeze", timeout=FREEZE_S_MAX)

    freeze("--freeze")
    return lambda: freeze("--unfreeze")


CAUSES: dict[SoakFault, Bring] = {
    SoakFault.CAMERA_GONE: _take_camera,
    SoakFault.CAMERA_BLACK: _view(BLACK),
    SoakFault.CAMERA_WHITE: _view(WHITE),
    SoakFault.CAMERA_FROZEN: _view(FROZEN),
    SoakFault.RECEIVER_GONE: _take_receiver,
    SoakFault.RECEIVER_STUCK: _talk(Talk.SAME_PLACE),
    SoakFault.RECEIVER_JUMPS: _talk(Talk.JUMPS),
    SoakFault.RECEIVER_CLOCK: _talk(Talk.SAME_MOMENT),
    SoakFault.SOUND_GONE: _take_sound,
    SoakFault.SOUND_MUTED: _mute,
    SoakFault.DISK_FULL: _fill_disk,
    SoakFault.DISK_SLOW: _freeze_disk,
    SoakFault.LINK_CUT: _link(RelayState.CUT),
    SoakFault.LINK_SILENT: _link(RelayState.SILENT),
    SoakFault.DEPARTMENT_KILLED: _kill_department,
    SoakFault.RUN_KILLED: _kill(RUN),
    SoakFault.UPLINK_KILLED: _kill(UPLINK),
    SoakFault.PAGE_KILLED: _kill(CONSOLE),
    SoakFault.MODEL_DAMAGED: _damage_model,
    SoakFault.LIST_STALE: _drop(lambda unit: drop_list(unit, WATCHED_LIST, age_h=STALE_H)),
    SoakFault.FEED_DAMAGED: _drop(lambda unit: drop_damaged_feed(unit, WATCHED_LIST)),
}
"""How each is caused."""
