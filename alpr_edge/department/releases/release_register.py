"""The register of requests: enters, decides and shows them for somebody who is allowed, each on record first.

Nothing here releases anything by itself, and no agency has access: standing shares do not exist.
"""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.releases.letter_scan import LetterScanner
from alpr_edge.department.releases.release_rows import (
    FiledRequest,
    add_request,
    ids_of_period,
    read_letter,
    read_request,
    request_ids,
)
from alpr_edge.department.releases.request_steps import RELEASE, enter_step, filed_request, new_step
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.releases.progress import first_state
from alpr_edge.domain.releases.requests import LETTER_BYTES_MAX, ReleaseRequest, ReleaseScope, ScopePart, check_request
from alpr_edge.domain.releases.steps import ReleaseState, RequestStep

LISTED_MAX = 1000


class ReleaseRegister:
    """The requests of a department; threads may share it."""

    def __init__(self, database: DepartmentDatabase, profile: Profile, clock: Clock, scanner: LetterScanner) -> None:
        self._database = database
        self._profile = profile
        self._clock = clock
        self._scanner = scanner

    @property
    def scans_letters(self) -> bool:
        """Whether a scanner looks at letters before anybody is given them."""
        return self._scanner.is_set

    def enter(self, authoriser: Authoriser, request: ReleaseRequest, letter: bytes) -> FiledRequest:
        """Put a written request on file; the rules say whether it waits for a review (policy 462.7(a))."""
        if not 0 < len(letter) <= LETTER_BYTES_MAX:
            raise ReleaseError(f"the written request is empty or larger than {LETTER_BYTES_MAX // 2**20} MiB")
        checked = check_request(replace(request, letter_sha256=hashlib.sha256(letter).hexdigest()), self._profile)
        state, note = first_state(checked, self._profile.releases)
        request_id = f"release-{uuid.uuid4()}"
        typed = (checked.words, checked.agency, checked.requester, checked.their_case)
        subject = AccessSubject((request_id,), free_texts=typed)
        with authoriser.access(Operation.ENTER_RELEASE, RELEASE, subject) as access:
            step = new_step(self._clock, access, state, note)
            with self._database.writing() as connection:
                add_request(connection, request_id, checked, letter, step)
        return FiledRequest(request_id, checked, (step,))

    def decide(
        self,
        authoriser: Authoriser,
        request_id: str,
        state: ReleaseState,
        note: str,
        scope: ReleaseScope | ScopePart | None = None,
    ) -> FiledRequest:
        """Approve a request, refuse it, or note that the agency took it back (policy 462.7(b)).

        Args:
            scope: what is approved; None: all that was asked for.
        """
        subject = AccessSubject((request_id,), note=state.value, free_texts=(note,))
        with authoriser.access(Operation.DECIDE_RELEASE, RELEASE, subject) as access:
            return self._enter_step(request_id, new_step(self._clock, access, state, note), scope)

    def hand_over(self, authoriser: Authoriser, request_id: str, note: str, package_sha256: str) -> FiledRequest:
        """Note that the agency was given what was approved, by whom, how, and which file."""
        subject = AccessSubject((request_id,), free_texts=(note,))
        with authoriser.access(Operation.HAND_OVER_RELEASE, RELEASE, subject) as access:
            step = new_step(self._clock, access, ReleaseState.HANDED_OVER, note)
            return self._enter_step(request_id, replace(step, package_sha256=package_sha256))

    def follow_up(self, authoriser: Authoriser, request_id: str, state: ReleaseState, note: str) -> FiledRequest:
        """Note what the agency wrote after it got the package."""
        subject = AccessSubject((request_id,), note=state.value, free_texts=(note,))
        with authoriser.access(Operation.FOLLOW_UP_RELEASE, RELEASE, subject) as access:
            return self._enter_step(request_id, new_step(self._clock, access, state, note))

    def list(self, authoriser: Authoriser, purpose: Purpose = RELEASE) -> list[FiledRequest]:
        """The newest requests, the oldest first."""
        with authoriser.access(Operation.SHOW_RELEASES, purpose) as access, self._database.reading() as connection:
            ids = request_ids(connection, LISTED_MAX)
            found = [filed for each in ids if (filed := read_request(connection, each)) is not None]
            access.show(tuple(filed.request_id for filed in found))
            return found

    def of_period(
        self, authoriser: Authoriser, begin: datetime, end: datetime, purpose: Purpose = RELEASE
    ) -> Iterator[FiledRequest]:
        """Every request that was entered from one moment up to another, one after the other (policy 462.7(c)).

        The look is on record, with how many there are, before the first is given.
        """
        with authoriser.access(Operation.SHOW_RELEASES, purpose, AccessSubject(note="register")) as access:
            with self._database.reading() as connection:
                ids = ids_of_period(connection, begin, end)
            access.show(tuple(ids))
        for request_id in ids:
            with self._database.reading() as connection:
                yield filed_request(connection, request_id)

    def show(self, authoriser: Authoriser, request_id: str, purpose: Purpose = RELEASE) -> FiledRequest:
        """One request with all its steps."""
        with authoriser.access(Operation.SHOW_RELEASES, purpose, AccessSubject((request_id,))) as access:
            with self._database.reading() as connection:
                filed = filed_request(connection, request_id)
            access.show((request_id,))
            return filed

    def letter(self, authoriser: Authoriser, request_id: str, purpose: Purpose = RELEASE) -> bytes:
        """The written request, as it came, once the scanner found nothing in it."""
        with authoriser.access(Operation.SHOW_RELEASES, purpose, AccessSubject((request_id,), note="letter")) as access:
            with self._database.reading() as connection:
                filed_request(connection, request_id)
                letter = read_letter(connection, request_id)
            self._scanner.check(letter)
            access.show((request_id,), byte_count=len(letter))
            return letter

    def _enter_step(
        self, request_id: str, step: RequestStep, scope: ReleaseScope | ScopePart | None = None
    ) -> FiledRequest:
        return enter_step(self._database, self._profile, request_id, step, scope)
