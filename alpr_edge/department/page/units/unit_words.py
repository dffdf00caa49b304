"""What the pages of units say of values, in words."""

from datetime import datetime, timedelta

from alpr_edge.department.pki.unit_ends import UnitEnd

_SPANS = ((timedelta(days=2), timedelta(days=1), "d"), (timedelta(hours=2), timedelta(hours=1), "h"))
"""From how long on which unit of time is counted."""


def since_words(moment: datetime, now: datetime) -> str:
    """How long ago a moment was, in whole minutes, hours or days."""
    span = max(now - moment, timedelta(0))
    for least, unit, sign in _SPANS:
        if span >= least:
            return f"{span // unit} {sign} ago"
    return f"{span // timedelta(minutes=1)} min ago"


def why_words(end: UnitEnd | None) -> str:
    """Why a unit ends, as its record says it; empty: what is typed says it."""
    if end is None:
        return ""
    return "retired from service" if end is UnitEnd.RETIRED else end.words
