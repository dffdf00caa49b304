"""Time stamps by an authority of our own on loopback, which OpenSSL plays; OpenSSL checks them as well."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from alpr_edge.department.pki.authority import Authority
from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings
from alpr_edge.evidence.checks.time_stamp_check import check_time_stamp
from alpr_edge.evidence.layout import TAG_MANIFEST, TIME_STAMP
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.time_stamps import HttpTimeStamper
from alpr_edge.evidence.verification import verify_package
from tests.evidence.conftest import CROP, SCENE
from tests.evidence.folder_target import FolderTarget
from tests.evidence.memory_files import MemoryFiles, load_files
from tests.evidence.package_content import UNIT, CaseLog, package_content, package_read, vouched_signer
from tests.evidence.test_package import no_tick
from tests.evidence.time_authority import TimeAuthority, run_time_authority


@pytest.fixture(scope="module")
def time_authority(
    tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], str]
) -> Iterator[TimeAuthority]:
    with run_time_authority(tmp_path_factory.mktemp("tsa"), require_tool("openssl")) as authority:
        yield authority


@pytest.fixture
def stamped_package(time_authority: TimeAuthority, authority: Authority, case_log: CaseLog, tmp_path: Path) -> Path:
    """A package with a time stamp."""
    folder = tmp_path / "case"
    content = package_content([package_read(1, CROP, SCENE)], 1, case_log.part((3,), 9, authority))
    stamper = HttpTimeStamper(time_authority.url)
    write_package(content, FolderTarget(folder), vouched_signer(authority), no_tick, stamper)
    return folder


def test_a_stamped_package_holds_and_openssl_agrees(
    stamped_package: Path, time_authority: TimeAuthority, authority: Authority, require_tool: Callable[[str], str]
) -> None:
    words = ("ts", "-verify", "-data", TAG_MANIFEST, "-in", TIME_STAMP, "-CAfile", str(time_authority.root))
    done = subprocess.run(
        [require_tool("openssl"), *words, "-untrusted", str(time_authority.folder / "signer.pem")],
        cwd=stamped_package,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Verification: OK" in done.stdout, done.stderr
    roots = time_authority.root.read_bytes()
    verdict = verify_package(stamped_package, no_tick, authority.fingerprint, time_authorities=roots)
    assert verdict.holds, verdict
    assert all(each.holds for each in verdict.statements if each.subject is CheckSubject.TIME_STAMP)
    unnamed = verify_package(stamped_package, no_tick, authority.fingerprint)
    assert (unnamed.holds, unnamed.fault_count) == (True, 0)
    for wrong in (authority.certificate.public_bytes(Encoding.PEM), b"none"):
        refused = verify_package(stamped_package, no_tick, authority.fingerprint, time_authorities=wrong)
        assert {fault.kind for fault in refused.faults} == {DefectKind.TIME_STAMP_FALSE}


def test_a_stamp_from_before_its_unit_was_ended_vouches_for_a_package(
    stamped_package: Path, time_authority: TimeAuthority, authority: Authority
) -> None:
    roots, now = time_authority.root.read_bytes(), datetime.now(UTC)
    for end, roots_named, holds in (
        (now + timedelta(hours=1), roots, True),
        (now + timedelta(hours=1), b"", None),  # anybody's stamp says nothing
        (now - timedelta(hours=1), roots, False),
    ):
        verdict = verify_package(
            stamped_package, no_tick, authority.fingerprint, time_authorities=roots_named, ended={UNIT: end}
        )
        said = [each.holds for each in verdict.statements if each.subject is CheckSubject.UNIT_END]
        assert (said, verdict.holds) == ([holds], holds is True)


def test_a_time_stamp_that_is_changed_moved_or_missing_is_named(
    stamped_package: Path, time_authority: TimeAuthority, authority: Authority
) -> None:
    contents, roots = load_files(stamped_package), time_authority.root.read_bytes()
    whole = contents[TIME_STAMP]
    for place in range(len(whole)):  # each changed byte is found, whoever made the stamp
        changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        findings = Findings()
        check_time_stamp(MemoryFiles(contents | {TIME_STAMP: changed}), findings, contents[TAG_MANIFEST], b"")
        assert (DefectKind.DAMAGED, TIME_STAMP) in [(fault.kind, fault.path) for fault in findings.faults]
    (stamped_package / TIME_STAMP).write_bytes(HttpTimeStamper(time_authority.url).stamp(b"something else"))
    moved = verify_package(stamped_package, no_tick, authority.fingerprint, time_authorities=roots)
    assert (DefectKind.TIME_STAMP_FALSE, TIME_STAMP) in [(fault.kind, fault.path) for fault in moved.faults]
    (stamped_package / TIME_STAMP).unlink()
    missing = verify_package(stamped_package, no_tick, authority.fingerprint, time_authorities=roots)
    assert [(fault.kind, fault.path) for fault in missing.faults] == [(DefectKind.MISSING, TIME_STAMP)]


def test_without_a_link_there_is_no_stamp_and_no_package(
    authority: Authority, case_log: CaseLog, tmp_path: Path
) -> None:
    content = package_content([], 0, case_log.part((3,), 9, authority))
    stamper = HttpTimeStamper("http://127.0.0.1:9")
    with pytest.raises(EvidenceError, match="does not answer at present"):
        write_package(content, FolderTarget(tmp_path / "case"), vouched_signer(authority), no_tick, stamper)
    assert list(tmp_path.iterdir()) == []
