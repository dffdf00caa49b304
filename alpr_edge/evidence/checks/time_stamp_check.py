"""Checks the time stamp of a package, where there is one."""

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence import layout
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings
from alpr_edge.evidence.checks.package_files import PackageFiles, UnreadableError
from alpr_edge.evidence.time_stamps import stamped_at


def check_time_stamp(files: PackageFiles, findings: Findings, tag_manifest: bytes, authorities: bytes) -> None:
    """Check it.

    Args:
        files: the package.
        findings: where what is found goes.
        tag_manifest: what it has to be over.
        authorities: certificates (PEM) of time-stamping authorities that are trusted; empty: none is named.
    """
    if layout.TIME_STAMP not in files.sizes:
        words = "there is no time stamp: that the package was made when it says rests on the unit's word"
        findings.state(CheckSubject.TIME_STAMP, words, holds=None)
        return
    try:
        at = stamped_at(files.read(layout.TIME_STAMP), tag_manifest, authorities)
    except (EvidenceError, UnreadableError) as error:
        is_checked = "cannot be checked here" not in str(error)
        findings.state(CheckSubject.TIME_STAMP, f"the time stamp: {error}", holds=False if is_checked else None)
        if is_checked:
            findings.fault(DefectKind.TIME_STAMP_FALSE, layout.TIME_STAMP, str(error))
        return
    words = f"the package existed at {at:%Y-%m-%d %H:%M:%S} UTC"
    if authorities:
        findings.state(CheckSubject.TIME_STAMP, f"{words}, by an authority for time that you named", holds=True)
    else:
        words = f"by its time stamp {words}; whose stamp it is you did not say: name the authority for time"
        findings.state(CheckSubject.TIME_STAMP, words, holds=None)
