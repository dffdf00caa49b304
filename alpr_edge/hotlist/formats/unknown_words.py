"""Collects what of a feed was not understood: columns that are not read, words that name no known reason, odd lines."""

import re
from dataclasses import dataclass, field

from alpr_edge.domain.plates import canonical

WORDINGS_MAX = 10
"""Most wordings that are named; every line is counted."""
WORDING_CHARACTERS_MAX = 60
"""Longer words are a free text, which may name a person, and no kind of entry: they are counted and not named."""
LEFT_OUT_MAX = 1000
"""Most wordings that are remembered for the plate in them; with more of them no further wording is named."""
SHORT_PLATE_MAX = 3
"""A plate of so many characters is looked for as a word of its own."""
_LIKE_PLATE = re.compile(r"(?=[A-Z]*[0-9])(?=[0-9]*[A-Z])[A-Z0-9]{4,}")

ABSENT_COLUMNS = {
    "reason": "no column for the reason: every entry has the reason other",
    "state": "no column for the state: entries match a plate of any state",
}
"""What to tell of a feed without a column, by its role; of a reason only where the settings give none."""


@dataclass(slots=True)
class UnknownWords:
    """What of one feed was not understood; it is complete once the feed is read to its end."""

    columns: tuple[str, ...] = ()
    """Names of the columns that nothing is read from, as the header row has them."""
    reason_lines: int = 0
    """Lines whose words for the reason mean none that is known; such an entry is of the reason "other"."""
    wordings: list[str] = field(default_factory=list)
    """The first of these words, each once; never one with a plate in it."""
    head: str = ""
    """What became of a first line that is a head by the settings and may be none."""
    records_over_lines: int = 0
    """Records with a line end in a quoted cell."""
    parted_lines: int = 0
    """Lines that a quote had joined to another line's cell and that were read as records of their own."""
    short_plates: int = 0
    """Entries whose plate has one character: no read is so short, so they never match."""
    odd_plates: int = 0
    """Entries whose plate was written with characters that no plate has."""
    unknown_states: int = 0
    """Entries whose state is not understood; a plate of any state matches them."""
    absent_columns: tuple[str, ...] = ()
    """Which of :data:`ABSENT_COLUMNS` the feed has not."""
    _left_out: set[str] = field(default_factory=set, init=False, repr=False)

    @property
    def notices(self) -> tuple[str, ...]:
        """What whoever imports the feed should look at, a sentence each; without text of the feed."""
        counts = (
            (self.records_over_lines, "over several lines: records with a line end in a quoted cell"),
            (self.parted_lines, "behind a quote that is not closed on its line: lines read as records of their own"),
            (
                self.short_plates,
                "with a plate of one character: entries that cannot be matched, as no read is so short",
            ),
            (self.odd_plates, "with characters that no plate has: entries that are matched without these"),
            (self.unknown_states, "with an unknown state: entries that match a plate of any state"),
        )
        heads: tuple[str, ...] = (self.head,) if self.head else ()
        heads += tuple(ABSENT_COLUMNS[role] for role in self.absent_columns)
        return heads + tuple(f"{count:,} {what}" for count, what in counts if count)

    def count_reason(self, words: str, plate: str) -> None:
        """Count a line whose words for the reason are not understood.

        Args:
            plate: the line's plate. Words that hold it are never named, not for another line either, because a report
                is kept in the clear.
        """
        self.reason_lines += 1
        if len(words) > WORDING_CHARACTERS_MAX or words in self._left_out or len(self._left_out) >= LEFT_OUT_MAX:
            return
        if _holds_plate(words, canonical(plate)):
            self._left_out.add(words)
            if words in self.wordings:
                self.wordings.remove(words)
        elif len(self.wordings) < WORDINGS_MAX and words not in self.wordings:
            self.wordings.append(words)


def _holds_plate(words: str, plate: str) -> bool:
    """Whether words hold a canonical plate, or what looks like any: letters and digits in one word."""
    if _LIKE_PLATE.search(words.upper()):
        return True
    # A plate of a letter or two is in most words by chance.
    return plate in (canonical(words) if len(plate) > SHORT_PLATE_MAX else map(canonical, words.split()))
