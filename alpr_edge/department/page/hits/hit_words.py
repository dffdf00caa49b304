"""What the pages of hits say of values, in words."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from alpr_edge.department.inquiries.hits.board_rows import BoardHit
from alpr_edge.domain.alerting import Level
from alpr_edge.domain.dispositions.disposition import Disposition
from alpr_edge.domain.dispositions.hit_objection import objection_words
from alpr_edge.domain.dispositions.hit_state import HitVerification
from alpr_edge.domain.dispositions.plate_comparison import CharacterPair, compare_plates

VERIFICATIONS = {
    HitVerification.NOT_CONFIRMED: "NOT CONFIRMED - verify through CLETS",
    HitVerification.NOT_PRACTICABLE: "NOT CONFIRMED - could not query",
    HitVerification.ON_FILE: "NOT CONFIRMED - still on file, awaiting agency",
    HitVerification.CONFIRMED: "CONFIRMED by entering agency",
    HitVerification.REFUSED: "NOT CONFIRMED by entering agency",
    HitVerification.NOT_ON_FILE: "NO LONGER ON FILE",
}
_MATCHES = {
    "exact": "exact",
    "confusable": "similar: compare each character",
    "partial": "fits a partial plate: many vehicles do",
}
_STATES = {"same": "state as listed", "other": "DIFFERENT STATE than listed", "unknown": "state not read: check plate"}
HOUR_S = 3_600.0
DAY_H = 48.0


def level_word(level: Level) -> str:
    return level.name.lower()


def plain_words(text: str) -> str:
    """A word of a list or an answer as people read it."""
    return text.replace("_", " ") or "undone"


def match_words(hit: BoardHit) -> str:
    """How the read met the entry."""
    return f"{_MATCHES.get(hit.match_kind, hit.match_kind)}; {_STATES.get(hit.state_match, hit.state_match)}"


def list_age_words(hit: BoardHit) -> str:
    """How old the list was."""
    if hit.list_age_s is None:
        return "list age unknown"
    hours = hit.list_age_s / HOUR_S
    return f"list of {hours:.0f} h ago" if hours < DAY_H else f"list of {hours / 24:.0f} days ago"


def clock_words(moment: datetime | None) -> str:
    """A moment as the clock on the wall shows it, with its day where that is another."""
    if moment is None:
        return "time not sure"
    local = moment.astimezone()
    is_today = local.date() == datetime.now(UTC).astimezone().date()
    return f"{local:%H:%M:%S}" if is_today else f"{local:%H:%M:%S, %d %b}"


def verification_words(hit: BoardHit) -> str:
    """How far a hit is verified (policy 462.4(f)), or the objection to it."""
    state = hit.hit_state
    return VERIFICATIONS[state.verification] if hit.objection is None else objection_words(hit.objection, state)


def answer_words(said: Disposition | None) -> str:
    """What was said of one part of a hit."""
    return "nothing yet" if said is None else f"{plain_words(said.answer)}, {said.person}"


def said_words(said: Disposition) -> str:
    """What was said, by whom, and with which words beside it."""
    beside = ", ".join(text for text in (said.text.reason, said.text.name, said.text.number) if text)
    return f"{said.part.value}: {answer_words(said)}{f' ({beside})' if beside else ''}"


def comparison(hit: BoardHit) -> tuple[CharacterPair, ...]:
    """Read and listed plate, character by character, in canonical form."""
    return compare_plates(hit.plate, hit.entry_plate)


FILTERS: Mapping[str, Callable[..., object]] = {
    "level": level_word,
    "plain": plain_words,
    "match": match_words,
    "list_age": list_age_words,
    "clock": clock_words,
    "verification": verification_words,
    "answer": answer_words,
    "said": said_words,
    "comparison": comparison,
}
"""The filters of templates."""
