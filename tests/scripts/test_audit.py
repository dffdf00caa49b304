"""A package with a published vulnerability is found by its version, once, with the day by which it is replaced."""

import json
import re
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from scripts.checks.audit.advisories import NPM, PYPI, AdvisoryError, Severity, read_advisories
from scripts.checks.audit.comparison import REPAIR_DAYS, Vulnerability, product_packages, vulnerabilities

ROOT = Path(__file__).parents[2]
PUBLISHED = "2026-05-04T10:00:00Z"
RANGE = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}
LOCK = (
    "# Made by scripts/lock from pyproject.toml.\nsome-thing=={} ; python_full_version < '4' \\\n    --hash=sha256:ab\n"
)


def record(number: str, package: str = "some_thing", ecosystem: str = PYPI, **fields: object) -> dict[str, Any]:
    """A record as OSV publishes them, of a package that PyPI writes in another way than the lock."""
    affected = {"package": {"ecosystem": ecosystem, "name": package}, "ranges": fields.pop("ranges", [RANGE])}
    affected["versions"] = fields.pop("versions", [])
    return {"id": number, "published": PUBLISHED, "modified": PUBLISHED, "affected": [affected], **fields}


NPM_RECORD = record("GHSA-npm", "left-pad", NPM)
OTHERS = [NPM_RECORD, record("PYSEC-other", "other")]
"""About packages that are not here: there is something of each place."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "osv").mkdir()
    return tmp_path / "osv"


def found_in(folder: Path, version: str, *records: dict[str, Any]) -> list[Vulnerability]:
    (folder / "records.json").write_text(json.dumps([*OTHERS, *records]))
    (folder / "some.lock").write_text(LOCK.format(version))
    packages = product_packages(folder / "some.lock")
    return vulnerabilities(packages, read_advisories([folder / "records.json"], packages.keys()).about)


@pytest.mark.parametrize(
    ("events", "inside", "outside"),
    [
        ([{"introduced": "0"}, {"fixed": "2.0"}], ["0.1", "1.9.9", "2.0rc1"], ["2.0", "10.0"]),
        ([{"introduced": "1.5"}, {"last_affected": "1.10"}], ["1.5", "1.10", "1.10.0"], ["1.4", "1.10.1"]),
        ([{"fixed": "1.2"}, {"introduced": "2.0"}, {"introduced": "1.0"}], ["1.1", "2.0", "3"], ["0.9", "1.2"]),
        ([{"introduced": "1.0"}], ["1.0", "99"], ["0.9"]),
        ([{"introduced": "0"}, {"limit": "3.0"}], ["2.9"], ["3.0"]),
    ],
)
def test_a_version_within_a_range_is_found(
    folder: Path, events: list[dict[str, str]], inside: list[str], outside: list[str]
) -> None:
    ranges = [{"type": "ECOSYSTEM", "events": events}]
    for version in inside:
        assert len(found_in(folder, version, record("PYSEC-1", ranges=ranges))) == 1, version
    for version in outside:
        assert found_in(folder, version, record("PYSEC-1", ranges=ranges)) == [], version


def test_a_version_that_is_named_is_found_however_it_is_written(folder: Path) -> None:
    named = record("PYSEC-1", ranges=[], versions=["1.2.0", "not a version"])
    assert len(found_in(folder, "1.2", named)) == 1
    assert found_in(folder, "1.3", named) == []


def test_what_cannot_be_compared_is_found_so_that_somebody_looks(folder: Path) -> None:
    of_commits = [{"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "ab12"}]}]
    assert len(found_in(folder, "1.0", record("PYSEC-1", ranges=of_commits))) == 1
    odd = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "the next one"}]}]
    assert len(found_in(folder, "1.0", record("PYSEC-1", ranges=odd))) == 1


def test_other_packages_and_what_was_taken_back_are_not_found(folder: Path) -> None:
    others = (
        record("PYSEC-1", "other"),
        record("PYSEC-2", ecosystem="crates.io"),
        record("PYSEC-3", withdrawn=PUBLISHED),
    )
    assert found_in(folder, "1.0", *others, record("PYSEC-4", "other")) == []


def test_records_of_one_vulnerability_count_once_with_the_gravest_word_and_a_fix_of_all(folder: Path) -> None:
    until_3 = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0"}]}]
    (only,) = found_in(
        folder,
        "1.0",
        record("PYSEC-1", aliases=["CVE-2026-1"]),
        record("GHSA-x", aliases=["CVE-2026-2"], database_specific={"severity": "MODERATE"}),
        record(
            "GHSA-y", aliases=["CVE-2026-1", "CVE-2026-2"], database_specific={"severity": "CRITICAL"}, ranges=until_3
        ),
    )
    assert only.names == ("CVE-2026-1", "CVE-2026-2", "GHSA-x", "GHSA-y", "PYSEC-1")
    assert (only.severity, only.fixed_in, only.due) == (Severity.CRITICAL, "3.0", date(2026, 5, 11))
    assert not only.is_overdue(date(2026, 5, 11))
    assert only.is_overdue(date(2026, 5, 12))


def test_one_whose_severity_nobody_said_counts_as_high(folder: Path) -> None:
    (only,) = found_in(folder, "1.0", record("PYSEC-1"))
    assert (only.severity, only.due) == (None, date(2026, 6, 3))


def test_files_of_others_are_compared_as_well(folder: Path) -> None:
    (only,) = found_in(folder, "9", record("GHSA-l", "leaflet", NPM, ranges=[{**RANGE, "type": "SEMVER"}]))
    assert (only.package, only.version, only.fixed_in) == ((NPM, "leaflet"), "1.9.4", "2.0")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "{", "a.json: no JSON; download it again"),
        ("a.json", '{"id": "x"}', "a.json: no record in OSV's format: KeyError('modified')"),
        ("a.json", "[1]", "a.json: no record in OSV's format"),
        ("a.zip", "no zip", "a.zip: cannot be read: File is not a zip file"),
        ("a.json", json.dumps(NPM_RECORD), "no advisory about PyPI in what was given"),
        ("a.json", json.dumps(record("PYSEC-1")), "no advisory about npm in what was given"),
    ],
)
def test_files_that_would_find_nothing_are_refused(folder: Path, name: str, content: str, message: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(AdvisoryError, match=re.escape(message)):
        read_advisories([folder / name], set())
    with pytest.raises(AdvisoryError, match=r"nowhere\.json: cannot be read"):
        read_advisories([folder / "nowhere.json"], set())


def audit(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "scripts.checks.audit", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_program_reads_zips_in_folders_and_ends_with_1_on_a_find(folder: Path) -> None:
    with zipfile.ZipFile(folder / "PyPI.zip", "w") as archive:
        archive.writestr("PYSEC-1.json", json.dumps(record("PYSEC-1", database_specific={"severity": "LOW"})))
    (folder / "npm.json").write_text(json.dumps(NPM_RECORD))
    (folder / "some.lock").write_text(LOCK.format("1.0"))
    done = audit("--advisories", folder, "--lock", folder / "some.lock")
    assert (done.returncode, done.stderr) == (1, "")
    late = " (OVERDUE)" if datetime.now(UTC).date() > date(2026, 10, 31) else ""
    assert done.stdout.splitlines()[0] == f"some-thing 1.0: PYSEC-1; low; fixed in 2.0; by 2026-10-31{late}"
    told = json.loads(audit("--advisories", folder, "--lock", folder / "some.lock", "--json").stdout)
    assert (told["advisories"], told["newest"]) == (2, "2026-05-04T10:00:00+00:00")
    assert told["found"][0] | {"overdue": None} == {
        "ecosystem": "PyPI",
        "package": "some-thing",
        "version": "1.0",
        "names": ["PYSEC-1"],
        "severity": "low",
        "fixed_in": "2.0",
        "due": "2026-10-31",
        "overdue": None,
    }


def test_the_program_ends_with_0_when_nothing_is_found_and_with_2_when_nothing_was_compared(folder: Path) -> None:
    (folder / "records.json").write_text(json.dumps([record("PYSEC-1"), NPM_RECORD]))
    done = audit("--advisories", folder)
    assert (done.returncode, done.stderr) == (0, "")
    packages = len(product_packages(ROOT / "requirements.lock"))
    assert (
        done.stdout == f"{packages} packages compared with 2 advisories, the newest of 2026-05-04: 0 found, 0 overdue\n"
    )
    nothing = audit("--advisories", folder / "nowhere.json")
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert nothing.stderr.startswith(f"audit-dependencies: {folder / 'nowhere.json'}: cannot be read")
    assert audit().returncode == 2


def test_every_package_of_the_lock_is_compared_and_no_other_file_is_a_lock(folder: Path) -> None:
    names = re.findall(r"(?m)^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text())
    packages = product_packages(ROOT / "requirements.lock")
    assert {name for place, name in packages if place == PYPI} == set(names)
    assert len(names) > 50
    with pytest.raises(AdvisoryError, match=r"README\.md: (no lock of scripts/lock|cannot be read)"):
        product_packages(ROOT / "README.md")


def test_the_document_says_the_days_of_the_code() -> None:
    text = (ROOT / "scripts" / "README.md").read_text(encoding="utf-8")
    days = {name: int(count) for name, count in re.findall(r"(?m)^\| (critical|high|moderate|low) \| (\d+) \|", text)}
    assert days == {severity.name.lower(): count for severity, count in REPAIR_DAYS.items()}
