"""The keys of the settings file that have another name than in an earlier release."""

RENAMED_IN = "0.2.0"
"""The release that brought the names of :data:`RENAMED_KEYS`; a file with one of the old ones belongs to an older."""
RENAMED_KEYS: dict[str, str] = {
    "vision.detection_sure_min": "detection_accept_min",
    "vision.threads": "workers",
    "vision.second_reader_ms_max": "second_reader_timeout_ms",
    "decision.age_ms_max": "timeout_ms",
    "position.age_ms_max": "fix_age_ms_max",
    "hotlist.source.every_s": "check_interval_s",
    "retention.days": "acknowledged_days_max",
    "retention.policy_days": "unacknowledged_days_max",
    "retention.every_s": "check_interval_s",
    "power.every_s": "check_interval_s",
    "power.grace_s": "shutdown_grace_s",
    "power.command": "ignition_command",
    "power.power_off": "power_off_command",
    "uplink.retry_longest_s": "retry_max_s",
    "uplink.renew_days": "renew_before_days",
}
"""The key's name now, by its old dotted name; tables in a row are named without a number."""


def current_name(location: tuple[int | str, ...]) -> str | None:
    """The name that a key has now; None where its name did not change."""
    return RENAMED_KEYS.get(".".join(part for part in location if isinstance(part, str)))
