"""Which keys of a unit's settings its department may set from afar, and how far; everything else is the car's own.

An explicit list: a key of a later release is not set from afar until somebody decides that it may be. Not on it, for
good: who the unit is, keys, certificates, paths, addresses and devices, since a mistake there ends the link by which it
would be mended; the profiles of law and security, people's sessions and how soon a suspension is fetched; what
deletes reads that were not handed over; and areas in which nothing may be collected.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings.loader import parse
from alpr_edge.settings.schema import Settings, table

REMOTE_KEYS = frozenset(
    f"{section}.{key}"
    for section, keys in {
        "vision": "detection_confidence_min detection_accept_min text_confidence_min plate_probability_min",
        "decision": "readings_max timeout_ms pass_gap_ms confidence_min characters_min detection_best_min",
        "position": "fix_age_ms_max",
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
RETENTION_DAYS_MAX = 365.0
"""Longest that a car keeps its copy of what was handed over, where its department sets that from afar; the department's
own copy is kept for at least a year (policy 462.5)."""


def check_remote_values(raw: Mapping[str, Any]) -> None:
    """Check what a department would set: keys that it may set, with values that the schema allows.

    Relations between keys are checked against the defaults of those that are left out; each unit checks them once more
    with its own file.

    Args:
        raw: the values by table and key, as TOML has them.

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
    return [*_keys_of_car(raw), *_long_retention(raw)]


def _keys_of_car(raw: Mapping[str, Any]) -> Iterator[str]:
    """A line for each key that is known and not set from afar; what is unknown the schema tells."""
    for section, values in raw.items():
        if section not in Settings.model_fields:
            continue
        fields = table((section,))
        if fields is None or not isinstance(values, dict):
            yield f"{section}: is set in the car alone; a department cannot set it from afar"
            continue
        for key in values:
            if f"{section}.{key}" not in REMOTE_KEYS and key in fields.model_fields:
                yield f"{section}.{key}: is set in the car alone; a department cannot set it from afar"


def _long_retention(raw: Mapping[str, Any]) -> Iterator[str]:
    retention = raw.get("retention")
    days = retention.get("acknowledged_days_max") if isinstance(retention, dict) else None
    if isinstance(days, int | float) and days > RETENTION_DAYS_MAX:
        yield (
            f"retention.acknowledged_days_max: expected at most {RETENTION_DAYS_MAX:g}, not {days:g}; from afar no car "
            "is made to keep longer what it has handed over"
        )
