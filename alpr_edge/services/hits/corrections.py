"""Takes what an officer says that a misread plate says: the capture daemon makes a read of it and matches that anew.

One act says that it was misread, or that its state was, and what it says. The misread one stays as it is; both go to
the department.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart, DispositionText, ReadAnswer
from alpr_edge.domain.dispositions.hit_state import HitState
from alpr_edge.domain.errors import AccessError, DispositionError, FeedError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.page_requests.corrections import Correction, is_state_vouched_for
from alpr_edge.domain.page_requests.request import PageRequest, RequestAnswer, RequestOutcome
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.plates import CHARACTERS_MIN, is_readable
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.timeline import Placement
from alpr_edge.services.hits.hit_views import NO_HIT, HitCard, HitViews
from alpr_edge.services.plate_input import plate_to_look_up, state_letters
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.reads.dispositions import add_disposition, dispositions_of
from alpr_edge.store.reads.lookback import reads_of_plate
from alpr_edge.store.reads.queries import StoredRead, newest_of_pass
from alpr_edge.store.requests.page_requests import add_request, request_of, requests_about
from alpr_edge.store.unit_store import UnitStore

EARLIER_MAX = 50
"""Most earlier reads of a plate that are shown."""
_BETWEEN = " -."
"""Characters between those of a plate, which are left out."""


@dataclass(frozen=True, slots=True)
class StatedPlate:
    """What an officer types."""

    text: str
    state: str = ""
    """Two letters or a name; empty: not known."""


@dataclass(frozen=True, slots=True)
class CardCorrections:
    """What a card says of corrections."""

    requests: tuple[PageRequest, ...]
    """What was asked for about the card's read, the newest first."""
    corrected_by: str
    """The name of whoever said what the card's read says; empty: the vote."""
    state: str = ""
    """The state that a form may offer; empty where the unit alone read one: nobody has looked whether it is right."""

    @property
    def is_known(self) -> bool:
        """Whether somebody has said what the plate says."""
        return bool(self.requests or self.corrected_by)


@dataclass(frozen=True, slots=True)
class EarlierRead:
    """A stored read of the corrected text."""

    read: PlateRead
    seen: Placement


