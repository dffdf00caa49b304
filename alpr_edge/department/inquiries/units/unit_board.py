"""Shows the units with what each says of itself, and ends a unit's certificates; both for those who may, on record.

No plate, no person and no read is in it: of reads only where a unit's newest one was, coarsely. Where a unit was comes
from that or from its heartbeats, whichever is newer, and is shown here alone: each look is on record (policy 462.6(a)).
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import reads
from alpr_edge.department.heartbeats import Heartbeats, UnitHeartbeat
from alpr_edge.department.hotlists import ListRepository
from alpr_edge.department.list_requests import ListRequests
from alpr_edge.department.people.roster_holders import exposed_people, exposure_of
from alpr_edge.department.people.rosters import Rosters
from alpr_edge.department.pki.unit_ends import UnitEnd
from alpr_edge.department.pki.units import Revocation, UnitRecord, Units
from alpr_edge.department.publishing.settings_holders import UnitSettingsLine, UnitSettingsRecord, unit_line
from alpr_edge.department.publishing.settings_register import SettingsRegister
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.motion.last_place import LastPlace

UNITS_MAX = 1_000
READS_LOOKED_AT = 50
"""Newest reads of a unit among which one with a place is looked for."""
REASON_CHARACTERS_MAX = 200


class PlaceSource(StrEnum):
    """What a unit's place is known from."""

    READ = "read"
    HEARTBEAT = "heartbeat"


class UnitContact(StrEnum):
    """How a unit stands, for whoever looks after the fleet."""

    HEARD = "heard"
    FAULTS = "faults"
    """It is heard, and has faults or is not ready."""
    SILENT = "silent"
    """It is not heard, or not any more."""
    ENDED = "ended"
    """Its certificates were revoked."""


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """Where a unit was last, to about a hundred metres."""

    lat_deg: float
    lon_deg: float
    at: datetime
    """In UTC."""
    source: PlaceSource


@dataclass(frozen=True, slots=True)
class UnitList:
    """A list that a unit asks for."""

    source: str
    serial: int
    """Of the newest that the unit has; 0: none."""
    newest: int | None
    """Of the newest that there is for it; None: there is none."""


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit, and what is known of it."""

    record: UnitRecord
    heard: UnitHeartbeat | None
    """What it said last; None: nothing ever."""
    lists: tuple[UnitList, ...]
    place: UnitPlace | None
    settings: UnitSettingsLine
    """What the department set in it from afar."""
    is_silent: bool
    exposed_people: int
    """People whose sign-in secrets its roster held and who have no new ones, where it is lost or its key is."""

    @property
    def state_words(self) -> str:
        """The state of its certificate; of one that was revoked as what it was ended, where that was said."""
        return self.record.state if self.record.end is None else self.record.end.words

    @property
    def exposed_words(self) -> str:
        """As what it ended that exposes what it held; empty: it never did."""
        exposure = exposure_of(self.record)
        return "" if exposure is None else exposure[0].words

    @property
    def contact(self) -> UnitContact:
        """How it stands."""
        if self.record.state == "revoked":
            return UnitContact.ENDED
        if self.heard is None or self.is_silent or self.record.state != "valid":
            return UnitContact.SILENT
        said = self.heard.payload
        return UnitContact.HEARD if said.is_ready and not said.faults else UnitContact.FAULTS


@dataclass(frozen=True, slots=True)
class UnitOverview:
    """All units, and the roster that they get."""

    lines: tuple[UnitLine, ...]
    roster_serial: int
    """0: none was published."""
    roster_until: datetime | None


class UnitBoard:
    """The board of units; threads may share it."""

    def __init__(
        self,
        database: DepartmentDatabase,
        units: Units,
        lists: ListRepository,
        rosters: Rosters,
        settings: SettingsRegister,
    ) -> None:
        self._database = database
        self._units = units
        self._lists = lists
        self._rosters = rosters
        self._settings = settings

    def overview(self, authoriser: Authoriser) -> UnitOverview:
        """Every unit that ever was."""
        with authoriser.access(Operation.SHOW_UNITS) as access:
            records, now = self._units.records()[:UNITS_MAX], datetime.now(UTC)
            heartbeats = Heartbeats(self._database)
            heard, told, asked = heartbeats.newest(), heartbeats.places(), self._lists_by_unit()
            with self._database.reading() as connection:
                places = {each.unit_id: _newest_place(connection, each.unit_id, told) for each in records}
            state, steps = self._rosters.state(), self._settings.steps()
            set_in = UnitSettingsRecord(self._database).all()
            access.show(tuple(each.unit_id for each in records))
            lines = [
                UnitLine(
                    each,
                    said := heard.get(each.unit_id),
                    tuple(asked.get(each.unit_id, ())),
                    places[each.unit_id],
                    unit_line(each.unit_id, steps, set_in.get(each.unit_id)),
                    is_silent=each.state == "valid" and (said is None or said.is_silent(now)),
                    exposed_people=self._exposed_of(each),
                )
                for each in records
            ]
            until = None if state is None else state.header.valid_until
            return UnitOverview(tuple(lines), self._rosters.serial(), until)

    def revoke(self, authoriser: Authoriser, unit_id: str, reason: str, end: UnitEnd | None = None) -> Revocation:
        """End a unit's certificates and code, for somebody who may; the record of them stays.

        Args:
            end: as what it is ended; None: it is not said.
        """
        text = " ".join(reason.split())
        if not text or len(text) > REASON_CHARACTERS_MAX or not text.isprintable():
            raise DepartmentError(f"say why, in at most {REASON_CHARACTERS_MAX} characters")
        subject = AccessSubject((unit_id,), note=text)
        with authoriser.access(Operation.REVOKE_UNIT, subject=subject) as access:
            name = access.actor.name
            return self._units.revoke(unit_id, f"{text} ({name})", end)

    def exposed_people(self, unit_id: str) -> int:
        """How many people's sign-in secrets the roster of a unit holds that is ended at this moment."""
        return len(exposed_people(self._database, unit_id, datetime.now(UTC)))

    def _exposed_of(self, record: UnitRecord) -> int:
        exposure = exposure_of(record)
        return 0 if exposure is None else len(exposed_people(self._database, record.unit_id, exposure[1]))

    def _lists_by_unit(self) -> dict[str, list[UnitList]]:
        """The lists that each unit asked for, with the newest that there is for it."""
        asked = defaultdict[str, list[UnitList]](list)
        for each in ListRequests(self._database).all():
            newest = self._lists.newest(each.unit_id).get(each.source) if len(asked) < UNITS_MAX else None
            asked[each.unit_id].append(UnitList(each.source, each.serial, newest))
        return asked


