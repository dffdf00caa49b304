"""Opens the passphrase of a booked package for two people: one asks for it and says why, another approves it.

Every step is on the department's access log before it is done, for the purpose and the case that the package was booked
for, and stays in the database as it is. Whoever has root on the server and the folder's keys can open a passphrase
without this: two people hold what the software does, not what its owner can.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.evidence_schema import evidence_bookings, evidence_openings
from alpr_edge.department.evidence.passphrase_rows import (
    PassphraseRequest,
    RequestParty,
    add_step,
    passphrase_requests,
)
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.media_keys import load_media_key
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.protocol.bookings import open_passphrase
from alpr_edge.domain.protocol.sealing import SealedError

REASON_CHARACTERS_MAX = 500
_SOURCE = SourcePermission.DEPARTMENT
"""Whose data reads are (policy 462.4(e))."""
_NO_SIGHT = "its hits may be of lists that you may not see: whoever booked it out opens it"


class PassphraseRequests:
    """The requests of a department; threads may share it."""

    def __init__(self, directory: Path, database: DepartmentDatabase, clock: Clock) -> None:
        self._directory = directory
        self._database = database
        self._clock = clock

    def ask(self, authoriser: Authoriser, package_id: str, reason: str) -> PassphraseRequest:
        reason = _require_reason(reason)
        booking = self._booking(package_id)
        request_id = f"passphrase-{uuid.uuid4()}"
        subject = AccessSubject((package_id, request_id), source=_SOURCE, note=reason)
        with authoriser.access(Operation.ASK_OPENING, _purpose_of(booking), subject) as access:
            _require_sight(authoriser, access, booking)
            request = PassphraseRequest(request_id, package_id, reason, self._party(access))
            with self._database.writing() as connection:
                add_step(connection, request)
        return request

    def approve(self, authoriser: Authoriser, request_id: str) -> PassphraseRequest:
        """Approve a request of another person."""
        request = self._request(request_id)
        purpose = _purpose_of(self._booking(request.package_id))
        subject = AccessSubject((request.package_id, request_id), source=_SOURCE)
        with authoriser.access(Operation.APPROVE_OPENING, purpose, subject) as access:
            party = self._party(access)
            with self._database.writing() as connection:
                request = _require(connection, request_id)
                if request.asked.person_id == party.person_id:
                    raise DepartmentError("somebody else than who asked has to approve it")
                if request.approved is not None:
                    raise DepartmentError(f"{request_id}: it was approved already, by {request.approved.name}")
                _refuse_ended(request, party.at)
                request = replace(request, approved=party)
                add_step(connection, request)
        return request

    def passphrase(self, authoriser: Authoriser, request_id: str) -> str:
        """The passphrase of a package, for whoever asked for it, once another approved that."""
        request = self._request(request_id)
        booking = self._booking(request.package_id)
        subject = AccessSubject((request.package_id, request_id), source=_SOURCE, note=request.reason)
        with authoriser.access(Operation.OPEN_PACKAGE, _purpose_of(booking), subject) as access:
            party = self._party(access)
            if request.asked.person_id != party.person_id:
                raise DepartmentError(f"only {request.asked.name}, who asked, may look at it")
            _require_sight(authoriser, access, booking)
            if request.approved is None:
                raise DepartmentError("another person has to approve it first: alpr-edge department evidence approve")
            _refuse_ended(request, party.at)
            return self._open(booking, party, request)

    def _open(self, booking: Mapping[Any, Any], party: RequestParty, request: PassphraseRequest) -> str:
        package_id = request.package_id
        try:
            key = load_media_key(TlsFiles(self._directory))
            passphrase = open_passphrase(booking["sealed_passphrase"], package_id, key)
        except SealedError as error:
            raise DepartmentError(f"{package_id}: {error}") from None
        values = {"package_id": package_id, "unit_id": booking["unit_id"], "opened_at": naive_utc_now()}
        values |= {"opened_by": party.person_id, "reason": f"{request.reason} ({request.request_id})"}
        with self._database.writing() as connection:
            connection.execute(insert(evidence_openings).values(**values))
        return passphrase

    def _booking(self, package_id: str) -> Mapping[Any, Any]:
        with self._database.reading() as connection:
            query = select(evidence_bookings).where(evidence_bookings.c.package_id == package_id)
            booking = connection.execute(query).mappings().first()
        if booking is None:
            raise DepartmentError(f"{package_id}: no such package; see: alpr-edge department evidence list")
        if not booking["sealed_passphrase"]:
            raise DepartmentError(f"{package_id}: its unit knew no department; the passphrase is not here")
        return booking

    def _request(self, request_id: str) -> PassphraseRequest:
        with self._database.reading() as connection:
            return _require(connection, request_id)

    def _party(self, access: Access) -> RequestParty:
        now = self._clock.now().trusted_utc
        if now is None:
            raise DepartmentError("this server's clock is not set: nothing is opened without a date")
        return RequestParty(access.actor.person_id, access.actor.name, now)


def _require(connection: Connection, request_id: str) -> PassphraseRequest:
    for request in passphrase_requests(connection):
        if request.request_id == request_id:
            return request
    raise DepartmentError(f"{request_id}: no such request; see: alpr-edge department evidence list")


def _refuse_ended(request: PassphraseRequest, now: datetime) -> None:
    if now >= request.ends_at:
        raise DepartmentError(f"{request.request_id}: it has ended; ask anew")


def _require_sight(authoriser: Authoriser, access: Access, booking: Mapping[Any, Any]) -> None:
    """Refuse a package with hits to whoever may not see each of them (policy 462.4(e)).

    A booking does not say of which lists they are: so of every one, covert ones too. Whoever booked it out saw at that
    time which hits went into it. Whoever approves is shown nothing of it.
    """
    booked_it = access.actor.person_id == booking["person_id"] != ""
    sees_all = authoriser.may_see_covert() and all(map(access.may_see, SourcePermission))
    if booking["hits"] and not booked_it and not sees_all:
        raise DepartmentError(f"{booking['package_id']}: {_NO_SIGHT}")


def _purpose_of(booking: Mapping[Any, Any]) -> Purpose:
    """The purpose that the package was booked out for, which its passphrase is for as well."""
    return Purpose(booking["purpose"], booking["offence"] or None, booking["case_number"])


def _require_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or not reason.isprintable() or len(reason) > REASON_CHARACTERS_MAX:
        raise DepartmentError("say why the passphrase is needed, in one line: it goes on record")
    return reason