class ReadCorrections:
    """The corrections of the reads of a unit's hits."""

    def __init__(self, store: UnitStore, unit_id: str, views: HitViews, new_id: Callable[[], str]) -> None:
        self._store = store
        self._unit_id = unit_id
        self._views = views
        self._new_id = new_id

    def ask(self, authoriser: Authoriser, hit_id: str, stated: StatedPlate) -> PageRequest | None:
        """Record that the read of a hit is misread or has the wrong state, and ask for a read of what its plate says.

        A text that is what was read already says that the plate was misread and no more; the result is None then.

        Raises:
            AccessError: it is refused.
            DispositionError: it is no plate, or there is no such hit.
            StoreError: the unit answers nothing at present.
        """
        purpose, subject = self._views.subject(authoriser, hit_id)
        correction = Correction(hit_id, subject.objects[1], _plate_text(stated.text), _state(stated.state))
        subject = replace(subject, query=correction.plate, note="read: corrected")
        with authoriser.access(Operation.CORRECT_READ, purpose, subject) as access:
            actor = access.actor
            who = (actor.person_id, actor.name, actor.session_id)
            request = PageRequest(self._new_id(), correction, *who, access.now)
            with self._store.database.write() as connection:
                newest = newest_of_pass(connection, correction.read_id)
                if newest is None:
                    raise DispositionError(NO_HIT)
                if _says_nothing_new(correction, newest, hit_id):
                    self._say(connection, hit_id, ReadAnswer.MISREAD, access)
                    return None
                is_same_text = correction.plate == newest.read.plate
                answer = ReadAnswer.WRONG_STATE if is_same_text else ReadAnswer.MISREAD
                self._say(connection, hit_id, answer, access)
                add_request(connection, request)
            return request

    def of_card(self, card: HitCard, now: Instant) -> CardCorrections:
        """What was asked for about the read of a card, which whoever has the card may see.

        One that waited for too long is shown as the capture daemon will answer it, which may not be running.
        """
        read = card.read.read
        is_offered = is_state_vouched_for(read, [card.hit.entry.state])
        with self._store.database.read() as connection:
            made_by = request_of(connection, read.read_id) if read.corrected_by is not None else None
            about = requests_about(connection, [read.read_id])
        name = made_by.person if made_by is not None else read.corrected_by
        shown = tuple(_as_answered(request, now) for request in reversed(about))
        return CardCorrections(shown, name or "", (read.state or "") if is_offered else "")

    def earlier_reads(self, authoriser: Authoriser, hit_id: str) -> list[EarlierRead]:
        """The other stored reads of what a misread plate says, the newest first.

        Raises:
            AccessError: it is refused.
            DispositionError: nobody has said what it says, or there is no such hit.
        """
        purpose, subject = self._views.subject(authoriser, hit_id)
        correction, pass_ids = self._newest_correction(subject)
        with authoriser.access(Operation.LOOK_BACK, purpose, replace(subject, query=correction)) as access:
            if not access.may_see(SourcePermission.DEPARTMENT):
                raise AccessError("stored reads are the department's data: you have no permission for them (462.4(e))")
            found = reads_of_plate(self._store.database, correction, pass_ids, EARLIER_MAX)
            timelines = clock_pairs.timelines(self._store.database, [read.last_seen.boot_id for read in found])
            access.show(tuple(read.read_id for read in found))
            return [EarlierRead(read, timelines[read.last_seen.boot_id].place(read.last_seen)) for read in found]

    def _newest_correction(self, subject: AccessSubject) -> tuple[str, list[str]]:
        """The canonical text that somebody stated last, and the ids of the reads of the pass."""
        read_id = subject.objects[1]
        with self._store.database.read() as connection:
            about, newest = requests_about(connection, [read_id]), newest_of_pass(connection, read_id)
        pass_ids = [read_id, *(request.request_id for request in about), *([newest.read.read_id] if newest else [])]
        for request in reversed(about):
            if isinstance(request.content, Correction):
                return request.content.plate, pass_ids
        if newest is not None and newest.read.corrected_by is not None:
            return newest.read.plate, pass_ids
        raise DispositionError("nobody has said what this plate says")

    def _say(self, connection: Connection, hit_id: str, answer: ReadAnswer, access: Access) -> None:
        """Record what was wrong with the read, unless that counts already."""
        said = HitState.of(dispositions_of(connection, [hit_id]).get(hit_id, [])).read
        if said is not None and said.answer == answer:
            return
        actor, text = access.actor, DispositionText()
        who = (actor.person_id, actor.name, actor.session_id)
        made = Disposition(self._new_id(), hit_id, DispositionPart.READ, answer, text, "", *who, access.now)
        add_disposition(connection, made, self._unit_id)


def _as_answered(request: PageRequest, now: Instant) -> PageRequest:
    """A request with the answer that it has, or that it can but get by now."""
    is_over = request.answer is None and request.is_too_late(now)
    return replace(request, answer=RequestAnswer(RequestOutcome.TOO_LATE)) if is_over else request


def _says_nothing_new(correction: Correction, newest: StoredRead, hit_id: str) -> bool:
    """Whether the form of a hit was sent as it was shown: a state that the unit alone read is not in it."""
    listed = [hit.entry.state for hit in newest.hits if hit.hit_id == hit_id]
    is_state_shown = is_state_vouched_for(newest.read, listed)
    as_shown = newest.read if is_state_shown else replace(newest.read, state=None)
    return correction.agrees_with(newest.read) or correction.agrees_with(as_shown)


def _plate_text(text: str) -> str:
    """The characters of a plate as typed, O and 0 apart."""
    characters = "".join(character for character in text if character not in _BETWEEN)
    try:
        plate = plate_to_look_up(characters)
    except FeedError as error:
        raise DispositionError(str(error)) from None
    if not (characters.isascii() and characters.isalnum()):
        raise DispositionError("a plate has letters and digits alone")
    if not is_readable(plate):
        raise DispositionError(f"a plate has {CHARACTERS_MIN} characters at least")
    return characters.upper()


def _state(text: str) -> str | None:
    try:
        return state_letters(text)
    except FeedError:
        raise DispositionError("that is no state: two letters or its name, or nothing where it is not known") from None
