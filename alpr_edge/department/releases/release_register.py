"""The register of requests: enters, decides and shows them for somebody who is allowed, each on record first.

Nothing here releases anything by itself, and no agency has access: standing shares do not exist.
"""

import hashlib
import uuid
from dataclasses import replace

from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.releases.release_rows import (
    FiledRequest,
    add_request,
    add_step,
    read_letter,
    read_request,
    request_ids,
)
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.releases.progress import ReleaseState, RequestStep, check_step, first_state
from alpr_edge.domain.releases.requests import LETTER_BYTES_MAX, ReleaseRequest, ReleaseScope, check_request

LISTED_MAX = 1000
_PURPOSE = Purpose(PurposeCode.RELEASE.value)


class ReleaseRegister:
    """The requests of a department; threads may share it.

    Args:
        database: its database.
        profile: the rules in force.
        clock: says when.
    """

    def __init__(self, database: DepartmentDatabase, profile: Profile, clock: Clock) -> None:
        self._database = database
        self._profile = profile
        self._clock = clock

    def enter(self, authoriser: Authoriser, request: ReleaseRequest, letter: bytes) -> FiledRequest:
        """Put a written request on file; the rules say whether it waits for a review (policy 462.7(a)).

        Args:
            authoriser: allows it and puts it on record.
            request: what it says; the digest of its letter is filled in here.
            letter: the written request, as it came.

        Raises:
            AccessError: it is refused.
            ReleaseError: something of it is missing or barred by its purpose.
            StoreError: it is not on file, or cannot be put on record.
        """
        if not 0 < len(letter) <= LETTER_BYTES_MAX:
            raise ReleaseError(f"the written request is empty or larger than {LETTER_BYTES_MAX} bytes")
        checked = check_request(replace(request, letter_sha256=hashlib.sha256(letter).hexdigest()), self._profile)
        state, note = first_state(checked, self._profile.releases)
        request_id = f"release-{uuid.uuid4()}"
        with authoriser.access(Operation.ENTER_RELEASE, _PURPOSE, AccessSubject((request_id,))) as access:
            step = self._step(access, state, note)
            with self._database.writing() as connection:
                add_request(connection, request_id, checked, letter, step)
        return FiledRequest(request_id, checked, (step,))

    def decide(
        self, authoriser: Authoriser, request_id: str, state: ReleaseState, note: str, scope: ReleaseScope | None = None
    ) -> FiledRequest:
        """Approve a request, refuse it, or note that the agency took it back (policy 462.7(b)).

        Args:
            authoriser: allows it and puts it on record.
            request_id: the request.
            state: approved, refused or withdrawn.
            note: why.
            scope: what is approved; None: all that was asked for.

        Raises:
            AccessError: it is refused.
            ReleaseError: there is no such request, or it may not be decided so, or not by this person.
            StoreError: it is not on file, or cannot be put on record.
        """
        subject = AccessSubject((request_id,), note=state.value)
        with authoriser.access(Operation.DECIDE_RELEASE, _PURPOSE, subject) as access:
            return self._add(request_id, self._step(access, state, note), scope)

    def hand_over(self, authoriser: Authoriser, request_id: str, note: str, package_sha256: str) -> FiledRequest:
        """Note that the agency was given what was approved, by whom, how, and which file.

        Raises:
            AccessError: it is refused.
            ReleaseError: it is not approved, or something is missing.
            StoreError: it is not on file, or cannot be put on record.
        """
        with authoriser.access(Operation.HAND_OVER_RELEASE, _PURPOSE, AccessSubject((request_id,))) as access:
            step = self._step(access, ReleaseState.HANDED_OVER, note)
            return self._add(request_id, replace(step, package_sha256=package_sha256), None)

    def list(self, authoriser: Authoriser, purpose: Purpose = _PURPOSE) -> list[FiledRequest]:
        """The newest requests, the oldest first.

        Raises:
            AccessError: it is refused.
            StoreError: one does not open, or it cannot be put on record.
        """
        with authoriser.access(Operation.SHOW_RELEASES, purpose) as access, self._database.reading() as connection:
            ids = request_ids(connection, LISTED_MAX)
            found = [filed for each in ids if (filed := read_request(connection, each)) is not None]
            access.show(tuple(filed.request_id for filed in found))
            return found

    def show(self, authoriser: Authoriser, request_id: str, purpose: Purpose = _PURPOSE) -> FiledRequest:
        """One request with all its steps.

        Raises:
            AccessError: it is refused.
            ReleaseError: there is none.
            StoreError: it does not open, or it cannot be put on record.
        """
        with authoriser.access(Operation.SHOW_RELEASES, purpose, AccessSubject((request_id,))) as access:
            with self._database.reading() as connection:
                filed = _require(read_request(connection, request_id), request_id)
            access.show((request_id,))
            return filed

    def letter(self, authoriser: Authoriser, request_id: str, purpose: Purpose = _PURPOSE) -> bytes:
        """The written request, as it came.

        Raises:
            AccessError: it is refused.
            ReleaseError: there is none.
            StoreError: it does not open, or it cannot be put on record.
        """
        with authoriser.access(Operation.SHOW_RELEASES, purpose, AccessSubject((request_id,), note="letter")) as access:
            with self._database.reading() as connection:
                _require(read_request(connection, request_id), request_id)
                letter = read_letter(connection, request_id)
            access.show((request_id,), byte_count=len(letter))
            return letter

    def _add(self, request_id: str, step: RequestStep, scope: ReleaseScope | None) -> FiledRequest:
        with self._database.writing() as connection:
            filed = _require(read_request(connection, request_id), request_id)
            if step.state is ReleaseState.APPROVED:
                step = replace(step, scope=scope or filed.request.scope)
            check_step(filed.request, filed.steps, step, self._profile)
            add_step(connection, request_id, len(filed.steps), step)
            return replace(filed, steps=(*filed.steps, step))

    def _step(self, access: Access, state: ReleaseState, note: str) -> RequestStep:
        now = self._clock.now().trusted_utc
        if now is None:
            raise ReleaseError("this server's clock is not set: nothing is decided without a date")
        return RequestStep(state, access.actor.person_id, access.actor.name, now, note)


def _require(filed: FiledRequest | None, request_id: str) -> FiledRequest:
    if filed is None:
        raise ReleaseError(f"{request_id}: no such request; see: alpr-edge department release list")
    return filed
