"""What ``alpr-edge department lists`` and ``publish`` show: how a list stands, and what a feed's check found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alpr_edge.cli.hotlist.feed_words import unknown_words_json, unknown_words_lines
from alpr_edge.cli.output import count_text, time_text

if TYPE_CHECKING:
    from alpr_edge.department.publishing.feed_check import FeedCheck
    from alpr_edge.department.publishing.list_state import ListStanding, UnitHolding

NOT_COMPARED = "the list before could not be read again, so all of it counts as added"


def standing_content(standing: ListStanding) -> dict[str, Any]:
    """How a list stands, as JSON has it."""
    newest, record = standing.newest, standing.record
    return {
        "source": standing.source,
        "serial": None if newest is None else newest.serial,
        "change": None if newest is None else newest.change.value,
        "published_at": None if newest is None else newest.published_at,
        "published": None if record is None else record.model_dump(),
        "is_checked": standing.is_checked,
        "units": standing.audience,
        "requests": [
            {
                "unit": each.unit_id,
                "serial": each.serial,
                "requested_at": each.asked_at,
                "since": each.since,
                "holding": each.holding.value,
                "entries": each.entries,
            }
            for each in standing.units
            if each.serial is not None
        ],
        "never_asked": [each.unit_id for each in standing.units if each.serial is None],
    }


def standing_text(standing: ListStanding) -> str:
    """How a list stands, for a person: a line, and one for each unit."""
    newest, record = standing.newest, standing.record
    if newest is None:
        words = "nothing is published, and units ask for it" if standing.units else "nothing is published"
    else:
        words = f"serial {newest.serial}, published {time_text(newest.published_at)}"
        words += f" by {record.by}" if record is not None else ""
        if record is not None and record.entries is not None:
            words += f", {count_text(record.entries, 'entry', 'entries')}"
        words += f", for {audience_text(standing.audience)}"
    return "\n".join([f"{standing.source}: {words}", *(f"  {_unit_text(each)}" for each in standing.units)])


def check_content(check: FeedCheck) -> dict[str, Any]:
    """What a check found, as JSON has it."""
    names = ("entries", "added", "removed", "changed", "read", "rejected", "skipped_junk", "withheld", "duplicates")
    lines = [
        {"line": each.line, "lines": each.lines, "column": each.column, "reason": each.reason}
        for each in check.rejected_lines
    ]
    more = {"issued": check.issued, "is_signed": check.is_signed, "is_compared": check.is_compared}
    counts = {name: getattr(check, name) for name in names} | unknown_words_json(check)
    return counts | more | {"rejected_lines": lines}


def check_text(check: FeedCheck) -> str:
    """What a check found, for a person."""
    issued = f"issued {time_text(check.issued)}" if check.issued else "the feed does not say when it was made"
    entries = count_text(check.entries, "entry", "entries")
    difference = f"{check.added:,} added, {check.removed:,} removed, {check.changed:,} changed"
    lines_read, duplicates = count_text(check.read, "line"), count_text(check.duplicates, "duplicate")
    lines = [
        f"{check.source}: {entries}: {difference}; {issued}",
        f"{lines_read} read, {check.rejected:,} rejected, {check.skipped_junk:,} without a real plate, {duplicates}",
    ]
    if check.is_signed:
        lines.append("its maker's signature holds")
    if check.withheld:
        lines.append(f"{check.withheld:,} left out: the settings do not let in their reason")
    lines += unknown_words_lines(check)
    if not check.is_compared:
        lines.append(NOT_COMPARED)
    lines += [f"  line {each.line}, column {each.column}: {each.reason}" for each in check.rejected_lines]
    if check.rejected > sum(each.lines for each in check.rejected_lines):
        lines.append("  and more")
    return "\n".join(lines)


def audience_text(audience: frozenset[str] | None) -> str:
    """Which units a list is meant for, in words."""
    return "all units" if audience is None else ", ".join(sorted(audience)) or "no unit"


def _unit_text(unit: UnitHolding) -> str:
    if unit.serial is None:
        return f"{unit.unit_id} never asked for it"
    words = f"{unit.unit_id} had serial {unit.serial or 'none'} when it last asked, {time_text(unit.asked_at)}"
    if unit.since is not None:
        words += f"; since {time_text(unit.since)}"
    return words + ("; the newest is sent, not yet fetched" if unit.holding == "waiting" else "")
