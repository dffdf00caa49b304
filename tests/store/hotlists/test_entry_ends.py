"""How long officers' own entries may last, also while no clock is confirmed."""

from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import officer_entries
from alpr_edge.store.hotlists.officer_entries import LASTS_MAX, OwnEntry

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NOT_CONFIRMED = "takes it to be .*, which no receiver or time server confirms"


def add(database: Database, expires: datetime, now: datetime | None, likely: datetime | None = None) -> None:
    entry = HotlistEntry("", "7ABC123", "7ABC123", None, Reason.FELONY_VEHICLE, expires=expires)
    officer_entries.add(database, OwnEntry(entry, f"case {expires}", None, "officer"), now, likely)


def ends(database: Database) -> list[datetime | None]:
    """When the entries end."""
    return [own.entry.expires for own in officer_entries.entries_not_removed(database)]


@pytest.mark.parametrize(
    ("expires", "words"),
    [
        (NOW - DAY, f"has ended already .*{NOT_CONFIRMED}"),
        (NOW + LASTS_MAX + DAY, f"lasts 90 days at most; .*{NOT_CONFIRMED}"),
        (NOW.replace(year=2036), f"lasts 90 days at most; .*{NOT_CONFIRMED}"),
    ],
)
@pytest.mark.parametrize("is_stored", [True, False])
def test_without_a_confirmed_clock_both_ends_are_checked_by_the_best_guess(
    database: Database, expires: datetime, words: str, *, is_stored: bool
) -> None:
    likely = None if is_stored else NOW
    if is_stored:
        clock_pairs.record(database, Instant("boot", 1, NOW, UtcSource.GNSS, 1.0))
    with pytest.raises(FeedError, match=words):
        add(database, expires, None, likely)
    add(database, NOW + LASTS_MAX, None, likely)
    assert ends(database) == [NOW + LASTS_MAX]


def test_a_confirmed_clock_alone_decides(database: Database) -> None:
    with pytest.raises(FeedError, match=r"lasts 90 days at most; give an earlier --expires$"):
        add(database, NOW + LASTS_MAX + DAY, NOW, NOW + 10 * DAY)
    add(database, NOW + DAY, NOW, NOW + 10 * DAY)


def test_of_two_guesses_the_later_counts_as_the_moment_has_passed(database: Database) -> None:
    clock_pairs.record(database, Instant("boot", 1, NOW, UtcSource.GNSS, 1.0))
    early = NOW.replace(year=2024)
    add(database, NOW + DAY, None, early)
    with pytest.raises(FeedError, match="has ended already"):
        add(database, early + DAY, None, early)


def test_an_entry_made_by_a_clock_ahead_is_shortened_once_and_only_then(database: Database) -> None:
    ahead = NOW.replace(year=2040)
    add(database, ahead + DAY, None, ahead)
    add(database, NOW + DAY, NOW)
    add(database, NOW + DAY + LASTS_MAX, NOW + DAY)
    assert len(officer_entries.shorten(database, NOW)) == 1
    latest = NOW + LASTS_MAX
    assert ends(database) == [latest, NOW + DAY, latest + DAY], "one whose beginning is known was checked then"
    assert list(officer_entries.shorten(database, NOW + DAY)) == []
    assert ends(database) == [latest, NOW + DAY, latest + DAY]
