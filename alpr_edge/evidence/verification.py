"""Verifies an evidence package on any computer, without keys, database or network; says in plain words what holds."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence import layout
from alpr_edge.evidence.checks.bag_check import BagCheck
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings, PackageFault, PackageStatement
from alpr_edge.evidence.checks.log_check import check_logs
from alpr_edge.evidence.checks.package_files import PackageFiles, UnreadableError, open_files
from alpr_edge.evidence.checks.receipt_check import check_receipts
from alpr_edge.evidence.checks.record_check import PICTURE_KINDS, RecordCheck
from alpr_edge.evidence.checks.release_check import approved_pictures, check_release, read_release
from alpr_edge.evidence.checks.signature_check import check_key, check_signatures
from alpr_edge.evidence.checks.time_stamp_check import check_time_stamp
from alpr_edge.evidence.checks.unit_end_check import PackageMoments, PackageSources, check_unit_end
from alpr_edge.evidence.package_records import PackagePayload, ProvenancePayload
from alpr_edge.evidence.release_records import ReleaseRecord
from alpr_edge.evidence.signer import DEPARTMENT, RELEASES
from alpr_edge.evidence.vouchers import VouchedKey

Tick = Callable[[int, int], None]
NONE_ENDED: Mapping[str, datetime] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PackageVerdict:
    """What a verification comes to."""

    statements: tuple[PackageStatement, ...]
    faults: tuple[PackageFault, ...]
    fault_count: int
    """How many faults there are, also beyond those that are named."""
    package: PackagePayload | None
    """What the package says of itself; None: it does not."""

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong, and the authority that was named vouches for the key that signed it.

        Of a unit that was said to be ended a package holds only where somebody else says that it is from before.
        """
        is_of_the_unit = all(each.holds for each in self.statements if each.subject is CheckSubject.UNIT_END)
        is_sound = not self.fault_count and all(each.holds is not False for each in self.statements)
        return self.is_vouched and is_of_the_unit and is_sound

    @property
    def is_vouched(self) -> bool:
        """Whether the authority that was named vouches for the key that signed it."""
        return any(each.subject is CheckSubject.KEY and each.holds for each in self.statements)


def verify_package(
    path: Path,
    tick: Tick,
    authority: str = "",
    passphrase: str = "",
    time_authorities: bytes = b"",
    ended: Mapping[str, datetime] = NONE_ENDED,
) -> PackageVerdict:
    """Verify a package.

    Args:
        authority: SHA-256 of the department authority's certificate, from the department itself; empty: not given, and
            then nothing says whose the key is.
        passphrase: what opens the container; empty: it is not encrypted, or a folder.
        time_authorities: certificates (PEM) of time-stamping authorities that are trusted; empty: none is named.
        ended: units that were ended, as the department tells it, each with the moment since when its key may be
            somebody else's.

    Raises:
        EvidenceError: it cannot be opened at all, or is no package.
    """
    with open_files(path, passphrase) as files:
        if layout.TAG_MANIFEST not in files.sizes and layout.MANIFEST not in files.sizes:
            raise EvidenceError(f"{path}: no evidence package, or one that was never finished")
        return _verify(files, tick, authority, time_authorities, ended)


def _verify(
    files: PackageFiles, tick: Tick, authority: str, time_authorities: bytes, ended: Mapping[str, datetime]
) -> PackageVerdict:
    findings = files.findings
    signed = check_signatures(files, findings)
    voucher = check_key(files, findings, signed, authority)
    records = RecordCheck(findings)
    bag = BagCheck(files, findings, records.take, tick)
    bag.check(signed.text)
    package = _package(files) if layout.PACKAGE in bag.digests else None
    release = read_release(files, findings, bag.digests)
    several = _units_of_department(package, release)
    units = [package.unit_id] if package is not None and several is None else several or []
    is_departments = voucher is not None and voucher.name in {DEPARTMENT, RELEASES}
    if layout.PACKAGE in bag.digests:
        kinds = PICTURE_KINDS if release is None else approved_pictures(release)
        records.finish(bag.packed, bag.digests, package, units, kinds)
        check_receipts(findings, records.provenances, is_departments=is_departments)
    names = {each for each in (package and package.unit_id, voucher and voucher.name) if each}
    if release is not None:
        check_release(findings, release, records.plates, bag.digests, names, is_vouched=voucher is not None)
    if package is not None and voucher is not None:
        _check_dates(findings, package, voucher)
        _check_unit(findings, package, voucher)
    authority_certificate = b"" if voucher is None else files.read(layout.AUTHORITY)
    check_logs(files, findings, authority_certificate, package, units)
    stamped = check_time_stamp(files, findings, signed.text, time_authorities)
    sources = PackageSources(names | {signed.signer}, several or (), is_departments, _reads_by_unit(records))
    check_unit_end(findings, sources, PackageMoments(_booking_time(package), stamped), ended)
    return PackageVerdict(tuple(findings.statements), tuple(findings.faults), findings.fault_count, package)


def _units_of_department(package: PackagePayload | None, release: ReleaseRecord | None) -> list[str] | None:
    """The units whose reads a package may hold; None: it is that of a unit, and holds its own alone.

    Only what the department signs holds reads of several: the name of its key is that of no unit.
    """
    if release is not None:
        return release.units
    return package.units if package is not None and package.unit_id == DEPARTMENT else None


def _reads_by_unit(records: RecordCheck) -> dict[str, dict[str, ProvenancePayload]]:
    """What belongs to each read, by the unit that its record is of, and by its folder."""
    found = defaultdict[str, dict[str, ProvenancePayload]](dict)
    for folder, provenance in records.provenances.items():
        found[records.unit_of(folder)][folder] = provenance
    return found


def _package(files: PackageFiles) -> PackagePayload | None:
    try:
        return PackagePayload.model_validate_json(files.read(layout.PACKAGE))
    except (UnreadableError, ValidationError):
        return None


def _check_dates(findings: Findings, package: PackagePayload, voucher: VouchedKey) -> None:
    """Check that the key was vouched for when the package was booked, by its own word."""
    if package.booked is None:
        findings.state(
            CheckSubject.KEY, "the package does not say when it was made: the unit's clock was not set", holds=None
        )
        return
    booked = _booking_time(package)
    if booked is None or not voucher.begins <= booked <= voucher.ends:
        words = f"the authority vouches for the key from {voucher.begins:%Y-%m-%d} to {voucher.ends:%Y-%m-%d} only"
        findings.state(CheckSubject.KEY, words, holds=False)
        findings.fault(DefectKind.KEY_NOT_VOUCHED, layout.CERTIFICATE, words)


def _booking_time(package: PackagePayload | None) -> datetime | None:
    """When a package was made, by its own word; None: it does not say, or not as a moment with its zone."""
    try:
        booked = datetime.fromisoformat("" if package is None else package.booked or "")
    except ValueError:
        return None
    return None if booked.tzinfo is None else booked


def _check_unit(findings: Findings, package: PackagePayload, voucher: VouchedKey) -> None:
    if package.unit_id != voucher.name:
        words = f"the package says that it comes from {package.unit_id}, and its key is that of {voucher.name}"
        findings.state(CheckSubject.KEY, words, holds=False)
        findings.fault(DefectKind.KEY_NOT_VOUCHED, layout.PACKAGE, words)
