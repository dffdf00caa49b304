"""Exports with a time stamp by an authority on loopback that OpenSSL plays; and without one where there is none."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from alpr_edge.department.pki.authority import Authority, TlsFiles
from alpr_edge.domain.protocol.bookings import BookingPayload
from alpr_edge.evidence.checks.findings import CheckSubject
from alpr_edge.evidence.layout import TAG_MANIFEST, TIME_STAMP
from alpr_edge.evidence.verification import verify_package
from alpr_edge.services.evidence.case_export import CaseExports
from alpr_edge.services.evidence.export_request import ExportResult
from alpr_edge.settings import EvidenceSettings, time_stamp_faults
from tests.evidence.time_authority import TimeAuthority, run_time_authority
from tests.services.evidence.case_rig import UNIT, CaseRig, contents, open_rig
from tests.staff import STOLEN, Staff
from tests.units import write_unit

NO_LINK = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def time_authority(
    tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], str]
) -> Iterator[TimeAuthority]:
    with run_time_authority(tmp_path_factory.mktemp("tsa"), require_tool("openssl")) as made:
        yield made


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseRig]:
    with open_rig(Staff(write_unit(tmp_path_factory.mktemp("stamped"), UNIT, ""))) as rig:
        rig.hold(rig.add_read(1, is_hit=True))
        rig.sign_log()
        yield rig


def export_with(rig: CaseRig, medium: Path, url: str, ca_file: Path) -> ExportResult:
    """Export the case by a unit whose settings name an authority."""
    evidence = EvidenceSettings(time_stamp_url=url, time_stamp_ca_file=ca_file)
    exports = rig.exports
    settings = rig.settings.model_copy(update={"evidence": evidence})
    rig.exports = CaseExports(rig.store, rig.log, settings, exports.clock, exports.new_id, exports.signer)
    try:
        return rig.export(medium)
    finally:
        rig.exports = exports


def time_statement(result: ExportResult, authorities: bytes = b"") -> tuple[bool | None, str]:
    """What our verification says of the time stamp of a package, in which nothing else is wrong."""
    verdict = verify_package(result.path, lambda *_: None, passphrase=result.passphrase, time_authorities=authorities)
    assert verdict.faults == ()
    (found,) = (each for each in verdict.statements if each.subject is CheckSubject.TIME_STAMP)
    return found.holds, found.words


def test_an_export_is_stamped_and_openssl_agrees(
    rig: CaseRig, medium: Path, tmp_path: Path, time_authority: TimeAuthority, require_tool: Callable[[str], str]
) -> None:
    result = export_with(rig, medium, time_authority.url, time_authority.root)
    assert result.booking.time_stamp.startswith("time stamp of 20")
    files = contents(result)
    for name in (TAG_MANIFEST, TIME_STAMP):
        (tmp_path / name).write_bytes(files[name])
    words = ("ts", "-verify", "-data", TAG_MANIFEST, "-in", TIME_STAMP, "-CAfile", str(time_authority.root))
    done = subprocess.run(
        [require_tool("openssl"), *words, "-untrusted", str(time_authority.folder / "signer.pem")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Verification: OK" in done.stdout, done.stderr
    holds, said = time_statement(result, time_authority.root.read_bytes())
    assert holds
    assert "by an authority for time that you named" in said
    with rig.staff.authoriser() as chief:
        assert rig.exports.list_exports(chief, STOLEN)[0].time_stamp == result.booking.time_stamp
    item = rig.store.outbox.find(f"booking:{result.booking.package_id}")
    assert item is not None
    assert BookingPayload.model_validate_json(item.body).time_stamp == result.booking.time_stamp
    with pytest.raises(Exception, match="refused"), rig.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE evidence_exports SET time_stamp = 'x'")


def test_without_a_link_or_with_a_stamp_by_another_it_is_written_and_says_so(
    rig: CaseRig, medium: Path, tmp_path: Path, time_authority: TimeAuthority, authority: TlsFiles
) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(Authority.load(authority).certificate.public_bytes(Encoding.PEM))
    cases = (
        (NO_LINK, other, f"no time stamp: {NO_LINK}: does not answer at present"),
        (time_authority.url, other, "what it gave does not hold: none of the authorities that you named made it"),
        (time_authority.url, tmp_path / "none.pem", "none.pem: cannot be read: No such file or directory"),
        (f"{time_authority.url}0/x", other, "no time stamp: "),
    )
    for url, ca_file, words in cases:
        result = export_with(rig, medium, url, ca_file)
        assert words in result.booking.time_stamp
        assert TIME_STAMP not in contents(result)
        assert time_statement(result)[0] is None
    assert rig.export(medium).booking.time_stamp == "", "nobody asked for one"


def test_without_the_library_settings_check_says_what_to_install_and_exports_go_on(
    rig: CaseRig, medium: Path, time_authority: TimeAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = EvidenceSettings(time_stamp_url=time_authority.url, time_stamp_ca_file=time_authority.root)
    assert time_stamp_faults(settings) == []
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)  # Python's own way to say that it is not installed
    assert time_stamp_faults(settings) == [
        'evidence.time_stamp_url: needs a package that is not here: pip install "alpr-edge[time-stamp]"'
    ]
    result = export_with(rig, medium, time_authority.url, time_authority.root)
    assert result.booking.time_stamp == 'no time stamp: install what asks for them: pip install "alpr-edge[time-stamp]"'
    assert result.path.exists()
