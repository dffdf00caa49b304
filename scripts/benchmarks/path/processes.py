"""The product's own processes, as a car starts them: their settings, share of the processor, health, memory and end."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alpr_edge.domain.errors import StoreError
from alpr_edge.settings import VisionSettings

START_S_MAX = 180.0
STOP_S_MAX = 30.0
POLL_S = 0.2
LINES_KEPT = 20
WEIGHT_USUAL = 100
"""Of a unit of systemd that names no CPUWeight."""
STEP_OF_NICENESS = 1.25
"""How many times the processor a process gets beside one that is one step nicer (kernel, sched_prio_to_weight)."""
_CPUCLOCK_SCHED = 2
"""Of linux/posix-timers.h: makes the clock of a process's processor time from its id."""
UNITS = Path(__file__).parents[3] / "systemd"
Table = dict[str, object]


def niceness_of(daemon: str) -> int:
    """The niceness that shares the processor out as the CPUWeight of a daemon's unit of systemd does, ``run`` having 0.

    Args:
        daemon: its command, as ``uplink``.
    """
    return round(math.log(_weight_of("run") / _weight_of(daemon), STEP_OF_NICENESS))


def _weight_of(daemon: str) -> int:
    unit = UNITS / ("alpr-edge.service" if daemon == "run" else f"alpr-edge-{daemon}.service")
    weight = re.search(r"^CPUWeight=(\d+)$", unit.read_text(encoding="utf-8"), re.MULTILINE) if unit.exists() else None
    return WEIGHT_USUAL if weight is None else int(weight[1])


def memory_mib(pid: int, name: str = "VmHWM") -> float:
    """A figure of a process's memory in MiB, from the kernel: its peak, unless another is named; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0) / 1024


def vision_table(vision: VisionSettings) -> Table:
    """[vision] of a settings file: what was chosen, with the models' folder from the root."""
    values = vision.model_dump(mode="json", exclude_defaults=True)
    return values | {"models_directory": str((vision.models_directory or Path("models")).resolve())}


def write_settings(path: Path, tables: dict[str, Table], lists: dict[str, Sequence[Table]]) -> Path:
    """Write a settings file of tables, and of lists of tables such as ``camera``."""
    blocks = [(f"[{name}]", table) for name, table in tables.items()]
    blocks += [(f"[[{name}]]", table) for name, rows in lists.items() for table in rows]
    # JSON's texts, numbers and truth values are TOML's as well.
    lines = [line for head, table in blocks for line in (head, *(f"{k} = {json.dumps(v)}" for k, v in table.items()))]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


class Process:
    """One command of the product under way.

    Args:
        command: its arguments.
        path: folders before those of PATH; empty: none.
        watched: texts whose lines of its log are counted.
        variables: more for its environment.
        hear: a function that gets each line of its log, in a thread of its own.
    """

    def __init__(
        self,
        command: Sequence[str],
        path: str = "",
        watched: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        hear: Callable[[str], None] = lambda _: None,
    ) -> None:
        environment = os.environ | {"PYTHONUNBUFFERED": "1"} | dict(variables or {})
        self._hear = hear
        if path:
            environment["PATH"] = f"{path}{os.pathsep}{environment.get('PATH', '')}"
        self.name = f"alpr-edge {command[0]}"
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            ["nice", "-n", str(niceness_of(command[0])), sys.executable, "-m", "alpr_edge", *command],  # noqa: S607
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            process_group=0,  # Ctrl-C at the terminal is for us, which then ends it in order
        )
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._counts = dict.fromkeys(watched, 0)
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return self._process.poll() is not None

    @property
    def lines(self) -> list[str]:
        """The newest lines of its log."""
        return list(self._lines)

    def count(self, text: str) -> int:
        """How many lines of its log so far hold a text that is watched."""
        return self._counts[text]

    def require_life(self) -> None:
        """Raise StoreError, with its last line, when it has ended."""
        if self._process.poll() is not None:
            self._reader.join(STOP_S_MAX)
            last = self._lines[-1] if self._lines else "without a word"
            raise StoreError(f"{self.name} ended early: {last}")

    def memory_mib(self, name: str = "VmHWM") -> float:
        """A figure of its memory in MiB, from the kernel; the peak of what is resident unless another is named."""
        self.require_life()
        return memory_mib(self._process.pid, name)

    def memory_share_mib(self) -> float:
        """Its proportional set size in MiB: what is its own, and its share of what others use as well."""
        self.require_life()
        lines = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024

    def processor_s(self) -> float:
        """Seconds of the processor that it has used, of threads that have ended as well."""
        self.require_life()
        return time.clock_gettime(~self._process.pid << 3 | _CPUCLOCK_SCHED)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it by force."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it as systemd does, and by force where that does not help."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(STOP_S_MAX)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._lines.append(line.rstrip("\n"))
            self._hear(line.rstrip("\n"))
            for text in self._counts:
                self._counts[text] += text in line


@contextmanager
def process(command: Sequence[str], path: str = "", watched: Sequence[str] = ()) -> Iterator[Process]:
    """A command of the product that is stopped afterwards."""
    started = Process(command, path, watched)
    try:
        yield started
    finally:
        started.stop()


def wait_for(condition: Callable[[], bool], what: str, processes: Sequence[Process], limit_s: float) -> None:
    """Wait until something holds.

    Raises:
        StoreError: it does not within ``limit_s``, or one of the processes has ended.
    """
    deadline_s = time.monotonic() + limit_s
    while not condition():
        for each in processes:
            each.require_life()
        if time.monotonic() > deadline_s:
            raise StoreError(f"{what} within {limit_s:g} s; the last of it: {processes[0].lines[-1:]}")
        time.sleep(POLL_S)


def health(runtime: Path, unit: str) -> dict[str, Any]:
    """What a daemon's health file tells; empty before there is one."""
    try:
        content: dict[str, Any] = json.loads((runtime / f"{unit}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content
