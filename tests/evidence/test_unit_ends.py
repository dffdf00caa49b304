"""A package of the department with reads of a unit that was ended: what it had received before then, and what after."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.pki.authority import Authority
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind
from alpr_edge.evidence.content import PackageRead
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.signer import DEPARTMENT
from alpr_edge.evidence.verification import PackageVerdict, verify_package
from tests.evidence.conftest import CROP, SCENE
from tests.evidence.folder_target import FolderTarget
from tests.evidence.package_content import UNIT, CaseLog, package_content, package_read, vouched_signer
from tests.evidence.test_package import no_tick
from tests.evidence.test_releases import READS, record_of, verdict_of
from tests.store.records import START

BEFORE, AFTER = START - timedelta(days=1), START + timedelta(days=1)


def verdict_on(folder: Path, authority: Authority, read: PackageRead, end: datetime) -> PackageVerdict:
    """The verdict on a package of the department with a read of a unit, which was ended."""
    log = CaseLog()
    log.append(4)
    content = replace(package_content([read], 1, log.part((3,), 4, authority)), canvasses=(), units=(UNIT,))
    content = replace(content, booking=replace(content.booking, unit_id=DEPARTMENT))
    write_package(content, FolderTarget(folder), vouched_signer(authority, DEPARTMENT), no_tick)
    return verify_package(folder, no_tick, authority.fingerprint, ended={UNIT: end})


@pytest.mark.parametrize("end", [BEFORE, START.replace(microsecond=123_000)])
def test_what_came_after_the_end_of_its_unit_is_a_fault(tmp_path: Path, authority: Authority, end: datetime) -> None:
    verdict = verdict_on(tmp_path / "case", authority, package_read(1, CROP, SCENE, with_hit=True), end)
    folder = "data/reads/00001-00200/00001"
    assert [(fault.kind, fault.path) for fault in verdict.faults] == [
        (DefectKind.KEY_NOT_VOUCHED, f"{folder}/{name}.json") for name in ("record", "hit-1", "disposition-2")
    ]
    (said,) = (each for each in verdict.statements if each.subject is CheckSubject.UNIT_END)
    assert (said.holds, said.words.endswith(": 3")) == (False, True)


def test_what_the_department_had_before_the_end_rests_on_its_word(tmp_path: Path, authority: Authority) -> None:
    verdict = verdict_on(tmp_path / "case", authority, package_read(1, CROP, SCENE), AFTER)
    assert (verdict.holds, verdict.faults) == (True, ())
    assert not [each for each in verdict.statements if each.subject is CheckSubject.UNIT_END]
    (said,) = (each for each in verdict.statements if "you said was ended" in each.words)
    assert (said.holds, said.words.startswith("it holds 1 reads of a unit")) == (None, True)


def test_a_read_of_which_nobody_says_when_it_came_stays_open(tmp_path: Path, authority: Authority) -> None:
    read = package_read(1, CROP, SCENE)
    verdict = verdict_on(tmp_path / "case", authority, replace(read, record=replace(read.record, receipt=None)), AFTER)
    (said,) = (each for each in verdict.statements if each.subject is CheckSubject.UNIT_END)
    assert (verdict.holds, verdict.faults, said.holds) == (False, (), None)


def test_reads_in_a_package_for_another_agency_are_looked_at_as_well(tmp_path: Path, authority: Authority) -> None:
    verdict_of(tmp_path / "package", authority, record_of(READS))
    verdict = verify_package(tmp_path / "package", no_tick, authority.fingerprint, ended={UNIT: BEFORE})
    assert {fault.kind for fault in verdict.faults} == {DefectKind.KEY_NOT_VOUCHED}
    assert len(verdict.faults) == len(READS)
    verdict = verify_package(tmp_path / "package", no_tick, authority.fingerprint, ended={UNIT: AFTER})
    assert (verdict.holds, verdict.faults) == (True, ())


def test_a_moment_without_a_zone_is_in_utc_wherever_it_is_typed() -> None:
    typed = ("car-7=2026-05-04", "car-7=2026-05-04T18:00", "car-7=2026-05-04T18:00-07:00")
    words = "import sys; from alpr_edge.evidence.checks.unit_end_check import parse_unit_end"
    script = f"{words}; print(*(parse_unit_end(each)[1].isoformat() for each in sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", script, *typed],
        env={**os.environ, "TZ": "America/Los_Angeles"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [
        "2026-05-04T00:00:00+00:00",
        "2026-05-04T18:00:00+00:00",
        "2026-05-05T01:00:00+00:00",
    ]
