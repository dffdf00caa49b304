"""Looks a plate up in the lists and the officers' entries, and says what the unit would sound and say of it."""

from dataclasses import dataclass
from datetime import datetime

from alpr_edge.domain.access import Actor, Permission, Purpose, authorise
from alpr_edge.domain.alerting import ListAge, MatchContext, Tone, list_age, phrase_of, tone_of
from alpr_edge.domain.hits import OWN_SOURCE, Generation, Hit
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.matching import CONFUSABLE_MIN, Entries, Match, MatchQuery, meetings
from alpr_edge.domain.reads import Alternative
from alpr_edge.services.plate_input import plate_to_look_up, state_letters
from alpr_edge.settings import HotlistSettings


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry that a plate met, and what the unit would do about it."""

    match: Match
    level: ListAge
    """How far its list can be trusted by its age."""
    tone: Tone
    phrase: str


def parse_plates(text: str, state: str | None, now: Instant) -> MatchQuery:
    """Check what was typed: a plate, and after commas other texts that the reader considered.

    Raises:
        FeedError: one of them is no plate, or the state is none.
    """
    plate, *others = text.split(",")
    considered = [Alternative(plate_to_look_up(other), CONFUSABLE_MIN) for other in others]
    return MatchQuery(plate_to_look_up(plate), state_letters(state), now.trusted_utc, alternatives=considered)


def match_plate(
    entries: Entries, actor: Actor, purpose: Purpose, wanted: MatchQuery, limits: HotlistSettings, now: Instant
) -> list[FoundEntry]:
    """Look a plate up as a read would be; covert entries are left out, as no screen of the car shows them.

    Args:
        entries: of the lists and the officers.
        actor: who asks.
        purpose: what for.
        wanted: the plate, as :func:`parse_plates` made it.
        limits: when a list is old, and how each source sounds.
        now: the moment that ages are judged at.

    Raises:
        AccessError: the actor may not.
    """
    authorise(actor, purpose, Permission.SEE_PLATES)
    return [_found(met, limits, now) for met in meetings(wanted, entries) if not met.entry.covert]


def list_level(generation: Generation, now: datetime | None, limits: HotlistSettings) -> ListAge:
    """Judge how far a list can be trusted by its age; an officer's own entry ends, it does not age."""
    if generation.source == OWN_SOURCE:
        return ListAge.FRESH
    age = generation.age(now)
    return list_age(None if age is None else age.total_seconds(), *limits.ages_of(generation.source))


def _found(met: Match, limits: HotlistSettings, now: Instant) -> FoundEntry:
    level = list_level(met.generation, now.trusted_utc, limits)
    age = met.generation.age(now.trusted_utc)
    source = limits.source_of(met.generation.source)
    context = MatchContext(level) if source is None else MatchContext(level, manner=source.alert_policy)
    hit = Hit("", "", met.entry, met.generation, None if age is None else age.total_seconds(), met.kind, met.state, now)
    return FoundEntry(met, level, tone_of(hit, context), phrase_of(hit, context))
