from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.alerting import Level, MatchContext, Tone, alert_of, tone_of
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, Reason, StateMatch
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.matching import CONFUSABLE_MIN, CONFUSABLES_MAX, Match, MatchQuery, find_matches, state_match
from alpr_edge.domain.patterns import canonical_partial
from alpr_edge.domain.plates import canonical, is_readable
from alpr_edge.domain.reads import Alternative
from alpr_edge.domain.restrictions import Area, Hours
from tests.domain.shelf import Shelf

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT = Instant("boot", 1_000_000_000, NOON, UtcSource.GNSS)
GENERATION = Generation("list", 3, NOON - timedelta(hours=14), NOON - timedelta(hours=1), 2)
HOUR = timedelta(hours=1)


def entry(
    raw: str,
    state: str | None = "CA",
    reason: Reason = Reason.STOLEN_VEHICLE,
    **more: Any,  # noqa: ANN401 - fields of many types
) -> HotlistEntry:
    return HotlistEntry("list", canonical_partial(raw), raw, state, reason, **more)


def matches(
    text: str,
    *entries: HotlistEntry,
    state: str | None = None,
    at: datetime | None = NOON,
    others: dict[str, float] | None = None,
    position: Position | None = None,
) -> list[Match]:
    """What a text, and others that the reader considered, meet."""
    alternatives = tuple(Alternative(canonical(other), share) for other, share in (others or {}).items())
    query = MatchQuery(canonical(text), state, at, position, alternatives)
    return find_matches(query, Shelf(*entries, generation=GENERATION))


def hit_of(match: Match) -> Hit:
    """The hit of a match."""
    return Hit("hit", "read", match.entry, match.generation, None, match.kind, match.state_match, AT)


def kinds(results: list[Match]) -> list[tuple[str, MatchKind]]:
    return [(match.entry.plate_raw, match.kind) for match in results]


def test_a_match_names_its_entry_generation_kind_and_state() -> None:
    item = entry("4XYZ123")
    assert matches("4XYZ123", item, state="CA") == [Match(item, GENERATION, MatchKind.EXACT, StateMatch.SAME)]


def test_letter_o_and_zero_are_one_character_and_no_other_two_are() -> None:
    assert len(matches("OOH00", entry("00H0O"))) == 1
    for one, other in ("8B", "1I", "5S", "2Z", "0D", "0Q", "6G"):
        assert matches(f"4XY{one}123", entry(f"4XY{other}123")) == []


def test_green_v_san_francisco_is_never_exact_and_never_sounds_like_it() -> None:
    """751 F.3d 1039: the car was 5SOW350, the list held 5SOW750, and nobody compared."""
    item = entry("5SOW750", reason=Reason.FELONY_VEHICLE)
    assert matches("5SOW350", item) == []
    (match,) = matches("5SOW350", item, others={"5SOW750": 0.3}, state="CA")
    assert match.kind is MatchKind.CONFUSABLE
    alert = alert_of(hit_of(match), MatchContext())
    assert (alert.tone, alert.level) == (Tone.POSSIBLE, Level.NOTICE)
    assert "possible, confusable match, compare the characters" in alert.phrase
    (exact,) = matches("5SOW750", item, state="CA")
    assert tone_of(hit_of(exact), MatchContext()) is not alert.tone


def test_the_aurora_case_says_other_state() -> None:
    """Aurora, 2020: the text was right, and listed for a motorcycle of another state."""
    (match,) = matches("4XYZ123", entry("4XYZ123", "MT"), state="CO")
    assert match.state_match is StateMatch.OTHER
    alert = alert_of(hit_of(match), MatchContext())
    assert "other state" in alert.phrase
    assert alert.tone is Tone.POSSIBLE


def test_only_texts_that_the_reader_considered_are_confusable() -> None:
    items = entry("8ABC123"), entry("BABC123")
    assert kinds(matches("8ABC123", *items)) == [("8ABC123", MatchKind.EXACT)]
    assert kinds(matches("8ABC123", *items, others={"BABC123": 0.2})) == [
        ("8ABC123", MatchKind.EXACT),
        ("BABC123", MatchKind.CONFUSABLE),
    ]


def test_a_text_the_reader_hardly_considered_is_passed_over() -> None:
    item = entry("BABC123")
    assert len(matches("8ABC123", item, others={"BABC123": CONFUSABLE_MIN})) == 1
    assert matches("8ABC123", item, others={"BABC123": CONFUSABLE_MIN * 0.99}) == []


def test_the_likeliest_texts_alone_are_looked_up() -> None:
    others = {f"8ABC{number:03d}": 0.05 for number in range(CONFUSABLES_MAX + 1)}
    items = [entry(plate) for plate in others]
    assert [match.entry.plate for match in matches("8ABC999", *items, others=others)] == list(others)[:CONFUSABLES_MAX]


