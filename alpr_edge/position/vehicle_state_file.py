"""The file in the runtime directory by which the page learns how fast the car goes; no position stands in it."""

from pathlib import Path

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.motion.vehicle_state import VehicleState
from alpr_edge.runtime.health import Health, read_health, write_health

_FILE = "vehicle"
"""Its name in the runtime directory."""


def write_vehicle_state(directory: Path, state: VehicleState) -> None:
    """Replace the file at once: readers never see half of it.

    Raises:
        OSError: the runtime directory is not writable.
    """
    figures = {
        "boot_id": state.written_at.boot_id,
        "written_ns": state.written_at.boottime_ns,
        "fix_ns": _boottime_ns(state.fix_at),
        "speed_mps": state.speed_mps,
        "slow_since_ns": _boottime_ns(state.slow_since),
        "is_day": state.is_day,
    }
    write_health(directory, Health(_FILE, state.fix_at is not None, (), figures))


def read_vehicle_state(directory: Path) -> VehicleState | None:
    """The state that was written last, however old; None where there is none, or none that can be read."""
    health = read_health(directory, _FILE)
    if health is None:
        return None
    try:
        return _state_of(health.figures)
    except (KeyError, TypeError, ValueError):
        return None


def _state_of(figures: dict[str, object]) -> VehicleState:
    boot_id, speed_mps, is_day = str(figures["boot_id"]), figures["speed_mps"], figures["is_day"]
    if not isinstance(is_day, bool | None) or not isinstance(speed_mps, float | int | None):
        raise TypeError("a figure of another kind")
    written_at = _instant(boot_id, figures["written_ns"])
    if written_at is None:
        raise ValueError("it does not say when it was written")
    fix_at, slow_since = _instant(boot_id, figures["fix_ns"]), _instant(boot_id, figures["slow_since_ns"])
    return VehicleState(written_at, fix_at, speed_mps, slow_since, is_day)


def _boottime_ns(instant: Instant | None) -> int | None:
    return None if instant is None else instant.boottime_ns


def _instant(boot_id: str, boottime_ns: object) -> Instant | None:
    if not isinstance(boottime_ns, int | None):
        raise TypeError("a time is a whole number of nanoseconds")
    return None if boottime_ns is None else Instant(boot_id, boottime_ns)
