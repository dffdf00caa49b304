"""Checks the time stamp of a package, where there is one."""

from contextlib import suppress
from datetime import datetime

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.protocol.items import digest
from alpr_edge.evidence import layout
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings
from alpr_edge.evidence.checks.package_files import PackageFiles, UnreadableError
from alpr_edge.evidence.minisign import MinisignSignature
from alpr_edge.evidence.time_stamps import stamped_at


def check_time_stamp(
    files: PackageFiles, findings: Findings, tag_manifest: bytes, authorities: bytes
) -> datetime | None:
    """Check it; returns when the package existed by an authority that is trusted, None where none says so.

    Args:
        authorities: certificates (PEM) of time-stamping authorities that are trusted; empty: none is named.
    """
    named = _named_digest(files)
    if layout.TIME_STAMP not in files.sizes:
        if named:
            findings.fault(DefectKind.MISSING, layout.TIME_STAMP, "is not there, and the signature names it")
        words = "there is no time stamp: that the package was made when it says rests on the unit's word"
        findings.state(CheckSubject.TIME_STAMP, words, holds=False if named else None)
        return None
    try:
        response = files.read(layout.TIME_STAMP)
        if named is not None and digest(response) != named:
            findings.fault(DefectKind.DAMAGED, layout.TIME_STAMP, "was changed, or is another than the signature names")
        at = stamped_at(response, tag_manifest, authorities)
    except (EvidenceError, UnreadableError) as error:
        is_checked = "cannot be checked here" not in str(error)
        findings.state(CheckSubject.TIME_STAMP, f"the time stamp: {error}", holds=False if is_checked else None)
        if is_checked:
            findings.fault(DefectKind.TIME_STAMP_FALSE, layout.TIME_STAMP, str(error))
        return None
    words = f"the package existed at {at:%Y-%m-%d %H:%M:%S} UTC"
    if authorities:
        findings.state(CheckSubject.TIME_STAMP, f"{words}, by an authority for time that you named", holds=True)
        return at
    words = f"by its time stamp {words}; whose stamp it is you did not say: name the authority for time"
    findings.state(CheckSubject.TIME_STAMP, words, holds=None)
    return None


def _named_digest(files: PackageFiles) -> str | None:
    """The digest of the time stamp by the signed comment, of which it was checked that it is; empty: it names none.

    None: the signature cannot be read, which is a fault of its own.
    """
    with suppress(EvidenceError, UnreadableError, UnicodeDecodeError):
        comment = MinisignSignature.parse(files.read(layout.MINISIG).decode()).trusted_comment
        return comment.partition(layout.STAMP_WORDS)[2]
    return None
