"""Checks whether a package is one from before its units were ended, where whoever verifies knows that they were.

Whoever has a stolen unit has its key, which the authority vouches for until the certificate ends, and writes into a
package whatever time they like. So only the word of somebody else counts: a time stamp, or of reads in a package of the
department the moment at which it received them. The access log in a package proves nothing of it: its records are of an
export, and hold no digest of what was exported.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence import layout
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings
from alpr_edge.evidence.checks.receipt_check import received_at
from alpr_edge.evidence.package_records import ProvenancePayload


@dataclass(frozen=True, slots=True)
class PackageSources:
    """Whose a package is, and whose reads are in it."""

    makers: Collection[str]
    """Whose package it is, by its own word and by whoever vouches for its key."""
    units: Collection[str]
    """The units whose reads it says that it holds."""
    is_departments: bool
    """Whether an authority vouches that the department itself signed it."""
    reads: Mapping[str, Mapping[str, ProvenancePayload]]
    """By unit and folder: what belongs to each read."""


@dataclass(frozen=True, slots=True)
class PackageMoments:
    """When a package was made."""

    booked: datetime | None
    """By its own word; None: it does not say."""
    stamped: datetime | None
    """When it existed by an authority for time that is trusted; None: none says so."""


def check_unit_end(
    findings: Findings, sources: PackageSources, moments: PackageMoments, ended: Mapping[str, datetime]
) -> None:
    """Check it.

    Args:
        ended: the units that were ended, each with the moment since when its key may be somebody else's.
    """
    named = sorted(ended.keys() & {*sources.makers, *sources.units, *sources.reads})
    for unit_id in named:
        end = ended[unit_id]
        when = f"{unit_id} was ended ({end:%Y-%m-%d %H:%M %z})"
        if moments.stamped is not None and moments.stamped < end:
            words = f"by its time stamp the package existed before {when}"
            findings.state(CheckSubject.UNIT_END, words, holds=True)
        elif unit_id not in sources.makers:
            _check_received(findings, sources, unit_id, end, when)
        elif moments.booked is not None and moments.booked >= end:
            words = f"by its own word the package was made after {when}: its key is not that unit's any more"
            findings.state(CheckSubject.UNIT_END, words, holds=False)
            findings.fault(DefectKind.KEY_NOT_VOUCHED, layout.CERTIFICATE, words)
        else:
            words = f"nothing but its own word says that the package was made before {when}"
            more = "a time stamp can say so, or the department, where it heard of the package before"
            findings.state(CheckSubject.UNIT_END, f"{words}; {more}", holds=None)
    if ended and not named:
        words = f"the package is of none of the units that you said were ended: {', '.join(sorted(ended))}"
        findings.state(CheckSubject.UNIT_END, words, holds=True)


def _check_received(findings: Findings, sources: PackageSources, unit_id: str, end: datetime, when: str) -> None:
    """Check that the department had the reads of a unit before that was ended, with all that was said of them."""
    reads, late, unknown = sources.reads.get(unit_id, {}), 0, 0
    for folder, provenance in reads.items():
        moments = {record.file: received_at(record.receipt) for record in provenance.records}
        for file, moment in moments.items():
            if moment is not None and moment >= end:
                late += 1
                words = f"the department received it at {moment:%Y-%m-%d %H:%M %z}, after {when}"
                findings.fault(DefectKind.KEY_NOT_VOUCHED, f"{folder}/{file}", words)
        unknown += None in moments.values()
    words = f"it holds {len(reads)} reads of a unit that you said was ended"
    if late:
        words += f", and records of them came to the department after {when}: {late}"
        findings.state(CheckSubject.UNIT_END, words, holds=False)
    elif unknown or not sources.is_departments:
        words += f", and nobody who is vouched for says that all of them came to the department before {when}"
        findings.state(CheckSubject.UNIT_END, words, holds=None)
    else:
        words += f"; by the department's own word it had received all of them before {when}"
        findings.state(CheckSubject.RECEIPTS, words, holds=None)


def parse_unit_ends(texts: Iterable[str]) -> dict[str, datetime]:
    """Units and when each was ended, as somebody typed them; of a unit that is named twice the earliest counts.

    Raises:
        EvidenceError: one of them is none.
    """
    ends = dict[str, datetime]()
    for unit_id, end in map(parse_unit_end, texts):
        ends[unit_id] = min(end, ends.get(unit_id, end))
    return ends


def parse_unit_end(text: str) -> tuple[str, datetime]:
    """A unit and when it was ended, as somebody typed it: ``UNIT=DATE``, UTC where it names no zone.

    A day counts from its beginning. Whoever verifies may sit in any zone, and the answer is the same everywhere.
    """
    unit_id, _, moment = (part.strip() for part in text.partition("="))
    try:
        if unit_id:
            end = datetime.fromisoformat(moment)
            return unit_id, (end if end.tzinfo else end.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise EvidenceError(f"{text}: not a unit and its end, such as car-7=2026-05-04 or car-7=2026-05-04T18:00Z")
