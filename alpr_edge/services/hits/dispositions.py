"""Records what an officer says of a hit: what was read, how it was verified (policy 462.4(f)), what came of it."""

import itertools
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart, DispositionText, check_answer
from alpr_edge.domain.dispositions.hit_state import HitState
from alpr_edge.domain.errors import DispositionError
from alpr_edge.services.hits.hit_views import HitViews
from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.dispositions import add_disposition, dispositions_of
from alpr_edge.store.reads.hit_queries import waiting_alike

ALIKE_MAX = 200
"""Most hits that get the same answer at a time."""

_OPERATIONS = {
    DispositionPart.READ: Operation.DISPOSE_HIT,
    DispositionPart.INQUIRY: Operation.VERIFY_HIT,
    DispositionPart.CONFIRMATION: Operation.VERIFY_HIT,
    DispositionPart.OUTCOME: Operation.DISPOSE_HIT,
}


@dataclass(frozen=True, slots=True)
class HitAnswer:
    """What an officer answers."""

    part: DispositionPart
    answer: str
    """An answer of the part; empty: the one that counts is undone."""
    text: DispositionText = field(default_factory=DispositionText)
    undoes: str = ""
    """The disposition that is undone, as the officer saw it; with an answer it says nothing."""


class HitDispositions:
    """What is said of the hits of a unit."""

    def __init__(self, database: Database, unit_id: str, views: HitViews, new_id: Callable[[], str]) -> None:
        self._database = database
        self._unit_id = unit_id
        self._views = views
        self._new_id = new_id

    def record(self, authoriser: Authoriser, hit_id: str, given: HitAnswer) -> HitState:
        """Record an answer, or undo the one of its part that counts; what counted before stays on record.

        The same answer of the same person again, as a double touch gives it, is not kept twice.

        Returns:
            What counts of the hit now.

        Raises:
            AccessError: it is refused.
            DispositionError: it is no answer, what is undone is not what counts (any more), or there is no such hit.
        """
        text = check_answer(given.part, given.answer, given.text) if given.answer else DispositionText()
        purpose, subject = self._views.subject(authoriser, hit_id)
        subject = replace(subject, note=f"{given.part.value}: {given.answer or 'undone'}")
        with authoriser.access(_OPERATIONS[given.part], purpose, subject) as access:
            undoes = "" if given.answer else given.undoes
            actor = access.actor
            who = (actor.person_id, actor.name, actor.session_id)
            made = Disposition(self._new_id(), hit_id, given.part, given.answer, text, undoes, *who, access.now)
            with self._database.write() as connection:
                counting = _state(connection, hit_id).newest(given.part)
                if not given.answer:
                    _require_counting(counting, undoes)
                if not given.answer or counting is None or not _is_repeated(counting, made):
                    add_disposition(connection, made, self._unit_id)
                return _state(connection, hit_id)

    def record_same(self, authoriser: Authoriser, hit_id: str, newest_id: str) -> None:
        """Give every answer that counts of a hit to the waiting hits of the same entry and text.

        Raises:
            AccessError: it is refused.
            DispositionError: the hit has no answer, or there is no such hit.
        """
        purpose, subject = self._views.subject(authoriser, hit_id)
        with self._database.read() as connection:
            state, others = _state(connection, hit_id), waiting_alike(connection, hit_id, newest_id, ALIKE_MAX)
        counting = [said for part in DispositionPart if (said := state.newest(part)) is not None]
        if not counting:
            raise DispositionError("answer this hit first")
        answers = ", ".join(f"{said.part.value}: {said.answer}" for said in counting)
        subject = replace(subject, objects=(hit_id, *others), note=f"{answers}; same answer for all")
        with ExitStack() as stack:
            for operation in dict.fromkeys(_OPERATIONS[said.part] for said in counting):
                access = stack.enter_context(authoriser.access(operation, purpose, subject))
            connection = stack.enter_context(self._database.write())
            for other, said in itertools.product(others, counting):
                who = (access.actor.person_id, access.actor.name, access.actor.session_id)
                made = Disposition(self._new_id(), other, said.part, said.answer, said.text, "", *who, access.now)
                known = _state(connection, other).newest(said.part)
                if known is None or not _is_repeated(known, made):
                    add_disposition(connection, made, self._unit_id)


def _state(connection: Connection, hit_id: str) -> HitState:
    return HitState.of(dispositions_of(connection, [hit_id]).get(hit_id, []))


def _require_counting(counting: Disposition | None, undoes: str) -> None:
    """Refuse to undo an answer that somebody saw, and which another one, or its undoing, has replaced since."""
    if counting is None:
        raise DispositionError("there is nothing to undo")
    if counting.disposition_id != undoes:
        raise DispositionError("another answer counts by now; look at it before you undo it")


def _is_repeated(counting: Disposition, made: Disposition) -> bool:
    """Whether a person says again what counts of theirs."""
    said, again = ((each.answer, each.text, each.person_id) for each in (counting, made))
    return said == again
