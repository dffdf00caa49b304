"""The templates of the page, and what several of its pages use."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.responses import RedirectResponse, Response

from alpr_edge.console.health_strip import canvasses_of_request, health_of_request
from alpr_edge.console.surroundings import FUNCTIONS
from alpr_edge.domain.alerting import AlertRecord, Level, ListAge, Silence
from alpr_edge.domain.canvass.canvass import Canvass, CanvassEnding
from alpr_edge.domain.dispositions.hit_objection import objection_words
from alpr_edge.domain.dispositions.hit_state import HitVerification
from alpr_edge.domain.fixes import MPH, Position
from alpr_edge.domain.hits import Hit, MatchKind, Reason, StateMatch
from alpr_edge.domain.holds.hold import Hold, HoldKind
from alpr_edge.domain.page_requests.quiet import QuietOrder
from alpr_edge.domain.page_requests.request import PageRequest, RequestOutcome
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.timeline import Placement
from alpr_edge.evidence.canvass_tables import fit_words, phase_words
from alpr_edge.services.canvass.unit_canvasses import CanvassState
from alpr_edge.services.hits.hit_views import HitCard, WithheldCard, grave_count, is_waiting
from alpr_edge.store.reads.hit_queries import HitGlance
from alpr_edge.web.page_templates import PageTemplates
from alpr_edge.web.site_files import MAP_FOLDERS, SiteFiles
from alpr_edge.web.visitor import Visitor

_LEVELS = {Level.URGENT: "urgent", Level.HIGH: "high", Level.ROUTINE: "routine", Level.NOTICE: "notice"}
_MATCHES = {
    MatchKind.EXACT: "exact",
    MatchKind.CONFUSABLE: "similar: compare each character",
    MatchKind.PARTIAL: "fits a partial plate: many vehicles do",
}
_STATES = {
    StateMatch.SAME: "state as listed",
    StateMatch.OTHER: "DIFFERENT STATE than listed",
    StateMatch.UNKNOWN: "state not read: check plate",
}
_VERIFICATIONS = {
    HitVerification.NOT_CONFIRMED: "NOT CONFIRMED - VERIFY THROUGH CLETS",
    HitVerification.NOT_PRACTICABLE: "NOT CONFIRMED - could not query",
    HitVerification.ON_FILE: "NOT CONFIRMED - still on file, awaiting agency",
    HitVerification.CONFIRMED: "CONFIRMED by entering agency",
    HitVerification.REFUSED: "NOT CONFIRMED by entering agency",
    HitVerification.NOT_ON_FILE: "NO LONGER ON FILE",
}
_SILENCES = {
    Silence.OTHER_HIT: "none of its own: another hit of this vehicle sounded",
    Silence.COOLDOWN: "none: the entry sounded just before",
    Silence.MUTED: "none: muted",
    Silence.QUIETED: "none: entry quiet for the shift",
    Silence.SIGNED_OUT: "none: no officer was signed in",
    Silence.NO_DEVICE: "none: no sound device",
}
_AGES = {ListAge.FRESH: "", ListAge.AMBER: "old list", ListAge.RED: "VERY OLD list"}
_COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
_SURE_HDOP = 2.0
_SURE_AGE_MS = 2000.0


def level_word(level: Level) -> str:
    return _LEVELS[level]


def shown_level_words(shown: HitGlance | WithheldCard) -> str:
    """The level of a hit of which little more is told, with whether it is a possible one."""
    return f"possible {level_word(shown.level)}" if shown.is_possible else level_word(shown.level)


def reason_words(reason: Reason) -> str:
    """Why a plate is listed."""
    return reason.value.replace("_", " ")


def match_words(hit: Hit, read: PlateRead) -> str:
    """How a read met the entry, and how sure that is; an exact match may have been of an earlier text."""
    earlier = {text.plate for text in read.earlier_texts}
    is_of_earlier = hit.kind is MatchKind.EXACT and hit.entry.plate != read.plate and hit.entry.plate in earlier
    match = "an earlier text of this read matched" if is_of_earlier else _MATCHES[hit.kind]
    return f"{match}; {_STATES[hit.state_match]}"


def sureness_words(read: PlateRead) -> str:
    """How sure the text of a read is."""
    return "High confidence" if read.certain else "LOW CONFIDENCE: check photo"


def tone_words(record: AlertRecord) -> str:
    """Why an alert made no tone, and whether it sounded later."""
    if record.silence is None:
        return ""
    return _SILENCES[record.silence] + ("" if record.late_tone is None else "; sounded later")


def verification_words(card: HitCard) -> str:
    """How far a hit is verified (policy 462.4(f)), or the objection to it."""
    if card.objection is None:
        return _VERIFICATIONS[card.state.verification]
    return objection_words(card.objection, card.state)


def list_age_words(hit: Hit, age: ListAge) -> str:
    """How old the list is, by its own date; of one without, when it was imported, which does not tell its age."""
    if hit.list_age_s is None:
        return "list age unknown"
    hours = hit.list_age_s / 3600
    ago = f"{hours:.0f} h ago" if hours < 48 else f"{hours / 24:.0f} days ago"
    text = f"list of {ago}" if hit.generation.issued_at else f"list imported {ago}, no issue date"
    return f"{text}{', ' if _AGES[age] else ''}{_AGES[age]}"


def time_words(placement: Placement) -> str:
    """When, in local time, and how sure."""
    if placement.utc is None:
        return "time unknown"
    return clock_words(placement.utc) + ("" if placement.sure else " (clock not confirmed)")


def clock_words(utc: datetime) -> str:
    """A moment as the clock on the wall shows it, with its day where that is another."""
    local = utc.astimezone()
    return f"{local:%H:%M:%S}" if local.date() == datetime.now(UTC).astimezone().date() else f"{local:%H:%M:%S, %d %b}"


def moment_words(utc: datetime) -> str:
    """A moment of any day, with its time zone."""
    return f"{utc.astimezone():%H:%M %Z, %d %b %Y}"


def dated_words(placement: Placement) -> str:
    """When, of any day, in local time, and how sure."""
    if placement.utc is None:
        return "time unknown"
    return f"{placement.utc.astimezone():%H:%M:%S %Z, %d %b %Y}" + ("" if placement.sure else " (clock not confirmed)")


def place_words(position: Position | None) -> str:
    """Where, in which direction the patrol car went, and how good that is."""
    if position is None:
        return "place unknown"
    text = f"{position.lat_deg:.5f}, {position.lon_deg:.5f}"
    if position.course_deg is not None and position.speed_mps is not None:
        text += f", {_heading_words(position.course_deg)} at {position.speed_mps * MPH:.0f} mph"
    is_sure = position.age_ms <= _SURE_AGE_MS and (position.hdop is not None and position.hdop <= _SURE_HDOP)
    return text if is_sure else f"{text} (imprecise)"


def _heading_words(course_deg: float) -> str:
    """Where the patrol car went: of the other car's way nothing is known."""
    return f"patrol car heading {_COMPASS[round(course_deg / 45) % 8]}"


