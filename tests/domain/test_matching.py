from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.boxes import Box
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, Reason, StateMatch
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.matching import match, meetings, state_match
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.reads import PlateRead

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT = Instant("boot", 1_000_000_000, NOON, UtcSource.GNSS)
GENERATION = Generation("list", 3, NOON - timedelta(hours=14), NOON - timedelta(hours=1), 2)
HOUR = timedelta(hours=1)


class Shelf:
    """A list held in a dictionary."""

    def __init__(self, *entries: HotlistEntry) -> None:
        self._entries = entries

    def exact(self, plate: str) -> Iterator[tuple[HotlistEntry, Generation]]:
        return ((entry, GENERATION) for entry in self._entries if entry.plate == plate)


def entry(
    raw: str, state: str | None = "CA", effective: datetime | None = None, expires: datetime | None = None
) -> HotlistEntry:
    return HotlistEntry("list", canonical(raw), raw, state, Reason.STOLEN_VEHICLE, effective=effective, expires=expires)


def read(text: str, state: str | None = None) -> PlateRead:
    return PlateRead(
        read_id="read-1",
        unit_id="unit-1",
        camera_id="front",
        plate=canonical(text),
        confidence=0.9,
        alternatives=(),
        slot_votes=(),
        vote_count=1,
        first_seen=AT,
        last_seen=AT,
        first_frame=1,
        last_frame=1,
        box=Box(0, 0, 10, 10),
        position=None,
        model_ids=(),
        state=state,
    )


def hits(text: str, *entries: HotlistEntry, state: str | None = None, at: Instant = AT) -> list[Hit]:
    ids = iter(range(100))
    return match(read(text, state), Shelf(*entries), at, lambda: f"hit-{next(ids)}")


def test_a_hit_names_its_entry_generation_age_and_moment() -> None:
    listed = entry("4XYZ123")
    assert hits("4XYZ123", listed, state="CA") == [
        Hit("hit-0", "read-1", listed, GENERATION, 14 * 3600.0, MatchKind.EXACT, StateMatch.SAME, AT)
    ]


def test_letter_o_and_zero_are_one_character_and_no_other_two_are() -> None:
    assert len(hits("OOH00", entry("00H0O"))) == 1
    for one, other in ("8B", "1I", "5S", "2Z", "0D", "0Q", "6G"):
        assert hits(f"4XY{one}123", entry(f"4XY{other}123")) == []


def test_green_v_san_francisco_is_no_exact_hit() -> None:
    """751 F.3d 1039: the car was 5SOW350, the list held 5SOW750, and nobody compared."""
    assert hits("5SOW350", entry("5SOW750")) == []


@pytest.mark.parametrize(
    ("of_read", "of_entry", "expected"),
    [
        ("CA", "CA", StateMatch.SAME),
        ("NV", "CA", StateMatch.OTHER),
        (None, "CA", StateMatch.UNKNOWN),
        ("CA", None, StateMatch.UNKNOWN),
        (None, None, StateMatch.UNKNOWN),
        ("", "CA", StateMatch.UNKNOWN),
    ],
)
def test_states_same_other_and_unknown(of_read: str | None, of_entry: str | None, expected: StateMatch) -> None:
    assert state_match(of_read, of_entry) is expected
    (hit,) = hits("4XYZ123", entry("4XYZ123", of_entry), state=of_read)
    assert hit.state is expected


@pytest.mark.parametrize(
    ("effective", "expires", "meets"),
    [
        (NOON + HOUR, None, False),
        (NOON, None, True),
        (None, NOON, False),
        (None, NOON + HOUR, True),
        (NOON - 2 * HOUR, NOON - HOUR, False),
    ],
)
def test_only_entries_in_force_meet(effective: datetime | None, expires: datetime | None, meets: bool) -> None:
    listed = entry("4XYZ123", effective=effective, expires=expires)
    assert bool(hits("4XYZ123", listed)) is meets


def test_on_an_unknown_clock_every_entry_holds_and_no_age_is_known() -> None:
    (hit,) = hits("4XYZ123", entry("4XYZ123", expires=NOON - HOUR), at=Instant("boot", 1))
    assert hit.list_age_s is None


def test_an_empty_text_meets_nothing() -> None:
    assert hits("", entry("")) == []


@given(st.lists(st.text("0O1B", min_size=1, max_size=3), max_size=12), st.text("0O1B", max_size=3))
def test_exactly_the_entries_of_equal_canonical_text_meet(listed: list[str], text: str) -> None:
    entries = [entry(raw) for raw in listed]
    met = [meeting.entry for meeting in meetings(canonical(text), None, Shelf(*entries), NOON)]
    assert met == [each for each in entries if text and each.plate == canonical(text)]
