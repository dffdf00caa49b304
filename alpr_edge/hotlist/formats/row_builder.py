"""Builds a row from the cells of a line, by the rules that hold for every format.

A format finds the cells; here they become plate, reason, state and dates, and it is decided which of them the source
allows. Values that repeat over a list of millions (reasons, states, dates, vehicles) are computed once and remembered.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from alpr_edge.domain.errors import FeedClockError, FeedError
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.instants import UNCONFIRMED_CLOCK
from alpr_edge.domain.patterns import canonical_partial, is_partial, partial_fault
from alpr_edge.domain.plates import CHARACTERS_MIN, PLATE_LENGTH_MAX, canonical, fold_written, written_fault
from alpr_edge.hotlist.formats import reason_codes, state_codes
from alpr_edge.hotlist.formats.base import (
    PACIFIC,
    PLATE_RAW_MAX,
    RECORD_ID_MAX,
    REMARKS_MAX,
    VEHICLE_MAX,
    FeedContext,
    Record,
    Rejected,
    Withheld,
    clean,
    moment,
    zone,
)
from alpr_edge.hotlist.formats.unknown_words import UnknownWords
from alpr_edge.hotlist.index.row import Restrictions, microseconds

REMEMBERED_MAX = 8192
"""Most different cells of a kind that are remembered; a feed repeats few of them."""
Codes = Mapping[str, tuple[Reason, str]]
"""A feed's codes or wordings, upper case, each with its reason and a note for the remarks."""
_OTHER_WILDCARDS = re.compile(r"[%_#]")
_ODD = re.compile(r"[]!\"$(),:;<=>@[\\^`{|}~]")
"""No plate's; plates have hyphens, points, slashes, stars and other signs."""
Times = tuple[int | None, int | None, tuple[str, str] | None]
"""When a row takes effect and expires, in microseconds since 1970, or the cell at fault and why."""
_NO_TIMES: Times = (None, None, None)
Meaning = tuple[str | None, str, str]
"""A cell's reason (None: not accepted; of a removal empty: any), its part that belongs into the remarks, and its words
where they are not understood."""
CODE_CHARACTERS_MAX = 4
"""A cell of more characters is a wording, which an officer can read."""
Key = TypeVar("Key")
Value = TypeVar("Value")


class Cells(NamedTuple):
    """The cells that a format found in a line; an empty text is an absent cell."""

    plate: str
    state: str = ""
    reason: str = ""
    record_id: str = ""
    vehicle: str = ""
    remarks: str = ""
    effective: str = ""
    expires: str = ""


