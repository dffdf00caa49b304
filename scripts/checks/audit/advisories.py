"""Published vulnerabilities in OSV's format (version 1 of its schema), out of files that somebody downloaded."""

import json
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

FILE_BYTES_MAX = 64_000_000
"""Of one file of JSON, also of one within a zip file."""
PYPI, NPM = "PyPI", "npm"
ECOSYSTEMS = (PYPI, NPM)
"""Where packages of the product come from, as OSV names these places."""
RANGE_KINDS = {"ECOSYSTEM", "SEMVER"}
"""Ranges of versions; those of commits say nothing of a package."""

Json = dict[str, Any]
PackageKey = tuple[str, str]
"""Ecosystem and name of a package."""


class AdvisoryError(Exception):
    """Nothing can be compared; says what to do."""


class Severity(IntEnum):
    """How grave a vulnerability is, by the word of who published it."""

    LOW = 1
    MODERATE = 2
    HIGH = 3
    CRITICAL = 4


_SEVERITIES = {"MEDIUM": Severity.MODERATE, **{each.name: each for each in Severity}}


@dataclass(frozen=True, slots=True)
class Advisory:
    """What one record says of one package."""

    names: frozenset[str]
    """The record's identifier, and those of the same vulnerability elsewhere, such as CVE-2026-1."""
    package: PackageKey
    published: datetime
    severity: Severity | None
    """None: the record has no word for it."""
    versions: tuple[str, ...]
    """Versions that are named one by one."""
    ranges: tuple[tuple[tuple[str, str], ...], ...]
    """Ranges of versions, each by its events, such as ``(("introduced", "0"), ("fixed", "1.2"))``."""


@dataclass(slots=True)
class AdvisorySet:
    """The records that were read."""

    about: list[Advisory] = field(default_factory=list)
    """Those about a package that was asked for."""
    counts: Counter[str] = field(default_factory=Counter)
    """How many there are in all, by ecosystem."""
    newest: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    """When the newest of them was changed last."""

    def add(self, record: Json, packages: Collection[PackageKey]) -> None:
        """Take up a record that was not taken back.

        Raises:
            KeyError: it lacks something; TypeError, ValueError and AttributeError: it has something else in that place.
        """
        if "withdrawn" in record:
            return
        self.newest = max(self.newest, _moment(record["modified"]))
        for affected in record.get("affected", []):
            place, name = affected["package"]["ecosystem"], str(affected["package"]["name"])
            self.counts[place] += 1
            package = place, str(canonicalize_name(name)) if place == PYPI else name
            if package in packages:
                self.about.append(_advisory(record, affected, package))


def read_advisories(paths: Sequence[Path], packages: Collection[PackageKey]) -> AdvisorySet:
    """Read the advisories about some packages.

    Args:
        paths: files of JSON with a record or a list of them, zip files of such files, folders of both.
        packages: the packages; others are counted alone.

    Raises:
        AdvisoryError: a file is missing, damaged or none of OSV's, or there is no advisory at all for one of
            :data:`ECOSYSTEMS`, so that silence would say nothing.
    """
    found = AdvisorySet()
    for path in paths:
        for place, record in _records(path):
            try:
                found.add(record, packages)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise AdvisoryError(f"{place}: no record in OSV's format: {error!r}") from None
    for ecosystem in ECOSYSTEMS:
        if not found.counts[ecosystem]:
            raise AdvisoryError(f"no advisory about {ecosystem} in what was given; download OSV's records of it too")
    return found


def _records(path: Path) -> Iterator[tuple[str, Json]]:
    """Each record with the place that it stands at."""
    try:
        if path.is_dir():
            for each in sorted(path.rglob("*")):
                if each.suffix in {".json", ".zip"} and each.is_file():
                    yield from _records(each)
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for member in archive.infolist():
                    if member.filename.endswith(".json"):
                        _require_size(path, member.file_size)
                        yield from _parse_records(f"{path}: {member.filename}", archive.read(member))
        else:
            _require_size(path, path.stat().st_size)
            yield from _parse_records(str(path), path.read_bytes())
    except (OSError, zipfile.BadZipFile) as error:
        raise AdvisoryError(f"{path}: cannot be read: {error}") from None


def _parse_records(place: str, content: bytes) -> Iterator[tuple[str, Json]]:
    try:
        parsed = json.loads(content)
    except ValueError:
        raise AdvisoryError(f"{place}: no JSON; download it again") from None
    for record in parsed if isinstance(parsed, list) else [parsed]:
        yield place, record


def _require_size(path: Path, size: int) -> None:
    if size > FILE_BYTES_MAX:
        raise AdvisoryError(f"{path}: a record of more than {FILE_BYTES_MAX} bytes; these are no advisories of OSV")


def _advisory(record: Json, affected: Json, package: PackageKey) -> Advisory:
    words = [part.get("database_specific", {}).get("severity") for part in (affected, record)]
    ranges = [each for each in affected.get("ranges", []) if each["type"] in RANGE_KINDS]
    return Advisory(
        names=frozenset([str(record["id"]), *map(str, record.get("aliases", []))]),
        package=package,
        published=_moment(str(record.get("published") or record["modified"])),
        severity=next((_SEVERITIES[str(word).upper()] for word in words if str(word).upper() in _SEVERITIES), None),
        versions=tuple(map(str, affected.get("versions", []))),
        ranges=tuple(
            tuple((kind, str(version)) for event in each["events"] for kind, version in event.items())
            for each in ranges
        ),
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
