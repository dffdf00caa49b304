"""Shows, adds and removes officers' own entries, and finds the stored reads that match (policy 462.4(c))."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.changes import NONE, Subject, value_name
from alpr_edge.domain.access_log.records import RecordedChange
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import OWN_SOURCE, HotlistEntry, Reason
from alpr_edge.domain.instants import UNCONFIRMED_CLOCK, rfc3339, typed_moment
from alpr_edge.domain.matching import Match
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.plates import PLATE_LENGTH_MAX
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.restrictions import Area, Hours
from alpr_edge.hotlist.formats.base import REMARKS_MAX, VEHICLE_MAX, clean
from alpr_edge.hotlist.index.officer_entries import OwnIndex
from alpr_edge.services.plate_input import plate_to_watch_for, state_letters
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import officer_entries
from alpr_edge.store.hotlists.officer_entries import OwnEntry
from alpr_edge.store.reads.lookback import look_back

CASE_MAX = 64
OWN_REASONS = tuple(reason for reason in Reason if reason is not Reason.IMMIGRATION_VIOLATOR)
"""Reasons of an entry: never immigration (California Values Act, Government Code 7284.6)."""
_SOURCE = SourcePermission.DEPARTMENT
"""Whose data officers' own entries are (policy 462.4(e))."""
_FROM_NOW = re.compile(r"(\d{1,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class EntryRequest:
    """An entry as somebody typed it."""

    plate: str
    """? stands for one character, * for any number."""
    reason: Reason
    case: str
    expires: str
    """From now (90m, 12h, 3d), or a date and time of ISO 8601; a date alone counts to its end."""
    state: str | None = None
    vehicle: str = ""
    remarks: str = ""
    area: str | None = None
    """Latitude, longitude, radius in metres."""
    hours: str | None = None
    covert: bool = False


@dataclass(frozen=True, slots=True)
class AddedEntry:
    """An entry that somebody asked for, and the stored reads that match it."""

    own: OwnEntry
    is_new: bool
    """Whether it was added; false: the same one was in force already, and stands as it was."""
    earlier_reads: list[tuple[PlateRead, Match]]
    """The newest first, at most :data:`~alpr_edge.store.reads.lookback.FOUND_MAX`."""
    is_looked_back: bool = True
    """Whether stored reads were looked through, which is for whoever may see them."""


def parse_entry(request: EntryRequest, now: datetime | None) -> OwnEntry:
    """Check what was typed and make an entry of it, of nobody yet.

    Args:
        now: the moment, UTC; None when the clock is not confirmed.

    Raises:
        FeedError: a value cannot be used.
    """
    if request.reason not in OWN_REASONS:
        raise FeedError("no entry may have this reason (Government Code 7284.6)")
    entry = HotlistEntry(
        source=OWN_SOURCE,
        plate=plate_to_watch_for(request.plate),
        plate_raw=clean(request.plate.upper(), 2 * PLATE_LENGTH_MAX),
        state=state_letters(request.state),
        reason=request.reason,
        vehicle=clean(request.vehicle, VEHICLE_MAX),
        remarks=clean(request.remarks, REMARKS_MAX),
        expires=_end(request.expires, now),
        area=_parse_option(Area.parse, request.area),
        hours=_parse_option(Hours.parse, request.hours),
        covert=request.covert,
    )
    return OwnEntry(entry, _case(request.case), now, "")


def show_entries(
    database: Database, authoriser: Authoriser, purpose: Purpose, now: datetime | None, *, covert: bool = False
) -> list[OwnEntry]:
    """The officers' own entries in force, for whoever may see the department's data (policy 462.4(e)).

    Args:
        now: the moment, UTC; None when the clock is not confirmed.

    Raises:
        AccessError: it is refused.
        StoreError: the database does not answer, or it cannot be put on record.
    """
    operation = Operation.SHOW_COVERT_ENTRIES if covert else Operation.SHOW_ENTRIES
    with authoriser.access(operation, purpose, AccessSubject(source=_SOURCE, is_covert=covert)) as access:
        own = officer_entries.entries_in_force(database, now)
        shown = [each for each in own if covert or not each.entry.covert]
        access.show(tuple(f"entry:{each.entry.record_id}" for each in shown))
        return shown


def add_entry(
    database: Database, authoriser: Authoriser, purpose: Purpose, request: OwnEntry, now: datetime | None
) -> AddedEntry:
    """Add an entry, and find the stored reads that match it, for whoever may see those (policy 462.4(e)).

    Where the same plate is watched for already, with the same state, reason and case, that entry is the answer.

    Args:
        now: the moment, UTC; None when the clock is not confirmed.

    Raises:
        AccessError: it is refused.
        FeedError: it has ended, lasts too long, or too many are watched for.
        StoreError: it cannot be kept.
    """
    entry = request.entry
    typed = (entry.remarks, entry.vehicle, request.case_number)
    subject = AccessSubject(query=entry.plate, is_covert=entry.covert, free_texts=typed)
    with authoriser.access(Operation.ADD_ENTRY, purpose, subject) as access:
        may_see, draft = access.may_see(_SOURCE), replace(request, added_by=access.actor.name)
        likely = None if now is not None else _likely_utc(authoriser)
        added = officer_entries.add(database, draft, now, likely, is_compared_with_all=may_see)
        own = added.own
        # The hours and the end of the entry do not count here: the question is where the vehicle was.
        earlier_reads = list(look_back(database, own.entry.plate, OwnIndex([own]))) if may_see else []
        access.show((f"entry:{own.entry.record_id}", *(read.read_id for read, _ in earlier_reads)))
        if added.is_new:
            access.changes = authoriser.changes_to({_value_name(own): _value(own, authoriser)})
        return AddedEntry(own, added.is_new, earlier_reads, may_see)


def remove_entry(
    database: Database, authoriser: Authoriser, purpose: Purpose, entry_id: str, now: datetime | None
) -> OwnEntry:
    """Stop watching for an entry that whoever asks may see (policy 462.4(e)); its row is kept for audits.

    Raises:
        AccessError: it is refused.
        FeedError: there is none of that id.
    """
    present = officer_entries.entries_not_removed(database)
    is_covert = any(own.entry.covert for own in present if own.entry.record_id == entry_id)
    subject = AccessSubject((f"entry:{entry_id[:64]}",), source=_SOURCE, is_covert=is_covert)
    with authoriser.access(Operation.REMOVE_ENTRY, purpose, subject) as access:
        own = officer_entries.remove(database, entry_id, access.actor.name, now)
        access.changes = (RecordedChange(name=_value_name(own), before=_value(own, authoriser), after=NONE),)
        return own


def _likely_utc(authoriser: Authoriser) -> datetime | None:
    """The best guess at the moment: by this computer's clock, and not before the roster in force was issued."""
    guesses = [authoriser.clock.now().utc]
    if authoriser.accounts is not None:
        with authoriser.accounts.reading() as rows:
            header = rows.roster()
        guesses += [] if header is None else [header.issued]
    return max(filter(None, guesses), default=None)


def _value_name(own: OwnEntry) -> str:
    return value_name(Subject.ENTRY, own.entry.record_id)


def _value(own: OwnEntry, authoriser: Authoriser) -> str:
    """An entry as it stands in a record of changes: its plate as a digest."""
    entry = own.entry
    end = "no end" if entry.expires is None else f"until {rfc3339(entry.expires)}"
    return f"plate {authoriser.log.digest(entry.plate)}, {entry.reason.value}, {end}"


def _case(text: str) -> str:
    number = clean(text, CASE_MAX)
    if not number:
        raise FeedError("--case is empty; name the case or incident")
    return number


def _end(text: str, now: datetime | None) -> datetime:
    match = _FROM_NOW.fullmatch(text.strip())
    if match is None:
        try:
            return typed_moment(text, is_end=True).astimezone(UTC)
        except (ValueError, OverflowError):
            # Overflow: a day at either end of the calendar, of another zone.
            raise FeedError("--expires is such as 90m, 12h, 3d or 2026-05-04T18:00") from None
    if now is None:
        raise FeedError(f"{UNCONFIRMED_CLOCK}; give --expires as a date and time")
    return now + timedelta(**{_UNITS[match[2]]: int(match[1])})


def _parse_option(parse: Callable[[str], Parsed], text: str | None) -> Parsed | None:
    """Parse the value of an option; FeedError when it is not valid."""
    try:
        return None if text is None else parse(text)
    except ValueError as error:
        raise FeedError(str(error)) from None
