"""Checks whether a package is one from before its unit was ended, where whoever verifies knows that it was.

Whoever has a stolen unit has its key, which the authority vouches for until the certificate ends, and writes into a
package whatever time they like. So only the word of somebody else counts: a time stamp. The access log in a package
proves nothing of it: its records are of an export, and hold no digest of what was exported.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence import layout
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings


def check_unit_end(
    findings: Findings,
    units: Collection[str],
    booked: datetime | None,
    stamped: datetime | None,
    ended: Mapping[str, datetime],
) -> None:
    """Check it.

    Args:
        findings: where what is found goes.
        units: whose package it is, by its own word and by whoever vouches for its key.
        booked: when it was made, by its own word; None: it does not say.
        stamped: when it existed, by an authority for time that is trusted; None: none says so.
        ended: the units that were ended, each with the moment since when its key may be somebody else's.
    """
    named = sorted(ended.keys() & set(units))
    for unit_id in named:
        end = ended[unit_id]
        when = f"{unit_id} was ended ({end:%Y-%m-%d %H:%M %z})"
        if stamped is not None and stamped < end:
            words = f"by its time stamp the package existed before {when}"
            findings.state(CheckSubject.UNIT_END, words, holds=True)
        elif booked is not None and booked >= end:
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


def parse_unit_end(text: str) -> tuple[str, datetime]:
    """A unit and when it was ended, as somebody typed it: ``UNIT=DATE``; a day counts from its beginning.

    Raises:
        EvidenceError: it is none.
    """
    unit_id, _, moment = (part.strip() for part in text.partition("="))
    try:
        if unit_id:
            return unit_id, datetime.fromisoformat(moment).astimezone()
    except (ValueError, OverflowError):
        pass
    raise EvidenceError(f"{text}: not a unit and its end, such as car-7=2026-05-04 or car-7=2026-05-04T18:00Z")
