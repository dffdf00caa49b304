"""Makes the heartbeat that the department gets, from the health files and the file of the last place alone."""

from alpr_edge.domain.protocol.heartbeats import (
    FAULTS_MAX,
    LISTS_MAX,
    HeartbeatFaultPayload,
    HeartbeatListPayload,
    HeartbeatPayload,
    HeartbeatPlacePayload,
)
from alpr_edge.position.last_place_file import read_last_place
from alpr_edge.services.unit_health.daemons import RUN, reports
from alpr_edge.services.unit_health.figures import DaemonFigures, figures_of
from alpr_edge.settings import Settings

WORD_CHARACTERS_MAX = 64
_SAME = (
    *("queue_items", "queue_oldest_s", "queue_refused", "has_fix", "clock_source", "temperature_c", "is_throttled"),
    *("disk_share", "disk_free_bytes", "certificate_days_left"),
)
"""Figures that have the same name there."""


def heartbeat(settings: Settings) -> HeartbeatPayload:
    """What the unit says of itself at present."""
    figures = figures_of(reports(settings))
    not_running = DaemonFigures(RUN, is_running=False, is_ready=False)
    run = next((daemon for daemon in figures.daemons if daemon.name == RUN), not_running)
    return HeartbeatPayload(
        version=_word(run.version or next((each.version for each in figures.daemons if each.version), "")),
        is_running=run.is_running,
        is_ready=run.is_ready,
        uptime_s=run.uptime_s,
        frames=figures.total("captured"),
        frames_dropped=figures.total("dropped"),
        frames_lost=figures.total("lost"),
        reads=figures.total("reads"),
        hits=figures.total("hits"),
        lists=[
            HeartbeatListPayload(source=_word(each.source), entries=each.entries, age_s=each.age_s)
            for each in figures.lists[:LISTS_MAX]
        ],
        faults=[
            HeartbeatFaultPayload(kind=_word(each.kind), part=_word(each.part), state=_word(each.state))
            for each in dict.fromkeys(figures.faults[:FAULTS_MAX])
        ],
        place=_place(settings),
        **{name: getattr(figures, name) for name in _SAME},
    )


def _place(settings: Settings) -> HeartbeatPlacePayload | None:
    """Where the car was last, where the settings allow it to be told."""
    place = read_last_place(settings.unit.runtime_directory) if settings.uplink.heartbeat_place else None
    if place is None:
        return None
    return HeartbeatPlacePayload(lat_deg=place.lat_deg, lon_deg=place.lon_deg, at=place.at)


def _word(text: str) -> str:
    return text[:WORD_CHARACTERS_MAX]
