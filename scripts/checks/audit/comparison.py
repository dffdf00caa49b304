"""The comparison: which versions a vulnerability is in, and by when such a package is replaced."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from packaging.version import InvalidVersion, Version

from scripts.checks.audit.advisories import NPM, PYPI, Advisory, AdvisoryError, PackageKey, Severity
from scripts.vendored_files import VENDORED_PACKAGES

REPAIR_DAYS = {Severity.CRITICAL: 7, Severity.HIGH: 30, Severity.MODERATE: 90, Severity.LOW: 180}
"""Within how many days of its publication a vulnerability leaves the product (ASVS 15.1.1); the project's choice."""
UNRATED = Severity.HIGH
"""What one counts as whose severity nobody said."""
_LOCKED = re.compile(r"(?m)^([a-z0-9._-]+)==([A-Za-z0-9.+!]+)(?: ;[^\n]*)? \\$")


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """A vulnerability that a package of the product has."""

    package: PackageKey
    version: str
    names: tuple[str, ...]
    severity: Severity | None
    fixed_in: str
    """The least later version without it; empty: none is told."""
    due: date
    """The day by which it has left the product."""

    def is_overdue(self, today: date) -> bool:
        """Whether that day is over."""
        return today > self.due


def product_packages(lock: Path) -> dict[PackageKey, str]:
    """The version of each package that the product is made of: those of a lock, and files of others.

    Raises:
        AdvisoryError: the lock cannot be read, or is none.
    """
    try:
        locked = dict(_LOCKED.findall(lock.read_text(encoding="ascii")))
    except (OSError, ValueError) as error:
        raise AdvisoryError(f"{lock}: cannot be read: {error}") from None
    if not locked:
        raise AdvisoryError(f"{lock}: no lock of scripts/lock; name one with --lock")
    of_others = {(NPM, each.name): each.version for each in VENDORED_PACKAGES}
    return {**{(PYPI, name): version for name, version in locked.items()}, **of_others}


def vulnerabilities(packages: dict[PackageKey, str], advisories: Iterable[Advisory]) -> list[Vulnerability]:
    """What the packages have of what was published, the gravest first; records of one vulnerability count once."""
    groups: dict[PackageKey, list[list[Advisory]]] = {}
    for advisory in advisories:
        if not is_affected(packages[advisory.package], advisory):
            continue
        known = groups.setdefault(advisory.package, [])
        same = [group for group in known if any(advisory.names & each.names for each in group)]
        known[:] = [group for group in known if group not in same] + [[advisory, *(a for g in same for a in g)]]
    found = [_join_group(packages[package], group) for package, known in groups.items() for group in known]
    return sorted(found, key=lambda each: (-(each.severity or UNRATED), each.due, each.package, each.names))


def is_affected(version: str, advisory: Advisory) -> bool:
    """Whether a version has a vulnerability; also where the record's versions cannot be compared: somebody looks."""
    if not advisory.versions and not advisory.ranges:
        return True
    try:
        mine = Version(version)
        return any(_is_same(mine, each) for each in advisory.versions) or any(
            _is_within(mine, events) for events in advisory.ranges
        )
    except InvalidVersion:
        return True


def _is_same(mine: Version, other: str) -> bool:
    try:
        return mine == Version(other)
    except InvalidVersion:
        return False


def _is_within(mine: Version, events: Sequence[tuple[str, str]]) -> bool:
    """Whether a range holds a version, by its events in their order (OSV's schema, "Evaluation").

    Raises:
        InvalidVersion: the range has a version that is none.
    """
    limits = [version for kind, version in events if kind == "limit" and version != "*"]
    if limits and not any(mine < Version(version) for version in limits):
        return False
    inside = False
    for kind, version in sorted(events, key=lambda event: _place(event[1])):
        if kind == "introduced" and mine >= _place(version):
            inside = True
        elif (kind == "fixed" and mine >= _place(version)) or (kind == "last_affected" and mine > _place(version)):
            inside = False
    return inside


def _place(version: str) -> Version:
    return Version("0.dev0" if version in {"0", "*"} else version)


def _join_group(version: str, group: Sequence[Advisory]) -> Vulnerability:
    severity = max((each.severity for each in group if each.severity is not None), default=None)
    published = min(each.published for each in group).date()
    return Vulnerability(
        package=group[0].package,
        version=version,
        names=tuple(sorted({name for each in group for name in each.names})),
        severity=severity,
        fixed_in=_least_fix(version, group),
        due=published + timedelta(days=REPAIR_DAYS[UNRATED if severity is None else severity]),
    )


def _least_fix(version: str, group: Iterable[Advisory]) -> str:
    """The least later version that every record calls without it."""
    events = [event for each in group for events in each.ranges for event in events]
    try:
        fixes = sorted({Version(text) for kind, text in events if kind == "fixed"})
        later = [each for each in fixes if each > Version(version)]
    except InvalidVersion:
        return ""
    return next((str(each) for each in later if not any(is_affected(str(each), advisory) for advisory in group)), "")