def test_a_text_considered_twice_is_one_hit_and_an_exact_one() -> None:
    assert kinds(matches("8ABC123", entry("8ABC123"), others={"8ABC123": 0.2})) == [("8ABC123", MatchKind.EXACT)]


def test_a_partial_meets_the_text_read_and_not_what_was_else_considered() -> None:
    assert kinds(matches("8ABC123", entry("8A?C*"))) == [("8A?C*", MatchKind.PARTIAL)]
    assert matches("8ABC123", entry("BA?C*"), others={"BABC123": 0.4}) == []


def test_of_all_entries_the_gravest_of_each_kind_comes_first() -> None:
    items = [
        entry("8AB*", reason=Reason.AMBER_ALERT),
        entry("BABC123", reason=Reason.AMBER_ALERT),
        entry("8ABC123", "NV", reason=Reason.OTHER),
        entry("8ABC123", None, reason=Reason.OTHER),
        entry("8ABC123", "CA", reason=Reason.OTHER),
        entry("8ABC123", "NV", reason=Reason.STOLEN_VEHICLE),
        entry("8ABC123", "NV", reason=Reason.FELONY_VEHICLE),
    ]
    results = matches("8ABC123", *items, state="CA", others={"BABC123": 0.2})
    assert [match.entry for match in results] == [items[6], items[5], items[4], items[3], items[2], items[1], items[0]]


def test_of_two_entries_the_graver_comes_first() -> None:
    items = entry("8ABC123", reason=Reason.OTHER), entry("8ABC123", reason=Reason.FELONY_VEHICLE)
    assert [match.entry for match in matches("8ABC123", *items)] == [items[1], items[0]]


def test_make_model_and_colour_are_never_matched() -> None:
    assert len(matches("8ABC123", entry("8ABC123", vehicle="2009 HONDA CIVIC BLK"), entry("8ABC123", vehicle=""))) == 2


@pytest.mark.parametrize(("lat_deg", "meets"), [(37.639, True), (37.65, False), (None, True)])
def test_an_entry_of_an_area_meets_there_and_where_the_place_is_unknown(lat_deg: float | None, meets: bool) -> None:
    position = None if lat_deg is None else Position(lat_deg, -120.997, 0.0, None, "test")
    item = entry("8ABC123", area=Area(37.639, -120.997, 500))
    assert bool(matches("8ABC123", item, position=position)) is meets


def test_an_entry_of_hours_meets_in_them_and_when_the_time_is_unknown() -> None:
    """Noon UTC is 4 in the morning in Modesto."""
    assert matches("8ABC123", entry("8ABC123", hours=Hours.parse("08:00-17:00"))) == []
    assert len(matches("8ABC123", entry("8ABC123", hours=Hours.parse("22:00-06:00")))) == 1
    assert len(matches("8ABC123", entry("8ABC123", hours=Hours.parse("08:00-17:00")), at=None)) == 1


def test_a_covert_entry_meets_like_any_other() -> None:
    (match,) = matches("8ABC123", entry("8ABC123", covert=True))
    assert match.entry.covert


@pytest.mark.parametrize(
    ("of_read", "of_entry", "outcome"),
    [
        ("CA", "CA", StateMatch.SAME),
        ("NV", "CA", StateMatch.OTHER),
        (None, "CA", StateMatch.UNKNOWN),
        ("CA", None, StateMatch.UNKNOWN),
        (None, None, StateMatch.UNKNOWN),
        ("", "CA", StateMatch.UNKNOWN),
        ("NE", "NB", StateMatch.UNKNOWN),
        ("NE", "NE", StateMatch.SAME),
        ("NE", "NV", StateMatch.OTHER),
    ],
)
def test_states_same_other_and_unknown(of_read: str | None, of_entry: str | None, outcome: StateMatch) -> None:
    assert state_match(of_read, of_entry) is outcome
    (match,) = matches("4XYZ123", entry("4XYZ123", of_entry), state=of_read)
    assert match.state_match is outcome


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
    item = entry("4XYZ123", effective=effective, expires=expires)
    assert bool(matches("4XYZ123", item)) is meets


def test_on_an_unknown_clock_every_entry_holds() -> None:
    assert len(matches("4XYZ123", entry("4XYZ123", expires=NOON - HOUR), at=None)) == 1


def test_an_unreadable_text_meets_no_list_that_has_it() -> None:
    assert matches("1", entry("1")) == []


def test_an_empty_text_meets_nothing() -> None:
    assert matches("", entry("")) == []


@given(st.lists(st.text("0O1B", min_size=1, max_size=3), max_size=12), st.text("0O1B", max_size=3))
def test_exactly_the_entries_of_equal_canonical_text_meet(entry_texts: list[str], text: str) -> None:
    entries = [entry(raw) for raw in entry_texts]
    readable = is_readable(canonical(text))
    found = [match.entry for match in matches(text, *entries)]
    assert found == [each for each in entries if readable and each.plate == canonical(text)]
