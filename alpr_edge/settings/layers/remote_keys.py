"""Which keys of a unit's settings its department may set from afar, and how far; everything else is the car's own.

An explicit list: a key of a later release is not set from afar until somebody decides that it may be. Not on it, for
good: who the unit is, keys, certificates, paths, addresses and devices, since a mistake there ends the link by which it
would be mended; the profiles of law and security, people's sessions and how soon a suspension is fetched; what
deletes reads that were not handed over; and areas in which nothing may be collected, nor how old a place may be by
which the car knows that it is in one.

Of a key that is on it, :data:`REMOTE_BOUNDS` says how far: a car's own file may go further, as one car is looked at
when it is set up, and a mistake from afar reaches a whole fleet at once.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings.faults import value_as_text
from alpr_edge.settings.loader import parse
from alpr_edge.settings.schema import UNIT_FILE, Settings

REMOTE_KEYS = frozenset(
    f"{section}.{key}"
    for section, keys in {
        "vision": "detection_confidence_min detection_accept_min text_confidence_min plate_probability_min",
        "decision": "readings_max timeout_ms pass_gap_ms confidence_min characters_min detection_best_min",
        "hotlist": "amber_after_h red_after_h large_entries",
        "alerts": "volume cooldown_s when_signed_out speech speech_volume",
        "console": "terminal_text confirmation_text theme",
        "store": "scene_px_max scene_jpeg_quality jpeg_quality",
        "power": "off_after_s on_after_s shutdown_grace_s",
        "load": "lower_frame_rate hot_c cool_c fps_min",
        "retention": "acknowledged_days_max amber_share",
        "canvass": "lasts_h before_h",
        "uplink": "batch_items batch_bytes idle_s link_down_h_max heartbeat_s",
    }.items()
    for key in keys.split()
)
"""The keys that a department may set."""
REMOTE_BOUNDS: dict[str, tuple[float, float]] = {
    # Above, every box is refused and no plate is read; below, road signs and lettering become reads.
    "vision.detection_confidence_min": (0.1, 0.7),
    "vision.detection_accept_min": (0.3, 0.95),
    "vision.text_confidence_min": (0.005, 0.5),
    "vision.plate_probability_min": (0.1, 0.9),
    "decision.confidence_min": (0.1, 0.9),
    "decision.detection_best_min": (0.3, 0.9),
    # One look is no ground to stop a car; past the time a hit sounds when the car is gone.
    "decision.readings_max": (3, 50),
    "decision.timeout_ms": (200, 5_000),
    # Below, one car is several reads; above, two cars are one.
    "decision.pass_gap_ms": (300, 10_000),
    # Plates of one's choice have two characters; with more than five asked for, most short ones go by unread.
    "decision.characters_min": (2, 5),
    # Lists are renewed each day: one of three days is old whatever anybody sets.
    "hotlist.amber_after_h": (1, 36),
    "hotlist.red_after_h": (2, 72),
    # Above, a misread plate sounds as certain on a list of a state; below, a hit of a short list sounds as possible.
    "hotlist.large_entries": (100, 100_000),
    # A hit is heard in every car, and a car that is driven behind does not sound without an end.
    "alerts.volume": (0.3, 1),
    "alerts.speech_volume": (0.3, 1),
    "alerts.cooldown_s": (10, 900),
    # Below, a scene shows no car; above, it shows passers-by and fills the disk, and a full one stores no read.
    "store.scene_px_max": (320, 1_920),
    # Below, cranking ends the watch, or nothing is handed over; above, the computer empties the car's battery.
    "power.off_after_s": (3, 600),
    "power.on_after_s": (0, 10),
    "power.shutdown_grace_s": (10, 900),
    # Below, the cameras are slow on every warm day; above, the processor throttles before they are.
    "load.hot_c": (60, 90),
    "load.cool_c": (50, 85),
    # Below, cars pass between two pictures; above, nothing is spared.
    "load.fps_min": (3, 15),
    # Below, what was handed over is gone before the officer's shift is; above, a car keeps what the department itself
    # keeps for a year at least (policy 462.5).
    "retention.acknowledged_days_max": (1, 365),
    # Told too late, a disk is full, and a full one stores no read.
    "retention.amber_share": (0.85, 0.95),
    # What a canvass keeps beyond its time where nobody says how long (policy 462.4(c)).
    "canvass.lasts_h": (0.5, 72),
    "canvass.before_h": (0, 72),
    # Below, a delivery is little but its frame, or the uplink asks without a pause; above, none ends over a modem, or
    # reads wait in the car.
    "uplink.batch_items": (5, 500),
    "uplink.batch_bytes": (262_144, 16_777_216),
    "uplink.idle_s": (0.5, 60),
    # A car without a link is told within two days, and not in every tunnel.
    "uplink.link_down_h_max": (1, 48),
    # The department hears of a fault within the hour.
    "uplink.heartbeat_s": (30, 3_600),
}
"""How far a number may be set from afar: the least and the most, where the schema allows more. The others,
``store.jpeg_quality`` and ``store.scene_jpeg_quality``, are as harmless at either end as the schema has them."""


def check_remote_values(raw: Mapping[str, Any]) -> None:
    """Check what a department would set: keys that it may set, with values that the schema allows.

    Relations between keys are checked against the defaults of those that are left out; each unit checks them once more
    with its own file.

    Raises:
        SettingsError: with every fault found, each by its key.
    """
    faults = remote_faults(raw)
    try:
        parse(dict(raw), Path("/"))
    except SettingsError as error:
        faults += error.faults
    if faults:
        raise SettingsError(faults)
    if not any(raw.values()):
        raise SettingsError(["no key is set in it; name at least one, such as [decision] timeout_ms"])


def remote_faults(raw: Mapping[str, Any]) -> list[str]:
    """A line for each key that a department may not set, or not so far; arguments as above."""
    return [*_keys_of_car(raw), *_numbers_out_of_bounds(raw)]


def _keys_of_car(raw: Mapping[str, Any]) -> Iterator[str]:
    """A line for each key that is known and not set from afar; what is unknown the schema tells."""
    for section, values in raw.items():
        if section not in Settings.model_fields:
            continue
        fields = UNIT_FILE.table_at((section,))
        if fields is None or not isinstance(values, dict):
            yield f"{section}: is set in the car alone; a department cannot set it from afar"
            continue
        for key in values:
            if f"{section}.{key}" not in REMOTE_KEYS and key in fields.model_fields:
                yield f"{section}.{key}: is set in the car alone; a department cannot set it from afar"


def _numbers_out_of_bounds(raw: Mapping[str, Any]) -> Iterator[str]:
    """A line for each number that the schema may allow, and that is not set from afar; what is no number it tells."""
    for key, (least, most) in REMOTE_BOUNDS.items():
        section, _, name = key.partition(".")
        values = raw.get(section)
        value = values.get(name) if isinstance(values, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or least <= value <= most:
            continue
        bound = f"least {least}" if value < least else f"most {most}"
        yield f"{key}: expected at {bound} where a department sets it from afar, not {value_as_text(value)}"
