"""Joins what all daemons of a unit say of themselves into one value: each part, how it is, and what to do.

It reads the health files and nothing else, which everybody on the unit may read: no device, key or database. So the
command line and the page show the same, and neither needs more rights than to look.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from alpr_edge.domain.diagnostics.unit_parts import PartHealth, UnitHealth, UnitPart
from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.list_ages import age_words
from alpr_edge.domain.power import Phase
from alpr_edge.runtime.health import Health
from alpr_edge.services.unit_health.daemons import PAGE_LINK, RUN, reports
from alpr_edge.services.unit_health.department_parts import Reports, department_parts
from alpr_edge.services.unit_health.part_lines import (
    BESIDE_READING,
    TECHNICIAN,
    attention,
    days_until,
    fault,
    merge,
    told_parts,
    unknown,
    well,
)
from alpr_edge.settings import Settings

_NOT_RUNNING = "the plate reader is not running"
_SKY = "Drive under open sky; check its antenna."
_SOURCES = {UtcSource.GNSS: "the receiver", UtcSource.NTP: "a time server"}


def reading_parts(settings: Settings, health: Health | None) -> list[PartHealth]:
    """The parts that the daemon of the cameras looks after.

    Args:
        health: what the daemon says; None: it does not run.
    """
    if health is None:
        return [_reader(None), *_not_known(settings, _NOT_RUNNING)]
    if health.figures.get("power", Phase.WATCHING) != Phase.WATCHING:
        return merge([_reader(health), *_not_known(settings, "the ignition is off")], _faults(health))
    figures = health.figures
    lines = [
        _reader(health),
        *_cameras(settings, figures),
        _receiver(settings, figures),
        _clock(figures),
        _sound(settings, figures),
        *_lists(figures),
        _store(health),
        _disk(figures),
        _roster(figures),
        _access_log(figures),
    ]
    return merge(lines, _faults(health))


def _faults(health: Health) -> list[PartHealth]:
    """The faults of the parts that are told of here."""
    return [each for each in told_parts(health) if each.part not in BESIDE_READING]


def _reader(health: Health | None) -> PartHealth:
    """Whether plates are read, matched and announced, as the ready note says."""
    part = UnitPart.READER
    if health is None:
        return fault(part, "not running", f"{_NOT_RUNNING}: no plate is read", f"It restarts by itself. {TECHNICIAN}")
    if health.figures.get("power", Phase.WATCHING) != Phase.WATCHING:
        finding = "; ".join(health.troubles) or "the ignition is off: no plate is read"
        return attention(part, "ignition off", finding, "Switch the ignition on to read plates.")
    told = [str(each["text"]) for each in health.figures.get("faults", [])]
    others = [line for line in (*health.troubles, *health.warnings) if line not in told]
    if health.working is False:
        reasons = [str(each["text"]) for each in health.figures.get("faults", []) if not each["is_ready"]]
        why = "; ".join((*reasons, *others))
        if not why:
            return attention(part, "starting", "starting: no ready note yet", "Wait for the ready note.")
        return fault(part, "not ready", f"there is no ready note: {why}", "See the other lines.")
    if others:
        return attention(part, "has a warning", "; ".join(others), TECHNICIAN)
    return well(part, "ready", "plates are read, matched and announced")


def _not_known(settings: Settings, why: str) -> Iterator[PartHealth]:
    """The other parts while nobody tells of them."""
    for camera in settings.camera:
        yield unknown(UnitPart.CAMERAS, why, f"camera {camera.id}")
    others = (
        UnitPart.RECEIVER, UnitPart.CLOCK, UnitPart.SOUND, UnitPart.LISTS, UnitPart.STORE, UnitPart.DISK,
        UnitPart.ROSTER, UnitPart.ACCESS_LOG,
    )  # fmt: skip
    yield from (unknown(part, why) for part in others)


def _cameras(settings: Settings, figures: dict[str, Any]) -> Iterator[PartHealth]:
    told = figures.get("cameras", {})
    for camera in settings.camera:
        name, rate = f"camera {camera.id}", told.get(camera.id, {}).get("frames_per_s")
        if camera.id in figures.get("cameras_not_collecting", ()):
            text = "the car is, or may be, in a no-collection area: nothing is read"
            yield attention(UnitPart.CAMERAS, "reads nothing here", text, "Drive on: reading resumes by itself.", name)
        elif rate is None:
            yield unknown(UnitPart.CAMERAS, "not reported yet", name)
        else:
            yield well(UnitPart.CAMERAS, "gives pictures", f"{rate:g} pictures a second are read", name)


def _receiver(settings: Settings, figures: dict[str, Any]) -> PartHealth:
    if not settings.position.device:
        return well(UnitPart.RECEIVER, "none", "not configured: reads have no location")
    if figures.get("has_fix"):
        return well(UnitPart.RECEIVER, "has a fix", "location known")
    return attention(UnitPart.RECEIVER, "no fix", "location unknown: reads have no location", _SKY)


def _clock(figures: dict[str, Any]) -> PartHealth:
    source = figures.get("utc_source")
    if source is None:
        return unknown(UnitPart.CLOCK, "not reported yet")
    if source in _SOURCES and figures.get("computer_clock_confirmed") is False:
        text = "the receiver confirms the time; nothing sets this computer's clock"
        return attention(UnitPart.CLOCK, "not set", text, "Set position.chrony_socket and restart.")
    if source in _SOURCES:
        return well(UnitPart.CLOCK, "confirmed", f"{_SOURCES[UtcSource(source)]} confirms the time")
    return attention(UnitPart.CLOCK, "not confirmed", "nothing confirms the time yet", "Drive under open sky.")


def _sound(settings: Settings, figures: dict[str, Any]) -> PartHealth:
    """Silence by the settings is told of all the same: nobody may take it for "no hits"."""
    player = settings.alerts.player
    if player == "none":
        return attention(
            UnitPart.SOUND, "off", "tones are switched off in the settings", f"Watch the page. {TECHNICIAN}"
        )
    if player == "wav":
        return attention(UnitPart.SOUND, "into a file", "tones are written to a file", f"Watch the page. {TECHNICIAN}")
    if minutes := figures.get("muted_minutes_left"):
        text = f"hits are muted for {minutes:.0f} more minutes, except the gravest"
        return attention(UnitPart.SOUND, "muted", text, "Watch the page, or unmute there.")
    return well(UnitPart.SOUND, "works", "the sound device works")


def _lists(figures: dict[str, Any]) -> Iterator[PartHealth]:
    """A line for each list; that there is none at all is a fault of its own."""
    lists, own = figures.get("lists"), figures.get("own_entries")
    if lists is None:
        yield unknown(UnitPart.LISTS, "not reported yet")
        return
    for source, told in lists.items():
        age = None if told["age_s"] is None else timedelta(seconds=told["age_s"])
        finding, name = f"{told['entries']:,} entries, {age_words(age)}", f"list {source}"
        if age is not None and not told.get("is_dated", True):
            finding += " since import: the list has no issue date"
        if left_out := told.get("left_out"):
            yield attention(UnitPart.LISTS, "skipped lines", f"{finding}; its last feed: {left_out}", TECHNICIAN, name)
        else:
            yield well(UnitPart.LISTS, "in use", finding, name)
    if own or not lists:
        yield well(
            UnitPart.LISTS,
            "own entries",
            "1 officer entry" if own == 1 else f"{own or 0} officer entries",
            "own entries",
        )


def _store(health: Health) -> PartHealth:
    if not health.ready:
        return fault(UnitPart.STORE, "no read is stored", "reads are currently not stored", TECHNICIAN)
    return well(UnitPart.STORE, "stores", "reads are stored")


def _disk(figures: dict[str, Any]) -> PartHealth:
    share, free = figures.get("disk_share"), figures.get("disk_free_bytes")
    if share is None or free is None:
        return unknown(UnitPart.DISK, "not measured yet")
    return well(UnitPart.DISK, "has room", f"{share:.0%} used, {free / 1e9:.1f} GB free")


def _roster(figures: dict[str, Any]) -> PartHealth:
    if "roster_until" not in figures:
        return unknown(UnitPart.ROSTER, "not reported yet")
    days = days_until(figures["roster_until"])
    if days is None:
        return attention(UnitPart.ROSTER, "none", "there is no roster: no user can sign in", TECHNICIAN)
    return well(UnitPart.ROSTER, "in force", f"valid for {max(days, 0.0):.0f} more days")


def _access_log(figures: dict[str, Any]) -> PartHealth:
    count, cosigned = figures.get("access_records"), figures.get("access_records_cosigned")
    if count is None:
        return unknown(UnitPart.ACCESS_LOG, "not reported yet")
    confirmed = "" if cosigned is None else f", {cosigned:,} confirmed by the department"
    return well(UnitPart.ACCESS_LOG, "records", f"{count:,} records{confirmed}")


def unit_health(settings: Settings, page_link: Path = PAGE_LINK) -> UnitHealth:
    """How all parts of the unit are at present."""
    return health_of(settings, reports(settings, page_link))


def health_of(settings: Settings, told: Reports) -> UnitHealth:
    """How all parts are, by what each daemon that is due says; None for one that does not run."""
    return UnitHealth(settings.unit.id, (*reading_parts(settings, told.get(RUN)), *department_parts(settings, told)))
