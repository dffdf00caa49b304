"""Searches of the department's reads for somebody: each page and each picture is allowed, and on record, or not shown.

A search by several plates has a record for each of them, so that whoever audits finds every plate that was asked for.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC

from sqlalchemy import select

from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import certificates, enrolment_codes, reads
from alpr_edge.department.evidence.hit_choice import ListRights, shows_hit_of
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.images.plain_scenes import plain_scene
from alpr_edge.department.search.criteria import DepartmentSearch, ReadCriteria, check_search
from alpr_edge.department.search.department_searches import DepartmentSearches
from alpr_edge.department.search.pages import PAGE_READS, FoundPage, FoundRead, ReadKey
from alpr_edge.department.search.read_pictures import ReadPicture, pictures_of
from alpr_edge.department.settings import HitsTable
from alpr_edge.domain.errors import AccessError, SearchError
from alpr_edge.domain.ground.areas import area_words, corners_text
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.reads import EvidenceKind

PLATES_MAX = 10
"""Plates of one search by a person, each with a record of its own."""
NO_READ = "there is no such read any more: it was kept as long as the policy says"
NAME_CHARACTERS_MAX = 64
"""Of a unit or a camera; what is typed beyond names none, and leaves no room in the note for the rest."""
_SOURCE = SourcePermission.DEPARTMENT
"""Whose data reads are (policy 462.4(e))."""
OF_READS = AccessSubject(source=_SOURCE)


class ReadInquiries:
    """Searches, reads and pictures for somebody who is allowed; threads may share it."""

    def __init__(
        self, searches: DepartmentSearches, database: DepartmentDatabase, images: DepartmentImages, lists: HitsTable
    ) -> None:
        self._searches = searches
        self._database = database
        self._images = images
        self._lists = lists

    def knows_unit(self, unit_id: str) -> bool:
        """Whether a unit was ever invited, or reads of it are stored; those of other systems were imported as units."""
        tables = (certificates, enrolment_codes, reads)
        with self._database.reading() as connection:
            queries = [select(table.c.unit_id).where(table.c.unit_id == unit_id).limit(1) for table in tables]
            return any(connection.scalar(query) for query in queries)

    def page(
        self,
        authoriser: Authoriser,
        purpose: Purpose,
        search: DepartmentSearch,
        after: ReadKey | None = None,
        size: int = PAGE_READS,
    ) -> FoundPage:
        """A page of what a search finds.

        Args:
            after: where the last page ended; None: the first page.
            size: the most reads.
        """
        criteria = check_inquiry(search)
        with plate_accesses(authoriser, Operation.SEARCH_READS, purpose, criteria) as accesses:
            page = self._searches.page(search, after, size)
            for plate, access in accesses.items():
                shown = [read for read in page.reads if len(accesses) == 1 or read.plate == plate]
                access.show(tuple(map(object_id, shown)))
            return page

    def read(self, authoriser: Authoriser, purpose: Purpose, found: FoundRead) -> tuple[FoundRead, list[ReadPicture]]:
        """A read that a search found, as it is now, and the pictures that there are of it."""
        with authoriser.access(Operation.SHOW_READS, purpose, _subject_of(found)) as access:
            read = self._searches.read(found.unit_id, found.read_id)
            if read is None:
                raise SearchError(NO_READ)
            access.show((object_id(read),))
            with self._database.reading() as connection:
                return read, pictures_of(connection, found.unit_id, found.read_id)

    def picture(self, authoriser: Authoriser, purpose: Purpose, found: FoundRead, sha256: str) -> bytes:
        """A picture of a read that a search found, as JPEG; the session does not count as used.

        For whoever may see no hit of it the scene is as that of any read without one.
        """
        with authoriser.without_use().access(Operation.SHOW_READS, purpose, _subject_of(found)) as access:
            with self._database.reading() as connection:
                pictures = pictures_of(connection, found.unit_id, found.read_id)
                kind = next((each.kind for each in pictures if each.sha256 == sha256), None)
                if kind is None:
                    raise SearchError(NO_READ)
                rights = ListRights(access, self._lists, authoriser.may_see_covert())
                is_plain = not shows_hit_of(connection, (found.unit_id, found.read_id), rights)
                jpeg = self._images.require(connection, sha256)
            jpeg = plain_scene(jpeg) if is_plain and kind is EvidenceKind.SCENE else jpeg
            access.show((object_id(found),), byte_count=len(jpeg))
            return jpeg


def check_inquiry(search: DepartmentSearch) -> ReadCriteria:
    """Check a search by a person before anything else is asked.

    Raises:
        SearchError: it looks for too much; the text says what to add or leave out.
    """
    criteria = check_search(search)
    if len(criteria.plates) > PLATES_MAX:
        raise SearchError(f"{len(criteria.plates)} plates are too many for one search; {PLATES_MAX} at most")
    return criteria


def object_id(read: FoundRead) -> str:
    """A read as records name it: two units may use one id."""
    return f"{read.unit_id}/{read.read_id}"


def search_note(criteria: ReadCriteria) -> str:
    """What is asked for beside the plate and the corners of an area, as it stands on record."""
    parts = (
        len(criteria.plates) > 1 and f"one of {len(criteria.plates)} plates",
        criteria.begin and criteria.end and f"seen {_period_text(criteria)}",
        criteria.unit_id and f"unit {criteria.unit_id[:NAME_CHARACTERS_MAX]}",
        criteria.camera_id and f"camera {criteria.camera_id[:NAME_CHARACTERS_MAX]}",
        criteria.state and f"state {criteria.state} or not read",
        criteria.is_untimed and "those without a sure time",
        criteria.area and area_words(criteria.area),
    )
    return ", ".join(part for part in parts if part)


def _period_text(criteria: ReadCriteria) -> str:
    """The period of a search; empty: none is asked for."""
    if criteria.begin is None or criteria.end is None:
        return ""
    return " to ".join(rfc3339(moment.replace(tzinfo=UTC)) for moment in (criteria.begin, criteria.end))


def plate_subjects(criteria: ReadCriteria, about: AccessSubject = OF_READS) -> list[AccessSubject]:
    """What a search is about, a subject for each plate that it asks for, a single one where it asks for none."""
    note = ", ".join(text for text in (about.note, search_note(criteria)) if text)
    corners = corners_text(criteria.area)
    return [replace(about, query=query, note=note, corners=corners) for query in criteria.plates or (criteria.pattern,)]


@contextmanager
def plate_accesses(
    authoriser: Authoriser,
    operation: Operation,
    purpose: Purpose,
    criteria: ReadCriteria,
    about: AccessSubject = OF_READS,
) -> Iterator[Mapping[str, Access]]:
    """An access for each plate that a search asks for, for one without any a single one; each is put on record."""
    accesses, refusal = dict[str, Access](), None
    with ExitStack() as stack:
        for subject in plate_subjects(criteria, about):
            try:
                accesses[subject.query] = stack.enter_context(authoriser.access(operation, purpose, subject))
            except AccessError as error:
                refusal = refusal or error
        if refusal is not None:
            raise refusal
        yield accesses


def _subject_of(read: FoundRead) -> AccessSubject:
    return AccessSubject((object_id(read),), source=_SOURCE)
