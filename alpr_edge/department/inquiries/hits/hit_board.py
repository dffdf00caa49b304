"""Shows hits of all units to whoever is cleared: each is allowed, and on record, before it is shown.

A hit is looked at for the purpose for which its plate is listed. Whoever has no permission for its list is told the
list and the level alone (policy 462.4(e)); a covert hit is there for those alone who are cleared for it.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.authorisation.shown_hits import ShownHits
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import hits
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.inquiries.hits.board_rows import BoardHit, hits_of_plate, newest_hits, one_hit, reason_of
from alpr_edge.department.search.read_pictures import ReadPicture, pictures_of
from alpr_edge.department.settings import HitsTable
from alpr_edge.domain.alerting import Level
from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.hits import OWN_SOURCE, Reason
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.hit_purposes import purpose_of_hit
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.plates import PLATE_LENGTH_MAX, canonical
from alpr_edge.domain.sessions.session import token_digest

HITS_MAX = 100
"""Most hits of the board."""
NO_HIT = "there is no such hit any more: it was kept as long as the policy says"
NOTE = "the board of hits"
_STREAM = AccessSubject(("live",), note="told as hits arrive")
_WHOLE_PLATE = re.compile(r"[A-Za-z0-9 .-]+")
"""Letters and digits, with what people write between them."""


@dataclass(frozen=True, slots=True)
class WithheldLine:
    """All that is told of a hit to somebody without a permission for its list."""

    unit_id: str
    source: str
    level: Level
    received_at: datetime


BoardLine = BoardHit | WithheldLine


def history_subject(plate: str) -> AccessSubject:
    """What it is about when the hits of a plate are asked for; what is too long names none."""
    wanted = canonical(plate)
    query = wanted if len(wanted) <= PLATE_LENGTH_MAX else ""
    return AccessSubject(query=query, note="hits of a plate", source=SourcePermission.DEPARTMENT)


class HitBoard:
    """The board of hits; threads may share it."""

    def __init__(self, database: DepartmentDatabase, images: DepartmentImages, table: HitsTable) -> None:
        self._database = database
        self._images = images
        self._table = table
        self._shown = ShownHits()
        self._watched = ShownHits()

    @property
    def hours(self) -> int:
        """How long a hit stays on the board."""
        return self._table.hours

    def lines(self, authoriser: Authoriser) -> list[BoardLine]:
        """The hits of the last shift that somebody may see, the newest first.

        One that is listed for what the profile bars is withheld from everybody, and keeps none of the others back.

        What the session was not shown yet within the hour is put on record; what stands there is shown again, once
        it is sure that it still may be.
        """
        session = token_digest(authoriser.caller.token)
        since = datetime.now(UTC) - timedelta(hours=self._table.hours)
        with self._database.reading() as connection:
            found = newest_hits(connection, since, HITS_MAX, with_covert=authoriser.may_see_covert())
        barred = authoriser.policy.profile.barred
        open_hits = [each for each in found if _purpose_of(each).code not in barred]
        lines: dict[tuple[str, str], BoardLine] = {(each.unit_id, each.hit_id): _withheld(each) for each in found}
        groups = _by_purpose(open_hits)
        with ExitStack() as stack:
            for (purpose, is_covert), some in groups.items():
                objects = [each.objects[0] for each in some]
                subject = AccessSubject(is_covert=is_covert, note=NOTE)
                sources = self._shown.access(stack, authoriser, purpose, subject, objects).sources
                lines |= {(each.unit_id, each.hit_id): self._line(each, sources) for each in some}
        self._shown.add(session, [each.objects[0] for each in open_hits])
        return [lines[each.unit_id, each.hit_id] for each in found]

    def watch(self, authoriser: Authoriser) -> bool:
        """Let a page be told that hits came; on record once an hour.

        Returns:
            Whether covert hits are among them.
        """
        session, asked = (
            token_digest(authoriser.caller.token),
            (Operation.SHOW_HIT, purpose_of_hit(Reason.OTHER), _STREAM),
        )
        if (
            self._watched.new_of(session, _STREAM.objects) != []
            or not authoriser.without_use().decide(*asked).is_allowed
        ):
            with authoriser.without_use().access(*asked):
                self._watched.add(session, _STREAM.objects)
        return authoriser.may_see_covert()

    def history(self, authoriser: Authoriser, purpose: Purpose, plate: str) -> list[BoardHit]:
        """The hits of one plate that are kept, the newest first, at most :data:`HITS_MAX`; for a case alone.

        It counts as a page of a search, and the plate that was asked for is on record (Civil Code 1798.90.52). Hits of
        lists that the person has no permission for are left out without a trace: a line of one would say that this very
        plate is on that list (policy 462.4(e)).
        """
        wanted = check_whole_plate(plate)
        if not purpose.case:
            raise SearchError("the hits of a plate are shown for a case alone: give its number")
        with_covert = authoriser.may_see_covert()
        with authoriser.access(Operation.SEARCH_READS, purpose, history_subject(plate)) as access:
            is_listed = _is_listed_for(self._table, access.actor.sources)
            with self._database.reading() as connection:
                found = hits_of_plate(connection, wanted, HITS_MAX, is_listed, with_covert=with_covert)
            access.show(tuple(each.objects[0] for each in found))
            return found

    def forget(self, token: str) -> None:
        """Forget what the session of a token was shown: it is locked, or it ends."""
        for each in (self._shown, self._watched):
            each.forget(token_digest(token))

    def hit(self, authoriser: Authoriser, unit_id: str, hit_id: str) -> tuple[BoardHit, list[ReadPicture]]:
        """A hit as it is now, and the pictures that there are of its read."""
        hit = self._find(authoriser, unit_id, hit_id)
        with authoriser.access(Operation.SHOW_HIT, *self._subject(hit)) as access:
            access.show(hit.objects)
            with self._database.reading() as connection:
                return hit, pictures_of(connection, unit_id, hit.read_id)

    def picture(self, authoriser: Authoriser, hit: BoardHit, sha256: str) -> bytes:
        """A picture of a hit that was shown, as JPEG; the session does not count as used."""
        current = self._find(authoriser, hit.unit_id, hit.hit_id)
        with authoriser.without_use().access(Operation.SHOW_HIT, *self._subject(current)) as access:
            with self._database.reading() as connection:
                if sha256 not in {each.sha256 for each in pictures_of(connection, hit.unit_id, hit.read_id)}:
                    raise SearchError(NO_HIT)
                jpeg = self._images.require(connection, sha256)
            access.show(hit.objects, byte_count=len(jpeg))
            return jpeg

    def _find(self, authoriser: Authoriser, unit_id: str, hit_id: str) -> BoardHit:
        """A hit; for whoever is not cleared a covert one is none, and a try is on record as of any that is not here."""
        with_covert = authoriser.may_see_covert()
        with self._database.reading() as connection:
            hit = one_hit(connection, unit_id, hit_id, with_covert=with_covert)
        if hit is not None:
            return hit
        subject = AccessSubject((f"{unit_id}/{hit_id}",))
        authoriser.refuse_unknown(Operation.SHOW_HIT, purpose_of_hit(Reason.OTHER), subject)
        raise SearchError(NO_HIT)

    def _line(self, hit: BoardHit, sources: Iterable[SourcePermission]) -> BoardLine:
        if self._table.permission_of(hit.source) in sources:
            return hit
        return _withheld(hit)

    def _subject(self, hit: BoardHit) -> tuple[Purpose, AccessSubject]:
        source = self._table.permission_of(hit.source)
        return _purpose_of(hit), AccessSubject(hit.objects, source=source, is_covert=hit.is_covert)


def _is_listed_for(table: HitsTable, sources: Collection[SourcePermission]) -> ColumnElement[bool]:
    """Whether a hit is of a list that whoever has some permissions may see; lists without a name there are federal."""
    own, state = (OWN_SOURCE, *table.department_lists), table.state_lists
    named = {SourcePermission.DEPARTMENT: own, SourcePermission.STATE: state}
    shown = [name for permission in sources for name in named.get(permission, ())]
    is_shown = hits.c.source.in_(shown)
    return is_shown | hits.c.source.not_in((*own, *state)) if SourcePermission.FEDERAL in sources else is_shown


def check_whole_plate(text: str) -> str:
    """The canonical text of a whole plate that somebody typed."""
    plate = canonical(text)
    if not _WHOLE_PLATE.fullmatch(text) or not 1 <= len(plate) <= PLATE_LENGTH_MAX:
        length = f"1 to {PLATE_LENGTH_MAX} letters and digits"
        raise SearchError(f"give one whole plate, without ? and *: {length}; blanks, dots and hyphens may be in it")
    return plate


def _purpose_of(hit: BoardHit) -> Purpose:
    return purpose_of_hit(reason_of(hit.reason))


def _withheld(hit: BoardHit) -> WithheldLine:
    return WithheldLine(hit.unit_id, hit.source, hit.level, hit.received_at)


def _by_purpose(found: Sequence[BoardHit]) -> dict[tuple[Purpose, bool], list[BoardHit]]:
    """Hits by what they are looked at for and whether they are covert; a board without any is looked at for alerts."""
    groups = defaultdict[tuple[Purpose, bool], list[BoardHit]](list)
    for each in found:
        groups[_purpose_of(each), each.is_covert].append(each)
    return groups or {(purpose_of_hit(Reason.OTHER), False): []}
