"""Publishes rosters: everybody as they are now, signed, under the next serial; and hands them to units.

A unit gets the people who may use it. Each roster has the same serial for all units, so that a unit learns from one
number whether there is a newer one.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, insert, select, update

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.people_schema import people_rosters
from alpr_edge.department.db.sealed_values import cipher_of
from alpr_edge.department.people.account_rows import newest_header
from alpr_edge.department.people.changes import Author, Change, ChangeAction, last_change, note_changes
from alpr_edge.department.people.people_rows import all_members
from alpr_edge.department.people.settings import load_people_settings
from alpr_edge.department.pki.roster_key import RosterSigner, load_roster_signer
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.domain.people.roster import Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import open_roster
from alpr_edge.domain.protocol.items import digest

CACHED_MAX = 4
"""Rosters held in memory: one with everybody, and some for units that not everybody may use."""


@dataclass(frozen=True, slots=True)
class RosterState:
    """The newest roster."""

    header: RosterHeader
    people: int
    newer_changes: int
    """Changes of people since it was published."""


@dataclass(frozen=True, slots=True, eq=False)
class RosterFile:
    """A signed roster for a unit."""

    serial: int
    sha256: str
    content: bytes


class Rosters:
    """The rosters of a department; threads may share it."""

    def __init__(self, directory: Path, database: DepartmentDatabase) -> None:
        self._directory = directory
        self._database = database
        self._lock = threading.Lock()
        self._files: OrderedDict[tuple[int, frozenset[str]], RosterFile] = OrderedDict()

    def publish(self, author: Author, after: int = 0) -> RosterHeader:
        """Publish everybody as they are now.

        Raises:
            DepartmentError: no key, or wrong settings.
            StoreError: nothing was published.
        """
        with self._database.writing() as connection:
            return self.publish_within(connection, author, after)

    def publish_within(self, connection: Connection, author: Author, after: int = 0) -> RosterHeader:
        """Publish inside the transaction that changes people: both happen, or neither."""
        signer, settings = load_roster_signer(self._directory), load_people_settings(self._directory)
        before = newest_header(connection)
        serial = max(after, 0 if before is None else before.serial) + 1
        # A clock that was set back must not make a roster older than the one before it.
        now = author.at.replace(microsecond=author.at.microsecond // 1000 * 1000)  # as rosters carry moments
        issued = now if before is None else max(now, before.issued)
        header = RosterHeader(signer.department_id, serial, issued, issued + settings.roster_validity)
        entries = [each for each in all_members(connection) if each[0].person.status is not AccountStatus.LEFT]
        content = signer.sign(Roster(header, tuple(member for member, _ in entries)))
        new = {"serial": serial, "people": len(entries), "sha256": digest(content)}
        change = note_changes(connection, author, [Change(ChangeAction.PUBLISH, new=new)])
        connection.execute(update(people_rosters).values(content=None))
        connection.execute(
            insert(people_rosters).values(
                serial=serial,
                department_id=header.department_id,
                issued=header.issued,
                valid_until=header.valid_until,
                people=len(entries),
                change=change,
                units={member.person.person_id: units for member, units in entries if units},
                content=cipher_of(connection).seal(content, _place(serial)),
            )
        )
        return header

    def renew(self, author: Author) -> RosterHeader | None:
        """Publish anew when half of the newest roster's validity is over; None: it is not, or there is no roster."""
        if not self.is_due(author.at):
            return None
        with self._database.writing() as connection:
            header = newest_header(connection)
            if header is None or not is_half_over(header, author.at):
                return None
            return self.publish_within(connection, author)

    def is_due(self, now: datetime) -> bool:
        """Whether the newest roster has to be renewed."""
        with self._database.reading() as connection:
            header = newest_header(connection)
        return header is not None and is_half_over(header, now)

    def serial(self) -> int:
        """The serial of the newest roster; 0 before the first."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.max(people_rosters.c.serial))) or 0

    def state(self) -> RosterState | None:
        """The newest roster; None before the first."""
        with self._database.reading() as connection:
            header = newest_header(connection)
            if header is None:
                return None
            row = connection.execute(
                select(people_rosters.c.people, people_rosters.c.change).where(people_rosters.c.serial == header.serial)
            ).one()
            return RosterState(header, row.people, last_change(connection) - row.change)

    def file_for(self, unit_id: str) -> RosterFile | None:
        """The newest roster as a unit gets it: without the people who may not use it; None: none was published.

        Raises:
            DepartmentError: the key cannot be used.
            StoreError: the database does not answer.
        """
        table = people_rosters.c
        query = select(table.serial, table.units).where(table.content.is_not(None)).order_by(table.serial.desc())
        with self._lock, self._database.reading() as connection:
            row = connection.execute(query.limit(1)).first()
            if row is None:
                return None
            key = (row.serial, frozenset(each for each, units in row.units.items() if unit_id not in units))
            if key not in self._files:
                sealed = connection.scalars(select(table.content).where(table.serial == row.serial)).one()
                content = cipher_of(connection).open(sealed, _place(row.serial))
                self._keep(key, _without(content, key[1], load_roster_signer(self._directory)))
            self._files.move_to_end(key)
            return self._files[key]

    def _keep(self, key: tuple[int, frozenset[str]], content: bytes) -> None:
        self._files[key] = RosterFile(key[0], digest(content), content)
        while len(self._files) > CACHED_MAX:
            self._files.popitem(last=False)


def is_half_over(header: RosterHeader, now: datetime) -> bool:
    """Whether half of a roster's validity is over."""
    return now - header.issued > max((header.valid_until - header.issued) / 2, timedelta(0))


def _place(serial: int) -> str:
    return f"roster {serial}"


def _without(content: bytes, left_out: frozenset[str], signer: RosterSigner) -> bytes:
    """A signed roster without some people."""
    if not left_out:
        return content
    roster = open_roster(content, signer.public_key)
    members = tuple(each for each in roster.members if each.person.person_id not in left_out)
    return signer.sign(replace(roster, members=members))
