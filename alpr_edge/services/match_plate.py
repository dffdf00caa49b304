"""Looks a plate up in the lists and the officers' entries, and says what the unit would sound and say of it."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.alerting import ListAge, MatchContext, Tone, phrase_of, tone_of
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import OWN_SOURCE, Generation, Hit, MatchKind
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.list_ages import list_age, own_entry_age
from alpr_edge.domain.matching import CONFUSABLE_MIN, CONFUSABLES_MAX, Entries, Match, MatchQuery, find_matches
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.reads import Alternative
from alpr_edge.services.plate_input import plate_to_look_up, state_letters
from alpr_edge.settings import HotlistSettings


class NotInForce(StrEnum):
    """Why an entry is not in force now."""

    EARLY = "early"
    """It takes effect later."""
    ENDED = "ended"
    """It has expired."""
    OUT_OF_HOURS = "out_of_hours"
    """It is restricted to other hours."""


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry that a plate matches, and what the unit would do about it."""

    match: Match
    list_age: ListAge
    """How far its list can be trusted by its age."""
    tone: Tone
    phrase: str
    not_in_force: NotInForce | None = None
    """Why the unit would neither sound nor say anything now; None: the entry is in force."""


@dataclass(frozen=True, slots=True)
class PlateMatches:
    """What a plate matches."""

    entries: tuple[FoundEntry, ...]
    """The entries in force as a read would rank them, then the others."""
    left_out: tuple[SourcePermission, ...] = ()
    """Whose lists are left out, as the person has no permission for them; whether the plate is in one is not told:
    that would be the very answer that they may not have (policy 462.4(e))."""


@dataclass(frozen=True, slots=True)
class PlateQuery:
    """A plate to look up, and how."""

    match: MatchQuery
    now: Instant
    """The moment that ages, dates and hours are judged at."""
    covert: bool = False
    """Whether to find covert entries too, which no screen of the car shows; that is on record."""


def parse_plates(text: str, state: str | None, now: Instant, *, covert: bool = False) -> PlateQuery:
    """Check what was typed: a plate, and after commas other texts that the reader considered.

    Raises:
        FeedError: one of them is no plate, there are more than a read has, or the state is none.
    """
    plate, *others = text.split(",")
    if len(others) > CONFUSABLES_MAX:
        raise FeedError(f"a reader considers {CONFUSABLES_MAX} other texts at most; look the others up one by one")
    alternatives = [Alternative(plate_to_look_up(other), CONFUSABLE_MIN) for other in others]
    match = MatchQuery(plate_to_look_up(plate), state_letters(state), now.trusted_utc, alternatives=alternatives)
    return PlateQuery(match, now, covert)


def match_plate(
    entries: Entries, authoriser: Authoriser, purpose: Purpose, query: PlateQuery, limits: HotlistSettings
) -> PlateMatches:
    """Look a plate up as a read would be, and find the entries that would match at another time.

    Args:
        authoriser: allows it and puts it on record, each text by itself (Civil Code 1798.90.52(a)(2)).

    Raises:
        AccessError: it is refused.
        StoreError: it cannot be put on record.
    """
    plates = list(dict.fromkeys([query.match.plate, *(each.plate for each in query.match.alternatives)]))
    if query.covert:
        for plate in plates:
            with authoriser.access(Operation.SHOW_COVERT_ENTRIES, purpose, AccessSubject(query=plate, is_covert=True)):
                pass
    with ExitStack() as accesses:
        access_of = {
            plate: accesses.enter_context(
                authoriser.access(Operation.MATCH_PLATE, purpose, AccessSubject(query=plate, is_covert=query.covert))
            )
            for plate in plates
        }
        # A moment that is not known rules no entry out.
        matches = find_matches(replace(query.match, at=None), entries)
        answers = [_found_entry(each, limits, query.now) for each in matches if query.covert or not each.entry.covert]
        answers.sort(key=lambda entry: entry.not_in_force is not None)
        access = access_of[query.match.plate]
        shown = [each for each in answers if access.may_see(limits.permission_of(each.match.generation.source))]
        for plate, sources in _sources_of(shown, query.match.plate).items():
            access_of[plate].show(sources)
        return PlateMatches(tuple(shown), tuple(each for each in SourcePermission if not access.may_see(each)))


def _sources_of(shown: Sequence[FoundEntry], plate: str) -> dict[str, tuple[str, ...]]:
    """The lists of the entries that each looked-up text found; a partial entry is found by the plate itself."""
    sources: dict[str, tuple[str, ...]] = {}
    for each in shown:
        found_by = each.match.entry.plate if each.match.kind is MatchKind.CONFUSABLE else plate
        sources[found_by] = (*sources.get(found_by, ()), f"list:{each.match.generation.source}")
    return sources


def age_of_list(generation: Generation, now: datetime | None, limits: HotlistSettings) -> ListAge:
    """Judge how far a list can be trusted by its age; an officer's own entry ends, it does not age."""
    if generation.source == OWN_SOURCE:
        return own_entry_age(now)
    age = generation.age(now)
    return list_age(None if age is None else age.total_seconds(), *limits.ages_of(generation.source))


def _found_entry(match: Match, limits: HotlistSettings, now: Instant) -> FoundEntry:
    level = age_of_list(match.generation, now.trusted_utc, limits)
    age = match.generation.age(now.trusted_utc)
    source = limits.source_of(match.generation.source)
    context = MatchContext(level) if source is None else MatchContext(level, policy=source.alert_policy)
    age_s = None if age is None else age.total_seconds()
    hit = Hit("", "", match.entry, match.generation, age_s, match.kind, match.state_match, now)
    return FoundEntry(
        match, level, tone_of(hit, context), phrase_of(hit, context), _not_in_force(match, now.trusted_utc)
    )


def _not_in_force(match: Match, at: datetime | None) -> NotInForce | None:
    entry = match.entry
    if at is None or entry.in_force(at):
        return None
    if entry.effective is not None and at < entry.effective:
        return NotInForce.EARLY
    return NotInForce.ENDED if entry.expires is not None and at >= entry.expires else NotInForce.OUT_OF_HOURS
