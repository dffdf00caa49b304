"""The victim that is a whole unit: both daemons in one process, from a camera's pictures to receipts.

It tells what was stored as its log does, and can kill the daemons' threads one after the other.
"""

import ctypes
import math
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random

import structlog

from alpr_edge.app.capture_daemon import CaptureDaemon
from alpr_edge.app.uplink_daemon import UplinkDaemon
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.runtime.health import Health, read_health
from alpr_edge.runtime.logs import configure_logs
from scripts.faults.notes import BatchStored, Note, ThreadKilled, ThreadsKilled, VictimFailed
from scripts.faults.rig import Rig

LIVE_S_MAX = 200.0
"""How long a thread that was killed may take to come back, and the unit to go on; shorter than the campaign's patience,
which would only say that something did not come back."""
LOOK_S = 0.05
CALLS_SHOWN = 4
"""Innermost calls that are told of a thread that did not come back."""
STAGES_MIN = 9
"""Threads that the two daemons have at least; fewer would mean that some are not seen."""
POOL_THREAD = re.compile(r"_\d+$")
"""In the names that pools of the standard library give their threads; stages have none such."""

Say = Callable[[Note], None]


class KilledError(BaseException):
    """Nothing that any code expects."""


class WholeUnit:
    """The daemons, each in a thread.

    Args:
        rig: the keys, feeds and department that no fault reaches.
        disk: the folder of the unit's data.
        say: the function that sends a note to the campaign.
    """

    def __init__(self, rig: Rig, disk: Path, say: Say) -> None:
        self._settings = rig.car(disk)
        self._say = say
        self._mains: list[threading.Thread] = []
        self._others = set(threading.enumerate())
        self._was_ignored = threading.Event()
        """Set where the interpreter ignored a kill, as it does with what is raised in a finalizer."""

    def run(self, seed: int, *, kills: bool) -> None:
        """Watch until the process is stopped."""
        self._tell_reads()
        self._start(CaptureDaemon)
        self._until(lambda: self._is_ready("run"), "the unit is not ready")
        self._start(UplinkDaemon)
        self._until(lambda: self._is_ready("uplink"), "the uplink is not ready")
        if kills:
            sys.unraisablehook = self._note_ignored
            self._kill_each(Random(seed))
            self._say(ThreadsKilled())
        self._until(lambda: False, "", math.inf)

    def _start(self, kind: type[CaptureDaemon] | type[UplinkDaemon]) -> None:
        daemon = kind(self._settings, threading.Event())
        main = threading.Thread(target=self._keep, args=(daemon,), name=kind.__name__, daemon=True)
        self._mains.append(main)
        main.start()

    def _keep(self, daemon: CaptureDaemon | UplinkDaemon) -> None:
        try:
            daemon.run()
        except (AlprEdgeError, OSError) as error:
            self._say(VictimFailed(str(error)))

    def _kill_each(self, random: Random) -> None:
        """Kill each stage's thread; wait until each is back and watches.

        The first two are left out: their ends are their processes'. So are pools, which write the files of one batch
        and end with it.
        """
        spared = {*self._others, *self._mains}
        threads = [thread for thread in threading.enumerate() if thread.daemon and thread not in spared]
        threads = [thread for thread in threads if not POOL_THREAD.search(thread.name)]
        if len(threads) < STAGES_MIN:
            self._say(VictimFailed(f"only {len(threads)} threads are to be seen"))
        random.shuffle(threads)
        for thread in threads:
            self._kill(thread)
            self._say(ThreadKilled(thread.name))

    def _kill(self, thread: threading.Thread) -> None:
        """Kill one, and wait until its stage was started again, in it or in another thread, and frames are seen."""
        name, before, restarts = thread.name, _count(thread.name), self._restarts()
        _raise_in(thread)

        def is_back() -> bool:
            if self._was_ignored.is_set():
                self._was_ignored.clear()
                _raise_in(thread)
            return self._restarts() > restarts and _count(name) == before

        try:
            self._until(is_back, f"thread {name} did not come back")
        except AlprEdgeError as error:
            counts = f"{self._restarts() - restarts} restarts told, {_count(name)} threads of its name, not {before}"
            raise AlprEdgeError(f"{error}: {counts}; {_calls_of(name, *(main.name for main in self._mains))}") from None
        frame_count = self._frames()
        self._until(lambda: self._frames() > frame_count, f"no frame was seen after {name} was killed")

    def _note_ignored(self, ignored: "sys.UnraisableHookArgs") -> None:
        if ignored.exc_type is KilledError:
            self._was_ignored.set()
        else:
            sys.__unraisablehook__(ignored)

    def _restarts(self) -> int:
        """How often stages of both daemons were started again."""
        healths = [self._health(name) for name in ("run", "uplink")]
        return sum(sum(health.figures["restarts"].values()) for health in healths if health is not None)

    def _frames(self) -> int:
        health = self._health("run")
        return int(health.figures["frames"]) if health is not None else 0

    def _is_ready(self, name: str) -> bool:
        health = self._health(name)
        return health is not None and health.ready

    def _health(self, name: str) -> Health | None:
        return read_health(self._settings.unit.runtime_directory, name)

    def _until(self, holds: Callable[[], bool], otherwise: str, longest_s: float = LIVE_S_MAX) -> None:
        """Wait; what does not come, or a daemon that ends, is told and ends the victim."""
        end = time.monotonic() + longest_s
        while not holds():
            has_ended = not all(main.is_alive() for main in self._mains)
            if has_ended or time.monotonic() > end:
                raise AlprEdgeError("a daemon ended" if has_ended else otherwise)
            time.sleep(LOOK_S)

    def _tell_reads(self) -> None:
        configure_logs(verbose=True)
        structlog.configure(processors=[self._report_stored_read, *structlog.get_config()["processors"]])

    def _report_stored_read(
        self, _: object, method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        if event["event"] == "read.stored":
            self._say(BatchStored((event["read"],), ()))
        if method in {"info", "debug"}:
            raise structlog.DropEvent
        return event


def _count(name: str) -> int:
    return sum(thread.name == name for thread in threading.enumerate())


def _calls_of(*names: str) -> str:
    """Where the threads of these names are, innermost call first."""
    frames = sys._current_frames()  # noqa: SLF001 - documented, and the only way to another thread's calls
    told = []
    for thread in threading.enumerate():
        if thread.name in names and thread.ident in frames:
            calls = reversed(traceback.extract_stack(frames[thread.ident])[-CALLS_SHOWN:])
            places = " < ".join(f"{call.name} {call.filename.rpartition('/')[2]}:{call.lineno}" for call in calls)
            told.append(f"{thread.name} in {places}")
    return "; ".join(told)


def _raise_in(thread: threading.Thread) -> None:
    """Raise :class:`KilledError` in a thread, wherever it is."""
    assert thread.ident is not None, "it was started"
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(KilledError))