def seen_words(read: PlateRead, placement: Placement) -> str:
    """Which camera saw it, where the patrol car went, and when, as short as a glance asks for."""
    words = [f"camera {read.camera_id}"]
    if read.position is not None and read.position.course_deg is not None:
        words.append(_heading_words(read.position.course_deg))
    words.append("time unknown" if placement.utc is None else f"{placement.utc.astimezone():%H:%M:%S}")
    return ", ".join(words)


def answer_words(answer: str) -> str:
    """An answer to a hit."""
    return answer.replace("_", " ") or "undone"


def sentence_words(text: str) -> str:
    """A finding as a sentence; names keep their letters."""
    return f"{text[:1].upper()}{text[1:]}."


def title_words(glances: Sequence[HitGlance], name: str) -> str:
    """The title of a page of these hits, as :func:`counted_title` makes it."""
    return counted_title(name, grave_count(glances))


def counted_title(name: str, count: int) -> str:
    """The title of a page, which begins with ``!`` and says how many while grave hits wait; never a plate.

    A program beside the browser, which has no session, sees the title of the window and can raise it.
    """
    return f"! {name} ({count})" if count else name


def short_clock_words(utc: datetime) -> str:
    """A moment of today as the clock on the wall shows it."""
    return f"{utc.astimezone():%H:%M}"


def request_words(request: PageRequest) -> str:
    """What came of a correction."""
    answer = request.answer
    if answer is None:
        return "is being matched"
    found = "HIT" if answer.hit_ids else "no hit"
    return {
        RequestOutcome.DONE: f"matched: {found}",
        RequestOutcome.UNCHANGED: f"already read so later: {found}",
    }.get(answer.outcome, "NOT matched: the unit did not answer in time; say it again")


def request_state(request: PageRequest) -> str:
    """Whether a correction waits, is a hit or is none: the class of its line."""
    return "waits" if request.answer is None else "hit" if request.answer.hit_ids else "answered"


def quiet_words(request: PageRequest) -> str:
    """An order to keep an entry quiet or to let it sound."""
    order = "tone: quiet for this shift" if isinstance(request.content, QuietOrder) else "tone: sounds again"
    is_done = request.answer is not None and request.answer.outcome is RequestOutcome.DONE
    moment = f", {clock_words(request.made.utc)}" if request.made.utc else ""
    return f"{order} ({request.person}{moment}){'' if is_done else ', not in force'}"


