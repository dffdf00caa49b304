"""Health files under the runtime directory, one for each daemon: what works, what does not, and when that was written.

A file outlives its daemon. Each therefore names the process that wrote it: :func:`current_health` gives nothing for a
daemon that has ended, however it ended.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alpr_edge import __version__
from alpr_edge.domain.instants import NS_PER_S, rfc3339
from alpr_edge.runtime import no_follow
from alpr_edge.runtime.boot import boot_id, boottime_ns


@dataclass(frozen=True, slots=True)
class HealthStamp:
    """The process that wrote a health file, and when."""

    written: str
    """RFC 3339, by this computer's clock, trusted or not."""
    boot_id: str
    boottime_s: float
    """Seconds of the boot at which it was written, which no change of the clock moves."""
    pid: int
    version: str = ""
    """Of the program; empty in a file of an older release."""
    began_boottime_s: float | None = None
    """Seconds of the boot at which the process began; None in a file of an older release."""


@dataclass(frozen=True, slots=True)
class Health:
    """The state that a daemon reports. Holds no plate text."""

    unit: str
    ready: bool
    """Whether the daemon is up and stores what it reads; false once it has ended in order."""
    troubles: tuple[str, ...]
    """Red: failures at present."""
    figures: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """Amber: the unit works, but somebody has to look before it does not."""
    working: bool | None = None
    """Whether plates are read, matched and announced, as the ready note says; None for a daemon that does not read."""
    stamp: HealthStamp | None = field(default=None, compare=False)
    """Set by :func:`write_health`; None in a file of an older release."""


def read_health(directory: Path, unit: str) -> Health | None:
    """The health that a daemon wrote last; None when there is none, or none that can be read.

    The daemon may have ended since: see :func:`current_health`.
    """
    try:
        content = json.loads((directory / f"{unit}.json").read_text(encoding="utf-8"))
        return Health(
            unit,
            bool(content["ready"]),
            tuple(content["troubles"]),
            dict(content["figures"]),
            tuple(content["warnings"]),
            content.get("working"),
            _stamp_in(content),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def current_health(directory: Path, unit: str, age_s_max: float | None = None) -> Health | None:
    """The health of a daemon that still runs; None for one that has ended or was killed, and from another boot.

    Args:
        age_s_max: the greatest age that counts; None: any, as for a daemon that writes only when something happens.
    """
    health = read_health(directory, unit)
    if health is None or (stamp := health.stamp) is None or stamp.boot_id != boot_id():
        return None
    age_s = _boottime_s() - stamp.boottime_s
    if (age_s_max is not None and age_s > age_s_max) or not _is_running(stamp.pid):
        return None
    return health


def write_health(directory: Path, health: Health) -> None:
    """Replace the daemon's health file at once, with the present time: readers never see half of it.

    Raises:
        OSError: the runtime directory is not writable.
    """
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    values = asdict(health)
    now_s, began_s = round(_boottime_s(), 3), round(_BEGAN_S, 3)
    stamp = HealthStamp(rfc3339(datetime.now(UTC)), boot_id(), now_s, os.getpid(), __version__, began_s)
    del values["stamp"]
    content = json.dumps(values | asdict(stamp), sort_keys=True) + "\n"
    with no_follow.opened_folder(directory) as folder:
        no_follow.write_file(folder, f"{health.unit}.json", content.encode(), mode=0o644, durable=False)


def _stamp_in(content: dict[str, Any]) -> HealthStamp | None:
    if "written" not in content:
        return None
    began_s = content.get("began_boottime_s")
    return HealthStamp(
        str(content["written"]),
        str(content["boot_id"]),
        float(content["boottime_s"]),
        int(content["pid"]),
        str(content.get("version", "")),
        None if began_s is None else float(began_s),
    )


def _boottime_s() -> float:
    return boottime_ns() / NS_PER_S


_BEGAN_S = _boottime_s()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # it is another user's
    except OSError:
        return False
    return pid > 0