def map_points(lines: Sequence[UnitLine], width: float, height: float, margin: float) -> list[tuple[float, float]]:
    """Where each unit with a place stands on a plan of all of them, north above."""
    places = [line.place for line in lines if line.place is not None]
    if not places:
        return []
    middle = math.cos(math.radians(sum(each.lat_deg for each in places) / len(places)))
    east = [each.lon_deg * middle for each in places]
    north = [each.lat_deg for each in places]
    span_x, span_y = max(east) - min(east), max(north) - min(north)
    scale = min(
        (width - 2 * margin) / max(span_x, 0.01),
        (height - 2 * margin) / max(span_y, 0.01),
    )
    centre_x, centre_y = (max(east) + min(east)) / 2, (max(north) + min(north)) / 2
    return [
        (round(width / 2 + (x - centre_x) * scale, 1), round(height / 2 - (y - centre_y) * scale, 1))
        for x, y in zip(east, north, strict=True)
    ]


def _newest_place(connection: Connection, unit_id: str, told: Mapping[str, LastPlace]) -> UnitPlace | None:
    """Where a unit was last: by its newest read with a place, or by its heartbeats where that is later."""
    found = {PlaceSource.READ: _read_place(connection, unit_id), PlaceSource.HEARTBEAT: told.get(unit_id)}
    places = [UnitPlace(each.lat_deg, each.lon_deg, each.at, source) for source, each in found.items() if each]
    return max(places, key=lambda place: place.at, default=None)


def _read_place(connection: Connection, unit_id: str) -> LastPlace | None:
    columns = select(reads.c.lat_deg, reads.c.lon_deg, reads.c.seen_at)
    newest = columns.where(reads.c.unit_id == unit_id, reads.c.seen_at.is_not(None))
    for row in connection.execute(newest.order_by(reads.c.seen_at.desc()).limit(READS_LOOKED_AT)):
        if row.lat_deg is not None and row.lon_deg is not None:
            return LastPlace.of(row.lat_deg, row.lon_deg, row.seen_at.replace(tzinfo=UTC))
    return None
