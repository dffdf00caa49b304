"""Whether a unit tells of a fault, by what its daemons write of themselves, and whether all of it is over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alpr_edge.runtime.health import Health
from alpr_edge.services.unit_health.daemons import CONSOLE, RUN, UPLINK, reports
from alpr_edge.settings import Settings
from alpr_edge.uplink.uploader import Link
from scripts.soak.faults import SOAK_RULES
from scripts.soak.schedule import ScheduledFault


@dataclass(frozen=True, slots=True)
class UnitSigns:
    """What a unit tells at one moment."""

    told: Mapping[str, Health | None]
    """By daemon, what it says of itself; None: it does not run."""
    logged: frozenset[str] = frozenset()
    """Texts that the log of the daemon that reads had since the newest fault began."""

    @property
    def faults(self) -> frozenset[tuple[str, str]]:
        """Kind and subject of each fault in the health of the daemon that reads."""
        health = self.told.get(RUN)
        rows = [] if health is None else health.figures.get("faults", [])
        return frozenset((str(row["kind"]), str(row["subject"])) for row in rows)

    @property
    def is_link_up(self) -> bool:
        """Whether the uplink says that the department answers."""
        return bool(self._figure(UPLINK, "link") == Link.UP)

    @property
    def is_link_down(self) -> bool:
        """Whether it says that the department does not."""
        return bool(self._figure(UPLINK, "link") == Link.DOWN)

    @property
    def waiting(self) -> int:
        """Items that wait for the department."""
        return int(self._figure(UPLINK, "waiting") or 0)

    @property
    def frames(self) -> int:
        """Frames that were recognised since the daemon's start."""
        return int(self._figure(RUN, "frames") or 0)

    @property
    def all_run(self) -> bool:
        """Whether every daemon runs and is ready."""
        return all(self.runs(name) for name in (RUN, UPLINK, CONSOLE))

    def words(self) -> str:
        """What is wrong, in a line."""
        away = [f"{name} does not run" for name in (RUN, UPLINK, CONSOLE) if not self.runs(name)]
        link = [] if self.is_link_up else ["the link is not up"]
        return "; ".join([*away, *link, *(f"{kind} ({subject})" for kind, subject in sorted(self.faults))])

    def runs(self, daemon: str) -> bool:
        """Whether a daemon runs and is ready."""
        health = self.told.get(daemon)
        return health is not None and health.ready

    def _figure(self, daemon: str, name: str) -> Any:  # noqa: ANN401 - of a health file
        health = self.told.get(daemon)
        return None if health is None else health.figures.get(name)


def signs_of(settings: Settings, logged: frozenset[str] = frozenset()) -> UnitSigns:
    """What a unit tells now."""
    return UnitSigns(reports(settings), logged)


def is_told(scheduled: ScheduledFault, signs: UnitSigns) -> bool:
    """Whether a unit says what is wrong with it."""
    rule = SOAK_RULES[scheduled.fault]
    if rule.kinds:
        return _stands(scheduled, signs)
    if rule.log_text:
        return rule.log_text in signs.logged
    return signs.is_link_down if rule.is_of_link else signs.told.get(rule.daemon) is None


def is_over(scheduled: ScheduledFault, signs: UnitSigns) -> bool:
    """Whether nothing is told of it any more, and what it stopped works again."""
    rule = SOAK_RULES[scheduled.fault]
    if not signs.runs(RUN) or _stands(scheduled, signs):
        return False
    return (not rule.is_of_link or signs.is_link_up) and (not rule.daemon or signs.runs(rule.daemon))


def _stands(scheduled: ScheduledFault, signs: UnitSigns) -> bool:
    subject = f"camera {scheduled.camera}"
    return any(
        kind in SOAK_RULES[scheduled.fault].kinds and (not scheduled.camera or told_of == subject)
        for kind, told_of in signs.faults
    )
