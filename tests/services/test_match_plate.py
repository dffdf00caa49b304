"""A plate is looked up for who may see plates, with what the unit would sound and say."""

from dataclasses import replace

import pytest

from alpr_edge.domain.access import ALL_PERMISSIONS, MAINTENANCE, QUEUE_PERMISSIONS, Actor
from alpr_edge.domain.alerting import ListAge, Tone
from alpr_edge.domain.errors import AccessError, FeedError
from alpr_edge.hotlist.index.officer_entries import OwnIndex
from alpr_edge.services.match_plate import match_plate, parse_plates
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.hotlists.officer_entries import OwnEntry
from tests.store.records import START, hit, instant

OWNER = Actor("p-1", "Officer Lopez", ALL_PERMISSIONS)
ENTRY = replace(hit().entry, source="officers")
ENTRIES = OwnIndex([OwnEntry(ENTRY, "26-1", START, "Lopez"), OwnEntry(replace(ENTRY, covert=True), "26-2", START, "x")])


def test_it_says_what_the_unit_would_and_leaves_covert_entries_out() -> None:
    wanted = parse_plates("7abc123", "CA", instant())
    (found,) = match_plate(ENTRIES, OWNER, MAINTENANCE, wanted, HotlistSettings(), instant())
    assert (found.match.entry.covert, found.level, found.tone) == (False, ListAge.FRESH, Tone.HIGH)
    assert found.phrase
    assert "7ABC" not in found.phrase


def test_what_the_reader_considered_meets_as_possible() -> None:
    wanted = parse_plates("7A8C123, 7ABC123", "CA", instant())
    (found,) = match_plate(ENTRIES, OWNER, MAINTENANCE, wanted, HotlistSettings(), instant())
    assert found.tone is Tone.POSSIBLE


def test_it_is_for_who_may_see_plates() -> None:
    visitor = Actor("p-2", "Visitor", QUEUE_PERMISSIONS)
    with pytest.raises(AccessError):
        match_plate(
            ENTRIES, visitor, MAINTENANCE, parse_plates("7ABC123", None, instant()), HotlistSettings(), instant()
        )


@pytest.mark.parametrize("text", ["7ABC?", "-", "12345678901", "7ABC123,"])
def test_what_is_no_plate_is_refused(text: str) -> None:
    with pytest.raises(FeedError):
        parse_plates(text, None, instant())