class Memo(dict[Key, Value]):
    """Remembers the result of a function for each key; forgets all when it is full."""

    def __init__(self, make: Callable[[Key], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Key) -> Value:
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        value = self[key] = self._make(key)
        return value


@dataclass(frozen=True, slots=True)
class Traits:
    """The properties of a format's cells."""

    names: Mapping[str, str]
    """The feed's name of each cell, for reports; by the field names of :class:`Cells`."""
    codes: Codes = field(default_factory=dict)
    default: Reason | None = None
    """Reason of lines that name none, where the settings give none."""
    notes: Mapping[Reason, str] = field(default_factory=dict)
    """What the remarks say of lines that name no reason, by the reason that they are given."""
    zone: str = PACIFIC
    """Zone of dates that name none, where the settings give none."""
    partials: bool = False
    """Whether a plate may hold the wildcards ``?`` and ``*``."""
    ncic_states: bool = True
    """Whether its states are NCIC's letters, not the post's."""
    free_remarks: bool = False
    """Whether its remarks are free text of the feed's maker, in which a reason may stand."""


class RowBuilder:
    """Builds the rows of one feed."""

    def __init__(self, context: FeedContext, traits: Traits, unread: tuple[str, ...] = ()) -> None:
        self.unknown_words = UnknownWords(unread)
        self._rules = context.rules
        self._traits = traits
        self._default = self._rules.reason or traits.default
        self._zone = zone(self._rules.zone or traits.zone)
        self._now = context.now
        self._in_use = context.in_use
        self._is_removal = context.removals
        self._looked_over = _reasons_looked_over(context, traits)
        self._expiry: int | None = None
        self._restrictions: Restrictions | None = (None, None, True) if self._rules.covert else None
        self._reasons: Memo[str, Meaning] = Memo(self._reason)
        self._immigration: Memo[str, bool] = Memo(reason_codes.names_immigration)
        self._states: Memo[str, tuple[str | None, str]] = Memo(self._state)
        self._times: Memo[tuple[str, str], Times] = Memo(self._dates)
        self._vehicles: Memo[str, str] = Memo(lambda text: clean(text, VEHICLE_MAX))

    def date(self, text: str) -> datetime | None:
        """A date of the feed's head, UTC.

        A local time that comes twice, as summer time ends, is the second where only that one lies neither before the
        list in use nor ahead of the clock: what is issued in that hour follows what was issued in the hour before.
        """
        first, second = moment(text, self._zone), moment(text, self._zone, second=True)
        if first is None or second is None or self._in_use is None:
            return first
        is_ahead = self._now is not None and second > self._now
        return second if first < self._in_use <= second and not is_ahead else first

    def begin(self, issued_at: datetime | None) -> None:
        """Set the date of the list, from which entries without an expiry of their own count."""
        holds = self._rules.entries_expire
        if holds is None:
            return
        start = issued_at or self._now
        if start is None:
            raise FeedClockError(f"its entries expire, it has no date, and {UNCONFIRMED_CLOCK}")
        try:
            self._expiry = microseconds(start + holds)
        except OverflowError:
            raise FeedError("the list is dated at the calendar's end; download the feed again") from None

    def make(self, line: int, cells: tuple[str, ...]) -> Record:
        """The row of one line, or why there is none; the cells are in the order of :class:`Cells`."""
        raw, state, reason, record_id, vehicle, remarks, effective, expires = cells
        if raw.isalnum() and raw.isascii() and CHARACTERS_MIN <= len(raw) <= PLATE_LENGTH_MAX:
            plate = raw.upper().replace("O", "0")
        else:
            plate, raw, fault = self._plate(raw)
            if fault:
                return Rejected(line, self._traits.names["plate"], fault)
        why, note, words = self._reasons[reason]
        if why is None or (remarks and why in self._looked_over and self._immigration[remarks]):
            return Withheld(line)
        letters, unknown = self._states[state]
        begins, ends, wrong = self._times[effective, expires] if effective or expires else _NO_TIMES
        if wrong is not None:
            return Rejected(line, self._traits.names[wrong[0]], wrong[1])
        if words:
            self.unknown_words.count_reason(words, plate)
        if unknown:
            self.unknown_words.unknown_states += 1
        if note or unknown or self._is_removal:
            parts = (note,) if self._is_removal else (note, remarks, unknown)
            remarks = "; ".join(part for part in parts if part.strip())
        return (
            plate,
            raw,
            letters,
            why,
            clean(record_id, RECORD_ID_MAX) if record_id else "",
            self._vehicles[vehicle],
            clean(remarks, REMARKS_MAX) if remarks else "",
            begins,
            self._expiry if ends is None else ends,
            self._restrictions,
        )

    def is_plausible(self, cells: Cells) -> bool:
        """Whether cells of a line that may be no record are an entry's: a plate with a digit, or beside a known word.

        Never those of a removal: a wrong guess would take a wanted car off the list.
        """
        plate = fold_written(cells.plate)
        if self._is_removal or not CHARACTERS_MIN <= len(canonical(plate)) <= PLATE_LENGTH_MAX:
            return False
        state, _ = state_codes.from_text(cells.state)
        is_known = state in state_codes.KNOWN_CODES or self.knows_reason(cells.reason)
        return any(character.isdigit() for character in plate) or (is_known and plate.isupper())

    def knows_reason(self, cell: str) -> bool:
        """Whether a cell names a reason that is known."""
        words = " ".join(cell.split())
        return bool(words) and self._meaning(words)[0] is not None

    def _plate(self, cell: str) -> tuple[str, str, str]:
        """Canonical text, the text as written, and why it is no plate that can be matched."""
        raw, written = clean(cell, PLATE_RAW_MAX), fold_written(cell)
        if fault := written_fault(written):
            return "", raw, fault
        if is_partial(written) and self._traits.partials:
            plate = canonical_partial(written)
            return plate, raw, partial_fault(plate)
        plate = canonical(written)
        if is_partial(written) or _OTHER_WILDCARDS.search(written):
            return plate, raw, "a plate with wildcards cannot be matched as it stands"
        if len(plate) == 1 and plate != "0":
            self.unknown_words.short_plates += 1
        if _ODD.search(written):
            self.unknown_words.odd_plates += 1
        return plate, raw, f"longer than {PLATE_LENGTH_MAX} characters" if len(plate) > PLATE_LENGTH_MAX else ""

    def _reason(self, text: str) -> Meaning:
        """What a reason's cell means.

        A removal that names no reason, or one in words that are not understood ("recovered"), is of any; the words are
        kept, as the entry may have the same.
        """
        words = " ".join(text.split())
        reason, note = self._meaning(words)
        if self._is_removal and reason is None:
            return "", note, ""
        known = Reason.OTHER if reason is None else reason
        why = known.value if known in self._rules.reasons else None
        return why, note, "" if reason else clean(words, REMARKS_MAX)

    def _meaning(self, words: str) -> tuple[Reason | None, str]:
        """A cell's reason (None: not understood), and its part for the remarks: all that the reason does not say."""
        key = words.upper()
        if not key:
            return self._blank_meaning()
        if key in self._rules.codes:
            reason: Reason | None = self._rules.codes[key]
        elif key in self._traits.codes:
            return self._traits.codes[key]
        else:
            reason = reason_codes.from_text(words)
        if reason is None:
            return None, words
        is_code = key in self._rules.codes and len(key) <= CODE_CHARACTERS_MAX
        return reason, "" if is_code or reason_codes.is_own_wording(words, reason) else words

    def _blank_meaning(self) -> tuple[Reason | None, str]:
        """The reason of a line that names none; a removal has only one that the whole table stands for."""
        reason = self._traits.default if self._is_removal else self._default
        return reason, self._traits.notes.get(reason, "") if reason else ""

    def _state(self, text: str) -> tuple[str | None, str]:
        """A state cell's letters, and what the remarks are to keep of it."""
        letters, is_understood = state_codes.from_text(text)
        if self._traits.ncic_states:
            letters = state_codes.from_ncic(text)
        return letters, "" if is_understood else f"state: {text.strip()}"

    def _dates(self, cells: tuple[str, str]) -> Times:
        """Read when a row takes effect and expires; a date that cannot be read does not mean "never"."""
        moments: list[int | None] = []
        for role, cell in zip(("effective", "expires"), cells, strict=True):
            text = cell.strip()
            when = moment(text, self._zone, end_of_day=role == "expires") if text else None
            if text and when is None:
                return None, None, (role, "no date")
            moments.append(microseconds(when))
        effective, expires = moments
        if effective is not None and expires is not None and expires <= effective:
            return None, None, ("expires", "before the day it takes effect")
        return effective, expires, None


def _reasons_looked_over(context: FeedContext, traits: Traits) -> frozenset[str]:
    """The reasons of which the remarks are read for immigration enforcement, which the source may not have.

    "Wanted person" may stand before "administrative warrant of removal" (Government Code 7284.6).
    """
    if not traits.free_remarks or context.removals or Reason.IMMIGRATION_VIOLATOR in context.rules.reasons:
        return frozenset()
    return frozenset(reason.value for reason in Reason if reason not in reason_codes.GROUNDS_OF_THEIR_OWN)