def room_words(free_bytes: int) -> str:
    """How much room a medium has."""
    return f"{free_bytes / 1e9:.0f} GB" if free_bytes >= 10e9 else f"{free_bytes / 1e6:,.0f} MB"


def hold_end_words(hold: Hold) -> str:
    return "until released" if hold.terms.until is None else f"until {moment_words(hold.terms.until)}"


def held_from_words(kind: HoldKind) -> str:
    """What a hold was placed on."""
    return {HoldKind.HIT: "from a hit", HoldKind.SEARCH: "found by a search", HoldKind.CANVASS: "of a canvass"}.get(
        kind, "chosen one by one"
    )


def canvass_words(state: CanvassState) -> str:
    """How a canvass is, for the strip above every page."""
    canvass = state.canvass
    begun = canvass.started.utc
    words = [f"Canvass {canvass.incident} running{f' since {short_clock_words(begun)}' if begun else ''}"]
    words.append(read_count_words(state.read_count))
    words.append(canvass_end_words(canvass))
    return ", ".join(words)


def read_count_words(count: int) -> str:
    """How many reads."""
    return f"{count} read" if count == 1 else f"{count} reads"


def canvass_end_words(canvass: Canvass) -> str:
    """When a canvass ends by itself, or how it ended."""
    if canvass.end is not None:
        moment = canvass.end.at.utc
        how = "its time was over" if canvass.end.how is CanvassEnding.TIME else f"by {canvass.end.by.person}"
        return f"ended{f' {moment_words(moment)}' if moment else ''}, {how}"
    if canvass.ends is None:
        return f"ends after {duration_words(canvass.lasts)}"
    is_soon = canvass.ends - datetime.now(UTC) < timedelta(hours=20)
    return f"ends {short_clock_words(canvass.ends) if is_soon else moment_words(canvass.ends)}"


def duration_words(duration: timedelta) -> str:
    """A duration, in hours where it has more than two of them."""
    minutes = duration / timedelta(minutes=1)
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.3g} h"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "level": level_word,
    "shown_level": shown_level_words,
    "reason": reason_words,
    "match": match_words,
    "quiet": quiet_words,
    "tone": tone_words,
    "sureness": sureness_words,
    "verification": verification_words,
    "list_age": list_age_words,
    "when": time_words,
    "clock": clock_words,
    "moment": moment_words,
    "dated": dated_words,
    "where": place_words,
    "seen_at": seen_words,
    "answer": answer_words,
    "sentence": sentence_words,
    "counted_title": counted_title,
    "title_words": title_words,
    "waits": is_waiting,
    "short_clock": short_clock_words,
    "hold_end": hold_end_words,
    "held_from": held_from_words,
    "request": request_words,
    "request_state": request_state,
    "canvass": canvass_words,
    "canvass_end": canvass_end_words,
    "reads": read_count_words,
    "duration": duration_words,
    "canvass_fit": fit_words,
    "canvass_phase": phase_words,
    "room": room_words,
}
"""The filters of templates."""


FOLDER = Path(__file__).parent
SHEETS = (
    *("themes.css", "console.css", "read.css", "hit_summary.css", "hits.css", "reel.css", "requests.css"),
    *("header.css", "health.css", "speed.css", "lookup.css", "latest.css", "canvass.css", "report.css"),
)
"""The style sheets in the order in which they hold; a page has one alone, which is all of them."""
FILES = SiteFiles([FOLDER / "static", *MAP_FOLDERS], {"styles.css": SHEETS}, within=("styles.css", "theme.js"))
_STRIP = {"unit_health": health_of_request, "running_canvasses": canvasses_of_request}
PAGES = PageTemplates(
    FOLDER / "templates", FILTERS, {**FUNCTIONS, **_STRIP, "file": FILES.address, "within": FILES.within}
)
Step = Callable[[Visitor], Response]
"""What answers a request."""
PageRoute = tuple[str, str, Step]
"""A path, its method, and what answers."""
_OWN_PATH = re.compile(r"/([\w:.~-]+(/[\w:.~-]+)*)?", re.ASCII)


def go(path: str) -> RedirectResponse:
    """Lead a browser to a page by GET, so that reloading it sends nothing twice."""
    return RedirectResponse(path, 303)


def page_to_return_to(visitor: Visitor) -> str:
    """Return the path of the page that a form was sent from, or "/" unless it is a plain path of this site."""
    path = visitor.fields.get("back", "") or visitor.parameters.get("back", "")
    return path if _OWN_PATH.fullmatch(path) else "/"


def locked_address(path: str) -> str:
    """Return the address of the lock screen, which leads to a page once the session is open."""
    return "/" if path == "/" else f"/?back={path}"
