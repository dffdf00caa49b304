"""Checks that a package for another agency holds the reads that it names, and none beyond what was approved."""

from collections.abc import Collection, Mapping

from pydantic import ValidationError

from alpr_edge.domain.plates import canonical
from alpr_edge.evidence import layout
from alpr_edge.evidence.bag import one_line
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings
from alpr_edge.evidence.checks.package_files import PackageFiles, UnreadableError
from alpr_edge.evidence.release_records import ReleaseRecord
from alpr_edge.evidence.signer import RELEASES

RELEASE_BYTES_MAX = 32 * 1024 * 1024
_PICTURE_KINDS = {"plates": frozenset({"crop"}), "scenes": frozenset({"crop", "scene"})}
"""Kinds of pictures, by what was approved."""


def read_release(files: PackageFiles, findings: Findings, digests: Mapping[str, bytes]) -> ReleaseRecord | None:
    """The request that a package answers; None: it is the evidence of a unit, or what it says cannot be read."""
    if layout.RELEASE not in digests:
        return None
    try:
        return ReleaseRecord.model_validate_json(files.read(layout.RELEASE, RELEASE_BYTES_MAX))
    except (UnreadableError, ValidationError):
        findings.fault(DefectKind.RECORD_FALSE, layout.RELEASE, "does not say which request the package answers")
        return None


def approved_pictures(release: ReleaseRecord) -> frozenset[str]:
    """The kinds of pictures that were approved."""
    return _PICTURE_KINDS.get(release.approved.pictures, frozenset())


def check_release(
    findings: Findings,
    release: ReleaseRecord,
    plates: Mapping[str, str],
    digests: Mapping[str, bytes],
    names: Collection[str],
    *,
    is_vouched: bool,
) -> None:
    """Check the reads of a package for another agency, and that the department made it.

    Args:
        digests: SHA-256 of each payload file that is as it was packed.
    """
    before = findings.fault_count
    others = set(names) - {RELEASES}
    if others:
        words = f"is for the key {RELEASES} of the department alone, and this package is of {', '.join(sorted(others))}"
        findings.fault(DefectKind.KEY_NOT_VOUCHED, layout.RELEASE, one_line(words))
    _check_reads(findings, release, plates, digests)
    holds = findings.fault_count == before
    words = f"it answers the request {release.request_id} of {release.agency}, approved on {release.approved.approved}"
    fit = "and holds no read of a plate that was not approved" if holds else "and its reads are NOT those approved"
    fit = "and the department did NOT make it" if others else fit
    if holds and not is_vouched:
        findings.state(CheckSubject.RELEASE, one_line(f"by its own word alone {words}"), holds=None)
        return
    findings.state(CheckSubject.RELEASE, one_line(f"{words}, {fit}"), holds=holds)


def _check_reads(
    findings: Findings, release: ReleaseRecord, plates: Mapping[str, str], digests: Mapping[str, bytes]
) -> None:
    """Check that the package holds the reads and pictures that were approved, and no others."""
    approved = set(release.approved.plates)
    named = {layout.read_folder(read.number): read.sha256 for read in release.reads}
    for folder, plate in plates.items():
        path = f"{folder}/{layout.READ_RECORD}"
        if canonical(plate) not in approved:
            findings.fault(DefectKind.RECORD_FALSE, path, "is a read of a plate that was not approved")
        found = digests.get(path)
        if found is None or named.get(folder) != found.hex():
            findings.fault(DefectKind.RECORD_FALSE, path, f"is not the read that {layout.RELEASE} names")
    for folder in named.keys() - plates.keys():
        findings.fault(DefectKind.RECORD_FALSE, layout.RELEASE, f"names the read {folder}, which is not there")
    ends = tuple(f"/{kind}.jpg" for kind in approved_pictures(release))
    pictures = (path for path in digests if path.endswith(".jpg"))
    for path in pictures:
        if not path.endswith(ends):
            findings.fault(DefectKind.RECORD_FALSE, path, "is a picture that was not approved")
