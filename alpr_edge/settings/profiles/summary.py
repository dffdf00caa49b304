"""Says what the settings under ``[policy]`` mean, for ``alpr-edge settings check``."""

from collections.abc import Iterator
from dataclasses import dataclass

from alpr_edge.domain.collection.state_periods import STATE_PERIODS
from alpr_edge.domain.permissions.profile import Need
from alpr_edge.domain.releases.agencies import ReleaseRules, RequestWay
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.profiles.loader import load_profile, load_security_profile
from alpr_edge.settings.retention import RetentionSettings


@dataclass(frozen=True, slots=True)
class PolicySummary:
    """The meaning of the settings; the keys of its JSON object."""

    profile: str
    profile_source: str
    is_verified: bool
    purposes: tuple[str, ...]
    case_required: tuple[str, ...]
    offence_required: tuple[str, ...]
    case_formats: tuple[str, ...]
    barred: tuple[str, ...]
    security_profile: str
    security_source: str
    idle_min: float
    factors_h: float
    people_max: int
    failures_max: int
    failures_window_min: float
    password_characters_min: int
    password_days_max: int | None
    log_retention_days: int
    """The longer one of the two profiles."""
    retention_source: str
    """What the state says of how long reads that are no hit are kept."""
    is_retention_verified: bool
    releases_reviewed: tuple[str, ...]
    """Agencies whose requests are reviewed; those of all others are refused, or go to Records (policy 462.7)."""
    releases_barred: tuple[str, ...]
    releases_law: str
    is_release_law_verified: bool

    def lines(self) -> Iterator[str]:
        """The summary as people read it."""
        verified = "purposes compared with its text" if self.is_verified else "NOT VERIFIED against the law"
        yield f"profile {self.profile}: {self.profile_source}; {verified}"
        yield f"purposes: {', '.join(self.purposes)}"
        yield f"with a case number ({' or '.join(self.case_formats)}): {', '.join(self.case_required)}"
        yield f"with an offence: {', '.join(self.offence_required)}"
        yield f"refused and recorded: {'; '.join(self.barred)}"
        yield f"security profile {self.security_profile}: {self.security_source}"
        yield (
            f"sessions: plates hidden after {self.idle_min:g} min unused, both factors after {self.factors_h:g} h, "
            f"{self.people_max} people at most"
        )
        yield f"lock-out: after {self.failures_max} failures in {self.failures_window_min:g} min, until released"
        change = f"changed every {self.password_days_max} days" if self.password_days_max else "never changed for age"
        yield f"passwords: {self.password_characters_min} characters and more beside a second factor, {change}"
        yield f"access log: kept {self.log_retention_days} days at least"
        compared = "compared with its text" if self.is_retention_verified else "NOT VERIFIED against the law"
        yield f"reads that are no hit: {self.retention_source}; {compared}"
        law = (
            self.releases_law if self.is_release_law_verified else f"{self.releases_law}; NOT VERIFIED against the law"
        )
        yield (
            f"requests of other agencies: reviewed for {', '.join(self.releases_reviewed)}; "
            f"refused ({law}): {', '.join(self.releases_barred) or 'none'}"
        )


def summarise_policy(policy: PolicySettings, retention: RetentionSettings | None = None) -> PolicySummary:
    """Summarise what the settings mean.

    Args:
        policy: the settings under ``[policy]``.
        retention: those under ``[retention]``; None: the defaults.
    """
    profile, security = load_profile(policy), load_security_profile(policy)
    rules, period = profile.purposes.values(), STATE_PERIODS[(retention or RetentionSettings()).state]
    return PolicySummary(
        profile=profile.name,
        profile_source=profile.source,
        is_verified=profile.is_verified,
        purposes=tuple(rule.words for rule in rules),
        case_required=tuple(rule.words for rule in rules if rule.case is Need.REQUIRED),
        offence_required=tuple(rule.words for rule in rules if rule.offence is Need.REQUIRED),
        case_formats=profile.case_formats.formats,
        barred=tuple(profile.barred.values()),
        security_profile=security.name,
        security_source=security.source,
        idle_min=security.sessions.idle_max.total_seconds() / 60,
        factors_h=security.sessions.factors_max.total_seconds() / 3600,
        people_max=security.sessions.people_max,
        failures_max=security.lockout.failures_max,
        failures_window_min=security.lockout.window.total_seconds() / 60,
        password_characters_min=security.password_characters_min,
        password_days_max=security.password_days_max,
        log_retention_days=max(profile.log_retention_days, security.log_retention_days),
        retention_source=period.source,
        is_retention_verified=period.is_verified,
        releases_reviewed=_agencies(profile.releases, {RequestWay.REVIEW, RequestWay.DECLARATION}),
        releases_barred=_agencies(profile.releases, {RequestWay.BARRED}),
        releases_law=profile.releases.law,
        is_release_law_verified=profile.releases.is_verified,
    )


def _agencies(rules: ReleaseRules, ways: set[RequestWay]) -> tuple[str, ...]:
    """The agencies with whose requests that is done, in words."""
    found = ((kind, seat) for (kind, seat), way in rules.ways.items() if way in ways)
    return tuple(f"{kind} {seat}".replace("_", " ") for kind, seat in found)
