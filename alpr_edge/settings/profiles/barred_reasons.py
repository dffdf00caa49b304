"""Refuses lists whose settings let in a reason for which the rules of the state bar that a plate is looked at."""

from collections.abc import Mapping

from alpr_edge.domain.permissions.hit_purposes import purpose_of_hit
from alpr_edge.settings.lists import FeedSource
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.profiles.loader import load_profile


def barred_reason_faults(table: str, sources: Mapping[int, FeedSource], policy: PolicySettings) -> list[str]:
    """What the settings of lists let in although it is barred (policy 462.4, Government Code 7284.6), a line each.

    A code of a feed may mean such a reason: so its lines are known, and withheld.

    Args:
        table: the key of the tables, such as ``hotlist.source``.

    Raises:
        SettingsError: the file of these rules breaks one.
    """
    named = [
        (f"{table}[{index}].{key}", reason)
        for index, source in sources.items()
        for key, reasons in (("reasons", source.reasons), ("reason", (source.reason,)))
        for reason in reasons
        if reason is not None
    ]
    barred = load_profile(policy).barred if named else {}
    return [
        f"{key}: {reason.value!r} is barred by the profile {policy.profile}: {barred[code]}"
        for key, reason in named
        if (code := purpose_of_hit(reason).code) in barred
    ]
